"""How long each processor spent in each mode, since boot.

Example:
    $ cat /proc/stat
    cpu  4220 0 2436 205900 279 0 43 8 0 0
    cpu0 1009 0 923 104463 24 0 15 2 0 0
    cpu1 3210 0 1513 101437 254 0 27 6 0 0
    intr 165092 0 0 …

Source: proc(5), Documentation/filesystems/proc.rst of the kernel.
"""

from collections.abc import Iterator

from driftvakt_agent.host import Host, read_text
from driftvakt_agent.sample import Sample

# USER_HZ: the kernel's promise to programs, whatever rate it ticks at itself.
_TICKS_A_SECOND = 100

_MODES = tuple(("mode", mode) for mode in ("user", "nice", "system", "idle", "iowait", "irq", "softirq", "steal"))
_GUEST_MODES = (("mode", "user"), ("mode", "nice"))


def collect(host: Host) -> Iterator[Sample]:
    return parse(read_text(host.proc + "/stat"), each=host.profile != "workstation")


def parse(text: str, *, each: bool) -> Iterator[Sample]:
    """Yield the seconds of each processor and, of those, what guests ran; or only the sum, as processor `all`."""
    # The processors come first; behind them a server has thousands of interrupt counters that are not split here.
    for line in text.partition("\nintr ")[0].splitlines():
        name, *ticks = line.split() or [""]
        if not name.startswith("cpu") or (name == "cpu") == each:
            continue
        cpu = ("cpu", name[3:] or "all")
        # Kernels before 2.6.33 have fewer columns; zip stops where they do.
        for mode, spent in zip(_MODES, ticks, strict=False):
            yield Sample("node_cpu_seconds_total", int(spent) / _TICKS_A_SECOND, (cpu, mode))
        if each:
            for mode, spent in zip(_GUEST_MODES, ticks[len(_MODES) :], strict=False):
                yield Sample("node_cpu_guest_seconds_total", int(spent) / _TICKS_A_SECOND, (cpu, mode))
