"""A section's body, read within bounds, and what is different between two of them. Pure.

Columns that we do not declare (of a later agent) are kept in the body and are no changes; columns that the body lacks
are None. What is only written otherwise, in another case or with other blanks, is no change either.
"""

from collections import Counter
from collections.abc import Iterator
from typing import Annotated, NamedTuple

import msgspec

from driftvakt_wire.sections import MAX_BODY, MAX_ROWS, MAX_TEXT, SECTIONS, Section

MAX_COLUMNS = 64
ADDED, REMOVED, CHANGED = "added", "removed", "changed"
Cell = str | int | float | bool | None
Key = tuple[str, ...]
_Text = Annotated[str, msgspec.Meta(max_length=MAX_TEXT)]
"""Checked while it is decoded: a list of software has five thousand cells."""


class SectionError(ValueError):
    """The body is no section; the text says why."""


class Body(msgspec.Struct):
    """columns: names. rows: a cell a column."""

    columns: list[str]
    rows: list[list[_Text | int | float | bool | None]]


class Change(NamedTuple):
    """key: what the row is known by, for a reader; empty where the section has one row. column: empty for a whole row.

    old, new: the cell before and after; of a row that came or went, what there is to say of it.
    """

    kind: str
    key: str
    column: str
    old: str
    new: str


_decoder = msgspec.json.Decoder(Body)


def read(raw: bytes) -> Body:
    """Return a body. Raises SectionError for what is no table, or larger than we take."""
    if len(raw) > MAX_BODY:
        raise SectionError(f"a section is at most {MAX_BODY} bytes")
    try:
        body = _decoder.decode(raw)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as e:
        raise SectionError(f"it is no table with cells of at most {MAX_TEXT} characters: {e}") from e
    if len(body.columns) > MAX_COLUMNS or len(set(body.columns)) != len(body.columns):
        raise SectionError(f"a section has at most {MAX_COLUMNS} columns, each once")
    if len(body.rows) > MAX_ROWS:
        raise SectionError(f"a section has at most {MAX_ROWS} rows")
    width = len(body.columns)
    if any(len(row) != width for row in body.rows):
        raise SectionError("each row has a cell for each column")
    return body


def changes(name: str, old: Body, new: Body) -> list[Change]:
    """Return what changed in a section that we declare: rows that went, rows that came, cells that are others."""
    section = SECTIONS[name]
    before, after = _keyed(section, old), _keyed(section, new)
    removed: list[Change] = []
    found: list[Change] = []
    for key, rows in after.items():
        was, now = before.pop(key, []), rows
        if len(was) != 1 or len(now) != 1:
            was, now = _different(section, was, now)
        removed += [_gone(section, row) for row in was[len(now) :]]
        found += [change for one, other in zip(was, now, strict=False) for change in _cells(section, one, other)]
        found += [Change(ADDED, _shown(section, row), "", "", _summary(section, row.cells)) for row in now[len(was) :]]
    return [_gone(section, row) for rows in before.values() for row in rows] + removed + found


def rows_of(body: Body) -> Iterator[dict[str, Cell]]:
    """Give each row by its columns."""
    for row in body.rows:
        yield dict(zip(body.columns, row, strict=True))


class _Row(NamedTuple):
    """A row, and as which of those with the same key it stands there, counted from 1."""

    cells: dict[str, Cell]
    number: int


def _keyed(section: Section, body: Body) -> dict[Key, list[_Row]]:
    """Return the rows by what they are known by: of most there is one."""
    found: dict[Key, list[_Row]] = {}
    for cells in rows_of(body):
        rows = found.setdefault(tuple(_plain(cells.get(name)) for name in section.keys), [])
        rows.append(_Row(cells, len(rows) + 1))
    return found


def _different(section: Section, old: list[_Row], new: list[_Row]) -> tuple[list[_Row], list[_Row]]:
    """Return of rows with one key those that the other side does not have as they are, whatever their order is."""
    both = {name for row in old[:1] for name in row.cells} & {name for row in new[:1] for name in row.cells}
    names = [column.name for column in section.columns if column.name in both]

    def content(row: _Row) -> Key:
        return tuple(_plain(row.cells[name]) for name in names)

    def place(row: _Row) -> tuple[Key, int]:
        return content(row), row.number

    left = Counter(map(content, new))
    was = [row for row in old if not _take(left, content(row))]
    # Of equal ones the last is what came.
    now = [row for row in reversed(new) if _take(left, content(row))]
    return sorted(was, key=place), sorted(now, key=place)


def _take(left: Counter[Key], key: Key) -> bool:
    """Say if there was one left, and take it."""
    left[key] -= 1
    return left[key] >= 0


def _cells(section: Section, was: _Row, row: _Row) -> Iterator[Change]:
    for column in section.columns:
        # A column that the older agent did not have was not empty before: nobody looked.
        if column.name in was.cells and column.name in row.cells:
            one, other = was.cells[column.name], row.cells[column.name]
            if _plain(one) != _plain(other):
                yield Change(CHANGED, _shown(section, row), column.name, _text(one), _text(other))


def _gone(section: Section, row: _Row) -> Change:
    return Change(REMOVED, _shown(section, row), "", _summary(section, row.cells), "")


def _summary(section: Section, row: dict[str, Cell]) -> str:
    """Return what there is to say of a row besides its key."""
    told = [_text(row.get(column.name)) for column in section.columns if not column.key]
    return ", ".join(text for text in told if text)[:MAX_TEXT]


def _shown(section: Section, row: _Row) -> str:
    """Return what a row is known by, as the machine writes it: a serial number keeps its capitals."""
    told = [" ".join(_text(row.cells.get(name)).split()) for name in section.keys]
    told += [f"no. {row.number}"] if row.number > 1 else []
    return " ".join(part for part in told if part)[:MAX_TEXT]


def _plain(cell: Cell) -> str:
    """Return a cell as it is compared."""
    return " ".join(_text(cell).casefold().split())


def _text(cell: Cell) -> str:
    if cell is None:
        return ""
    return ("yes" if cell else "no") if isinstance(cell, bool) else str(cell)
