"""How much randomness the kernel has gathered. Since Linux 5.18 it says 256 once it is ready, for ever.

Example:
    $ cat /proc/sys/kernel/random/entropy_avail
    256

Source: random(4).
"""

from collections.abc import Iterator

from driftvakt_agent.host import Host, read_number
from driftvakt_agent.sample import NoData, Sample


def collect(host: Host) -> Iterator[Sample]:
    available = read_number(host.proc + "/sys/kernel/random/entropy_avail")
    if available is None:
        raise NoData("no /proc/sys/kernel/random here")
    yield Sample("node_entropy_available_bits", available)
    size = read_number(host.proc + "/sys/kernel/random/poolsize")
    if size is not None:
        yield Sample("node_entropy_pool_size_bits", size)
