import struct
from collections.abc import Iterator

import pytest
from certifying import Authority
from servers_of_data import print_server
from serving import Option, ask, ask_of, fit_to_be_shown, says

from driftvakt_collector.poll.checks.check import Fault
from driftvakt_collector.poll.checks.ipp import CHECK, JOBS, STATE

pytestmark = pytest.mark.real


@pytest.fixture(scope="module")
def port(authority: Authority) -> Iterator[int]:
    with print_server(authority.issue("print.stad.example")) as running:
        yield running


def test_a_queue_prints(port: int) -> None:
    outcome = ask(CHECK, port, host="localhost", path="/printers/idle")

    assert outcome.fault is None, outcome.reason
    assert outcome.values == {(STATE, ()): 3, (JOBS, ()): 0}
    assert list(outcome.phases) == ["resolve", "connect", "answer"]


@pytest.mark.parametrize(("path", "fault", "part"), [
    ("/printers/stopped", Fault.ANSWER, "it is stopped: "),
    ("/printers/empty", Fault.ANSWER, "media-empty-error"),
    ("/printers/nowhere", Fault.ANSWER, "no printer /printers/nowhere"),
    ("/no path", Fault.UNUSABLE, "blanks"),
])  # fmt: skip
def test_a_queue_that_does_not_print(port: int, path: str, fault: Fault, part: str) -> None:
    outcome = ask(CHECK, port, host="localhost", path=path)

    assert outcome.fault is fault, outcome.reason
    assert part in outcome.reason


def test_over_tls(port: int, authority: Authority) -> None:
    good = ask(
        CHECK, port, host="localhost", path="/printers/idle", tls=True, ca=str(authority.path),
        server_name="print.stad.example",
    )  # fmt: skip
    untrusted = ask(CHECK, port, host="localhost", path="/printers/idle", tls=True)

    assert good.fault is None, good.reason
    assert untrusted.fault is Fault.CERTIFICATE


def attribute(tag: int, name: bytes, value: bytes) -> bytes:
    return struct.pack(">BH", tag, len(name)) + name + struct.pack(">H", len(value)) + value


def printer(state: int, jobs: int, *reasons: bytes) -> bytes:
    block = attribute(0x23, b"printer-state", struct.pack(">i", state))
    block += attribute(0x21, b"queued-job-count", struct.pack(">i", jobs))
    for number, one in enumerate(reasons):
        block += attribute(0x44, b"" if number else b"printer-state-reasons", one)
    return b"\2\0\0\0\0\0\0\1\4" + block + b"\3"


def http(body: bytes, status: bytes = b"200 OK", kind: bytes = b"application/ipp") -> bytes:
    return b"HTTP/1.1 %b\r\nContent-Type: %b\r\nContent-Length: %d\r\n\r\n%b" % (status, kind, len(body), body)


@pytest.mark.parametrize(("body", "options", "fault", "part"), [
    (printer(3, 2, b"none"), {}, None, ""),
    (printer(4, 2, b"toner-low-warning"), {"max_jobs": 2}, None, ""),
    (printer(4, 3, b"none"), {"max_jobs": 2}, Fault.ANSWER, "3 jobs wait, and 2"),
    (printer(3, 0, b"toner-low-warning", b"media-jam-error"), {}, Fault.ANSWER, "toner-low-warning, media-jam-error"),
    (printer(5, 0, b"\x1b[2Jx" * 900), {}, Fault.ANSWER, "it is stopped: [2Jx"),
    (printer(9, 0), {}, Fault.ANSWER, "no state that we know"),
    (b"\2\0\4\1\0\0\0\1\3", {}, Fault.DENIED, "does not let us ask"),
    (b"\2\0\5\0\0\0\0\1\3", {}, Fault.ANSWER, "0x0500"),
    (b"\7\0\0\0\0\0\0\1\3", {}, Fault.ANSWER, "version 7"),
    (b"\2\0", {}, Fault.ANSWER, "cut off"),
    (b"\2\0\0\0\0\0\0\1\4\x44\xff\xffx", {}, Fault.ANSWER, "cut off"),
    (b"\2\0\0\0\0\0\0\1" + b"\x44\0\1a\0\1b" * 3000, {}, Fault.ANSWER, "more than 2000 values"),
])  # fmt: skip
def test_what_a_printer_says(body: bytes, options: dict[str, Option], fault: Fault | None, part: str) -> None:
    outcome = ask_of(CHECK, says(http(body)), options=options)

    assert outcome.fault is fault, outcome.reason
    assert part in outcome.reason
    assert fault is None or fit_to_be_shown(outcome)


@pytest.mark.parametrize(("answer", "fault"), [
    (http(b"", b"401 Unauthorized"), Fault.DENIED),
    (http(b"", b"404 Not Found"), Fault.ANSWER),
    (http(b"<html>", kind=b"text/html"), Fault.ANSWER),
    (b"HTTP/1.1 200 OK\r\nContent-Type: application/ipp\r\nContent-Length: 99\r\n\r\nx", Fault.ANSWER),
])  # fmt: skip
def test_web_servers_that_are_no_printers(answer: bytes, fault: Fault) -> None:
    outcome = ask_of(CHECK, says(answer))

    assert outcome.fault is fault
    assert fit_to_be_shown(outcome)
