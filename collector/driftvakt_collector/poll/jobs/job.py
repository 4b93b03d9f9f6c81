"""How a job is, from its plan, what was heard of it, and now. Pure.

A run that was due while the collector was down may have told, and nobody heard: that is no delay. It is said to be
unknown, until the next run is due.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from enum import Enum
from typing import NamedTuple
from zoneinfo import ZoneInfo

from driftvakt_collector.fleet.gaps import Time
from driftvakt_collector.poll.checks.check import Fault
from driftvakt_collector.poll.jobs.signal import Kind, Signal
from driftvakt_collector.poll.plan import Plan, Slot

_TWICE = 60.0
"""Seconds within which a success that comes again is the same."""


class State(Enum):
    """How a job is."""

    WAITING = "waiting for its first run"
    RUNNING = "running"
    OK = "ok"
    LATE = "late"
    FAILED = "failed"
    HUNG = "running too long"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True)
class Terms:
    """What is agreed. grace: seconds after its time until it is late. patience: seconds that a run may take.

    since: when it was agreed, seconds since the epoch. zone: in which times are told.
    """

    plan: Plan
    grace: float
    patience: float
    since: float
    zone: ZoneInfo


@dataclass(frozen=True, slots=True)
class Marks:
    """When it last began, went well and failed, seconds since the epoch; 0 for never. seconds: how long the last run

    that went well took, None where it did not say when it began. why: what the last failure said of itself.
    """

    started: float = 0.0
    succeeded: float = 0.0
    failed: float = 0.0
    seconds: float | None = None
    why: str = ""

    @property
    def ended(self) -> float:
        """When it last ended, however it went."""
        return max(self.succeeded, self.failed)

    @property
    def running(self) -> bool:
        """Whether it began and has not said that it ended."""
        return self.started > self.ended


class Verdict(NamedTuple):
    """reason: a sentence. fault: what is wrong, None for nothing, or nothing that is known. expected: when the next

    run is due, seconds since the epoch.
    """

    state: State
    reason: str
    fault: Fault | None
    expected: float


def after(marks: Marks, signal: Signal, at: float) -> Marks:
    """Return what is known once a job has told something."""
    if signal.kind is Kind.START:
        return replace(marks, started=at)
    if signal.kind is Kind.FAILURE:
        return replace(marks, failed=at, why=signal.why)
    # A success that is told twice, for its answer was lost, keeps the time it took.
    twice = at - marks.succeeded < _TWICE and marks.succeeded >= marks.started
    seconds = at - marks.started if marks.running else marks.seconds if twice else None
    return replace(marks, succeeded=at, seconds=seconds)


def judge(terms: Terms, marks: Marks, outages: Sequence[Time], now: float) -> Verdict:
    """Return how a job is. outages: when the collector could not hear, in order."""
    lost = None
    if marks.running and now > marks.started + terms.patience:
        lost = _met(outages, marks.started, marks.started + terms.patience)
        if lost is None:
            return _hung(terms, marks, now)
    runs = marks.running and lost is None
    # A run whose end nobody heard came all the same.
    since = max(marks.ended or terms.since, marks.started if lost is not None else 0.0)
    missed, deaf = _missed(terms, since, outages, now)
    lost = lost or deaf
    expected = terms.plan.slot(max(since, marks.started), now - terms.grace).due
    if missed is not None and not (runs and marks.started <= missed.due + terms.grace):
        return Verdict(State.LATE, _late(terms, marks, missed, runs=runs), Fault.LATE, expected)
    if marks.failed > marks.succeeded and not (lost is not None and marks.started > marks.failed):
        again = f"; it runs again since {clock(terms, marks.started)}" if runs else ""
        return Verdict(State.FAILED, f"{_failed(terms, marks)}{again}", Fault.FAILED, expected)
    if runs:
        return Verdict(State.RUNNING, f"it runs since {clock(terms, marks.started)}", None, expected)
    if lost is not None:
        between = f"from {clock(terms, lost.began)} to {clock(terms, lost.ended)}"
        reason = f"the collector was down {between}, and may have missed that it told"
        return Verdict(State.UNKNOWN, reason, None, expected)
    if not marks.succeeded:
        return Verdict(State.WAITING, f"its first run is expected at {clock(terms, expected)}", None, expected)
    return Verdict(State.OK, f"it went well at {clock(terms, marks.succeeded)}", None, expected)


def _missed(terms: Terms, since: float, outages: Sequence[Time], now: float) -> tuple[Slot | None, Time | None]:
    """Return the first run after `since` that is late for nothing that we did, and the last outage that excuses one."""
    slot, excuse = terms.plan.slot(since, since), None
    while slot.due + terms.grace < now:
        met = _met(outages, slot.begins, slot.due + terms.grace)
        if met is None:
            return slot, excuse
        excuse = met
        slot = terms.plan.slot(since, max(slot.due, met.ended))
    return None, excuse


def _met(outages: Sequence[Time], began: float, ended: float) -> Time | None:
    """Return the last outage that meets a time."""
    return next((one for one in reversed(outages) if one.began <= ended and began <= one.ended), None)


def _hung(terms: Terms, marks: Marks, now: float) -> Verdict:
    began = clock(terms, marks.started)
    reason = f"it began at {began} and has not said that it ended; {spell(terms.patience)} are the most"
    return Verdict(State.HUNG, reason, Fault.HUNG, terms.plan.slot(marks.started, now - terms.grace).due)


def _late(terms: Terms, marks: Marks, missed: Slot, *, runs: bool) -> str:
    last = f"it last ended at {clock(terms, marks.ended)}" if marks.ended else "it never told anything"
    if runs:
        last = f"it began only at {clock(terms, marks.started)}"
    return f"it was due at {clock(terms, missed.due)}, with {spell(terms.grace)} of grace, and {last}"


def _failed(terms: Terms, marks: Marks) -> str:
    why = f" with {marks.why}" if marks.why else ""
    return f"it failed at {clock(terms, marks.failed)}{why}"


def clock(terms: Terms, moment: float) -> str:
    """Return a moment as the job's own clock shows it."""
    if moment == float("inf"):
        return "no time"
    return f"{datetime.fromtimestamp(moment, terms.zone):%Y-%m-%d %H:%M %Z}"


def spell(seconds: float) -> str:
    """Return a duration for a sentence: 26 h, 90 min, 2 d."""
    for size, unit in ((86_400, "d"), (3600, "h"), (60, "min")):
        if seconds >= size and seconds % size == 0:
            return f"{seconds // size:.0f} {unit}"
    return f"{seconds:g} s"
