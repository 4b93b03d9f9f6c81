"""How a job is, from what was heard of it."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime
from zoneinfo import ZoneInfo

import pytest

from driftvakt_collector.fleet.gaps import Time
from driftvakt_collector.poll.checks.check import Fault
from driftvakt_collector.poll.jobs.job import Marks, State, Terms, after, judge, spell
from driftvakt_collector.poll.jobs.signal import Kind, Signal
from driftvakt_collector.poll.plan import Cron, Interval

STOCKHOLM = ZoneInfo("Europe/Stockholm")
H = 3600.0
HOURLY = Terms(Interval(H, 600.0), grace=600.0, patience=1800.0, since=0.0, zone=STOCKHOLM)


def at(text: str) -> float:
    return datetime.fromisoformat(text).timestamp()


NIGHTLY = Terms(Cron("30 2 * * *", STOCKHOLM), grace=2 * H, patience=6 * H, since=at("2026-03-20T12:00+01:00"),
                zone=STOCKHOLM)  # fmt: skip


@pytest.mark.parametrize(("marks", "minutes", "state", "fault"), [
    pytest.param(Marks(), 30, State.WAITING, None, id="nothing yet, and nothing due"),
    pytest.param(Marks(), 70, State.WAITING, None, id="within the grace"),
    pytest.param(Marks(), 71, State.LATE, Fault.LATE, id="it never came"),
    pytest.param(Marks(started=600), 20, State.RUNNING, None, id="its first run"),
    pytest.param(Marks(started=600), 40, State.RUNNING, None, id="as long as it may"),
    pytest.param(Marks(started=600), 41, State.HUNG, Fault.HUNG, id="longer than it may"),
    pytest.param(Marks(succeeded=600), 79, State.OK, None, id="well, and the next is not late"),
    pytest.param(Marks(succeeded=600), 81, State.LATE, Fault.LATE, id="well, and the next is late"),
    pytest.param(Marks(failed=600, why="exit code 3"), 20, State.FAILED, Fault.FAILED, id="failed"),
    pytest.param(Marks(failed=600), 81, State.LATE, Fault.LATE, id="failed, and did not come again"),
    pytest.param(Marks(succeeded=500, failed=600), 20, State.FAILED, Fault.FAILED, id="failed after it went well"),
    pytest.param(Marks(succeeded=700, failed=600), 20, State.OK, None, id="well after it failed"),
    pytest.param(Marks(started=900, failed=600), 20, State.FAILED, Fault.FAILED, id="failed, and runs again"),
    pytest.param(Marks(started=4500, succeeded=600), 90, State.RUNNING, None, id="it began in time, and takes long"),
    pytest.param(Marks(started=5000, succeeded=600), 90, State.LATE, Fault.LATE, id="it began late"),
    pytest.param(Marks(started=500, succeeded=600), 20, State.OK, None, id="began and ended"),
])  # fmt: skip
def test_an_hourly_job(marks: Marks, minutes: float, state: State, fault: Fault | None) -> None:
    verdict = judge(HOURLY, marks, (), minutes * 60)

    assert (verdict.state, verdict.fault) == (state, fault), verdict.reason
    assert verdict.reason


@pytest.mark.parametrize(("last", "now", "state"), [
    pytest.param("2026-03-28T02:40+01:00", "2026-03-29T05:29+02:00", State.OK, id="spring: grace from 03:30"),
    pytest.param("2026-03-28T02:40+01:00", "2026-03-29T05:31+02:00", State.LATE, id="spring: late after that"),
    pytest.param("2026-03-29T03:01+02:00", "2026-03-30T04:29+02:00", State.OK, id="spring: cron ran it at 03:00"),
    pytest.param("2026-03-29T03:01+02:00", "2026-03-30T04:31+02:00", State.LATE, id="spring: and not the next night"),
    pytest.param("2026-10-24T02:40+02:00", "2026-10-25T04:29+01:00", State.OK, id="autumn: grace from the second"),
    pytest.param("2026-10-24T02:40+02:00", "2026-10-25T04:31+01:00", State.LATE, id="autumn: late after that"),
    pytest.param("2026-10-25T02:31+02:00", "2026-10-25T23:00+01:00", State.OK, id="autumn: it ran at the first"),
    pytest.param("2026-10-25T02:31+01:00", "2026-10-26T04:29+01:00", State.OK, id="autumn: it ran at the second"),
    pytest.param("2026-10-25T02:31+01:00", "2026-10-26T04:31+01:00", State.LATE, id="autumn: and not the next night"),
])  # fmt: skip
def test_a_nightly_job_when_clocks_are_turned(last: str, now: str, state: State) -> None:
    verdict = judge(NIGHTLY, Marks(succeeded=at(last)), (), at(now))

    assert verdict.state is state, verdict.reason


DOWN = (Time(at("2026-06-02T02:00+02:00"), at("2026-06-02T03:00+02:00")),)


@pytest.mark.parametrize(("marks", "now", "state"), [
    pytest.param(Marks(succeeded=at("2026-06-01T02:40+02:00")), "2026-06-02T04:00+02:00", State.OK, id="not late yet"),
    pytest.param(Marks(succeeded=at("2026-06-01T02:40+02:00")), "2026-06-02T12:00+02:00", State.UNKNOWN,
                 id="its time was within the outage"),
    pytest.param(Marks(succeeded=at("2026-06-01T02:40+02:00")), "2026-06-03T04:29+02:00", State.UNKNOWN,
                 id="until the next run"),
    pytest.param(Marks(succeeded=at("2026-06-01T02:40+02:00")), "2026-06-03T04:31+02:00", State.LATE,
                 id="the next is late for nothing that we did"),
    pytest.param(Marks(succeeded=at("2026-06-01T02:40+02:00"), started=at("2026-06-03T02:30+02:00")),
                 "2026-06-03T05:00+02:00", State.RUNNING, id="the next began in time"),
    pytest.param(Marks(succeeded=at("2026-05-31T02:40+02:00")), "2026-06-02T12:00+02:00", State.LATE,
                 id="it was late before"),
    pytest.param(Marks(), "2026-06-02T12:00+02:00", State.LATE, id="it never came, on nights when we could hear"),
    pytest.param(Marks(started=at("2026-06-02T01:00+02:00"), succeeded=at("2026-06-01T02:40+02:00")),
                 "2026-06-02T12:00+02:00", State.UNKNOWN, id="it may have ended unheard"),
    pytest.param(Marks(started=at("2026-06-02T03:30+02:00"), succeeded=at("2026-06-01T02:40+02:00")),
                 "2026-06-02T12:00+02:00", State.HUNG, id="it began after the outage"),
    pytest.param(Marks(failed=at("2026-06-01T02:40+02:00")), "2026-06-02T12:00+02:00", State.FAILED,
                 id="it failed, and no more is known"),
])  # fmt: skip
def test_what_was_not_heard_while_the_collector_was_down(marks: Marks, now: str, state: State) -> None:
    verdict = judge(NIGHTLY, marks, DOWN, at(now))

    assert verdict.state is state, verdict.reason
    if state is State.UNKNOWN:
        assert "down from 2026-06-02 02:00 CEST to 2026-06-02 03:00 CEST" in verdict.reason
        assert verdict.fault is None


def test_many_outages_and_a_long_silence_end() -> None:
    outages = [Time(number * H, number * H + 60) for number in range(256)]
    every_minute = replace(HOURLY, plan=Cron("* * * * *", STOCKHOLM))

    assert judge(every_minute, Marks(succeeded=1.0), outages, 1e7).state is State.LATE
    assert judge(HOURLY, Marks(succeeded=1.0), [Time(0, 1e7)], 1e7).state is State.UNKNOWN


@pytest.mark.parametrize(("marks", "now", "expected"), [
    (Marks(), "2026-06-02T12:00+02:00", "2026-06-03T02:30+02:00"),
    (Marks(succeeded=at("2026-06-01T02:40+02:00")), "2026-06-02T03:00+02:00", "2026-06-02T02:30+02:00"),
    (Marks(started=at("2026-06-02T02:30:05+02:00")), "2026-06-02T03:00+02:00", "2026-06-03T02:30+02:00"),
])  # fmt: skip
def test_when_the_next_is_due(marks: Marks, now: str, expected: str) -> None:
    assert judge(NIGHTLY, marks, (), at(now)).expected == at(expected)


def heard(*told: tuple[Signal, float], marks: Sequence[Marks] = (Marks(),)) -> Marks:
    found = marks[0]
    for signal, moment in told:
        found = after(found, signal, moment)
    return found


def test_what_is_kept_of_what_a_job_tells() -> None:
    start, success, failure = Signal(Kind.START), Signal(Kind.SUCCESS), Signal(Kind.FAILURE, "exit code 2")

    assert heard((start, 100), (success, 160)) == Marks(100, 160, 0, 60.0)
    assert heard((start, 100), (success, 160), (success, 165)).seconds == 60.0
    assert heard((start, 100), (success, 160), (success, 999)).seconds is None
    assert heard((success, 100)).seconds is None
    assert heard((start, 100), (failure, 160)) == Marks(100, 0, 160, None, "exit code 2")
    assert heard((start, 100), (success, 160), (start, 300), (failure, 400)).seconds == 60.0
    assert heard((start, 100)).running
    assert not heard((start, 100), (failure, 100.5)).running


@pytest.mark.parametrize(("seconds", "told"), [(86_400, "1 d"), (7200, "2 h"), (90 * 60, "90 min"), (0.5, "0.5 s")])
def test_durations_in_words(seconds: float, told: str) -> None:
    assert spell(seconds) == told
