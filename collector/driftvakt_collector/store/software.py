"""Which software is on which host, as it is asked for: by name and version. How it is kept stands in `lists`."""

from collections import Counter
from collections.abc import Callable, Collection, Mapping
from typing import NamedTuple

from sqlalchemy import Connection, Select, Table, select

from driftvakt_collector.store.models import (
    SoftwareApartTable,
    SoftwareBaseTable,
    SoftwareHostTable,
    SoftwareTable,
)
from driftvakt_collector.store.version import Version

SECTION = "packages"
_SOFTWARE: Table = SoftwareTable.__table__  # type: ignore[attr-defined]
_BASES: Table = SoftwareBaseTable.__table__  # type: ignore[attr-defined]
_APART: Table = SoftwareApartTable.__table__  # type: ignore[attr-defined]
_HOSTS: Table = SoftwareHostTable.__table__  # type: ignore[attr-defined]

COMPARISONS: dict[str, Callable[[Version, Version], bool]] = {
    "<": lambda one, other: one < other,
    "<=": lambda one, other: one <= other,
    "=": lambda one, other: one == other,
    ">=": lambda one, other: one >= other,
    ">": lambda one, other: one > other,
}
MAX_RELEASES = 20_000
"""Releases of one name that a search looks at; a name that has more was made up to hide others."""


class SoftwareError(Exception):
    """The question can't be answered; the text says why."""


class Release(NamedTuple):
    """A release of a package, and on how many hosts it is."""

    source: str
    name: str
    architecture: str
    version: str
    publisher: str
    hosts: int


class Installed(NamedTuple):
    """A host that has a release."""

    origin: str
    version: str
    architecture: str


class Answer(NamedTuple):
    """releases: that are on any host, the latest first. installed: who has them, by origin."""

    releases: list[Release]
    installed: list[Installed]


def search(
    connection: Connection, name: str, compare: str = "", version: str = "", origins: Collection[str] | None = None
) -> Answer:
    """Return who has which release of a name. compare: one of COMPARISONS. origins: look at these hosts only."""
    known = _matching(connection, name, compare, version)
    pairs = _holders(connection, known)
    if origins is not None:
        wanted = frozenset(origins)
        pairs = [pair for pair in pairs if pair[0] in wanted]
    counts = Counter(one for _, one in pairs)
    found = [release._replace(hosts=counts[one]) for one, release in known.items() if one in counts]
    found.sort(key=lambda one: (Version(one.version), one.source, one.architecture), reverse=True)
    told = {one: (known[one].version, known[one].architecture) for one in counts}
    return Answer(found, sorted([Installed(origin, *told[one]) for origin, one in pairs]))


def releases(connection: Connection, name: str, compare: str = "", version: str = "") -> list[Release]:
    """Return the releases of a name that are on any host, the latest first. compare: one of COMPARISONS."""
    return search(connection, name, compare, version).releases


def hosts_with(
    connection: Connection, name: str, compare: str = "", version: str = "", origins: Collection[str] | None = None
) -> list[Installed]:
    """Return who has such a release, by origin. origins: look at these only."""
    return search(connection, name, compare, version, origins).installed


def names_like(connection: Connection, words: str, limit: int = 20) -> list[str]:
    """Return names of software that begin with, or else hold, this text."""
    text = words.replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_")
    found: list[str] = []
    for pattern in (f"{text}%", f"%{text}%"):
        query = select(_SOFTWARE.c.name).distinct().where(_SOFTWARE.c.name.like(pattern, escape="\\"))
        for name in connection.execute(query.order_by(_SOFTWARE.c.name).limit(limit)).scalars():
            if name not in found:
                found.append(name)
    return found[:limit]


def _holders(connection: Connection, ids: Mapping[int, Release]) -> list[tuple[str, int]]:
    """Return who has one of these releases: host and release.

    Most have it from the base of their list, and are read from one index in its order. Three questions, each answered
    from indexes alone, are many times faster than one that compares them.
    """
    wanted = list(ids)
    by_base = select(_HOSTS.c.origin, _BASES.c.software).join(_BASES, _BASES.c.base == _HOSTS.c.base)
    apart = [_pairs(connection, _by_apart().where(_APART.c.software.in_(wanted), _APART.c.has.is_(has)))
             for has in (False, True)]  # fmt: skip
    found = _pairs(connection, by_base.where(_BASES.c.software.in_(wanted)))
    if apart[0]:
        lacking = frozenset(apart[0])
        found = [pair for pair in found if pair not in lacking]
    return found + apart[1]


def _by_apart() -> Select[str, int]:
    return select(_HOSTS.c.origin, _APART.c.software).join(_APART, _APART.c.list == _HOSTS.c.list)


def _pairs(connection: Connection, query: Select[str, int]) -> list[tuple[str, int]]:
    return [(origin, one) for origin, one in connection.execute(query)]


def _matching(connection: Connection, name: str, compare: str, version: str) -> dict[int, Release]:
    """Return the releases of a name that are asked for, by their number; on how many hosts is not looked at."""
    columns = [_SOFTWARE.c[one] for one in ("id", *Release._fields[:5])]
    query = select(*columns).where(_SOFTWARE.c.name == name).limit(MAX_RELEASES)
    rows = connection.execute(query).all()
    if len(rows) >= MAX_RELEASES:
        raise SoftwareError(f"there are more than {MAX_RELEASES} releases of {name[:100]}: some host makes them up")
    found = {number: Release._make((*told, 0)) for number, *told in rows}
    if not compare:
        return found
    fits, wanted = COMPARISONS[compare], Version(version)
    return {number: one for number, one in found.items() if fits(Version(one.version), wanted)}
