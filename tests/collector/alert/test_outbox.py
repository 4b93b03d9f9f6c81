"""The outbox sends each message, tries again what failed, and gathers what would be too much for one person."""

import asyncio
import json
from collections.abc import Callable, Iterator
from itertools import count
from pathlib import Path

import pytest
from alarming import NOON
from sqlalchemy import Connection, text

from driftvakt_collector.alert import delivery
from driftvakt_collector.alert.notify.message import DeliveryError, Message, Sent
from driftvakt_collector.alert.outbox import DIGEST_EVERY, DIGEST_SOON, LEASE, Outbox
from driftvakt_collector.alert.sent_notes import SentNotes
from driftvakt_collector.store import outbox
from driftvakt_collector.store.engine import Store
from driftvakt_collector.store.outbox import OutboxRow

_numbers = count(1)


class Gateway:
    """Takes messages; `acts` says what happens to the next ones: an error, or seconds to wait for."""

    channel = "sms"

    def __init__(self) -> None:
        self.taken: list[Message] = []
        self.acts: list[Exception | float] = []

    async def send(self, message: Message) -> Sent:
        act = self.acts.pop(0) if self.acts else None
        if isinstance(act, Exception):
            raise act
        if act is not None:
            await asyncio.sleep(act)
        self.taken.append(message)
        return Sent(f"s{len(self.taken)}", receipted=True)

    async def close(self) -> None:
        return


class Office:
    """A store, an outbox on it, and a clock that is set."""

    def __init__(self, store: Store) -> None:
        self.store = store
        self.now = NOON
        self.gateway = Gateway()
        self.lost: list[str] = []
        self.box = Outbox(
            store, {"sms": self.gateway}, wall=lambda: self.now, token=lambda: f"t{next(_numbers)}",
            lost=self._lose, digest=self._digest,
        )  # fmt: skip

    def _lose(self, _connection: Connection, row: OutboxRow, _now: float) -> None:
        self.lost.append(row.message)

    @staticmethod
    def _digest(_connection: Connection, rows: object, _now: float) -> str:
        assert isinstance(rows, list)
        told = " ".join(row.message for row in rows)
        return delivery.body_of("digest", told, told, "sv")

    def put(
        self,
        *messages: str,
        kind: str = outbox.PAGE,
        to: str = "+46700000001",
        severity: str = "critical",
        incident: int | None = None,
    ) -> None:
        body = delivery.body_of("ämne", "text", "kort", "sv", incident="INC-1")
        rows = [
            outbox.row(one, "sms", "anna", to, body, self.now, kind=kind, severity=severity, incident=incident)
            for one in messages
        ]
        self.store.write_now(lambda one: outbox.add(one, rows))

    def turn(self, after: float = 0.0) -> list[str]:
        """Let time pass, send what is due, and return the ids of what was taken."""
        self.now += after
        before = len(self.gateway.taken)

        async def work() -> None:
            while await self.box.turn():
                await self.box.drain()

        asyncio.run(work())
        return [one.id for one in self.gateway.taken[before:]]

    def row(self, message: str) -> OutboxRow:
        found = self.store.read(lambda one: outbox.by_message(one, message))
        assert found is not None
        return found


@pytest.fixture
def office(store_url: str) -> Iterator[Office]:
    store = Store(store_url)
    store.migrate()
    yield Office(store)
    store.close()


def test_a_message_is_sent_once_and_marked(office: Office) -> None:
    office.put("m-1")

    assert office.turn() == ["m-1"]
    assert office.turn() == []
    row = office.row("m-1")
    assert (row.state, row.provider, row.receipt, row.sent_at, row.attempts) == ("sent", "s1", "created", NOON, 1)
    assert office.gateway.taken[0].urgent


def test_a_message_of_an_id_that_is_there_is_not_made_again(office: Office) -> None:
    office.put("m-1")
    office.turn()
    office.put("m-1")

    assert office.turn() == []


