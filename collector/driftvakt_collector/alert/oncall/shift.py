"""Shifts: from when until when the same people are on duty. Pure.

Who is on duty can change at few moments only: hand-overs, edges of hours, of lines by date and of changes. Between two
of these it is asked once.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import pairwise

from driftvakt_collector.alert.oncall.changes import DutyChange
from driftvakt_collector.alert.oncall.duty import Duty, duties, handover, must_have_somebody, places
from driftvakt_collector.alert.oncall.hours import Hours, moment
from driftvakt_collector.alert.oncall.rota import Rota, Why

_AHEAD = 92 * 86_400.0
"""Seconds: how far the next shift is sought."""


@dataclass(frozen=True)
class Shift:
    """From `begin` until before `end`, seconds since the epoch. duties: who is on duty, the primary first."""

    begin: float
    end: float
    duties: tuple[Duty, ...]

    @property
    def people(self) -> tuple[str, ...]:
        """Who is on duty, the primary first."""
        return tuple(duty.person for duty in self.duties)

    @property
    def why(self) -> Why:
        """By what the first of them is on duty."""
        return self.duties[0].why

    def of(self, person: str) -> Duty | None:
        """Return somebody's duty in it."""
        return next((duty for duty in self.duties if duty.person == person), None)


@dataclass(frozen=True)
class Stint:
    """From when until when one person has duty on one level, without a break."""

    person: str
    level: int
    begin: float
    end: float


@dataclass(frozen=True)
class Gap:
    """Nobody is on duty though somebody must be. level: 0 where nobody at all is, else only that level is empty.

    planned: who would be and is away, empty where the plan has nobody.
    """

    begin: float
    end: float
    level: int = 0
    planned: str = ""


def shifts(rota: Rota, changes: Iterable[DutyChange], begin: float, end: float) -> list[Shift]:
    """Return the shifts within a time, in order, cut at its ends. They do not overlap; where nobody is, is none."""
    return [one for one in spans(rota, tuple(changes), begin, end) if one.duties]


def next_on_duty(rota: Rota, changes: Iterable[DutyChange], at: float) -> Shift | None:
    """Return the next shift with another first person than the one at a moment, within three months."""
    found = tuple(changes)
    now = duties(rota, found, at)
    first = now[0].person if now else ""
    week = 8 * 86_400.0
    begin = at
    while begin < at + _AHEAD:
        for one in spans(rota, found, begin, begin + week):
            if one.duties and one.people[0] != first:
                return one
        begin += week
    return None


def stints(found: Iterable[Shift], person: str) -> list[Stint]:
    """Return what somebody has of shifts, those that follow each other as one."""
    mine: list[Stint] = []
    for one in found:
        duty = one.of(person)
        if duty is None:
            continue
        begin = one.begin
        if mine and (mine[-1].end, mine[-1].level) == (one.begin, duty.level):
            begin = mine.pop().begin
        mine.append(Stint(person, duty.level, begin, one.end))
    return mine


def gaps(rota: Rota, changes: Iterable[DutyChange], begin: float, end: float) -> list[Gap]:
    """Return when nobody is on duty, or nobody of a level that has people, within the rota's hours."""
    found: list[Gap] = []
    told = tuple(changes)
    for since, until in pairwise(_edges(rota, told, begin, end)):
        if must_have_somebody(rota, since):
            here = places(rota, told, since)
            empty = [one for one in here if not one.person]
            if len(empty) == len(here):
                missed = ", ".join(dict.fromkeys(one.planned for one in empty if one.planned))
                found.append(Gap(since, until, 0, missed))
            else:
                found += [Gap(since, until, one.level, one.planned) for one in empty]
    return sorted(_joined(found), key=lambda gap: (gap.begin, gap.level))


def spans(rota: Rota, changes: Sequence[DutyChange], begin: float, end: float) -> Iterator[Shift]:
    """Yield the whole time in order, also where nobody is on duty; two that follow each other are never the same."""
    open_: Shift | None = None
    for since, until in pairwise(_edges(rota, changes, begin, end)):
        here = duties(rota, changes, since)
        if open_ is not None and open_.duties == here:
            open_ = Shift(open_.begin, until, here)
            continue
        if open_ is not None:
            yield open_
        open_ = Shift(since, until, here)
    if open_ is not None:
        yield open_


def _edges(rota: Rota, changes: Sequence[DutyChange], begin: float, end: float) -> list[float]:
    first = datetime.fromtimestamp(begin, rota.zone).date()
    found = {begin, end}
    for line in rota.dates:
        found |= {line.begin, line.end}
    for change in changes:
        if change.concerns(rota.name):
            found |= {change.begin, change.end}
    for layer in rota.layers:
        number = max(0, (first - layer.start).days // layer.days - 1)
        while (at := handover(rota, layer, number)) < end:
            found.add(at)
            number += 1
        if layer.until is not None:
            found.add(moment(rota.zone, layer.until, layer.minute))
        found |= _of_hours(layer.hours, rota, begin, end)
    found |= _of_hours(rota.hours, rota, begin, end)
    return sorted(at for at in found if begin <= at <= end)


def _of_hours(hours: Hours, rota: Rota, begin: float, end: float) -> set[float]:
    first, last = (datetime.fromtimestamp(at, rota.zone).date() for at in (begin, end))
    return {at for window in hours for at in window.edges(first, last, rota.zone, rota.is_red)}


def _joined(found: Iterable[Gap]) -> list[Gap]:
    open_: dict[int, Gap] = {}
    done: list[Gap] = []
    for gap in found:
        before = open_.get(gap.level)
        if before is not None and (before.end, before.planned) == (gap.begin, gap.planned):
            open_[gap.level] = Gap(before.begin, gap.end, gap.level, gap.planned)
            continue
        if before is not None:
            done.append(before)
        open_[gap.level] = gap
    return [*done, *open_.values()]
