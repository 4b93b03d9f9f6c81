"""Services that are asked as their users would: how each is checked. Each is a host too, which a poller speaks for."""

from datetime import UTC, datetime
from typing import NamedTuple

from sqlalchemy import Connection, Table, delete, select

from driftvakt_collector.store import devices, hosts, jobs
from driftvakt_collector.store.hosts import HostRow
from driftvakt_collector.store.models import HostTable, ServiceCheckTable
from driftvakt_collector.store.upsert import upsert

_CHECKS: Table = ServiceCheckTable.__table__  # type: ignore[attr-defined]
_HOSTS: Table = HostTable.__table__  # type: ignore[attr-defined]
SERVICE = "service"
"""The class of a host that is a service."""


class ServiceCheckRow(NamedTuple):
    """kind: of check. options: its JSON. sealed: the secret, encrypted (see trust.vault), empty for none.

    every, patience: seconds between two, and that one may take. service: of the catalogue that it is a part of.
    """

    origin: str
    zone: str
    kind: str
    target: str
    port: int
    options: str
    sealed: bytes
    every: float
    patience: float
    service: str
    added_at: float
    added_by: str


def add(connection: Connection, host: HostRow, row: ServiceCheckRow) -> HostRow:
    """Take a check in, under the relay that is its keeper, or under its zone's poller, which is made if need be."""
    now = datetime.fromtimestamp(row.added_at, UTC)
    made = host._replace(keeper=host.keeper or devices.poller(connection, row.zone, now).origin)
    hosts.save(connection, [made], now)
    upsert(connection, _CHECKS, [row._asdict()])
    return made


def remove(connection: Connection, origin: str, now: datetime) -> bool:
    """Check no more; its host stays with its history, revoked. Return whether there was one."""
    gone = connection.execute(delete(_CHECKS).where(_CHECKS.c.origin == origin)).rowcount
    jobs.remove(connection, origin)
    note = "removed: it is checked no more"
    return gone > 0 and hosts.change(connection, origin, now, state=hosts.REVOKED, note=note)


def load(connection: Connection, keeper: str | None = None) -> list[tuple[ServiceCheckRow, HostRow]]:
    """Return every check that is carried out, with its host. keeper: only those that this one carries out."""
    names = [field.removesuffix("_") if field == "class_" else field for field in HostRow._fields]
    query = (
        select(*(_CHECKS.c[name] for name in ServiceCheckRow._fields), *(_HOSTS.c[name] for name in names))
        .join(_HOSTS, _HOSTS.c.origin == _CHECKS.c.origin)
        .where(_HOSTS.c.state == hosts.APPROVED)
        .order_by(_CHECKS.c.zone, _CHECKS.c.service, _CHECKS.c.target)
    )
    if keeper is not None:
        query = query.where(_HOSTS.c.keeper == keeper)
    width = len(ServiceCheckRow._fields)
    return [(ServiceCheckRow(*row[:width]), HostRow(*row[width:])) for row in connection.execute(query)]


def find(connection: Connection, origin: str) -> ServiceCheckRow | None:
    """Return how a service is checked, None for what is none."""
    query = select(*(_CHECKS.c[name] for name in ServiceCheckRow._fields)).where(_CHECKS.c.origin == origin)
    row = connection.execute(query).first()
    return None if row is None else ServiceCheckRow(*row)


def named(connection: Connection, name: str) -> list[tuple[ServiceCheckRow, HostRow]]:
    """Return the checks of an origin or a name: one, where names are not given twice."""
    return [(row, host) for row, host in load(connection) if name in (row.origin, host.name)]
