"""E-mail, against servers that behave in each of the ways that servers do."""

import asyncio
import json
import logging
import re
import socket
import time
from collections.abc import Awaitable, Callable
from email import message_from_bytes, policy
from email.message import EmailMessage
from email.utils import parsedate_to_datetime
from pathlib import Path
from typing import Any

import pytest
from certifying import Authority, Issued
from hypothesis import given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st
from paging import message
from probing import CORPORA
from servers_of_services import ACCOUNT, SECRET, mail_server, server_context
from unruly_smtp import DROP, STALL, UnrulySmtp

from driftvakt_collector.alert.notify import dial
from driftvakt_collector.alert.notify.letter import Sender, compose
from driftvakt_collector.alert.notify.mail import Mail, MailSettings
from driftvakt_collector.alert.notify.message import DeliveryError, Message, Sent

SENDER = Sender("larm@stad.example", "Driftvakt", "larm+{token}@stad.example", "larm.stad.example", "larm.stad.example")
FACTS = CORPORA / "webhooks" / "smtp_quirks_facts.json"
Case = Callable[..., None]
CASES: dict[str, Case] = {}


def settings(port: int, **changed: Any) -> MailSettings:
    told: dict[str, Any] = {
        "host": "127.0.0.1",
        "port": port,
        "tls": "none",
        "sender": SENDER,
        "ehlo": "vakt.stad.example",
    }
    return MailSettings(**told | changed)


def case(id_: str) -> Callable[[Case], Case]:
    """Note which behaviour of the list a test is about."""

    def noted(test: Case) -> Case:
        CASES[id_] = test
        return test

    return noted


class Kept:
    """A handler of aiosmtpd that keeps what came."""

    def __init__(self) -> None:
        self.letters: list[Any] = []

    async def handle_DATA(self, _server: Any, _session: Any, envelope: Any) -> str:  # noqa: N802
        self.letters.append(envelope)
        return "250 OK"


def sent(server: UnrulySmtp, *messages: Message, **changed: Any) -> list[Sent | DeliveryError]:
    """Send each message to an unruly server; return what became of each."""

    async def work() -> list[Sent | DeliveryError]:
        async with server.running():
            mail = Mail(settings(server.port, **changed))
            outcomes: list[Sent | DeliveryError] = []
            for one in messages or (message(),):
                try:
                    outcomes.append(await mail.send(one))
                except DeliveryError as e:
                    outcomes.append(e)
            await mail.close()
            return outcomes

    return asyncio.run(work())


def sent_for_real(port: int, one: Message, **changed: Any) -> Sent:
    async def work() -> Sent:
        mail = Mail(settings(port, **changed))
        try:
            return await mail.send(one)
        finally:
            await mail.close()

    return asyncio.run(work())


def failed(outcome: Sent | DeliveryError) -> DeliveryError:
    assert isinstance(outcome, DeliveryError)
    return outcome


def parsed(data: bytes) -> EmailMessage:
    made = message_from_bytes(data, policy=policy.default)
    assert isinstance(made, EmailMessage)
    return made


def plain(letter: EmailMessage) -> str:
    body = letter.get_body(("plain",))
    assert body is not None
    return str(body.get_content()).replace("\r\n", "\n")


def test_each_behaviour_of_the_list_has_a_test() -> None:
    if not FACTS.exists():
        pytest.skip("no list of behaviours here")
    listed = [one["id"] for one in json.loads(FACTS.read_text("utf-8"))["cases"]]

    assert len(listed) == 22
    assert sorted(CASES) == sorted(listed)


# --- TLS ---


@case("no_starttls")
def test_without_starttls_nothing_is_sent_in_clear_unless_that_is_allowed(caplog: pytest.LogCaptureFixture) -> None:
    strict, lenient = UnrulySmtp(), UnrulySmtp()

    (refused,) = sent(strict, tls="require")
    with caplog.at_level(logging.WARNING):
        (taken,) = sent(lenient, tls="opportunistic")

    assert failed(refused).broken
    assert "STARTTLS" in str(refused)
    assert strict.letters == []
    assert isinstance(taken, Sent)
    assert "in clear" in caplog.text


