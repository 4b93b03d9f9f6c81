"""The last hour of a host, one point a minute, for the small graphs; the long history is Prometheus' business.

Kept as 4-byte floats in one array a host: 1.4 kB, so that 100,000 hosts still fit. A point that did not come is NaN.
"""

import struct
from array import array
from collections.abc import Sequence
from math import isnan, nan
from operator import itemgetter, truediv

from driftvakt_collector.fleet.series import SeriesSet

GRAPHS = ("cpu", "memory", "load", "disk", "received", "sent")
"""What is kept: busy CPU, used memory and fullest file system as ratios; load; bytes a second in and out.

Of a service that is checked `load` holds the seconds that the check took: it has no load, and a place of its own would
cost each of all hosts 240 bytes.
"""
ANSWER = "load"
"""Under which of them that stands."""

POINTS = 60
STEP = 60.0
_WIDTH = len(GRAPHS)
_EMPTY = array("f", [nan]) * (POINTS * _WIDTH)
_BYTES = 4 * _WIDTH
_LARGEST = 3.4e38
_pack_into = struct.Struct(f"={_WIDTH}f").pack_into


Reading = tuple[float, float, float, float, float, float, float]
"""Idle and spent CPU seconds, bytes received and sent, used memory, load, fullest disk; NaN where there is none.

A plain tuple: it is made for each report of each host, and a named one takes twice as long to make.
"""
_NOTHING: Reading = (nan, nan, nan, nan, nan, nan, nan)


class Spark:
    """Where in a set's values the graphs find their numbers: one itemgetter, so one call in C, fetches them all."""

    __slots__ = ("_cuts", "_get")

    def __init__(self, bound: SeriesSet) -> None:
        cpu = "node_cpu_seconds_total"
        idle = bound.find(cpu, mode="idle") + bound.find(cpu, mode="iowait")
        idling = frozenset(idle)
        sizes = {bound.labels[one]: one for one in bound.find("node_filesystem_size_bytes")}
        free = {bound.labels[one]: one for one in bound.find("node_filesystem_avail_bytes")}
        disks = [(free[key], sizes[key]) for key in sizes if key in free]
        sums = [
            idle,
            [one for one in bound.find(cpu) if one not in idling],
            _outside(bound, "node_network_receive_bytes_total") or _ports(bound, "ifHCInOctets", "ifInOctets"),
            _outside(bound, "node_network_transmit_bytes_total") or _ports(bound, "ifHCOutOctets", "ifOutOctets"),
            bound.find("node_memory_MemAvailable_bytes")[:1],
            bound.find("node_memory_MemTotal_bytes")[:1],
            bound.find("node_load1")[:1] or bound.find("probe_duration_seconds")[:1],
            [one for one, _ in disks],
            [one for _, one in disks],
        ]
        positions: list[int] = []
        self._cuts: list[int] = [0]
        for one in sums:
            positions += one
            self._cuts.append(len(positions))
        # Two positions at least, so that the itemgetter always gives a tuple.
        self._get = itemgetter(*positions, 0, 0) if len(bound) else None

    def read(self, values: Sequence[float]) -> Reading:
        """Return the sums of a report's values."""
        if self._get is None:
            return _NOTHING
        picked = self._get(values)
        _, idle, spent, received, sent, available, total, load, free, size = self._cuts
        memory = nan
        if total > available > sent and picked[available] > 0:
            memory = 1.0 - picked[sent] / picked[available]
        fullest = nan
        if size > free:
            try:
                fullest = 1.0 - min(map(truediv, picked[load:free], picked[free:size]))
            except ZeroDivisionError:
                fullest = _fullest(picked[load:free], picked[free:size])
            else:
                # NaN, or above 1: one of them is not there, or is no size.
                if not fullest <= 1.0:
                    fullest = _fullest(picked[load:free], picked[free:size])
        idles = sum(picked[:idle])
        return (
            idles if idle else nan,
            idles + sum(picked[idle:spent]) if spent else nan,
            sum(picked[spent:received]) if received > spent else nan,
            sum(picked[received:sent]) if sent > received else nan,
            memory,
            picked[total] if load > total else nan,
            fullest,
        )


def _fullest(free: Sequence[float], sizes: Sequence[float]) -> float:
    """Return how full the fullest file system is, of those whose size makes sense."""
    shares = (1.0 - left / size for left, size in zip(free, sizes, strict=True) if size > 0)
    return max((share for share in shares if share == share), default=nan)


def spark_of(bound: SeriesSet) -> Spark:
    """Return where a set has its graphs' numbers, looked up once a set."""
    if bound.spark is None:
        bound.spark = Spark(bound)
    spark: Spark = bound.spark
    return spark


def _outside(bound: SeriesSet, name: str) -> list[int]:
    return [one for one in bound.find(name) if ("device", "lo") not in bound.labels[one]]


_PHYSICAL = frozenset({"ethernetCsmacd", "gigabitEthernet", "fastEther", "ieee80211", "fibreChannel"})
"""ifType of what has a plug or an antenna: VLANs, trunks and bridges carry the same octets once more."""


def _ports(bound: SeriesSet, wide: str, narrow: str) -> list[int]:
    """Return where a device that is asked by SNMP counts octets, of its ports alone.

    wide: counters of 64 bits; narrow: of 32, which wrap: the graph has a gap there.
    """
    places = bound.find(wide) or bound.find(narrow)
    if not places:
        return []
    kinds = {}
    for one in bound.find("ifType_info"):
        labels = dict(bound.labels[one])
        kinds[labels.get("ifIndex")] = labels.get("ifType")
    told = [(one, kinds.get(dict(bound.labels[one]).get("ifIndex"))) for one in places]
    return [one for one, kind in told if kind in _PHYSICAL] or [
        one for one, kind in told if kind != "softwareLoopback"
    ]  # fmt: skip


class Hour:
    """One host's points. `last` is the number of the minute that was written last, counted from the epoch."""

    __slots__ = ("_at", "_before", "last", "points")

    def __init__(self) -> None:
        self.points = array("f", _EMPTY)
        self.last = 0
        self._at = 0.0
        self._before: Reading | None = None

    def add(self, at: float, spark: Spark, values: Sequence[float]) -> None:
        """Write the point of this report. Reports within the same minute overwrite each other."""
        minute = int(at // STEP)
        if minute < self.last:
            return
        new = spark.read(values)
        idle, spent, received, sent, memory, load, disk = new
        before, seconds = self._before, at - self._at
        self._before, self._at = new, at
        busy = rate_in = rate_out = nan
        if before is not None and seconds > 0:
            idle_before, spent_before, received_before, sent_before, _, _, _ = before
            used = spent - spent_before
            if used > 0 and idle >= idle_before:
                busy = 1.0 - (idle - idle_before) / used
            if received >= received_before:
                rate_in = (received - received_before) / seconds
            if sent >= sent_before:
                rate_out = (sent - sent_before) / seconds
        if minute != self.last:
            self._skip_to(minute)
        place = minute % POINTS * _BYTES
        try:
            _pack_into(self.points, place, busy, memory, load, disk, rate_in, rate_out)
        except OverflowError:
            # A finite number past 3.4e38 has no place in four bytes; nothing that we graph is ever so large.
            points = (busy, memory, load, disk, rate_in, rate_out)
            _pack_into(self.points, place, *(one if abs(one) < _LARGEST else nan for one in points))

    def resume(self, at: float, spark: Spark, values: Sequence[float]) -> None:
        """Take the report of before a restart as the one that the next is compared with."""
        self._before, self._at = spark.read(values), at

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
