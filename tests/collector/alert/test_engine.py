"""Changes become judgements, once each, and only what is written is let go of."""

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import replace

import pytest
from alarming import NOON, alert, cleared, raised

from driftvakt_collector.alert.alert import Alert, Severity
from driftvakt_collector.alert.decision import Reason, Situation, Standing
from driftvakt_collector.alert.engine import ASIDE_AGAIN, LOOK_AGAIN, MOST_WAITING, Engine, Judgement
from driftvakt_collector.alert.words import Words

MUTED = Situation(muted=(Reason("maintenance", Words("Underhåll", "Maintenance")),))


class Book:
    """Writes into a list. fails: the next writes do."""

    def __init__(self) -> None:
        self.written: list[Judgement] = []
        self.fails = 0
        self.poison: set[str] = set()
        self.situation = Situation()
        self.engine = Engine(lambda _alert, _at: self.situation, self.write, generations=self.generations)

    async def write(self, judged: Sequence[Judgement]) -> Mapping[str, int | None]:
        if self.fails:
            self.fails -= 1
            raise OSError("disk full")
        if any(one.alert.fingerprint in self.poison for one in judged):
            raise ValueError("a text that no store takes")
        self.written += judged
        return {one.alert.fingerprint: 7 for one in judged}

    async def generations(self, _keys: Sequence[str]) -> Mapping[str, int]:
        return {}

    def step(self, now: float = NOON) -> list[tuple[str, Standing, int]]:
        before = len(self.written)
        asyncio.run(self.engine.step(now))
        return [(one.what, one.decision.standing, one.generation) for one in self.written[before:]]


def test_an_alert_is_written_once_and_cleared_once() -> None:
    book, one = Book(), alert()

    book.engine.take([raised(one), raised(one)])
    assert book.step() == [("raised", Standing.PAGED, 1)]
    book.engine.take([raised(one)])
    assert book.step() == []
    book.engine.take([cleared(one), cleared(one)])
    assert book.step() == [("cleared", Standing.PAGED, 1)]
    assert book.engine.firing == {}


def test_what_was_not_written_is_decided_on_again() -> None:
    book, one = Book(), alert()
    book.fails = 1
    book.engine.take([raised(one)])

    with pytest.raises(OSError, match="disk full"):
        book.step()

    assert book.engine.firing == {}
    assert book.engine.waiting == 1
    assert book.step() == [("raised", Standing.PAGED, 1)]


def test_what_came_and_went_between_two_steps_wakes_nobody() -> None:
    book, one = Book(), alert()
    book.engine.take([raised(one), cleared(one)])

    assert book.step() == []
    assert book.engine.counts == {"blink": 1}


def test_what_went_and_came_back_between_two_steps_is_told_in_order() -> None:
    book, one = Book(), alert()
    book.engine.take([raised(one)])
    book.step()

    book.engine.take([cleared(one), raised(one)])
    assert book.step() == [("cleared", Standing.PAGED, 1), ("raised", Standing.PAGED, 2)]

    book.engine.take([cleared(one), raised(one), cleared(one)])
    assert book.step() == [("cleared", Standing.PAGED, 2)]
    assert book.engine.firing == {}


def test_what_is_held_pages_when_its_reason_is_gone() -> None:
    book = Book()
    book.situation = MUTED
    book.engine.take([raised(alert())])
    assert book.step() == [("raised", Standing.HELD, 1)]
    assert book.step(NOON + LOOK_AGAIN) == []

    book.situation = Situation()

    assert book.step(NOON + 2 * LOOK_AGAIN) == [("released", Standing.PAGED, 1)]
    assert book.step(NOON + 3 * LOOK_AGAIN) == []


def test_what_is_held_for_another_reason_says_so() -> None:
    book = Book()
    book.situation = MUTED
    book.engine.take([raised(alert(severity=Severity.WARNING))])
    book.step()

    book.situation = Situation(is_open=False)

    assert book.step(NOON + LOOK_AGAIN) == [("reasoned", Standing.HELD, 1)]


