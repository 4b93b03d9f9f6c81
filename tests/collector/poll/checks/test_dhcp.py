import contextlib
import json
import os
import socket
import struct
import subprocess
import sys
from collections.abc import Callable, Iterator, Sequence
from ipaddress import IPv4Address
from pathlib import Path

import pytest
from serving import FOUL, SHORT, Options, ask, ask_oracle, fit_to_be_shown, free_port, in_bounds, needed, served

from driftvakt_collector.poll.checks import datagram, dhcp
from driftvakt_collector.poll.checks.check import CheckError, Fault, Target
from driftvakt_collector.poll.checks.dhcp import CHECK, hardware_of
from driftvakt_collector.poll.checks.lease import discover, offer, options

PROGRAM = """
import asyncio, json, sys
from driftvakt_collector.poll.checks.check import Target, run
from driftvakt_collector.poll.checks.dhcp import CHECK
for host, options in json.loads(sys.argv[1]):
    outcome = asyncio.run(run(CHECK, Target(host, 0, options), 0.5 if options.get("subnet") == "10.10.0.0" else 5))
    print(json.dumps([outcome.fault and outcome.fault.value, outcome.reason, list(outcome.values.values())]))
"""


@contextlib.contextmanager
def two_rooms() -> Iterator[tuple[list[str], list[str]]]:
    """Make two networks with a cable between them; yields how a program is started in each."""
    ip = needed("ip", "iproute2")
    here, there = (f"dv{os.getpid()}{end}" for end in "ab")

    def do(*words: str) -> None:
        done = subprocess.run([ip, *words], capture_output=True, text=True, check=False)
        if done.returncode:
            pytest.skip(f"this machine lets nobody make a network: {done.stderr.strip()}")

    try:
        for room in (here, there):
            do("netns", "add", room)
        do("-n", here, "link", "add", "cable", "type", "veth", "peer", "name", "cable", "netns", there)
        for room, address in ((here, "10.9.0.2/24"), (there, "10.9.0.1/24")):
            do("-n", room, "address", "add", address, "dev", "cable")
            do("-n", room, "link", "set", "cable", "up")
            do("-n", room, "link", "set", "lo", "up")
        yield [ip, "netns", "exec", here], [ip, "netns", "exec", there]
    finally:
        for room in (here, there):
            subprocess.run([ip, "netns", "delete", room], capture_output=True, check=False)


@pytest.mark.real
@pytest.mark.skipif(sys.platform != "linux" or os.geteuid() != 0, reason="needs root, to make networks of its own")
def test_a_real_server(tmp_path: Path) -> None:
    program = needed("dnsmasq", "dnsmasq-base")
    cases: list[tuple[str, Options]] = [
        ("10.9.0.1", {}),
        ("10.9.0.1", {"expect_server": "10.9.0.1", "expect_network": "10.9.0.0/24"}),
        ("10.9.0.1", {"expect_server": "10.9.0.9"}),
        ("10.9.0.1", {"expect_network": "10.8.0.0/16"}),
        ("10.9.0.1", {"hardware": "02:00:00:00:00:07", "expect_network": "10.9.0.77/32"}),
        ("10.9.0.1", {"subnet": "10.11.0.0", "expect_network": "10.11.0.0/24"}),
        ("10.9.0.1", {"subnet": "10.10.0.0"}),
        ("anybody", {"interface": "cable", "expect_server": "10.9.0.1"}),
        ("anybody", {"interface": "none"}),
    ]
    with two_rooms() as (here, there):
        argv = [
            *there, program, "--keep-in-foreground", "--conf-file=/dev/null", "--port=0", "--interface=cable",
            "--bind-interfaces", "--dhcp-range=10.9.0.100,10.9.0.150,255.255.255.0,1h", "--no-ping", "--user=root",
            "--dhcp-range=10.11.0.100,10.11.0.150,255.255.255.0,1h", "--dhcp-host=02:00:00:00:00:07,10.9.0.77",
            f"--dhcp-leasefile={tmp_path}/leases", f"--pid-file={tmp_path}/pid", "--log-facility=-",
            "--dhcp-authoritative", "--log-dhcp",
        ]  # fmt: skip
        said = tmp_path / "said"
        with served(argv, lambda: "DHCP, IP range 10.9" in said.read_text("utf-8"), said):
            done = subprocess.run(
                [*here, sys.executable, "-c", PROGRAM, json.dumps(cases)], capture_output=True, text=True, check=False
            )
        log = said.read_text("utf-8")

    outcomes = [json.loads(line) for line in done.stdout.splitlines()]
    assert [fault for fault, _, _ in outcomes] == [
        None, None, "answer", "answer", None, None, "hung", None, "unusable",
    ], (done.stderr, outcomes, log)  # fmt: skip
    assert outcomes[0][2] == [3600]
    assert "10.9.0.1 offers" in outcomes[2][1]
    assert "not in 10.8.0.0/16" in outcomes[3][1]
    # Nothing was ever taken.
    assert "DHCPREQUEST" not in log
    assert (tmp_path / "leases").read_text("utf-8") == ""


