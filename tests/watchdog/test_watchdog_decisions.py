"""Whether somebody is well, in simulated time: no false alarm, and nobody dies unnoticed."""

import random
import time
from dataclasses import dataclass, field

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from driftvakt_watchdog import (
    AGAIN,
    ALARM,
    CLOCK,
    SILENT,
    WELL,
    Beat,
    BeatError,
    Event,
    Finding,
    Watch,
    compose,
    lasts,
    listened,
    read_beat,
    weekly_due,
)  # fmt: skip

WALL = 1_795_000_000.0
MAIL = Finding("mail", "e-post når inte fram", "mail does not arrive")
DISK = Finding("disk", "disken är full", "the disk is full")


def beat(at: float = WALL, *findings: Finding, every: float = 30.0) -> Beat:
    return Beat("collector", "", at, every, findings, "2143 värdar", "2143 hosts")


@dataclass
class Scene:
    """A watch whose seconds pass one by one."""

    every: float = 30.0
    wall: float = WALL
    watch: Watch = field(init=False)
    events: list[tuple[float, Event]] = field(default_factory=list)
    passed: float = 0.0

    def __post_init__(self) -> None:
        self.watch = Watch("collector", self.every)

    def hear(self, *findings: Finding, skew: float = 0.0) -> "Scene":
        self._tell(self.watch.hear(beat(self.wall + skew, *findings, every=self.every), self.wall))
        return self

    def wait(self, seconds: float) -> "Scene":
        for _ in range(round(seconds)):
            self.passed += 1.0
            self.wall += 1.0
            self._tell(self.watch.wait(1.0))
        return self

    def beats(self, count: int, *findings: Finding, skew: float = 0.0) -> "Scene":
        for _ in range(count):
            self.wait(self.every).hear(*findings, skew=skew)
        return self

    def restart(self, away: float = 0.0) -> "Scene":
        kept = self.watch.kept()
        self.watch = Watch("collector", self.every)
        self.watch.restore(kept)
        self.wall += away
        return self

    def _tell(self, events: list[Event]) -> None:
        self.events += [(self.passed, event) for event in events]

    def kinds(self) -> list[tuple[str, tuple[str, ...]]]:
        return [(event.kind, event.new) for _, event in self.events]


# --- silence ---


@pytest.mark.parametrize("every", [10.0, 30.0, 45.0, 60.0])
def test_who_dies_is_missed_within_180_seconds(every: float) -> None:
    scene = Scene(every).beats(3)
    died = scene.passed
    scene.wait(180)

    ((at, event),) = scene.events
    assert (event.kind, event.new) == (ALARM, (SILENT,))
    assert 2.9 * every <= at - died <= 180


@pytest.mark.parametrize("every", [10.0, 30.0, 60.0])
def test_one_lost_heartbeat_is_nothing(every: float) -> None:
    scene = Scene(every).beats(3).wait(every).beats(3).wait(1.9 * every - 1).hear().beats(3)

    assert scene.events == []


def test_an_alarm_is_repeated_each_half_hour_and_ends_with_two_heartbeats() -> None:
    scene = Scene().beats(3).wait(2 * 3600).beats(2)

    assert [kind for kind, _ in scene.kinds()] == [ALARM, AGAIN, AGAIN, AGAIN, WELL]
    assert scene.events[-1][1].for_seconds == pytest.approx(7200 - 105 + 60, abs=2)


def test_an_alarm_that_somebody_took_is_not_repeated_for_eight_hours() -> None:
    scene = Scene().beats(3).wait(200)
    scene.watch.acknowledged = True
    scene.wait(7.9 * 3600)

    assert len(scene.events) == 1
    scene.wait(600)
    assert scene.kinds()[-1][0] == AGAIN


def test_one_heartbeat_of_a_dying_collector_ends_no_alarm() -> None:
    scene = Scene().beats(3).wait(200).hear().wait(300).hear().wait(300)

    assert scene.kinds() == [(ALARM, (SILENT,))]


def test_who_was_never_heard_is_missed_after_ten_minutes() -> None:
    scene = Scene().wait(599)
    assert scene.events == []
    scene.wait(2)
    assert scene.kinds() == [(ALARM, (SILENT,))]
    assert "har aldrig hörts av" in compose(scene.events[0][1], scene.watch, "sv", "dog", WALL).subject


