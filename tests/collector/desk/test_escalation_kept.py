"""Timers, pages and answers over a real store: nobody is told twice of a step, nor of what is no longer so."""

import json
from collections.abc import Iterator
from itertools import count, pairwise

import pytest
from alarming import NOON, alert
from sqlalchemy import Connection
from sqlalchemy.exc import DataError

from driftvakt_collector.alert import delivery
from driftvakt_collector.alert.alert import Alert
from driftvakt_collector.alert.answers.reply import Action, parse
from driftvakt_collector.alert.decision import Situation, decide
from driftvakt_collector.alert.engine import CLEARED, RAISED, Judgement
from driftvakt_collector.alert.escalation.book import KIND, PolicyBook
from driftvakt_collector.alert.notify.message import DeliveryError
from driftvakt_collector.alert.oncall.book import RotaBook
from driftvakt_collector.alert.oncall.contact import Contact
from driftvakt_collector.alert.oncall.days import SwedishDays
from driftvakt_collector.alert.oncall.person import Person
from driftvakt_collector.alert.outbox import LEASE
from driftvakt_collector.desk import incidents as desk
from driftvakt_collector.desk import joining
from driftvakt_collector.desk.answering import Answering
from driftvakt_collector.desk.composing import Composer
from driftvakt_collector.desk.escalation import Escalation
from driftvakt_collector.desk.handing import Handing, Surveyed
from driftvakt_collector.desk.incidents import Rules
from driftvakt_collector.desk.roster import Book
from driftvakt_collector.desk.suppliers.handover import Always
from driftvakt_collector.fleet.host import Verdict
from driftvakt_collector.fleet.topology.tree import Tree
from driftvakt_collector.store import incidents, outbox, timers
from driftvakt_collector.store.engine import Store
from driftvakt_collector.store.incidents import IncidentRow
from driftvakt_collector.store.outbox import OutboxRow
from driftvakt_collector.store.plans import PlanRow

_numbers = count(1)
RULES = Rules(lambda _one, _at: "default", lambda: f"kept-{next(_numbers)}")
POLICY = """
name = "default"
[[step]]
notify = ["anna"]
channels = ["sms"]
[[step]]
wait = 10
[[step]]
notify = ["bo"]
channels = ["sms"]
[[step]]
wait = 10
[[step]]
notify = ["anna", "bo"]
channels = ["sms"]
"""
PEOPLE = {
    name: Person(name, name.title(), "en", contacts=(Contact("sms", address),))
    for name, address in (("anna", "+46700000001"), ("bo", "+46700000002"))
}


class Night:
    """An incident, and those who are told of it."""

    def __init__(self, store: Store) -> None:
        self.store = store
        self.now = NOON
        self.answering = Answering(lambda: PEOPLE, b"key")
        composer = Composer(
            lambda _one, _origins, _before: (), lambda _one, row, person, _now: ((), self.answering.code(row.number,
            person)), lambda name: PEOPLE[name].called, lambda _row, _person, _now: ("", None), self.answering.code,
        )  # fmt: skip
        policies = PolicyBook([PlanRow(KIND, "default", 1, 0.0, POLICY, 0.0, "test")])
        book = Book(RotaBook([], [], PEOPLE, SwedishDays()), policies)
        handing = Handing(
            composer, Surveyed(dict, Tree, lambda _host: Verdict.OK), lambda _row, _now: (), lambda _one, _at: Always(),
            has_mail=False, contact="",
        )  # fmt: skip
        self.escalation = Escalation(lambda: book, composer, handing)
        self.keys = count(1)

    def judge(self, one: Alert, what: str = RAISED, generation: int = 1) -> int:
        found = [Judgement(what, one, generation, decide(one, Situation()), self.now)]
        done = self.store.write_now(lambda it: joining.apply(it, found, RULES, self.now, {}))[one.fingerprint]
        assert done is not None
        return done

    def passes(self, seconds: float = 1.0) -> list[str]:
        """Let time pass; return who is told of what meanwhile, as their message ids."""
        self.now += seconds
        before = {row.id for row in self.rows()}
        while self.store.write_now(lambda one: self.escalation.run(one, self.now)):
            pass
        return [f"{row.person} {row.kind}" for row in self.rows() if row.id not in before]

    def rows(self) -> list[OutboxRow]:
        return self.store.read(lambda one: [row for number in range(1, 9) for row in outbox.of_incident(one, number)])

    def sent(self) -> None:
        """Let all that waits be sent."""

        def work(one: Connection) -> None:
            for row in outbox.claim(one, "sms", self.now, LEASE, "t", 100):
                outbox.finish(one, row.id, "t", state=outbox.SENT, sent_at=self.now)

        self.store.write_now(work)

    def says(self, person: str, text: str) -> str:
        address, key = PEOPLE[person].contacts[0].address, f"k-{next(self.keys)}"
        return self.store.write_now(lambda one: self.answering.take(one, "sms", address, text, key, self.now).verdict)

    def incident(self, number: int) -> IncidentRow:
        found = self.store.read(lambda one: incidents.get(one, number))
        assert found is not None
        return found


