"""Hosts, series sets, parts, events, the store's place in the journal, logins and sessions."""

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None

_BIG = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    op.create_table(
        "host",
        sa.Column("origin", sa.String(64), primary_key=True),
        sa.Column("gen", sa.BigInteger(), nullable=False),
        sa.Column("name", sa.String(255), nullable=False, index=True),
        sa.Column("zone", sa.String(64), nullable=False),
        sa.Column("administration", sa.String(255), nullable=False),
        sa.Column("site", sa.String(255), nullable=False),
        sa.Column("class", sa.String(64), nullable=False),
        sa.Column("enrolled_at", sa.DateTime(timezone=True), nullable=False),
    )
    op.create_table(
        "series_set",
        sa.Column("digest", sa.String(64), primary_key=True),
        sa.Column("body", sa.LargeBinary(), nullable=False),
    )
    op.create_table(
        "part",
        sa.Column("origin", sa.String(64), primary_key=True),
        sa.Column("name", sa.String(64), primary_key=True),
        sa.Column("digest", sa.String(64), nullable=False),
        sa.Column("body", sa.LargeBinary(), nullable=False),
    )
    op.create_table(
        "event",
        sa.Column("id", _BIG, primary_key=True, autoincrement=True),
        sa.Column("origin", sa.String(64), nullable=False, index=True),
        sa.Column("epoch", sa.String(64), nullable=False),
        sa.Column("seq", sa.BigInteger(), nullable=False),
        sa.Column("kind", sa.String(64), nullable=False),
        sa.Column("at", sa.Float(), nullable=False),
        sa.Column("received", sa.Float(), nullable=False),
        sa.Column("name", sa.String(128), nullable=False),
        sa.Column("text", sa.String(), nullable=False),
        sa.UniqueConstraint("origin", "epoch", "seq", name="event_line"),
    )
    op.create_table(
        "reader",
        sa.Column("name", sa.String(64), primary_key=True),
        sa.Column("position", sa.BigInteger(), nullable=False),
    )
    op.create_table(
        "login",
        sa.Column("name", sa.String(64), primary_key=True),
        sa.Column("secret", sa.String(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
    )
    op.create_table(
        "session",
        sa.Column("token", sa.String(64), primary_key=True),
        sa.Column("login", sa.String(64), nullable=False),
        sa.Column("expires", sa.Float(), nullable=False),
    )


def downgrade() -> None:
    for table in ("session", "login", "reader", "event", "part", "series_set", "host"):
        op.drop_table(table)
