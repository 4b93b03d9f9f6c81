"""What is plugged in by USB, hubs too.

Example, of SPUSBDataType, below its bus:
    {"_name": "JumpDrive", "product_id": "0xa202", "vendor_id": "0x05dc  (Lexar Media, Inc.)", "manufacturer": "Lexar",
     "serial_num": "AASOP1QMSZ0XG051", "location_id": "0xfd500000 / 3"}

Before 10.14 keys begin with a letter that puts them in order: `a_product_id`, `b_vendor_id`, `d_serial_num`.

Source: system_profiler(8); IOUSBFamily on what a location is made of.
"""

import re

from driftvakt_agent.host import Host
from driftvakt_agent.inventory import Found, Row
from driftvakt_agent.inventory.macos.profiler import Item, every, identifier, items, text

_LOCATION = re.compile(r"0x([0-9a-fA-F]{2})([0-9a-fA-F]{6})\b")


def take(host: Host) -> Found:
    return {"usb_devices": parse(items(host, "SPUSBDataType"))}


def parse(found: list[Item]) -> list[Row]:
    """Return the devices. A bus has no product, and is none."""
    rows: list[Row] = []
    for one in every(found):
        product = identifier(text(one, "a_product_id", "product_id"))
        if not product:
            continue
        rows.append(
            {
                "port": port(text(one, "g_location_id", "location_id")),
                "vendor_id": identifier(text(one, "b_vendor_id", "vendor_id")),
                "product_id": product,
                "vendor": text(one, "f_manufacturer", "manufacturer"),
                "product": text(one, "_name"),
                "serial": text(one, "d_serial_num", "serial_num"),
            }
        )
    return rows


def port(location: str) -> str:
    """Return a location as 29-1.3: the bus, and a port a hub; what does not look like one as it is."""
    found = _LOCATION.match(location)
    if found is None:
        return location
    ports = found[2].rstrip("0")
    return f"{int(found[1], 16)}-{'.'.join(str(int(one, 16)) for one in ports)}" if ports else str(int(found[1], 16))
