"""Graphics, and the monitors on them.

Example, of SPDisplaysDataType:
    {"_name": "Radeon Pro 450", "sppci_model": "AMD Radeon Pro 450", "spdisplays_vram": "2 GB", "sppci_bus": "…pcie…",
     "spdisplays_ndrvs": [{"_name": "DELL U2720Q", "_spdisplays_display-vendor-id": "10ac",
                           "_spdisplays_display-product-id": "41eb", "spdisplays_display-serial-number": "86XXXX3",
                           "_spdisplays_display-week": "47", "_spdisplays_display-year": "2020"}]}

Source: system_profiler(8); VESA E-EDID 1.4, 3.4.1, on the letters of a maker.
"""

import re

from driftvakt_agent.host import Host
from driftvakt_agent.inventory import Found, Row
from driftvakt_agent.inventory.macos.profiler import Item, children, items, size, text, whole

_MEMORY = ("spdisplays_vram", "_spdisplays_vram", "spdisplays_vram_shared")
_SERIAL = (
    "spdisplays_display-serial-number",
    "_spdisplays_display-serial-number2",
    "_spdisplays_display-serial-number",
)
_NUMBER = re.compile(r"(?:0x)?([0-9a-fA-F]{1,4})")


def take(host: Host) -> Found:
    return parse(items(host, "SPDisplaysDataType"))


def parse(found: list[Item]) -> Found:
    """Return graphics and monitors."""
    cards: list[Row] = []
    monitors: list[Row] = []
    for number, one in enumerate(found):
        cards.append(
            {
                "name": text(one, "_name", "sppci_model"),
                "address": text(one, "sppci_slot_name"),
                "chipset": text(one, "sppci_model"),
                "memory_bytes": size(text(one, *_MEMORY), 1024),
            }
        )
        shown = [row for row in children(one, "spdisplays_ndrvs") if _is_monitor(row)]
        monitors += [_monitor(row, f"{number}-{place}") for place, row in enumerate(shown)]
    return {"graphics": cards, "monitors": monitors}


def _is_monitor(one: Item) -> bool:
    """Say if something is connected: there is an entry for a socket too."""
    return "spdisplays_status" not in one and bool(text(one, "_name"))


def _monitor(one: Item, connector: str) -> Row:
    week, year = whole(one, "_spdisplays_display-week"), whole(one, "_spdisplays_display-year")
    serial = text(one, *_SERIAL)
    made = "" if not year else f"{year}-W{week:02}" if week and week <= 53 else str(year)
    return {
        "connector": connector,
        "maker_id": _letters(text(one, "_spdisplays_display-vendor-id")),
        "product_id": _digits(text(one, "_spdisplays_display-product-id")),
        "name": text(one, "_name"),
        "serial": "" if serial.strip("0") in ("", "x") else serial,
        "made": made,
    }


def _letters(told: str) -> str:
    """Return the three letters that stand in 15 bits of a number."""
    found = _digits(told)
    if not found:
        return ""
    number = int(found, 16)
    letters = [(number >> shift) & 0x1F for shift in (10, 5, 0)]
    return "".join(chr(64 + one) for one in letters) if all(1 <= one <= 26 for one in letters) else ""


def _digits(told: str) -> str:
    found = _NUMBER.fullmatch(told)
    return found[1].lower().zfill(4) if found else ""
