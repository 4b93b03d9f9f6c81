"""SMS by a modem: files that smsd takes, and what it leaves."""

import asyncio
import os
from pathlib import Path

import pytest
from paging import AT, message

from driftvakt_collector.alert.answers import modem_spool
from driftvakt_collector.alert.answers.receipts import Receipt
from driftvakt_collector.alert.notify import modem
from driftvakt_collector.alert.notify.message import DeliveryError, Message, Sent
from driftvakt_collector.alert.notify.modem import Modem, ModemSettings

TO = "+46701234567"


@pytest.fixture
def spool(tmp_path: Path) -> Path:
    for name in ("outgoing", "checked", "sent", "failed", "incoming", "report"):
        (tmp_path / name).mkdir()
    return tmp_path


def left(spool: Path, one: Message, now: float = AT) -> Sent:
    return asyncio.run(Modem(ModemSettings(spool), now=lambda: now).send(one))


def smsd_sends(spool: Path, name: str, number: int, at: float) -> None:
    """Do as smsd: note the number that the network gave, and move the file."""
    raw = (spool / "outgoing" / name).read_bytes()
    (spool / "sent" / name).write_bytes(
        raw.replace(b"\n\n", f"\nSent: 26-11-27 03:10:02\nMessage_id: {number}\n\n".encode(), 1)
    )
    (spool / "outgoing" / name).unlink()
    os.utime(spool / "sent" / name, (at, at))


def report(
    spool: Path, number: int, status: str, at: float, sender: str = "46701234567", folder: str = "incoming"
) -> None:
    file = spool / folder / f"GSM1.{number}.{at:.0f}"
    file.write_text(
        f"From: {sender}\nReceived: 26-11-27 03:12:44\nSubject: GSM1\nAlphabet: ISO\n\nSMS STATUS REPORT\n"
        f"Message_id: {number}\nDischarge_timestamp: 26-11-27 03:12:40\nStatus: {status}\n"
    )
    os.utime(file, (at, at))


def test_a_file_lies_there_whole_and_smsd_may_take_it(spool: Path) -> None:
    sent = left(spool, message(to=TO))

    (file,) = (spool / "outgoing").iterdir()
    assert file.name == sent.provider
    assert sent.receipted
    assert file.stat().st_mode & 0o777 == 0o660
    assert file.read_bytes() == (
        "To: 46701234567\nAlphabet: ISO\nReport: yes\n\n"
        "INC-1042 UPS på batteri i Åkerö skola\nSvara K 4F7P för att ta larmet"
    ).encode("latin-1")


@pytest.mark.parametrize("text", ["Larm 中", "Pris 5 €", "Δ"])
def test_what_latin_letters_cannot_say_goes_as_ucs2(spool: Path, text: str) -> None:
    left(spool, message(to=TO, short=text))

    (file,) = (spool / "outgoing").iterdir()
    head, _, body = file.read_bytes().partition(b"\n\n")
    assert b"Alphabet: UCS2" in head
    assert body.decode("utf-16-be") == text


@pytest.mark.parametrize("where", ["outgoing", "checked", "sent"])
def test_a_message_that_is_tried_again_goes_out_once(spool: Path, where: str) -> None:
    first = left(spool, message(to=TO))
    (spool / "outgoing" / first.provider).rename(spool / where / first.provider)

    again = left(spool, message(to=TO))

    assert again == first
    assert len([one for folder in spool.iterdir() for one in folder.iterdir()]) == 1


def test_a_message_that_failed_is_tried_anew(spool: Path) -> None:
    first = left(spool, message(to=TO))
    (spool / "outgoing" / first.provider).rename(spool / "failed" / first.provider)

    left(spool, message(to=TO))

    assert (spool / "outgoing" / first.provider).exists()


def test_a_dead_smsd_breaks_the_way(spool: Path) -> None:
    first = left(spool, message(to=TO))
    os.utime(spool / "outgoing" / first.provider, (AT, AT))

    with pytest.raises(DeliveryError, match="is it running") as refused:
        left(spool, message(id="m2", to=TO), now=AT + 301)

    assert refused.value.broken


def test_without_smstools_it_is_said_what_is_missing(tmp_path: Path) -> None:
    with pytest.raises(DeliveryError, match="is smstools there") as refused:
        left(tmp_path, message(to=TO))

    assert refused.value.broken


