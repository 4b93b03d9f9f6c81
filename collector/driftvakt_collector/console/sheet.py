"""Tables to take away: as JSON, as CSV that a spreadsheet opens rightly, and as a workbook."""

import csv
import io
import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import msgspec

from driftvakt_collector.store.section import Cell

_INNER = re.compile(r"([;\t\r\n]\s*)([=+\-@])")
_FORMULA = ("=", "+", "-", "@", "\t", "\r")
_SHEET_NAME = str.maketrans(dict.fromkeys("[]:*?/\\'", " "))
_EXACT = 10**15
"""Whole numbers that a workbook, which has floats alone, keeps exact."""
_WIDEST = 60


MAX_CELLS = 1_000_000
"""Of a workbook: each takes two microseconds, and more memory than its text."""


class SheetError(Exception):
    """It can't be made; the text says what would do."""


@dataclass(frozen=True)
class Sheet:
    """One table. name: what it holds. columns: their names, a cell of each row for each."""

    name: str
    columns: Sequence[str]
    rows: Sequence[Sequence[Cell]]


def as_json(sheet: Sheet) -> bytes:
    """Return the rows as a list of objects."""
    return msgspec.json.encode([dict(zip(sheet.columns, row, strict=True)) for row in sheet.rows])


def as_csv(sheet: Sheet) -> bytes:
    """Return RFC 4180, with a byte-order mark, without which Excel takes å for two letters.

    Text that a spreadsheet would reckon with gets an apostrophe: what a machine calls itself must not run there.
    """
    out = io.StringIO(newline="")
    writer = csv.writer(out)
    writer.writerow([_harmless(column) for column in sheet.columns])
    writer.writerows([_harmless(cell) for cell in row] for row in sheet.rows)
    return out.getvalue().encode("utf-8-sig", "replace")


def as_xlsx(sheets: Sequence[Sheet]) -> bytes:
    """Return a workbook with a sheet for each table; text stays text, whatever it looks like. Raises SheetError."""
    # Not at the top: it is as large as all the console, and few ask for a workbook.
    from xlsxwriter import Workbook  # type: ignore[import-untyped]  # it has no types

    cells = sum(len(sheet.columns) * len(sheet.rows) for sheet in sheets)
    if cells > MAX_CELLS:
        raise SheetError(
            f"a workbook holds at most {MAX_CELLS} cells, and this is {cells}: take csv, or one part of it"
        )
    out = io.BytesIO()
    options = {"in_memory": True, "strings_to_formulas": False, "strings_to_urls": False, "strings_to_numbers": False}
    book = Workbook(out, options)
    bold = book.add_format({"bold": True})
    names: set[str] = set()
    for sheet in sheets or [Sheet("empty", ["nothing"], [])]:
        page = book.add_worksheet(_free(sheet.name, names))
        page.write_row(0, 0, list(sheet.columns), bold)
        for number, row in enumerate(sheet.rows, 1):
            for place, cell in enumerate(row):
                _write(page, number, place, cell)
        page.freeze_panes(1, 0)
        if sheet.rows:
            page.autofilter(0, 0, len(sheet.rows), len(sheet.columns) - 1)
        for place, column in enumerate(sheet.columns):
            widest = max((len(str(row[place])) for row in sheet.rows[:500] if row[place] is not None), default=0)
            page.set_column(place, place, min(_WIDEST, max(len(column), widest) + 2))
    book.close()
    return out.getvalue()


def _write(page: Any, row: int, place: int, cell: Cell) -> None:
    if cell is None or cell == "":
        return
    if isinstance(cell, bool):
        page.write_boolean(row, place, cell)
    elif isinstance(cell, int | float) and abs(cell) < _EXACT:
        page.write_number(row, place, cell)
    else:
        page.write_string(row, place, "".join(char if char.isprintable() else " " for char in str(cell)))


def _free(name: str, taken: set[str]) -> str:
    """Return a name that a workbook takes: 31 characters at most, each once."""
    plain = name.translate(_SHEET_NAME).strip()[:28] or "table"
    found, number = plain, 2
    while found.casefold() in taken:
        found, number = f"{plain} {number}", number + 1
    taken.add(found.casefold())
    return found


def _harmless(cell: Cell) -> Cell:
    if isinstance(cell, bool):
        return "yes" if cell else "no"
    if isinstance(cell, str):
        # Where the comma is the decimal sign, a spreadsheet divides at semicolons, within quotes too.
        plain = _INNER.sub(r"\1'\2", cell.replace("\0", ""))
        return f"'{plain}" if plain.startswith(_FORMULA) else plain
    return cell
