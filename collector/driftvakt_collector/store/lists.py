"""Lists of software, kept so that hosts with nearly the same list share nearly all of it.

A list is kept as a base and the releases in which it is apart from that; a base is a list that came before. A room of
machines made from one image costs one base, and some rows a machine. Releases and lists are called by what is in them,
which needs no look-up.
"""

from array import array
from collections import Counter
from collections.abc import Collection, Iterable, Mapping, Sequence
from hashlib import blake2b

import msgspec
from sqlalchemy import Connection, Table, select

from driftvakt_collector.store import products
from driftvakt_collector.store.models import (
    SoftwareApartTable,
    SoftwareBandTable,
    SoftwareBaseTable,
    SoftwareContentsTable,
    SoftwareHostTable,
    SoftwareListTable,
    SoftwareTable,
)
from driftvakt_collector.store.section import Body, Cell
from driftvakt_collector.store.upsert import insert_new, upsert

COLUMNS = ("source", "name", "architecture", "version", "publisher", "size_bytes", "installed")
_SOFTWARE: Table = SoftwareTable.__table__  # type: ignore[attr-defined]
_BASES: Table = SoftwareBaseTable.__table__  # type: ignore[attr-defined]
_LISTS: Table = SoftwareListTable.__table__  # type: ignore[attr-defined]
_APART: Table = SoftwareApartTable.__table__  # type: ignore[attr-defined]
_HOSTS: Table = SoftwareHostTable.__table__  # type: ignore[attr-defined]
_CONTENTS: Table = SoftwareContentsTable.__table__  # type: ignore[attr-defined]
_BANDS: Table = SoftwareBandTable.__table__  # type: ignore[attr-defined]
_BAND = 64
"""Bands of a list. A list that is a hundred releases apart from another still has some in common with it, and one that
is apart in half of them has none: then there is nothing to share."""
_CANDIDATES = 2
"""Bases that a list is held against, those that have most of its bands."""
MAX_OF_A_NAME = 200
"""Releases of one name in a list that are kept; who has more makes them up, and a search for that name would end."""
_STEP = 5000
"""Numbers in one question to the database."""
_encode = msgspec.json.Encoder().encode

Row = tuple[Cell, ...]


def number_of(digest: str) -> int:
    """Return a section's digest as the number by which its list is known: 63 bits of it."""
    return int(digest[3:19] or "0", 16) >> 1


def write(connection: Connection, bodies: Mapping[str, Body]) -> None:
    """Keep lists by their digests, unless they are known."""
    told = {number_of(digest): body for digest, body in bodies.items()}
    known = _bases_of(connection, told)
    fresh = {number: releases(body) for number, body in told.items() if number not in known}
    if not fresh:
        return
    bases = _Bases(connection, fresh.values())
    software: dict[int, Row] = {}
    made: list[dict[str, int]] = []
    bands: list[dict[str, int]] = []
    whole: list[dict[str, int | bytes]] = []
    lists: list[dict[str, int]] = []
    apart: list[dict[str, int | bool]] = []
    for number, rows in fresh.items():
        ids = frozenset(rows)
        base, contents = bases.nearest(ids)
        others = ids ^ contents
        if _is_base(number, len(ids), len(others)):
            bands += [{"base": number, "band": one} for one in bases.add(number, ids)]
            whole.append({"base": number, "ids": array("q", rows).tobytes()})
            made += [{"base": number, "software": one} for one in rows]
            base, contents, others = number, ids, frozenset()
            software.update(rows)
        else:
            software.update((one, rows[one]) for one in others if one in rows)
        lists.append({"list": number, "base": base})
        apart += [{"list": number, "software": one, "has": one in ids} for one in others]
    insert_new(connection, _SOFTWARE, [
        {"id": one, **dict(zip(COLUMNS, row, strict=True)), **products.columns(str(row[0]), str(row[1]), str(row[4]))}
        for one, row in software.items()
    ])  # fmt: skip
    insert_new(connection, _BASES, made)
    insert_new(connection, _BANDS, bands)
    insert_new(connection, _CONTENTS, whole)
    insert_new(connection, _LISTS, lists)
    insert_new(connection, _APART, apart)


def assign(connection: Connection, told: Mapping[str, str]) -> None:
    """Say which list each host has now, by its digest."""
    numbers = {origin: number_of(digest) for origin, digest in told.items()}
    bases = _bases_of(connection, set(numbers.values()))
    upsert(connection, _HOSTS, [
        {"origin": origin, "list": number, "base": bases[number]} for origin, number in numbers.items()
    ])  # fmt: skip


def read(connection: Connection, digest: str) -> Body:
    """Return a list as it came, in the order of names."""
    return _rows(connection, Lists(connection, (digest,)).ids(digest))


class Lists:
    """What is in some lists, read at once."""

    def __init__(self, connection: Connection, digests: Iterable[str]) -> None:
        self._connection = connection
        numbers = {number_of(digest) for digest in digests}
        self._base = _bases_of(connection, numbers)
        self._contents = _contents(connection, set(self._base.values()))
        self._apart: dict[int, set[int]] = {}
        for part in _steps(numbers):
            query = select(_APART.c.list, _APART.c.software).where(_APART.c.list.in_(part))
            for number, one in connection.execute(query):
                self._apart.setdefault(number, set()).add(one)

    def ids(self, digest: str) -> frozenset[int]:
        """Return the releases in a list, none of one that is not known."""
        number = number_of(digest)
        contents = self._contents.get(self._base.get(number, -1), frozenset())
        return contents ^ self._apart.get(number, set())

    def differences(self, pairs: Sequence[tuple[str, str]]) -> list[tuple[Body, Body]]:
        """Return of each two lists what only the first has, and only the second: what is the same is not looked at."""
        told = [(self.ids(old), self.ids(new)) for old, new in pairs]
        wanted = {one for old, new in told for one in old ^ new}
        found = _software(self._connection, wanted)

        def body(ids: Iterable[int]) -> Body:
            # In the order of names, as a list is read.
            rows = sorted((found[one] for one in ids if one in found), key=lambda row: (str(row[1]), str(row[2])))
            return Body(list(COLUMNS), [list(row) for row in rows])

        return [(body(old - new), body(new - old)) for old, new in told]


