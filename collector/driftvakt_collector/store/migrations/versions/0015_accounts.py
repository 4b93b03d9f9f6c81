"""Logins with a role, sessions that can be told apart, and the audit log that nothing is taken out of."""

import sqlalchemy as sa
from alembic import op

revision = "0015"
down_revision = "0014"
branch_labels = None
depends_on = None

_REFUSED = "an entry of the audit log is never changed and never removed"


def upgrade() -> None:
    # Whoever could log in before could do everything.
    for name, kind, usual in (
        ("full_name", sa.String(255), ""), ("role", sa.String(16), "admin"), ("administrations", sa.String(), "[]"),
        ("supplier", sa.String(64), ""), ("totp", sa.String(), ""),
    ):  # fmt: skip
        op.add_column("login", sa.Column(name, kind, nullable=False, server_default=usual))
    op.add_column("login", sa.Column("totp_at", sa.Float(), nullable=False, server_default="0"))
    op.add_column("login", sa.Column("disabled", sa.Boolean(), nullable=False, server_default=sa.false()))
    op.add_column("login", sa.Column("changed_at", sa.Float(), nullable=False, server_default="0"))
    op.add_column("session", sa.Column("opened_at", sa.Float(), nullable=False, server_default="0"))
    op.add_column("session", sa.Column("address", sa.String(64), nullable=False, server_default=""))
    op.add_column("session", sa.Column("browser", sa.String(255), nullable=False, server_default=""))
    op.create_table(
        "audit",
        sa.Column("seq", sa.BigInteger(), primary_key=True, autoincrement=False),
        sa.Column("at", sa.Float(), nullable=False),
        sa.Column("who", sa.String(255), nullable=False),
        sa.Column("how", sa.String(255), nullable=False),
        sa.Column("what", sa.String(255), nullable=False),
        sa.Column("object", sa.String(255), nullable=False),
        sa.Column("detail", sa.String(), nullable=False),
        sa.Column("hash", sa.String(64), nullable=False),
    )
    op.create_index("audit_at", "audit", ["at"])
    op.create_index("audit_who", "audit", ["who", "seq"])
    if op.get_bind().dialect.name == "postgresql":
        op.execute(
            f"CREATE FUNCTION audit_refuse() RETURNS trigger LANGUAGE plpgsql AS"
            f" $$ BEGIN RAISE EXCEPTION '{_REFUSED}'; END $$"
        )
        op.execute(
            "CREATE TRIGGER audit_kept BEFORE UPDATE OR DELETE OR TRUNCATE ON audit"
            " FOR EACH STATEMENT EXECUTE FUNCTION audit_refuse()"
        )
    else:
        for what in ("UPDATE", "DELETE"):
            op.execute(
                f"CREATE TRIGGER audit_no_{what.lower()} BEFORE {what} ON audit"
                f" BEGIN SELECT RAISE(ABORT, '{_REFUSED}'); END"
            )


def downgrade() -> None:
    op.drop_table("audit")
    if op.get_bind().dialect.name == "postgresql":
        op.execute("DROP FUNCTION audit_refuse()")
    for table, names in (
        ("session", ("opened_at", "address", "browser")),
        ("login", ("full_name", "role", "administrations", "supplier", "totp", "totp_at", "disabled", "changed_at")),
    ):
        for name in names:
            op.drop_column(table, name)