# --- our own restarts and stalls ---


def test_our_restart_accuses_nobody() -> None:
    scene = Scene().beats(3).wait(29).restart(away=3600).wait(30).beats(3)

    assert scene.events == []


def test_who_died_before_our_restart_is_still_missed() -> None:
    scene = Scene().beats(3).wait(60).restart(away=5)
    since = scene.passed
    scene.wait(100)

    ((at, event),) = scene.events
    assert (event.new, at - since) == ((SILENT,), 45.0)


def test_one_that_restarts_again_and_again_misses_all_the_same() -> None:
    scene = Scene().beats(3)
    for _ in range(4):
        scene.wait(50).restart()

    assert scene.kinds() == [(ALARM, (SILENT,))]


def test_a_restart_repeats_no_alarm_and_forgets_none() -> None:
    scene = Scene().beats(3).wait(200).restart(away=60).wait(200)
    assert scene.kinds() == [(ALARM, (SILENT,))]
    scene.beats(2)
    assert scene.kinds()[-1] == (WELL, ())


def test_who_was_stopped_has_not_listened() -> None:
    assert listened(1.0, 1.0) == (1.0, False)
    assert listened(4.9, 1.0) == (4.9, False)
    assert listened(600.0, 1.0) == (1.0, True)
    assert listened(-5.0, 1.0) == (1.0, True)
    watch = Watch("collector")
    watch.hear(beat(), WALL)
    for elapsed in [1.0] * 80 + [900.0]:
        seconds, stopped = listened(elapsed, 1.0)
        if stopped:
            watch.stalled()
        assert watch.wait(seconds) == []
    for _ in range(40):
        assert watch.wait(1.0) == []


# --- what a heartbeat says ---


def test_what_is_sick_is_told_at_once_and_by_name() -> None:
    scene = Scene().beats(3).wait(30).hear(MAIL)

    assert scene.kinds() == [(ALARM, ("mail",))]
    text = compose(scene.events[0][1], scene.watch, "sv", "vakthund-1", WALL, "http://w/ack/1")
    assert text.subject == "LARM: collector: e-post når inte fram"
    assert "2143 värdar" in text.body
    assert "http://w/ack/1" in text.short


def test_more_that_gets_sick_is_told_and_less_is_not() -> None:
    scene = Scene().beats(2).beats(3, MAIL).beats(3, MAIL, DISK).beats(3, DISK).beats(3)

    assert scene.kinds() == [(ALARM, ("mail",)), (ALARM, ("disk",)), (WELL, ())]


def test_what_is_sick_and_then_dies_is_told_twice() -> None:
    scene = Scene().beats(2).beats(2, MAIL).wait(180)

    assert scene.kinds() == [(ALARM, ("mail",)), (ALARM, (SILENT,))]


@pytest.mark.parametrize("skew", [31.0, -31.0, 3600.0, -7200.0])
def test_a_wrong_clock_is_told_within_180_seconds(skew: float) -> None:
    scene = Scene(60.0).beats(3)
    since = scene.passed
    scene.beats(4, skew=skew)

    ((at, event),) = scene.events
    assert (event.new, at - since <= 180) == ((CLOCK,), True)
    assert scene.beats(2).kinds()[-1] == (WELL, ())


def test_a_small_skew_or_one_late_heartbeat_is_nothing() -> None:
    assert Scene().beats(5, skew=29.0).beats(1, skew=-45.0).beats(5).events == []


@pytest.mark.parametrize(
    "body",
    [b"", b"[]", b"{}", b"null", b'{"name":"x","at":1,"every":1e9}', b'{"name":5,"at":1,"every":30}', b"\xff",
     b'{"name":"x","at":NaN,"every":30}', b'{"name":"x","at":1,"every":30,"findings":[1]}', b"[" * 30_000,
     b'{"name":"x","at":1,"every":30,"findings":5}', b'{"name":"x","at":1e400,"every":30}'],
)  # fmt: skip
def test_what_is_no_heartbeat_is_refused(body: bytes) -> None:
    with pytest.raises(BeatError):
        read_beat(body)


def test_texts_of_a_heartbeat_are_one_line() -> None:
    body = b'{"name":"x","at":1,"every":30,"findings":[{"code":"a\\r\\nBcc: b","sv":"s\\u2028t","en":"e"}]}'
    told = read_beat(body)

    assert told.findings == (Finding("a  Bcc: b", "s t", "e"),)