@case("starttls_required")
@pytest.mark.parametrize("command", ["MAIL", "RCPT"])
def test_a_server_that_wants_starttls_is_understood(command: str) -> None:
    server = UnrulySmtp({command: ["530 5.7.0 Must issue a STARTTLS command first"]})

    (refused,) = sent(server)

    assert failed(refused).broken
    assert 'set tls = "require"' in str(refused)


@case("bad_cert")
@pytest.mark.parametrize("flaw", ["self-signed", "wrong name"])
@pytest.mark.parametrize("tls", ["require", "opportunistic", "implicit"])
def test_a_bad_certificate_is_refused_unless_that_is_allowed(authority: Authority, flaw: str, tls: str) -> None:
    issued = (
        authority.issue("127.0.0.1", self_signed=True) if flaw == "self-signed" else authority.issue("mx.annan.example")
    )

    refused, kept = sent_over(issued, tls, ca_file=authority.path)
    taken, letters = sent_over(issued, tls, verify=False)

    assert failed(refused).broken
    assert "certificate" in str(refused)
    assert kept == 0
    assert isinstance(taken, Sent)
    assert letters == 1


@pytest.mark.parametrize("tls", ["require", "implicit"])
def test_a_good_certificate_is_taken(authority: Authority, tls: str) -> None:
    outcome, letters = sent_over(authority.issue("127.0.0.1"), tls, ca_file=authority.path)

    assert isinstance(outcome, Sent)
    assert letters == 1


def test_the_name_of_the_server_is_in_the_certificate_and_not_its_address(authority: Authority) -> None:
    async def resolve(_host: str, port: int) -> Any:
        return [(socket.AF_INET, ("127.0.0.1", port))]

    issued = authority.issue("mx.stad.example")
    for tls in ("implicit", "require"):
        outcome, _ = sent_over(issued, tls, resolve, host="mx.stad.example", ca_file=authority.path)

        assert isinstance(outcome, Sent)


@pytest.mark.parametrize("tls", ["implicit", "require"])
def test_it_works_on_the_loop_that_the_collector_runs_on(authority: Authority, tls: str) -> None:
    uvloop = pytest.importorskip("uvloop")
    context = server_context(authority.issue("127.0.0.1"))
    server = UnrulySmtp(starttls=None if tls == "implicit" else context)

    async def work() -> list[Sent]:
        async with server.running(context if tls == "implicit" else None):
            mail = Mail(settings(server.port, tls=tls, ca_file=authority.path))
            outcomes = [await mail.send(message()), await mail.send(message(id="m2"))]
            await mail.close()
            return outcomes

    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        assert len(runner.run(work())) == 2
    assert server.connections == 1


def sent_over(
    issued: Issued, tls: str, resolve: dial.Resolve = dial.resolve, **changed: Any
) -> tuple[Sent | DeliveryError, int]:
    """Send one letter over TLS; return what became of it, and how many the server took."""

    async def work(port: int) -> Sent | DeliveryError:
        mail = Mail(settings(port, tls=tls, **changed), resolve=resolve)
        outcome = await _outcome(mail.send(message()))
        await mail.close()
        return outcome

    async def served() -> Sent | DeliveryError:
        async with server.running(server_context(issued) if tls == "implicit" else None):
            return await work(server.port)

    server = UnrulySmtp(starttls=None if tls == "implicit" else server_context(issued))
    return asyncio.run(served()), len(server.letters)


# --- who we are ---


@case("auth_fail")
def test_a_wrong_password_breaks_the_channel(tmp_path: Path) -> None:
    (tmp_path / "secret").write_text("wrong")

    with mail_server(Kept()) as port, pytest.raises(DeliveryError, match="account and password") as refused:
        sent_for_real(port, message(), account=ACCOUNT, secret_file=tmp_path / "secret", clear_secret=True)

    assert refused.value.broken
    assert not refused.value.permanent
    assert "wrong" not in str(refused.value)


@case("auth_only_after_tls")
def test_a_login_that_is_offered_after_tls_only_works(authority: Authority, tmp_path: Path) -> None:
    (tmp_path / "secret").write_text(SECRET, "utf-8")
    kept = Kept()

    with mail_server(kept, starttls=authority.issue("127.0.0.1")) as port:
        sent_for_real(
            port, message(), tls="require", ca_file=authority.path, account=ACCOUNT, secret_file=tmp_path / "secret"
        )
        # Its thread is ended at once after this, and must have closed the line by then.
        time.sleep(0.1)

    assert len(kept.letters) == 1


