"""A case in a supplier's hands: its states, and a clock that runs in the supplier's service time."""

import itertools

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from driftvakt_collector.desk.suppliers.handover import (
    OPEN,
    THEIRS,
    Always,
    Breach,
    Event,
    State,
    due,
    findings,
    may,
    opened,
    step,
)

HOUR, DAY = 3600.0, 86_400.0


class Office:
    """Eight hours a day, from 8 to 16 UTC."""

    def open_seconds(self, begin: float, end: float) -> float:
        return max(0.0, self._until(end) - self._until(begin))

    def due(self, at: float, minutes: float) -> float:
        wanted = self._until(at) + minutes * 60.0
        days, rest = divmod(wanted, 8 * HOUR)
        if rest == 0 and days:
            days, rest = days - 1, 8 * HOUR
        return max(at, days * DAY + 8 * HOUR + rest)

    def _until(self, at: float) -> float:
        days, rest = divmod(at, DAY)
        return days * 8 * HOUR + min(max(rest - 8 * HOUR, 0.0), 8 * HOUR)


AT = 10 * DAY + 15 * HOUR
"""An hour before the office closes."""


def test_a_case_goes_its_way() -> None:
    one = opened(0.0, 30, 4, Always())
    seen = [one.state]
    for number, event in enumerate((Event.ANSWER, Event.WORK, Event.MEND, Event.REOPEN, Event.MEND, Event.ACCEPT)):
        one = step(one, event, 60.0 * (number + 1), Always())
        seen.append(one.state)

    assert [state.value for state in seen] == [
        "opened", "answered", "working", "mended", "reopened", "mended", "accepted",
    ]  # fmt: skip
    assert (one.answered_at, one.mended_at) == (60.0, 300.0)
    assert due(one) == ()


def test_the_clock_runs_in_service_time() -> None:
    one = opened(AT, 120, 4, Office())

    assert one.answer_due_at == 11 * DAY + 9 * HOUR
    assert one.mend_due_at == 11 * DAY + 11 * HOUR
    assert due(one) == ((Breach.ANSWER, 11 * DAY + 9 * HOUR), (Breach.MEND, 11 * DAY + 11 * HOUR))


def test_what_is_late_is_late_by_service_time() -> None:
    one = opened(AT, 30, 2, Office())
    now = 11 * DAY + 12 * HOUR

    assert findings(one, AT + 29 * 60, Office()) == ()
    answer, mend = findings(one, now, Office())

    assert (answer.breach, answer.late, answer.is_over) == (Breach.ANSWER, 4.5 * HOUR, False)
    assert (mend.breach, mend.late) == (Breach.MEND, 3 * HOUR)
    answered = step(one, Event.ANSWER, now, Office())
    assert [(found.breach, found.is_over) for found in findings(answered, now + DAY, Office())] == [
        (Breach.ANSWER, True), (Breach.MEND, False),
    ]  # fmt: skip


def test_the_clock_stands_still_until_we_say_that_it_is_not_mended() -> None:
    one = opened(AT, 0, 4, Office())
    mended = step(one, Event.MEND, AT + 0.5 * HOUR, Office())

    again = step(mended, Event.REOPEN, 12 * DAY + 9 * HOUR, Office())

    assert again.mend_due_at == 12 * DAY + 12.5 * HOUR
    assert again.mended_at is None
    assert findings(again, 12 * DAY + 12 * HOUR, Office()) == ()


def test_who_was_late_before_stays_late_when_it_was_not_mended() -> None:
    one = opened(0.0, 0, 1, Always())
    mended = step(one, Event.MEND, 3 * HOUR, Always())

    again = step(mended, Event.REOPEN, 4 * HOUR, Always())

    assert again.mend_due_at == HOUR
    assert findings(again, 5 * HOUR, Always())[0].late == 4 * HOUR


def test_their_own_desk_may_go_back_to_work() -> None:
    mended = step(opened(0.0, 0, 4, Always()), Event.MEND, HOUR, Always())

    assert step(mended, Event.WORK, 2 * HOUR, Always()).state is State.WORKING
    assert step(mended, Event.ANSWER, 2 * HOUR, Always()).state is State.MENDED


def test_what_is_over_stays_over() -> None:
    for end in (Event.ACCEPT, Event.CANCEL):
        over = step(step(opened(0.0, 5, 1, Always()), Event.MEND, 9.0, Always()), end, 10.0, Always())
        for event in Event:
            assert step(over, event, 20.0, Always()) == over
            assert not may(over, event)


def test_a_case_that_was_taken_back_is_late_no_more() -> None:
    cancelled = step(opened(0.0, 30, 1, Always()), Event.CANCEL, 600.0, Always())

    assert findings(cancelled, 9 * DAY, Always()) == ()
    assert due(cancelled) == ()


@pytest.mark.parametrize("state", list(State))
def test_every_state_is_someones_or_over(state: State) -> None:
    assert (state in OPEN) != (state in (State.ACCEPTED, State.CANCELLED))
    assert THEIRS < OPEN


@settings(max_examples=200)
@given(st.lists(st.tuples(st.sampled_from(list(Event)), st.floats(-1e5, 1e6)), max_size=12))
def test_no_order_of_events_breaks_a_case(told: list[tuple[Event, float]]) -> None:
    one = opened(0.0, 30, 4, Office())
    cases = [one]
    for event, at in told:
        cases.append(one := step(one, event, at, Office()))

    for before, after in itertools.pairwise(cases):
        assert after.changed_at >= before.changed_at
        assert before.answered_at is None or after.answered_at == before.answered_at
    assert (one.mended_at is not None) == (one.state is State.MENDED) or one.state in (State.ACCEPTED, State.CANCELLED)
    assert all(found.late >= 0 for found in findings(one, 2e6, Office()))
