"""The register of assets: which source stands on which thing, by what it is known, and every decision of that."""

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None

_BIG = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    op.create_table(
        "asset",
        sa.Column("id", _BIG, primary_key=True, autoincrement=True),
        sa.Column("zone", sa.String(64), nullable=False),
        sa.Column("virtual", sa.String(64), nullable=False),
        sa.Column("created", sa.Float(), nullable=False),
    )
    op.create_table(
        "asset_key",
        sa.Column("asset", sa.BigInteger(), primary_key=True, autoincrement=False),
        sa.Column("kind", sa.String(16), primary_key=True),
        sa.Column("value", sa.String(255), primary_key=True),
        sa.Column("source", sa.String(64), nullable=False),
    )
    op.create_index("asset_key_value", "asset_key", ["value", "kind"])
    op.create_table(
        "asset_source",
        sa.Column("source", sa.String(64), primary_key=True),
        sa.Column("asset", sa.BigInteger(), nullable=False, index=True),
        sa.Column("zone", sa.String(64), nullable=False),
        sa.Column("since", sa.Float(), nullable=False),
        sa.Column("pinned", sa.Boolean(), nullable=False),
        sa.Column("checked", sa.Float(), nullable=False),
        sa.Column("evidence", sa.String(), nullable=False),
    )
    op.create_table(
        "asset_apart",
        sa.Column("one", sa.String(64), primary_key=True),
        sa.Column("other", sa.String(64), primary_key=True),
    )
    op.create_table(
        "asset_question",
        sa.Column("source", sa.String(64), primary_key=True),
        sa.Column("asset", sa.BigInteger(), primary_key=True, autoincrement=False),
        sa.Column("at", sa.Float(), nullable=False),
    )
    op.create_table(
        "asset_decision",
        sa.Column("id", _BIG, primary_key=True, autoincrement=True),
        sa.Column("at", sa.Float(), nullable=False),
        sa.Column("action", sa.String(16), nullable=False),
        sa.Column("text", sa.String(), nullable=False),
        sa.Column("who", sa.String(64), nullable=False),
        sa.Column("undone", sa.Boolean(), nullable=False),
    )
    op.create_table(
        "asset_move",
        sa.Column("decision", sa.BigInteger(), primary_key=True, autoincrement=False),
        sa.Column("source", sa.String(64), primary_key=True, index=True),
        sa.Column("begin", sa.BigInteger(), nullable=False, index=True),
        sa.Column("end", sa.BigInteger(), nullable=False, index=True),
        sa.Column("pinned", sa.Boolean(), nullable=False),
    )


def downgrade() -> None:
    for table in ("move", "decision", "question", "apart", "source", "key"):
        op.drop_table(f"asset_{table}")
    op.drop_table("asset")
