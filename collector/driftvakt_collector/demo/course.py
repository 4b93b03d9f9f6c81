"""Rates over time together with their integrals: a counter that follows the day is then a difference of two look-ups.

A `Course` follows the hours of Europe/Stockholm, also over the two days a year that have 23 and 25 of them: its table
runs in UTC and asks for each step what the clocks on the wall say.
"""

from array import array
from bisect import bisect_right
from collections.abc import Sequence
from datetime import UTC, datetime
from math import log
from zoneinfo import ZoneInfo

from driftvakt_collector.demo.dice import dice

ZONE = ZoneInfo("Europe/Stockholm")
DAY = 86400.0
_STEP = 600.0
_SATURDAY = 5

Knots = Sequence[tuple[float, float]]
"""(hour, rate) from 0 to 24, joined by straight lines."""

OFFICE: Knots = ((0, 0.03), (6.5, 0.03), (8.5, 1), (11.3, 1), (12, 0.5), (12.8, 0.6), (13.3, 1), (15.8, 0.9),
                 (17.5, 0.15), (20, 0.05), (24, 0.03))  # fmt: skip
LESSONS: Knots = ((0, 0.02), (7.6, 0.04), (8.3, 1), (9.4, 1), (9.6, 0.6), (9.9, 1), (11.2, 0.9), (11.8, 0.35),
                  (12.6, 1), (13.8, 1), (14, 0.6), (14.3, 0.9), (15.5, 0.3), (17.5, 0.1), (20, 0.02),
                  (24, 0.02))  # fmt: skip
NIGHT: Knots = ((0, 0.1), (0.9, 0), (1, 1), (4.2, 1), (4.5, 0), (22, 0), (22.5, 0.1), (24, 0.1))


def local(t: float) -> datetime:
    """Return what the clocks of the city say."""
    return datetime.fromtimestamp(t, ZONE)


class Course:
    """A rate that repeats by the day, and on free days is `weekend` times as high. since: where its integral is 0."""

    def __init__(self, knots: Knots, weekend: float, since: float) -> None:
        self._knots = knots
        self._weekend = weekend
        self._since = since
        self._rates = array("d", [self._shape(since)])
        self._totals = array("d", [0.0])

    def rate(self, t: float) -> float:
        """Return the rate at `t`."""
        step, rest = self._find(t)
        rates = self._rates
        return rates[step] + (rates[step + 1] - rates[step]) * rest / _STEP

    def total(self, t: float) -> float:
        """Return the integral from `since` to `t`."""
        step, rest = self._find(t)
        low, high = self._rates[step], self._rates[step + 1]
        return self._totals[step] + low * rest + (high - low) * rest * rest / (2 * _STEP)

    def _find(self, t: float) -> tuple[int, float]:
        step, rest = divmod(max(0.0, t - self._since), _STEP)
        place = int(step)
        while place + 1 >= len(self._rates):
            rate = self._shape(self._since + len(self._rates) * _STEP)
            self._totals.append(self._totals[-1] + (self._rates[-1] + rate) / 2 * _STEP)
            self._rates.append(rate)
        return place, rest

    def _shape(self, t: float) -> float:
        there = local(t)
        rate = between(self._knots, there.hour + there.minute / 60)
        return rate * self._weekend if there.weekday() >= _SATURDAY else rate


def between(knots: Knots, hour: float) -> float:
    """Return the rate at an hour of the day."""
    place = bisect_right(knots, hour, key=lambda knot: knot[0])
    if place >= len(knots):
        return knots[-1][1]
    (start, low), (end, high) = knots[place - 1], knots[place]
    return low + (high - low) * (hour - start) / (end - start)


class Bursts:
    """Work that comes in lumps: each minute a rate of its own, 1 in the middle and `MOST` at most, again and again."""

    MINUTES = 1009
    MOST = 4.0

    def __init__(self, seed: int) -> None:
        chance = dice(seed, "bursts")
        raw = [min(-log(1.0 - chance.random()), self.MOST * 0.9) for _ in range(self.MINUTES)]
        middle = sum(raw) / len(raw)
        self._rates = array("d", [min(self.MOST, one / middle) for one in raw])
        self._totals = array("d", [0.0])
        for rate in self._rates:
            self._totals.append(self._totals[-1] + rate * 60.0)

    def rate(self, t: float) -> float:
        """Return the rate at `t`."""
        return self._rates[int(t // 60.0) % self.MINUTES]

    def total(self, t: float) -> float:
        """Return the integral from 1970 to `t`."""
        minutes, rest = divmod(t, 60.0)
        rounds, minute = divmod(int(minutes), self.MINUTES)
        return rounds * self._totals[-1] + self._totals[minute] + self._rates[minute] * rest


class Square:
    """A rate of 1 for `width` seconds at the start of each `period`, else 0."""

    def __init__(self, period: float, width: float) -> None:
        self._period = period
        self._width = width

    def rate(self, t: float) -> float:
        """Return the rate at `t`."""
        return float(t % self._period < self._width)

    def total(self, t: float) -> float:
        """Return the integral from 1970 to `t`."""
        rounds, rest = divmod(t, self._period)
        return rounds * self._width + min(rest, self._width)


def at(day: datetime, hour: float) -> float:
    """Return the moment when the clocks of the city say `hour` on that day."""
    whole = int(hour)
    minute, second = divmod(int((hour - whole) * 3600), 60)
    return datetime(day.year, day.month, day.day, whole, minute, second, tzinfo=ZONE).astimezone(UTC).timestamp()
