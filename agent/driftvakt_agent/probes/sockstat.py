"""How many sockets are in use, and the memory they hold.

Example:
    $ cat /proc/net/sockstat
    sockets: used 14
    TCP: inuse 4 orphan 0 tw 0 alloc 4 mem 0
    $ cat /proc/net/sockstat6
    TCP6: inuse 0
    FRAG6: inuse 0 memory 0

Source: net/ipv4/proc.c of the kernel.
"""

import os
from collections.abc import Iterator

from driftvakt_agent.host import Host, read_or_no_data
from driftvakt_agent.sample import NoData, Sample


def collect(host: Host) -> Iterator[Sample]:
    page = os.sysconf("SC_PAGE_SIZE")
    yield from parse(read_or_no_data(host.proc + "/net/sockstat", "no /proc/net/sockstat here"), page)
    try:
        text = read_or_no_data(host.proc + "/net/sockstat6", "no IPv6")
    except NoData:
        return
    yield from parse(text, page)


def parse(text: str, page: int) -> Iterator[Sample]:
    """Yield each pair of state and number; `mem`, counted in pages, also in bytes."""
    for line in text.splitlines():
        protocol, _, rest = line.partition(":")
        fields = rest.split()
        for state, number in zip(fields[::2], fields[1::2], strict=False):
            yield Sample(f"node_sockstat_{protocol}_{state}", int(number))
            if state == "mem":
                yield Sample(f"node_sockstat_{protocol}_mem_bytes", int(number) * page)
