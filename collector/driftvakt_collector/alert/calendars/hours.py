"""Hours of a day as people write them: 08-17, 08:00-12:00, 22:00-06:00."""

import itertools
import re
from collections.abc import Iterable
from typing import NamedTuple

from driftvakt_collector.alert.wall_clock import clock

DAY = 1440
MAX_HOURS = 12
"""Openings that one day may have."""
_ONE = re.compile(r"(\d{1,2})(?::(\d\d))?\s*[-–]\s*(\d{1,2})(?::(\d\d))?", re.ASCII)
_CLOSED = frozenset({"closed", "stängt"})
_ALL_DAY = frozenset({"all day", "hela dagen"})


class HoursError(ValueError):
    """These are no hours; the text says what to write."""


class Hours(NamedTuple):
    """From a minute of the day on, up to another; more than 1440 is on the day after."""

    begin: int
    end: int


Day = tuple[Hours, ...]
"""The hours of a day, in order; none where it is closed."""
ALL_DAY: Day = (Hours(0, DAY),)


def read(text: str) -> Day:
    """Return the hours that a text names, several with commas between. Raises HoursError."""
    told = text.strip().lower()
    if told in _CLOSED:
        return ()
    if told in _ALL_DAY:
        return ALL_DAY
    day = sorted(_one(part) for part in told[:200].split(","))
    if len(day) > MAX_HOURS:
        raise HoursError(f"{text[:80]!r} has more than {MAX_HOURS} openings")
    for one, following in itertools.pairwise(day):
        if following.begin < one.end:
            raise HoursError(f"{text[:80]!r}: {shown([one])} and {shown([following])} overlap")
    if day[-1].end - DAY > day[0].begin:
        raise HoursError(f"{text[:80]!r}: it goes on past midnight into its own beginning")
    return tuple(day)


def _one(text: str) -> Hours:
    found = _ONE.fullmatch(text.strip())
    if found is None:
        raise HoursError(f"{text.strip()[:80]!r} must be like 08:00-17:00, 22:00-06:00, 'all day' or 'closed'")
    begin, end = (int(found[at]) * 60 + int(found[at + 1] or 0) for at in (1, 3))
    wrong = begin >= DAY or end > DAY or any(int(found[at] or 0) > 59 for at in (2, 4))
    if wrong:
        raise HoursError(f"{text.strip()[:80]!r} has a time that no clock shows; they go from 00:00 to 24:00")
    if begin == end:
        raise HoursError(f"{text.strip()[:80]!r} begins when it ends; write 00:00-24:00 for all day")
    return Hours(begin, end if end > begin else end + DAY)


def limited(day: Day, limit: Day) -> Day:
    """Return what of a day's hours lies within others."""
    cut = (Hours(max(one.begin, cap.begin), min(one.end, cap.end)) for one in day for cap in limit)
    return tuple(sorted(one for one in cut if one.begin < one.end))


def shown(day: Iterable[Hours]) -> str:
    """Return hours for people: 08:00–12:00, 13:00–17:00."""
    return ", ".join(f"{clock(one.begin)}–{clock(one.end if one.end <= DAY else one.end - DAY)}" for one in day)
