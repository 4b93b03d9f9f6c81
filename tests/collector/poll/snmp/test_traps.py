"""Real traps from snmptrap, in all versions; strangers, floods and rubbish; and what a trap means."""

import asyncio
import shutil
import socket
import subprocess
from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st
from usm_message import made_up

from driftvakt_collector.poll.snmp import trap
from driftvakt_collector.poll.snmp.driver import Auth, Credential, Privacy, Value, Version
from driftvakt_collector.poll.snmp.receiver import MAX_SIZE, TrapReceiver
from driftvakt_collector.poll.snmp.trap import Trap

SNMPTRAP = shutil.which("snmptrap") or ""
CREDENTIALS = [
    Credential("c", community="hemlig-ö"),
    Credential("strong", Version.V3, "", "strong", Auth.SHA256, "hemligt-losen", Privacy.AES128, "hemligt-annat"),
    Credential("signed", Version.V3, "", "signed", Auth.SHA256, "hemligt-losen"),
    Credential("bare", Version.V3, "", "bare"),
]
LINK_DOWN = ["1.3.6.1.6.3.1.1.5.3", "1.3.6.1.2.1.2.2.1.1.3", "i", "3", "1.3.6.1.2.1.2.2.1.2.3", "s", "Gi1/0/3 våning"]
STRONG = ["-v3", "-e", "0x8000000001020304", "-u", "strong", "-l", "authPriv", "-a", "SHA-256", "-A", "hemligt-losen",
          "-x", "AES", "-X", "hemligt-annat"]  # fmt: skip
SIGNED = ["-v3", "-e", "0x8000000001020305", "-u", "signed", "-l", "authNoPriv", "-a", "SHA-256", "-A", "hemligt-losen"]
BARE = ["-v3", "-e", "0x8000000001020306", "-u", "bare", "-l", "noAuthNoPriv"]
V2C = ["-v2c", "-c", "hemlig-ö"]
V1 = ["-v1", "-c", "hemlig-ö"]
Came = list[tuple[str, Trap | None]]


def received(
    send: Callable[[int], None], wanted: int, credentials: list[Credential] | None = None, limit: int = 1000
) -> tuple[Came, int]:
    """Return what came of what was sent, and how many datagrams were dropped unread."""
    came: Came = []
    left = [limit]

    def may(_address: str) -> bool:
        left[0] -= 1
        return left[0] >= 0

    async def work() -> int:
        receiver = TrapReceiver(
            CREDENTIALS if credentials is None else credentials,
            lambda where, _, told: came.append((where, trap.read(told))),
            may,
        )  # fmt: skip
        port = receiver.start("127.0.0.1", 0)
        try:
            await asyncio.to_thread(send, port)
            # One more that is known to be good: once it is in, all before it are through.
            await asyncio.to_thread(snmptrap, port, V2C, ["1.3.6.1.6.3.1.1.5.1"])
            async with asyncio.timeout(15):
                while not came or came[-1][1] is None or came[-1][1].name != "coldStart":
                    await asyncio.sleep(0.01)
        finally:
            receiver.stop()
        return receiver.dropped

    dropped = asyncio.run(work())
    assert len(came) == wanted + 1
    return came[:-1], dropped


def snmptrap(port: int, how: list[str], what: list[str], kind: str = "") -> None:
    where = f"127.0.0.1:{port}"
    stamp = ["4711"]
    subprocess.run([SNMPTRAP, *how, *([kind] if kind else []), "-m", "", where, *stamp, *what], check=True, timeout=20)


@pytest.mark.real
@pytest.mark.skipif(not SNMPTRAP, reason="apt-get install snmp")
@pytest.mark.parametrize(
    "how", [V2C, STRONG, SIGNED, BARE], ids=["2c", "3 with SHA-256 and AES", "3 signed only", "3 with neither"]
)
def test_a_trap_is_read(how: list[str]) -> None:
    came, _ = received(lambda port: snmptrap(port, how, LINK_DOWN), 1)

    ((where, told),) = came
    assert where == "127.0.0.1"
    assert told is not None
    assert (told.name, trap.sentence(told)) == ("linkDown", "linkDown: ifIndex 3, ifDescr Gi1/0/3 våning")


@pytest.mark.real
@pytest.mark.skipif(not SNMPTRAP, reason="apt-get install snmp")
def test_a_trap_of_version_1_is_the_same() -> None:
    def send(port: int) -> None:
        subprocess.run(
            [SNMPTRAP, *V1, "-m", "", f"127.0.0.1:{port}", "1.3.6.1.4.1.318", "127.0.0.1", "6", "5", "4711",
             "1.3.6.1.4.1.318.2.3.3.0", "s", "UPS: On battery power"], check=True, timeout=20)  # fmt: skip

    ((_, told),), _ = received(send, 1)
    assert told is not None
    assert trap.sentence(told) == "upsOnBattery: mtrapargsString UPS: On battery power"


