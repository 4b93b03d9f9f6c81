"""Memory and swap. What is free, cached and available always adds up to less than there is."""

from collections.abc import Iterator

from driftvakt_collector.demo.asset import Asset, Fault
from driftvakt_collector.demo.measured.key import Key, key, linux, server
from driftvakt_collector.demo.work import Work

LEAK_SECONDS = 36000.0
_PAGE = 4096
_FIELDS = ("MemTotal", "MemAvailable", "MemFree", "SwapTotal", "SwapFree")
_MORE = ("Buffers", "Cached", "Active", "Inactive", "Dirty", "Shmem", "Slab", "Committed_AS")
_VMSTAT = ("pgpgin", "pgpgout", "pgmajfault", "oom_kill")


def keys(asset: Asset) -> Iterator[Key]:
    for field in _FIELDS + (_MORE if linux(asset) else ()):
        yield key(f"node_memory_{field}_bytes")
    if linux(asset) and server(asset):
        for field in _VMSTAT:
            yield key(f"node_vmstat_{field}")


def values(asset: Asset, work: Work) -> Iterator[float]:
    total = asset.model.memory
    used = min(0.985, _used(asset, work))
    # The cache fills in the first hours after a start.
    cache = (0.93 - used) * min(1.0, work.up / 14400.0) if used < 0.93 else 0.0
    free = max(0.01, 1.0 - used - cache)
    swap_used = 0.4 * max(0.0, used - 0.85) / 0.15
    shares = [1.0, 1.0 - used, min(free, 1.0 - used), 0.25, 0.25 * (1.0 - swap_used)]
    if linux(asset):
        shares += [0.08 * cache, 0.9 * cache, used * 0.7, 0.6 * cache, 0.0004 * (1 + work.bursts_now), 0.01,
                   0.02 + 0.03 * cache, used * 1.4]  # fmt: skip
    for share in shares:
        yield int(total * share) // _PAGE * _PAGE
    if linux(asset) and server(asset):
        yield int(900 * work.up * asset.traits.disk + 60000 * work.night)
        yield int(1500 * work.up * asset.traits.disk + 20000 * work.rhythm)
        yield int(0.4 * work.busy)
        yield leaks(asset, work.day) - leaks(asset, work.day - work.up * work.pace)


def leaks(asset: Asset, day: float) -> int:
    """Return how often a leaking program was killed since 1970."""
    return int((day + asset.number % LEAK_SECONDS) // LEAK_SECONDS) if asset.fault is Fault.LEAKING else 0


def _used(asset: Asset, work: Work) -> float:
    traits = asset.traits
    used = 0.18 + 0.3 * traits.memory + 0.18 * traits.busy * work.rhythm_now + 0.015 * work.bursts_now
    if asset.fault is Fault.LEAKING:
        leaked = (work.day + asset.number % LEAK_SECONDS) % LEAK_SECONDS / LEAK_SECONDS
        used = 0.2 + 0.1 * traits.memory + 0.69 * leaked
    return used
