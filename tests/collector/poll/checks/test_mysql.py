import asyncio
import contextlib
import hashlib
import socket
import struct
import threading
from collections.abc import Iterator
from datetime import timedelta

import pytest
from certifying import DAY, Authority
from servers_of_data import maria
from servers_of_services import ACCOUNT, SECRET, server_context
from serving import Option, ask, ask_of, fit_to_be_shown

from driftvakt_collector.poll.checks.check import Fault
from driftvakt_collector.poll.checks.mysql import CHECK, TLS_OFFERED

pytestmark = pytest.mark.real
LOGIN: dict[str, Option] = {"account": ACCOUNT, "cleartext": True}


@pytest.fixture(scope="module")
def port(authority: Authority) -> Iterator[int]:
    with maria(authority.issue("localhost"), "--max-connect-errors=2") as running:
        yield running


def test_a_server_is_up_and_does_not_block_who_asks_often(port: int) -> None:
    outcomes = [ask(CHECK, port, expect="MariaDB") for _ in range(8)]

    assert [one.reason for one in outcomes if one.fault is not None] == []
    assert outcomes[0].values == {(TLS_OFFERED, ()): 1}
    assert list(outcomes[0].phases) == ["resolve", "connect", "greeting", "login"]


@pytest.mark.parametrize(("options", "secret", "fault", "part"), [
    ({}, SECRET, None, ""),
    ({"expect": "^9"}, SECRET, Fault.ANSWER, "its version is "),
    ({}, "wrong1", Fault.DENIED, "Access denied for user 'vakt'"),
    ({}, "", Fault.DENIED, "Access denied"),
    ({"account": "nobody"}, SECRET, Fault.DENIED, "Access denied"),
    ({"database": "stad"}, SECRET, Fault.DENIED, "to database 'stad'"),
    ({"cleartext": False}, SECRET, Fault.UNUSABLE, "in the clear"),
])  # fmt: skip
def test_who_is_let_in(port: int, options: dict[str, Option], secret: str, fault: Fault | None, part: str) -> None:
    outcome = ask(CHECK, port, secret=secret, options={**LOGIN, **options})

    assert outcome.fault is fault, outcome.reason
    assert part in outcome.reason


def test_over_tls(port: int, authority: Authority) -> None:
    options: dict[str, Option] = {"tls": True, "ca": str(authority.path), "account": ACCOUNT}
    good = ask(CHECK, port, host="localhost", secret=SECRET, options=options)
    untrusted = ask(CHECK, port, host="localhost", tls=True)
    with maria(authority.issue("localhost", begins=-9 * DAY, ends=timedelta(hours=-1))) as old:
        expired = ask(CHECK, old, host="localhost", options=options)

    assert good.fault is None, good.reason
    assert good.values["probe_ssl_earliest_cert_expiry", ()] > 1.7e9
    assert (untrusted.fault, expired.fault) == (Fault.CERTIFICATE, Fault.CERTIFICATE)


def test_a_server_that_is_full() -> None:
    with maria(None, "--max-connections=10", "--extra-max-connections=1") as port, contextlib.ExitStack() as held:
        for _ in range(12):
            one = held.enter_context(socket.create_connection(("127.0.0.1", port)))
            one.recv(1)
        outcome = ask(CHECK, port)
        no_tls = ask(CHECK, port, tls=True)

    assert outcome.fault is Fault.ANSWER
    assert outcome.reason == "it takes no session: Too many connections (1040)"
    assert no_tls.fault is Fault.ANSWER


def packed(number: int, payload: bytes) -> bytes:
    return len(payload).to_bytes(3, "little") + bytes([number]) + payload


SALT = b"abcdefghijklmnopqrst"


def greets(plugin: bytes, able: int = 0xFFFFFFFF) -> bytes:
    return packed(0, (
        b"\x0a8.4.0\0" + b"\1\0\0\0" + SALT[:8] + b"\0" + struct.pack("<H", able & 0xFFFF) + b"\x2d\2\0"
        + struct.pack("<H", able >> 16) + b"\x15" + b"\0" * 10 + SALT[8:] + b"\0" + plugin + b"\0"
    ))  # fmt: skip


