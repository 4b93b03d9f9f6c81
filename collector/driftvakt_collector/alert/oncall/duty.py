"""Who is on duty at a moment. Pure.

Level by level, the primary first:
1. Planned: a line by date, else the first layer of the level that has its hours, and there whose turn it is.
2. Who is absent, or has a higher level at that moment already, is not on duty: the next in that layer's rotation is,
   then the layers below; nobody, where the rota says so.
3. Swaps in the order in which they were made, then overrides likewise. One that names somebody who is absent, or has a
   higher level already, changes nothing.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import NamedTuple

from driftvakt_collector.alert.oncall.changes import ChangeKind, DutyChange
from driftvakt_collector.alert.oncall.hours import moment, within
from driftvakt_collector.alert.oncall.rota import Layer, Rota, Why


class Duty(NamedTuple):
    """Somebody on duty, on which level, and why. planned: who would be by the plan alone, empty for nobody."""

    level: int
    person: str
    why: Why
    planned: str


@dataclass(frozen=True)
class Source:
    """What says who is on duty: a line by date or a layer. people: whose turn it is, then who comes next."""

    people: tuple[str, ...]
    why: Why


def on_duty(rota: Rota, changes: Iterable[DutyChange], at: float) -> tuple[str, ...]:
    """Return who is on duty at a moment, the primary first."""
    return tuple(duty.person for duty in duties(rota, changes, at))


def duties(rota: Rota, changes: Iterable[DutyChange], at: float) -> tuple[Duty, ...]:
    """Return who is on duty at a moment and why, the primary first."""
    return tuple(duty for duty in places(rota, changes, at) if duty.person)


def places(rota: Rota, changes: Iterable[DutyChange], at: float) -> tuple[Duty, ...]:
    """Return each level at a moment, the primary first; a person is empty where nobody is on duty."""
    valid = sorted((one for one in changes if one.concerns(rota.name) and one.holds(at)), key=lambda one: one.id)
    absent = {one.person for one in valid if one.kind is ChangeKind.ABSENCE}
    found: list[Duty] = []
    for level in rota.levels:
        away = absent | {duty.person for duty in found}
        found.append(_duty(rota, valid, at, level, away, is_first=not found))
    return tuple(found)


def _duty(rota: Rota, valid: Sequence[DutyChange], at: float, level: int, away: set[str], *, is_first: bool) -> Duty:
    sources = list(_sources(rota, at, level))
    planned = sources[0].people[0] if sources else ""
    why = sources[0].why if sources else Why.ROTATION
    current = planned
    if planned in away:
        others = (person for source in sources for person in source.people) if rota.cover else iter(())
        current, why = next((one for one in others if one not in away), ""), Why.COVER
    holder = planned
    for change in valid:
        if change.kind is ChangeKind.SWAP:
            other = _swapped(change, holder) or _swapped(change, current)
            if other and other not in away:
                holder, current, why = other, other, Why.SWAP
    for change in valid:
        if change.kind is ChangeKind.OVERRIDE and change.person not in away:
            meant = change.instead in (holder, current) if change.instead else is_first
            if meant:
                holder, current, why = change.person, change.person, Why.OVERRIDE
    return Duty(level, current, why, planned)


def _swapped(change: DutyChange, person: str) -> str:
    """Return who has that person's duty by a swap, empty where it is not about them."""
    if not person:
        return ""
    return {change.person: change.instead, change.instead: change.person}.get(person, "")


def _sources(rota: Rota, at: float, level: int) -> Iterator[Source]:
    for line in reversed(rota.dates):
        if line.level == level and line.begin <= at < line.end:
            yield Source((line.person,), Why.DATE)
    day = datetime.fromtimestamp(at, rota.zone).date()
    for layer in rota.layers:
        if layer.level == level:
            number = turn(rota, layer, at, day)
            if number is not None and any(one.holds(at, day, rota.zone, rota.is_red) for one in layer.hours):
                first = number % len(layer.people)
                yield Source(layer.people[first:] + layer.people[:first], Why.ROTATION)


def turn(rota: Rota, layer: Layer, at: float, day: date) -> int | None:
    """Return the number of a layer's turn at a moment, from 0; None before the first and after the last."""
    number = (day - layer.start).days // layer.days
    if at < handover(rota, layer, number):
        number -= 1
    elif at >= handover(rota, layer, number + 1):
        number += 1
    if number < 0 or (layer.until is not None and at >= moment(rota.zone, layer.until, layer.minute)):
        return None
    return number


def handover(rota: Rota, layer: Layer, number: int) -> float:
    """Return when a layer's turn of that number begins, seconds since the epoch."""
    return moment(rota.zone, layer.start + timedelta(days=number * layer.days), layer.minute)


def must_have_somebody(rota: Rota, at: float) -> bool:
    """Say whether somebody must be on duty at a moment."""
    return within(rota.hours, at, rota.zone, rota.is_red)
