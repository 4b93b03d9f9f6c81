"""A rule: which series of which hosts, how they are measured, and when that is wrong."""

from dataclasses import dataclass, field
from enum import Enum

from driftvakt_collector.alert.alert import Severity
from driftvakt_collector.alert.rules.matcher import Matcher
from driftvakt_collector.alert.words import Words
from driftvakt_wire import names


class Function(Enum):
    """What is measured of a series. The names are those of the TOML; Prometheus' own stand in `prometheus.py`."""

    NEWEST = "newest"
    RATE = "rate"
    INCREASE = "increase"
    FORECAST = "forecast"
    AVERAGE = "average"
    MAX = "max"
    MIN = "min"
    CHANGES = "changes"
    AGE = "age"
    UNTIL = "until"
    BASELINE = "baseline"
    ABSENT = "absent"


WINDOWED = frozenset(
    {
        Function.RATE,
        Function.INCREASE,
        Function.FORECAST,
        Function.AVERAGE,
        Function.MAX,
        Function.MIN,
        Function.CHANGES,
    }
)
"""Those that need samples of before."""
COUNTED = frozenset({Function.RATE, Function.INCREASE})
"""Those that a divisor is measured by in the same way."""


class Op(Enum):
    """How a value is held against a threshold; the value is PromQL's."""

    ABOVE = ">"
    BELOW = "<"
    EQUALS = "=="


class Against(Enum):
    """How a value is held against what is usual at this weekday and hour."""

    RATIO = "ratio"
    DIFFERENCE = "difference"


@dataclass(frozen=True)
class Condition:
    """clear: the threshold while it fires, so that a value on the edge does not come and go; None for the same."""

    op: Op
    threshold: float
    clear: float | None = None


@dataclass(frozen=True)
class Guard:
    """A condition on another series with the same labels, without which the rule says nothing. per: as in Rule."""

    series: str
    condition: Condition
    per: str = ""


@dataclass(frozen=True)
class Rule:
    """name: as of Prometheus' alerts. subject: the file's, of which the rule is. hosts: facts that must match.

    series, labels: what is measured; per: a series with the same labels by which it is divided. window, ahead: seconds
    of the samples that count, and of the forecast. history: seconds ago at which there must have been a value.
    against, time_zone: of a baseline. wait: seconds that it must be true (`for`); keep: seconds that it fires on after.
    unit: of the value, for people. service, runbook: of the alert, empty for none.
    """

    name: str
    series: str
    condition: Condition
    severity: Severity
    summary: Words
    subject: str = ""
    hosts: tuple[Matcher, ...] = ()
    labels: tuple[Matcher, ...] = ()
    per: str = ""
    function: Function = Function.NEWEST
    window: float = 0.0
    ahead: float = 0.0
    history: float = 0.0
    against: Against = Against.RATIO
    time_zone: str = "Europe/Stockholm"
    guards: tuple[Guard, ...] = field(default=())
    wait: float = 0.0
    keep: float = 0.0
    unit: str = ""
    service: str = ""
    runbook: str = ""

    @property
    def reach(self) -> float:
        """How many seconds of samples it needs."""
        return max(self.window, self.history)


def has_severity(rule: Rule) -> bool:
    """Say if the series has a label `severity` of its own, whose place in Prometheus the rule's takes."""
    declared = names.family(rule.series)
    return any(one.label == "severity" for one in rule.labels) or (
        declared is not None and "severity" in declared.labels
    )
