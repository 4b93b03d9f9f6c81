import asyncio
import socket
from contextlib import ExitStack

import pytest
from certifying import Authority
from serving import (
    FOUL,
    SHORT,
    Options,
    ask,
    ask_of,
    fit_to_be_shown,
    floods,
    free_port,
    in_bounds,
    mute,
    says,
    tls_served,
)

from driftvakt_collector.poll.checks import tcp
from driftvakt_collector.poll.checks.check import Fault
from driftvakt_collector.poll.checks.tcp import CHECK


async def echoes(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    while said := await reader.read(1000):
        writer.write(said)


def test_a_port_that_takes_connections_is_up() -> None:
    outcome = ask_of(CHECK, mute)

    assert outcome.fault is None
    assert set(outcome.phases) == {"resolve", "connect"}


def test_a_name_is_looked_up() -> None:
    assert ask(CHECK, free_port(), host="localhost").fault is Fault.DOWN
    assert ask(CHECK, 25, host="nowhere.invalid").fault is Fault.UNRESOLVED
    assert ask(CHECK, 25, host="x" * 64 + ".example").fault is Fault.UNUSABLE


@pytest.mark.parametrize(("options", "expected"), [
    pytest.param({"send": r"PING\r\n", "expect": r"^PING\r$"}, None, id="what is sent comes back"),
    pytest.param({"send": r"\x41\\x42å", "expect": r"^A\\x42å$"}, None, id="bytes, backslashes and other letters"),
    pytest.param({"send": "a", "expect": "b"}, Fault.ANSWER, id="another answer"),
    pytest.param({"expect": "x"}, Fault.HUNG, id="no answer"),
    pytest.param({"send": "x", "expect": "("}, Fault.UNUSABLE, id="an expression that is none"),
])  # fmt: skip
def test_what_is_expected(options: Options, expected: Fault | None, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tcp, "_QUIET", 0.1)

    outcome = ask_of(CHECK, echoes, patience=SHORT, options=options)

    assert outcome.fault is expected
    if expected is not Fault.UNUSABLE:
        assert outcome.values["probe_failed_due_to_regex", ()] == (expected is not None)


def test_nothing_listens() -> None:
    outcome = ask(CHECK, free_port())

    assert (outcome.fault, outcome.reason) == (Fault.DOWN, "nothing listens there")


def test_no_port_is_set() -> None:
    assert ask(CHECK, 0).fault is Fault.UNUSABLE


def test_it_hangs_up_before_it_has_said_all() -> None:
    outcome = ask_of(CHECK, says(b"220 almost"), expect="220 ready")

    assert outcome.fault is Fault.ANSWER
    assert "220 almost" in outcome.reason


@pytest.mark.parametrize("piece", [b"\0", FOUL, b"x\n"])
def test_a_flood_is_cut(piece: bytes) -> None:
    with in_bounds():
        outcome = ask_of(CHECK, floods(piece), expect="never said")

    assert outcome.fault is Fault.ANSWER
    assert fit_to_be_shown(outcome)


def test_over_tls(authority: Authority) -> None:
    with tls_served(authority.issue("localhost"), b"220 hello\r\n") as port:
        good = ask(CHECK, port, host="localhost", tls=True, ca=str(authority.path), expect="220")
        name = ask(CHECK, port, host="127.0.0.1", tls=True, ca=str(authority.path))
        named = ask(CHECK, port, tls=True, ca=str(authority.path), server_name="localhost")
        nobody = ask(CHECK, port, host="localhost", tls=True)
        whoever = ask(CHECK, port, tls=True, verify=False)
        no_file = ask(CHECK, port, tls=True, ca="/nowhere.pem")

    assert [one.fault for one in (good, name, named, nobody, whoever, no_file)] == [
        None, Fault.CERTIFICATE, None, Fault.CERTIFICATE, None, Fault.UNUSABLE,
    ]  # fmt: skip
    assert "tls" in good.phases
    assert good.values["probe_ssl_earliest_cert_expiry", ()] > 1.7e9


def test_a_server_without_tls_says_so() -> None:
    outcome = ask_of(CHECK, says(b"220 plain text only\r\n" * 10), tls=True)

    assert outcome.fault is Fault.ANSWER
    assert "TLS" in outcome.reason


def test_a_firewall_that_drops_what_is_sent_is_told_apart_from_a_server_that_hangs() -> None:
    # A queue that is full is one whose kernel drops the next, as a firewall does.
    with ExitStack() as held:
        queue = held.enter_context(socket.socket())
        queue.bind(("127.0.0.1", 0))
        queue.listen(0)
        for _ in range(3):
            waiting = held.enter_context(socket.socket())
            waiting.setblocking(False)
            waiting.connect_ex(queue.getsockname())

        outcome = ask(CHECK, queue.getsockname()[1], patience=0.5)

    assert outcome.fault is Fault.DOWN
    assert "a firewall drops" in outcome.reason