@contextlib.contextmanager
def eight(authority: Authority, *answers: bytes) -> Iterator[tuple[int, list[bytes]]]:
    """Play MySQL 8, which Debian does not have: greet, begin TLS, and answer packets one by one; and what came."""
    came: list[bytes] = []
    plug = socket.create_server(("127.0.0.1", 0))

    def packet(one: socket.socket) -> bytes:
        head = one.recv(4)
        return one.recv(int.from_bytes(head[:3], "little"))

    def serve() -> None:
        with contextlib.suppress(OSError), plug.accept()[0] as one:
            one.settimeout(5)
            one.sendall(greets(b"caching_sha2_password"))
            came.append(packet(one))
            with server_context(authority.issue("localhost")).wrap_socket(one, server_side=True) as safe:
                came.append(packet(safe))
                for answer in answers:
                    safe.sendall(answer)
                    came.append(packet(safe))

    thread = threading.Thread(target=serve, daemon=True)
    thread.start()
    yield plug.getsockname()[1], came
    thread.join(10)
    plug.close()


GOOD = b"\0\0\0\2\0\0\0"


@pytest.mark.parametrize(("answers", "told"), [
    pytest.param([packed(3, b"\1\3") + packed(4, GOOD)], b"\x0e", id="it remembers the secret"),
    pytest.param([packed(3, b"\1\4"), packed(5, GOOD)], b"pencil\0", id="it wants to be told the secret"),
])  # fmt: skip
def test_the_ways_of_mysql_8_to_log_in(authority: Authority, answers: list[bytes], told: bytes) -> None:
    with eight(authority, *answers, packed(1, GOOD)) as (port, came):
        outcome = ask(
            CHECK, port, secret="pencil", tls=True, ca=str(authority.path), account=ACCOUNT, server_name="localhost"
        )

    once = hashlib.sha256(b"pencil").digest()
    mask = hashlib.sha256(hashlib.sha256(once).digest() + SALT).digest()
    assert outcome.fault is None, outcome.reason
    assert bytes(a ^ b for a, b in zip(once, mask, strict=True)) in came[1]
    assert came[2] == told


@pytest.mark.parametrize(("answers", "fault", "part"), [
    (packed(0, b"\xff\x69\x04Host '10.0.0.1' is blocked"), Fault.ANSWER, "Host '10.0.0.1' is blocked (1129)"),
    (packed(0, b"\xff\x6a\x04Host is not allowed"), Fault.DENIED, "not allowed"),
    (packed(0, b"\xff"), Fault.ANSWER, "an error of MySQL"),
    (packed(0, b"\x09old\0"), Fault.ANSWER, "protocol 10"),
    (packed(0, b"\x0a" + b"\x1b[2J" * 900), Fault.ANSWER, "protocol 10"),
    (packed(7, b"\x0ax"), Fault.ANSWER, "the greeting of a MySQL"),
    (b"\xff\xff\xff\0", Fault.ANSWER, "the greeting of a MySQL"),
    (greets(b"x") + packed(2, b"\xfeauth_gssapi\0salt"), Fault.ANSWER, "do not know: auth_gssapi"),
    (greets(b"x") + packed(2, b"\xfemysql_clear_password\0"), Fault.ANSWER, "do not know: mysql_clear_password"),
    (greets(b"x") + packed(2, b"\1\4"), Fault.UNUSABLE, "needs 'tls'"),
    (greets(b"x") + packed(2, b"\x07?"), Fault.ANSWER, "an answer to a login"),
    (greets(b"x") + b"".join(packed(n, b"\1\3") for n in range(2, 99)), Fault.ANSWER, "more than 10 packets"),
    (greets(b"x") + packed(2, b"\xff\x57\x0c#HY000Insecure transport"), Fault.ANSWER, "Insecure transport (3159)"),
])  # fmt: skip
def test_answers_that_are_none(answers: bytes, fault: Fault, part: str) -> None:
    async def handler(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(answers)
        while await reader.read(1000):
            pass

    outcome = ask_of(CHECK, handler, secret="x", options=LOGIN)

    assert outcome.fault is fault
    assert part in outcome.reason
    assert fit_to_be_shown(outcome)


def test_a_server_without_tls() -> None:
    async def handler(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(greets(b"mysql_native_password", 0xFFFFFFFF & ~0x800))
        await reader.read()

    outcome = ask_of(CHECK, handler, tls=True)

    assert outcome.fault is Fault.ANSWER
    assert outcome.values == {(TLS_OFFERED, ()): 0}
