"""Processors: seconds in each mode, load, and on Linux what the kernel counts beside it."""

from collections.abc import Iterator

from driftvakt_collector.demo.asset import Asset, Fault
from driftvakt_collector.demo.measured.key import Key, key, linux
from driftvakt_collector.demo.work import Work

_LINUX = (("user", 0.68), ("nice", 0.004), ("system", 0.2), ("iowait", 0.07), ("irq", 0.0), ("softirq", 0.04),
          ("steal", 0.006))  # fmt: skip
_PORTABLE = (("irq", 0.01), ("softirq", 0.02), ("system", 0.3), ("user", 0.67))
_MACOS = (("nice", 0.0), ("system", 0.33), ("user", 0.67))


def keys(asset: Asset) -> Iterator[Key]:
    for cpu in range(asset.model.cpus):
        for mode, _ in _modes(asset):
            yield key("node_cpu_seconds_total", cpu=str(cpu), mode=mode)
        yield key("node_cpu_seconds_total", cpu=str(cpu), mode="idle")
    for minutes in (1, 5, 15):
        yield key(f"node_load{minutes}")
    yield key("node_boot_time_seconds")
    if linux(asset):
        for name in ("intr_total", "context_switches_total", "forks_total", "procs_running", "procs_blocked"):
            yield key(f"node_{name}")
        for name in ("cpu_waiting", "io_waiting", "io_stalled", "memory_waiting", "memory_stalled"):
            yield key(f"node_pressure_{name}_seconds_total")


def values(asset: Asset, work: Work) -> Iterator[float]:
    cpus, modes = asset.model.cpus, _modes(asset)
    shares = sum(share for _, share in modes)
    for cpu in range(cpus):
        busy = work.busy * _weight(asset, cpu)
        spent = 0.0
        for _, share in modes:
            seconds = round(busy * share / shares, 2)
            spent += seconds
            yield seconds
        yield round(work.up - spent, 2)
    slow = 2.5 if asset.fault is Fault.SLOW_DISK else 0.0
    for average in work.averages:
        yield round(cpus * average * 1.15 + slow, 2)
    yield round(work.boot)
    if linux(asset):
        yield int(cpus * (110 * work.up + 2500 * work.busy))
        yield int(cpus * (190 * work.up + 6000 * work.busy))
        yield int(0.8 * work.up + 30 * work.busy)
        yield 1 + int(cpus * work.busy_now)
        yield int(slow * (1 + work.bursts_now / 2))
        yield from _pressure(asset, work)


def _pressure(asset: Asset, work: Work) -> Iterator[float]:
    disk = 0.25 if asset.fault is Fault.SLOW_DISK else 0.0
    memory = 0.03 if asset.fault is Fault.LEAKING else 0.0
    waiting = disk * work.up + 0.02 * work.busy + 0.05 * work.night
    for seconds in (0.06 * work.busy, waiting, 0.6 * waiting, memory * work.up, 0.4 * memory * work.up):
        yield round(seconds, 6)


def _modes(asset: Asset) -> tuple[tuple[str, float], ...]:
    if linux(asset):
        return _LINUX
    return _MACOS if asset.model.system.id == "macos" else _PORTABLE


def _weight(asset: Asset, cpu: int) -> float:
    """Return how much of the work falls to one processor: from 0.9 to 1.1 of its part."""
    return 0.9 + 0.2 * ((asset.number >> (4 * cpu)) & 15) / 15
