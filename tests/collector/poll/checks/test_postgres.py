import asyncio
import socket
import struct
from base64 import b64encode
from collections.abc import Iterator
from datetime import timedelta

import pytest
from certifying import DAY, Authority
from servers_of_data import database, front
from servers_of_services import ACCOUNT, SECRET
from serving import Option, ask, ask_of, fit_to_be_shown, says

from driftvakt_collector.poll.checks.check import CheckError, Fault
from driftvakt_collector.poll.checks.postgres import CHECK, VALUE
from driftvakt_collector.poll.checks.scram import Scram

pytestmark = pytest.mark.real
LOGIN: dict[str, Option] = {"account": ACCOUNT, "cleartext": True, "database": "postgres"}


@pytest.fixture(scope="module")
def port() -> Iterator[int]:
    with database() as running:
        yield running


def test_a_server_is_up_as_soon_as_it_asks_who_we_are(port: int) -> None:
    outcome = ask(CHECK, port)

    assert outcome.fault is None, outcome.reason
    assert list(outcome.phases) == ["resolve", "connect", "startup"]


@pytest.mark.parametrize("login", ["scram-sha-256", "md5", "password"])
def test_an_account_is_let_in(login: str) -> None:
    with database(login) as port:
        good = ask(CHECK, port, secret=SECRET, options=LOGIN)
        wrong = ask(CHECK, port, secret="wrong1", options=LOGIN)

    assert good.fault is None, good.reason
    assert good.values == {(VALUE, ()): 1}
    assert wrong.fault is Fault.DENIED
    assert "password authentication failed" in wrong.reason


@pytest.mark.parametrize(("options", "fault", "part"), [
    ({"query": "SELECT count(*) FROM pg_database"}, None, ""),
    ({"query": "SELECT 1.5e3::float8"}, None, ""),
    ({"query": "SELECT 'no number'"}, Fault.ANSWER, "a number"),
    ({"query": "SELECT NULL::int"}, Fault.ANSWER, "a number"),
    ({"query": "SELECT 1, 2"}, Fault.ANSWER, "not one number"),
    ({"query": "SELECT generate_series(1, 9)"}, Fault.ANSWER, "9 rows"),
    ({"query": "SELECT repeat('x', 1000000)"}, Fault.ANSWER, "an answer of PostgreSQL"),
    ({"query": "SELEKT"}, Fault.ANSWER, "it does not answer the query: syntax error"),
    ({"query": "SELECT rolpassword FROM pg_authid, no_such"}, Fault.ANSWER, "no_such"),
    ({"database": "nowhere"}, Fault.ANSWER, 'database "nowhere" does not exist'),
    ({"cleartext": False}, Fault.UNUSABLE, "in the clear"),
    ({"tls": True}, Fault.ANSWER, "does not offer TLS"),
])  # fmt: skip
def test_what_is_asked(port: int, options: dict[str, Option], fault: Fault | None, part: str) -> None:
    outcome = ask(CHECK, port, secret=SECRET, options={**LOGIN, **options})

    assert outcome.fault is fault, outcome.reason
    assert part in outcome.reason
    assert (VALUE, ()) in outcome.values or fault is not None


def test_a_server_that_is_full() -> None:
    with database(settings="max_connections = 4\nsuperuser_reserved_connections = 0\nmax_wal_senders = 0\n") as port:
        held = [socket.create_connection(("127.0.0.1", port)) for _ in range(12)]
        for one in held:
            one.sendall(struct.pack(">II", 19, 196608) + b"user\0vakt\0\0")
            one.recv(1)
        outcome = ask(CHECK, port)
        for one in held:
            one.close()

    assert outcome.fault is Fault.ANSWER
    assert "too many clients" in outcome.reason


def test_over_tls(port: int, authority: Authority) -> None:
    """A front speaks TLS, for which the server of this package is not built."""

    def agrees(one: socket.socket) -> None:
        assert one.recv(8) == struct.pack(">II", 8, 80877103)
        one.sendall(b"S")

    options: dict[str, Option] = {**LOGIN, "cleartext": False, "tls": True, "ca": str(authority.path)}
    with front(authority.issue("localhost"), port, agrees) as safe:
        good = ask(CHECK, safe, host="localhost", secret=SECRET, options=options)
        untrusted = ask(CHECK, safe, host="localhost", tls=True)
    with front(authority.issue("localhost", begins=-9 * DAY, ends=timedelta(hours=-1)), port, agrees) as safe:
        expired = ask(CHECK, safe, host="localhost", options=options)

    assert good.fault is None, good.reason
    assert good.values["probe_ssl_earliest_cert_expiry", ()] > 1.7e9
    assert (untrusted.fault, expired.fault) == (Fault.CERTIFICATE, Fault.CERTIFICATE)


