"""Networks that are looked through, and what was found the last time."""

from collections.abc import Mapping
from typing import Any, NamedTuple

from sqlalchemy import Connection, Table, delete, select, update
from sqlmodel import Field, SQLModel

from driftvakt_collector.store.upsert import upsert


class SubnetTable(SQLModel, table=True):
    """See SubnetRow."""

    __tablename__ = "subnet"

    zone: str = Field(primary_key=True, max_length=64)
    network: str = Field(primary_key=True, max_length=64)
    site: str = Field(max_length=255)
    administration: str = Field(max_length=255)
    supplier: str = Field(max_length=255)
    every: float
    cron: str = Field(max_length=255)
    time_zone: str = Field(max_length=64)
    per_second: float
    adds: bool
    added_at: float
    added_by: str = Field(max_length=64)
    began: float
    ended: float
    asked: int
    known: int
    added: int
    unknown: int
    said: str
    keeper: str = Field(default="", max_length=64, sa_column_kwargs={"server_default": ""})


_TABLE: Table = SubnetTable.__table__  # type: ignore[attr-defined]


class SubnetRow(NamedTuple):
    """network: as 10.20.0.0/24. every: seconds between two sweeps; cron: when they are instead, on the wall clock of

    time_zone, empty for none. per_second: echoes. adds: whether what answers SNMP is asked from then on. began, ended:
    of the last sweep, seconds since the epoch, 0 for never. asked: addresses; known, added, unknown: things. said: why
    the last sweep brought nothing, empty where it did. keeper: relay that looks through it, empty for the collector.
    """

    zone: str
    network: str
    site: str
    administration: str
    supplier: str
    every: float
    per_second: float
    adds: bool
    added_at: float
    added_by: str
    began: float = 0.0
    ended: float = 0.0
    asked: int = 0
    known: int = 0
    added: int = 0
    unknown: int = 0
    said: str = ""
    cron: str = ""
    time_zone: str = "UTC"
    keeper: str = ""


def keep(connection: Connection, row: SubnetRow) -> None:
    """Look through a network from now on, or otherwise than before; what was found stays."""
    upsert(
        connection, _TABLE, [row._asdict()],
        keep=("began", "ended", "asked", "known", "added", "unknown", "said", "added_at", "added_by"),
    )  # fmt: skip


def remove(connection: Connection, zone: str, network: str) -> bool:
    """Look through a network no more; return whether there was one."""
    where = (_TABLE.c.zone == zone, _TABLE.c.network == network)
    return connection.execute(delete(_TABLE).where(*where)).rowcount > 0


def load(connection: Connection) -> list[SubnetRow]:
    """Return every network that is looked through."""
    query = select(*(_TABLE.c[name] for name in SubnetRow._fields)).order_by(_TABLE.c.zone, _TABLE.c.network)
    return [SubnetRow(*row) for row in connection.execute(query)]


def tell(connection: Connection, row: SubnetRow, told: Mapping[str, Any]) -> None:
    """Write down how a sweep goes, or went."""
    where = (_TABLE.c.zone == row.zone, _TABLE.c.network == row.network)
    connection.execute(update(_TABLE).where(*where).values(**told))
