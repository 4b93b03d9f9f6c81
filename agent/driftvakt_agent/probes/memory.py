"""What memory is used for, as the kernel accounts for it.

Example:
    $ cat /proc/meminfo
    MemTotal:       24684092 kB
    Active(anon):     290544 kB
    HugePages_Total:       0

Source: proc(5), Documentation/filesystems/proc.rst of the kernel.
"""

from collections.abc import Container, Iterator

from driftvakt_agent.host import Host, read_text
from driftvakt_agent.sample import Sample

_WORKSTATION = ("MemTotal", "MemFree", "MemAvailable", "Buffers", "Cached", "SwapTotal", "SwapFree", "Dirty")


def collect(host: Host) -> Iterator[Sample]:
    text = read_text(host.proc + "/meminfo")
    return parse(text, _WORKSTATION if host.profile == "workstation" else None)


def parse(text: str, only: Container[str] | None = None) -> Iterator[Sample]:
    """Yield every field, or those in `only`; names are spelled as node_exporter does: `Active(anon)` is Active_anon."""
    for line in text.splitlines():
        field, _, rest = line.partition(":")
        if only is not None and field not in only:
            continue
        number, _, unit = rest.strip().partition(" ")
        if not number.isdecimal():
            continue
        if field[-1:] == ")":
            field = field[:-1].replace("(", "_")
        if unit:
            # The kernel says kB and means KiB.
            yield Sample(f"node_memory_{field}_bytes", int(number) * 1024)
        else:
            yield Sample("node_memory_" + field, int(number))
