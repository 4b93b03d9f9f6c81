import asyncio
import gzip
import os
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from certifying import DAY, Authority, Issued
from serving import (
    FOUL,
    SHORT,
    Handler,
    Options,
    ask,
    ask_of,
    fit_to_be_shown,
    floods,
    free_port,
    in_bounds,
    listens,
    mute,
    needed,
    says,
    served,
    tls_served,
)  # fmt: skip

from driftvakt_collector.poll.checks.check import CheckError, Fault, Target
from driftvakt_collector.poll.checks.http import CHECK, Request, first, next_of
from driftvakt_collector.poll.checks.stream import Stream

NGINX = """
daemon off; {user} worker_processes 1; pid {here}/pid; error_log {here}/error.log; events {{ worker_connections 64; }}
http {{
  access_log {here}/access.log; client_body_temp_path {here}/a; proxy_temp_path {here}/b; fastcgi_temp_path {here}/c;
  uwsgi_temp_path {here}/d; scgi_temp_path {here}/e; default_type text/plain;
  server {{
    listen 127.0.0.1:{plain}; listen 127.0.0.1:{secure} ssl;
    ssl_certificate {chain}; ssl_certificate_key {key};
    location = / {{ return 200 "hello from $host\\n"; }}
    location = /moved {{ return 302 /; }}
    location = /away {{ return 301 https://localhost:{secure}/; }}
    location = /circle {{ return 302 /circle; }}
    location = /mail {{ return 302 mailto:a@b.example; }}
    location = /broken {{ return 503; }}
    location = /secret {{ auth_basic "x"; auth_basic_user_file {here}/users; try_files /none @in; }}
    location @in {{ return 204; }}
    location = /seen {{ return 200 "authorization: $http_authorization\\nx: $http_x\\n"; }}
    location = /to-seen {{ return 302 http://127.0.0.1:{plain}/seen; }}
  }}
}}
"""


@dataclass(frozen=True, slots=True)
class Web:
    plain: int
    secure: int
    issued: Issued


@pytest.fixture(scope="module")
def web(tmp_path_factory: pytest.TempPathFactory, authority: Authority) -> Iterator[Web]:
    """A real nginx, with and without TLS."""
    program = needed("nginx", "nginx-light")
    here = tmp_path_factory.mktemp("nginx")
    here.chmod(0o755)
    made = Web(free_port(), free_port(), authority.issue("localhost"))
    (here / "users").write_text("anna:{PLAIN}right\n")
    settings = here / "nginx.conf"
    settings.write_text(
        NGINX.format(
            user="user root;" if os.geteuid() == 0 else "",
            here=here,
            plain=made.plain,
            secure=made.secure,
            chain=made.issued.chain,
            key=made.issued.key,
        )
    )
    argv: list[str | Path] = [program, "-e", here / "error.log", "-c", settings]
    with served(argv, lambda: listens(made.plain) and listens(made.secure), here / "said"):
        yield made


async def hangs_up(reader: asyncio.StreamReader, _: asyncio.StreamWriter) -> None:
    await reader.readuntil(b"\r\n\r\n")


