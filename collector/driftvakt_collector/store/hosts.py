"""Hosts as their enrolment described them."""

from collections.abc import Iterable
from datetime import UTC, datetime
from typing import NamedTuple

from sqlalchemy import Connection, select

from driftvakt_collector.store.models import HostTable
from driftvakt_collector.store.upsert import upsert

_TABLE = HostTable.__table__  # type: ignore[attr-defined]


class HostRow(NamedTuple):
    """The facts that a host's identity and labels come from; none of them ever from a payload."""

    origin: str
    gen: int
    name: str
    zone: str
    administration: str
    site: str
    class_: str


def save(connection: Connection, rows: Iterable[HostRow], now: datetime | None = None) -> None:
    """Enrol hosts, or correct what is known of them."""
    enrolled = now or datetime.now(UTC)
    values = [
        {
            "origin": row.origin, "gen": row.gen, "name": row.name, "zone": row.zone,
            "administration": row.administration, "site": row.site, "class": row.class_, "enrolled_at": enrolled,
        }
        for row in rows
    ]  # fmt: skip
    upsert(connection, _TABLE, values, keep=("enrolled_at",))


def load(connection: Connection, since: datetime | None = None) -> list[HostRow]:
    """Return every host, or those enrolled since then. Texts that many hosts share are shared in memory too."""
    shared: dict[str, str] = {}
    columns = (_TABLE.c.origin, _TABLE.c.gen, _TABLE.c.name, _TABLE.c.zone, _TABLE.c.administration, _TABLE.c.site)
    query = select(*columns, _TABLE.c["class"])
    if since is not None:
        query = query.where(_TABLE.c.enrolled_at >= since)
    return [
        HostRow(origin, gen, name, *(shared.setdefault(text, text) for text in rest))
        for origin, gen, name, *rest in connection.execute(query)
    ]


def find(connection: Connection, origin: str) -> HostRow | None:
    """Return one host, None where it is not enrolled."""
    table = _TABLE
    row = connection.execute(select(table).where(table.c.origin == origin)).mappings().first()
    if row is None:
        return None
    return HostRow(
        row["origin"], row["gen"], row["name"], row["zone"], row["administration"], row["site"], row["class"]
    )
