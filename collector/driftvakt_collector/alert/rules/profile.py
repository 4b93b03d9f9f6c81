"""What is usual of a series at each hour of each weekday: learnt from weeks that passed, in the rule's time zone."""

from array import array
from datetime import UTC, datetime
from functools import lru_cache
from math import isfinite, nan
from zoneinfo import ZoneInfo

SLOTS = 168
_QUARTER = 900_000.0
"""Milliseconds of a quarter: the clocks of the world's zones differ by whole quarters."""
_WEEKS_AT_LEAST = 2
_NEWEST_COUNTS = 0.25
"""How much an hour counts at least against those before: after about a month the profile has followed a change."""


@lru_cache(64)
def zone(name: str) -> ZoneInfo:
    """Return a time zone. Raises ZoneInfoNotFoundError or ValueError."""
    return ZoneInfo(name)


@lru_cache(4096)
def _slot_of(quarter: float, name: str) -> int:
    local = datetime.fromtimestamp(quarter * 900.0, UTC).astimezone(zone(name))
    return local.weekday() * 24 + local.hour


def slot(now: float, name: str) -> int:
    """Return the hour of the week at a moment (milliseconds): 0 is Monday from midnight to one."""
    return _slot_of(now // _QUARTER, name)


class Profile:
    """usual: the mean of each hour of the week; weeks: how many hours it is made of. An hour counts when it is over."""

    __slots__ = ("_at", "_count", "_sum", "usual", "weeks")

    def __init__(self) -> None:
        self.usual = array("d", [nan]) * SLOTS
        self.weeks = array("H", [0]) * SLOTS
        self._at = -1
        self._sum = 0.0
        self._count = 0

    def expected(self, hour: int) -> float:
        """Return what is usual at an hour of the week, NaN before it was seen in two weeks."""
        return self.usual[hour] if self.weeks[hour] >= _WEEKS_AT_LEAST else nan

    def learn(self, hour: int, value: float) -> None:
        """Take a value that was measured at an hour of the week; NaN teaches nothing."""
        if hour != self._at:
            self._close()
            self._at = hour
        if isfinite(value):
            self._sum += value
            self._count += 1

    def told(self) -> tuple[bytes, bytes, int, float, int]:
        """Return what is kept, for a restart."""
        return self.usual.tobytes(), self.weeks.tobytes(), self._at, self._sum, self._count

    def restore(self, usual: bytes, weeks: bytes, at: int, total: float, count: int) -> bool:
        """Take what was kept; False where it is no profile."""
        means, numbers = array("d"), array("H")
        try:
            means.frombytes(usual)
            numbers.frombytes(weeks)
        except ValueError:
            return False
        if len(means) != SLOTS or len(numbers) != SLOTS or not -1 <= at < SLOTS or count < 0:
            return False
        self.usual, self.weeks, self._at, self._sum, self._count = means, numbers, at, total, count
        return True

    def _close(self) -> None:
        if self._count and isfinite(mean := self._sum / self._count):
            weeks = min(self.weeks[self._at] + 1, 1000)
            before = self.usual[self._at]
            share = max(1.0 / weeks, _NEWEST_COUNTS)
            self.usual[self._at] = mean if weeks == 1 else before + (mean - before) * share
            self.weeks[self._at] = weeks
        self._sum, self._count = 0.0, 0
