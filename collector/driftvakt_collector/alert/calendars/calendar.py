"""A calendar: when something is open. Pure; what it found out about a day it remembers.

Hours belong to the day on which they begin: the night shift of a Friday lasts until Saturday morning. Exceptions are of
the wall clock: a date that is closed is closed from 00:00 to 24:00. Who asks often asks about now, so what a day of UTC
holds is kept as a short list of moments at which it opens and closes, and one search in it is the answer.
"""

from bisect import bisect_right
from dataclasses import dataclass, field
from datetime import date, timedelta
from zoneinfo import ZoneInfo

from driftvakt_collector.alert import span, weekdays
from driftvakt_collector.alert.calendars.day import Plan, Rules, plan
from driftvakt_collector.alert.calendars.holidays import holidays
from driftvakt_collector.alert.calendars.hours import Hours, shown
from driftvakt_collector.alert.span import Span
from driftvakt_collector.alert.wall_clock import STOCKHOLM, day_of, local, moment, zone_of
from driftvakt_collector.alert.words import Words

HORIZON = 800
"""Days ahead in which the next opening or closing is looked for."""
_DAY = 86400
_KEPT = 4096
_ONE = timedelta(days=1)


class PlanError(ValueError):
    """It is no calendar. The text lists every mistake, each with what to write instead."""


