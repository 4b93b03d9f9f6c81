"""The inventory: section bodies, which host has which, and what changed."""

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None

_BIG = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    op.create_table(
        "section_body",
        sa.Column("digest", sa.String(64), primary_key=True),
        sa.Column("body", sa.LargeBinary(), nullable=False),
    )
    op.create_table(
        "host_section",
        sa.Column("origin", sa.String(64), primary_key=True),
        sa.Column("name", sa.String(64), primary_key=True),
        sa.Column("digest", sa.String(64), nullable=False, index=True),
        sa.Column("number", sa.BigInteger(), nullable=False, index=True),
        sa.Column("since", sa.Float(), nullable=False),
    )
    op.create_table(
        "software",
        sa.Column("id", sa.BigInteger(), primary_key=True, autoincrement=False),
        sa.Column("source", sa.String(), nullable=False),
        sa.Column("name", sa.String(), nullable=False, index=True),
        sa.Column("architecture", sa.String(), nullable=False),
        sa.Column("version", sa.String(), nullable=False),
        sa.Column("publisher", sa.String(), nullable=False),
        sa.Column("size_bytes", sa.BigInteger(), nullable=True),
        sa.Column("installed", sa.String(), nullable=False),
    )
    for table, column in (("software_part", "software"), ("software_list", "part")):
        op.create_table(
            table,
            sa.Column(table.removeprefix("software_"), sa.BigInteger(), primary_key=True, autoincrement=False),
            sa.Column(column, sa.BigInteger(), primary_key=True, autoincrement=False, index=True),
            sqlite_with_rowid=False,
        )
    op.create_table(
        "change",
        sa.Column("id", _BIG, primary_key=True, autoincrement=True),
        sa.Column("origin", sa.String(64), nullable=False),
        sa.Column("section", sa.String(64), nullable=False),
        sa.Column("at", sa.Float(), nullable=False),
        sa.Column("kind", sa.String(16), nullable=False),
        sa.Column("key", sa.String(), nullable=False),
        sa.Column("column", sa.String(64), nullable=False),
        sa.Column("old", sa.String(), nullable=False),
        sa.Column("new", sa.String(), nullable=False),
    )
    op.create_index("change_origin_at", "change", ["origin", "at"])


def downgrade() -> None:
    for table in ("change", "software_list", "software_part", "software", "host_section", "section_body"):
        op.drop_table(table)