def test_a_password_is_not_sent_in_clear(tmp_path: Path) -> None:
    (tmp_path / "secret").write_text(SECRET, "utf-8")
    server = UnrulySmtp(extensions=("AUTH PLAIN LOGIN",))

    (refused,) = sent(server, tls="opportunistic", account=ACCOUNT, secret_file=tmp_path / "secret")

    assert failed(refused).broken
    assert not any(line.startswith("AUTH") for line in server.said)


@case("helo_name")
@pytest.mark.parametrize("code", ["504 5.5.2", "550 5.7.1", "501 5.5.4"])
def test_a_server_that_dislikes_our_name_says_which_setting(code: str) -> None:
    refusing = UnrulySmtp({"EHLO": [f"{code} need a fully qualified name"], "HELO": [f"{code} need a name"]})

    (refused,) = sent(refusing, ehlo="localhost")
    server = UnrulySmtp()
    sent(server, ehlo="vakt.stad.example")

    assert failed(refused).broken
    assert "set 'ehlo'" in str(refused)
    assert server.said[0] == "EHLO vakt.stad.example"


# --- now, later, never ---


@case("greylist")
def test_greylisting_is_waited_for_and_sent_once() -> None:
    server = UnrulySmtp({"RCPT": ["451 4.7.1 Greylisted, try again in 300 seconds", ""]})

    first, second = sent(server, message(), message())

    assert failed(first).after == 300
    assert not failed(first).permanent
    assert not failed(first).broken
    assert isinstance(second, Sent)
    assert len(server.letters) == 1


@case("busy")
@pytest.mark.parametrize("command", ["BANNER", "EHLO", "MAIL", "RCPT", "DATA", "DOT"])
def test_a_busy_server_is_tried_again(command: str) -> None:
    server = UnrulySmtp({command: ["421 4.7.0 Too many connections", ""]})

    first, second = sent(server, message(), message())

    assert not failed(first).permanent
    assert not failed(first).broken
    assert not failed(first).unsure
    assert isinstance(second, Sent)


@case("partial_rcpt")
def test_one_address_that_is_unknown_takes_nothing_from_the_other() -> None:
    server = UnrulySmtp({"RCPT": ["", "550 5.1.1 User unknown"]})

    first, second = sent(server, message(), message(to="borta@stad.example"))

    assert isinstance(first, Sent)
    assert failed(second).permanent
    assert not failed(second).broken
    assert "borta@stad.example" in str(second)
    assert "User unknown" in str(second)
    assert len(server.letters) == 1


@case("too_many_rcpt")
def test_a_hundred_and_fifty_people_get_a_letter_each() -> None:
    server = UnrulySmtp({"RCPT": [""] * 100 + ["452 4.5.3 Too many recipients", ""]})

    outcomes = sent(server, *(message(id=f"m{number}", to=f"p{number}@stad.example") for number in range(150)))

    late = [one for one in outcomes if isinstance(one, DeliveryError)]
    assert [one.permanent for one in late] == [False]
    assert late[0].after == 60
    assert len(server.letters) == 149
    assert all(line.count("<") == 1 for line in server.said if line.startswith("RCPT"))


@case("size")
@pytest.mark.parametrize("announced", [True, False])
def test_what_is_too_large_loses_the_end_of_its_text(announced: bool) -> None:
    server = UnrulySmtp(extensions=("SIZE 20000",)) if announced else UnrulySmtp({"DOT": ["552 5.3.4 Too large", ""]})
    long = message(text="Rad med å och ä.\n" * 5000)

    (outcome,) = sent(server, long)

    assert isinstance(outcome, Sent)
    letter = parsed(server.letters[-1].data)
    assert not announced or len(server.letters[-1].data) <= 20000
    assert "för stort" in plain(letter)
    assert "https://larm.stad.example/l/abc" in plain(letter)


def test_what_is_too_large_even_then_is_given_up() -> None:
    (outcome,) = sent(UnrulySmtp({"MAIL": ["552 5.3.4 Too large"]}))

    assert failed(outcome).permanent


