"""Whether a host is trusted, and how it came to be: tokens, enrolments, forks, and the collector's own outages."""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None

_BIG = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
_WHEN = sa.DateTime(timezone=True)


def upgrade() -> None:
    with op.batch_alter_table("host") as host:
        host.add_column(sa.Column("changed_at", _WHEN, nullable=True))
        host.add_column(sa.Column("state", sa.String(16), nullable=False, server_default="approved"))
        host.add_column(sa.Column("gen_floor", sa.BigInteger(), nullable=True))
        host.add_column(sa.Column("wave", sa.String(64), nullable=False, server_default=""))
        host.add_column(sa.Column("token", sa.String(64), nullable=False, server_default=""))
        host.add_column(sa.Column("facts", sa.String(), nullable=False, server_default="{}"))
        host.add_column(sa.Column("note", sa.String(), nullable=False, server_default=""))
    op.execute("UPDATE host SET changed_at = enrolled_at, gen_floor = gen")
    with op.batch_alter_table("host") as host:
        host.alter_column("changed_at", nullable=False)
        host.alter_column("gen_floor", nullable=False)
        host.create_index("ix_host_changed_at", ["changed_at"])
    op.create_table(
        "token",
        sa.Column("id", sa.String(64), primary_key=True),
        sa.Column("zone", sa.String(64), nullable=False),
        sa.Column("administration", sa.String(255), nullable=False),
        sa.Column("site", sa.String(255), nullable=False),
        sa.Column("class", sa.String(64), nullable=False),
        sa.Column("wave", sa.String(64), nullable=False),
        sa.Column("approve", sa.Boolean(), nullable=False),
        sa.Column("uses", sa.Integer(), nullable=False),
        sa.Column("used", sa.Integer(), nullable=False),
        sa.Column("cidr", sa.String(255), nullable=False),
        sa.Column("names", sa.String(1024), nullable=False),
        sa.Column("created_at", _WHEN, nullable=False),
        sa.Column("expires_at", _WHEN, nullable=False),
        sa.Column("revoked_at", _WHEN, nullable=True),
    )
    op.create_table(
        "enrolment",
        sa.Column("id", _BIG, primary_key=True, autoincrement=True),
        sa.Column("at", _WHEN, nullable=False),
        sa.Column("zone", sa.String(64), nullable=False),
        sa.Column("token", sa.String(64), nullable=False),
        sa.Column("nonce", sa.String(64), nullable=False),
        sa.Column("address", sa.String(64), nullable=False),
        sa.Column("name", sa.String(255), nullable=False),
        sa.Column("origin", sa.String(64), nullable=False, index=True),
        sa.Column("gen", sa.BigInteger(), nullable=False),
        sa.Column("result", sa.String(16), nullable=False),
        sa.Column("reason", sa.String(), nullable=False),
    )
    op.create_index("enrolment_nonce", "enrolment", ["token", "nonce"])
    op.create_table(
        "fork",
        sa.Column("id", _BIG, primary_key=True, autoincrement=True),
        sa.Column("origin", sa.String(64), nullable=False, index=True),
        sa.Column("found_at", _WHEN, nullable=False),
        sa.Column("epoch", sa.String(64), nullable=False),
        sa.Column("seq", sa.BigInteger(), nullable=False),
        sa.Column("known", sa.String(), nullable=False),
        sa.Column("other", sa.String(), nullable=False),
        sa.Column("decision", sa.String(16), nullable=False),
        sa.Column("decided_at", _WHEN, nullable=True),
    )
    op.create_table(
        "outage",
        sa.Column("id", _BIG, primary_key=True, autoincrement=True),
        sa.Column("began", sa.Float(), nullable=False),
        sa.Column("ended", sa.Float(), nullable=False),
        sa.Column("why", sa.String(64), nullable=False),
    )


def downgrade() -> None:
    for table in ("outage", "fork", "enrolment", "token"):
        op.drop_table(table)
    with op.batch_alter_table("host") as host:
        host.drop_index("ix_host_changed_at")
        for column in ("note", "facts", "token", "wave", "gen_floor", "state", "changed_at"):
            host.drop_column(column)
