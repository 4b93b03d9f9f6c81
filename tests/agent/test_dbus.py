import os
import shutil
import socket
import struct
import subprocess
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from probing import FIXTURES

from driftvakt_agent import dbus
from driftvakt_agent.dbus import Bus, BusError

LIST_UNITS = (FIXTURES / "nspawn_debian_12" / "list-units.bin").read_bytes()
BUS = "org.freedesktop.DBus"


@contextmanager
def served(path: Path, *answers: bytes) -> Iterator[str]:
    """Accept one connection that authenticates, and say the answers, whatever is asked."""
    listening = socket.socket(socket.AF_UNIX)
    listening.bind(str(path))
    listening.listen()

    def serve() -> None:
        connection, _ = listening.accept()
        # A client that gives up leaves what it did not read, and that resets the connection.
        with connection, suppress(ConnectionError):
            heard = b""
            while not heard.endswith(b"\r\n"):
                heard += connection.recv(100)
            for answer in answers:
                connection.sendall(answer)
            while connection.recv(4096):
                pass

    server = threading.Thread(target=serve)
    server.start()
    try:
        yield str(path)
    finally:
        server.join(5)
        listening.close()


def reply(serial: int, body: bytes = b"", kind: int = 2) -> bytes:
    """Return an answer in the other byte order than ours, without a signature."""
    fields = bytes((5, 1, ord("u"), 0)) + struct.pack(">I", serial)
    return struct.pack(">cBBBIII", b"B", kind, 0, 1, len(body), 1, len(fields)) + fields + body


def test_a_recorded_list_of_units() -> None:
    kind, fields, (units,) = dbus.parse(LIST_UNITS)

    assert kind == 2
    assert fields[8] == "a(ssssssouso)"
    assert isinstance(units, list)
    rows = [unit for unit in units if isinstance(unit, list) and len(unit) == 10]
    assert len(rows) == len(units) == 155
    assert [row[:4] for row in rows if row[0] == "boom.service"] == [["boom.service", "/bin/false", "loaded", "failed"]]


def test_a_call_is_what_the_specification_says() -> None:
    call = dbus.method_call(7, BUS, "/org/freedesktop/DBus", BUS, "GetNameOwner", (BUS,))

    kind, fields, body = dbus.parse(call)
    assert call[:4] == b"l\x01\x00\x01"
    assert kind == 1
    assert fields == {1: "/org/freedesktop/DBus", 2: BUS, 3: "GetNameOwner", 6: BUS, 8: "s"}
    assert body == [BUS]


@given(st.integers(0, len(LIST_UNITS) - 1))
def test_a_message_that_is_cut_short(length: int) -> None:
    with pytest.raises(BusError):
        dbus.parse(LIST_UNITS[:length])


@given(
    st.binary(max_size=300), st.sampled_from([b"", LIST_UNITS[:200], dbus.method_call(1, BUS, "/", BUS, "A", ("b",))])
)
def test_no_bytes_get_it_off_its_feet(noise: bytes, start: bytes) -> None:
    try:
        dbus.parse(start + noise)
    except BusError:
        return


@pytest.mark.parametrize(
    ("signature", "expected"),
    [("s", ("s", "")), ("a(ss)u", ("a(ss)", "u")), ("aa{sv}s", ("aa{sv}", "s")), ("(s(u))x", ("(s(u))", "x"))],
)
def test_split_signature(signature: str, expected: tuple[str, str]) -> None:
    assert dbus.split_signature(signature) == expected


def test_other_peoples_messages_pass_by(tmp_path: Path) -> None:
    signal = reply(99, kind=4)

    with served(tmp_path / "bus", b"OK 1234\r\n", signal, reply(1)) as path, Bus(path) as bus:
        assert bus.call(BUS, "/", BUS, "Hello") == []


@pytest.mark.parametrize(
    ("answers", "why"),
    [
        pytest.param([b"REJECTED EXTERNAL\r\n"], "refused user", id="not this user"),
        pytest.param([b"OK 1\r\n", reply(1, kind=3)], "was refused", id="an error is an answer"),
        pytest.param([b"OK 1\r\n", b"l\2\0\1" + struct.pack("<III", 2**31, 1, 0)], "long", id="too long"),
        pytest.param([b"OK 1\r\n", b"x" * 16 + bytes(4096)], "D-Bus message|long", id="another protocol"),
    ],
)
def test_a_bus_that_does_not_answer_as_it_should(tmp_path: Path, answers: list[bytes], why: str) -> None:
    with served(tmp_path / "bus", *answers) as path, pytest.raises(BusError, match=why), Bus(path, 2) as bus:
        bus.hello()


def test_a_bus_that_hangs_is_given_up(tmp_path: Path) -> None:
    with served(tmp_path / "bus") as path, pytest.raises((BusError, TimeoutError)):
        Bus(path, 0.05)


@pytest.mark.skipif(shutil.which("dbus-daemon") is None, reason="no dbus-daemon here")
def test_a_real_bus(tmp_path: Path) -> None:
    address = f"unix:path={tmp_path}/bus"
    daemon = subprocess.Popen(
        ["dbus-daemon", "--session", "--nofork", "--print-address", f"--address={address}"],
        stdout=subprocess.PIPE,
    )
    try:
        assert daemon.stdout is not None
        assert daemon.stdout.readline().startswith(address.encode())
        with Bus(f"{tmp_path}/bus") as bus:
            bus.hello()
            (names,) = bus.call(BUS, "/org/freedesktop/DBus", BUS, "ListNames")
            (uid,) = bus.call(BUS, "/org/freedesktop/DBus", BUS, "GetConnectionUnixUser", BUS)
            with pytest.raises(BusError, match=r"refused: org\.freedesktop\.DBus\.Error\.NameHasNoOwner"):
                bus.call(BUS, "/org/freedesktop/DBus", BUS, "GetNameOwner", "no.body")
    finally:
        daemon.terminate()
        daemon.communicate()

    assert isinstance(names, list)
    assert BUS in names
    assert ":1.0" in names
    assert uid == os.geteuid()
