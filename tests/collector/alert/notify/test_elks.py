"""SMS by 46elks, against one that behaves as it does, well and badly."""

import asyncio
import time
from dataclasses import replace
from pathlib import Path
from typing import Any

import fake_elks
import pytest
from elks_double import ACCOUNT, SECRET, FakeElks
from paging import message

from driftvakt_collector.alert.notify.elks import Elks, ElksSettings
from driftvakt_collector.alert.notify.message import DeliveryError, Message, Sent

TO = "+46701234567"


@pytest.fixture
def secret(tmp_path: Path) -> Path:
    (tmp_path / "elks.secret").write_text(SECRET, "utf-8")
    return tmp_path / "elks.secret"


def sent(fake: FakeElks, secret: Path, *messages: Message, **changed: Any) -> list[Sent | DeliveryError]:
    """Send each message; return what became of each."""

    async def work() -> list[Sent | DeliveryError]:
        told: dict[str, Any] = {
            "account": ACCOUNT, "secret_file": secret, "sender": "+46766861234", "base_url": fake.base_url,
            "receipts": "https://larm.stad.example/v1/sms/elks/receipt/x",
        }  # fmt: skip
        elks = Elks(ElksSettings(**told | changed))
        outcomes: list[Sent | DeliveryError] = []
        for one in messages or (message(to=TO),):
            try:
                outcomes.append(await elks.send(one))
            except DeliveryError as e:
                outcomes.append(e)
        await elks.close()
        return outcomes

    with fake.running():
        return asyncio.run(work())


def test_an_sms_is_taken_and_its_id_kept(secret: Path) -> None:
    fake = FakeElks()

    (outcome,) = sent(fake, secret)

    (one,) = fake.sent
    assert outcome == Sent(one.id, receipted=True)
    assert (one.sender, one.to, one.parts) == ("+46766861234", TO, 1)
    assert one.message == "INC-1042 UPS på batteri i Åkerö skola\nSvara K 4F7P för att ta larmet"
    assert one.whendelivered == "https://larm.stad.example/v1/sms/elks/receipt/x"


@pytest.mark.parametrize(
    ("how", "permanent", "broken", "after", "unsure", "told"),
    [
        pytest.param("401", False, True, None, False, "account and password", id="a wrong password breaks the way"),
        pytest.param("403", False, True, None, False, "Not enough credits", id="no credit breaks the way"),
        pytest.param("429", False, False, 17.0, False, "429", id="too many come again when told"),
        pytest.param("500", False, False, None, False, "Internal Server Error", id="a fault of theirs comes again"),
        pytest.param("502", False, False, None, True, "502", id="a proxy that gave up leaves it unsure"),
        pytest.param("503", False, False, None, False, "503", id="an overload comes again"),
        pytest.param("html", False, False, None, True, "hotel", id="an answer of somebody else is no success"),
        pytest.param("no-id", False, False, None, True, "without an id", id="neither is one without an id"),
        pytest.param("list", False, False, None, True, "without an id", id="nor JSON of another form"),
        pytest.param("failed", True, False, None, False, "could not send", id="what failed at once is given up"),
        pytest.param("drop", False, False, None, True, "lost", id="a line that is cut leaves it unsure"),
        pytest.param("flood", False, False, None, False, "500", id="five megabytes of an error are not read"),
    ],
)
def test_what_an_answer_means(
    secret: Path, how: str, permanent: bool, broken: bool, after: float | None, unsure: bool, told: str
) -> None:
    (outcome,) = sent(FakeElks([how]), secret)

    assert isinstance(outcome, DeliveryError)
    assert (outcome.permanent, outcome.broken, outcome.after, outcome.unsure) == (permanent, broken, after, unsure)
    assert told in str(outcome)
    assert len(str(outcome)) < 400
    assert str(outcome).isprintable()
    assert SECRET not in str(outcome)


def test_what_came_back_is_sent_once_when_it_is_tried_again(secret: Path) -> None:
    fake = FakeElks(["500", "429"])

    outcomes = sent(fake, secret, *[message(to=TO)] * 3)

    assert [isinstance(one, Sent) for one in outcomes] == [False, False, True]
    assert len(fake.sent) == 1


def test_a_slow_gateway_is_given_up_in_time(secret: Path) -> None:
    (outcome,) = sent(FakeElks(["slow"]), secret, seconds=0.2)

    assert isinstance(outcome, DeliveryError)
    assert outcome.unsure
    assert not outcome.permanent


