"""The zones' own listeners, over TLS: what they serve, whom they refuse, and how they hold up."""

import contextlib
import http.client
import json
import socket
import ssl
import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from collecting import PATIENCE, Sender, until
from enrolling import Guest
from zoned import ZONES, Zoned

from driftvakt_collector.config import Zone
from driftvakt_collector.store import enrolments, tokens, zones
from driftvakt_collector.store.engine import Store
from driftvakt_collector.trust import keeping
from driftvakt_wire.enrolment import Token, token_secret
from driftvakt_wire.records import Event

pytestmark = pytest.mark.real

EVENT = Event(1.0, "agent.start")


@pytest.fixture(scope="module")
def collector(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Zoned]:
    with Zoned(tmp_path_factory.mktemp("zones") / "data") as running:
        yield running


def trusting(collector: Zoned, zone: str) -> ssl.SSLContext:
    return ssl.create_default_context(cafile=str(collector.data / "ca" / f"{zone}.crt"))


def exchange(collector: Zoned, zone: str, method: str, path: str, body: bytes = b"") -> tuple[int, str, bytes]:
    """Return status, headers and body."""
    connection = http.client.HTTPSConnection(
        "localhost", collector.port_of(zone), timeout=PATIENCE, context=trusting(collector, zone)
    )
    try:
        connection.request(method, path, body or None)
        answer = connection.getresponse()
        return answer.status, str(answer.headers), answer.read()
    finally:
        connection.close()


def ask(collector: Zoned, guest: Guest, zone: str = "edu") -> tuple[int, str, bytes]:
    return exchange(collector, zone, "POST", "/v1/enrol", guest.line())


def guest_of(token: Token, **told: str) -> Guest:
    return Guest(b"", token.id, secret=token.secret, **told)  # type: ignore[arg-type]


def post(collector: Zoned, zone: str, line: bytes) -> tuple[int, bytes]:
    status, _, body = exchange(collector, zone, "POST", "/v1/records", line)
    return status, body


@pytest.mark.parametrize(
    ("method", "path", "status"),
    [("GET", "/healthz", 200), ("GET", "/v1/ca", 200), ("GET", "/", 404), ("GET", "/metrics", 404),
     ("GET", "/metrics/hosts", 404), ("GET", "/login", 404), ("GET", "/sd/hosts", 404), ("GET", "/readyz", 404),
     ("GET", "/v1/enrol", 405), ("GET", "/v1/records", 405), ("POST", "/v1/ca", 404)],
)  # fmt: skip
def test_a_zone_serves_this_and_nothing_else(collector: Zoned, method: str, path: str, status: int) -> None:
    assert exchange(collector, "edu", method, path)[0] == status


def test_each_zone_has_its_own_authority(collector: Zoned) -> None:
    authorities = {zone: exchange(collector, zone, "GET", "/v1/ca")[2] for zone in ("adm", "edu")}

    assert authorities == {zone: (collector.data / "ca" / f"{zone}.crt").read_bytes() for zone in ("adm", "edu")}
    wrong = http.client.HTTPSConnection("localhost", collector.port_of("adm"), context=trusting(collector, "edu"))
    with pytest.raises(ssl.SSLCertVerificationError):
        wrong.request("GET", "/healthz")
    wrong.close()


def test_old_tls_is_not_spoken(collector: Zoned) -> None:
    old = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    old.check_hostname, old.verify_mode = False, ssl.CERT_NONE
    old.set_ciphers("ALL:@SECLEVEL=0")
    with pytest.warns(DeprecationWarning, match="TLSv1_1"):
        old.maximum_version = ssl.TLSVersion.TLSv1_1
    with pytest.warns(DeprecationWarning, match="TLSv1"):
        old.minimum_version = ssl.TLSVersion.TLSv1
    with (
        socket.create_connection(("127.0.0.1", collector.port_of("edu")), PATIENCE) as plain,
        pytest.raises((ssl.SSLError, ConnectionError)),
    ):
        old.wrap_socket(plain)


def test_a_host_that_was_let_in_reports_at_its_own_door_only(collector: Zoned) -> None:
    _, token = collector.token("--zone", "edu", "--class", "workstation", name="reports")
    guest = guest_of(token, name="pc-reports")

    told = guest.opened(ask(collector, guest)[2])

    sender = Sender(told["origin"])
    sender.key = told["key"]
    assert post(collector, "edu", sender.line(EVENT))[0] == 200
    assert post(collector, "adm", sender.line(EVENT))[0] == 401


