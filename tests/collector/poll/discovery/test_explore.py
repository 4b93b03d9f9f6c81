"""A network of its own: a switch of two addresses, a printer, a PC that answers echoes, and one that does not."""

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from made_network import Thing, write

pytestmark = [
    pytest.mark.real,
    pytest.mark.skipif(os.geteuid() != 0 or not shutil.which("ip"), reason="needs root and iproute2"),
]
IP = shutil.which("ip") or "ip"
PROGRAM = Path(__file__).with_name("explore_program.py")
CISCO = "Cisco IOS Software, C2960S Software (C2960S-UNIVERSALK9-M), Version 12.2(55)SE3, RELEASE SOFTWARE (fc1)"
JETDIRECT = "HP ETHERNET MULTI-ENVIRONMENT,ROM none,JETDIRECT,JD153,EEPROM JSI24090012,CIDATE 09/10/2019"


def do(*words: str) -> None:
    subprocess.run([IP, *words], check=True, capture_output=True)


def _played(work: Path, room: str, thing: Thing, lasts: tuple[int, ...]) -> subprocess.Popen[bytes]:
    write(work / f"played-{thing.number}", (thing,), ())
    (work / f"index-{thing.number}").mkdir()
    with (work / f"said-{thing.number}").open("wb") as said:
        return subprocess.Popen(
            [IP, "netns", "exec", room, str(Path(sys.executable).with_name("snmpsim-command-responder")),
             "--data-dir", str(work / f"played-{thing.number}"), "--cache-dir", str(work / f"index-{thing.number}"),
             *(f"--agent-udpv4-endpoint=10.77.0.{last}:161" for last in lasts), "--process-user=root",
             "--process-group=root"],
            stdout=said, stderr=subprocess.STDOUT,
        )  # fmt: skip


@pytest.fixture
def rooms(tmp_path: Path) -> Iterator[str]:
    """Three rooms: ours, one with devices, and one whose machine answers no echo."""
    here, there, silent = (f"driftvakt-explore-{os.getpid()}-{letter}" for letter in "abc")
    processes = []
    try:
        for room in (here, there, silent):
            do("netns", "add", room)
            do("-n", room, "link", "set", "lo", "up")
        for room, cable in ((there, "one"), (silent, "two")):
            do("-n", here, "link", "add", cable, "type", "veth", "peer", "name", "eth0", "netns", room)
            do("-n", here, "link", "set", cable, "up")
            do("-n", room, "link", "set", "eth0", "up")
        do("-n", here, "address", "add", "10.77.0.1/24", "dev", "one")
        # The second cable ends at one address of the same network.
        do("-n", here, "route", "add", "10.77.0.30/32", "dev", "two", "src", "10.77.0.1")
        for last in (2, 3, 5, 20):
            do("-n", there, "address", "add", f"10.77.0.{last}/24", "dev", "eth0")
        do("-n", silent, "address", "add", "10.77.0.30/24", "dev", "eth0")
        off = "net.ipv4.icmp_echo_ignore_all=1"
        subprocess.run(
            [IP, "netns", "exec", silent, "sh", "-c", f"echo {off[-1]} > /proc/sys/{off[:-2].replace('.', '/')}"],
            check=True,
        )
        things = (
            Thing("sw-å", 2, "1.3.6.1.4.1.9.1.1208", CISCO, ports=4, bridge=True, lldp=True, prefix="Gi1/0/"),
            Thing("skrivare", 5, "1.3.6.1.4.1.11.2.3.9.1", JETDIRECT),
        )
        for thing, lasts in zip(things, ((2, 3), (5,)), strict=True):
            processes.append(_played(tmp_path, there, thing, lasts))
        yield here
    finally:
        for process in processes:
            process.terminate()
            process.wait(10)
        for room in (here, there, silent):
            subprocess.run([IP, "netns", "delete", room], capture_output=True, check=False)


def test_what_is_there_is_found_and_what_we_know_is_known(rooms: str, tmp_path: Path) -> None:
    waited = "for one in said-*; do until grep -q 'transport ID' $one; do sleep 0.1; done; done; exec"
    done = subprocess.run(
        [IP, "netns", "exec", rooms, "sh", "-c", f"{waited} {sys.executable} {PROGRAM} {tmp_path}"], cwd=tmp_path,
        capture_output=True, text=True, timeout=120, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr[-3000:]
    told = json.loads(done.stdout.splitlines()[-1])

    assert [(name, class_, credential) for name, class_, _, credential in told["devices"]] == [
        ("skrivare", "printer", "t5"), ("sw-å", "switch", "t2"),
    ]  # fmt: skip
    first = told["first"]
    assert (first["asked"], first["known"], first["said"]) == (30, 0, "")
    assert first["added"] == 2
    unknown = {name: mac for _, name, mac, _ in told["list"]}
    # The collector's own machine has no agent here.
    assert unknown.keys() == {"10.77.0.1", "10.77.0.20", "10.77.0.30"}
    # One card has the addresses of three things, as where a router answers for others: it says nothing.
    assert [name for name, mac in unknown.items() if mac] == ["10.77.0.30"]
    assert {(kind, subject, owner) for kind, subject, owner in told["findings"]} == {
        ("unmanaged", "10.77.0.1", "Idrott"), ("unmanaged", "10.77.0.20", "Idrott"),
        ("unmanaged", "10.77.0.30", "Idrott"),
    }  # fmt: skip
    assert (told["second"]["known"], told["second"]["added"], told["second"]["unknown"]) == (2, 0, 3)
