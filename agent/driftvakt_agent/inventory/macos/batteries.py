"""The battery of a MacBook.

Example, of SPPowerDataType:
    {"_name": "spbattery_information", "sppower_battery_model_info": {"sppower_battery_manufacturer": "SMP",
     "sppower_battery_device_name": "bq20z451", "sppower_battery_serial_number": "HD2J77"}}

Source: system_profiler(8).
"""

from driftvakt_agent.host import Host
from driftvakt_agent.inventory import Found, Row
from driftvakt_agent.inventory.macos.profiler import Item, child, items, text


def take(host: Host) -> Found:
    return {"batteries": parse(items(host, "SPPowerDataType"))}


def parse(found: list[Item]) -> list[Row]:
    rows: list[Row] = []
    for one in found:
        told = child(one, "sppower_battery_model_info")
        name = text(told, "sppower_battery_device_name")
        if name or text(told, "sppower_battery_serial_number"):
            rows.append(
                {
                    "name": name,
                    "manufacturer": text(told, "sppower_battery_manufacturer"),
                    "serial": text(told, "sppower_battery_serial_number"),
                    "chemistry": "Lithium Ion",
                }
            )
    return rows
