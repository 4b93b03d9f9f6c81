"""A host's inventory and what changed in it, as plain facts for a page."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from driftvakt_collector.console import applications_page, quantity
from driftvakt_collector.console.clock import Clock, Moment
from driftvakt_collector.console.fleet_page import shown_name
from driftvakt_collector.console.hardware import NAMED, HardwareNames
from driftvakt_collector.console.thing import Thing
from driftvakt_collector.fleet.host import Host
from driftvakt_collector.fleet.succession import SECTION as INSTALLATION
from driftvakt_collector.naming.part import EXTRA, MODEL, named
from driftvakt_collector.store.applications import SECTION as APPLICATIONS
from driftvakt_collector.store.applications import Installed
from driftvakt_collector.store.history import ChangeRow
from driftvakt_collector.store.section import ADDED, CHANGED, REMOVED, Body, Cell, rows_of
from driftvakt_wire.sections import SECTIONS, Section

MAX_ROWS = 300
"""Rows of a section that one page shows; a search finds the others."""
MAX_NAMED = 500
"""Rows of a section whose numbers are looked up: no machine has more, and a made-up one must not take the time."""
Row = dict[str, Cell]
_TITLES = {
    **{name: section.title for name, section in SECTIONS.items()},
    APPLICATIONS: "Applications",
    INSTALLATION: "Installed anew",
}
_UNITS = {"mhz": "MHz", "mts": "MT/s", "mm": "mm", "mwh": "mWh", "mv": "mV", "watts": "W"}
_WORDS = {"uuid": "UUID", "sku": "SKU", "mac": "MAC", "wwn": "WWN", "mtu": "MTU", "tpm": "TPM", "id": "id"}


@dataclass(frozen=True)
class Table:
    """A section. single: it has one row, shown as a list. total: rows that there are; more: that are left out."""

    name: str
    title: str
    text: str
    columns: Sequence[str]
    rows: Sequence[Sequence[str]]
    total: int
    more: int
    single: bool


@dataclass(frozen=True)
class ChangeLine:
    """One change. tone: added, removed or changed. before: it was of an earlier installation of the same machine."""

    moment: Moment
    section: str
    tone: str
    text: str
    before: bool


@dataclass(frozen=True)
class InventoryView:
    """Everything that the page shows. find: what was searched for. applications: name, link and version."""

    origin: str
    name: str
    administration: str
    tables: Sequence[Table]
    changes: Sequence[ChangeLine]
    find: str
    found: int
    thing: Thing | None
    applications: Sequence[tuple[str, str, str]] = ()


def build(
    host: Host,
    sections: Mapping[str, Body],
    changes: Sequence[ChangeRow],
    wall: float,
    clock: Clock,
    find: str = "",
    thing: Thing | None = None,
    hardware: HardwareNames | None = None,
    applications: Sequence[Installed] = (),
) -> InventoryView:
    """Return the page. wall: seconds since the epoch. find: words that a row must have. hardware: names of devices."""
    words = find.casefold().split()
    board = next(rows_of(sections["baseboard"]), None) if "baseboard" in sections else None
    tables = [
        table for name, section in SECTIONS.items() if name in sections
        and ((table := _table(section, sections[name], words, hardware, board)).rows or not words)
    ]  # fmt: skip
    return InventoryView(
        origin=host.origin,
        name=shown_name(host),
        administration=host.administration,
        tables=tables,
        changes=lines(changes, host.origin, wall, clock),
        find=find,
        found=sum(table.total for table in tables),
        thing=thing,
        applications=[(one.name, applications_page.url(one.name), one.version) for one in sorted(applications)],
    )


def lines(changes: Sequence[ChangeRow], origin: str, wall: float, clock: Clock) -> list[ChangeLine]:
    """Return changes as a reader takes them in. origin: the host whose page it is."""
    return [
        ChangeLine(
            clock.moment(row.at, wall), _TITLES[row.section], row.kind, _sentence(row), row.origin != origin
        )
        for row in changes if row.section in _TITLES
    ]  # fmt: skip


def _sentence(row: ChangeRow) -> str:
    if row.kind == ADDED:
        return f"{row.key}: new" + (f" ({row.new})" if row.new else "")
    if row.kind == REMOVED:
        return f"{row.key}: gone" + (f" ({row.old})" if row.old else "")
    assert row.kind == CHANGED
    whose = f"{row.key}: " if row.key else ""
    column = label(row.column).lower()
    return f"{whose}{column} {_told(row.old, row.column)} → {_told(row.new, row.column)}"


def _told(text: str, column: str) -> str:
    return shown(int(text), column) if text.isdecimal() and column.endswith("_bytes") else text or "nothing"


def _table(
    section: Section, body: Body, words: Sequence[str], hardware: HardwareNames | None, board: Row | None
) -> Table:
    rows = [
        row for row in _named(section, body, hardware, board)
        if not words or all(word in " ".join(map(str, row.values())).casefold() for word in words)
    ]  # fmt: skip
    used = [
        column.name for column in section.columns
        if not section.keys or any(row.get(column.name) not in ("", None) for row in rows)
    ]  # fmt: skip
    added = (*NAMED, MODEL) if section.keys else EXTRA.get(section.name, ())
    place = 1 if section.keys else 0
    used[place:place] = [name for name in added if name not in used and any(row.get(name) for row in rows)]
    return Table(
        name=section.name,
        title=section.title,
        text=section.text,
        columns=[label(name) for name in used],
        rows=[[shown(row.get(name), name) for name in used] for row in rows[:MAX_ROWS]],
        total=len(rows),
        more=max(0, len(rows) - MAX_ROWS),
        single=not section.keys,
    )


def _named(section: Section, body: Body, hardware: HardwareNames | None, board: Row | None) -> Iterator[Row]:
    """Give the rows with the names of what is only a number in them, and of makers and models that have many."""
    for number, row in enumerate(rows_of(body)):
        if number >= MAX_NAMED:
            yield row
            continue
        looked_up = {} if hardware is None else hardware.of(section.name, row)
        yield {**row, **looked_up, **named(section.name, row, board)}


def label(column: str) -> str:
    """Return a column's name for a reader, without its unit: `size_bytes` is Size."""
    parts = column.split("_")
    if len(parts) > 1 and (parts[-1] in _UNITS or parts[-1] == "bytes"):
        parts = parts[:-1]
    words = [_WORDS.get(part, part) for part in parts]
    return " ".join([words[0] if words[0].isupper() else words[0].capitalize(), *words[1:]])


def shown(cell: Cell, column: str) -> str:
    """Return a cell for a reader, with its unit."""
    if cell is None or cell == "":
        return ""
    if isinstance(cell, bool):
        return "yes" if cell else "no"
    if isinstance(cell, int | float):
        unit = column.rpartition("_")[2]
        if column == "mtu_bytes":
            # 1500 is what everybody calls it.
            return f"{cell:g}"
        if unit == "bytes":
            return quantity.size(cell) if cell >= 1024 else f"{cell:g}"
        return f"{cell:g} {_UNITS[unit]}" if unit in _UNITS else f"{cell:g}"
    return cell