@case("drop_after_data")
@pytest.mark.parametrize("how", [DROP, STALL])
def test_a_server_that_is_lost_after_the_letter_leaves_it_unsure_and_the_copy_is_known(how: str) -> None:
    server = UnrulySmtp({"DOT": [how, ""]})

    first, second = sent(server, message(), message(), data_seconds=0.2)

    assert failed(first).unsure
    assert not failed(first).permanent
    assert isinstance(second, Sent)
    one, copy = (parsed(letter.data)["Message-ID"] for letter in server.letters)
    assert one == copy == "<m-1042-1-astrid@larm.stad.example>"


@case("slow_banner")
def test_a_slow_server_holds_up_nobody_else_and_is_given_up_in_time() -> None:
    async def work() -> tuple[BaseException | Sent, float]:
        loop = asyncio.get_running_loop()
        async with UnrulySmtp({"BANNER": [STALL]}).running() as slow, UnrulySmtp().running() as good:
            stuck = Mail(settings(slow.port, banner_seconds=0.3))
            other = Mail(settings(good.port))
            began = loop.time()
            waiting = asyncio.create_task(_outcome(stuck.send(message())))
            await asyncio.sleep(0)
            await other.send(message())
            between = loop.time() - began
            assert not waiting.done()
            await other.close()
            return await waiting, between

    outcome, between = asyncio.run(work())

    assert isinstance(outcome, DeliveryError)
    assert not outcome.permanent
    assert between < 0.3


async def _outcome(work: Awaitable[Sent]) -> Sent | DeliveryError:
    try:
        return await work
    except DeliveryError as e:
        return e


def test_a_letter_that_waits_for_a_slow_server_does_not_stop_the_next_letter() -> None:
    server = UnrulySmtp({"BANNER": [STALL, ""]})

    async def work() -> Sent:
        async with server.running():
            mail = Mail(settings(server.port, banner_seconds=0.5))
            first = asyncio.create_task(_outcome(mail.send(message())))
            while not server.connections:
                await asyncio.sleep(0.005)
            second = await mail.send(message(id="m2"))
            assert not first.done()
            first.cancel()
            await mail.close()
            return second

    assert asyncio.run(work()).provider


@case("multiline_220")
def test_a_greeting_of_several_lines_is_one() -> None:
    (outcome,) = sent(UnrulySmtp({"BANNER": ["220-hello\r\n220 ready"]}))

    assert isinstance(outcome, Sent)


@case("ipv6_first")
@pytest.mark.parametrize("dead", ["refuses", "is silent"])
def test_an_address_of_ipv6_that_is_dead_falls_back_to_the_other(dead: str) -> None:
    server = UnrulySmtp()

    async def work() -> Sent:
        async with server.running():
            silent = socket.socket(socket.AF_INET6)
            silent.bind(("::1", 0))
            if dead == "is silent":
                # Its queue is full, so that it takes no more: what a dead host looks like.
                silent.listen(0)
            port = silent.getsockname()[1]
            full = [socket.socket(socket.AF_INET6) for _ in range(4)] if dead == "is silent" else []
            for one in full:
                one.setblocking(False)
                one.connect_ex(("::1", port))

            async def resolve(_host: str, _port: int) -> Any:
                return [(socket.AF_INET6, ("::1", port, 0, 0)), (socket.AF_INET, ("127.0.0.1", server.port))]

            try:
                mail = Mail(settings(server.port, connect_seconds=5.0), resolve=resolve)
                outcome = await mail.send(message())
                await mail.close()
                return outcome
            finally:
                for one in [silent, *full]:
                    one.close()

    assert asyncio.run(work()).provider


def test_nobody_who_listens_is_said_plainly() -> None:
    async def work() -> None:
        await Mail(settings(1)).send(message())

    with pytest.raises(DeliveryError, match=r"cannot reach 127\.0\.0\.1 port 1") as refused:
        asyncio.run(work())

    assert not refused.value.permanent


# --- what arrives ---


