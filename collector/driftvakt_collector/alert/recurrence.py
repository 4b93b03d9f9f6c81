"""What comes again: `tue 22:00`, `monthly 2nd tue +1d 20:00`, `monthly last day 18:00`, `monthly 25 06:00`. Pure.

A time begins by the wall clock and has its length in hours that pass: four hours from 22:00 are four hours on each
night of the year. A night without 02:30 has its time at 03:00, one with two of them at the first.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from zoneinfo import ZoneInfo

from driftvakt_collector.alert import weekdays
from driftvakt_collector.alert.span import Span
from driftvakt_collector.alert.wall_clock import clock, day_of, moment, zone_of
from driftvakt_collector.alert.words import Words

MAX_SECONDS = 7 * 86400.0
"""How long one time may last."""
MAX_PLUS = 20
LAST = -1
_HORIZON = 420
"""Days in which each of them comes at least once."""
_TURN = 3600.0
_ONE = timedelta(days=1)
_NTH = {"1st": 1, "2nd": 2, "3rd": 3, "4th": 4, "last": LAST, "första": 1, "andra": 2, "tredje": 3, "fjärde": 4,
        "sista": LAST}  # fmt: skip
_TEXT = re.compile(r"(?P<on>.+?)\s+(?P<hour>\d{1,2}):(?P<minute>\d\d)", re.ASCII)
_MONTHLY = re.compile(r"monthly\s+(?P<nth>\w+)\s+(?P<day>\w+)(?:\s*\+\s*(?P<plus>\d{1,3})\s*d)?")
_DATED = re.compile(r"monthly\s+(?P<day>\d{1,2})", re.ASCII)
_HOW = (
    "write one like 'tue 22:00', 'mon-fri 20:00', 'daily 02:00', 'monthly 2nd tue +1d 20:00', 'monthly last sun 20:00',"
    " 'monthly 25 06:00' or 'monthly last day 18:00'"
)


class RecurrenceError(ValueError):
    """It is nothing that comes again; the text says what to write."""


@dataclass(frozen=True)
class Weekly:
    """On some days of each week. days: Monday is 0."""

    days: frozenset[int]

    def falls_on(self, day: date) -> bool:
        """Say if it begins on that day."""
        return day.weekday() in self.days

    def apart(self) -> int:
        """Return the days between the two nearest."""
        ordered = sorted(self.days)
        return min((later - sooner for sooner, later in zip(ordered, [*ordered[1:], ordered[0] + 7], strict=True)))

    def written(self) -> str:
        """Return it as it is read."""
        return weekdays.written(self.days)

    def told(self) -> Words:
        """Return it for people."""
        if len(self.days) == 7:
            return Words("varje dag", "daily")
        names = [weekdays.NAMES[one] for one in sorted(self.days)]
        return Words("varje " + ", ".join(one.sv for one in names), "every " + ", ".join(one.en for one in names))


@dataclass(frozen=True)
class Nth:
    """Some days after the n-th weekday of each month; LAST for the last one of it. Patch Tuesday is the second."""

    number: int
    weekday: int
    plus: int = 0

    def falls_on(self, day: date) -> bool:
        """Say if it begins on that day."""
        counted = day - timedelta(days=self.plus)
        if counted.weekday() != self.weekday:
            return False
        if self.number == LAST:
            return (counted + timedelta(days=7)).month != counted.month
        return (counted.day - 1) // 7 + 1 == self.number

    def apart(self) -> int:
        """Return the days between the two nearest."""
        return 28

    def written(self) -> str:
        """Return it as it is read."""
        nth = "last" if self.number == LAST else ("1st", "2nd", "3rd", "4th")[self.number - 1]
        return f"monthly {nth} {weekdays.SHORT[self.weekday]}" + (f" +{self.plus}d" if self.plus else "")

    def told(self) -> Words:
        """Return it for people."""
        at = 4 if self.number == LAST else self.number - 1
        name = weekdays.NAMES[self.weekday]
        swedish = f"{('första', 'andra', 'tredje', 'fjärde', 'sista')[at]} {name.sv}en i månaden"
        english = f"the {('first', 'second', 'third', 'fourth', 'last')[at]} {name.en} of the month"
        if self.plus:
            swedish = f"{self.plus} {'dag' if self.plus == 1 else 'dagar'} efter {swedish}"
            english = f"{self.plus} day{'' if self.plus == 1 else 's'} after {english}"
        return Words(swedish, english)


@dataclass(frozen=True)
class Dated:
    """On a day of each month, 1 to 28, or LAST for the last one of it."""

    day: int

    def falls_on(self, day: date) -> bool:
        """Say if it begins on that day."""
        return (day + _ONE).day == 1 if self.day == LAST else day.day == self.day

    def apart(self) -> int:
        """Return the days between the two nearest."""
        return 28

    def written(self) -> str:
        """Return it as it is read."""
        return "monthly last day" if self.day == LAST else f"monthly {self.day}"

    def told(self) -> Words:
        """Return it for people."""
        if self.day == LAST:
            return Words("sista dagen i månaden", "the last day of the month")
        return Words(f"den {self.day}:{'a' if self.day in (1, 2, 21, 22) else 'e'} i månaden",
                     f"day {self.day} of the month")  # fmt: skip


@dataclass(frozen=True)
class Recurrence:
    """Times that begin on certain days at a minute of the wall clock and last some seconds.

    since, until: none begins before, or at or after; until None for never ending.
    """

    on: Weekly | Nth | Dated
    minute: int
    seconds: float
    time_zone: str
    since: float
    until: float | None = None

    def at(self, at: float) -> Span | None:
        """Return the time that a moment lies in, None for none."""
        zone = zone_of(self.time_zone)
        day, last = day_of(at - self.seconds, zone), day_of(at, zone)
        while day <= last:
            span = self._on(day, zone)
            if span is not None and span.holds(at):
                return span
            day += _ONE
        return None

    def between(self, begin: float, end: float) -> Iterator[Span]:
        """Give in order the times that meet those between two moments."""
        zone = zone_of(self.time_zone)
        begin = max(begin, self.since)
        if self.until is not None:
            end = min(end, self.until + self.seconds)
        if begin >= end:
            return
        day, last = day_of(begin - self.seconds, zone), day_of(end, zone)
        while day <= last:
            span = self._on(day, zone)
            if span is not None and span.meets(Span(begin, end)):
                yield span
            day += _ONE

    def first(self) -> Span | None:
        """Return the first of all, None where it never comes."""
        return next(self.between(self.since, self.since + _HORIZON * 86400.0), None)

    def last_end(self) -> float | None:
        """Return when the last of all ends, None where they never end."""
        if self.until is None:
            return None
        begin = max(self.since, self.until - _HORIZON * 86400.0)
        return max((span.end for span in self.between(begin, self.until)), default=self.since)

    def written(self) -> str:
        """Return when it is, as `read` reads it."""
        return f"{self.on.written()} {clock(self.minute)}"

    def told(self) -> Words:
        """Return when it is, for people."""
        on = self.on.told()
        return Words(f"{on.sv} {clock(self.minute)}", f"{on.en} {clock(self.minute)}")

    def _on(self, day: date, zone: ZoneInfo) -> Span | None:
        if not self.on.falls_on(day):
            return None
        begin = moment(day, self.minute, zone)
        if begin < self.since or (self.until is not None and begin >= self.until):
            return None
        return Span(begin, begin + self.seconds)


def read(
    text: str, *, seconds: float, time_zone: str, since: float, until: float | None = None
) -> Recurrence:  # fmt: skip
    """Return what a text says comes again. Raises RecurrenceError, ZoneError."""
    zone_of(time_zone)
    told = " ".join(text.lower().split()).removeprefix("every ").removeprefix("weekly ")
    found = _TEXT.fullmatch(told)
    if found is None or len(text) > 200:
        raise RecurrenceError(f"{text[:80]!r} is nothing that comes again; {_HOW}")
    minute = int(found["hour"]) * 60 + int(found["minute"])
    if minute >= 1440 or int(found["minute"]) > 59:
        raise RecurrenceError(f"{text[:80]!r}: no clock shows {found['hour']}:{found['minute']}")
    on = _on(found["on"], text)
    # A day on which the clock is set forward has 23 hours.
    most = min(MAX_SECONDS, on.apart() * 86400.0 - _TURN)
    if not 60.0 <= seconds <= most:
        raise RecurrenceError(
            f"each time of {text[:80]!r} must last 1 minute to {most / 3600:g} hours, or it would meet the next,"
            f" got {seconds / 3600:g} hours"
        )
    if until is not None and until <= since:
        raise RecurrenceError(f"{text[:80]!r} would end before it begins; write an end after the beginning")
    recurrence = Recurrence(on, minute, seconds, time_zone, since, until)
    if recurrence.first() is None:
        raise RecurrenceError(f"{text[:80]!r} does not come before its end; write a later end, or leave it out")
    return recurrence


def _on(told: str, text: str) -> Weekly | Nth | Dated:
    if (monthly := _MONTHLY.fullmatch(told)) is not None:
        number, days = _NTH.get(monthly["nth"]), weekdays.read(monthly["day"])
        plus = int(monthly["plus"] or 0)
        if number == LAST and monthly["day"] in ("day", "dagen") and not plus:
            return Dated(LAST)
        if number is None or days is None or len(days) != 1:
            raise RecurrenceError(f"{text[:80]!r}: a month has a 1st, 2nd, 3rd, 4th and last weekday; {_HOW}")
        if plus > MAX_PLUS:
            raise RecurrenceError(f"{text[:80]!r}: at most {MAX_PLUS} days after a weekday, got {plus}")
        return Nth(number, min(days), plus)
    if (dated := _DATED.fullmatch(told)) is not None:
        if not 1 <= int(dated["day"]) <= 28:
            raise RecurrenceError(
                f"{text[:80]!r}: not every month has a day {dated['day']}; write 1 to 28, or 'monthly last day 20:00'"
            )
        return Dated(int(dated["day"]))
    days = weekdays.read(told)
    if days is None:
        raise RecurrenceError(f"{text[:80]!r} is nothing that comes again; {_HOW}")
    return Weekly(days)
