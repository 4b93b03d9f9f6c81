"""A CSV with a heading, as a spreadsheet saves it: commas, semicolons or tabs, headings in English or Swedish."""

import csv
import io

from driftvakt_collector.service.coverage.entry import Entry, tidy
from driftvakt_collector.service.coverage.reading.base import MAX_TROUBLES, ListError, ListRead

_NAMES = {
    "name": ("name", "host", "hostname", "computer", "computername", "device", "namn", "datornamn", "enhet", "dator"),
    "serial": ("serial", "serialnumber", "serialno", "servicetag", "serienummer", "serienr"),
    "uuid": ("uuid", "smbiosuuid"),
    "mac": ("mac", "macaddress", "hwaddr", "hardwareaddress", "macadress"),
    "owner": ("owner", "administration", "customer", "organisation", "organization", "department", "forvaltning",
              "kund", "agare", "enhetsnamn"),
    "site": ("site", "location", "plats", "adress", "byggnad", "building"),
}  # fmt: skip
_FIELDS = {alias: name for name, aliases in _NAMES.items() for alias in aliases}
_WHICH = ("name", "serial", "uuid", "mac")
_LETTERS = str.maketrans("åäöéü", "aaoeu")


def is_one(text: str) -> bool:
    """Say if the first line is a heading with a column that says which thing a row is."""
    return any(field in _WHICH for field in _heading(text)[0])


def read(text: str) -> ListRead:
    """Return the rows. Raises ListError for a heading that names nothing."""
    fields, delimiter = _heading(text)
    if not any(field in _WHICH for field in fields):
        raise ListError(
            "the first line must name the columns, and one of them must be name, serial, uuid or mac;"
            f" it has {text.splitlines()[0][:100]!r}"
        )
    entries: list[Entry] = []
    troubles: list[str] = []
    rows = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter)
    try:
        next(row for row in rows if any(cell.strip() for cell in row))
        for row in rows:
            if not any(cell.strip() for cell in row):
                continue
            told = {field: tidy(cell) for field, cell in zip(fields, row, strict=False) if field and cell.strip()}
            entry = Entry(**told)  # type: ignore[arg-type]  # no column is a number
            if entry.keys:
                entries.append(entry)
            elif len(troubles) < MAX_TROUBLES:
                troubles.append(f"line {rows.line_num}: no usable name, serial, uuid or mac in {tidy(','.join(row))!r}")
    except csv.Error as e:
        raise ListError(f"line {rows.line_num}: {e}") from e
    return ListRead(entries, troubles)


def _heading(text: str) -> tuple[list[str], str]:
    """Return our name for each column, empty for one that we do not take, and what divides them."""
    first = next((line for line in text.splitlines() if line.strip()), "")
    delimiter = max(",;\t", key=first.count)
    cells = next(csv.reader([first[:10_000]], delimiter=delimiter), [])
    fields = [_FIELDS.get(_plain(cell), "") for cell in cells]
    # A column that stands there twice: the first one counts.
    return [field if field not in fields[:place] else "" for place, field in enumerate(fields)], delimiter


def _plain(cell: str) -> str:
    return "".join(char for char in cell.casefold().translate(_LETTERS) if char.isalnum())
