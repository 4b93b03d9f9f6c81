"""Networks that a relay looks through."""

import sqlalchemy as sa
from alembic import op

revision = "0013"
down_revision = "0012"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("subnet", sa.Column("keeper", sa.String(64), nullable=False, server_default=""))


def downgrade() -> None:
    op.drop_column("subnet", "keeper")
