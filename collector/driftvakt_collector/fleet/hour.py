"""The last hour of a host, one point a minute, for the small graphs; the long history is Prometheus' business.

Kept as 4-byte floats in one array a host: 1.4 kB, so that 100,000 hosts still fit. A point that did not come is NaN.
"""

from array import array
from collections.abc import Sequence
from math import isnan, nan
from operator import itemgetter

from driftvakt_collector.fleet.series import SeriesSet

GRAPHS = ("cpu", "memory", "load", "disk", "received", "sent")
"""What is kept: busy CPU, used memory and fullest file system as ratios; load; bytes a second in and out."""

POINTS = 60
STEP = 60.0
_WIDTH = len(GRAPHS)
_EMPTY = array("f", [nan]) * (POINTS * _WIDTH)


class _Sum:
    """Adds the values at fixed positions."""

    __slots__ = ("_get", "_one")

    def __init__(self, positions: Sequence[int]) -> None:
        self._one = positions[0] if len(positions) == 1 else None
        self._get = itemgetter(*positions) if len(positions) > 1 else None

    def __call__(self, values: Sequence[float]) -> float:
        if self._get is not None:
            return float(sum(self._get(values)))
        return nan if self._one is None else values[self._one]


class Spark:
    """Where in a set's values the graphs find their numbers."""

    __slots__ = ("available", "disks", "idle", "load", "received", "sent", "total", "used")

    def __init__(self, bound: SeriesSet) -> None:
        cpu = "node_cpu_seconds_total"
        idle = bound.find(cpu, mode="idle") + bound.find(cpu, mode="iowait")
        self.idle = _Sum(idle)
        self.used = _Sum(bound.find(cpu))
        self.available = _Sum(bound.find("node_memory_MemAvailable_bytes"))
        self.total = _Sum(bound.find("node_memory_MemTotal_bytes"))
        self.load = _Sum(bound.find("node_load1"))
        self.received = _Sum(_outside(bound, "node_network_receive_bytes_total"))
        self.sent = _Sum(_outside(bound, "node_network_transmit_bytes_total"))
        sizes = {bound.labels[one]: one for one in bound.find("node_filesystem_size_bytes")}
        free = {bound.labels[one]: one for one in bound.find("node_filesystem_avail_bytes")}
        self.disks = [(free[key], sizes[key]) for key in sizes if key in free]


def _outside(bound: SeriesSet, name: str) -> list[int]:
    return [one for one in bound.find(name) if ("device", "lo") not in bound.labels[one]]


class Hour:
    """One host's points. `last` is the number of the minute that was written last, counted from the epoch."""

    __slots__ = ("_before", "last", "points")

    def __init__(self) -> None:
        self.points = array("f", _EMPTY)
        self.last = 0
        self._before: tuple[float, float, float, float, float] | None = None

    def add(self, at: float, spark: Spark, values: Sequence[float]) -> None:
        """Write the point of this report. Reports within the same minute overwrite each other."""
        minute = int(at // STEP)
        if minute < self.last:
            return
        idle, used = spark.idle(values), spark.used(values)
        received, sent = spark.received(values), spark.sent(values)
        before, self._before = self._before, (at, idle, used, received, sent)
        busy = rate_in = rate_out = nan
        if before is not None and at > before[0]:
            seconds = at - before[0]
            spent = used - before[2]
            if spent > 0 and idle >= before[1]:
                busy = 1.0 - (idle - before[1]) / spent
            if received >= before[3]:
                rate_in = (received - before[3]) / seconds
            if sent >= before[4]:
                rate_out = (sent - before[4]) / seconds
        total = spark.total(values)
        memory = 1.0 - spark.available(values) / total if total > 0 else nan
        fullest = nan
        for free, size in spark.disks:
            if values[size] > 0:
                share = 1.0 - values[free] / values[size]
                if not share <= fullest:
                    fullest = share
        self._skip_to(minute)
        place = minute % POINTS * _WIDTH
        self.points[place : place + _WIDTH] = array("f", (busy, memory, spark.load(values), fullest, rate_in, rate_out))

    def _skip_to(self, minute: int) -> None:
        """Blank the minutes that nobody reported."""
        for gone in range(max(self.last + 1, minute - POINTS + 1), minute):
            place = gone % POINTS * _WIDTH
            self.points[place : place + _WIDTH] = _EMPTY[:_WIDTH]
        self.last = minute

    def series(self, graph: str, now: float) -> list[float | None]:
        """Return the points of a graph, oldest first, ending with the minute of `now`; None where there is none."""
        column = GRAPHS.index(graph)
        end = int(now // STEP)
        points: list[float | None] = []
        for minute in range(end - POINTS + 1, end + 1):
            value = (
                nan if not self.last - POINTS < minute <= self.last else self.points[minute % POINTS * _WIDTH + column]
            )
            points.append(None if isnan(value) else value)
        return points
