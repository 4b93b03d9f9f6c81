"""Our sections as a GLPI inventory. Pure; what it makes is valid by inventory.schema.json."""

from collections.abc import Callable, Iterable, Mapping

from driftvakt_collector.glpi import EXTENSION, Row, networks
from driftvakt_collector.glpi.kinds import text
from driftvakt_collector.glpi.tables import MANY, ONE_ROW, Table
from driftvakt_collector.store.section import Body, Cell, rows_of

_NEVER = ("", None)


def inventory(
    device: str, sections: Mapping[str, Body], *, client: str, tag: str = "", whole: bool = False
) -> dict[str, object]:
    """Return the message. device: what the machine is called towards GLPI, always the same. client: who made this.

    whole: the sections as they are stand beside GLPI's own, so that nothing is lost on the way back to us.
    """
    content: dict[str, object] = {"versionclient": client}
    for name, fields in ONE_ROW.items():
        row = next(iter(rows_of(sections[name])), {}) if name in sections else {}
        for field in fields:
            category, _, key = field.place.partition(".")
            value = field.kind.write(row.get(field.column)) if field.column in row else None
            if value not in _NEVER:
                there = content.setdefault(category, {})
                assert isinstance(there, dict)
                there[key] = value
    for table in MANY:
        if table.section in sections:
            content[table.category] = _list(table, rows_of(sections[table.section]))
    if "network_interfaces" in sections:
        addresses = rows_of(sections["addresses"]) if "addresses" in sections else ()
        content["networks"] = list(networks.write(rows_of(sections["network_interfaces"]), addresses))
    if whole:
        content[EXTENSION] = {name: {"columns": body.columns, "rows": body.rows} for name, body in sections.items()}
    message: dict[str, object] = {"deviceid": device, "action": "inventory", "itemtype": "Computer"}
    return message | ({"tag": tag} if tag else {}) | {"content": content}


def _list(table: Table, rows: Iterable[Row]) -> list[dict[str, object]]:
    finish = _FINISH.get(table.section)
    found = []
    for row in rows:
        made = {field.place: value for field in table.fields
                if (value := field.kind.write(row.get(field.column))) not in _NEVER}  # fmt: skip
        if finish is not None:
            finish(made, row)
        if made and all(key in made for key in table.needs):
            found.append(made)
    return found


def _processor(made: dict[str, object], row: Row) -> None:
    # GLPI's `core` is of one processor, and `corecount` as well.
    if "core" in made:
        made["corecount"] = made["core"]
    if row.get("socket"):
        made["description"] = text(row["socket"])


def _disk(made: dict[str, object], row: Row) -> None:
    if row.get("bus"):
        made["description"] = text(row["bus"])


def _volume(made: dict[str, object], row: Row) -> None:
    name = str(row.get("name") or "")
    if len(name) == 2 and name[1] == ":":
        made["letter"] = made.pop("volumn")


def _usb(made: dict[str, object], _row: Row) -> None:
    if "caption" in made:
        made["name"] = made["caption"]


def _monitor(made: dict[str, object], row: Row) -> None:
    year, _, week = str(row.get("made") or "").partition("-W")
    if week:
        made["description"] = f"{int(week)}/{year}" if week.isdecimal() else year
    if "caption" in made:
        made["name"] = made["caption"]


def _group(made: dict[str, object], row: Row) -> None:
    members = str(row.get("members") or "")
    if members:
        made["members"] = members.split(", ")


_FINISH: Mapping[str, Callable[[dict[str, object], Mapping[str, Cell]], None]] = {
    "processors": _processor, "storage": _disk, "volumes": _volume, "usb_devices": _usb, "monitors": _monitor,
    "local_groups": _group,
}  # fmt: skip
