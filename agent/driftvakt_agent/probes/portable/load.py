"""How many tasks ran or waited. Windows keeps no such average: psutil makes one, from its first call on."""

from collections.abc import Iterator

from driftvakt_agent.host import Host
from driftvakt_agent.probes.portable.source import ask, members, psutil_or
from driftvakt_agent.sample import NoData, Sample


def collect(_: Host, source: object | None = None) -> Iterator[Sample]:
    averages = members(ask(psutil_or(source), "getloadavg"))
    if len(averages) != 3:
        raise NoData("this platform has no load average")
    for name, value in zip(("node_load1", "node_load5", "node_load15"), averages, strict=True):
        if isinstance(value, int | float):
            yield Sample(name, float(value))
