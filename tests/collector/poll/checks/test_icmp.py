import asyncio
import os
import socket
import struct
import subprocess
import sys
from pathlib import Path

import pytest
from serving import ask

from driftvakt_collector.poll.checks import icmp
from driftvakt_collector.poll.checks.address import Address
from driftvakt_collector.poll.checks.check import CheckError, Fault
from driftvakt_collector.poll.checks.icmp import CHECK, answers, opened, request

PAYLOAD = bytes(range(48))
HERE = Address(socket.AF_INET, "127.0.0.1", ("127.0.0.1", 0))


@pytest.fixture
def allowed() -> None:
    """Skips where this user may send no echoes."""
    try:
        opened(HERE).close()
    except CheckError as e:
        pytest.skip(str(e))


@pytest.mark.parametrize("host", ["127.0.0.1", "::1", "localhost"])
def test_a_host_that_answers_is_up(host: str, allowed: None) -> None:
    if host == "::1" and not Path("/proc/net/if_inet6").exists():
        pytest.skip("this machine has no IPv6")
    outcome = ask(CHECK, 0, host=host, pause=0.01)

    assert (outcome.fault, outcome.reason) == (None, "")
    assert set(outcome.phases) == {"resolve", "setup", "rtt"}
    assert 0 < outcome.phases["rtt"] < 1
    assert outcome.values["driftvakt_probe_lost_ratio", ()] == 0
    assert outcome.values["probe_icmp_reply_hop_limit", ()] == 64


def test_many_hosts_at_once_keep_their_echoes_apart(allowed: None) -> None:
    async def all_of_them() -> list[icmp.Echo]:
        many = [Address(socket.AF_INET, one, (one, 0)) for one in (f"127.0.0.{number}" for number in range(1, 21))]
        plugs = [opened(one) for one in many]
        told = await asyncio.gather(
            *(icmp._echoed(plug, one, 2, 0.01, 1.0) for plug, one in zip(plugs, many, strict=True))
        )
        for plug in plugs:
            plug.close()
        return [one for echoes in told for one in echoes]

    assert len(asyncio.run(all_of_them())) == 40


def test_none_comes_back(allowed: None, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(icmp, "answers", lambda *_, **__: None)

    outcome = ask(CHECK, 0, pause=0.01, wait=0.01)

    assert (outcome.fault, outcome.reason) == (Fault.DOWN, "none of 3 echoes came back")
    assert outcome.values["driftvakt_probe_lost_ratio", ()] == 1
    assert "rtt" not in outcome.phases


@pytest.mark.parametrize(("may", "expected"), [(0.5, Fault.ANSWER), (0.9, None)])
def test_too_many_get_lost(allowed: None, monkeypatch: pytest.MonkeyPatch, may: float, expected: Fault | None) -> None:
    monkeypatch.setattr(
        icmp, "answers", lambda *a, **k: None if (found := answers(*a, **k)) is None or found % 4 else found
    )

    outcome = ask(CHECK, 0, pause=0.01, wait=0.01, count=8, max_lost=may)

    assert outcome.fault is expected
    assert outcome.values["driftvakt_probe_lost_ratio", ()] == 0.75


def test_no_way_leads_there() -> None:
    # Reserved (RFC 1112): Linux itself refuses to send there.
    assert ask(CHECK, 0, host="240.0.0.1", wait=0.1, pause=0.01).fault in {Fault.DOWN, Fault.UNUSABLE}


def test_a_name_that_nobody_knows() -> None:
    assert ask(CHECK, 0, host="nowhere.invalid").fault is Fault.UNRESOLVED


@pytest.mark.parametrize("count", [0, -1, 101])
def test_a_count_out_of_bounds(count: int) -> None:
    assert ask(CHECK, 0, count=count).fault is Fault.UNUSABLE


def test_without_privileges_it_says_what_to_do() -> None:
    def forbid(*_: int) -> socket.socket:
        raise PermissionError(1, "Operation not permitted")

    with pytest.raises(CheckError, match="ping_group_range") as raised:
        opened(HERE, forbid)

    assert raised.value.fault is Fault.UNUSABLE


@pytest.mark.real
@pytest.mark.skipif(os.name != "posix" or os.geteuid() != 0, reason="needs root, to make a network of its own")
def test_an_account_without_privileges_may_where_its_group_may() -> None:
    program = """
import asyncio, os, sys
from driftvakt_collector.poll.checks.check import Target, run
from driftvakt_collector.poll.checks.icmp import CHECK
here = Target("127.0.0.1", 0, {"pause": 0.01})
# Once as root: what is imported on the way may lie where an account without privileges can't read.
asyncio.run(run(CHECK, here, 5))
os.setgid(65534); os.setgroups([]); os.setuid(65534)
outcome = asyncio.run(run(CHECK, here, 5))
print(outcome.fault, outcome.values.get(("probe_icmp_reply_hop_limit", ())))
"""
    said = []
    for group in ("1 0", "65534 65534"):
        script = f'ip link set lo up; echo {group} > /proc/sys/net/ipv4/ping_group_range; exec "$0" -c "$1"'
        done = subprocess.run(
            ["unshare", "--net", "sh", "-c", script, sys.executable, program],
            capture_output=True,
            text=True,
            check=False,
        )
        if "Operation not permitted" in done.stderr:
            pytest.skip("this machine lets nobody make a network")
        said.append(done.stdout.strip())

    assert said == ["Fault.UNUSABLE None", "None 64"]


def test_a_reply_of_somebody_else_is_none_of_ours() -> None:
    ours = b"\0" + request(7, PAYLOAD, socket.AF_INET)[1:]
    v6 = b"\x81" + request(7, PAYLOAD, socket.AF_INET6)[1:]

    assert answers(ours, PAYLOAD, raw=False, family=socket.AF_INET) == 7
    assert answers(b"\x45" + bytes(19) + ours, PAYLOAD, raw=True, family=socket.AF_INET) == 7
    assert answers(v6, PAYLOAD, raw=True, family=socket.AF_INET6) == 7
    for other in (b"", b"\x4f", ours[:20], b"\x08" + ours[1:], ours[:-1] + b"x", b"\x03" + ours[1:], ours + b"x"):
        assert answers(other, PAYLOAD, raw=False, family=socket.AF_INET) is None
        assert answers(other, PAYLOAD, raw=True, family=socket.AF_INET) is None


def test_the_checksum_comes_out_even() -> None:
    packet = request(65535, b"\xff" * 48, socket.AF_INET)

    total = sum(word for (word,) in struct.iter_unpack("!H", packet))
    assert (total & 0xFFFF) + (total >> 16) == 0xFFFF
