"""What nobody needs any more: bodies that no host has, lists, bases, releases. Found by walking each table in the order

of its key, a step a transaction: the one writer has other work.
"""

from typing import NamedTuple

from sqlalchemy import ColumnElement, Connection, Table, delete, exists, select

from driftvakt_collector.store.models import (
    HostSectionTable,
    SectionBodyTable,
    SoftwareApartTable,
    SoftwareBandTable,
    SoftwareBaseTable,
    SoftwareContentsTable,
    SoftwareHostTable,
    SoftwareListTable,
    SoftwareTable,
)

_BODIES: Table = SectionBodyTable.__table__  # type: ignore[attr-defined]
_SECTIONS: Table = HostSectionTable.__table__  # type: ignore[attr-defined]
_SOFTWARE: Table = SoftwareTable.__table__  # type: ignore[attr-defined]
_BASES: Table = SoftwareBaseTable.__table__  # type: ignore[attr-defined]
_BANDS: Table = SoftwareBandTable.__table__  # type: ignore[attr-defined]
_CONTENTS: Table = SoftwareContentsTable.__table__  # type: ignore[attr-defined]
_LISTS: Table = SoftwareListTable.__table__  # type: ignore[attr-defined]
_APART: Table = SoftwareApartTable.__table__  # type: ignore[attr-defined]
_HOSTS: Table = SoftwareHostTable.__table__  # type: ignore[attr-defined]


class _Kept(NamedTuple):
    """Rows of a table that are kept as long as `used` is true. step: keys that a step looks at. along: tables whose

    rows of the same key go with them.
    """

    table: Table
    key: str
    used: ColumnElement[bool]
    step: int = 2000
    along: tuple[Table, ...] = ()


_KEPT = (
    _Kept(_BODIES, "digest", exists().where(_SECTIONS.c.digest == _BODIES.c.digest)),
    _Kept(_LISTS, "list", exists().where(_HOSTS.c.list == _LISTS.c.list), 1000, (_APART,)),
    # Each is a whole list.
    _Kept(_BASES, "base", exists().where(_LISTS.c.base == _BASES.c.base), 25, (_BANDS, _CONTENTS)),
    _Kept(
        _SOFTWARE, "id",
        exists().where(_BASES.c.software == _SOFTWARE.c.id) | exists().where(_APART.c.software == _SOFTWARE.c.id),
    ),
)  # fmt: skip
"""In this order: what used to hold the next is gone before that is looked at."""


class Place(NamedTuple):
    """How far a walk has come. table: of _KEPT. after: the last key that was looked at. gone: rows that went so far."""

    table: int = 0
    after: str | int | None = None
    gone: int = 0


def step(connection: Connection, place: Place) -> Place | None:
    """Look at some rows and remove what nobody needs; return where to go on, None when all was seen."""
    if place.table >= len(_KEPT):
        return None
    kept = _KEPT[place.table]
    key = kept.table.c[kept.key]
    rows = select(key, kept.used).distinct().order_by(key).limit(kept.step)
    if place.after is not None:
        rows = rows.where(key > place.after)
    seen = connection.execute(rows).all()
    if not seen:
        return Place(place.table + 1, None, place.gone)
    gone = place.gone
    old = [one for one, used in seen if not used]
    for table in (kept.table, *kept.along) if old else ():
        gone += connection.execute(delete(table).where(table.c[kept.key].in_(old))).rowcount
    return Place(place.table, seen[-1][0], gone)


def whole(connection: Connection) -> int:
    """Take all steps at once; return how many rows went. For a small store."""
    place: Place | None = Place()
    gone = 0
    while place is not None:
        gone = place.gone
        place = step(connection, place)
    return gone
