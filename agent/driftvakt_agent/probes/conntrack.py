"""How full the firewall's table of connections is, and what it had to refuse.

Example (hexadecimal, a line a processor; `entries` is of the whole table on each):
    $ cat /proc/net/stat/nf_conntrack
    entries  clashres found new invalid ignore delete chainlength insert insert_failed drop early_drop icmp_error …
    00000021  00000000 00000000 00000000 00000003 00007e0f 00000000 00000000 00000000 00000000 00000000 00000000 …

Source: net/netfilter/nf_conntrack_standalone.c of the kernel.
"""

from collections.abc import Iterator

from driftvakt_agent.host import Host, read_number, read_text
from driftvakt_agent.sample import NoData, Sample

_COLUMNS = ("found", "invalid", "ignore", "insert", "insert_failed", "drop", "early_drop", "search_restart")


def collect(host: Host) -> Iterator[Sample]:
    entries = read_number(host.proc + "/sys/net/netfilter/nf_conntrack_count")
    limit = read_number(host.proc + "/sys/net/netfilter/nf_conntrack_max")
    if entries is None or limit is None:
        raise NoData("no connection tracking: the module nf_conntrack is not loaded")
    yield Sample("node_nf_conntrack_entries", entries)
    yield Sample("node_nf_conntrack_entries_limit", limit)
    try:
        text = read_text(host.proc + "/net/stat/nf_conntrack")
    except OSError:
        # Only root may read it on some kernels, and some are built without it.
        return
    yield from parse(text)


def parse(text: str) -> Iterator[Sample]:
    """Yield each column summed over the processors, found by its name in the heading: columns come and go."""
    heading, *lines = text.splitlines() or [""]
    names = heading.split()
    rows = [line.split() for line in lines]
    for name in _COLUMNS:
        if name in names:
            at = names.index(name)
            yield Sample("node_nf_conntrack_stat_" + name, sum(int(row[at], 16) for row in rows if at < len(row)))
