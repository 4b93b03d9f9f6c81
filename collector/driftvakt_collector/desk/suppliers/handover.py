"""What becomes of a case in a supplier's hands, and its clock. Pure.

    opened → answered → working → mended → accepted
                           ↑         ↓
                           └──── reopened            and from anywhere but accepted: cancelled

The clock runs in the supplier's service time and stands still while a fault is mended and nobody has said that it is
not: if we take a day to look, that is no day of theirs.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from enum import Enum
from typing import Protocol


class State(Enum):
    """Where a case is."""

    OPENED = "opened"
    ANSWERED = "answered"
    WORKING = "working"
    MENDED = "mended"
    REOPENED = "reopened"
    ACCEPTED = "accepted"
    CANCELLED = "cancelled"


OPEN = frozenset({State.OPENED, State.ANSWERED, State.WORKING, State.MENDED, State.REOPENED})
"""In which something is still to be done, by them or by us."""
THEIRS = OPEN - {State.MENDED}
"""In which it is their turn."""


class Event(Enum):
    """What is told. ANSWER, WORK and MEND by them; ACCEPT, REOPEN and CANCEL by us."""

    ANSWER = "answer"
    WORK = "work"
    MEND = "mend"
    ACCEPT = "accept"
    REOPEN = "reopen"
    CANCEL = "cancel"


class Breach(Enum):
    """What is late."""

    ANSWER = "answer"
    MEND = "mend"


class Clock(Protocol):
    """Service time. Moments are seconds since the epoch."""

    def open_seconds(self, begin: float, end: float) -> float:
        """Return the seconds of service time between two moments."""
        ...

    def due(self, at: float, minutes: float) -> float:
        """Return when so many minutes of service time after a moment are over."""
        ...


class Always:
    """The clock of who works day and night."""

    def open_seconds(self, begin: float, end: float) -> float:
        return max(0.0, end - begin)

    def due(self, at: float, minutes: float) -> float:
        return at + minutes * 60.0


@dataclass(frozen=True)
class Handover:
    """Where a case is, and by when what is due; None where nothing was agreed. Seconds since the epoch.

    changed_at: when it came to this state, or was told something last.
    """

    state: State
    opened_at: float
    answered_at: float | None = None
    answer_due_at: float | None = None
    mend_due_at: float | None = None
    mended_at: float | None = None
    changed_at: float = 0.0


@dataclass(frozen=True)
class Finding:
    """Something that was late, or is. late: seconds of service time. is_over: it has been done since."""

    breach: Breach
    due_at: float
    late: float
    is_over: bool


def opened(at: float, answer_minutes: float, mend_hours: float, clock: Clock) -> Handover:
    """Return a new case, with its times by the supplier's clock; 0 for what was not agreed."""
    return Handover(
        State.OPENED, at,
        answer_due_at=clock.due(at, answer_minutes) if answer_minutes > 0 else None,
        mend_due_at=clock.due(at, mend_hours * 60.0) if mend_hours > 0 else None,
        changed_at=at,
    )  # fmt: skip


_NEXT: Mapping[State, Mapping[Event, State]] = {
    State.OPENED: {
        Event.ANSWER: State.ANSWERED, Event.WORK: State.WORKING, Event.MEND: State.MENDED,
        Event.CANCEL: State.CANCELLED,
    },
    State.ANSWERED: {
        Event.ANSWER: State.ANSWERED, Event.WORK: State.WORKING, Event.MEND: State.MENDED,
        Event.CANCEL: State.CANCELLED,
    },
    State.WORKING: {
        Event.ANSWER: State.WORKING, Event.WORK: State.WORKING, Event.MEND: State.MENDED,
        Event.CANCEL: State.CANCELLED,
    },
    State.MENDED: {
        Event.ANSWER: State.MENDED, Event.WORK: State.WORKING, Event.MEND: State.MENDED,
        Event.ACCEPT: State.ACCEPTED, Event.REOPEN: State.REOPENED, Event.CANCEL: State.CANCELLED,
    },
    State.REOPENED: {
        Event.ANSWER: State.REOPENED, Event.WORK: State.WORKING, Event.MEND: State.MENDED,
        Event.CANCEL: State.CANCELLED,
    },
    State.ACCEPTED: {},
    State.CANCELLED: {},
}  # fmt: skip


def may(one: Handover, event: Event) -> bool:
    """Say if a case takes an event."""
    return event in _NEXT[one.state]


def step(one: Handover, event: Event, at: float, clock: Clock) -> Handover:
    """Return what an event makes of a case; the case itself where it takes none such, which is no mistake:

    suppliers' desks tell of what is long over, and twice. at: when we heard of it.
    """
    state = _NEXT[one.state].get(event)
    if state is None:
        return one
    at = max(at, one.changed_at, one.opened_at)
    found = replace(one, state=state, changed_at=at)
    if found.answered_at is None and event in (Event.ANSWER, Event.WORK, Event.MEND):
        found = replace(found, answered_at=at)
    if one.state is State.MENDED and state in (State.WORKING, State.REOPENED):
        return _resumed(found, at, clock)
    if event is Event.MEND and one.state is not State.MENDED:
        found = replace(found, mended_at=at)
    return found


def _resumed(one: Handover, at: float, clock: Clock) -> Handover:
    """Return a case whose clock goes on where it stood when it was said to be mended."""
    if one.mended_at is None or one.mend_due_at is None:
        return replace(one, mended_at=None)
    if one.mend_due_at <= one.mended_at:
        # It was late before it was mended, and stays so by as much.
        return replace(one, mended_at=None)
    left = clock.open_seconds(one.mended_at, one.mend_due_at)
    return replace(one, mended_at=None, mend_due_at=clock.due(at, left / 60.0))


def findings(one: Handover, now: float, clock: Clock) -> tuple[Finding, ...]:
    """Return what was late or is. A case that was cancelled is not late any more."""
    found = []
    ends = (
        (Breach.ANSWER, one.answer_due_at, one.answered_at),
        (Breach.MEND, one.mend_due_at, one.mended_at),
    )
    for breach, due_at, done_at in ends:
        if due_at is None:
            continue
        until = done_at
        if until is None:
            until = one.changed_at if one.state is State.CANCELLED else now
        if until > due_at:
            found.append(Finding(breach, due_at, clock.open_seconds(due_at, until), one.state not in THEIRS
                                 or done_at is not None))  # fmt: skip
    return tuple(found)


def due(one: Handover) -> tuple[tuple[Breach, float], ...]:
    """Return what they still have to do, and by when: what timers are set for."""
    if one.state not in THEIRS:
        return ()
    found = []
    if one.answered_at is None and one.answer_due_at is not None:
        found.append((Breach.ANSWER, one.answer_due_at))
    if one.mend_due_at is not None:
        found.append((Breach.MEND, one.mend_due_at))
    return tuple(found)