def packed(kind: bytes, content: bytes) -> bytes:
    return kind + struct.pack(">I", len(content) + 4) + content


@pytest.mark.parametrize(("answer", "part"), [
    (b"Sx", "in the clear"),
    (b"E\0\0\0\x08xxx", "yes or no to TLS"),
])  # fmt: skip
def test_how_tls_does_not_begin(answer: bytes, part: str) -> None:
    outcome = ask_of(CHECK, says(answer), tls=True)

    assert outcome.fault is Fault.ANSWER
    assert part in outcome.reason


@pytest.mark.parametrize(("answer", "part"), [
    (packed(b"E", b"C57P03\0Mthe database system is starting up\0\0"), "starting up"),
    (packed(b"E", b"\x1b[2J"), "without a reason"),
    (packed(b"R", b"\0\0"), "a way to log in"),
    (packed(b"R", struct.pack(">I", 7)), "of number 7"),
    (packed(b"R", struct.pack(">I", 10) + b"OAUTHBEARER\0\0"), "SCRAM-SHA-256"),
    (packed(b"R", struct.pack(">I", 11) + b"r=x,s=x,i=1"), "none of SCRAM"),
    (packed(b"R", struct.pack(">I", 12) + b"v=x"), "without knowing the secret"),
    (packed(b"R", struct.pack(">I", 10) + b"SCRAM-SHA-256\0\0") + packed(b"R", b"\0\0\0\0"), "without knowing"),
    (packed(b"R", b"\0\0\0\0") + packed(b"S", b"") * 600, "more than 500 messages"),
    (packed(b"R", b"\0\0\0\0") + packed(b"Z", b"I") + packed(b"D", b"\0\1\0\0\0\1x") + packed(b"Z", b"I"), "a number"),
])  # fmt: skip
def test_answers_that_are_none(answer: bytes, part: str) -> None:
    async def answers(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(answer)
        while await reader.read(1000):
            pass

    outcome = ask_of(CHECK, answers, secret=SECRET, options=LOGIN)

    assert outcome.fault is Fault.ANSWER
    assert part in outcome.reason
    assert fit_to_be_shown(outcome)


@pytest.mark.parametrize(("salt", "rounds"), [(b"salt", 0), (b"salt", 100_001), (b"=====", 4096)])
def test_a_challenge_that_asks_for_too_much(salt: bytes, rounds: int) -> None:
    scram = Scram(SECRET)
    nonce = scram.first().rpartition(b"r=")[2]
    told = salt if salt.startswith(b"=") else b64encode(salt)

    with pytest.raises(CheckError):
        asyncio.run(scram.proof(b"r=" + nonce + b"x,s=" + told + b",i=%d" % rounds))


def test_the_example_of_the_standard(monkeypatch: pytest.MonkeyPatch) -> None:
    """RFC 7677, 3."""
    monkeypatch.setattr("driftvakt_collector.poll.checks.scram.token_urlsafe", lambda _: "rOprNGfwEbeRWgbNEkqO")
    scram = Scram("pencil", "user")

    proof = asyncio.run(scram.proof(
        b"r=rOprNGfwEbeRWgbNEkqO%hvYDpWUa2RaTCAfuxFIlj)hNlF$k0,s=W22ZaJ0SNY7soEsUEjb6gQ==,i=4096"
    ))  # fmt: skip

    assert scram.first() == b"n,,n=user,r=rOprNGfwEbeRWgbNEkqO"
    assert proof.endswith(b"p=dHzbZapWIk4jUhN+Ute9ytag9zjfMHgsqmmiz7AndVQ=")
    scram.verify(b"v=6rriTRBi23WpRR/wtup+mMhUZUn/dB5nLTJRsjl95G4=")
    with pytest.raises(CheckError):
        scram.verify(b"v=6rriTRBi23WpRR/wtup+mMhUZUn/dB5nLTJRsjl95G5=")