def test_what_was_held_and_is_over_has_woken_nobody() -> None:
    book, one = Book(), alert()
    book.situation = MUTED
    book.engine.take([raised(one)])
    book.step()

    book.engine.take([cleared(one)])

    assert book.step(NOON + 1) == [("cleared", Standing.HELD, 1)]


def test_many_changes_are_written_in_parts() -> None:
    book = Book()
    many: list[Alert] = [alert(origin=f"a-{number}") for number in range(1200)]
    book.engine.take(raised(one) for one in many)

    assert len(book.step()) == 1200
    assert len(book.engine.firing) == 1200


def test_one_that_can_not_be_written_keeps_no_other_and_is_tried_again() -> None:
    book, bad, good = Book(), alert("Bad"), alert("Good")
    book.poison = {bad.fingerprint}
    book.engine.take([raised(bad), raised(good)])

    assert book.step() == [("raised", Standing.PAGED, 1)]
    assert list(book.engine.firing) == [good.fingerprint]
    assert (book.engine.aside, book.engine.waiting) == (1, 0)
    assert book.step(NOON + 1) == []

    book.poison = set()
    assert book.step(NOON + ASIDE_AGAIN + 1) == [("raised", Standing.PAGED, 1)]
    assert book.engine.aside == 0


def test_what_was_set_aside_and_is_over_is_forgotten() -> None:
    book, bad = Book(), alert("Bad")
    book.poison = {bad.fingerprint}
    book.engine.take([raised(bad)])
    book.step()
    book.poison = set()
    book.engine.take([cleared(bad)])

    assert book.step(NOON + 1) == []
    assert book.engine.aside == 0
    assert book.step(NOON + ASIDE_AGAIN + 2) == []


def test_what_can_not_be_looked_up_holds_nothing_back() -> None:
    book = Book()

    def fault(_alert: Alert, _at: float) -> Situation:
        raise KeyError("calendar")

    book.engine = Engine(fault, book.write, generations=book.generations)
    book.engine.take([raised(alert())])

    assert book.step() == [("raised", Standing.PAGED, 1)]
    assert book.engine.counts["undecided"] == 1


def test_what_fires_and_is_worse_now_is_decided_on_again() -> None:
    book, one = Book(), alert(severity=Severity.WARNING)
    book.situation = Situation(is_open=False)
    book.engine.take([raised(one)])
    assert book.step() == [("raised", Standing.HELD, 1)]

    worse = replace(one, severity=Severity.CRITICAL)
    book.engine.take([raised(worse), raised(worse)])

    assert book.step(NOON + 1) == [("worse", Standing.PAGED, 1)]
    assert book.engine.firing[one.fingerprint].alert.severity is Severity.CRITICAL
    book.engine.take([raised(one)])
    assert book.step(NOON + 2) == []
    book.engine.take([cleared(worse)])
    assert book.step(NOON + 3) == [("cleared", Standing.PAGED, 1)]


def test_what_is_worse_and_over_between_two_steps_is_over() -> None:
    book, one = Book(), alert(severity=Severity.WARNING)
    book.engine.take([raised(one)])
    book.step()
    book.engine.take([raised(replace(one, severity=Severity.CRITICAL)), cleared(one)])

    assert [what for what, _, _ in book.step(NOON + 1)] == ["worse", "cleared"]
    assert book.engine.firing == {}


def test_what_comes_and_goes_while_the_store_takes_nothing_is_kept_once() -> None:
    book, one, other = Book(), alert(), alert(origin="a-2")
    for _ in range(MOST_WAITING):
        book.engine.take([raised(one), cleared(one)])
    book.engine.take([raised(other), raised(one)])
    book.fails = 1
    with pytest.raises(OSError, match="disk full"):
        book.step()

    assert book.engine.waiting == 2
    assert book.step() == [("raised", Standing.PAGED, 1)] * 2
