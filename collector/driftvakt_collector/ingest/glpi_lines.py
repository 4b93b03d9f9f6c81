"""The records of an inventory that came without any: a report that names its sections, and those that are new."""

from collections.abc import Mapping

import msgspec

from driftvakt_collector.store.hosts import HostRow
from driftvakt_collector.store.section import Body, Cell
from driftvakt_wire import encode
from driftvakt_wire.envelope import derive_key, digest, sign
from driftvakt_wire.personal import MASK
from driftvakt_wire.privacy import PERSON_SECTIONS, Mask
from driftvakt_wire.sections import FLAG, MAX_BODY, MAX_ROWS, MAX_TEXT, SECTIONS, WHOLE

_SPARE = 1024
_encode = msgspec.json.Encoder().encode


def lines(
    row: HostRow, master: bytes, epoch: str, seq: int, sections: Mapping[str, Body], have: Mapping[str, str],
    at: float, every: float, *, mask: Mask | None,
) -> list[bytes]:  # fmt: skip
    """Return the signed lines. seq: the number of the first. have: section name to the digest that we hold.

    mask: of a zone in which what is a person's is left out, as the host's own agent would do.
    """
    key = derive_key(master, row.origin, row.gen)
    bodies = {
        name: body_of(name, _of_nobody(body, mask) if mask else body)
        for name, body in sections.items() if not (mask and name in PERSON_SECTIONS)
    }  # fmt: skip
    digests = {name: digest(body) for name, body in bodies.items()}
    series = encode.series_set([], {})
    told = {**have, **digests}
    records = [
        encode.series(digest(series), series),
        encode.report(at, 0.0, every, digest(series), [], told),
        *(encode.section(name, mark, bodies[name]) for name, mark in digests.items() if have.get(name) != mark),
    ]
    return [sign(key, row.origin, row.gen, epoch, seq + number, record) for number, record in enumerate(records)]


def body_of(name: str, body: Body) -> bytes:
    """Return a section as it travels: cells of the kind that is declared, and no larger than is taken."""
    kinds = {column.name: column.kind for column in SECTIONS[name].columns}
    columns = [column for column in body.columns if column in kinds]
    places = [(body.columns.index(column), kinds[column]) for column in columns]
    kept, size = [], len(_encode(columns)) + _SPARE
    for cells in body.rows[:MAX_ROWS]:
        plain = [_cell(cells[place], kind) for place, kind in places]
        size += len(_encode(plain)) + 1
        if size > MAX_BODY:
            break
        kept.append(plain)
    return _encode({"columns": columns, "rows": kept})


def _cell(cell: Cell, kind: str) -> Cell:
    if cell is None:
        return None
    if kind == WHOLE:
        return cell if isinstance(cell, int) and not isinstance(cell, bool) and abs(cell) < 1 << 53 else None
    if kind == FLAG:
        return cell if isinstance(cell, bool) else None
    return "".join(char if char.isprintable() else " " for char in str(cell)).strip()[:MAX_TEXT]


def _of_nobody(body: Body, mask: Mask) -> Body:
    """Return a section without what is a person's."""

    def masked(column: str, cell: Cell) -> Cell:
        if not isinstance(cell, str):
            return cell
        return MASK if column == "hostname" and mask.names_person(cell) else mask.text(cell)

    return Body(body.columns, [[masked(*one) for one in zip(body.columns, row, strict=True)] for row in body.rows])
