import asyncio
from collections.abc import Iterator

import pytest
from certifying import Authority
from servers_of_services import ACCOUNT, SECRET, Mailboxes, mailboxes
from serving import ask, ask_of, fit_to_be_shown, says

from driftvakt_collector.poll.checks.check import Fault
from driftvakt_collector.poll.checks.pop3 import CHECK

pytestmark = pytest.mark.real


@pytest.fixture(scope="module")
def office(authority: Authority) -> Iterator[Mailboxes]:
    with mailboxes(authority.issue("localhost")) as running:
        yield running


def test_a_server_is_up(office: Mailboxes) -> None:
    outcome = ask(CHECK, office.pop3)

    assert outcome.fault is None, outcome.reason
    assert list(outcome.phases) == ["resolve", "connect", "greeting", "capability", "quit"]


@pytest.mark.parametrize("tls", ["starttls", "implicit"])
def test_an_account_is_let_in(office: Mailboxes, authority: Authority, tls: str) -> None:
    port = office.pop3 if tls == "starttls" else office.pop3s
    options = {"ca": str(authority.path), "server_name": "localhost", "tls": tls, "account": ACCOUNT}

    good = ask(CHECK, port, secret=SECRET, options=options)
    untrusted = ask(CHECK, port, secret=SECRET, options={**options, "ca": ""})

    assert good.fault is None, good.reason
    assert good.values["driftvakt_probe_mailbox_messages", ()] == 0
    assert good.values["probe_ssl_earliest_cert_expiry", ()] > 1.7e9
    assert untrusted.fault is Fault.CERTIFICATE


def test_a_wrong_secret_is_denied(office: Mailboxes) -> None:
    outcome = ask(CHECK, office.pop3, secret="wrong1", account=ACCOUNT, cleartext=True)

    assert outcome.fault is Fault.DENIED
    assert "[AUTH]" in outcome.reason


def test_a_server_without_tls() -> None:
    with mailboxes() as office:
        outcome = ask(CHECK, office.pop3, tls="starttls")

    assert outcome.fault is Fault.ANSWER
    assert "STLS" in outcome.reason


@pytest.mark.parametrize(("refused", "expected"), [
    (b"-ERR [AUTH] who are you", Fault.DENIED),
    (b"-ERR no", Fault.DENIED),
    (b"-ERR [IN-USE] somebody reads it", Fault.ANSWER),
    (b"-ERR [SYS/TEMP] no directory", Fault.ANSWER),
])  # fmt: skip
def test_an_old_server_that_lets_nobody_in(refused: bytes, expected: Fault) -> None:
    async def serves(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(b"+OK ready\r\n")
        for answer in (b"-ERR what is CAPA", b"+OK", refused):
            await reader.readline()
            writer.write(answer + b"\r\n")
        await reader.read()

    outcome = ask_of(CHECK, serves, account=ACCOUNT, secret="x", cleartext=True)

    assert outcome.fault is expected
    assert outcome.reason.endswith(refused[5:].decode())


@pytest.mark.parametrize(("answer", "part"), [
    (b"-ERR full\r\n", "full"),
    (b"+OK\r\n+OK\r\n" + b"X\r\n" * 300, "more than 200 lines"),
    (b"+OK\r\nX\r\n", "an answer of POP3"),
])  # fmt: skip
def test_answers_that_are_none(answer: bytes, part: str) -> None:
    outcome = ask_of(CHECK, says(answer))

    assert outcome.fault is Fault.ANSWER
    assert part in outcome.reason
    assert fit_to_be_shown(outcome)