@pytest.fixture
def night(store_url: str) -> Iterator[Night]:
    store = Store(store_url)
    store.migrate()
    yield Night(store)
    store.close()


def test_what_somebody_took_and_hands_on_goes_to_the_next_at_once(night: Night) -> None:
    number = night.judge(alert())
    assert night.passes() == ["anna page"]
    night.sent()
    assert night.says("anna", "K") == "taken"

    night.passes(5.0)
    assert night.says("anna", "N") == "passed"

    assert night.passes() == ["bo page"]
    assert night.incident(number).owner == ""


def test_what_is_handed_on_when_all_were_told_begins_anew(night: Night) -> None:
    number = night.judge(alert())
    for _ in range(4):
        night.passes(601.0)
        night.sent()
    night.store.write_now(lambda one: timers.cancel(one, number, night.now))
    night.store.write_now(lambda one: desk.acknowledge(one, number, "bo", "console", night.now))
    night.passes()

    night.store.write_now(lambda one: desk.escalate(one, number, "bo", "console", night.now))

    assert "anna page" in night.passes() + night.passes(600.0)


def test_everybody_hears_who_has_it_each_time_that_another_takes_it(night: Night) -> None:
    night.judge(alert())
    night.passes()
    night.passes(601.0)
    night.sent()
    night.says("anna", "K")
    assert night.passes() == ["bo taken"]
    night.says("anna", "N")
    night.passes()
    night.says("bo", "K")

    assert night.passes() == ["anna taken"]


def test_who_had_it_before_it_came_back_keeps_no_other_from_answering(night: Night) -> None:
    number = night.judge(alert())
    night.passes()
    night.sent()
    night.says("anna", "K")
    night.now += 60.0
    night.judge(alert(), CLEARED)
    night.passes()
    night.judge(alert(), generation=2)
    assert night.incident(number).owner == ""
    night.passes()
    assert "bo page" in night.passes(601.0)

    assert night.says("bo", "K") == "taken"


def test_who_is_too_late_with_an_answer_hears_who_was_quicker(night: Night) -> None:
    number = night.judge(alert())
    night.passes()
    night.passes(601.0)
    night.says("anna", "K")

    assert night.says("bo", "K") == "already"
    assert night.says("bo", "N") == "already"
    assert night.incident(number).owner == "anna"
    night.judge(alert(), CLEARED)
    assert night.says("bo", "ok") == "over"


@pytest.mark.parametrize("text", ["Take", "Next", "Ack", "Okay", "Vidare"])
def test_a_word_that_a_phone_writes_large_is_no_code(text: str) -> None:
    assert parse(text).code == ""
    assert parse(text).action in (Action.ACKNOWLEDGE, Action.ESCALATE)
    assert parse(f"{text} 4F7P").code == "4F7P"


def test_a_page_that_was_on_its_way_when_somebody_took_it_is_not_tried_again(night: Night) -> None:
    number = night.judge(alert())
    night.passes()
    (row,) = night.store.write_now(lambda one: outbox.claim(one, "sms", night.now, LEASE, "t", 9))
    night.store.write_now(lambda one: desk.acknowledge(one, number, "bo", "console", night.now))
    failed = delivery.failed(row, DeliveryError("no answer in time"), night.now)
    night.store.write_now(lambda one: outbox.finish(one, row.id, "t", state=failed.state, error=failed.error))

    gone = night.store.write_now(lambda one: outbox.outdated(one, night.now, [row.id]))

    assert gone == {row.id}
    assert {one.state for one in night.rows() if one.kind == outbox.PAGE} == {"superseded"}


