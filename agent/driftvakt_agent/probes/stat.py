"""What the kernel has done since boot: interrupts, context switches, forks; and when boot was.

Example:
    $ cat /proc/stat
    cpu  4220 0 2436 205900 279 0 43 8 0 0
    intr 165092 0 0 0 …
    ctxt 350692
    btime 1795449555
    processes 4401
    procs_running 2
    procs_blocked 0
    softirq 127012 0 16705 …

Source: proc(5).
"""

from collections.abc import Iterator, Mapping

from driftvakt_agent.host import Host, read_text
from driftvakt_agent.sample import Sample

_WORKSTATION = {
    "btime": "node_boot_time_seconds",
    "procs_running": "node_procs_running",
    "procs_blocked": "node_procs_blocked",
}
_SERVER = _WORKSTATION | {
    "intr": "node_intr_total",
    "ctxt": "node_context_switches_total",
    "processes": "node_forks_total",
}


def collect(host: Host) -> Iterator[Sample]:
    return parse(read_text(host.proc + "/stat"), _WORKSTATION if host.profile == "workstation" else _SERVER)


def parse(text: str, names: Mapping[str, str] = _SERVER) -> Iterator[Sample]:
    """Yield the lines that `names` has, under the names that it gives them."""
    for line in text.splitlines():
        field, _, rest = line.partition(" ")
        if field in names:
            # Only the first number is a sum; an `intr` line goes on with one number an interrupt.
            yield Sample(names[field], int(rest.partition(" ")[0]))
