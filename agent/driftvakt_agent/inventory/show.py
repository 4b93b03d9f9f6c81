"""The inventory for a person at a terminal."""

import json
from collections.abc import Sequence

from driftvakt_agent.inventory.take import Taken
from driftvakt_wire.sections import SECTIONS

_WIDEST = 60


def shown(taken: Taken, wanted: Sequence[str], *, as_json: bool) -> str:
    """Return the sections as tables, or as one JSON object. Raises LookupError for a section that does not exist."""
    for name in wanted:
        if name not in SECTIONS:
            raise LookupError(f"there is no section {name!r}; there are {', '.join(SECTIONS)}")
    bodies = {name: json.loads(text) for name, text in taken.bodies.items() if not wanted or name in wanted}
    if as_json:
        return json.dumps(bodies, ensure_ascii=False, indent=1)
    parts = [_table(name, body["columns"], body["rows"]) for name, body in bodies.items()]
    parts += [f"{name} could not be read: {why}" for name, why in taken.failed.items()]
    return "\n\n".join(parts) or "nothing was found"


def _table(name: str, columns: list[str], rows: list[list[object]]) -> str:
    title = f"{SECTIONS[name].title} ({name})"
    if not SECTIONS[name].keys and rows:
        width = max(map(len, columns))
        return "\n".join(
            [title, *(f"  {one:<{width}}  {_cell(cell)}" for one, cell in zip(columns, rows[0], strict=True))]
        )
    used = [place for place in range(len(columns)) if any(row[place] not in ("", None) for row in rows)]
    cells = [[columns[place] for place in used], *([_cell(row[place]) for place in used] for row in rows)]
    widths = [min(_WIDEST, max(len(row[place]) for row in cells)) for place in range(len(used))]
    lines = ["  ".join(f"{cell[:_WIDEST]:<{width}}" for cell, width in zip(row, widths, strict=True)) for row in cells]
    return "\n".join([f"{title}: {len(rows)}", *(f"  {line.rstrip()}" for line in lines)])


def _cell(value: object) -> str:
    return "" if value is None else "yes" if value is True else "no" if value is False else str(value)
