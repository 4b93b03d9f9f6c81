import mailbox
import os
import shutil
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from certifying import Authority
from servers_of_services import ACCOUNT, SECRET, Mailboxes, mail_server, mailboxes
from serving import NONE, Option, Options, ask, fit_to_be_shown, free_port

from driftvakt_collector.poll.checks.check import Fault, Outcome
from driftvakt_collector.poll.checks.mail_round_trip import CHECK, SERIES

pytestmark = pytest.mark.real


class Postman:
    """Brings what comes to a mailbox, or loses it."""

    def __init__(self, maildir: Path, *, loses: bool = False) -> None:
        self._maildir = maildir
        self._loses = loses
        self.came: list[bytes] = []

    async def handle_DATA(self, _server: Any, _session: Any, envelope: Any) -> str:  # noqa: N802
        self.came.append(envelope.content)
        if not self._loses:
            deliver(self._maildir, envelope.content)
        return "250 OK"


def deliver(maildir: Path, content: bytes, age: float = 0) -> None:
    mailbox.Maildir(maildir).add(content)
    for one in [maildir, *maildir.rglob("*")]:
        shutil.chown(one, "nobody", "nogroup")
    if age:
        for one in (maildir / "new").iterdir():
            os.utime(one, (time.time() - age,) * 2)


def kept(maildir: Path) -> list[str]:
    return sorted(str(one["Subject"]) for one in mailbox.Maildir(maildir, create=False))


@pytest.fixture
def office(authority: Authority) -> Iterator[Mailboxes]:
    with mailboxes(authority.issue("127.0.0.1")) as running:
        yield running


def go_round(smtp: int, office: Mailboxes, secret: str = SECRET, options: Options = NONE, **more: Option) -> Outcome:
    return ask(
        CHECK, smtp, secret=secret, mail_from="vakt@stad.example", rcpt_to="vakt@stad.example",
        options={"account": ACCOUNT, "imap_port": office.imap, "cleartext": True, **options, **more},
    )  # fmt: skip


def test_a_message_goes_round_and_is_deleted(office: Mailboxes) -> None:
    postman = Postman(office.maildir)
    deliver(office.maildir, b"Subject: of another round, long ago\r\nX-Driftvakt-Round: driftvakt-1\r\n\r\n", 5 * 86400)
    deliver(office.maildir, b"Subject: of another round, now\r\nX-Driftvakt-Round: driftvakt-2\r\n\r\n")
    deliver(office.maildir, b"Subject: of a person\r\n\r\nX-Driftvakt-Round: driftvakt-3\r\n")
    with mail_server(postman) as smtp:
        outcome = go_round(smtp, office)

    assert outcome.fault is None, outcome.reason
    assert 0 < outcome.values[SERIES, ()] < outcome.seconds
    assert list(outcome.phases) == ["mailbox", "sending", "delivery", "deleting"]
    assert len(postman.came) == 1
    assert kept(office.maildir) == ["of a person", "of another round, now"]


def test_both_sides_speak_tls(office: Mailboxes, authority: Authority) -> None:
    with mail_server(Postman(office.maildir), starttls=authority.issue("127.0.0.1")) as smtp:
        more: dict[str, Option] = {"tls": "starttls", "imap_tls": "starttls", "cleartext": False, "smtp_login": True}
        good = go_round(smtp, office, ca=str(authority.path), options=more)
        untrusted = go_round(smtp, office, options=more)

    assert good.fault is None, good.reason
    assert good.values["probe_ssl_earliest_cert_expiry", ()] > 1.7e9
    assert untrusted.fault is Fault.CERTIFICATE
    assert untrusted.reason.startswith("the mailbox: ")


def test_a_message_that_is_lost(office: Mailboxes) -> None:
    with mail_server(Postman(office.maildir, loses=True)) as smtp:
        outcome = go_round(smtp, office, within=0.3)

    assert outcome.fault is Fault.HUNG
    assert outcome.reason == "delivery: the message was sent and has not arrived within 0.3 s"


def test_each_leg_says_that_it_is_at_fault(office: Mailboxes) -> None:
    postman = Postman(office.maildir)
    with mail_server(postman) as smtp:
        denied = go_round(smtp, office, secret="wrong")
        no_mailbox = go_round(smtp, office, imap_port=free_port())
        no_folder = go_round(smtp, office, mailbox="Nowhere")
    no_smtp = go_round(free_port(), office)

    assert [one.fault for one in (denied, no_mailbox, no_folder, no_smtp)] == [
        Fault.DENIED, Fault.DOWN, Fault.ANSWER, Fault.DOWN,
    ]  # fmt: skip
    assert {one.reason.partition(":")[0] for one in (denied, no_mailbox, no_folder)} == {"the mailbox"}
    assert no_smtp.reason == "sending: nothing listens there"
    assert all(map(fit_to_be_shown, (denied, no_mailbox, no_folder, no_smtp)))
    assert postman.came == []


def test_it_needs_to_know_who_writes_to_whom() -> None:
    assert ask(CHECK, free_port()).fault is Fault.UNUSABLE
