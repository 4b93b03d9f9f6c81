"""The memory modules; of a Mac whose memory is part of its chip, one row without a slot.

Example, of SPMemoryDataType:
    {"_name": "BANK 0/DIMM0", "dimm_size": "8 GB", "dimm_type": "DDR3", "dimm_speed": "1600 MHz",
     "dimm_manufacturer": "0x80AD", "dimm_part_number": "0x484D…", "dimm_serial_number": "0x2C28D96C"}
    {"SPMemoryDataType": "8 GB", "dimm_manufacturer": "Hynix", "dimm_type": "LPDDR4"}

Source: system_profiler(8).
"""

import re

from driftvakt_agent.host import Host
from driftvakt_agent.inventory import Found, Row
from driftvakt_agent.inventory.macos.profiler import Item, every, items, mhz, size, text

_HEX = re.compile(r"0x((?:[0-9a-fA-F]{2})+)")
_NOTHING = re.compile(r"(0x)?0*|-|Empty|Unknown|empty|dimm_\w+")


def take(host: Host) -> Found:
    return {"memory": parse(items(host, "SPMemoryDataType"))}


def parse(found: list[Item]) -> list[Row]:
    """Return a row a slot, empty ones too, as other systems tell them."""
    rows: list[Row] = []
    for one in every(found):
        told = text(one, "dimm_size", "SPMemoryDataType")
        if not told:
            continue
        bank, _, slot = text(one, "_name").rpartition("/") if "dimm_size" in one else ("", "", "")
        rows.append(
            {
                "slot": slot,
                "bank": bank,
                "size_bytes": size(told, 1024),
                "type": _said(text(one, "dimm_type")),
                "speed_mts": mhz(text(one, "dimm_speed")),
                "manufacturer": _said(text(one, "dimm_manufacturer")),
                "serial": _said(text(one, "dimm_serial_number")).removeprefix("0x"),
                "part": _spelled(text(one, "dimm_part_number")),
            }
        )
    return rows


def _said(told: str) -> str:
    return "" if _NOTHING.fullmatch(told) else told


def _spelled(told: str) -> str:
    """Return a part number: it is written as the numbers of its letters, or plainly."""
    found = _HEX.fullmatch(told)
    if found is None:
        return _said(told)
    letters = bytes.fromhex(found[1]).rstrip(b"\0\xff ").decode("latin-1").strip()
    return letters if letters.isprintable() else ""
