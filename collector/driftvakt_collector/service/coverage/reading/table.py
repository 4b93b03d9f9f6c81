"""A CSV with a heading, as a spreadsheet saves it: commas, semicolons or tabs, headings in English or Swedish."""

import csv
import io
import re
from collections.abc import Iterator

from driftvakt_collector.service.coverage.entry import Entry, tidy
from driftvakt_collector.service.coverage.reading.base import MAX_TROUBLES, ListError, ListRead

_NAMES = {
    "name": ("name", "host", "hostname", "computer", "computername", "device", "devicename", "servername", "dnsname",
             "fqdn", "namn", "datornamn", "enhet", "enhetsnamn", "dator"),
    "serial": ("serial", "serialnumber", "serialno", "sn", "servicetag", "systemserialnumber", "deviceserialnumber",
               "serienummer", "serienr"),
    "uuid": ("uuid", "smbiosuuid"),
    "mac": ("mac", "macaddress", "hwaddr", "hardwareaddress", "macadress", "ethernetmac", "wifimac",
            "clientid", "uniqueid"),
    "owner": ("owner", "administration", "customer", "organisation", "organization", "department", "forvaltning",
              "kund", "agare"),
    "site": ("site", "location", "plats", "adress", "byggnad", "building"),
}  # fmt: skip
_FIELDS = {alias: name for name, aliases in _NAMES.items() for alias in aliases}
_WHICH = ("name", "serial", "uuid", "mac")
_MAX_HEADING = 10_000
_STATE = "state"
_FIELDS["addressstate"] = _STATE
_NOT_THERE = frozenset(("inactivereservation", "expired", "declined", "inactive"))
"""What a DHCP server of Windows says of an address that nobody has."""
_ROUNDED = re.compile(r"\d[.,]\d+E\+?\d+", re.IGNORECASE)
"""A number as a spreadsheet writes one that is too long for it; the rest of its digits is lost."""
_BEFORE = re.compile(r"sep=.\s*|#TYPE .*", re.IGNORECASE)
"""A first line that is no heading: Excel's, and that of PowerShell's Export-Csv."""
_LETTERS = str.maketrans("åäöéü", "aaoeu")


def is_one(text: str) -> bool:
    """Say if the first line is a heading with a column that says which thing a row is."""
    return any(field in _WHICH for field in _heading(_Rows(text)))


def read(text: str) -> ListRead:
    """Return the rows. Raises ListError for a heading that names nothing."""
    rows = _Rows(text)
    fields = _heading(rows)
    if not any(field in _WHICH for field in fields):
        raise ListError(
            "the first line must name the columns, and one of them must be name, serial, uuid or mac;"
            f" it has {next((line for line in text.splitlines() if line.strip()), '')[:100]!r}"
        )
    entries: list[Entry] = []
    troubles: list[str] = []
    try:
        for row in rows:
            told = {field: _cell(cell) for field, cell in zip(fields, row, strict=False) if field and cell.strip()}
            if told.pop(_STATE, "").casefold() in _NOT_THERE:
                continue
            rounded = [name for name in _WHICH[1:] if _ROUNDED.fullmatch(told.get(name, ""))]
            entry = Entry(**{name: text for name, text in told.items() if name not in rounded})  # type: ignore[arg-type]
            if entry.keys:
                entries.append(entry)
            if rounded and len(troubles) < MAX_TROUBLES:
                what = f"{rounded[0]} {told[rounded[0]]!r} was rounded by a spreadsheet: let that column be text there"
                troubles.append(f"line {rows.line_num}: {what}")
            elif not entry.keys and len(troubles) < MAX_TROUBLES:
                troubles.append(f"line {rows.line_num}: no usable name, serial, uuid or mac in {tidy(','.join(row))!r}")
    except csv.Error as e:
        raise ListError(f"line {rows.line_num}: {e}") from e
    return ListRead(entries, troubles)


class _Rows:
    """The rows that are not empty. line_num: the line that the last of them ends on."""

    def __init__(self, text: str) -> None:
        lines = io.StringIO(text, newline="")
        self._before, start, first = 0, 0, ""
        for line in lines:
            if line.strip() and not _BEFORE.fullmatch(line.strip()):
                first = line
                break
            self._before, start = self._before + 1, start + len(line)
        lines.seek(start)
        self._reader = csv.reader(lines, delimiter=max(",;\t", key=first[:_MAX_HEADING].count))

    @property
    def line_num(self) -> int:
        return self._before + self._reader.line_num

    def __iter__(self) -> Iterator[list[str]]:
        return self

    def __next__(self) -> list[str]:
        return next(row for row in self._reader if any(cell.strip() for cell in row))


def _heading(rows: _Rows) -> list[str]:
    """Return our name for each column, empty for one that we do not take."""
    cells = next(rows, [])
    fields = [_FIELDS.get(_plain(cell), "") for cell in cells[:_MAX_HEADING]]
    # A column that stands there twice: the first one counts.
    return [field if field not in fields[:place] else "" for place, field in enumerate(fields)]


def _plain(cell: str) -> str:
    return "".join(char for char in tidy(cell).casefold().translate(_LETTERS) if char.isalnum())


def _cell(cell: str) -> str:
    """Return what a cell holds, without what keeps a spreadsheet from reckoning with it: ="0815", '0815."""
    plain = tidy(cell)
    if plain.startswith('="') and plain.endswith('"') and len(plain) > 3:
        return plain[2:-1]
    return plain.removeprefix("'")
