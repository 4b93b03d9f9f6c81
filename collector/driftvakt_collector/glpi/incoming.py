"""A GLPI inventory as our sections. Pure; hostile text is bounded, and what has no meaning for us is left out."""

from base64 import b64decode
from binascii import Error as Base64Error
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence

import msgspec

from driftvakt_collector.glpi import EXTENSION, Row, kinds, networks
from driftvakt_collector.glpi.kinds import text
from driftvakt_collector.glpi.tables import ARRAYS, MANY, ONE_ROW, Field, Table
from driftvakt_collector.store.section import Body, Cell, SectionError, read
from driftvakt_wire.sections import MAX_ROWS, SECTIONS

_EDID = b"\x00\xff\xff\xff\xff\xff\xff\x00"
_OPTICAL = ("cd", "dvd", "optical", "blu-ray")
_DISKS = frozenset(("ssd", "hdd", "nvme", "removable", "optical", "virtual"))
_CATEGORIES = {name: {field.place.partition(".")[0] for field in fields} for name, fields in ONE_ROW.items()}

Told = Mapping[str, object]


class InventoryError(ValueError):
    """It is no inventory of a machine; the text says why."""


def sections(content: object, *, partial: bool = False, have: Collection[str] = ()) -> dict[str, Body]:
    """Return our sections of the member `content`. Raises InventoryError.

    partial: only what changed is in it. have: what we have of the machine; a whole inventory that no longer tells of
    one of these says that there is none of it any more.
    """
    if not isinstance(content, dict):
        raise InventoryError("'content' is no object")
    told: dict[str, object] = {str(key).lower(): _lowered(value) for key, value in content.items()}
    found = {
        name: _body(fields, [_one_row(fields, told)])
        for name, fields in ONE_ROW.items()
        if (_CATEGORIES[name] <= told.keys() if partial else _CATEGORIES[name] & told.keys())
    }
    for table in MANY:
        if table.category in told or (not partial and table.section in have):
            found[table.section] = _body(table.fields, _many(table, _rows(told.get(table.category))))
    if "networks" in told:
        interfaces, addresses = networks.read(_rows(told["networks"]))
        found["network_interfaces"] = _table(networks.INTERFACES, interfaces)
        found["addresses"] = _table(networks.ADDRESSES, addresses)
    return found | _extension(told.get(EXTENSION))


def passed_over(content: Told) -> list[str]:
    """Return the members of `content` of which we keep nothing."""
    taken = set().union(*_CATEGORIES.values(), ARRAYS, (EXTENSION, "versionclient", "versionprovider"))
    return sorted(str(key) for key in content if str(key).lower() not in taken)


def _lowered(value: object) -> object:
    """Return an object with its members in lower case: older agents write capitals."""
    return {str(key).lower(): one for key, one in value.items()} if isinstance(value, dict) else value


def _one_row(fields: Iterable[Field], told: Told) -> dict[str, Cell]:
    row: dict[str, Cell] = {}
    for field in fields:
        category, _, key = field.place.partition(".")
        there = told.get(category)
        row[field.column] = field.kind.read(there.get(key) if isinstance(there, dict) else None)
    return row


def _many(table: Table, rows: Iterable[Told]) -> list[Row]:
    finish = _FINISH.get(table.section)
    found: list[Row] = []
    for number, row in enumerate(rows, 1):
        made: dict[str, Cell] = {field.column: field.kind.read(row.get(field.place)) for field in table.fields}
        if finish is not None:
            finish(made, row, number)
        if any(cell is not None for cell in made.values()):
            found.append(made)
    return found


def _rows(value: object) -> list[Told]:
    """Return the objects of a list, with their members in lower case: older agents write capitals."""
    rows = value if isinstance(value, list) else [value]
    return [{str(key).lower(): one for key, one in row.items()} for row in rows[:MAX_ROWS] if isinstance(row, dict)]


def _body(fields: Iterable[Field], rows: Iterable[Row]) -> Body:
    told = list(rows)
    columns = dict.fromkeys(field.column for field in fields)
    for row in told:
        columns |= dict.fromkeys(row)
    return _table(list(columns), told)


