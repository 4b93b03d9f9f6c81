"""Hours of a week on a wall clock: `weekdays 17:00-08:00`, `fri 17:00-mon 08:00`, `outside workdays 08:00-17:00`.

Each window is a span between two moments, not a comparison of clock readings: in the night when the clock is turned
back 02:30 is there twice, and a hand-over at 02:30 is the first of them. One that spring leaves out comes an hour on.
"""

import re
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from functools import lru_cache
from zoneinfo import ZoneInfo

IsRed = Callable[[date], bool]
"""Whether a day is a red day: a holiday on which offices are closed."""
DAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
_SWEDISH = ("mån", "tis", "ons", "tor", "fre", "lör", "sön")
_WEEK = frozenset(range(7))
_MINUTES_A_DAY = 24 * 60
_SPAN = re.compile(r"(\d{1,2}:\d{2})-(\d{1,2}:\d{2})")
_ACROSS = re.compile(r"(\w+) (\d{1,2}:\d{2})-(\w+) (\d{1,2}:\d{2})")


class HoursError(ValueError):
    """It names no hours; the text says what to write instead."""


def never_red(_day: date) -> bool:
    """Say that no day is red: where no calendar is named."""
    return False


@dataclass(frozen=True)
class Window:
    """A span that begins on certain days. days: 0 for Monday; begin, until: minutes of the day; over: days between.

    red: True where it begins on red days too, False only on days that are not red, None where red days mean nothing.
    outside: what is meant is all the time but that.
    """

    days: frozenset[int] = _WEEK
    begin: int = 0
    until: int = _MINUTES_A_DAY
    over: int = 0
    red: bool | None = None
    outside: bool = False

    def begins_on(self, day: date, is_red: IsRed) -> bool:
        """Say whether a span begins on a day."""
        if self.red is None:
            return day.weekday() in self.days
        if self.red:
            return day.weekday() in self.days or is_red(day)
        return day.weekday() in self.days and not is_red(day)

    def holds(self, at: float, day: date, zone: ZoneInfo, is_red: IsRed) -> bool:
        """Say whether a moment is meant. day: its date on the wall clock of the zone."""
        for back in range(self.over + 1):
            first = day - timedelta(days=back)
            if self.begins_on(first, is_red) and (
                moment(zone, first, self.begin) <= at < moment(zone, first + timedelta(days=self.over), self.until)
            ):
                return not self.outside
        return self.outside

    def edges(self, begin: date, end: date, zone: ZoneInfo, is_red: IsRed) -> Iterator[float]:
        """Yield the moments at which spans begin or end that touch some days."""
        first = begin - timedelta(days=self.over + 1)
        for number in range((end - first).days + 1):
            day = first + timedelta(days=number)
            if self.begins_on(day, is_red):
                yield moment(zone, day, self.begin)
                yield moment(zone, day + timedelta(days=self.over), self.until)


Hours = tuple[Window, ...]
"""A moment is within if one of them holds it."""
ALWAYS: Hours = (Window(),)


def within(hours: Hours, at: float, zone: ZoneInfo, is_red: IsRed = never_red) -> bool:
    """Say whether a moment is within hours."""
    day = datetime.fromtimestamp(at, zone).date()
    return any(one.holds(at, day, zone, is_red) for one in hours)


@lru_cache(maxsize=1 << 15)
def moment(zone: ZoneInfo, day: date, minutes: int) -> float:
    """Return when a wall clock first shows a time of a day, seconds since the epoch. 1440 is the next midnight."""
    wall = datetime(day.year, day.month, day.day) + timedelta(minutes=minutes)  # noqa: DTZ001  of the zone, below
    return wall.replace(tzinfo=zone).timestamp()


def read_hours(texts: Iterable[str]) -> Hours:
    """Return hours as people write them. Raises HoursError."""
    return tuple(_window(text) for text in texts)


def read_clock(text: str) -> int:
    """Return the minutes of a time of the day, as 08:00; 24:00 is the end of the day. Raises HoursError."""
    hour, _, minute = text.strip().partition(":")
    if not re.fullmatch(r"\d{1,2}:\d{2}", text.strip()) or int(minute) > 59 or int(hour) * 60 + int(minute) > 1440:
        raise HoursError(f"{text[:40]!r} is no time of the day; write it as 08:00")
    return int(hour) * 60 + int(minute)


def read_day(text: str) -> int:
    """Return a weekday, 0 for Monday. Raises HoursError."""
    short = text.strip().lower()[:3]
    for names in (DAYS, _SWEDISH):
        if short in names:
            return names.index(short)
    raise HoursError(f"{text[:40]!r} is no weekday; write mon, tue, wed, thu, fri, sat or sun")


def _window(told: str) -> Window:
    text = re.sub(r"\s*[-–—]\s*", "-", " ".join(told.lower().split()))
    outside = text.startswith("outside ")
    text = text.removeprefix("outside ")
    if text in ("always", "everyday"):
        if outside:
            raise HoursError(f"{told[:60]!r} is never: leave it out")
        return Window()
    if across := _ACROSS.fullmatch(text):
        first, last = read_day(across[1]), read_day(across[3])
        begin, until = read_clock(across[2]), read_clock(across[4])
        over = (last - first) % 7
        return Window(frozenset((first,)), begin, until, 7 if over == 0 and until <= begin else over, outside=outside)
    words = text.split(" ")
    days, red = _days(words[0], told)
    if len(words) == 1:
        return Window(days, red=red, outside=outside)
    span = _SPAN.fullmatch(words[1]) if len(words) == 2 else None
    if span is None:
        raise HoursError(
            f"{told[:60]!r} names no hours; write 'always', 'weekdays 17:00-08:00', 'weekends 08:00-08:00',"
            " 'fri 17:00-mon 08:00' or 'outside workdays 08:00-17:00'"
        )
    begin, until = read_clock(span[1]), read_clock(span[2])
    if begin == _MINUTES_A_DAY:
        raise HoursError(f"{told[:60]!r} begins at 24:00; write 00:00 of the next day")
    return Window(days, begin, until, 1 if until <= begin else 0, red, outside)


def _days(text: str, told: str) -> tuple[frozenset[int], bool | None]:
    named: dict[str, tuple[Iterable[int], bool | None]] = {
        "everyday": (range(7), None), "daily": (range(7), None),
        "weekdays": (range(5), None), "weekends": ((5, 6), None),
        "workdays": (range(5), False), "freedays": ((5, 6), True),
    }  # fmt: skip
    if text in named:
        days, red = named[text]
        return frozenset(days), red
    found: set[int] = set()
    try:
        for part in text.split(","):
            first, dash, last = part.partition("-")
            low = read_day(first)
            high = read_day(last) if dash else low
            found.update((low + step) % 7 for step in range((high - low) % 7 + 1))
    except HoursError:
        raise HoursError(
            f"{told[:60]!r}: {text[:40]!r} are no days; write mon, mon-fri, sat,sun, everyday, weekdays, weekends,"
            " workdays (weekdays that are not red) or freedays (weekends and red days)"
        ) from None
    return frozenset(found), None
