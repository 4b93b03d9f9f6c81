"""Rows of one section across all hosts. Bodies are packed, so this reads them all: a second or so for 100,000 hosts."""

from collections.abc import Callable, Collection, Iterator
from typing import NamedTuple

from backports import zstd
from sqlalchemy import Connection, Table, select

from driftvakt_collector.store.models import HostSectionTable, SectionBodyTable
from driftvakt_collector.store.section import Cell, read, rows_of

_HOSTS: Table = HostSectionTable.__table__  # type: ignore[attr-defined]
_BODIES: Table = SectionBodyTable.__table__  # type: ignore[attr-defined]
_STEP = 500
_KEPT = 50_000
"""Bodies of which the rows that match are kept: equal hosts have the same."""

Row = dict[str, Cell]


class Found(NamedTuple):
    """A row, and the host that told it."""

    origin: str
    row: Row


def rows_with(
    connection: Connection,
    section: str,
    matches: Callable[[Row], bool],
    origins: Collection[str] | None = None,
    may: Callable[[bytes], bool] = lambda _: True,
) -> Iterator[Found]:
    """Give the rows of a section that match, host by host. origins: of these hosts alone. Not for the software.

    may: says of a body as it came whether a row in it may match, for to decode it takes much longer.
    """
    query = (
        select(_HOSTS.c.origin, _BODIES.c.digest, _BODIES.c.body)
        .join(_BODIES, _BODIES.c.digest == _HOSTS.c.digest)
        .where(_HOSTS.c.name == section)
        .order_by(_HOSTS.c.origin)
    )
    kept: dict[str, list[Row]] = {}
    for origin, digest, body in connection.execution_options(yield_per=_STEP).execute(query):
        if origins is not None and origin not in origins:
            continue
        rows = kept.get(digest)
        if rows is None:
            raw = zstd.decompress(body)
            rows = [row for row in rows_of(read(raw)) if matches(row)] if may(raw) else []
            if len(kept) < _KEPT:
                kept[digest] = rows
        yield from (Found(origin, row) for row in rows)
