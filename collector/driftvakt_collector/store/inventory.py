"""The inventory of each host: which section bodies it has now, and every change since it was first seen.

A body is kept once, however many hosts have the same, and packed; that of the software is kept by its releases, so that
it can be searched (`lists`). Changes are found when a host's section gets another digest, in the transaction that
writes how far the journal was read: so each is written once, ever (`history`).
"""

from collections.abc import Collection, Iterable, Sequence
from typing import NamedTuple

from backports import zstd
from sqlalchemy import Connection, Table, select, true

from driftvakt_collector.store import history, lists
from driftvakt_collector.store.history import Changed, ChangeRow
from driftvakt_collector.store.models import HostSectionTable, SectionBodyTable
from driftvakt_collector.store.section import Body, SectionError, changes, read
from driftvakt_collector.store.software import SECTION as SOFTWARE
from driftvakt_collector.store.upsert import insert_new, upsert

_BODIES: Table = SectionBodyTable.__table__  # type: ignore[attr-defined]
_HOSTS: Table = HostSectionTable.__table__  # type: ignore[attr-defined]
_LEVEL = 6
_STEP = 2000
"""Sections that are held in memory at once, unpacked; a night's backlog may come in one batch."""


class SectionRow(NamedTuple):
    """A section that came. received: when, seconds since the epoch."""

    origin: str
    name: str
    digest: str
    body: bytes
    received: float


class _Step(NamedTuple):
    """A section that is another than before. old: its digest then, None for the first of its host."""

    row: SectionRow
    body: Body
    old: str | None


def write(connection: Connection, sections: Sequence[SectionRow]) -> None:
    """Make these the newest of their hosts, in the order in which they came, and write down what changed."""
    for start in range(0, len(sections), _STEP):
        _write(connection, sections[start : start + _STEP])


def _write(connection: Connection, sections: Sequence[SectionRow]) -> None:
    known = _digests(connection, {row.origin for row in sections})
    steps: list[_Step] = []
    for row in sections:
        key = row.origin, row.name
        if known.get(key) == row.digest:
            continue
        try:
            body = read(row.body)
        except SectionError:
            # An earlier release took what this one does not.
            continue
        steps.append(_Step(row, body, known.get(key)))
        known[key] = row.digest
    if not steps:
        return
    lists.write(connection, {one.row.digest: one.body for one in steps if one.row.name == SOFTWARE})
    others = {one.row.digest: one.row.body for one in steps if one.row.name != SOFTWARE}
    missing = others.keys() - _bodies(connection, others).keys()
    insert_new(connection, _BODIES, [
        {"digest": digest, "body": zstd.compress(others[digest], _LEVEL)} for digest in sorted(missing)
    ])  # fmt: skip
    history.write(connection, _changed(connection, steps))
    newest = {(one.row.origin, one.row.name): one.row for one in steps}
    upsert(connection, _HOSTS, [
        {"origin": row.origin, "name": row.name, "digest": row.digest, "since": row.received}
        for row in newest.values()
    ])  # fmt: skip
    lists.assign(connection, {row.origin: row.digest for row in newest.values() if row.name == SOFTWARE})


def _changed(connection: Connection, steps: Sequence[_Step]) -> list[Changed]:
    """Return what is different from what was there before, in the order in which it came."""
    again = [(one, one.old) for one in steps if one.old is not None]
    software = [(old, one.row.digest) for one, old in again if one.row.name == SOFTWARE]
    known = lists.Lists(connection, {digest for pair in software for digest in pair})
    differences = iter(known.differences(software))
    bodies = _bodies(connection, {old for one, old in again if one.row.name != SOFTWARE})
    found = []
    for one, old in again:
        if one.row.name == SOFTWARE:
            before, after = next(differences)
        elif old in bodies:
            before, after = read(zstd.decompress(bodies[old])), one.body
        else:
            continue
        told = changes(one.row.name, before, after)
        found.append(Changed(one.row.origin, one.row.name, one.row.received, told))
    return found


def _bodies(connection: Connection, digests: Collection[str]) -> dict[str, bytes]:
    """Return the bodies that are known, packed."""
    query = select(_BODIES.c.digest, _BODIES.c.body).where(_BODIES.c.digest.in_(list(digests)))
    return {digest: bytes(body) for digest, body in connection.execute(query)} if digests else {}


def of_host(connection: Connection, origin: str, names: Collection[str] = ()) -> dict[str, Body]:
    """Return the sections of a host, by name. names: only these."""
    query = (
        select(_HOSTS.c.name, _HOSTS.c.digest, _BODIES.c.body)
        .outerjoin(_BODIES, _BODIES.c.digest == _HOSTS.c.digest)
        .where(_HOSTS.c.origin == origin, _HOSTS.c.name.in_(list(names)) if names else true())
    )
    return {
        name: read(zstd.decompress(bytes(body))) if body is not None else lists.read(connection, digest)
        for name, digest, body in connection.execute(query).all()
    }


def sections_of(connection: Connection, origin: str) -> set[str]:
    """Return the names of the sections that a host has told."""
    return set(connection.execute(select(_HOSTS.c.name).where(_HOSTS.c.origin == origin)).scalars())


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
    return history.recent(connection, origins, limit)


def what_changed(
    connection: Connection, origins: Iterable[str] | None, begin: float, end: float, limit: int = 100_000,
    sections: Collection[str] = (),
) -> list[ChangeRow]:  # fmt: skip
    """Return the changes of some hosts between two moments, the newest first; seconds since the epoch.

    origins: None for the whole fleet. sections: only changes in these; empty for all.
    """
    return history.between(connection, None if origins is None else list(origins), begin, end, limit, sections)


def _digests(connection: Connection, origins: set[str]) -> dict[tuple[str, str], str]:
    query = select(_HOSTS.c.origin, _HOSTS.c.name, _HOSTS.c.digest).where(_HOSTS.c.origin.in_(list(origins)))
    return {(origin, name): digest for origin, name, digest in connection.execute(query)}
