"""When each device is asked: spread over the interval, and a dead one more and more seldom. Pure."""

from dataclasses import dataclass
from zlib import crc32

LONGEST = 900.0
"""Seconds between two visits to a device that does not answer, at most."""
FACTS = 3600.0
"""Seconds between two visits with facts."""


@dataclass(frozen=True, slots=True)
class Turn:
    """due: when the next visit is, monotonic seconds. failures: visits in a row that brought nothing. facts_due: when

    the next visit with facts is.
    """

    due: float
    failures: int = 0
    facts_due: float = 0.0


def first(origin: str, now: float, every: float, *, spread: float) -> Turn:
    """Return a device's first turn: within `spread` seconds, at a place of its own, the same after each start."""
    return Turn(now + _place(origin) * min(spread, every), 0, now)


def after(turn: Turn, origin: str, now: float, every: float, *, failed: bool, facts: bool) -> Turn:
    """Return the turn after a visit. facts: they were asked for, and came.

    The grid is kept: a visit that took long, or began late, does not move those that follow.
    """
    if failed:
        failures = turn.failures + 1
        wait = min(every * 2 ** min(failures - 1, 8), max(LONGEST, every))
        return Turn(now + wait, failures, turn.facts_due)
    due = turn.due + every
    if due <= now:
        # Visits that were missed are not made up for.
        due += every * ((now - due) // every + 1)
    facts_due = now + FACTS * (0.9 + 0.2 * _place(origin)) if facts else turn.facts_due
    return Turn(due, 0, facts_due)


def _place(origin: str) -> float:
    return crc32(origin.encode()) / 2**32