# --- the week's test ---


def local(text: str) -> time.struct_time:
    return time.strptime(text, "%Y-%m-%d %H:%M")


def test_a_test_a_week_whatever_the_clock_does() -> None:
    plan = (0, 9, 0)
    tested, sent = "2026-W12", []
    # Monday 30 March 2026 is the day after the clock was put forward; each hour of three weeks is looked at twice.
    for day in range(23, 32):
        for hour in [*range(24), *range(8, 12)]:
            week = weekly_due(plan, tested, local(f"2026-03-{day} {hour:02}:00"))
            if week:
                tested = week
                sent.append((day, hour))

    assert sent == [(23, 9), (30, 9)]
    assert weekly_due(None, "", local("2026-03-30 10:00")) == ""


@pytest.mark.parametrize(("seconds", "text"), [(105.0, "105 s"), (1800.0, "30 min"), (36_000.0, "10 h")])
def test_how_long_is_told_for_people(seconds: float, text: str) -> None:
    assert lasts(seconds, "sv") == text


# --- a long life ---


def test_no_false_alarm_in_a_million_minutes() -> None:
    """Heartbeats of a collector that lives: late, lost, over restarts of both, over clocks that are put right."""
    random_ = random.Random(20261127)
    every, watch, events = 60.0, Watch("collector", 60.0), []
    wall, skew, minutes, restarts, lost, steps, stops = WALL, 0.0, 1_000_000, 0, 0, 0, 0
    was_lost = False
    due = 0.0
    now = 0.0
    for number in range(minutes):
        due = number * every
        dice = random_.random()
        # Up to 10 s late, as a request that is tried again; the next one is on time again.
        arrives = due + (random_.random() * 0.5 if dice > 0.02 else random_.random() * 10.0)
        wall += arrives - now
        seconds, now = arrives - now, arrives
        if dice < 0.0005:
            # We are killed or updated, and are away for up to a day: what was sent meanwhile was not heard.
            restarts += 1
            events += watch.wait(seconds * random_.random())
            kept = watch.kept()
            watch = Watch("collector", every)
            watch.restore(kept)
            continue
        if dice < 0.001:
            # The machine is suspended: its clocks stand, or jump.
            stops += 1
            passed, stopped = listened(seconds + random_.random() * 86_400, 1.0)
            assert stopped
            watch.stalled()
            events += watch.wait(passed)
            continue
        events += watch.wait(seconds)
        if dice > 0.999 and not was_lost:
            # One is lost on the way, or the collector is restarted in the moment in which it was due.
            lost += 1
            was_lost = True
            continue
        was_lost = False
        if 0.01 < dice < 0.011:
            # Either clock is put right by some seconds; and summer time moves neither.
            steps += 1
            skew = random_.uniform(-25.0, 25.0)
        events += watch.hear(beat(wall + skew, every=every), wall)

    assert events == []
    assert min(restarts, lost, steps, stops) > 300


@settings(max_examples=60)
@given(
    every=st.sampled_from([10.0, 20.0, 30.0, 45.0, 60.0]), lived=st.integers(2, 12), jitter=st.integers(0, 5),
    lost=st.booleans(), restart_after=st.integers(0, 170), restarts=st.booleans(), dies=st.booleans(),
)  # fmt: skip
def test_each_death_is_noticed_within_180_seconds_of_listening(
    every: float, lived: int, jitter: int, lost: bool, restart_after: int, restarts: bool, dies: bool
) -> None:
    """A death is silence, or a heartbeat that says what died. A restart of our own does not begin the count anew,

    but we must have listened for one and a half heartbeats in one go.
    """
    scene = Scene(every).beats(lived)
    if lost:
        scene.wait(every)
    scene.wait(min(every, jitter)).hear()
    died = scene.passed
    if not dies:
        scene.beats(1, MAIL)
    elif restarts:
        scene.wait(restart_after).restart(away=20).wait(max(180 - restart_after, 1.5 * every + 1))
    else:
        scene.wait(180)

    assert [event.kind for _, event in scene.events] == [ALARM]
    allowed = max(180.0, restart_after + 1.5 * every + 1) if restarts and dies else 180.0
    assert scene.events[0][0] - died <= allowed
