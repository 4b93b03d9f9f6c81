"""Other systems that may send us their alerts, and how that last went."""

import hashlib
from typing import NamedTuple

from sqlalchemy import Connection, Table, delete, select, update

from driftvakt_collector.store.alert_models import IncomingTable
from driftvakt_collector.store.upsert import insert_new

_INCOMING: Table = IncomingTable.__table__  # type: ignore[attr-defined]
ALERTMANAGER, GRAFANA = "alertmanager", "grafana"
KINDS = (ALERTMANAGER, GRAFANA)
_MAX_ERROR = 500


class IncomingRow(NamedTuple):
    """mark: the hash of its token. changed_at: when that was made. last_at: when it last brought something, or None.

    last_error: what was wrong with what it last sent, empty where nothing was.
    """

    name: str
    kind: str
    zone: str
    administration: str
    mark: str
    changed_at: float
    last_at: float | None = None
    last_error: str = ""


def mark_of(token: str) -> str:
    """Return by what a token is known. It is long and random, so its plain hash gives nothing away."""
    return hashlib.sha256(token.encode("utf-8", "replace")).hexdigest()


def add(connection: Connection, row: IncomingRow) -> bool:
    """Take a system in; return whether the name was free."""
    before = {one.name for one in load(connection)}
    insert_new(connection, _INCOMING, [row._asdict()])
    return row.name not in before


def load(connection: Connection) -> list[IncomingRow]:
    """Return all of them, by name."""
    query = select(*(_INCOMING.c[name] for name in IncomingRow._fields)).order_by(_INCOMING.c.name)
    return [IncomingRow(*row) for row in connection.execute(query)]


def remove(connection: Connection, name: str) -> bool:
    """Take nothing of a system any more; return whether there was one."""
    return connection.execute(delete(_INCOMING).where(_INCOMING.c.name == name)).rowcount > 0


def renew(connection: Connection, name: str, mark: str, at: float) -> bool:
    """Give a system another token, by its mark; the old one is good no more. Return whether there is such a system."""
    values = {"mark": mark, "changed_at": at}
    return connection.execute(update(_INCOMING).where(_INCOMING.c.name == name).values(**values)).rowcount > 0


def took(connection: Connection, name: str, at: float, error: str) -> None:
    """Write down when something of a system was taken, and what was wrong with it."""
    values = {"last_at": at, "last_error": error[:_MAX_ERROR]}
    connection.execute(update(_INCOMING).where(_INCOMING.c.name == name).values(**values))


def failed(connection: Connection, name: str, error: str) -> None:
    """Write down why what a system sent was not taken."""
    connection.execute(update(_INCOMING).where(_INCOMING.c.name == name).values(last_error=error[:_MAX_ERROR]))
