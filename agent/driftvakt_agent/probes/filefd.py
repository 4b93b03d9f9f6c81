"""How many files are open on the whole machine, and how many may be.

Example:
    $ cat /proc/sys/fs/file-nr
    328	0	2466177

Source: proc_sys_fs(5).
"""

from collections.abc import Iterator

from driftvakt_agent.host import Host, read_or_no_data
from driftvakt_agent.sample import Sample


def collect(host: Host) -> Iterator[Sample]:
    allocated, maximum = parse(read_or_no_data(host.proc + "/sys/fs/file-nr", "no /proc/sys/fs/file-nr here"))
    yield Sample("node_filefd_allocated", allocated)
    yield Sample("node_filefd_maximum", maximum)


def parse(text: str) -> tuple[int, int]:
    """Return how many are allocated and the most there may be. The number between them is always 0 since Linux 2.6."""
    allocated, _, maximum = text.split()
    return int(allocated), int(maximum)
