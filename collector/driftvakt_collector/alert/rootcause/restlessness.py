"""How often what failed was told of: a thing that comes and goes is told of twice an hour, and no more."""

from collections import deque

HOUR = 3600.0
MOST = 2
"""Alerts an hour about one thing."""
STABLE = 900.0
"""Seconds without a change after which what came and went is steady again."""


class Restlessness:
    """Remembers, by key, when alerts were raised within the last hour."""

    def __init__(self) -> None:
        self._raised: dict[str, deque[float]] = {}

    def raised(self, key: str, now: float) -> None:
        """Remember an alert."""
        self._raised.setdefault(key, deque(maxlen=MOST)).append(now)

    def recent(self, key: str, now: float) -> int:
        """Return how many alerts were raised within the last hour."""
        times = self._raised.get(key)
        return sum(now - one < HOUR for one in times) if times else 0

    def forget(self, now: float) -> None:
        """Drop what is older."""
        for key in [key for key, times in self._raised.items() if now - times[-1] >= HOUR]:
            del self._raised[key]
