"""What the clock says, and how far from UTC it is set."""

import time
from collections.abc import Iterator

from driftvakt_agent.host import Host
from driftvakt_agent.sample import Sample


def collect(host: Host) -> Iterator[Sample]:
    now = host.now()
    yield Sample("node_time_seconds", now)
    local = time.localtime(now)
    yield Sample("node_time_zone_offset_seconds", local.tm_gmtoff, (("time_zone", local.tm_zone),))
