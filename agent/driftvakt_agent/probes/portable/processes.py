"""How many processes there are. Their states and threads would need a look at each, which is dear here."""

from collections.abc import Iterator

from driftvakt_agent.host import Host
from driftvakt_agent.probes.portable.source import ask, members, psutil_or
from driftvakt_agent.sample import NoData, Sample


def collect(_: Host, source: object | None = None) -> Iterator[Sample]:
    pids = members(ask(psutil_or(source), "pids"))
    if not pids:
        raise NoData("this platform does not tell its processes")
    yield Sample("node_processes_pids", len(pids))