def test_a_page_of_before_it_came_back_is_not_sent(night: Night) -> None:
    number = night.judge(alert())
    night.passes()
    (row,) = night.rows()
    night.store.write_now(lambda one: incidents.change(one, number, generation=2))

    assert night.store.write_now(lambda one: outbox.outdated(one, night.now, [row.id])) == {row.id}


def test_what_a_lost_digest_held_goes_to_the_next_at_once(night: Night) -> None:
    number = night.judge(alert())
    night.passes()
    (row,) = night.rows()

    def lose(one: Connection) -> None:
        body = delivery.body_of("digest", "text", "short", "sv")
        told = outbox.row("d-1", "sms", "anna", row.address, body, night.now, kind=outbox.DIGEST,
                          why=json.dumps([row.message]))  # fmt: skip
        outbox.add(one, [told])
        outbox.digest(one, [row.id], "d-1", night.now)
        found = outbox.by_message(one, "d-1")
        assert found is not None
        night.escalation.lost(one, found._replace(error="it did not arrive"), night.now)

    night.store.write_now(lose)

    assert night.passes() == ["bo page"]
    told = [row.what for row in night.store.read(lambda one: incidents.timeline(one, number))]
    assert "page.lost" in told


def test_a_digest_that_is_late_is_told_of_as_a_page_is() -> None:
    body = delivery.body_of("digest", "text", "short", "sv")
    row = outbox.row("d-1", "sms", "anna", "+46700000001", body, NOON, kind=outbox.DIGEST)

    assert delivery.failed(row, DeliveryError("wrong password", broken=True), NOON).lost


def test_a_timer_that_can_not_be_done_keeps_no_other(night: Night, monkeypatch: pytest.MonkeyPatch) -> None:
    bad, good = night.judge(alert()), night.judge(alert(origin="a-2"))
    do = night.escalation._do

    def fault(one: Connection, timer: timers.TimerRow, now: float) -> None:
        if timer.incident == bad:
            raise DataError("insert", {}, ValueError("a text that no store takes"))
        do(one, timer, now)

    monkeypatch.setattr(night.escalation, "_do", fault)

    assert night.passes() == ["anna page"]
    assert {row.incident for row in night.rows()} == {good}
    monkeypatch.undo()
    assert night.passes(31.0) == ["anna page"]


def test_who_has_several_alerts_is_told_their_codes_by_host(night: Night) -> None:
    night.judge(alert(subject="srv-fil-01"))
    night.judge(alert(origin="a-2", subject="srv-fil-02"))
    night.passes()
    number = "+46700000001"

    told = night.store.write_now(lambda one: night.answering.take(one, "sms", number, "ok", "k-x", night.now))

    assert told.verdict == "which"
    assert told.text is not None
    assert "= srv-fil-01" in told.text.short
    assert "= srv-fil-02" in told.text.short


def test_one_message_of_many_says_how_to_answer_about_the_worst(night: Night) -> None:
    night.judge(alert())
    night.judge(alert(origin="a-2"))
    night.passes()
    rows = night.rows()

    body = night.store.write_now(lambda one: night.escalation._composer.digest(one, rows, PEOPLE["anna"], night.now))

    assert "Reply K" in json.loads(body)["short"]


def test_who_gets_what_another_handed_on_is_told_so(night: Night) -> None:
    night.judge(alert())
    night.passes()
    night.says("anna", "K")
    night.says("anna", "N")
    night.passes()

    told = json.loads(night.rows()[-1].body)

    assert "Anna can't, and handed it to you." in told["text"]
    assert "No answer" not in told["text"] + told["short"]
    assert "Anna handed it on" in told["short"]


def test_what_comes_and_goes_is_told_of_less_and_less_but_for_ever(night: Night) -> None:
    number = night.judge(alert())
    pages = []
    for generation in range(2, 40):
        pages += [night.now for one in night.passes() if one == "anna page"]
        night.sent()
        night.now += 60.0
        night.judge(alert(), CLEARED)
        night.passes()
        night.now += 60.0
        night.judge(alert(), generation=generation)

    gaps = [later - earlier for earlier, later in pairwise(pages)]
    assert gaps[:2] == [122.0, 122.0]
    assert all(600.0 <= gap < 1300.0 for gap in gaps[-3:])
    resolved = [row for row in night.rows() if row.kind == "resolved"]
    assert len(resolved) <= 3
    assert any("comes and goes" in row.text for row in night.store.read(lambda one: incidents.timeline(one, number)))


