"""What time it is here, and which hardware counter the kernel keeps it by.

Example:
    $ cat /sys/devices/system/clocksource/clocksource0/current_clocksource
    tsc
    $ cat /sys/devices/system/clocksource/clocksource0/available_clocksource
    tsc kvm-clock

Source: tzset(3), Documentation/ABI/testing/sysfs-devices-system-clocksource or timekeeping.rst of the kernel.
"""

import os
import time
from collections.abc import Iterator

from driftvakt_agent.host import Host, read_text
from driftvakt_agent.sample import Sample


def collect(host: Host) -> Iterator[Sample]:
    now = host.now()
    local = time.localtime(now)
    yield Sample("node_time_seconds", now)
    yield Sample("node_time_zone_offset_seconds", local.tm_gmtoff, (("time_zone", local.tm_zone),))
    if host.profile != "workstation":
        yield from _clocksources(host.sys + "/devices/system/clocksource")


def _clocksources(directory: str) -> Iterator[Sample]:
    try:
        found = sorted(name for name in os.listdir(directory) if name.startswith("clocksource"))
    except OSError:
        return
    for name in found:
        device = ("device", name.removeprefix("clocksource"))
        for kind in ("available", "current"):
            try:
                text = read_text(f"{directory}/{name}/{kind}_clocksource")
            except OSError:
                continue
            for source in text.split():
                yield Sample(f"node_time_clocksource_{kind}_info", 1, (("clocksource", source), device))