def reply(body: bytes = b"", *headers: bytes, status: bytes = b"200 OK") -> Handler:
    """Return a server that reads a request and sends this."""

    async def handler(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        writer.write(b"HTTP/1.1 %b\r\n%b\r\n%b" % (status, b"".join(one + b"\r\n" for one in headers), body))
        await writer.drain()

    return handler


@pytest.mark.real
def test_a_page_is_there(web: Web) -> None:
    outcome = ask(CHECK, web.plain, host="localhost", expect_text=r"^hello from \w+$", not_text="error")

    assert (outcome.fault, outcome.reason) == (None, "")
    assert set(outcome.phases) == {"resolve", "connect", "processing", "transfer"}
    assert {name: value for (name, _), value in outcome.values.items()} == {
        "probe_http_status_code": 200, "probe_http_content_length": 21, "probe_http_redirects": 0,
        "probe_http_version": 1.1, "probe_http_ssl": 0, "probe_failed_due_to_regex": 0,
    }  # fmt: skip


@pytest.mark.real
@pytest.mark.parametrize(("options", "expected", "word"), [
    pytest.param({"path": "/moved"}, Fault.ANSWER, "302", id="a redirect is not what is wanted"),
    pytest.param({"path": "/moved", "follow_redirects": True}, None, "", id="unless it is followed"),
    pytest.param({"path": "/moved", "expect_status": ("3xx",)}, None, "", id="or wanted"),
    pytest.param({"path": "/circle", "follow_redirects": True}, Fault.ANSWER, "10 times", id="a circle is left"),
    pytest.param({"path": "/mail", "follow_redirects": True}, Fault.ANSWER, "mailto", id="no page to go to"),
    pytest.param({"path": "/away", "follow_redirects": True}, Fault.CERTIFICATE, "", id="to https that is not trusted"),
    pytest.param({"path": "/broken"}, Fault.ANSWER, "503 Service", id="a server that says that it is broken"),
    pytest.param({"path": "/broken", "expect_status": ("200", "500-503")}, None, "", id="a status of a range"),
    pytest.param({"path": "/none"}, Fault.ANSWER, "404", id="a page that is not there"),
    pytest.param({"method": "head"}, None, "", id="only the head"),
    pytest.param({"expect_text": "goodbye"}, Fault.ANSWER, "goodbye", id="another text"),
    pytest.param({"not_text": "hello"}, Fault.ANSWER, "hello", id="a text that must not be there"),
    pytest.param({"headers": ("host: www.example",), "expect_text": "from www.example"}, None, "", id="another host"),
    pytest.param({"path": "/seen", "headers": ("X: 1",), "expect_text": "^x: 1$"}, None, "", id="a header"),
    pytest.param({"method": "DELETE"}, Fault.UNUSABLE, "method", id="a method that changes things"),
    pytest.param({"path": "x y"}, Fault.UNUSABLE, "path", id="a path that is none"),
    pytest.param({"headers": ("X: 1\r\nY: 2",)}, Fault.UNUSABLE, "headers", id="two headers in one"),
    pytest.param({"expect_status": ("20",)}, Fault.UNUSABLE, "expect_status", id="a status that is none"),
])  # fmt: skip
def test_what_is_wanted(web: Web, options: Options, expected: Fault | None, word: str) -> None:
    outcome = ask(CHECK, web.plain, options=options)

    assert (outcome.fault, word in outcome.reason) == (expected, True), outcome.reason


@pytest.mark.real
def test_an_account(web: Web) -> None:
    right = ask(CHECK, web.plain, path="/secret", user="anna", secret="right", expect_status=("204",))
    wrong = ask(CHECK, web.plain, path="/secret", user="anna", secret="guessed")
    nobody = ask(CHECK, web.plain, path="/secret")

    assert [one.fault for one in (right, wrong, nobody)] == [None, Fault.DENIED, Fault.ANSWER]
    assert "guessed" not in wrong.reason


@pytest.mark.real
def test_a_password_goes_to_its_own_server_only(web: Web) -> None:
    options: Options = {"follow_redirects": True, "user": "anna", "headers": ("X: mine",)}
    here = ask(CHECK, web.plain, path="/to-seen", secret="right", expect_text="Basic .*mine", options=options)
    there = ask(CHECK, web.plain, host="localhost", path="/to-seen", secret="right",
                expect_text=r"^authorization: \nx: \n", options=options)  # fmt: skip

    assert (here.fault, there.fault) == (None, None), there.reason
    assert there.values["probe_http_redirects", ()] == 1


@pytest.mark.real
def test_over_tls(web: Web, authority: Authority) -> None:
    outcome = ask(CHECK, web.secure, host="localhost", tls=True, ca=str(authority.path))

    assert (outcome.fault, outcome.reason) == (None, "")
    assert set(outcome.phases) == {"resolve", "connect", "tls", "processing", "transfer"}
    assert outcome.values["probe_http_ssl", ()] == 1
    assert outcome.values["probe_ssl_earliest_cert_expiry", ()] == web.issued.expiry


@pytest.mark.real
def test_plain_text_and_tls_are_told_apart(web: Web) -> None:
    assert ask(CHECK, web.plain, tls=True).fault is Fault.ANSWER
    assert "400" in ask(CHECK, web.secure).reason


@pytest.mark.parametrize(("name", "own", "days", "host"), [
    pytest.param("localhost", True, 90, "localhost", id="self-signed"),
    pytest.param("localhost", False, -1, "localhost", id="expired"),
    pytest.param("other.example", False, 90, "localhost", id="another name"),
])  # fmt: skip
def test_a_certificate_that_is_not_good(authority: Authority, name: str, own: bool, days: int, host: str) -> None:
    issued = authority.issue(name, self_signed=own, ends=days * DAY)
    with tls_served(issued) as port:
        outcome = ask(CHECK, port, host=host, tls=True, ca=str(authority.path))

    assert outcome.fault is Fault.CERTIFICATE
    assert outcome.values["probe_ssl_earliest_cert_expiry", ()] == issued.expiry


def test_nothing_listens() -> None:
    assert ask(CHECK, free_port()).fault is Fault.DOWN
    assert ask(CHECK, 0, host="nowhere.invalid", tls=True).fault is Fault.UNRESOLVED


@pytest.mark.parametrize("tls", [False, True])
def test_it_never_answers(tls: bool) -> None:
    assert ask_of(CHECK, mute, patience=SHORT, tls=tls).fault is Fault.HUNG


@pytest.mark.parametrize(("handler", "word"), [
    pytest.param(hangs_up, "hung up", id="it hangs up"),
    pytest.param(says(b"SSH-2.0-OpenSSH_9.2\r\n\r\n"), "does not speak HTTP", id="it is no web server"),
    pytest.param(reply(b"", b"Content-Length: 10"), "does not speak HTTP", id="it hangs up in the middle"),
    pytest.param(reply(b"", b"Content-Length: -1"), "does not speak HTTP", id="a length that is none"),
    pytest.param(reply(b"", status=b"299 " + FOUL.replace(b"\r", b"") * 99), "HTTP", id="a foul phrase"),
    pytest.param(reply(FOUL * 100), "never", id="a foul body"),
    pytest.param(reply(gzip.compress(b"hello never"), b"Content-Encoding: gzip"), "never", id="a packed body"),
    pytest.param(floods(b"HTTP/1.1 200 OK\r\n"), "does not speak HTTP", id="a flood of heads"),
    pytest.param(floods(b"X: y\r\n", b"HTTP/1.1 200 OK\r\n"), "does not speak HTTP", id="a flood of headers"),
    pytest.param(floods(FOUL, b"HTTP/1.1 200 OK\r\n\r\n"), "never", id="a flood of body"),
    pytest.param(floods(b"1\r\nx\r\n", b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"), "never",
                 id="a flood of pieces"),
])  # fmt: skip
def test_an_answer_of_another_kind(handler: Handler, word: str) -> None:
    with in_bounds():
        outcome = ask_of(CHECK, handler, expect_text="^never$")

    assert (outcome.fault, word in outcome.reason) == (Fault.ANSWER, True), outcome.reason
    assert fit_to_be_shown(outcome)


@pytest.mark.parametrize(("location", "expected"), [
    ("/b?c=1", "http://a.example/b?c=1"), ("b", "http://a.example/x/b"), ("//b.example", "http://b.example/"),
    ("https://b.example:444/#x", "https://b.example:444/"), ("http://[::1]:8080/", "http://[::1]:8080/"),
    ("/\xc3\xa5?%20", "http://a.example/%C3%A5?%20"), ("http://\xe5.example/", "http://xn--5ca.example/"),
])  # fmt: skip
def test_where_it_sends_us(location: str, expected: str) -> None:
    assert next_of(Request("http", "a.example", 80, "/x/y", "GET", {}), location).url == expected


@pytest.mark.parametrize(
    "location", ["file:///etc/passwd", "http://[", "http://a:99999/", "https://", "/\x1b[2J", "http://" + "a" * 64]
)
def test_where_nobody_goes(location: str) -> None:
    with pytest.raises(CheckError, match="sends us on to"):
        next_of(Request("http", "a.example", 80, "/", "GET", {}), location)


def test_letters_of_other_alphabets() -> None:
    request = first(Target("väder.example", 0, {"path": "/å?q=%20"}))

    assert request.url == "http://xn--vder-loa.example/%C3%A5?q=%20"
    assert ask(CHECK, 80, host="å" * 64).fault is Fault.UNUSABLE


def test_a_proxy_of_this_machine_is_not_asked(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HTTP_PROXY", "http://127.0.0.1:1")
    monkeypatch.setenv("ALL_PROXY", "http://127.0.0.1:1")

    assert ask_of(CHECK, reply(b"ok", b"Content-Length: 2"), expect_text="ok").fault is None


@pytest.mark.real
def test_another_server_does_not_have_us_ask_this_machine(web: Web, monkeypatch: pytest.MonkeyPatch) -> None:
    led = [False, True]
    monkeypatch.setattr(Stream, "leads_inside", property(lambda _: led.pop(0)))
    options: Options = {"follow_redirects": True}

    outcome = ask(CHECK, web.plain, path="/to-seen", expect_text="nothing", options=options)

    assert outcome.fault is Fault.ANSWER
    assert outcome.reason.endswith("which is this machine: not followed")


def test_a_password_that_a_page_repeats_stands_in_no_reason(web: Web) -> None:
    outcome = ask(CHECK, web.plain, path="/seen", secret="hemligt-losen", expect_text="nothing",
                  options={"user": "anna"})  # fmt: skip

    assert outcome.fault is Fault.ANSWER
    assert "Basic" in outcome.reason
    assert "YW5uYTp" not in outcome.reason
