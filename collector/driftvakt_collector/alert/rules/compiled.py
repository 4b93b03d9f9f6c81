"""Rules at the places of a series set: which points a host has. Equal hosts share one program."""

import weakref
from array import array
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass

from driftvakt_collector.alert.rules.point import GONE, Check, Point, PointKey
from driftvakt_collector.alert.rules.quick import Quick, is_steady, places, quick
from driftvakt_collector.alert.rules.rule import COUNTED, WINDOWED, Function, Op, Rule
from driftvakt_collector.alert.rules.track import Key, picker
from driftvakt_collector.fleet.series import Labels, SeriesSet
from driftvakt_collector.fleet.series import shown as exposed

MAX_COLUMNS = 1000
"""Series of a host of which samples are kept."""
MAX_PROFILES = 100
"""Series of a host whose weeks are learnt; each takes 3 kB."""
_HOUR = 3_600_000.0
_KEPT = (_HOUR, 3 * _HOUR, 7 * _HOUR, 13 * _HOUR, 25 * _HOUR, 73 * _HOUR, 8 * 24 * _HOUR, 32 * 24 * _HOUR)
"""For how long samples are kept, so that rules with like windows share them."""
LOOK_BACK = 300.0
"""Seconds for which a value of before counts (Prometheus' look-back)."""


_SEEN = (Function.NEWEST, Function.AGE, Function.UNTIL, Function.ABSENT)


@dataclass(frozen=True)
class Program:
    """quick: points that may be wrong by the newest values. steady: those that ask for states only; states: picks these

    out of a line, for while they are the same, nobody need ask. by_key: all points of which a state may be kept.
    timed: those that time alone can make true. windows: those that need samples; of these are quiet those that are
    well while their series does not change, and busy those that must be measured each time. learning: of baselines.
    columns: by milliseconds that are kept, the positions of series. rules: those with windows. refused: series past
    the bounds.
    """

    quick: Quick
    steady: Quick
    states: Callable[["array[float]"], tuple[bytes, ...]]
    by_key: Mapping[PointKey, Point]
    timed: tuple[Point, ...]
    windows: tuple[Point, ...]
    learning: tuple[Point, ...]
    columns: Mapping[float, Mapping[Key, int]]
    quiet: tuple[Point, ...]
    busy: tuple[Point, ...]
    rules: tuple[Rule, ...]
    refused: int


class Compiler:
    """The programs of the series sets in use, for a list of rules."""

    def __init__(self, rules: Iterable[Rule]) -> None:
        self.rules = tuple(rules)
        self._chosen: dict[tuple[str, ...], tuple[Rule, ...]] = {}
        self._programs: weakref.WeakKeyDictionary[SeriesSet, dict[int, Program]] = weakref.WeakKeyDictionary()

    def program(self, bound: SeriesSet, facts: Mapping[str, str]) -> Program:
        """Return the program of a host with these facts."""
        chosen = self._choose(facts)
        made = self._programs.setdefault(bound, {})
        found = made.get(id(chosen))
        if found is None:
            found = made[id(chosen)] = compiled(bound, chosen)
        return found

    def _choose(self, facts: Mapping[str, str]) -> tuple[Rule, ...]:
        """Return the rules for these facts. Equal choices are one object, by whose id programs are kept."""
        chosen = tuple(rule for rule in self.rules if all(one.matches(facts) for one in rule.hosts))
        return self._chosen.setdefault(tuple(rule.name for rule in chosen), chosen)


def window_of(rule: Rule) -> float:
    """Return for how many milliseconds the samples that a rule needs are kept: with those of other rules together."""
    needed = max(rule.window, rule.history + LOOK_BACK if rule.history else 0.0) * 1000
    return next(kept for kept in _KEPT if needed <= kept)


