"""Jobs that tell by themselves how they went: by what they are known, and what was heard of them last."""

import sqlalchemy as sa
from alembic import op

revision = "0012"
down_revision = "0011"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "job",
        sa.Column("origin", sa.String(64), primary_key=True),
        sa.Column("mark", sa.String(64), nullable=False),
        sa.Column("changed_at", sa.Float(), nullable=False),
        sa.Column("started", sa.Float(), nullable=False),
        sa.Column("succeeded", sa.Float(), nullable=False),
        sa.Column("failed", sa.Float(), nullable=False),
        sa.Column("seconds", sa.Float(), nullable=True),
        sa.Column("why", sa.String(64), nullable=False),
        sa.Column("output", sa.String(), nullable=False),
        sa.Column("address", sa.String(64), nullable=False),
        sa.Column("told", sa.String(64), nullable=False),
    )
    op.create_index("job_mark", "job", ["mark"], unique=True)


def downgrade() -> None:
    op.drop_index("job_mark", "job")
    op.drop_table("job")
