"""What each processor did with arriving packets, and what it had to drop.

Example (hexadecimal, a line a processor; the 13th column is its number, since Linux 5.10):
    $ cat /proc/net/softnet_stat
    00001af2 00000000 00000000 00000000 00000000 00000000 00000000 00000000 00000000 00000000 00000000 00000000 …

Source: net/core/net-procfs.c of the kernel.
"""

from collections.abc import Iterator

from driftvakt_agent.host import Host, read_or_no_data
from driftvakt_agent.sample import Sample

# Column, series. Columns 3 to 7 have been zero since Linux 2.6.
_COLUMNS = (
    (0, "node_softnet_processed_total"),
    (1, "node_softnet_dropped_total"),
    (2, "node_softnet_times_squeezed_total"),
    (8, "node_softnet_cpu_collision_total"),
    (9, "node_softnet_received_rps_total"),
    (10, "node_softnet_flow_limit_count_total"),
    (11, "node_softnet_backlog_len"),
)
_CPU = 12


def collect(host: Host) -> Iterator[Sample]:
    return parse(read_or_no_data(host.proc + "/net/softnet_stat", "no /proc/net/softnet_stat here"))


def parse(text: str) -> Iterator[Sample]:
    """Yield the columns that this kernel has."""
    for line_number, line in enumerate(text.splitlines()):
        numbers = [int(column, 16) for column in line.split()]
        # Processors that are off have no line, so counting lines is right only where all are on.
        labels = (("cpu", str(numbers[_CPU] if len(numbers) > _CPU else line_number)),)
        for column, name in _COLUMNS:
            if column < len(numbers):
                yield Sample(name, numbers[column], labels)
