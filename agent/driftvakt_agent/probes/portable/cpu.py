"""Seconds that each processor spent in each mode. Windows counts interrupts and DPCs as its kernel's time too."""

from collections.abc import Iterator

from driftvakt_agent.host import Host
from driftvakt_agent.probes.portable.source import ask, members, number, or_no_data, psutil_or
from driftvakt_agent.sample import Sample

# As the Linux kernel calls them, so that one rule reads the whole fleet.
_MODES = (("idle", "idle"), ("interrupt", "irq"), ("nice", "nice"), ("dpc", "softirq"), ("system", "system"),
          ("user", "user"))  # fmt: skip


def collect(_: Host, source: object | None = None) -> Iterator[Sample]:
    times = members(ask(psutil_or(source), "cpu_times", percpu=True))
    return or_no_data(parse(times), "this platform does not tell the time of its processors")


def parse(times: object) -> Iterator[Sample]:
    for cpu, one in enumerate(members(times)):
        for attribute, mode in _MODES:
            seconds = number(one, attribute)
            if seconds is None:
                continue
            if mode == "system":
                seconds = max(0.0, seconds - (number(one, "interrupt") or 0) - (number(one, "dpc") or 0))
            yield Sample("node_cpu_seconds_total", seconds, (("cpu", str(cpu)), ("mode", mode)))
