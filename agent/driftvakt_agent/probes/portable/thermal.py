"""Temperatures, where psutil can read them: not on Windows, where it takes an administrator, nor on macOS."""

from collections.abc import Iterator

from driftvakt_agent.host import Host
from driftvakt_agent.probes.portable.source import ask, entries, members, or_no_data, psutil_or, samples
from driftvakt_agent.sample import Sample


def collect(_: Host, source: object | None = None) -> Iterator[Sample]:
    chips = ask(psutil_or(source), "sensors_temperatures")
    return or_no_data(parse(chips), "this platform does not tell its temperatures")


def parse(chips: object | None) -> Iterator[Sample]:
    for kind, sensors in entries(chips):
        for zone, sensor in enumerate(members(sensors)):
            labels = (("type", kind), ("zone", str(zone)))
            yield from samples(sensor, (("current", "node_thermal_zone_temp", 1),), labels)
