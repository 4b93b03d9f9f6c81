"""Lists of what should be there, and what was found when they were held against what reports."""

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None


def _text(name: str, length: int = 255, *, key: bool = False) -> "sa.Column[str]":
    return sa.Column(name, sa.String(length), primary_key=key, nullable=False)


def upgrade() -> None:
    op.create_table(
        "coverage_list",
        _text("name", 64, key=True),
        _text("kind", 16),
        _text("zone", 64),
        sa.Column("at", sa.Float(), nullable=False),
        _text("who", 64),
        sa.Column("rows", sa.Integer(), nullable=False),
    )
    op.create_table(
        "coverage_row",
        _text("list", 64, key=True),
        _text("number", 32, key=True),
        *(_text(name) for name in ("name", "serial", "uuid", "mac", "owner", "site")),
        sa.Column("at", sa.Float(), nullable=False),
    )
    op.create_table(
        "coverage_finding",
        _text("number", 16, key=True),
        _text("kind", 16),
        _text("subject"),
        _text("origin", 64),
        sa.Column("asset", sa.Integer(), nullable=False),
        _text("list", 64),
        _text("owner"),
        _text("site"),
        _text("zone", 64),
        sa.Column("text", sa.String(), nullable=False),
        sa.Column("since", sa.Float(), nullable=False, index=True),
        sa.Column("accepted", sa.Float(), nullable=False),
        _text("who", 64),
        sa.Column("reason", sa.String(), nullable=False),
    )


def downgrade() -> None:
    for table in ("finding", "row", "list"):
        op.drop_table(f"coverage_{table}")