def test_what_comes_and_goes_reaches_the_next_one_where_the_first_never_answers(night: Night) -> None:
    night.judge(alert())
    told: list[tuple[float, str]] = []
    began = night.now
    for generation in range(2, 20):
        told += [(night.now - began, one) for one in night.passes() if one.endswith("page")]
        night.sent()
        night.now += 60.0
        night.judge(alert(), CLEARED)
        night.passes()
        night.now += 60.0
        night.judge(alert(), generation=generation)

    second = [at for at, one in told if one == "bo page"]
    # His step waits ten minutes, and it can be told only while it is so.
    assert 600.0 <= second[0] <= 730.0
    assert all(later - earlier >= 600.0 for earlier, later in pairwise(second))
    assert len({(row.message) for row in night.rows()}) == len(night.rows())


def test_what_was_answered_before_begins_with_the_first_when_it_comes_back(night: Night) -> None:
    night.judge(alert())
    night.passes()
    night.says("anna", "K")
    night.judge(alert(), CLEARED)
    night.passes()
    night.now += 60.0
    night.judge(alert(), generation=2)

    assert night.passes() == ["anna page"]
    assert night.passes(300.0) == []
    assert night.passes(301.0) == ["bo page"]


def test_what_came_and_went_and_stays_away_is_told_to_be_over(night: Night) -> None:
    number = night.judge(alert())
    night.passes()
    night.sent()
    night.store.write_now(lambda one: incidents.change(one, number, generation=9))
    night.judge(alert(), CLEARED)

    assert night.passes(60.0) == []
    assert night.passes(600.0) == ["anna resolved"]


def test_what_is_closed_before_it_was_told_to_be_over_is_told_all_the_same(night: Night) -> None:
    number = night.judge(alert())
    night.passes()
    night.sent()
    night.judge(alert(), CLEARED)
    night.store.write_now(lambda one: desk.close(one, number, "bo", night.now))

    assert night.passes() == ["anna resolved"]
    assert "RESOLVED" in json.loads(night.rows()[-1].body)["short"]


def test_a_phone_that_is_off_sends_a_critical_page_on_though_a_mail_went_out(night: Night) -> None:
    number = night.judge(alert())
    night.passes()
    (row,) = night.rows()
    mail = row._replace(message="mail", channel="email", address="anna@stad.example")
    night.store.write_now(lambda one: outbox.add(one, [mail]))
    night.sent()

    night.store.write_now(lambda one: night.escalation.lost(one, row._replace(error="it did not arrive"), night.now))

    assert night.passes() == ["bo page"]
    assert night.incident(number).state == "open"


def lose(night: Night, row: OutboxRow, error: str) -> None:
    def work(one: Connection) -> None:
        outbox.change(one, row.id, error=error)
        night.escalation.lost(one, row._replace(error=error), night.now)

    night.store.write_now(work)


def test_a_way_that_is_broken_hurries_one_step_and_not_all_of_them(night: Night) -> None:
    """Else everybody there is would have a page of each incident waiting when the way works again."""
    night.judge(alert())
    night.passes()
    lose(night, night.rows()[0], "!401: wrong password")
    assert night.passes() == ["bo page"]
    lose(night, night.rows()[1], "!401: wrong password")

    assert night.passes(590.0) == []
    assert night.passes(11.0) == ["anna page", "bo page"]


def test_who_was_reached_is_waited_for_though_the_next_is_not(night: Night) -> None:
    night.judge(alert())
    night.passes()
    night.sent()
    assert night.passes(600.0) == ["bo page"]
    lose(night, night.rows()[1], "!421: later")

    assert night.passes(590.0) == []
    assert night.passes(11.0) == ["anna page", "bo page"]


def test_what_is_over_says_how_long_it_was_so_and_not_how_long_it_was_known(night: Night) -> None:
    night.judge(alert(since=NOON - 600.0))
    night.passes()
    night.sent()
    night.now += 19.0
    night.judge(alert(since=NOON - 600.0), CLEARED)
    night.passes()

    told = json.loads(night.rows()[-1].body)

    assert "after 10 min" in told["short"]
