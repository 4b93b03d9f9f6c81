"""Which software is on which host, kept so that hosts with nearly the same list share nearly all of it.

A list is divided into parts by the names in it, always the same way; a part is the releases in it, and is kept once. A
package that is upgraded makes one new part of a dozen rows and a list of at most `PARTS` references; so a hundred
thousand hosts that differ a little cost little. Rows and parts are called by what is in them, which needs no look-up.
"""

from collections.abc import Callable, Collection, Iterable, Sequence
from hashlib import blake2b
from typing import Any, NamedTuple
from zlib import crc32

import msgspec
from sqlalchemy import Connection, Select, Table, delete, func, select

from driftvakt_collector.store import products
from driftvakt_collector.store.models import HostSectionTable, SoftwareListTable, SoftwarePartTable, SoftwareTable
from driftvakt_collector.store.section import Body, Cell, rows_of
from driftvakt_collector.store.upsert import insert_new
from driftvakt_collector.store.version import Version

SECTION = "packages"
PARTS = 100
"""References that a list has at most. More of them and each is cheaper to replace; fewer and a list is shorter: for a
dozen differences in 800 packages this is where both together cost least."""
COLUMNS = ("source", "name", "architecture", "version", "publisher", "size_bytes", "installed")
_SOFTWARE: Table = SoftwareTable.__table__  # type: ignore[attr-defined]
_PARTS: Table = SoftwarePartTable.__table__  # type: ignore[attr-defined]
_LISTS: Table = SoftwareListTable.__table__  # type: ignore[attr-defined]
_HOSTS: Table = HostSectionTable.__table__  # type: ignore[attr-defined]
_encode = msgspec.json.Encoder().encode

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


def number_of(digest: str) -> int:
    """Return a section's digest as the number by which its list is known: 63 bits of it."""
    return int(digest[3:19] or "0", 16) >> 1


def write(connection: Connection, digest: str, body: Body) -> None:
    """Keep a list, unless it is known."""
    parts = _divided(body)
    known = set(connection.execute(select(_PARTS.c.part).where(_PARTS.c.part.in_(list(parts)))).scalars())
    fresh = {part: rows for part, rows in parts.items() if part not in known}
    told = [
        {**dict(zip(COLUMNS, row, strict=True)), "id": number,
         **products.columns(str(row[0]), str(row[1]), str(row[4]))}
        for rows in fresh.values()
        for number, row in rows.items()
    ]  # fmt: skip
    insert_new(connection, _SOFTWARE, told)
    insert_new(connection, _PARTS, [{"part": part, "software": one} for part, rows in fresh.items() for one in rows])
    insert_new(connection, _LISTS, [{"list": number_of(digest), "part": part} for part in parts])


def read(connection: Connection, digest: str) -> Body:
    """Return a list as it came, in the order of names."""
    return _rows(connection, _parts_of(connection, digest))


def read_difference(connection: Connection, old: str, new: str) -> tuple[Body, Body]:
    """Return of two lists what is in parts that only one of them has: what is the same is not looked at."""
    before, after = _parts_of(connection, old), _parts_of(connection, new)
    return _rows(connection, before - after), _rows(connection, after - before)


def releases(connection: Connection, name: str, compare: str = "", version: str = "") -> list[Release]:
    """Return the releases of a name that are on any host, the latest first. compare: one of COMPARISONS."""
    ids = _matching(connection, name, compare, version)
    query = _holders(ids).with_only_columns(_PARTS.c.software, func.count()).group_by(_PARTS.c.software)
    counts: dict[int, int] = {row[0]: row[1] for row in connection.execute(query)}
    columns = [_SOFTWARE.c[one] for one in ("id", *COLUMNS[:5])]
    rows = connection.execute(select(*columns).where(_SOFTWARE.c.id.in_(ids)))
    found = [
        Release(source, named, architecture, told, publisher, counts[number])
        for number, source, named, architecture, told, publisher in rows
        if number in counts
    ]
    return sorted(found, key=lambda one: (Version(one.version), one.source, one.architecture), reverse=True)


