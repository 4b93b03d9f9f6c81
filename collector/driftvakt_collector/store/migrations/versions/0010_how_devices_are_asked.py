"""Devices are asked by SNMP or by SSH; a host is ours, or a supplier's."""

import sqlalchemy as sa
from alembic import op

revision = "0010"
down_revision = "0009"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("device", sa.Column("how", sa.String(16), nullable=False, server_default="snmp"))
    op.add_column("device", sa.Column("host_key", sa.String(), nullable=False, server_default=""))
    op.add_column("host", sa.Column("supplier", sa.String(255), nullable=False, server_default=""))


def downgrade() -> None:
    op.drop_column("host", "supplier")
    op.drop_column("device", "host_key")
    op.drop_column("device", "how")
