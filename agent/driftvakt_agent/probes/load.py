"""How many tasks ran or waited, averaged by the kernel.

Example:
    $ cat /proc/loadavg
    0.21 0.37 0.39 1/719 19737

Source: proc(5).
"""

from collections.abc import Iterator

from driftvakt_agent.host import Host, read_text
from driftvakt_agent.sample import Sample


def collect(host: Host) -> Iterator[Sample]:
    one, five, fifteen = parse(read_text(host.proc + "/loadavg"))
    yield Sample("node_load1", one)
    yield Sample("node_load5", five)
    yield Sample("node_load15", fifteen)


def parse(text: str) -> tuple[float, float, float]:
    """Return the averages over 1, 5 and 15 minutes."""
    one, five, fifteen = text.split()[:3]
    return float(one), float(five), float(fifteen)
