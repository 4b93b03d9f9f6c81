"""Dumps of WMI, property by property, as the objects that CIM gives on the machine."""

import html
from pathlib import Path

_WORDS = {"TRUE": True, "FALSE": False}


def instances(file: Path) -> list[dict[str, object]]:
    """Return the instances of a dump. What has no value is left out, as in an answer."""
    text = file.read_bytes().decode("utf-16").lstrip("\ufeff").replace("\r", "")
    rows: list[dict[str, object]] = []
    row: dict[str, object] = {}
    for line in text.splitlines():
        name, equals, value = line.partition("=")
        # Some dumps have no blank line between two: the first property comes again.
        if (not line.strip() or name in row) and row:
            rows.append(row)
            row = {}
        if equals:
            row[name] = _WORDS.get(value, html.unescape(value)) if value else None
    return [{name: value for name, value in row.items() if value is not None} for row in [*rows, row] if row]
