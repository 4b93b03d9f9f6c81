"""A section's body, read within bounds, and what is different between two of them. Pure.

Columns that we do not declare (of a later agent) are kept in the body and are no changes; columns that the body lacks
are None. What is only written otherwise, in another case or with other blanks, is no change either.
"""

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
    found = [
        Change(REMOVED, _shown(section, key, row), "", _summary(section, row), "")
        for key, row in before.items()
        if key not in after
    ]
    for key, row in after.items():
        was = before.get(key)
        if was is None:
            found.append(Change(ADDED, _shown(section, key, row), "", "", _summary(section, row)))
            continue
        for column in section.columns:
            one, other = was.get(column.name), row.get(column.name)
            # A column that the older agent did not have was not empty before: nobody looked.
            if column.name in was and column.name in row and _plain(one) != _plain(other):
                found.append(Change(CHANGED, _shown(section, key, row), column.name, _text(one), _text(other)))
    return found


def rows_of(body: Body) -> Iterator[dict[str, Cell]]:
    """Give each row by its columns."""
    for row in body.rows:
        yield dict(zip(body.columns, row, strict=True))


def _keyed(section: Section, body: Body) -> dict[Key, dict[str, Cell]]:
    """Return the rows by what they are known by; a key that stands there again gets a number behind it."""
    found: dict[Key, dict[str, Cell]] = {}
    for row in rows_of(body):
        key = tuple(_plain(row.get(name)) for name in section.keys)
        again = 2
        while key in found:
            key = (*key[: len(section.keys)], f"no. {again}")
            again += 1
        found[key] = row
    return found


def _summary(section: Section, row: dict[str, Cell]) -> str:
    """Return what there is to say of a row besides its key."""
    told = [_text(row.get(column.name)) for column in section.columns if not column.key]
    return ", ".join(text for text in told if text)[:MAX_TEXT]


def _shown(section: Section, key: Key, row: dict[str, Cell]) -> str:
    """Return what a row is known by, as the machine writes it: a serial number keeps its capitals."""
    told = [*(" ".join(_text(row.get(name)).split()) for name in section.keys), *key[len(section.keys) :]]
    return " ".join(part for part in told if part)[:MAX_TEXT]


def _plain(cell: Cell) -> str:
    """Return a cell as it is compared."""
    return " ".join(_text(cell).casefold().split())


def _text(cell: Cell) -> str:
    if cell is None:
        return ""
    return ("yes" if cell else "no") if isinstance(cell, bool) else str(cell)
