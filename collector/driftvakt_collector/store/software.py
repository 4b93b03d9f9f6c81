"""Which software is on which host, as it is asked for: by name and version. How it is kept stands in `lists`."""

from collections.abc import Callable, Collection
from typing import NamedTuple

from sqlalchemy import Connection, Table, select

from driftvakt_collector.store.holders import holders
from driftvakt_collector.store.models import SoftwareTable
from driftvakt_collector.store.version import Version

SECTION = "packages"
_SOFTWARE: Table = SoftwareTable.__table__  # type: ignore[attr-defined]

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
    """releases: that are on any host, the latest first. holders: the hosts of each, in no order."""

    releases: list[Release]
    holders: list[list[str]]

    def origins(self) -> set[str]:
        """Return who has any of them."""
        return {origin for some in self.holders for origin in some}

    def installed(self) -> list[Installed]:
        """Return who has which, by origin. For a whole city it takes longer than to find them."""
        return sorted(
            Installed(origin, release.version, release.architecture)
            for release, origins in zip(self.releases, self.holders, strict=True)
            for origin in origins
        )


NOBODY = Answer([], [])


def search(connection: Connection, name: str, compare: str = "", version: str = "") -> Answer:
    """Return who has which release of a name. compare: one of COMPARISONS."""
    known = _matching(connection, name, compare, version)
    found = [
        (known[one]._replace(hosts=len(origins)), origins) for one, origins in holders(connection, list(known)).items()
    ]
    found.sort(key=lambda one: (Version(one[0].version), one[0].source, one[0].architecture), reverse=True)
    return Answer([release for release, _ in found], [origins for _, origins in found])


def releases(connection: Connection, name: str, compare: str = "", version: str = "") -> list[Release]:
    """Return the releases of a name that are on any host, the latest first. compare: one of COMPARISONS."""
    return search(connection, name, compare, version).releases


def hosts_with(
    connection: Connection, name: str, compare: str = "", version: str = "", origins: Collection[str] | None = None
) -> list[Installed]:
    """Return who has such a release, by origin. origins: look at these only."""
    found = search(connection, name, compare, version).installed()
    return found if origins is None else [one for one in found if one.origin in origins]


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