def _table(columns: Sequence[str], rows: Iterable[Row]) -> Body:
    """Return a body whose rows are in an order of their own: GLPI's is by chance, and chance is no change."""
    plain = [[row.get(column) for column in columns] for row in rows]
    return Body(list(columns), sorted(plain, key=lambda row: [str(cell) for cell in row]))


def _extension(value: object) -> dict[str, Body]:
    """Return the sections that an export of ours carried beside GLPI's own. Raises InventoryError."""
    if not isinstance(value, dict):
        return {}
    found = {}
    for name, body in value.items():
        if name in SECTIONS:
            try:
                found[str(name)] = read(msgspec.json.encode(body))
            except SectionError as e:
                raise InventoryError(f"'{EXTENSION}': section {name}: {e}") from e
    return found


def _processor(row: dict[str, Cell], _told: Told, number: int) -> None:
    row["socket"] = f"CPU {number}"


def _disk(row: dict[str, Cell], told: Told, _number: int) -> None:
    kind, bus = str(row["type"] or ""), kinds.LOWER.read(told.get("interface") or told.get("description"))
    row["bus"] = bus
    if any(word in kind for word in _OPTICAL):
        row["type"] = "optical"
    elif "removable" in kind or "flash" in kind:
        row["type"] = "removable"
    elif kind not in _DISKS:
        # "disk" and "fixed hard disk media" say no more than that it is in this list.
        nvme = bus == "nvme" or str(row["name"] or "").startswith("nvme")
        row["type"] = "nvme" if nvme else "ssd" if "ssd" in kind else "hdd" if "hdd" in kind else None


def _volume(row: dict[str, Cell], told: Told, _number: int) -> None:
    letter = text(told.get("letter"))
    if letter:
        # On Windows `type` is the kind of drive, and `volumn` its label.
        row["label"] = row["label"] or row["name"]
        row["name"] = row["mountpoint"] = letter


def _pci(row: dict[str, Cell], told: Told, _number: int) -> None:
    if row["address"] is None:
        row["address"] = _known_by("pci", row["vendor_id"], row["device_id"], text(told.get("name")))


def _usb(row: dict[str, Cell], told: Told, _number: int) -> None:
    row["product"] = row["product"] or text(told.get("name"))
    row["port"] = _known_by("usb", row["vendor_id"], row["product_id"], row["serial"])


def _known_by(bus: str, *parts: Cell) -> str:
    """Return by what a thing is known again of which nobody says where it is plugged in."""
    return " ".join([bus, *(str(part) for part in parts if part)])


def _monitor(row: dict[str, Cell], told: Told, _number: int) -> None:
    week, _, year = (text(told.get("description")) or "").partition("/")
    row["made"] = f"{year}-W{int(week):02}" if week.isdecimal() and year.isdecimal() and len(year) == 4 else None
    row["name"] = row["name"] or text(told.get("name"))
    raw = told.get("base64")
    try:
        edid = b64decode(raw, validate=False) if isinstance(raw, str) and len(raw) < 4096 else b""
    except (Base64Error, ValueError):
        edid = b""
    row |= {"product_id": None, "width_mm": None, "height_mm": None}
    if len(edid) >= 128 and edid.startswith(_EDID):
        letters = int.from_bytes(edid[8:10], "big")
        row["maker_id"] = "".join(chr(64 + (letters >> shift & 31)) for shift in (10, 5, 0))
        row["product_id"] = f"{int.from_bytes(edid[10:12], 'little'):04x}"
        row["width_mm"], row["height_mm"] = edid[21] * 10 or None, edid[22] * 10 or None


def _user(row: dict[str, Cell], told: Told, _number: int) -> None:
    row["name"] = row["name"] or text(told.get("name"))


def _group(row: dict[str, Cell], told: Told, _number: int) -> None:
    members = told.get("members") or told.get("member")
    row["members"] = (
        text(", ".join(sorted(str(one) for one in members))) if isinstance(members, list) else text(members)
    )


_FINISH: Mapping[str, Callable[[dict[str, Cell], Told, int], None]] = {
    "processors": _processor, "storage": _disk, "volumes": _volume, "pci_devices": _pci, "usb_devices": _usb,
    "monitors": _monitor, "local_users": _user, "local_groups": _group,
}  # fmt: skip
"""What a section needs beyond one column for one property."""
