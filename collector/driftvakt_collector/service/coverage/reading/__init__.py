"""Lists as others keep them. FORMATS is the one table; a format says what it takes to be its own."""

import csv
import re
from types import ModuleType

from driftvakt_collector.service.coverage.entry import Entry
from driftvakt_collector.service.coverage.reading import ansible, leases, table
from driftvakt_collector.service.coverage.reading.base import ListError, ListRead

MAX_BYTES = 32 << 20
MAX_ROWS = 200_000
FORMATS: dict[str, ModuleType] = {"ansible": ansible, "leases": leases, "csv": table}
"""Each module has `is_one(text)` and `read(text)`."""
_INVENTORY = re.compile(r"(?:\s*[#;][^\n]*\n|\s*\n)*(?:---|\[[\w.:-]+\]|\w+:[ \t]*\n|[\w.\[\]:-]+[ \t]+\w+=)")
"""How a file of Ansible in INI or YAML begins."""


def read(raw: bytes, form: str = "") -> ListRead:
    """Return the rows of a file. form: one of FORMATS, empty to find out. Raises ListError."""
    if len(raw) > MAX_BYTES:
        raise ListError(f"a list is at most {MAX_BYTES >> 20} MiB")
    if form and form not in FORMATS:
        raise ListError(f"there is no format {form!r}; there are {', '.join(FORMATS)}")
    text = _decoded(raw).replace("\0", "")
    if not text.strip():
        raise ListError("the file is empty")
    try:
        for module in [FORMATS[form]] if form else FORMATS.values():
            if form or module.is_one(text):
                return _once(module.read(text))
    except csv.Error as e:
        raise ListError(f"it can't be read as a table: {e}") from e
    if _INVENTORY.match(text):
        raise ListError(
            "this looks like an inventory of Ansible itself: let Ansible read it, which knows its groups, ranges and"
            " variables, and bring what 'ansible-inventory -i FILE --list' prints"
        )
    raise ListError(
        "this is no CSV whose first line names a column name, serial, uuid or mac, no output of"
        " 'ansible-inventory --list', and no file of leases"
    )


def _decoded(raw: bytes) -> str:
    """Return the text of a file. Spreadsheets of some age write Windows' letters."""
    if raw.startswith((b"\xff\xfe", b"\xfe\xff")):
        return raw.decode("utf-16", "replace")
    try:
        return raw.decode("utf-8-sig")
    except UnicodeDecodeError:
        return raw.decode("cp1252", "replace")


def _once(found: ListRead) -> ListRead:
    if not found.entries:
        why = f": {found.troubles[0]}" if found.troubles else ""
        raise ListError(f"there is no usable row in it{why}")
    if len(found.entries) > MAX_ROWS:
        raise ListError(f"a list has at most {MAX_ROWS} rows")
    unique: dict[str, Entry] = {}
    for entry in found.entries:
        # Of leases the newest counts, and it stands last.
        unique[entry.number] = entry
    return ListRead(list(unique.values()), found.troubles, len(found.entries) - len(unique))