def reply(
    asked: bytes, *, kind: int = 2, address: str = "10.1.0.9", server: str = "10.1.0.1", number: int | None = None,
    whose: bytes | None = None, more: bytes = b"",
) -> bytes:  # fmt: skip
    """Return an answer to a DISCOVER."""
    their = asked[4:8] if number is None else struct.pack("!I", number)
    head = b"\x02\x01\x06\0" + their + bytes(8) + IPv4Address(address).packed + asked[20:28] + (whose or asked[28:34])
    told = bytes([53, 1, kind, 54, 4]) + IPv4Address(server).packed + bytes([51, 4, 0, 0, 14, 16])
    return head + bytes(202) + b"\x63\x82\x53\x63" + told + more + b"\xff"


def port() -> int:
    return free_port(socket.SOCK_DGRAM)


@pytest.mark.parametrize(("told", "expected", "word"), [
    pytest.param({}, None, "", id="an offer"),
    pytest.param({"more": b"\0\0\0"}, None, "", id="an offer with fillers"),
    pytest.param({"more": b"\x0c\xffshort"}, None, "", id="an option that is cut short"),
    pytest.param({"kind": 6}, Fault.ANSWER, "NAK", id="a refusal"),
    pytest.param({"kind": 77}, Fault.ANSWER, "type 77", id="a message that nobody knows"),
    pytest.param({"address": "0.0.0.0"}, Fault.ANSWER, "no address", id="no address"),
    pytest.param({"address": "10.2.0.9"}, Fault.ANSWER, "10.2.0.9", id="an address of another network"),
    pytest.param({"server": "10.1.0.2"}, Fault.ANSWER, "10.1.0.2 offers", id="another server"),
])  # fmt: skip
def test_what_is_offered(told: dict[str, str], expected: Fault | None, word: str) -> None:
    outcome = ask_oracle(
        CHECK, lambda asked: [reply(asked, **told)], source_port=port(),  # type: ignore[arg-type]
        expect_server="10.1.0.1", expect_network="10.1.0.0/24",
    )  # fmt: skip

    assert (outcome.fault, word in outcome.reason) == (expected, True), outcome.reason
    assert outcome.values["driftvakt_probe_dhcp_lease_seconds", ()] == 3600


@pytest.mark.parametrize("answers", [
    pytest.param(lambda asked: [reply(asked, number=1)] * 200, id="to somebody else"),
    pytest.param(lambda asked: [reply(asked, whose=b"abcdef")], id="for another machine"),
    pytest.param(lambda asked: [asked], id="our own question"),
    pytest.param(lambda asked: [FOUL * 3000] * 9, id="foul"),
    pytest.param(lambda asked: [reply(asked)[:239]], id="too short"),
])  # fmt: skip
def test_what_is_no_answer(answers: Callable[[bytes], Sequence[bytes]], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(datagram, "_AGAIN", 0.1)

    with in_bounds():
        outcome = ask_oracle(CHECK, answers, source_port=port())

    assert outcome.fault is Fault.ANSWER
    assert fit_to_be_shown(outcome)


def test_nothing_listens_and_nobody_answers() -> None:
    assert ask(CHECK, port(), source_port=port()).fault is Fault.DOWN
    assert ask_oracle(CHECK, lambda _: [], patience=SHORT, source_port=port()).fault is Fault.HUNG
    assert ask(CHECK, 67, host="::1", source_port=port()).fault is Fault.UNUSABLE


def test_a_port_that_is_taken(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(dhcp, "_PLUGGED_WITHIN", 0.1)
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as taken:
        taken.bind(("", 0))
        outcome = ask(CHECK, 67, source_port=taken.getsockname()[1])

    assert outcome.fault is Fault.UNUSABLE
    assert "can't ask from UDP port" in outcome.reason


@pytest.mark.parametrize("options", [
    {"expect_server": "dhcp.example"}, {"expect_network": "10.1.0.0/33"}, {"expect_network": "10.1.0.1/16"},
    {"hardware": "02-00-00-00-00-07"}, {"subnet": "10.1"}, {"interface": "no such one"},
])  # fmt: skip
def test_options_that_can_not_be(options: Options) -> None:
    assert ask(CHECK, 67, options=options).fault is Fault.UNUSABLE


def test_we_are_always_the_same_machine() -> None:
    assert hardware_of(Target("x"), "a") == hardware_of(Target("y"), "a") != hardware_of(Target("x"), "b")
    # Locally administered, and of one machine (IEEE 802).
    assert hardware_of(Target("x"))[0] & 3 == 2
    assert hardware_of(Target("x", 0, {"hardware": "02:AA:00:00:00:01"})) == b"\x02\xaa\0\0\0\x01"
    with pytest.raises(CheckError):
        hardware_of(Target("x", 0, {"hardware": "02:aa:00:00:00:01:02"}))


def test_a_question_and_its_answer() -> None:
    asked = discover(7, b"abcdef", IPv4Address("10.1.0.5"), IPv4Address("10.2.0.0"))

    assert (len(asked), asked[24:28]) == (300, b"\x0a\x01\0\x05")
    assert dict(options(asked[240:])) == {53: b"\x01", 55: b"\x01\x03\x06\x33", 82: b"\x05\x04\x0a\x02\0\0"}
    assert offer(asked, 7, b"abcdef") is None
    found = offer(reply(asked), 7, b"abcdef")
    assert found is not None
    assert (str(found.address), str(found.server), found.seconds) == ("10.1.0.9", "10.1.0.1", 3600)
