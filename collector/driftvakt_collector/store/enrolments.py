"""Each try to enrol, what came of it, and why: for the operator, as the one who tried is told nothing."""

from datetime import datetime
from hashlib import blake2b
from typing import Any, NamedTuple

from sqlalchemy import Connection, Select, delete, func, insert, select

from driftvakt_collector.store.hosts import HostRow
from driftvakt_collector.store.models import EnrolmentTable, HostFactTable, HostTable
from driftvakt_collector.store.tokens import aware

_TABLE = EnrolmentTable.__table__  # type: ignore[attr-defined]
_HOSTS = HostTable.__table__  # type: ignore[attr-defined]
_FACTS = HostFactTable.__table__  # type: ignore[attr-defined]

REFUSED = "refused"
KEEP = 100_000
"""Tries that are kept; a stranger must not fill the disk."""
_SWEEP_EVERY = 1000
_MOST_ALIKE = 50
"""Hosts that are looked at because of one thing that their machine is known by; a dock or a junk number is on many."""


class EnrolmentRow(NamedTuple):
    """token: the one that was shown, or the origin itself where it renewed its key. result: `refused`, or the state

    that the host got. origin, gen: what was given, empty and 0 where nothing was. nonce: as `kept` makes it, once read.
    """

    at: datetime
    zone: str
    token: str
    nonce: str
    address: str
    name: str
    origin: str
    gen: int
    result: str
    reason: str


def note(connection: Connection, row: EnrolmentRow) -> None:
    """Write a try down. Old ones are swept out now and then."""
    done = connection.execute(insert(_TABLE).values(row._asdict() | {"nonce": kept(row.nonce)}))
    number = int((done.inserted_primary_key or (0,))[0])
    if number % _SWEEP_EVERY == 0:
        connection.execute(delete(_TABLE).where(_TABLE.c.id <= number - KEEP, _TABLE.c.result == REFUSED))


def kept(nonce: str) -> str:
    """Return what is kept of a nonce: with it and a used token, a copy of the database would bring back keys."""
    return blake2b(nonce.encode(), digest_size=16).hexdigest() if nonce else ""


def given(connection: Connection, token: str, nonce: str) -> EnrolmentRow | None:
    """Return what was given for this nonce before, None where nothing was."""
    query = _select().where(_TABLE.c.token == token, _TABLE.c.nonce == kept(nonce), _TABLE.c.result != REFUSED)
    row = connection.execute(query).first()
    return None if row is None else _row(row)


def renewals(connection: Connection, origin: str, since: datetime) -> int:
    """Return how many keys a host was given since then in place of one that it had."""
    query = select(func.count()).where(_TABLE.c.token == origin, _TABLE.c.result != REFUSED, _TABLE.c.at >= since)
    return int(connection.execute(query).scalar() or 0)


def recent(connection: Connection, limit: int, token: str = "") -> list[EnrolmentRow]:
    """Return the newest tries, the newest first."""
    query = _select().order_by(_TABLE.c.id.desc()).limit(limit)
    return [_row(row) for row in connection.execute(query.where(_TABLE.c.token == token) if token else query)]


def of_origin(connection: Connection, origin: str) -> list[EnrolmentRow]:
    """Return how a host came by its keys, the oldest first."""
    return [_row(row) for row in connection.execute(_select().where(_TABLE.c.origin == origin).order_by(_TABLE.c.id))]


def outdated(connection: Connection, before: datetime) -> list[tuple[str, int]]:
    """Return (origin, gen) of hosts whose newest key was made before then, and whose older ones are still taken."""
    newest = (
        select(_TABLE.c.origin, func.max(_TABLE.c.at).label("at"))
        .where(_TABLE.c.result != REFUSED)
        .group_by(_TABLE.c.origin)
        .subquery()
    )
    query = (
        select(_HOSTS.c.origin, _HOSTS.c.gen)
        .join(newest, newest.c.origin == _HOSTS.c.origin)
        .where(_HOSTS.c.gen_floor < _HOSTS.c.gen, newest.c.at < before)
    )
    return [(origin, gen) for origin, gen in connection.execute(query)]


def alike(connection: Connection, zone: str, name: str, facts: list[str]) -> list[tuple[HostRow, str]]:
    """Return hosts of a zone that have this name, or one of these facts, with their facts as JSON."""
    # In two steps, each by an index: a city's worth of facts takes longer to read than a school may wait for. Of each
    # fact the latest few, so that what is on many does not hide who has the others.
    place = func.row_number().over(partition_by=_FACTS.c.fact, order_by=_HOSTS.c.enrolled_at.desc())
    having = (
        select(_FACTS.c.origin, place.label("place"))
        .join(_HOSTS, _HOSTS.c.origin == _FACTS.c.origin)
        .where(_FACTS.c.fact.in_(facts), _HOSTS.c.zone == zone)
        .subquery()
    )
    same = select(having.c.origin).where(having.c.place <= _MOST_ALIKE).distinct()
    has = (_HOSTS.c.name == name) | _HOSTS.c.origin.in_(list(connection.execute(same).scalars()))
    names = [field.removesuffix("_") if field == "class_" else field for field in HostRow._fields]
    query = select(*(_HOSTS.c[column] for column in names), _HOSTS.c.facts.label("told")).where(
        _HOSTS.c.zone == zone, has
    )
    return [(HostRow(*row[:-1]), row[-1]) for row in connection.execute(query)]


def _select() -> "Select[Any]":
    return select(*(_TABLE.c[name] for name in EnrolmentRow._fields))


def _row(row: object) -> EnrolmentRow:
    made = EnrolmentRow(*row)  # type: ignore[misc]
    return made._replace(at=aware(made.at))
