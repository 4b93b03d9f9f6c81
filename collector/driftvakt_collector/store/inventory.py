"""The inventory of each host: which section bodies it has now, and every change since it was first seen.

A body is kept once, however many hosts have the same, and packed; that of the software is kept by its releases, so that
it can be searched (`software`). Changes are found when a host's section gets another
digest, in the transaction that writes how far the journal was read: so each is written once, ever.
"""

from collections.abc import Collection, Iterable, Sequence
from typing import NamedTuple

from backports import zstd
from sqlalchemy import Connection, Table, delete, insert, select, true

from driftvakt_collector.store import software
from driftvakt_collector.store.models import ChangeTable, HostSectionTable, SectionBodyTable
from driftvakt_collector.store.section import Body, SectionError, changes, read
from driftvakt_collector.store.upsert import insert_new, upsert

_BODIES: Table = SectionBodyTable.__table__  # type: ignore[attr-defined]
_HOSTS: Table = HostSectionTable.__table__  # type: ignore[attr-defined]
_CHANGES: Table = ChangeTable.__table__  # type: ignore[attr-defined]
_LEVEL = 6
MAX_CHANGES = 2000
"""Changes of one section that are kept of one moment; an upgrade of a whole system has a thousand."""


class SectionRow(NamedTuple):
    """A section that came. received: when, seconds since the epoch."""

    origin: str
    name: str
    digest: str
    body: bytes
    received: float


class ChangeRow(NamedTuple):
    """One change, as `store.section.Change` says it. at: when the collector heard of it, seconds since the epoch."""

    origin: str
    section: str
    at: float
    kind: str
    key: str
    column: str
    old: str
    new: str


def write(connection: Connection, sections: Sequence[SectionRow]) -> None:
    """Make these the newest of their hosts, in the order in which they came, and write down what changed."""
    if not sections:
        return
    known = _digests(connection, {row.origin for row in sections})
    fresh: dict[tuple[str, str], SectionRow] = {}
    for row in sections:
        key = row.origin, row.name
        old = known.get(key)
        if old == row.digest:
            continue
        try:
            body = read(row.body)
        except SectionError:
            # An earlier release took what this one does not.
            continue
        known[key] = row.digest
        fresh[key] = row
        if row.name == software.SECTION:
            software.write(connection, row.digest, body)
        else:
            insert_new(connection, _BODIES, [{"digest": row.digest, "body": zstd.compress(row.body, _LEVEL)}])
        if old is not None:
            _note(connection, old, row, body)
    if fresh:
        upsert(connection, _HOSTS, [
            {"origin": row.origin, "name": row.name, "digest": row.digest, "number": software.number_of(row.digest),
             "since": row.received}
            for row in fresh.values()
        ])  # fmt: skip


def of_host(connection: Connection, origin: str, names: Collection[str] = ()) -> dict[str, Body]:
    """Return the sections of a host, by name. names: only these."""
    query = (
        select(_HOSTS.c.name, _HOSTS.c.digest, _BODIES.c.body)
        .outerjoin(_BODIES, _BODIES.c.digest == _HOSTS.c.digest)
        .where(_HOSTS.c.origin == origin, _HOSTS.c.name.in_(list(names)) if names else true())
    )
    return {
        name: read(zstd.decompress(bytes(body))) if body is not None else software.read(connection, digest)
        for name, digest, body in connection.execute(query).all()
    }


def of_hosts(connection: Connection, origins: Collection[str], names: Collection[str]) -> dict[str, dict[str, Body]]:
    """Return some sections of some hosts, by origin and name. Not the software."""
    query = (
        select(_HOSTS.c.origin, _HOSTS.c.name, _BODIES.c.body)
        .join(_BODIES, _BODIES.c.digest == _HOSTS.c.digest)
        .where(_HOSTS.c.origin.in_(list(origins)), _HOSTS.c.name.in_(list(names)))
    )
    found: dict[str, dict[str, Body]] = {}
    for origin, name, body in connection.execute(query):
        found.setdefault(origin, {})[name] = read(zstd.decompress(bytes(body)))
    return found


def recent_changes(connection: Connection, origins: Collection[str], limit: int = 100) -> list[ChangeRow]:
    """Return what changed on some hosts last, the newest first."""
    columns = [_CHANGES.c[name] for name in ChangeRow._fields]
    query = select(*columns).where(_CHANGES.c.origin.in_(list(origins))).order_by(_CHANGES.c.id.desc()).limit(limit)
    return [ChangeRow(*row) for row in connection.execute(query)]


def what_changed(
    connection: Connection, origins: Iterable[str], begin: float, end: float, limit: int = 100_000
) -> list[ChangeRow]:
    """Return the changes of some hosts between two moments, the newest first; seconds since the epoch."""
    columns = [_CHANGES.c[name] for name in ChangeRow._fields]
    query = (
        select(*columns)
        .where(_CHANGES.c.origin.in_(list(origins)), _CHANGES.c.at >= begin, _CHANGES.c.at <= end)
        .order_by(_CHANGES.c.at.desc(), _CHANGES.c.id)
        .limit(limit)
    )
    return [ChangeRow(*row) for row in connection.execute(query)]


def unused_bodies(connection: Connection, limit: int) -> int:
    """Remove bodies that no host has any more, so many at most; return how many went."""
    used = select(_HOSTS.c.digest)
    gone = list(
        connection.execute(select(_BODIES.c.digest).where(_BODIES.c.digest.not_in(used)).limit(limit)).scalars()
    )
    if gone:
        connection.execute(delete(_BODIES).where(_BODIES.c.digest.in_(gone)))
    return len(gone) + software.forget_unused(connection, limit)


def _digests(connection: Connection, origins: set[str]) -> dict[tuple[str, str], str]:
    query = select(_HOSTS.c.origin, _HOSTS.c.name, _HOSTS.c.digest).where(_HOSTS.c.origin.in_(list(origins)))
    return {(origin, name): digest for origin, name, digest in connection.execute(query)}


def _note(connection: Connection, old: str, row: SectionRow, body: Body) -> None:
    """Write down what is different from the section with the digest `old`."""
    if row.name == software.SECTION:
        found = changes(row.name, *software.read_difference(connection, old, row.digest))
    else:
        packed = connection.execute(select(_BODIES.c.body).where(_BODIES.c.digest == old)).scalar()
        found = [] if packed is None else changes(row.name, read(zstd.decompress(bytes(packed))), body)
    rows = [ChangeRow(row.origin, row.name, row.received, *one)._asdict() for one in found[:MAX_CHANGES]]
    if rows:
        connection.execute(insert(_CHANGES), rows)
