"""When the machine started, and how often its processors changed tasks and were interrupted."""

from collections.abc import Iterator
from math import isfinite

from driftvakt_agent.host import Host
from driftvakt_agent.probes.portable.source import ask, or_no_data, psutil_or, samples
from driftvakt_agent.sample import Sample

_STATS = (("ctx_switches", "node_context_switches_total", 1), ("interrupts", "node_intr_total", 1))


def collect(host: Host, source: object | None = None) -> Iterator[Sample]:
    return or_no_data(_collect(host, psutil_or(source)), "this platform does not tell when it started")


def _collect(host: Host, source: object) -> Iterator[Sample]:
    booted = ask(source, "boot_time")
    if isinstance(booted, int | float) and isfinite(booted) and booted > 0:
        yield Sample("node_boot_time_seconds", booted)
    if host.profile != "workstation":
        yield from samples(ask(source, "cpu_stats"), _STATS)
