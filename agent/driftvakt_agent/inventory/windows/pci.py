r"""Cards, and what is built in. What the numbers mean is looked up by the collector.

Example:
    HKLM\SYSTEM\CurrentControlSet\Enum\PCI\VEN_10DE&DEV_1402&SUBSYS_36C31458&REV_A1\4&1286464&0&0008
        LocationInformation  @System32\drivers\pci.sys,#65536;PCI bus %1, device %2, function %3;(1,0,0)
        CompatibleIDs        PCI\VEN_10DE&DEV_1402&REV_A1, …, PCI\VEN_10DE&CC_030000, …
        Service              nvlddmkm

Source: learn.microsoft.com, "Identifiers for PCI Devices"; see `devices`.
"""

import re

from driftvakt_agent.host import Host
from driftvakt_agent.inventory import Found, Row
from driftvakt_agent.inventory.windows import keys
from driftvakt_agent.inventory.windows.devices import Present, all_of, devices, pci_address, present
from driftvakt_agent.inventory.windows.keys import Children, text
from driftvakt_agent.sample import NoData

_NAME = re.compile(
    r"VEN_([0-9A-F]{4})&DEV_([0-9A-F]{4})(?:&SUBSYS_([0-9A-F]{4})([0-9A-F]{4}))?(?:&REV_([0-9A-F]{2}))?", re.I
)
_CLASS = re.compile(r"&CC_([0-9A-F]{6})", re.I)


def take(_host: Host) -> Found:
    rows = parse(keys.machine, present("PCI"))
    if not rows:
        raise NoData("the registry names no PCI device")
    return {"pci_devices": rows}


def parse(children: Children, there: Present) -> list[Row]:
    rows: list[Row] = []
    for one in devices("PCI", children, there):
        found = _NAME.match(one.name)
        if found is None:
            continue
        vendor, device, card, maker, revision = (part.lower() if part else "" for part in found.groups())
        told = [*all_of(one.values.get("HardwareID")), *all_of(one.values.get("CompatibleIDs"))]
        rows.append({
            "address": pci_address(one.values) or one.instance,
            "vendor_id": vendor,
            "device_id": device,
            "subsystem_id": "" if f"{maker}{card}" in ("", "0" * 8) else f"{maker}:{card}",
            "class_id": next((kind.group(1).lower() for text in told if (kind := _CLASS.search(text))), ""),
            "revision": revision,
            "driver": text(one.values.get("Service")),
        })  # fmt: skip
    return rows