def test_what_failed_is_tried_again_after_a_wait_that_grows(office: Office) -> None:
    office.gateway.acts = [DeliveryError("451 greylisted"), DeliveryError("busy", after=40.0)]
    office.put("m-1", kind="taken")

    assert office.turn() == []
    assert (office.row("m-1").state, office.row("m-1").error) == ("waiting", "451 greylisted")
    assert office.turn(4.9) == []
    assert office.row("m-1").attempts == 1
    assert office.turn(0.2) == []
    assert office.row("m-1").attempts == 2
    assert office.turn(39.0) == []
    assert office.turn(1.1) == ["m-1"]


def test_what_can_not_be_delivered_is_given_up_and_told(office: Office) -> None:
    office.gateway.acts = [DeliveryError("no such number", permanent=True)]
    office.put("m-1")

    office.turn()

    assert (office.row("m-1").state, office.lost) == ("failed", ["m-1"])
    assert office.turn(1000.0) == []


def test_a_page_that_is_late_is_told_once_and_tried_on(office: Office) -> None:
    office.gateway.acts = [DeliveryError("down") for _ in range(6)]
    office.put("m-1")

    for _ in range(12):
        office.turn(60.0)

    assert office.lost == ["m-1"]
    assert office.row("m-1").sent_at is not None


def test_a_channel_that_is_broken_says_so_until_it_works(office: Office) -> None:
    office.gateway.acts = [DeliveryError("401: wrong password", broken=True)]
    office.put("m-1")

    office.turn()
    assert office.box.channels["sms"].broken == "401: wrong password"
    assert office.lost == ["m-1"]
    assert office.turn(4.0) == []

    assert office.turn(1.1) == ["m-1"]
    assert office.box.channels["sms"].broken == ""


def test_a_channel_that_is_broken_is_tried_by_one_message_for_all(office: Office) -> None:
    """A hundred tries with a wrong password lock the account."""
    wrong = DeliveryError("401: wrong password", broken=True)
    office.gateway.acts = [wrong] * 1000
    tries: list[int] = []
    for number in range(60):
        office.put(f"m-{number}", to=f"+4670000{number:04}")
        office.turn(10.0)
        tries.append(1000 - len(office.gateway.acts))
    # After 5, 15, 30 seconds, and then once a minute.
    assert tries[-1] <= 4 + 600 // 60

    office.gateway.acts = []
    office.put("m-new", to="+46700009999")
    sent = office.turn(61.0)

    # All that waited goes out as soon as one did.
    assert "m-new" in sent
    assert len(sent) == 61


def test_a_server_that_is_busy_when_it_is_looked_at_gives_no_rest(office: Office) -> None:
    """Only what is wrong for every message keeps others from being tried."""

    async def probe() -> None:
        raise DeliveryError("421 too many connections")

    office.gateway.probe = probe  # type: ignore[attr-defined]
    asyncio.run(office.box.probe())
    assert office.box.channels["sms"].broken == "421 too many connections"
    office.put("m-1")

    assert office.turn() == ["m-1"]
    assert office.box.channels["sms"].broken == ""


def test_a_clock_that_is_put_back_gives_no_channel_a_long_rest(office: Office) -> None:
    office.gateway.acts = [DeliveryError("401: wrong password", broken=True)]
    office.put("m-1")
    office.turn()

    office.now -= 86_400.0
    office.put("m-2", to="+46700000002")

    assert office.turn() == ["m-2", "m-1"]


