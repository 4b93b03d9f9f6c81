"""Business applications on hosts, as rules recognise them."""

import sqlalchemy as sa
from alembic import op

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "application",
        sa.Column("origin", sa.String(64), primary_key=True, nullable=False),
        sa.Column("name", sa.String(64), primary_key=True, nullable=False),
        sa.Column("version", sa.String(), nullable=False),
        sa.Column("since", sa.Float(), nullable=False),
    )
    op.create_index("ix_application_name", "application", ["name"])
    op.create_table(
        "application_look",
        sa.Column("origin", sa.String(64), primary_key=True, nullable=False),
        sa.Column("state", sa.BigInteger(), nullable=False),
        sa.Column("rules", sa.BigInteger(), nullable=False),
    )


def downgrade() -> None:
    op.drop_table("application_look")
    op.drop_table("application")
