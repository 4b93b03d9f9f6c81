"""Thermal zones of the platform, and how much its cooling devices throttle.

Example:
    $ grep . /sys/class/thermal/thermal_zone0/{type,temp} /sys/class/thermal/cooling_device0/{type,cur_state,max_state}
    /sys/class/thermal/thermal_zone0/type:x86_pkg_temp
    /sys/class/thermal/thermal_zone0/temp:49000
    /sys/class/thermal/cooling_device0/type:Processor
    /sys/class/thermal/cooling_device0/cur_state:0
    /sys/class/thermal/cooling_device0/max_state:3

Source: Documentation/driver-api/thermal/sysfs-api.rst.
"""

import os
from collections.abc import Iterator

from driftvakt_agent.host import Host, read_number, read_text
from driftvakt_agent.sample import NoData, Sample

_ZONE = "thermal_zone"
_COOLER = "cooling_device"


def collect(host: Host) -> Iterator[Sample]:
    base = host.sys + "/class/thermal"
    try:
        entries = sorted(os.listdir(base))
    except FileNotFoundError as e:
        raise NoData("no thermal zone: the kernel has none") from e
    if not entries:
        raise NoData("no thermal zone: a virtual machine has none")
    for entry in entries:
        if entry.startswith(_ZONE):
            yield from _zone(f"{base}/{entry}", entry.removeprefix(_ZONE))
        elif entry.startswith(_COOLER):
            yield from _cooler(f"{base}/{entry}", entry.removeprefix(_COOLER))


def _zone(path: str, zone: str) -> Iterator[Sample]:
    if _text(path + "/mode") == "disabled":
        return
    kind = _text(path + "/type")
    # A zone whose sensor sleeps (Wi-Fi that is off) answers ENODATA or EAGAIN: no sample, no error.
    temp = read_number(path + "/temp")
    if kind is not None and temp is not None:
        yield Sample("node_thermal_zone_temp", temp / 1000.0, (("type", kind), ("zone", zone)))


def _cooler(path: str, name: str) -> Iterator[Sample]:
    kind = _text(path + "/type")
    now, most = read_number(path + "/cur_state"), read_number(path + "/max_state")
    if kind is not None and now is not None and most is not None:
        labels = (("name", name), ("type", kind))
        yield Sample("node_cooling_device_cur_state", now, labels)
        yield Sample("node_cooling_device_max_state", most, labels)


def _text(path: str) -> str | None:
    try:
        return read_text(path).strip()
    except OSError:
        return None