def test_outcomes_that_the_store_could_not_take_are_written_later(
    office: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    office.put("m-1")

    async def work() -> None:
        await office.box.turn()
        await office.box.drain()
        with monkeypatch.context() as patched:
            patched.setattr(outbox, "finish", lambda *_args, **_told: 1 / 0)
            with pytest.raises(ZeroDivisionError):
                await office.box.turn()
        await office.box.turn()

    asyncio.run(work())

    assert office.row("m-1").state == "sent"
    assert office.turn(LEASE + 1) == []
    assert len(office.gateway.taken) == 1


def test_what_may_have_been_taken_is_looked_up_before_it_is_sent_again(office: Office) -> None:
    """Its answer was lost, or we died before we could write it down."""
    looked: list[str] = []

    async def recall(message: Message) -> Sent | None:
        looked.append(message.id)
        if message.id == "m-dark":
            raise DeliveryError("no answer")
        return Sent("s-before", receipted=True) if message.id == "m-1" else None

    office.gateway.recall = recall  # type: ignore[attr-defined]
    office.put("m-1", "m-2", "m-dark")
    office.store.write_now(lambda one: outbox.claim(one, "sms", NOON, LEASE, "dead", 5))

    assert office.turn(LEASE + 1) == ["m-2", "m-dark"]
    assert looked == ["m-1", "m-2", "m-dark"]
    assert (office.row("m-1").state, office.row("m-1").provider) == ("sent", "s-before")


def test_who_waits_for_a_lane_can_be_stopped_just_as_one_is_free(office: Office) -> None:
    """In Python 3.11 `wait_for` swallows being cancelled in that very moment; the collector then never ended."""

    async def work() -> bool:
        waiting = asyncio.create_task(office.box.freed(30.0))
        await asyncio.sleep(0)
        office.box._freed.set()
        waiting.cancel()
        await asyncio.wait([waiting])
        return waiting.cancelled()

    assert asyncio.run(work())


def test_the_only_word_of_an_incident_waits_less_long_for_a_digest(office: Office) -> None:
    for number in range(30):
        office.put(f"m-{number}", incident=number)
    office.turn()
    office.put("late", incident=99)
    assert office.turn(1.0) == []

    assert office.turn(DIGEST_SOON - 2.0) == []
    assert [one[:10] for one in office.turn(2.0)] == ["digest-sms"]


def test_what_waits_for_a_digest_waits_less_long_once_the_other_way_is_lost(office: Office) -> None:
    for number in range(30):
        office.put(f"m-{number}", incident=number)
    office.turn()
    office.put("mail", incident=99, to="anna@stad.example")
    office.put("late", incident=99)
    office.gateway.acts = [1.0]
    assert office.turn(DIGEST_SOON) == ["mail"]
    row = office.row("late")
    assert row.not_before > office.now + DIGEST_SOON

    lost = office.row("mail")._replace(state=outbox.WAITING)
    office.store.write_now(lambda one: outbox.change(one, lost.id, state=outbox.WAITING, not_before=office.now))
    office.gateway.acts = [DeliveryError("550 unknown", permanent=True)]

    assert [one[:10] for one in office.turn(1.0)] == ["digest-sms"]


def test_an_error_of_ours_is_an_error_and_no_end(office: Office) -> None:
    office.gateway.acts = [ValueError("oops")]
    office.put("m-1")

    office.turn()

    assert office.row("m-1").error.endswith("a fault of ours: ValueError")
    assert office.turn(6.0) == ["m-1"]


def test_a_claim_that_nobody_finished_is_free_again_after_its_lease(office: Office) -> None:
    office.put("m-1")
    store = office.store
    assert store.write_now(lambda one: outbox.claim(one, "sms", NOON, LEASE, "dead", 5))

    assert office.turn(LEASE - 1) == []
    assert office.turn(2.0) == ["m-1"]
    row = office.row("m-1")
    assert not store.write_now(lambda one: outbox.finish(one, row.id, "dead", state="failed"))


def test_a_slow_answer_keeps_no_other_waiting(office: Office) -> None:
    office.gateway.acts = [0.3]
    office.put("m-1", "m-2", "m-3")

    assert office.turn() == ["m-2", "m-3", "m-1"]


def test_what_is_critical_goes_first(office: Office) -> None:
    office.put("m-1", severity="warning")
    office.put("m-2", severity="critical")
    row = office.store.write_now(lambda one: outbox.claim(one, "sms", NOON, LEASE, "t", 1))

    assert [one.message for one in row] == ["m-2"]


def test_the_first_word_of_something_goes_before_what_others_were_told(office: Office) -> None:
    office.put(*(f"late-{number}" for number in range(20)), to="+46700000009")
    office.store.write_now(lambda one: one.execute(text("UPDATE outbox SET step = 3")))
    office.now += 1.0
    office.put("first", to="+46700000001")
    office.gateway.acts = [0.0] * 100

    sent = office.turn()

    assert sent[0] == "first"


def test_a_storm_comes_in_one_message_and_nothing_is_left_out(office: Office) -> None:
    office.put(*(f"m-{number}" for number in range(25)))

    sent = office.turn()

    assert len(sent) == 11
    digest = office.gateway.taken[-1]
    singles = set(sent[:10])
    assert singles | set(digest.text.split()) == {f"m-{number}" for number in range(25)}
    assert not singles & set(digest.text.split())


def test_what_can_not_be_told_together_is_told_one_by_one(office: Office, caplog: pytest.LogCaptureFixture) -> None:
    def fault(_connection: Connection, _rows: object, _now: float) -> str:
        raise KeyError("en")

    office.box._digest = fault
    office.put(*(f"m-{number}" for number in range(14)))

    assert len(office.turn()) == 14
    assert "into one" in caplog.text


def test_digests_come_five_minutes_apart(office: Office) -> None:
    office.put(*(f"m-{number}" for number in range(12)))
    office.turn()
    office.put("n-1", "n-2")

    assert office.turn(10.0) == []
    (digest,) = office.turn(DIGEST_EVERY)

    assert office.gateway.taken[-1].text.split() == ["n-1", "n-2"]
    assert digest.startswith("digest-sms-")


def test_a_storm_of_one_is_no_matter_of_another(office: Office) -> None:
    office.put(*(f"m-{number}" for number in range(25)))
    office.put("x-1", to="+46700000002")

    assert "x-1" in office.turn()


def test_what_waited_through_an_outage_comes_together(office: Office) -> None:
    office.put("m-1", "m-2", "m-3")
    office.now += 7200.0

    (digest,) = office.turn()

    assert digest.startswith("digest-")
    assert office.gateway.taken[-1].text == "m-1 m-2 m-3"
    assert json.loads(office.row(digest).why) == ["m-1", "m-2", "m-3"]
    assert {office.row(f"m-{number}").state for number in (1, 2, 3)} == {"digested"}


def test_a_single_old_one_is_sent_as_it_is(office: Office) -> None:
    office.put("m-1")
    office.now += 7200.0

    assert office.turn() == ["m-1"]


def test_what_stands_in_the_outbox_is_known(office: Office) -> None:
    office.put("m-1", "m-2")

    standing: Callable[[Connection], dict[str, tuple[int, float]]] = lambda one: outbox.standing(one, NOON + 5)  # noqa: E731

    assert office.store.read(standing) == {"sms": (2, NOON)}


def test_what_was_taken_before_a_kill_is_not_sent_again(office: Office, tmp_path: Path) -> None:
    notes = SentNotes(tmp_path / "outbox.sent")
    office.put("m-1", "m-2")
    office.store.write_now(lambda one: outbox.claim(one, "sms", NOON, LEASE, "dead", 5))
    notes.note("m-1", "elks/s1", "created")
    notes.close()
    with (tmp_path / "outbox.sent").open("ab") as file:
        file.write(b'["m-2", "el')

    again = SentNotes(tmp_path / "outbox.sent")
    office.store.write_now(lambda one: outbox.taken(one, again.read(), NOON))
    again.clear()
    office.store.write_now(lambda one: outbox.release(one, NOON))

    assert office.turn() == ["m-2"]
    row = office.row("m-1")
    assert (row.state, row.provider, row.receipt, row.sent_at) == ("sent", "elks/s1", "created", NOON)
    assert again.read() == {}
