"""The battery, and whether the machine has mains.

Example of what psutil returns:
    sbattery(percent=87, secsleft=9800, power_plugged=False)
"""

from collections.abc import Iterator

from driftvakt_agent.host import Host
from driftvakt_agent.probes.portable.source import ask, number, psutil_or
from driftvakt_agent.sample import NoData, Sample

_BATTERY, _MAINS = ("power_supply", "battery"), ("power_supply", "mains")


def collect(_: Host, source: object | None = None) -> Iterator[Sample]:
    battery = ask(psutil_or(source), "sensors_battery")
    percent = number(battery, "percent")
    if percent is None:
        raise NoData("no battery")
    yield Sample("node_power_supply_capacity", percent, (_BATTERY,))
    yield Sample("node_power_supply_info", 1, (_BATTERY, ("type", "Battery")))
    plugged = getattr(battery, "power_plugged", None)
    if isinstance(plugged, bool):
        yield Sample("node_power_supply_online", float(plugged), (_MAINS,))
        yield Sample("node_power_supply_info", 1, (_MAINS, ("type", "Mains")))
    left = number(battery, "secsleft")
    # -1 is unknown, -2 is unlimited.
    if left is not None and left >= 0:
        yield Sample("node_power_supply_time_to_empty_seconds", left, (_BATTERY,))
