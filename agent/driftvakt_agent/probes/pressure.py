"""How long tasks have waited for processor, memory or disk: the kernel's pressure stall information.

Example:
    $ cat /proc/pressure/io
    some avg10=0.28 avg60=0.06 avg300=0.04 total=2530135
    full avg10=0.28 avg60=0.06 avg300=0.04 total=2383308

Source: Documentation/accounting/psi.rst of the kernel.
"""

from collections.abc import Iterator

from driftvakt_agent.host import Host, read_text
from driftvakt_agent.sample import NoData, Sample

# Resource, how its line begins, series. A `full` line of cpu means nothing for a whole system and says 0.
_SERIES = (
    ("cpu", (("some", "node_pressure_cpu_waiting_seconds_total"),)),
    (
        "io",
        (("some", "node_pressure_io_waiting_seconds_total"), ("full", "node_pressure_io_stalled_seconds_total")),
    ),
    (
        "memory",
        (
            ("some", "node_pressure_memory_waiting_seconds_total"),
            ("full", "node_pressure_memory_stalled_seconds_total"),
        ),
    ),
    # Since Linux 6.1, where the kernel accounts for the time of interrupts.
    ("irq", (("full", "node_pressure_irq_stalled_seconds_total"),)),
)


def collect(host: Host) -> Iterator[Sample]:
    found = False
    for resource, series in _SERIES:
        try:
            text = read_text(f"{host.proc}/pressure/{resource}")
        except OSError:
            # Absent without CONFIG_PSI; "operation not supported" where the boot line has psi=0.
            continue
        for kind, name in series:
            stalled = parse(text, kind)
            if stalled is not None:
                found = True
                yield Sample(name, stalled)
    if not found:
        raise NoData("the kernel does not account for pressure: built without CONFIG_PSI, or booted with psi=0")


def parse(text: str, kind: str) -> float | None:
    """Return the seconds of the line that begins with `kind`, None without such a line."""
    for line in text.splitlines():
        if line.startswith(kind):
            total = line.rpartition(" total=")[2]
            # The kernel counts microseconds.
            return int(total) / 1_000_000 if total.isdecimal() else None
    return None