@dataclass(frozen=True)
class Calendar:
    """When something is open. inverted: open when its rules say closed, for standby. Times: seconds since the epoch."""

    name: str
    title: Words
    rules: Rules
    time_zone: str = STOCKHOLM
    inverted: bool = False
    _edges: dict[int, tuple[float, ...]] = field(default_factory=dict, init=False, repr=False, compare=False)
    _days: dict[date, tuple[Span, ...]] = field(default_factory=dict, init=False, repr=False, compare=False)

    def is_open(self, at: float) -> bool:
        """Say if it is open at a moment."""
        edges = self._edges.get(at // _DAY)  # type: ignore[call-overload]  # 20615.0 finds what 20615 keeps
        if edges is None:
            edges = self._reckon(int(at // _DAY))
        return bisect_right(edges, at) & 1 == 1

    def expects(self, at: float) -> bool:
        """Say if what follows this calendar, as a PC that is off at night, is expected to be on."""
        return self.is_open(at)

    def opens(self, at: float) -> float | None:
        """Return the first moment from `at` on at which it is open, None for none in 800 days."""
        if self.is_open(at):
            return at
        first = int(at // _DAY)
        for number in range(first, first + HORIZON):
            for begin in self._of(number)[::2]:
                if begin >= at:
                    return begin
        return None

    def closes(self, at: float) -> float | None:
        """Return the first moment from `at` on at which it is closed, None for none in 800 days."""
        if not self.is_open(at):
            return at
        if not self.inverted and self.rules.are_always:
            return None
        first = int(at // _DAY)
        for number in range(first, first + HORIZON):
            edges = self._of(number)
            if number > first and (not edges or edges[0] > number * _DAY):
                return float(number * _DAY)
            end = next(end for end in edges[1::2] if end > at)
            if end < (number + 1) * _DAY:
                return end
        return None

    def spans(self, begin: float, end: float) -> list[Span]:
        """Return when it is open between two moments, in order."""
        found: list[Span] = []
        for number in range(int(begin // _DAY), int(-(-end // _DAY))):
            edges = self._of(number)
            found += [Span(*one) for one in zip(edges[::2], edges[1::2], strict=True)]
        return list(span.within(span.joined(found), Span(begin, end)))

    def open_seconds(self, begin: float, end: float) -> float:
        """Return for how many seconds it is open between two moments."""
        total = 0.0
        for number in range(int(begin // _DAY), int(-(-end // _DAY))):
            edges = self._of(number)
            for opened, closed in zip(edges[::2], edges[1::2], strict=True):
                total += max(0.0, min(closed, end) - max(opened, begin))
        return total

    def is_workday(self, at: float) -> bool:
        """Say if it is Monday to Friday there and no holiday."""
        day = day_of(at, self.zone)
        return day.weekday() < 5 and not self.is_red(day)

    def is_holiday(self, at: float) -> bool:
        """Say if it is a red day there, an eve, or a holiday of the calendar's own. A plain Sunday is none."""
        return self.is_red(day_of(at, self.zone))

    def why(self, at: float) -> Words:
        """Return what to tell people: open until when, or closed for what reason."""
        if self.is_open(at):
            until = self.closes(at)
            if until is None:
                return Words("Öppet tills vidare", "Open until further notice")
            words = self._told(until, at)
            reason = None if self.inverted else self._said(at, opened=True)
            tail = ("", "") if reason is None else (f": {reason.sv}", f": {reason.en}")
            return Words(f"Öppet till {words.sv}{tail[0]}", f"Open until {words.en}{tail[1]}")
        if self.inverted:
            again = self.opens(at)
            if again is None:
                return Words("Stängt tills vidare", "Closed until further notice")
            words = self._told(again, at)
            return Words(f"Stängt till {words.sv}", f"Closed until {words.en}")
        reason = self._said(at, opened=False) or self._closed(self.plan(day_of(at, self.zone)), at)
        return Words(f"Stängt: {reason.sv}", f"Closed: {reason.en}")

    def plan(self, day: date) -> Plan:
        """Return what a day is by the rules, before an inversion."""
        return plan(self.rules, day)

    @property
    def zone(self) -> ZoneInfo:
        """The time zone of its wall clock."""
        return zone_of(self.time_zone)

    def is_red(self, day: date) -> bool:
        """Say if a day is a red one, an eve, or a holiday of the calendar's own. A plain Sunday is none."""
        return day in holidays(day.year) or any(one.falls_on(day) for one in self.rules.own)

    def _said(self, at: float, *, opened: bool) -> Words | None:
        """Return the reason of the exception that opens or closes it at a moment."""
        today = day_of(at, self.zone)
        for day in (today, today - _ONE):
            found = self.plan(day)
            for hours, reason in found.opened if opened else found.closed:
                if self._span(day, hours).holds(at):
                    return reason
        return None

    def _closed(self, found: Plan, at: float) -> Words:
        """Return why a day without an exception at that moment is closed then."""
        hours = shown(found.hours)
        if found.why is not None:
            if not hours:
                return found.why
            return Words(f"{found.why.sv}, öppet {hours}", f"{found.why.en}, open {hours}")
        if not hours:
            return weekdays.NAMES[local(at, self.zone).weekday()]
        return Words(f"utanför {hours}", f"outside {hours}")

    def _told(self, moment_: float, now: float) -> Words:
        """Return a moment for people, as one says it today."""
        then, today = local(moment_, self.zone), day_of(now, self.zone)
        if then.date() == today:
            return Words(f"{then:%H:%M}", f"{then:%H:%M}")
        if then.date() == today + _ONE:
            if (then.hour, then.minute) == (0, 0):
                return Words("24:00", "24:00")
            return Words(f"{then:%H:%M} i morgon", f"{then:%H:%M} tomorrow")
        weekday = weekdays.NAMES[then.weekday()]
        return Words(f"{weekday.sv} {then:%Y-%m-%d %H:%M}", f"{weekday.en} {then:%Y-%m-%d %H:%M}")

    def _of(self, number: int) -> tuple[float, ...]:
        edges = self._edges.get(number)
        return self._reckon(number) if edges is None else edges

    def _reckon(self, number: int) -> tuple[float, ...]:
        """Return when it opens, closes, opens, … within a day of UTC, counted from 1970."""
        frame = Span(float(number * _DAY), float((number + 1) * _DAY))
        day, last = day_of(frame.begin, self.zone), day_of(frame.end, self.zone)
        found: list[Span] = []
        while day <= last:
            found += self._day(day)
            day += _ONE
        spans = span.within(span.joined(found), frame)
        if self.inverted:
            spans = span.without([frame], spans)
        edges = tuple(edge for one in spans for edge in one)
        if len(self._edges) >= _KEPT:
            self._edges.clear()
        self._edges[number] = edges
        return edges

    def _day(self, day: date) -> tuple[Span, ...]:
        """Return when it is open on a day of the wall clock."""
        known = self._days.get(day)
        if known is not None:
            return known
        usual: list[Span] = []
        opened: list[Span] = []
        closed: list[Span] = []
        for one in (day - _ONE, day):
            found = self.plan(one)
            usual += [self._span(one, hours) for hours in found.hours]
            opened += [self._span(one, hours) for hours, _ in found.opened]
            closed += [self._span(one, hours) for hours, _ in found.closed]
        frame = Span(moment(day, 0, self.zone), moment(day + _ONE, 0, self.zone))
        spans = span.within(span.joined([*span.without(usual, closed), *opened]), frame)
        if len(self._days) >= _KEPT:
            self._days.clear()
        self._days[day] = spans
        return spans

    def _span(self, day: date, hours: Hours) -> Span:
        return Span(moment(day, hours.begin, self.zone), moment(day, hours.end, self.zone))
