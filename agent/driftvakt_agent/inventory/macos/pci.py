"""Cards on PCI and Thunderbolt; what a Mac has built in is not among them.

Example, of SPPCIDataType:
    {"_name": "bcom5714", "sppci_vendor-id": "0x14e4", "sppci_device-id": "0x166a", "sppci_revision-id": "0x0003",
     "sppci_subsystem-vendor-id": "0x106b", "sppci_subsystem-id": "0x0085", "sppci_slot_name": "GIGE@6,0,0"}

Source: system_profiler(8).
"""

import re

from driftvakt_agent.host import Host
from driftvakt_agent.inventory import Found, Row
from driftvakt_agent.inventory.macos.profiler import Item, identifier, items, text

_PLACE = re.compile(r".*@([0-9a-fA-F]{1,3}),([0-9a-fA-F]{1,2}),([0-7])")


def take(host: Host) -> Found:
    return {"pci_devices": parse(items(host, "SPPCIDataType"))}


def parse(found: list[Item]) -> list[Row]:
    """Return the cards. Where no place on the bus is told, the slot's name and a running number stand for it."""
    rows: list[Row] = []
    for number, one in enumerate(found):
        vendor = identifier(text(one, "sppci_vendor-id"))
        if not vendor:
            continue
        slot = text(one, "sppci_slot_name")
        place = _PLACE.fullmatch(slot)
        card = identifier(text(one, "sppci_subsystem-vendor-id")), identifier(text(one, "sppci_subsystem-id"))
        rows.append(
            {
                "address": f"0000:{place[1].zfill(2)}:{place[2].zfill(2)}.{place[3]}"
                if place
                else f"{slot} {number}".strip(),
                "vendor_id": vendor,
                "device_id": identifier(text(one, "sppci_device-id")),
                "subsystem_id": ":".join(card) if all(card) else "",
                "revision": identifier(text(one, "sppci_revision-id"))[2:],
            }
        )
    return rows
