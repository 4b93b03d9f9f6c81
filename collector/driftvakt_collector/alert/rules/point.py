"""A point: a rule at one series of a host, with the places of all that it needs in the host's values."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from math import nan

from driftvakt_collector.alert.rules.functions import divided
from driftvakt_collector.alert.rules.rule import Condition, Function, Op, Rule
from driftvakt_collector.alert.rules.track import Key
from driftvakt_collector.fleet.series import Labels

PointKey = tuple[str, Labels]
"""Name of the rule, labels of the series: by what a state of a host is known."""
GONE = -1
"""The position of a series that the host does not tell."""


@dataclass(frozen=True, slots=True)
class Check:
    """A guard at its positions."""

    condition: Condition
    position: int
    per: int | None

    def holds(self, values: Sequence[float]) -> bool:
        """Say if it is so."""
        return holds(self.condition.op, read(values, self.position, self.per), self.condition.threshold)


@dataclass(frozen=True, slots=True, eq=False)
class Point:
    """position, per: places of the series and of its divisor, None where there is none.

    others: of an absence, the places of all series that must not be missing together. key: by what its state is known.
    series, divisor: the columns of their samples.
    """

    rule: Rule
    labels: Labels
    position: int
    per: int | None = None
    checks: tuple[Check, ...] = ()
    others: tuple[int, ...] = ()
    key: PointKey = field(init=False)
    series: Key = field(init=False)
    divisor: Key = field(init=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "key", (self.rule.name, self.labels))
        object.__setattr__(self, "series", (self.rule.series, self.labels))
        object.__setattr__(self, "divisor", (self.rule.per, self.labels))

    def newest(self, values: Sequence[float], now: float) -> float:
        """Return what is measured where no samples of before are needed. now: seconds since the epoch."""
        function = self.rule.function
        if function is Function.AGE:
            return now - read(values, self.position)
        if function is Function.UNTIL:
            return read(values, self.position) - now
        return read(values, self.position, self.per)

    def is_absent(self, values: Sequence[float]) -> bool:
        """Say if the host tells none of the series."""
        return all(values[other] != values[other] for other in self.others)

    def guarded(self, values: Sequence[float]) -> bool:
        """Say if the guards hold."""
        return all(check.holds(values) for check in self.checks)


def read(values: Sequence[float], position: int, per: int | None = None) -> float:
    """Return a value, or the quotient of two; NaN where there is none."""
    if position == GONE or per == GONE:
        return nan
    return values[position] if per is None else divided(values[position], values[per])


def holds(op: Op, value: float, threshold: float) -> bool:
    """Say if a value is on the wrong side of a threshold; NaN is on none."""
    if op is Op.ABOVE:
        return value > threshold
    return value < threshold if op is Op.BELOW else value == threshold