def hosts_with(
    connection: Connection, name: str, compare: str = "", version: str = "", origins: Collection[str] | None = None
) -> list[Installed]:
    """Return who has such a release, by origin. origins: look at these only."""
    ids = _matching(connection, name, compare, version)
    query = (
        _holders(ids)
        .join(_SOFTWARE, _SOFTWARE.c.id == _PARTS.c.software)
        .with_only_columns(_HOSTS.c.origin, _SOFTWARE.c.version, _SOFTWARE.c.architecture)
    )
    if origins is not None:
        query = query.where(_HOSTS.c.origin.in_(list(origins)))
    return sorted(Installed(*row) for row in connection.execute(query))


def forget_unused(connection: Connection, limit: int) -> int:
    """Remove lists that no host has any more, then parts and releases of no list; return how many rows went."""
    used = select(_HOSTS.c.number).where(_HOSTS.c.name == SECTION)
    gone = 0
    for table, column, still in (
        (_LISTS, _LISTS.c.list, used),
        (_PARTS, _PARTS.c.part, select(_LISTS.c.part)),
        (_SOFTWARE, _SOFTWARE.c.id, select(_PARTS.c.software)),
    ):
        old = list(connection.execute(select(column).distinct().where(column.not_in(still)).limit(limit)).scalars())
        if old:
            gone += connection.execute(delete(table).where(column.in_(old))).rowcount
    return gone


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


def _holders(ids: Sequence[int]) -> Select[Any]:
    """Return the query of who has one of these releases: a row a host and release."""
    return (
        select(_HOSTS.c.origin)
        .join(_LISTS, _LISTS.c.list == _HOSTS.c.number)
        .join(_PARTS, _PARTS.c.part == _LISTS.c.part)
        .where(_PARTS.c.software.in_(ids), _HOSTS.c.name == SECTION)
    )


def _matching(connection: Connection, name: str, compare: str, version: str) -> list[int]:
    query = select(_SOFTWARE.c.id, _SOFTWARE.c.version).where(_SOFTWARE.c.name == name).limit(MAX_RELEASES)
    rows = connection.execute(query).all()
    if len(rows) >= MAX_RELEASES:
        raise SoftwareError(f"there are more than {MAX_RELEASES} releases of {name[:100]}: some host makes them up")
    if not compare:
        return [number for number, _ in rows]
    fits, wanted = COMPARISONS[compare], Version(version)
    return [number for number, told in rows if fits(Version(told), wanted)]


def _divided(body: Body) -> dict[int, dict[int, tuple[Cell, ...]]]:
    """Return the parts of a list: a part's number to its rows by theirs."""
    buckets: list[dict[int, tuple[Cell, ...]]] = [{} for _ in range(PARTS)]
    for told in rows_of(body):
        row = tuple(_cell(told.get(column), column) for column in COLUMNS)
        buckets[crc32(str(row[1]).encode()) % PARTS][_hash(_encode(row))] = row
    return {_hash(_encode(sorted(rows))): rows for rows in buckets if rows}


def _cell(cell: Cell, column: str) -> Cell:
    if column == "size_bytes":
        return cell if isinstance(cell, int) and not isinstance(cell, bool) and 0 <= cell < 1 << 62 else None
    # PostgreSQL has no NUL in a text.
    return ("" if cell is None else str(cell)).replace("\0", "\ufffd")


def _hash(raw: bytes) -> int:
    return int.from_bytes(blake2b(raw, digest_size=8).digest(), "big") >> 1


def _parts_of(connection: Connection, digest: str) -> set[int]:
    return set(connection.execute(select(_LISTS.c.part).where(_LISTS.c.list == number_of(digest))).scalars())


def _rows(connection: Connection, parts: Iterable[int]) -> Body:
    columns = [_SOFTWARE.c[name] for name in COLUMNS]
    query = (
        select(*columns)
        .join(_PARTS, _PARTS.c.software == _SOFTWARE.c.id)
        .where(_PARTS.c.part.in_(list(parts)))
        .order_by(_SOFTWARE.c.name, _SOFTWARE.c.architecture, _SOFTWARE.c.id)
    )
    return Body(list(COLUMNS), [list(row) for row in connection.execute(query)])
