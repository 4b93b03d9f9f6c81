"""What hours a day has by a calendar's rules, and which of the rules said so. Pure.

A rule that stands further up goes before those below:

1. dated exceptions: closed, open in addition, other hours;
2. holidays of one's own, red days, eves;
3. times outside of the terms, and breaks in them;
4. half days and days before red ones, which shorten the usual hours and never lengthen them;
5. the hours of the week.
"""

from dataclasses import dataclass
from datetime import date, timedelta
from enum import Enum

from driftvakt_collector.alert.calendars.holidays import HALF_DAYS, Sort, half_days, holidays
from driftvakt_collector.alert.calendars.hours import ALL_DAY, Day, Hours, limited
from driftvakt_collector.alert.words import Words

OUTSIDE_TERMS = Words("utanför terminerna", "outside the terms")
BEFORE_RED = Words("dag före röd dag", "day before a holiday")


class Effect(Enum):
    """What an exception does to a day. OPEN adds hours, CLOSED takes them away, INSTEAD puts others in their place."""

    OPEN = "open"
    CLOSED = "closed"
    INSTEAD = "hours"


@dataclass(frozen=True)
class Exceptional:
    """A dated exception, from its first day up to and with its last. hours: of each of the days, by the wall clock."""

    first: date
    last: date
    effect: Effect
    hours: Day
    reason: Words


@dataclass(frozen=True)
class OwnDay:
    """A holiday of one's own, each year on its date, or in one year alone."""

    month: int
    day: int
    year: int | None
    hours: Day
    name: Words

    def falls_on(self, day: date) -> bool:
        """Say if it is that day."""
        return (self.month, self.day) == (day.month, day.day) and self.year in (None, day.year)


@dataclass(frozen=True)
class Term:
    """A time with a name, from its first day up to and with its last: a term, or a break in one."""

    first: date
    last: date
    name: Words


@dataclass(frozen=True)
class Rules:
    """By what a day's hours are found. week: Monday first. red, eves: their hours, None where they are as other days.

    half: by the names of HALF_DAYS, or a date as 12-23 or 2026-12-23, within which hours a day is open at most.
    before_red: the same of a day before a red one, None for as usual. terms: none where there are no such things.
    """

    week: tuple[Day, ...]
    red: Day | None = ()
    eves: Day | None = ()
    before_red: Day | None = None
    half: tuple[tuple[str, Day], ...] = ()
    own: tuple[OwnDay, ...] = ()
    terms: tuple[Term, ...] = ()
    breaks: tuple[Term, ...] = ()
    exceptions: tuple[Exceptional, ...] = ()

    @property
    def are_always(self) -> bool:
        """Say if no day is ever other than open."""
        special = (self.red, self.eves, self.before_red) != (None, None, None)
        dated = self.half or self.own or self.terms or self.breaks or self.exceptions
        return not special and not dated and self.week == (ALL_DAY,) * 7


@dataclass(frozen=True)
class Plan:
    """One day. hours: those that begin on it, and may go on past midnight. why: what made them differ from the week's.

    opened, closed: hours by the wall clock that exceptions add and take away, each with its reason; an opening wins.
    """

    hours: Day
    why: Words | None
    opened: tuple[tuple[Hours, Words], ...] = ()
    closed: tuple[tuple[Hours, Words], ...] = ()


def plan(rules: Rules, day: date) -> Plan:
    """Return what a day is."""
    hours, why = _usual(rules, day)
    opened: list[tuple[Hours, Words]] = []
    closed: list[tuple[Hours, Words]] = []
    for one in rules.exceptions:
        if not one.first <= day <= one.last:
            continue
        if one.effect is Effect.INSTEAD or (one.effect is Effect.CLOSED and one.hours == ALL_DAY):
            hours, why = (), one.reason
            closed.append((ALL_DAY[0], one.reason))
        elif one.effect is Effect.CLOSED:
            closed += [(part, one.reason) for part in one.hours]
        if one.effect is not Effect.CLOSED:
            opened += [(part, one.reason) for part in one.hours]
    return Plan(hours, why, tuple(opened), tuple(closed))


def _usual(rules: Rules, day: date) -> tuple[Day, Words | None]:
    """Return a day's hours without exceptions."""
    for own in rules.own:
        if own.falls_on(day):
            return own.hours, own.name
    if rules.red is not None or rules.eves is not None:
        holiday = holidays(day.year).get(day)
        if holiday is not None:
            special = rules.red if holiday.sort is Sort.RED else rules.eves
            if special is not None:
                return special, holiday.name
    week = rules.week[day.weekday()]
    away = _away(rules, day)
    # A Saturday in a break is closed for it is a Saturday.
    if away is not None and week:
        return (), away
    return _shortened(rules, day, week)


def _away(rules: Rules, day: date) -> Words | None:
    """Return why no term is on, None where one is or there are none."""
    for one in rules.breaks:
        if one.first <= day <= one.last:
            return one.name
    if rules.terms and not any(one.first <= day <= one.last for one in rules.terms):
        return OUTSIDE_TERMS
    return None


def _shortened(rules: Rules, day: date, week: Day) -> tuple[Day, Words | None]:
    if not week:
        return week, None
    if rules.half:
        names = half_days(day.year).get(day, ())
        for name, limit in rules.half:
            if name in names or name in (day.isoformat(), f"{day:%m-%d}"):
                return limited(week, limit), HALF_DAYS.get(name) or _dated(day)
    if rules.before_red is not None:
        following = day + timedelta(days=1)
        holiday = holidays(following.year).get(following)
        if holiday is not None and holiday.sort is Sort.RED:
            return limited(week, rules.before_red), BEFORE_RED
    return week, None


_MONTHS_SV = (
    "januari", "februari", "mars", "april", "maj", "juni", "juli", "augusti", "september", "oktober", "november",
    "december",
)  # fmt: skip
_MONTHS_EN = (
    "January", "February", "March", "April", "May", "June", "July", "August", "September", "October", "November",
    "December",
)  # fmt: skip


def _dated(day: date) -> Words:
    return Words(f"{day.day} {_MONTHS_SV[day.month - 1]}", f"{day.day} {_MONTHS_EN[day.month - 1]}")
