"""Which business applications are on which host, as rules recognised them, and by what each host was looked at."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from typing import NamedTuple

from sqlalchemy import BigInteger, Column, Connection, Table, delete, exists, select
from sqlmodel import Field, SQLModel

from driftvakt_collector.store import history, lists
from driftvakt_collector.store.history import Changed
from driftvakt_collector.store.models import HostSectionTable, SoftwareTable
from driftvakt_collector.store.section import ADDED, REMOVED, Change
from driftvakt_collector.store.upsert import upsert

SECTION = "applications"
"""What changes of applications are called in the history; no host sends such a section."""
SOURCES = ("packages", "services", "listening_sockets")
"""The sections that they are recognised by."""
_STEP = 5000
"""Numbers in one question to the database."""


class ApplicationTable(SQLModel, table=True):
    """An application on a host. since: when it was recognised, seconds since the epoch."""

    __tablename__ = "application"

    origin: str = Field(primary_key=True, max_length=64)
    name: str = Field(primary_key=True, max_length=64, index=True)
    version: str
    since: float


class LookedTable(SQLModel, table=True):
    """By what a host was looked at last. state: of its sections and of the rules; rules: of the rules alone."""

    __tablename__ = "application_look"

    origin: str = Field(primary_key=True, max_length=64)
    state: int = Field(sa_column=Column(BigInteger(), nullable=False))
    rules: int = Field(sa_column=Column(BigInteger(), nullable=False))


_APPLICATIONS: Table = ApplicationTable.__table__  # type: ignore[attr-defined]
_LOOKED: Table = LookedTable.__table__  # type: ignore[attr-defined]
_HOSTS: Table = HostSectionTable.__table__  # type: ignore[attr-defined]
_SOFTWARE: Table = SoftwareTable.__table__  # type: ignore[attr-defined]


class Installed(NamedTuple):
    """An application on a host."""

    origin: str
    name: str
    version: str
    since: float


class Package(NamedTuple):
    """What a rule may look at of a package."""

    source: str
    name: str
    product: str
    version: str


def digests(connection: Connection, origins: Collection[str] | None = None) -> dict[str, dict[str, str]]:
    """Return the digests of SOURCES of hosts, by origin and section. origins: None for all."""
    query = select(_HOSTS.c.origin, _HOSTS.c.name, _HOSTS.c.digest).where(_HOSTS.c.name.in_(SOURCES))
    if origins is not None:
        query = query.where(_HOSTS.c.origin.in_(list(origins)))
    found: dict[str, dict[str, str]] = {}
    for origin, name, digest in connection.execute(query):
        found.setdefault(origin, {})[name] = digest
    return found


def states(connection: Connection, origins: Collection[str] | None = None) -> dict[str, tuple[int, int]]:
    """Return by which state and rules hosts were looked at."""
    query = select(_LOOKED.c.origin, _LOOKED.c.state, _LOOKED.c.rules)
    if origins is not None:
        query = query.where(_LOOKED.c.origin.in_(list(origins)))
    return {origin: (state, rules) for origin, state, rules in connection.execute(query)}


def lists_of(connection: Connection, digests: Collection[str]) -> dict[str, frozenset[int]]:
    """Return the numbers of the packages in each of these lists."""
    known = lists.Lists(connection, digests)
    return {digest: known.ids(digest) for digest in digests}


def packages(connection: Connection, numbers: Collection[int]) -> dict[int, Package]:
    """Return packages by their numbers."""
    columns = [_SOFTWARE.c[one] for one in ("id", *Package._fields)]
    told = list(numbers)
    found: dict[int, Package] = {}
    for start in range(0, len(told), _STEP):
        query = select(*columns).where(_SOFTWARE.c.id.in_(told[start : start + _STEP]))
        found.update((number, Package(*row)) for number, *row in connection.execute(query))
    return found


def installed(connection: Connection, origins: Collection[str] | None = None, name: str = "") -> list[Installed]:
    """Return the applications of hosts. name: this one alone."""
    query = select(*(_APPLICATIONS.c[one] for one in Installed._fields))
    if origins is not None:
        query = query.where(_APPLICATIONS.c.origin.in_(list(origins)))
    if name:
        query = query.where(_APPLICATIONS.c.name == name)
    return [Installed(*row) for row in connection.execute(query)]


def names(connection: Connection) -> list[str]:
    """Return the applications that any host has."""
    return list(connection.execute(select(_APPLICATIONS.c.name).distinct().order_by(_APPLICATIONS.c.name)).scalars())


def settle(
    connection: Connection,
    found: Mapping[str, Sequence[tuple[str, str]]],
    looked: Mapping[str, int],
    rules: int,
    now: float,
) -> None:
    """Make these the applications of these hosts. found: name and version, by origin; looked: the states.

    What came or went is written into the history, unless the rules are others than last time: then the fleet did not
    change, we only see it otherwise.
    """
    origins = list(found)
    before = states(connection, origins)
    known: dict[str, dict[str, Installed]] = {}
    for one in installed(connection, origins):
        known.setdefault(one.origin, {})[one.name] = one
    changed: list[Changed] = []
    rows: list[dict[str, object]] = []
    for origin, told in found.items():
        had, has = known.get(origin, {}), dict(told)
        rows += [
            {"origin": origin, "name": name, "version": version, "since": had[name].since if name in had else now}
            for name, version in has.items() if name not in had or had[name].version != version
        ]  # fmt: skip
        gone = [name for name in had if name not in has]
        if gone:
            connection.execute(
                delete(_APPLICATIONS).where(_APPLICATIONS.c.origin == origin, _APPLICATIONS.c.name.in_(gone))
            )
        if before.get(origin, (0, -1))[1] == rules:
            changed.append(Changed(origin, SECTION, now, _changes(had, has, gone)))
    upsert(connection, _APPLICATIONS, rows)
    upsert(connection, _LOOKED, [{"origin": one, "state": looked[one], "rules": rules} for one in origins])
    history.write(connection, changed)


def forget(connection: Connection, limit: int) -> int:
    """Remove what is kept of hosts that tell of nothing any more; return how many went."""
    query = select(_LOOKED.c.origin).where(~exists().where(_HOSTS.c.origin == _LOOKED.c.origin)).limit(limit)
    gone = list(connection.execute(query).scalars())
    for table in (_APPLICATIONS, _LOOKED):
        if gone:
            connection.execute(delete(table).where(table.c.origin.in_(gone)))
    return len(gone)


def _changes(had: Mapping[str, Installed], has: Mapping[str, str], gone: Iterable[str]) -> list[Change]:
    """Return what came and went. Another version is told by the package that brought it."""
    came = [Change(ADDED, name, "", "", has[name]) for name in has if name not in had]
    return came + [Change(REMOVED, name, "", had[name].version, "") for name in gone]