def test_a_gateway_that_is_not_there_is_tried_again(secret: Path) -> None:
    (outcome,) = sent(FakeElks(), secret, base_url="http://127.0.0.1:1/a1")

    assert isinstance(outcome, DeliveryError)
    assert (outcome.permanent, outcome.broken, outcome.unsure) == (False, False, False)


@pytest.mark.parametrize("to", ["070-123 45 67", "46701234567", "+0701234567", "+46", "+46701234567,+46701234568", ""])
def test_a_number_that_is_none_is_given_up_unasked(secret: Path, to: str) -> None:
    fake = FakeElks()

    (outcome,) = sent(fake, secret, message(to=to))

    assert isinstance(outcome, DeliveryError)
    assert outcome.permanent
    assert fake.asked == []


def test_swedish_is_one_sms_and_an_emoji_makes_two(secret: Path) -> None:
    fake = FakeElks()

    sent(fake, secret, message(to=TO, short="åäö" * 53), message(to=TO, short="a" * 80 + "😀"))

    assert [one.parts for one in fake.sent] == [1, 2]


def test_without_receipts_none_is_asked_for(secret: Path) -> None:
    fake = FakeElks()

    (outcome,) = sent(fake, secret, receipts="")

    assert isinstance(outcome, Sent)
    assert not outcome.receipted
    assert "whendelivered" not in fake.sent[0].form


def test_a_secret_that_cannot_be_read_breaks_the_way(tmp_path: Path) -> None:
    (outcome,) = sent(FakeElks(), tmp_path / "none")

    assert isinstance(outcome, DeliveryError)
    assert outcome.broken


def test_a_sender_of_letters_cannot_be_answered(secret: Path) -> None:
    assert ElksSettings("a", secret, "+46766861234").can_be_answered
    assert not ElksSettings("a", secret, "StadIT").can_be_answered


# --- what it took before ---


def recalled(server: fake_elks.Elks, folder: Path, one: Message, **changed: Any) -> Sent | DeliveryError | None:
    (folder / "secret").write_text(str(changed.pop("password", fake_elks.PASSWORD)), "utf-8")
    told: dict[str, Any] = {
        "account": fake_elks.USER, "secret_file": folder / "secret", "sender": "+46766861234",
        "base_url": f"{server.url}/a1",
    }  # fmt: skip

    async def work() -> Sent | DeliveryError | None:
        elks = Elks(ElksSettings(**told | changed))
        try:
            return await elks.recall(one)
        except DeliveryError as e:
            return e
        finally:
            await elks.close()

    return asyncio.run(work())


def test_what_was_taken_without_a_word_is_found_again(tmp_path: Path) -> None:
    one = message(to=TO, at=time.time())
    with fake_elks.Elks(acts=[None], delivers=False) as server:
        assert recalled(server, tmp_path, one) is None
        asyncio.run(_send(server, tmp_path, replace(one, short="Något annat")))
        asyncio.run(_send(server, tmp_path, replace(one, to="+46700000009")))
        assert recalled(server, tmp_path, one) is None

        asyncio.run(_send(server, tmp_path, one))

        assert recalled(server, tmp_path, one) == Sent(server.sent[-1].id)
        # The same words an hour ago were about something else.
        assert recalled(server, tmp_path, replace(one, at=one.at + 3600.0)) is None


def test_what_is_no_history_is_no_answer(tmp_path: Path) -> None:
    one = message(to=TO, at=time.time())
    with fake_elks.Elks() as server:
        asyncio.run(_send(server, tmp_path, one))
        for told in (b"<html>hotel", b"[]", b"{}", b'{"data": 7}', b'{"data": [7, {"direction": 7, "message": []}]}'):
            server.histories = [(200, told)]
            assert recalled(server, tmp_path, one) is None
        outcome = recalled(server, tmp_path, one, password="fel")

    assert isinstance(outcome, DeliveryError)
    assert outcome.broken


async def _send(server: fake_elks.Elks, folder: Path, one: Message) -> None:
    (folder / "secret").write_text(fake_elks.PASSWORD, "utf-8")
    elks = Elks(ElksSettings(fake_elks.USER, folder / "secret", "+46766861234", base_url=f"{server.url}/a1"))
    await elks.send(one)
    await elks.close()
