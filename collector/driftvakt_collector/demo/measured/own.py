"""What the agent says of itself."""

from collections.abc import Iterator

from driftvakt_collector.demo.asset import Asset
from driftvakt_collector.demo.measured.key import Key, key, linux, server
from driftvakt_collector.demo.work import Work

_EVERYWHERE = ("cpu", "load", "memory", "stat", "filesystem", "disk", "network", "time", "processes", "users",
               "updates", "os", "uname")  # fmt: skip
_LINUX = ("pressure", "timex", "filefd", "systemd", "dmi")
_SERVER = ("vmstat", "netstat", "sockstat")


def keys(asset: Asset) -> Iterator[Key]:
    for probe in probes(asset):
        yield key("driftvakt_probe_success", probe=probe)
    for name in ("cpu_seconds_total", "resident_memory_bytes", "pending_records", "dropped_records_total"):
        yield key(f"driftvakt_agent_{name}")


def values(asset: Asset, work: Work, pending: int) -> Iterator[float]:
    for _ in probes(asset):
        yield 1.0
    yield round(0.35 + 0.0011 * work.up, 3)
    yield 21_000_000 + asset.number % 977 * 4096
    yield pending
    yield 0.0


def probes(asset: Asset) -> tuple[str, ...]:
    """Return the probes that found something here."""
    if not linux(asset):
        return (*_EVERYWHERE, "scripts") if server(asset) else _EVERYWHERE
    found = (*_EVERYWHERE, *_LINUX, *((*_SERVER, "scripts") if server(asset) else ()))
    return found if asset.model.virtual else (*found, "hwmon")