def test_what_an_operator_decides_holds_within_seconds(collector: Zoned) -> None:
    _, token = collector.token("--zone", "edu", name="decided")
    guest = guest_of(token, name="pc-decided")
    told = guest.opened(ask(collector, guest)[2])
    sender = Sender(told["origin"])
    sender.key = told["key"]

    def answered(status: int) -> None:
        until(lambda: post(collector, "edu", sender.line(EVENT))[0] == status, f"the door to say {status}")

    assert post(collector, "edu", sender.line(EVENT))[0] == 403
    collector.command("host", "approve", sender.origin)
    answered(200)
    collector.command("host", "quarantine", sender.origin)
    answered(403)
    collector.command("host", "release", sender.origin)
    answered(200)
    collector.command("host", "revoke", sender.origin)
    answered(401)


def test_each_refusal_is_byte_for_byte_the_same(collector: Zoned) -> None:
    def token(*arguments: str) -> Token:
        return collector.token("--zone", "edu", *arguments, name=f"refused-{time.monotonic_ns()}")[1]

    expired, used, revoked, good = token(), token(), token(), token()
    elsewhere = token("--cidr", "10.9.0.0/16")
    store = Store(f"sqlite:///{collector.data / 'store.db'}")
    row = store.read(lambda connection: tokens.find(connection, expired.id))
    assert row is not None
    past = row._replace(id="t-past", expires_at=datetime.now(UTC) - timedelta(hours=1))
    store.write_now(lambda connection: tokens.save(connection, past))
    collector.command("token", "revoke", revoked.id)
    assert ask(collector, guest_of(used, name="pc-used"))[0] == 200
    master = zones.load(collector.data)["edu"]
    tries = {
        "expired": Guest(master, "t-past"),
        "used up": guest_of(used),
        "outside of": guest_of(elsewhere),
        "revoked": guest_of(revoked),
        "not signed with": Guest(master, good.id, secret=b"x" * 32),
        "no such token": Guest(master, "t-none", secret=token_secret(master, "t-none")),
    }

    answers = {about: ask(collector, guest) for about, guest in tries.items()}
    answers["door of zone adm"] = ask(collector, guest_of(good), "adm")
    answers["no request"] = exchange(collector, "edu", "POST", "/v1/enrol", b"nonsense")

    assert len({(status, headers, body) for status, headers, body in answers.values()}) == 1
    status, _, body = answers["expired"]
    assert (status, body) == (403, b'{"error":"not accepted"}')
    reasons = [
        one.reason for one in reversed(store.read(lambda connection: enrolments.recent(connection, len(answers))))
    ]
    store.close()
    assert all(about in reason for about, reason in zip(answers, reasons, strict=True)), reasons


def test_a_request_that_is_too_large_is_not_read(collector: Zoned) -> None:
    status, _, body = exchange(collector, "edu", "POST", "/v1/enrol", b"x" * 20_000)

    assert (status, b"16 KiB" in body) == (413, True)


def test_one_who_does_not_speak_tls_is_let_go(collector: Zoned) -> None:
    with socket.create_connection(("127.0.0.1", collector.port_of("edu")), PATIENCE) as plain:
        plain.sendall(b"GET /healthz HTTP/1.1\r\n\r\n")
        assert b"HTTP" not in b"".join(iter(lambda: plain.recv(4096), b""))

    assert exchange(collector, "edu", "GET", "/healthz")[0] == 200
    assert "Traceback" not in collector.said.read_text("utf-8")


def test_one_who_never_begins_to_speak_is_let_go(collector: Zoned) -> None:
    began = time.monotonic()
    with socket.create_connection(("127.0.0.1", collector.port_of("edu")), PATIENCE) as mute:
        assert mute.recv(1) == b""

    assert time.monotonic() - began < 20


