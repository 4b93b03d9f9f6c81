"""Audit, heartbeat and watchdog together, in simulated time: what dies is noticed, and what lives is not."""

import random
from dataclasses import dataclass, field

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from driftvakt_collector.alert.alert import Severity
from driftvakt_collector.alert.audit import Facts, Step, audit
from driftvakt_watchdog import ALARM, CLOCK, SILENT, WELL, Beat, Event, Finding, Watch

WALL = 1_795_000_000.0
DEATHS = {
    "collector": {SILENT}, "database": {"database", "canary"}, "mail": {"mail"}, "alerts": {"alerts", "canary"},
    "clock": {CLOCK, "clock"}, "outbox": {"outbox", "canary"}, "escalation": {"escalation"},
}  # fmt: skip
"""What dies, and the words by which the watchdog may tell of it first."""


@dataclass
class Town:
    """A collector whose parts do their work at their times, until one dies. phase: when each first does."""

    every: float
    phase: float
    now: float = 0.0
    dead: str = ""
    skew: float = 0.0
    started: float = 0.0
    last: dict[str, float] = field(default_factory=dict)
    failed_mail: float | None = None
    stuck: float | None = None
    overdue: float | None = None
    events: list[tuple[float, Event]] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.watch = Watch("collector", self.every)
        self.step = Step(WALL, 0.0)

    def second(self) -> None:
        """Let a second pass, with what is due in it."""
        self.now += 1.0
        self._told(self.watch.wait(1.0))
        if self.dead == "collector":
            return
        alive = self.dead not in ("database", "alerts", "outbox")
        self._work("canary", 30.0, alive)
        self._work("store", 20.0, self.dead != "database")
        self._work("loop", 5.0, self.dead != "alerts")
        if self._due("mail", 30.0):
            if self.dead == "mail":
                self.failed_mail = self.now
            else:
                self.last["mail"] = self.now
        if self.dead == "outbox" and self.stuck is None:
            # The canary's own message is the next that is due.
            self.stuck = self.now + 30.0
        if self.dead == "escalation" and self.overdue is None:
            self.overdue = self.now
        if self._due("beat", self.every):
            self.beat()

    def beat(self) -> None:
        facts = Facts(
            up=self.now - self.started, canary=self._age("canary"), store=self._age("store"), loop=self._age("loop"),
            mail_ok=self._age("mail"), mail_failed=None if self.failed_mail is None else self.now - self.failed_mail,
            outbox=None if self.stuck is None else max(0.0, self.now - self.stuck),
            timers=None if self.overdue is None else self.now - self.overdue, disk_free=0.5,
            step=self.step.look(WALL + self.now + self.skew, self.now),
        )  # fmt: skip
        found = tuple(
            Finding(one.code, one.words.sv, one.words.en) for one in audit(facts) if one.severity is Severity.CRITICAL
        )
        told = Beat("collector", "", WALL + self.now + self.skew, self.every, found)
        self._told(self.watch.hear(told, WALL + self.now))

    def _work(self, what: str, every: float, alive: bool) -> None:
        if self._due(what, every) and alive:
            self.last[what] = self.now

    def _due(self, what: str, every: float) -> bool:
        return (self.now + hash_of(what) + self.phase) % every < 1.0

    def _age(self, what: str) -> float | None:
        return None if what not in self.last else self.now - self.last[what]

    def _told(self, events: list[Event]) -> None:
        self.events += [(self.now, event) for event in events]


def hash_of(word: str) -> int:
    return sum(word.encode())


@settings(max_examples=300)
@given(st.sampled_from(sorted(DEATHS)), st.sampled_from([30.0, 60.0]), st.integers(0, 59), st.integers(0, 59))
def test_whatever_dies_is_told_of_within_180_seconds_and_by_name(what: str, every: float, phase: int, at: int) -> None:
    town = Town(every, phase)
    for _ in range(300 + at):
        town.second()
    assert town.events == []
    died = town.now
    town.dead = what
    if what == "clock":
        town.skew = 3600.0 if phase % 2 else -45.0
    for _ in range(180):
        town.second()

    at_first, event = town.events[0]
    assert event.kind == ALARM
    assert set(event.new) <= DEATHS[what]
    assert at_first - died <= 180.0


@pytest.mark.parametrize("what", sorted(set(DEATHS) - {"collector"}))
def test_what_is_mended_is_told_of_too(what: str) -> None:
    town = Town(30.0, 7.0)
    for _ in range(300):
        town.second()
    town.dead = what
    town.skew = 100.0 if what == "clock" else 0.0
    for _ in range(300):
        town.second()
    town.dead, town.skew, town.stuck, town.overdue = "", 0.0, None, None
    for _ in range(500):
        town.second()

    assert town.events[-1][1].kind == WELL
    assert [event.kind for _, event in town.events].count(WELL) == 1


def test_the_audit_of_a_collector_that_lives_raises_nothing_in_a_hundred_thousand_minutes() -> None:
    """Its parts are now and then as late as they may be, it is restarted, and one mail in a hundred is refused."""
    random_ = random.Random(7)
    watch, up, events, restarts = Watch("collector", 60.0), 1e6, [], 0
    step, wall_moved, mono = Step(WALL, 0.0), 0.0, 0.0
    for _ in range(100_000):
        up += 60.0
        mono += 60.0
        if random_.random() < 0.002:
            restarts += 1
            up = random_.uniform(0.0, 30.0)
            events += watch.wait(60.0)
            continue
        if random_.random() < 0.001:
            wall_moved += random_.uniform(-10.0, 10.0)
        fresh = up < 60.0
        facts = Facts(
            up=up, canary=None if fresh else random_.uniform(0, 89), store=None if fresh else random_.uniform(0, 80),
            loop=random_.uniform(0.0, 15.0), outbox=random_.uniform(0.0, 59.0) if not fresh else 5000.0, timers=None,
            mail_ok=None if fresh else random_.uniform(0, 80), mail_failed=5.0 if random_.random() < 0.01 else None,
            disk_free=0.2, certificate=1e7, step=step.look(WALL + mono + wall_moved, mono),
        )  # fmt: skip
        found = tuple(
            Finding(one.code, "", "") for one in audit(facts) if one.severity is Severity.CRITICAL
        )  # fmt: skip
        events += watch.wait(60.0)
        events += watch.hear(Beat("collector", "", WALL, 60.0, found), WALL)

    assert events == []
    assert restarts > 100
