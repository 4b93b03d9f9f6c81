"""The few numbers of a host that the fleet list shows and sorts by, and its CPU of the last hour."""

from collections.abc import Callable
from math import isfinite
from typing import NamedTuple

from driftvakt_collector.fleet.host import SERVICE, Host
from driftvakt_collector.fleet.hour import GRAPHS, POINTS, STEP

_WIDTH = len(GRAPHS)
_CPU, _MEMORY, _LOAD, _DISK = (GRAPHS.index(one) for one in ("cpu", "memory", "load", "disk"))


class Vitals(NamedTuple):
    """Newest values; shares of 1, but for `load`. None where there is none within the last hour."""

    cpu: float | None = None
    memory: float | None = None
    disk: float | None = None
    load: float | None = None


_UNKNOWN = Vitals()


def vitals(host: Host, wall: float) -> Vitals:
    """Return a host's newest values. wall: seconds since the epoch."""
    hour = host.hour
    if hour is None or hour.last <= wall // STEP - POINTS:
        return _UNKNOWN
    place = hour.last % POINTS * _WIDTH
    points = hour.points
    cpu, memory, disk, load = (
        points[place + _CPU],
        points[place + _MEMORY],
        points[place + _DISK],
        points[place + _LOAD],
    )
    return Vitals(
        cpu if isfinite(cpu) else None, memory if isfinite(memory) else None, disk if isfinite(disk) else None,
        load if isfinite(load) and host.class_ != SERVICE else None,
    )  # fmt: skip


def newest(name: str, wall: float) -> Callable[[Host], float | None]:
    """Return what gives a host's newest value of one field of Vitals; many times cheaper than all of them."""
    column = GRAPHS.index(name)
    oldest = wall // STEP - POINTS

    def of(host: Host) -> float | None:
        hour = host.hour
        if hour is None or hour.last <= oldest:
            return None
        value = hour.points[hour.last % POINTS * _WIDTH + column]
        # Of a service it is no load (see fleet.hour).
        return value if isfinite(value) and (column != _LOAD or host.class_ != SERVICE) else None

    return of


def cpu_hour(host: Host, wall: float) -> list[float | None]:
    """Return the CPU of the last hour, oldest first, None where there is a gap."""
    return [None] * POINTS if host.hour is None else host.hour.series("cpu", wall)