class _Bases:
    """The bases that some lists may be kept by."""

    def __init__(self, connection: Connection, told: Iterable[Iterable[int]]) -> None:
        self._connection = connection
        self._bands = {ids: _bands(ids) for ids in map(frozenset, told)}
        self._having: dict[int, list[int]] = {one: [] for bands in self._bands.values() for one in bands}
        self._contents: dict[int, frozenset[int]] = {}
        for part in _steps(self._having):
            query = select(_BANDS.c.band, _BANDS.c.base).where(_BANDS.c.band.in_(part))
            for band, base in connection.execute(query):
                self._having[band].append(base)

    def nearest(self, ids: frozenset[int]) -> tuple[int, frozenset[int]]:
        """Return the base that a list is least apart from, and what is in it; 0 and nothing where there is none."""
        votes = Counter(base for one in self._bands[ids] for base in self._having[one])
        near = [base for base, _ in votes.most_common(_CANDIDATES)]
        missing = [base for base in near if base not in self._contents]
        if missing:
            self._contents |= _contents(self._connection, missing)
        best = min(near, key=lambda base: len(ids ^ self._contents[base]), default=0)
        return best, self._contents.get(best, frozenset())

    def add(self, number: int, ids: frozenset[int]) -> list[int]:
        """Let the lists that follow be kept by this one; return its bands."""
        self._contents[number] = ids
        for one in self._bands[ids]:
            self._having[one].append(number)
        return self._bands[ids]


def _bands(ids: Iterable[int]) -> list[int]:
    """Return checksums of the releases in a list by what their numbers end in; those of none are left out."""
    found = [0] * _BAND
    for one in ids:
        found[one % _BAND] ^= one
    return list(set(found) - {0})


def _is_base(number: int, size: int, apart: int) -> bool:
    """Say if a list becomes a base, where it is so many releases apart from the nearest.

    By lot, and the further apart the likelier: so a new image or an upgrade of the whole fleet gets a base after some
    lists, and a machine that is like no other seldom gets one. The lot is the list's number, so that it is drawn once.
    """
    return apart >= size or number < (apart / size) ** 1.5 * (1 << 63)


def releases(body: Body) -> dict[int, Row]:
    """Return the releases in a list: number to row."""
    told = dict(zip(body.columns, zip(*body.rows, strict=True), strict=False))
    empty: tuple[Cell, ...] = (None,) * len(body.rows)
    columns = [
        _sizes(told.get(name, empty)) if name == "size_bytes" else _texts(told.get(name, empty)) for name in COLUMNS
    ]
    rows: Iterable[Row] = zip(*columns, strict=True)
    if max(Counter(columns[1]).values(), default=0) > MAX_OF_A_NAME:
        rows = _few_of_a_name(rows)
    # Written out: it runs eighty million times for a city.
    whole = int.from_bytes
    return {whole(blake2b(_encode(row), digest_size=8).digest(), "big") >> 1: row for row in rows}


def _few_of_a_name(rows: Iterable[Row]) -> Iterable[Row]:
    seen: Counter[Cell] = Counter()
    for row in rows:
        seen[row[1]] += 1
        if seen[row[1]] <= MAX_OF_A_NAME:
            yield row


def _sizes(cells: Iterable[Cell]) -> list[Cell]:
    return [cell if type(cell) is int and 0 <= cell < 1 << 62 else None for cell in cells]


def _texts(cells: Iterable[Cell]) -> Sequence[Cell]:
    found = ["" if cell is None else str(cell) for cell in cells]
    # PostgreSQL has no NUL in a text.
    return [text.replace("\0", "\ufffd") for text in found] if "\0" in "".join(found) else found


def _bases_of(connection: Connection, numbers: Collection[int]) -> dict[int, int]:
    found: dict[int, int] = {}
    for part in _steps(numbers):
        query = select(_LISTS.c.list, _LISTS.c.base).where(_LISTS.c.list.in_(part))
        found.update((number, base) for number, base in connection.execute(query))
    return found


def _contents(connection: Connection, bases: Collection[int]) -> dict[int, frozenset[int]]:
    found = dict.fromkeys(bases, frozenset[int]())
    for part in _steps(bases):
        query = select(_CONTENTS.c.base, _CONTENTS.c.ids).where(_CONTENTS.c.base.in_(part))
        found.update((base, frozenset(array("q", bytes(ids)))) for base, ids in connection.execute(query))
    return found


def _software(connection: Connection, ids: Collection[int]) -> dict[int, Row]:
    columns = [_SOFTWARE.c[name] for name in ("id", *COLUMNS)]
    found: dict[int, Row] = {}
    for part in _steps(ids):
        for one, *row in connection.execute(select(*columns).where(_SOFTWARE.c.id.in_(part))):
            found[one] = tuple(row)
    return found


def _rows(connection: Connection, ids: Collection[int]) -> Body:
    rows = sorted(_software(connection, ids).items(), key=lambda one: (str(one[1][1]), str(one[1][2]), one[0]))
    return Body(list(COLUMNS), [list(row) for _, row in rows])


def _steps(numbers: Iterable[int]) -> Iterable[list[int]]:
    told = list(numbers)
    return (told[start : start + _STEP] for start in range(0, len(told), _STEP))