@pytest.mark.real
@pytest.mark.skipif(not SNMPTRAP, reason="apt-get install snmp")
def test_strangers_and_rubbish_are_nothing() -> None:
    def send(port: int) -> None:
        snmptrap(port, ["-v2c", "-c", "public"], LINK_DOWN)
        snmptrap(port, [*STRONG[:-1], "ett-annat-losen"], LINK_DOWN)
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as one:
            for data in (b"", b"\x30\x84\xff\xff\xff\xff", b"\x30" * 900, b"x" * (MAX_SIZE + 1), b"\x30\x05hello"):
                one.sendto(data, ("127.0.0.1", port))

    _, dropped = received(send, 0)
    assert dropped >= 1


@pytest.mark.real
@pytest.mark.skipif(not SNMPTRAP, reason="apt-get install snmp")
@pytest.mark.parametrize(("user", "level"), [
    ("strong", ["noAuthNoPriv"]), ("strong", ["authNoPriv", "-a", "SHA-256", "-A", "hemligt-losen"]),
    ("signed", ["noAuthNoPriv"]),
])  # fmt: skip
def test_a_trap_that_is_less_protected_than_its_user_must_be_is_not_taken(user: str, level: list[str]) -> None:
    how = ["-v3", "-e", "0x8000000001020304", "-u", user, "-l", *level]

    def send(port: int) -> None:
        # The user is known from that sender, by a message that nobody could have made up.
        snmptrap(port, STRONG, LINK_DOWN)
        snmptrap(port, how, LINK_DOWN)
        snmptrap(port, how, LINK_DOWN)

    received(send, 1)


@pytest.mark.real
@pytest.mark.skipif(not SNMPTRAP, reason="apt-get install snmp")
def test_senders_that_are_made_up_push_out_nobody() -> None:
    def send(port: int) -> None:
        snmptrap(port, STRONG, LINK_DOWN)
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as one:
            for number in range(100):
                one.sendto(made_up(b"\x80\x00\x1f\x88" + number.to_bytes(8), b"strong"), ("127.0.0.1", port))
        snmptrap(port, STRONG, LINK_DOWN)

    received(send, 2)


@pytest.mark.real
@pytest.mark.skipif(not SNMPTRAP, reason="apt-get install snmp")
def test_a_flood_is_cut_before_it_is_read() -> None:
    def send(port: int) -> None:
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as one:
            for _ in range(400):
                one.sendto(b"\x30\x05hello", ("127.0.0.1", port))

    came: Came = []

    async def work() -> int:
        receiver = TrapReceiver(
            CREDENTIALS, lambda where, _, told: came.append((where, trap.read(told))), lambda _: False
        )  # fmt: skip
        port = receiver.start("127.0.0.1", 0)
        await asyncio.to_thread(send, port)
        async with asyncio.timeout(10):
            while receiver.dropped < 200:
                await asyncio.sleep(0.01)
        receiver.stop()
        return receiver.dropped

    assert asyncio.run(work()) >= 200
    assert came == []


def test_a_port_that_is_taken_is_an_error() -> None:
    async def work() -> None:
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as one:
            one.bind(("127.0.0.1", 0))
            TrapReceiver([], lambda *_: None, lambda _: True).start("127.0.0.1", one.getsockname()[1])

    with pytest.raises(OSError, match="in use"):
        asyncio.run(work())


@pytest.mark.parametrize(("binds", "expected"), [
    ([(trap.TRAP_OID, "1.3.6.1.6.3.1.1.5.1")], "coldStart"),
    ([(trap.TRAP_OID, ".1.3.6.1.4.1.9999.0.7"), ("1.2.3", b"\x1b[31m\0x")], "1.3.6.1.4.1.9999.0.7: 1.2.3 [31m x"),
    ([(trap.TRAP_OID, "1.3.6.1.6.3.1.1.5.4"), *((f"1.2.{n}", n) for n in range(25))],
     "linkUp: " + ", ".join(f"1.2.{n} {n}" for n in range(20)) + ", and 5 more"),
    ([(trap.TRAP_OID, "1.3.6.1.6.3.1.1.5.3"), ("1.3.6.1.6.3.18.1.4.0", b"the community")], "linkDown"),
])  # fmt: skip
def test_what_a_trap_says(binds: list[tuple[str, Value]], expected: str) -> None:
    told = trap.read(binds)
    assert told is not None
    assert trap.sentence(told) == expected


@given(
    st.lists(st.tuples(st.text(max_size=30), st.one_of(st.integers(), st.binary(max_size=400), st.floats(), st.text())))
)
def test_any_variables_are_a_sentence_or_nothing(binds: list[tuple[str, Value]]) -> None:
    told = trap.read(binds)
    assert told is None or len(trap.sentence(told)) < 10_000