def test_a_header_cannot_be_smuggled_in(spool: Path) -> None:
    with pytest.raises(DeliveryError):
        left(spool, message(to="+46701234567\nProvider: x"))
    left(spool, message(to=TO, short="To: 1\n\nAlphabet: x\n\nhej"))

    (file,) = (spool / "outgoing").iterdir()
    assert file.read_bytes().startswith(b"To: 46701234567\nAlphabet: ISO\nReport: yes\n\nTo: 1\n")


@pytest.mark.parametrize(
    ("status", "folder", "expected"),
    [
        ("0,Ok,short message received by the SME", "incoming", Receipt.DELIVERED),
        ("0,Ok,short message received by the SME", "report", Receipt.DELIVERED),
        ("48,Warning,temporary error, SC still trying", "incoming", Receipt.SENT),
        ("70,Error,SM validity period expired", "incoming", Receipt.FAILED),
    ],
)
def test_a_status_report_is_a_receipt(spool: Path, status: str, folder: str, expected: Receipt) -> None:
    sent = left(spool, message(to=TO))
    smsd_sends(spool, sent.provider, 117, AT + 5)
    report(spool, 117, status, AT + 20, folder=folder)

    found = modem_spool.look(spool, AT + 30)

    assert [(one.provider, one.receipt) for one in found.receipts] == [
        (f"modem/{sent.provider}", Receipt.SENT), (f"modem/{sent.provider}", expected),
    ]  # fmt: skip
    assert found.incoming == ()


def test_a_number_that_came_again_belongs_to_the_newest_message(spool: Path) -> None:
    first, second = left(spool, message(to=TO)), left(spool, message(id="m2", to=TO))
    other = left(spool, message(id="m3", to="+46709999999"))
    smsd_sends(spool, first.provider, 7, AT + 1)
    smsd_sends(spool, second.provider, 7, AT + 1000)
    smsd_sends(spool, other.provider, 7, AT + 1001)
    report(spool, 7, "0,Ok", AT + 1010)

    found = modem_spool.look(spool, AT + 1020)

    assert [one.provider for one in found.receipts if one.receipt is Receipt.DELIVERED] == [f"modem/{second.provider}"]


def test_a_report_of_another_sender_is_none(spool: Path) -> None:
    sent = left(spool, message(to=TO))
    smsd_sends(spool, sent.provider, 7, AT + 1)
    report(spool, 7, "0,Ok", AT + 10, sender="46709999999")

    assert [one.receipt for one in modem_spool.look(spool, AT + 20).receipts] == [Receipt.SENT]


def test_what_failed_says_why(spool: Path) -> None:
    sent = left(spool, message(to=TO))
    (spool / "outgoing" / sent.provider).rename(spool / "failed" / sent.provider)
    file = spool / "failed" / sent.provider
    file.write_bytes(
        file.read_bytes().replace(b"Report: yes", b"Report: yes\nFail_reason: Network registration failed")
    )

    (one,) = modem_spool.look(spool, AT).receipts

    assert (one.receipt, one.reason) == (Receipt.FAILED, "Network registration failed")


@pytest.mark.parametrize(("alphabet", "encoding"), [("ISO", "latin-1"), ("UCS2", "utf-16-be"), ("UTF-8", "utf-8")])
def test_an_sms_comes_in_once_until_it_is_forgotten(spool: Path, alphabet: str, encoding: str) -> None:
    (spool / "incoming" / "GSM1.Xd8k2").write_bytes(
        f"From: 46701234567\nReceived: 26-11-27 03:12:44\nAlphabet: {alphabet}\n\n".encode()
        + "K 4F7P på väg".encode(encoding)
    )

    found = modem_spool.look(spool, AT)
    again = modem_spool.look(spool, AT)
    modem_spool.forget(found)

    (one,) = found.incoming
    assert (one.sender, one.text) == (TO, "K 4F7P på väg")
    assert again == found
    assert modem_spool.look(spool, AT).incoming == ()


def test_half_a_file_and_rubbish_are_left_or_passed_over(spool: Path) -> None:
    (spool / "incoming" / "a.LOCK").write_text("From: 46701234567\n\nK")
    (spool / "incoming" / "b").write_bytes(os.urandom(2000))
    (spool / "incoming" / "c").write_text("From: Comviq\n\nErbjudande")

    found = modem_spool.look(spool, AT)

    assert found.incoming == ()
    assert modem.read(spool / "incoming" / "none") is None
    assert (spool / "incoming" / "a.LOCK") not in found.done
