"""How fast the life of the city passes: at pace 24 its day takes an hour, while counters still grow as they should."""

from typing import NamedTuple


class Pace(NamedTuple):
    """The life of the city and the clock of the world meet at `start`; from there the city lives `speed` times as fast.

    A counter is the integral over the city's time divided by `speed`, so that its rate a second of the world is right.
    """

    start: float
    speed: float = 1.0

    def day(self, at: float) -> float:
        """Return the moment in the life of the city."""
        return self.start + (at - self.start) * self.speed

    def at(self, day: float) -> float:
        """Return the moment of the world."""
        return self.start + (day - self.start) / self.speed
