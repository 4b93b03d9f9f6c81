"""What each release belongs to. Old rows are named after the start, step by step: there may be tens of thousands."""

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None


def upgrade() -> None:
    # SQLite and PostgreSQL both add a column with a constant default without touching the rows.
    for name in ("product", "product_by"):
        op.add_column("software", sa.Column(name, sa.String(), nullable=False, server_default=""))
    op.add_column("software", sa.Column("rules", sa.BigInteger(), nullable=False, server_default="0"))
    op.create_index("ix_software_product", "software", ["product"])


def downgrade() -> None:
    op.drop_index("ix_software_product", "software")
    with op.batch_alter_table("software") as table:
        for name in ("rules", "product_by", "product"):
            table.drop_column(name)
