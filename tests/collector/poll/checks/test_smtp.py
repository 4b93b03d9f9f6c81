import asyncio
from datetime import timedelta

import pytest
from certifying import DAY, Authority
from servers_of_services import ACCOUNT, SECRET, mail_server
from serving import ask, ask_of, fit_to_be_shown, says

from driftvakt_collector.poll.checks.check import Fault
from driftvakt_collector.poll.checks.smtp import CHECK

pytestmark = pytest.mark.real


class Office:
    """Takes mail for one recipient."""

    async def handle_RCPT(self, *told: object) -> str:  # noqa: N802
        *_, address, _options = told
        return "250 OK" if address == "drift@stad.example" else "550 5.1.1 no such mailbox"


def test_a_mail_server_is_up() -> None:
    with mail_server(Office()) as port:
        outcome = ask(CHECK, port, expect=r"^mx\.stad\.example")
        other = ask(CHECK, port, expect="Exchange")

    assert outcome.fault is None, outcome.reason
    assert list(outcome.phases) == ["resolve", "connect", "greeting", "ehlo", "quit"]
    assert other.fault is Fault.ANSWER
    assert "'Exchange'" in other.reason


def test_what_a_recipient_gets_is_asked_without_a_message() -> None:
    with mail_server(Office()) as port:
        known = ask(CHECK, port, rcpt_to="drift@stad.example", mail_from="vakt@stad.example")
        unknown = ask(CHECK, port, rcpt_to="nobody@stad.example")
        two_commands = ask(CHECK, port, rcpt_to="a@b>\r\nDATA")

    assert known.fault is None, known.reason
    assert unknown.fault is Fault.ANSWER
    assert "no such mailbox" in unknown.reason
    assert two_commands.fault is Fault.UNUSABLE


@pytest.mark.parametrize("mechanisms", ["PLAIN LOGIN", "LOGIN"])
def test_an_account_is_let_in_over_tls(authority: Authority, mechanisms: str) -> None:
    trusted = {"ca": str(authority.path), "tls": "starttls", "account": ACCOUNT}
    with mail_server(Office(), starttls=authority.issue("127.0.0.1"), mechanisms=mechanisms) as port:
        good = ask(CHECK, port, secret=SECRET, options=trusted)
        wrong = ask(CHECK, port, secret="another", options=trusted)
        bare = ask(CHECK, port, secret=SECRET, account=ACCOUNT)

    assert good.fault is None, good.reason
    assert good.values["probe_ssl_earliest_cert_expiry", ()] > 1.7e9
    assert {"tls", "starttls", "auth"} <= set(good.phases)
    assert wrong.fault is Fault.DENIED
    assert "another" not in wrong.reason
    assert bare.fault is Fault.UNUSABLE
    assert "in the clear" in bare.reason


@pytest.mark.parametrize("name", ["localhost", "127.0.0.1"])
def test_a_certificate_has_to_be_good(authority: Authority, name: str) -> None:
    old = authority.issue(name, begins=-90 * DAY, ends=timedelta(days=-1))
    with mail_server(Office(), starttls=old) as port:
        expired = ask(CHECK, port, host=name, tls="starttls", ca=str(authority.path))
    with mail_server(Office(), implicit=authority.issue(name)) as port:
        untrusted = ask(CHECK, port, host="127.0.0.1", tls="implicit")
        good = ask(CHECK, port, host="127.0.0.1", tls="implicit", ca=str(authority.path), server_name=name)

    assert (expired.fault, untrusted.fault) == (Fault.CERTIFICATE, Fault.CERTIFICATE)
    assert "expired" in expired.reason
    assert good.fault is None, good.reason


def test_a_server_without_starttls() -> None:
    with mail_server(Office()) as port:
        outcome = ask(CHECK, port, tls="starttls")

    assert outcome.fault is Fault.ANSWER
    assert "STARTTLS" in outcome.reason


def test_what_is_said_in_the_clear_does_not_pass_for_what_tls_brings() -> None:
    async def injects(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(b"220 mx\r\n")
        await reader.readline()
        writer.write(b"250-mx\r\n250 STARTTLS\r\n")
        await reader.readline()
        writer.write(b"220 go on\r\n250-mx\r\n250 AUTH PLAIN\r\n")
        await reader.read()

    outcome = ask_of(CHECK, injects, tls="starttls")

    assert outcome.fault is Fault.ANSWER
    assert "in the clear" in outcome.reason


def test_a_secret_that_is_repeated_does_not_stand_in_a_reason() -> None:
    async def repeats(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(b"220 mx\r\n")
        await reader.readline()
        writer.write(b"250 AUTH PLAIN\r\n")
        told = (await reader.readline()).split()[-1]
        writer.write(b"535 " + b"-" * 150 + told + SECRET.encode() * 2 + b"\r\n")
        await reader.read()

    outcome = ask_of(CHECK, repeats, account=ACCOUNT, secret=SECRET, cleartext=True)

    assert outcome.fault is Fault.DENIED
    assert outcome.reason.endswith("-……")


@pytest.mark.parametrize("secret", ["OK", "250", "mx", " "])
def test_a_secret_may_be_a_word_of_the_protocol(secret: str) -> None:
    with mail_server(Office()) as port:
        outcome = ask(CHECK, port, account=ACCOUNT, secret=secret, cleartext=True)

    assert outcome.fault is Fault.DENIED


@pytest.mark.parametrize(("greeting", "part"), [
    (b"554 no mail here\r\n", "554 no mail here"),
    (b"421-busy\r\n421 later\r\n", "421 busy later"),
    (b"220-\r\n" * 300, "more than 200 lines"),
    (b"220", "hung up"),
])  # fmt: skip
def test_a_greeting_that_is_none(greeting: bytes, part: str) -> None:
    outcome = ask_of(CHECK, says(greeting))

    assert outcome.fault is Fault.ANSWER
    assert part in outcome.reason
    assert fit_to_be_shown(outcome)


def test_tls_is_one_of_three() -> None:
    assert ask(CHECK, 1, tls="yes").fault is Fault.UNUSABLE
