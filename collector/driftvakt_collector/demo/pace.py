"""How fast the life of the city passes: at pace 24 its day takes an hour, while counters still grow as they should."""

from datetime import timedelta
from typing import NamedTuple

from driftvakt_collector.demo.course import at, local

_SATURDAY = 5


class Pace(NamedTuple):
    """When it is `start` in the world it is `begin` in the city, which lives `speed` times as fast.

    A counter is the integral over the city's time divided by `speed`, so that its rate a second of the world is right.
    """

    start: float
    begin: float
    speed: float = 1.0

    def day(self, at: float) -> float:
        """Return the moment in the life of the city."""
        return self.begin + (at - self.start) * self.speed

    def at(self, day: float) -> float:
        """Return the moment of the world."""
        return self.start + (day - self.begin) / self.speed


def working_day(now: float, hour: float) -> float:
    """Return the newest moment, not after `now`, when a working day had that hour."""
    there = local(now)
    while there.weekday() >= _SATURDAY or at(there, hour) > now:
        there -= timedelta(days=1)
    return at(there, hour)