def test_a_connection_over_the_cap_is_closed_at_once(tmp_path: Path) -> None:
    zones = ZONES + "connections = 2\n"
    with Zoned(tmp_path / "data", zones) as collector:
        held = [
            trusting(collector, "edu").wrap_socket(
                socket.create_connection(("localhost", collector.port_of("edu"))), server_hostname="localhost"
            )
            for _ in range(2)
        ]
        third = socket.create_connection(("127.0.0.1", collector.port_of("edu")), PATIENCE)
        with contextlib.suppress(ConnectionResetError):
            assert third.recv(1) == b""
        third.close()
        assert exchange(collector, "adm", "GET", "/healthz")[0] == 200
        held.pop().close()

        def free() -> bool:
            try:
                return exchange(collector, "edu", "GET", "/healthz")[0] == 200
            except (OSError, http.client.HTTPException):
                return False

        until(free, "a place to be free")
        held.pop().close()


def test_one_address_can_not_take_the_connections_of_all_others(tmp_path: Path) -> None:
    with Zoned(tmp_path / "data", ZONES + "connections = 512\n") as collector, contextlib.ExitStack() as stack:
        port = collector.port_of("edu")

        def come(address: str) -> socket.socket:
            peer = socket.create_connection(("127.0.0.1", port), PATIENCE, source_address=(address, 0))
            return stack.enter_context(peer)

        greedy = [come("127.0.0.2") for _ in range(200)]
        for _ in range(56):
            come("127.0.0.3")

        over = come("127.0.0.2")
        with contextlib.suppress(ConnectionResetError):
            assert over.recv(1) == b""
        assert exchange(collector, "edu", "GET", "/healthz")[0] == 200
        for peer in greedy:
            peer.close()

        def free() -> bool:
            wrapped = trusting(collector, "edu").wrap_socket(
                come("127.0.0.2"), server_hostname="localhost", do_handshake_on_connect=False
            )
            try:
                wrapped.do_handshake()
            except OSError:
                return False
            finally:
                wrapped.close()
            return True

        until(free, "a place to be free again")


def test_an_old_certificate_is_renewed_at_the_start(tmp_path: Path) -> None:
    collector = Zoned(tmp_path / "data")
    path = collector.data / "tls" / "edu.crt"
    path.unlink()
    zone = Zone("edu", names=("localhost",))
    old = datetime.now(UTC) - timedelta(days=300)
    keeping.make_certificate(collector.data, "edu", keeping.names_of(zone), old)
    before = path.read_bytes()

    with collector:
        assert exchange(collector, "edu", "GET", "/healthz")[0] == 200

    assert path.read_bytes() != before
    assert "half of its time is over" in collector.said.read_text("utf-8")


def test_a_certificate_of_your_own_serves_and_is_left_alone(tmp_path: Path) -> None:
    other = tmp_path / "own"
    keeping.make_authority(other, "x", "Own", datetime.now(UTC))
    keeping.make_certificate(other, "x", ("localhost",), datetime.now(UTC))
    own = "".join(
        f"tls_{what} = {json.dumps(str(other / 'tls' / f'x.{end}'))}\n"
        for what, end in (("cert", "crt"), ("key", "key"))
    )
    with Zoned(tmp_path / "data", ZONES + own) as collector:
        connection = http.client.HTTPSConnection(
            "localhost", collector.port_of("edu"), timeout=PATIENCE,
            context=ssl.create_default_context(cafile=str(other / "ca" / "x.crt")),
        )  # fmt: skip
        connection.request("GET", "/v1/ca")
        assert connection.getresponse().status == 404
        connection.close()
        _, token = collector.token("--zone", "edu")
        assert token.pin == "-"


def test_a_port_that_is_taken_is_said(tmp_path: Path, collector: Zoned) -> None:
    zones = ZONES.replace("port = 0", f"port = {collector.port_of('adm')}", 1)
    second = Zoned(tmp_path / "data", zones)

    second.launch()

    assert second.wait() == 1
    said = second.said.read_text("utf-8")
    assert "zone adm: cannot listen on 127.0.0.1" in said
    assert "Traceback" not in said


def test_a_stop_ends_the_zones_connections_too(tmp_path: Path) -> None:
    with Zoned(tmp_path / "data") as collector:
        connection = http.client.HTTPSConnection(
            "localhost", collector.port_of("edu"), timeout=PATIENCE, context=trusting(collector, "edu")
        )
        connection.request("GET", "/healthz")
        connection.getresponse().read()
        half = socket.create_connection(("127.0.0.1", collector.port_of("edu")))
        began = time.monotonic()

        assert collector.stop() == 0

        assert time.monotonic() - began < 8
        assert "Traceback" not in collector.said.read_text("utf-8")
        connection.close()
        half.close()
