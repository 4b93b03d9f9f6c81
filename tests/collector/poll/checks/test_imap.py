import asyncio
from collections.abc import Iterator
from datetime import timedelta

import pytest
from certifying import DAY, Authority
from servers_of_services import ACCOUNT, SECRET, Mailboxes, mailboxes
from serving import ask, ask_of, fit_to_be_shown, says

from driftvakt_collector.poll.checks.check import Fault
from driftvakt_collector.poll.checks.imap import CHECK

pytestmark = pytest.mark.real


@pytest.fixture(scope="module")
def office(authority: Authority) -> Iterator[Mailboxes]:
    with mailboxes(authority.issue("localhost")) as running:
        yield running


def test_a_server_of_mailboxes_is_up(office: Mailboxes) -> None:
    outcome = ask(CHECK, office.imap)

    assert outcome.fault is None, outcome.reason
    assert list(outcome.phases) == ["resolve", "connect", "greeting", "capability", "logout"]


@pytest.mark.parametrize("tls", ["starttls", "implicit"])
def test_an_account_opens_its_mailbox(office: Mailboxes, authority: Authority, tls: str) -> None:
    port = office.imap if tls == "starttls" else office.imaps
    options = {"ca": str(authority.path), "server_name": "localhost", "tls": tls, "account": ACCOUNT}

    good = ask(CHECK, port, secret=SECRET, mailbox="INBOX", options=options)
    nowhere = ask(CHECK, port, secret=SECRET, mailbox='No "such" \\', options=options)

    assert good.fault is None, good.reason
    assert good.values["driftvakt_probe_mailbox_messages", ()] == 0
    assert good.values["probe_ssl_earliest_cert_expiry", ()] > 1.7e9
    assert nowhere.fault is Fault.ANSWER
    assert "EXAMINE" in nowhere.reason


def test_a_wrong_secret_is_denied(office: Mailboxes, authority: Authority) -> None:
    outcome = ask(CHECK, office.imap, secret="wrong1", account=ACCOUNT, cleartext=True)

    assert outcome.fault is Fault.DENIED
    assert "Authentication failed" in outcome.reason


def test_the_authority_is_not_ours(office: Mailboxes) -> None:
    assert ask(CHECK, office.imaps, host="localhost", tls="implicit").fault is Fault.CERTIFICATE
    assert ask(CHECK, office.imap, host="localhost", tls="starttls").fault is Fault.CERTIFICATE


def test_a_certificate_that_has_ended(authority: Authority) -> None:
    with mailboxes(authority.issue("localhost", begins=-9 * DAY, ends=timedelta(hours=-1))) as office:
        outcome = ask(CHECK, office.imaps, host="localhost", tls="implicit", ca=str(authority.path))

    assert outcome.fault is Fault.CERTIFICATE
    assert "expired" in outcome.reason


def test_a_server_without_tls() -> None:
    with mailboxes() as office:
        outcome = ask(CHECK, office.imap, tls="starttls")
        login = ask(CHECK, office.imap, account=ACCOUNT, secret=SECRET, cleartext=True)

    assert outcome.fault is Fault.ANSWER
    assert "STARTTLS" in outcome.reason
    assert login.fault is None, login.reason


@pytest.mark.parametrize(("able", "expected"), [
    (b"", [b"LOGIN", b'"vakt"', b'"a\\"b\\\\c"']),
    (b" AUTH=PLAIN", [b"AUTHENTICATE", b"PLAIN"]),
    (b" AUTH=PLAIN SASL-IR", [b"AUTHENTICATE", b"PLAIN", b"AHZha3QAYSJiXGM="]),
])  # fmt: skip
def test_how_it_logs_in(able: bytes, expected: list[bytes]) -> None:
    came: list[list[bytes]] = []

    async def serves(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(b"* OK ready\r\n")
        while line := await reader.readline():
            tag, *words = line.split()
            came.append(words)
            if words[0] == b"CAPABILITY":
                writer.write(b"* CAPABILITY IMAP4rev1" + able + b"\r\n")
            if words == [b"AUTHENTICATE", b"PLAIN"]:
                writer.write(b"+ \r\n")
                assert await reader.readline() == b"AHZha3QAYSJiXGM=\r\n"
            writer.write(tag + b" OK done\r\n")

    outcome = ask_of(CHECK, serves, account=ACCOUNT, secret='a"b\\c', cleartext=True)

    assert outcome.fault is None, outcome.reason
    assert came[2] == expected


@pytest.mark.parametrize(("answer", "part"), [
    (b"* BYE overloaded\r\n", "overloaded"),
    (b"* OK\r\na1 NO later\r\n", "later"),
    (b"* OK\r\na1 OK done\r\n", "IMAP4rev1"),
    (b"* OK\r\n* X {999999999}\r\n", "999999999"),
    (b"* OK\r\n" + b"* X {1}\r\n" * 9000 + b"a1 OK\r\n", "more than 100 literals"),
    (b"* OK\r\n" + b"* X\r\n" * 1001 + b"a1 OK\r\n", "more than 1000 lines"),
    (b"* OK\r\nb7 OK whose?\r\n", "an answer to CAPABILITY"),
])  # fmt: skip
def test_answers_that_are_none(answer: bytes, part: str) -> None:
    outcome = ask_of(CHECK, says(answer))

    assert outcome.fault is Fault.ANSWER
    assert part in outcome.reason
    assert fit_to_be_shown(outcome)


def test_a_directory_that_is_away_is_no_wrong_secret() -> None:
    async def serves(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(b"* OK ready\r\n")
        for answer in (b"* CAPABILITY IMAP4rev1\r\na1 OK\r\n", b"a2 OK\r\n", b"a3 NO [UNAVAILABLE] no directory\r\n"):
            await reader.readline()
            writer.write(answer)
        await reader.read()

    outcome = ask_of(CHECK, serves, account=ACCOUNT, secret="x", cleartext=True)

    assert outcome.fault is Fault.ANSWER
    assert "no directory" in outcome.reason