def compiled(bound: SeriesSet, rules: Iterable[Rule]) -> Program:
    """Return the program of a set."""
    at = Places(bound)
    points: list[Point] = []
    columns: dict[float, dict[Key, int]] = {}
    kept = profiles = refused = 0
    for rule in rules:
        for point in at.points(rule):
            profiles += rule.function is Function.BASELINE
            kept += rule.reach > 0
            if (rule.function is Function.BASELINE and profiles > MAX_PROFILES) or (rule.reach and kept > MAX_COLUMNS):
                refused += 1
                continue
            points.append(point)
            if rule.reach:
                here = columns.setdefault(window_of(rule), {})
                here[point.series] = point.position
                if rule.function in COUNTED and point.per is not None and point.per != GONE:
                    here[point.divisor] = point.per
    windows = [point for point in points if point.rule.function in WINDOWED]
    free = [point for point in windows if not point.checks]
    seen = [point for point in points if point.rule.function in _SEEN]
    steady = [point for point in seen if is_steady(point)]
    return Program(
        quick=quick([*(one for one in seen if not is_steady(one)), *(one for one in windows if one.checks)]),
        steady=quick(steady),
        states=picker(sorted({place for one in steady for place in places(one)})),
        by_key={point.key: point for point in points},
        timed=tuple(point for point in seen if point.rule.function is not Function.NEWEST),
        windows=tuple(windows),
        learning=tuple(point for point in points if point.rule.function is Function.BASELINE),
        columns=columns,
        quiet=tuple(point for point in free if _quiet(point.rule)),
        busy=tuple(point for point in free if not _quiet(point.rule)),
        rules=tuple(rule for rule in rules if rule.function in WINDOWED),
        refused=refused,
    )


def _quiet(rule: Rule) -> bool:
    """Say if a series that did not change within the window is well, whatever it is."""
    steady = (Function.RATE, Function.INCREASE, Function.CHANGES)
    condition = rule.condition
    return rule.function in steady and condition.op is Op.ABOVE and condition.threshold >= 0 and not rule.per


class Places:
    """Where the series of a set stand, by name and labels."""

    def __init__(self, bound: SeriesSet) -> None:
        self._bound = bound
        self._by_labels: dict[str, dict[frozenset[tuple[str, str]], int]] = {}

    def points(self, rule: Rule) -> Iterable[Point]:
        """Return the points of a rule."""
        found = self._matching(rule)
        if rule.function is Function.ABSENT:
            return [Point(rule, (), GONE, others=tuple(position for position, _ in found))]
        return [self.point(rule, position, labels) for position, labels in found]

    def point(self, rule: Rule, position: int, labels: Labels) -> Point:
        """Return the point of a rule at a series."""
        per = self._place(rule.per, labels) if rule.per else None
        checks = tuple(
            Check(one.condition, self._place(one.series, labels), self._place(one.per, labels) if one.per else None)
            for one in rule.guards
        )
        return Point(rule, labels, position, per, checks)

    def _matching(self, rule: Rule) -> list[tuple[int, Labels]]:
        here = [(one, _labels(self._bound, one)) for one in self._bound.index.get(rule.series, ())]
        return [(one, labels) for one, labels in here if is_of(rule, labels)]

    def _place(self, name: str, labels: Labels) -> int:
        """Return where the series of that name with the same labels stands."""
        here = self._by_labels.get(name)
        if here is None:
            positions = self._bound.index.get(name, ())
            here = {frozenset(_labels(self._bound, position)): position for position in positions}
            self._by_labels[name] = here
        return here.get(frozenset(labels), GONE)


def _labels(bound: SeriesSet, position: int) -> Labels:
    """Return a series' labels as the exposition names them, so that a rule means the same in Prometheus; in order."""
    return tuple(sorted(exposed(bound.labels[position])))


def is_of(rule: Rule, labels: Labels) -> bool:
    """Say if a rule is for a series with these labels."""
    if not rule.labels:
        return True
    told = dict(labels)
    return all(one.matches(told) for one in rule.labels)


def vanished(bound: SeriesSet, program: Program, gone: Iterable[Key]) -> list[Point]:
    """Return the points of series that a host tells no more: their samples count until the window has passed."""
    at = Places(bound)
    return [
        at.point(rule, GONE, labels)
        for name, labels in gone
        for rule in program.rules
        if rule.series == name and is_of(rule, labels)
    ]