@case("no_8bitmime")
def test_swedish_survives_a_server_of_seven_bits() -> None:
    server = UnrulySmtp(extensions=("HELP",))

    sent(server, message(text="åäö ÅÄÖ é – €\n✅ 中"))

    data = server.letters[0].data
    letter = parsed(data)
    assert data.isascii()
    assert letter["Subject"] == "INC-1042 Kritiskt: UPS på batteri i Åkerö skola"
    assert plain(letter).startswith("åäö ÅÄÖ é – €\n✅ 中\n")
    assert re.search(rb"^Subject: INC.*=\?utf-8\?b\?", data, re.M)


@case("smtputf8_needed")
def test_an_address_with_a_ring_is_told_of_and_not_a_crash() -> None:
    lacking, having = UnrulySmtp(), UnrulySmtp(extensions=("SMTPUTF8", "8BITMIME"))

    (refused,) = sent(lacking, message(to="åsa@stad.example"))
    (taken,) = sent(having, message(to="åsa@stad.example"))

    assert failed(refused).permanent
    assert "SMTPUTF8" in str(refused)
    assert "åsa@stad.example" in str(refused)
    assert isinstance(taken, Sent)
    assert having.letters[0].rcpt == "RCPT TO:<åsa@stad.example>"
    assert "SMTPUTF8" in having.letters[0].mail


def test_a_domain_with_a_ring_needs_nothing_of_the_server() -> None:
    server = UnrulySmtp(extensions=("HELP",))

    (outcome,) = sent(server, message(to="astrid@åkerö.example"))

    assert isinstance(outcome, Sent)
    assert server.letters[0].rcpt == "RCPT TO:<astrid@xn--ker-tla2g.example>"


@case("dot_stuffing")
def test_a_line_of_a_single_dot_arrives_unchanged() -> None:
    server = UnrulySmtp()

    sent(server, message(text="ett\n.\n..två\n.tre"))

    assert plain(parsed(server.letters[0].data)).startswith("ett\n.\n..två\n.tre\n")


@case("long_line")
@pytest.mark.parametrize("char", ["x", "å", "中"])
def test_a_long_line_is_wrapped_by_its_encoding(char: str) -> None:
    server = UnrulySmtp()

    sent(server, message(text=char * 2000, subject=char * 150))

    data = server.letters[0].data
    assert max(len(line) for line in data.split(b"\r\n")) <= 998
    assert plain(parsed(data)).startswith(char * 2000 + "\n")
    assert parsed(data)["Subject"] == char * 150


@case("header_injection")
@pytest.mark.parametrize(
    "end", ["\r\n", "\n", "\r", "\x0b", "\x0c", "\x1c", "\x85", "\u2028", "\u2029", "\r\n\r\n", "\0"]
)
def test_a_name_of_a_host_makes_no_header(end: str) -> None:
    server = UnrulySmtp()
    evil = f"srv1{end}Bcc: x@y.example{end}X: 1"

    sent(
        server,
        message(subject=f"Larm {evil}", incident=evil, thread=evil, answer=evil, links=((evil, f"https://a/{evil}"),)),
    )

    letter = parsed(server.letters[0].data)
    assert set(letter.keys()) <= {
        "From", "To", "Subject", "Date", "Message-ID", "In-Reply-To", "References", "Auto-Submitted", "List-Id",
        "X-Auto-Response-Suppress", "X-Driftvakt-Incident", "Importance", "X-Priority", "MIME-Version", "Content-Type",
    }  # fmt: skip
    assert len(letter.get_all("X-Priority", [])) == 1
    assert [line for line in server.said if line.startswith("RCPT")] == ["RCPT TO:<astrid@stad.example>"]


@pytest.mark.parametrize(
    "to", ["a@b.example\r\nRCPT TO:<x@y>", "a@b.example, c@d.example", "a", "@", "a b@c.example", '"x y"@z', "x@y>"]
)
def test_an_address_that_is_none_is_given_up_without_a_word_to_the_server(to: str) -> None:
    server = UnrulySmtp()

    (outcome,) = sent(server, message(to=to))

    assert failed(outcome).permanent
    assert server.connections == 0


