"""What is known of one host at one moment: whether it is heard, and since when it is not. Pure."""

from enum import Enum
from typing import NamedTuple

from driftvakt_collector.alert.decision import PERSONAL

GATEWAYS = frozenset({"relay", "router", "firewall"})
"""Classes over which a whole site is reached."""
CARRIERS = frozenset({"relay", "poller"})
"""Classes that speak for others."""
APART = frozenset({"service", "poller"})
"""Classes that say nothing of their site: what asks stands in the collector, and is heard when the site is cut off."""
MODEST = frozenset({"printer"})
"""Classes whose silence is a warning, and wakes nobody."""
LEAST_PATIENCE = 150.0
"""Seconds without a report that are never too long."""
_DUE = 1.25
"""Of its interval: a report that has not come by then was missed. Agents spread their reports a little."""
UNPROVEN_INTERVALS = 3
"""Intervals of a parent that its child waits for a word of it."""


class State(Enum):
    """UP: its newest report is not too old. SILENT: it is. OFF: it said goodbye. NEW: it was never heard.

    HELD: its lines are not taken, so its silence says nothing.
    """

    UP = "up"
    SILENT = "silent"
    OFF = "off"
    NEW = "new"
    HELD = "held"


class Observation(NamedTuple):
    """One host at one moment. since: its last sign of life. checked: the last moment at which it answered. every:

    seconds between its reports; both times are on the clock of the judge. expected: whether it is meant to run now.
    supplier: who delivers it, empty for ourselves. unanswered: when it had been asked twice since then in vain, else 0.
    """

    origin: str
    name: str
    state: State
    since: float
    checked: float
    every: float
    class_: str
    zone: str
    site: str
    administration: str = ""
    supplier: str = ""
    expected: bool = True
    unanswered: float = 0.0

    @property
    def patience(self) -> float:
        """Seconds without a sign of life after which it may be the reason for an alert."""
        return LEAST_PATIENCE if self.unanswered else patience(self.every)

    @property
    def is_personal(self) -> bool:
        """Whether somebody may switch it off when they go home."""
        return self.class_ in PERSONAL

    @property
    def is_down(self) -> bool:
        """Whether nobody hears it."""
        return self.state is State.SILENT or self.state is State.OFF

    @property
    def missed(self) -> float:
        """When the first report that did not come was missed: what was heard later than that did not fail with it."""
        due = self.since + _DUE * self.every
        return min(due, self.unanswered) if self.unanswered else due


def patience(every: float) -> float:
    """Return the seconds without a report after which a host may be the reason for an alert.

    Sooner than the console calls it silent, so that an agent of a minute pages within three; and never sooner than a
    restart takes.
    """
    return max(2.5 * every, LEAST_PATIENCE)
