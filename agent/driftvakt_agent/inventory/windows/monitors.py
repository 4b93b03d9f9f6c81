r"""Screens that are connected.

Example:
    HKLM\SYSTEM\CurrentControlSet\Enum\DISPLAY\DEL40A3\5&2b6d32b&0&UID4352\Device Parameters
        EDID     00 ff ff ff ff ff ff 00 10 ac a3 40 …

Source: see `devices`, and `edid` for the bytes.
"""

from driftvakt_agent.host import Host
from driftvakt_agent.inventory import Found, Row, edid
from driftvakt_agent.inventory.windows import keys
from driftvakt_agent.inventory.windows.devices import Present, below, devices, present
from driftvakt_agent.inventory.windows.keys import Children
from driftvakt_agent.sample import NoData


def take(_host: Host) -> Found:
    there = present("DISPLAY")
    if there is None and not any(keys.machine(r"SYSTEM\CurrentControlSet\Enum\DISPLAY")):
        raise NoData("no screen was ever connected")
    return {"monitors": parse(keys.machine, there)}


def parse(children: Children, there: Present) -> list[Row]:
    rows: list[Row] = []
    for one in devices("DISPLAY", children, there):
        raw = below(one, children, "Device Parameters").get("EDID")
        told = edid.parse(raw) if isinstance(raw, bytes) else None
        if told is not None:
            rows.append({"connector": one.instance, **told})
    return rows