@case("bounce_later")
def test_bounces_go_to_the_envelope_that_is_set_and_ask_for_no_answer() -> None:
    server = UnrulySmtp()

    sent(server, message(), envelope="studs@stad.example")

    assert server.letters[0].mail.startswith("MAIL FROM:<studs@stad.example>")
    letter = parsed(server.letters[0].data)
    assert letter["From"] == "Driftvakt <larm@stad.example>"
    assert letter["Auto-Submitted"] == "auto-generated"
    assert letter["X-Auto-Response-Suppress"] == "All"


@case("date_zone")
@pytest.mark.parametrize(("at", "zone"), [(1_764_216_764.0, "+0100"), (1_782_000_000.0, "+0200")])
def test_a_letter_has_a_date_with_its_zone_and_an_id_of_its_own(at: float, zone: str) -> None:
    server = UnrulySmtp()

    sent(server, message(at=at), message(id="m2", at=at))

    first, second = (parsed(letter.data) for letter in server.letters)
    assert str(first["Date"]).endswith(zone)
    assert parsedate_to_datetime(str(first["Date"])).timestamp() == at
    assert first["Message-ID"] != second["Message-ID"]
    assert first["Auto-Submitted"] == "auto-generated"


def test_a_letter_belongs_to_its_thread_and_says_where_answers_go() -> None:
    server = UnrulySmtp()

    sent(server, message(), message(id="m2", thread="m-1042-1-astrid"))

    first, second = (parsed(letter.data) for letter in server.letters)
    assert first["References"] is None
    assert second["References"] == second["In-Reply-To"] == first["Message-ID"]
    assert first["Reply-To"] == "larm+4F7P@stad.example"
    assert first["X-Driftvakt-Incident"] == "INC-1042"
    assert first["List-Id"] == "<larm.stad.example>"


def test_the_page_has_a_large_button_and_nothing_of_the_host_in_it_unescaped() -> None:
    server = UnrulySmtp()

    sent(
        server,
        message(text="<script>alert(1)</script>", links=(("ack", "https://a/l/1"), ("open", "javascript:alert(1)"))),
    )

    body = parsed(server.letters[0].data).get_body(("html",))
    assert body is not None
    page = body.get_content()
    assert '<a href="https://a/l/1"' in page
    assert "Ta larmet" in page
    assert "<script" not in page
    assert "javascript:" not in page
    assert 'name="viewport"' in page


@hypothesis_settings(max_examples=80)
@given(st.text(max_size=400), st.text(max_size=120), st.text(max_size=30))
def test_whatever_a_host_is_called_the_letter_is_sound(text: str, subject: str, word: str) -> None:
    data = compose(message(text=text, subject=subject, incident=word, answer=word, links=((word, word),)), SENDER)

    letter = parsed(data)
    assert data.isascii()
    assert max(len(line) for line in data.split(b"\r\n")) <= 998
    assert letter["To"] == "astrid@stad.example"
    assert letter["Bcc"] is None
    assert len(letter.get_all("From")) == len(letter.get_all("Subject")) == 1
    assert not letter.defects


# --- lines ---


def test_one_line_carries_several_letters() -> None:
    server = UnrulySmtp()

    sent(server, *(message(id=f"m{number}") for number in range(5)))

    assert len(server.letters) == 5
    assert server.connections == 1
    assert server.said[-1] == "QUIT"


def test_a_line_that_was_closed_meanwhile_costs_no_letter() -> None:
    server = UnrulySmtp({"RSET": [DROP]})

    outcomes = sent(server, message(), message(id="m2"))

    assert all(isinstance(one, Sent) for one in outcomes)
    assert server.connections == 2


def test_a_line_is_used_for_so_many_letters_and_no_more() -> None:
    server = UnrulySmtp()

    sent(server, *(message(id=f"m{number}") for number in range(5)), keep_messages=2)

    assert server.connections == 3


def test_a_server_that_sends_rubbish_is_an_error_of_delivery() -> None:
    for rubbish in ("hello", "HTTP/1.1 400 Bad Request", "x" * 100_000):
        (outcome,) = sent(UnrulySmtp({"EHLO": [rubbish]}), banner_seconds=0.3, answer_seconds=0.3)

        assert isinstance(outcome, DeliveryError), rubbish


def test_secrets_do_not_show() -> None:
    told = settings(25, secret_file=Path("/etc/driftvakt/mail.secret"))

    assert SECRET not in repr(Mail(told))
