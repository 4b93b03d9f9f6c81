"""A whole visit by OpenSSH to the very machine that the tests run on, held against what it says without SSH."""

import asyncio
import os
import platform as python_platform
import shutil
import socket
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from real_sshd import BINARY, Sshd

from driftvakt_collector.poll import telling
from driftvakt_collector.poll.ssh.commands import COMMANDS, Command, Platform
from driftvakt_collector.poll.ssh.connection import run
from driftvakt_collector.poll.ssh.target import Limits, SshError, Trouble
from driftvakt_collector.poll.ssh.visit import Memory, Visit, visit
from driftvakt_wire.names import family
from driftvakt_wire.sections import SECTIONS

pytestmark = [
    pytest.mark.real,
    pytest.mark.skipif(
        not BINARY or not hasattr(os, "getuid") or os.getuid() != 0, reason="no sshd here, or not root to start it"
    ),
]


@pytest.fixture(scope="module")
def sshd(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Sshd]:
    made = Sshd(tmp_path_factory.mktemp("sshd"))
    yield made
    made.stop()


@pytest.fixture(scope="module")
def seen(sshd: Sshd) -> Visit:
    return asyncio.run(visit(sshd.target(), Memory(), facts=True))


def number(seen: Visit, name: str, **labels: str) -> float | int | None:
    for (one, told), value in zip(seen.shape.keys, seen.values, strict=True):
        if one == name and labels.items() <= dict(told).items():
            return value
    return None


def rows(seen: Visit, section: str) -> list[dict[str, object]]:
    body = seen.sections[section]
    return [dict(zip(body.columns, row, strict=True)) for row in body.rows]


def test_the_machine_is_recognized_and_nothing_went_wrong(seen: Visit) -> None:
    assert seen.platform is Platform.LINUX
    assert [str(one) for one in seen.troubles] == []


def test_health_is_that_of_the_machine(seen: Visit) -> None:
    memory = dict(line.split(":") for line in Path("/proc/meminfo").read_text().splitlines())
    used = shutil.disk_usage("/")
    up = float(Path("/proc/uptime").read_text().split()[0])

    assert number(seen, "node_memory_MemTotal_bytes") == int(memory["MemTotal"].split()[0]) * 1024
    assert number(seen, "node_filesystem_size_bytes", mountpoint="/") == pytest.approx(used.total, abs=4096)
    assert number(seen, "node_filesystem_avail_bytes", mountpoint="/") == pytest.approx(used.free, rel=0.05)
    assert 0 <= up - seen.uptime < 60
    assert number(seen, "node_load1") is not None
    assert number(seen, "node_boot_time_seconds") == pytest.approx(time.time() - up, abs=5)
    assert number(seen, "node_network_receive_bytes_total", device="lo") is not None
    assert number(seen, "node_cpu_seconds_total", cpu="0", mode="idle") is not None
    assert number(seen, "node_uname_info", release=os.uname().release) == 1


def test_every_series_is_declared_with_these_labels(seen: Visit) -> None:
    undeclared = [name for name, _ in seen.shape.keys if family(name) is None]
    others = [
        (name, labels) for name, labels in seen.shape.keys
        if (declared := family(name)) is not None and {one for one, _ in labels} - {*declared.labels, "cpu", "mode"}
    ]  # fmt: skip

    assert undeclared == []
    assert others == []
    assert len(set(seen.shape.keys)) == len(seen.shape.keys) == len(seen.values)


def test_sections_are_declared_with_these_columns(seen: Visit) -> None:
    for name, body in seen.sections.items():
        assert set(body.columns) <= {one.name for one in SECTIONS[name].columns}
        assert set(SECTIONS[name].keys) <= set(body.columns) or len(body.rows) == 1 or name == "processors"


def test_the_system_is_told(seen: Visit) -> None:
    (system,) = rows(seen, "operating_system")
    release = python_platform.freedesktop_os_release()

    assert system["name"] == release["ID"]
    assert system["title"] == release["PRETTY_NAME"]
    assert system["kernel"] == os.uname().release
    assert system["hostname"] == os.uname().nodename


@pytest.mark.skipif(not shutil.which("dpkg-query"), reason="no dpkg here")
def test_every_package_is_told(seen: Visit) -> None:
    done = subprocess.run(
        ["dpkg", "-l"], capture_output=True, text=True, check=True, env={"COLUMNS": "999"} | os.environ
    )
    installed = {
        (words[1].partition(":")[0], words[2], words[3]) for line in done.stdout.splitlines()
        if line.startswith(("ii", "hi")) and (words := line.split())
    }  # fmt: skip

    assert {(row["name"], row["version"], row["architecture"]) for row in rows(seen, "packages")} == installed


def test_what_listens_is_told(seen: Visit, sshd: Sshd) -> None:
    assert ("tcp", "127.0.0.1", sshd.port) in {
        (row["protocol"], row["address"], row["port"]) for row in rows(seen, "listening_sockets")
    }


def test_interfaces_and_addresses_are_told(seen: Visit) -> None:
    named = {name for _, name in socket.if_nameindex()}
    found = {str(row["name"]): row for row in rows(seen, "network_interfaces")}

    assert found["lo"]["type"] == "loopback"
    assert {name for name in named if not name.startswith(("veth", "vnet", "tap"))} >= set(found)
    assert ("lo", "127.0.0.1", 8, "host") in {
        (row["interface"], row["address"], row["prefix"], row["scope"]) for row in rows(seen, "addresses")
    }


def test_accounts_and_services_are_told(seen: Visit) -> None:
    assert {"root", "nobody"} <= {str(row["name"]) for row in rows(seen, "local_users")}
    assert next(row for row in rows(seen, "local_users") if row["name"] == "nobody")["may_log_in"] is False
    assert {str(row["start"]) for row in rows(seen, "services")} <= {"enabled", "disabled", "static", "masked"}


def test_the_second_visit_asks_less_and_has_the_same_series(sshd: Sshd) -> None:
    async def twice() -> tuple[Visit, Visit]:
        memory = Memory()
        first = await visit(sshd.target(), memory, facts=False)
        return first, await visit(sshd.target(), memory, facts=False)

    first, second = asyncio.run(twice())

    assert second.shape is first.shape
    assert (first.sections, second.sections) == ({}, {})


def test_a_visit_makes_records(seen: Visit) -> None:
    told = telling.Told()
    told.keep(seen.sections)
    values = [0.5, len(seen.values), *seen.values]
    made = telling.records("host", 1.0, seen.uptime, 300.0, seen.shape, values, told)

    assert len(made) == 2 + len(seen.sections)


def test_no_person_is_told_of_where_none_may_be(sshd: Sshd) -> None:
    hidden = asyncio.run(visit(sshd.target(), Memory(), facts=True, persons=False))

    assert not {"local_users", "local_groups"} & hidden.sections.keys()
    assert "/home/" not in str(hidden.sections)


def test_a_key_that_is_not_known_is_denied(sshd: Sshd) -> None:
    import io

    import paramiko

    text = io.StringIO()
    paramiko.ECDSAKey.generate().write_private_key(text)
    with pytest.raises(SshError) as e:
        asyncio.run(visit(sshd.target(key=text.getvalue()), Memory(), facts=False))

    assert e.value.trouble is Trouble.DENIED


@pytest.mark.parametrize("kind", ["ed25519", "ecdsa", "rsa"])
@pytest.mark.parametrize("secret", ["", "the key's own"])
def test_every_kind_of_key_lets_in_also_where_it_is_encrypted(kind: str, secret: str, tmp_path: Path) -> None:
    made = Sshd(tmp_path)
    try:
        subprocess.run(["ssh-keygen", "-q", "-t", kind, "-N", secret, "-f", str(tmp_path / "user")], check=True)
        (tmp_path / "authorized").write_text((tmp_path / "user.pub").read_text())
        target = made.target(key=(tmp_path / "user").read_text(), password=secret)
        (answer,) = asyncio.run(run(target, [Command("ask", "echo told")]))
    finally:
        made.stop()

    assert answer.text == "told\n"


def test_a_command_that_hangs_is_ended_there_too(sshd: Sshd) -> None:
    sleep = f"sleep 98.{sshd.port}"
    began = time.monotonic()
    (answer,) = asyncio.run(run(sshd.target(), [Command("sleep", f"exec {sleep}", seconds=0.5)], Limits()))

    assert answer.error is not None
    assert answer.error.trouble is Trouble.HUNG
    assert time.monotonic() - began < 3


def test_output_without_end_is_cut_off(sshd: Sshd) -> None:
    (answer,) = asyncio.run(run(sshd.target(), [Command("yes", "yes", seconds=10)]))
    time.sleep(0.2)

    assert answer.error is not None
    assert answer.error.trouble is Trouble.TOO_LARGE


def test_a_command_that_reads_gets_nothing_and_ends(sshd: Sshd) -> None:
    (answer,) = asyncio.run(run(sshd.target(), [Command("cat", "cat; echo done; tty", seconds=3)]))

    assert answer.text == "done\nnot a tty\n"


@pytest.mark.parametrize(
    ("kind", "line"),
    [
        pytest.param("ed25519", "KexAlgorithms diffie-hellman-group14-sha1", id="an exchange with SHA-1"),
        pytest.param("rsa", "HostKeyAlgorithms ssh-rsa", id="a host key with SHA-1"),
    ],
)
def test_a_machine_with_old_algorithms_is_to_be_asked_by_snmp(kind: str, line: str, tmp_path: Path) -> None:
    old = Sshd(tmp_path, line, kind=kind)
    try:
        with pytest.raises(SshError, match="ask it by SNMP") as e:
            asyncio.run(run(old.target(), [Command("ask", "true")]))
    finally:
        old.stop()

    assert e.value.trouble is Trouble.LEGACY


def test_every_command_of_a_unix_only_reads() -> None:
    """What may not stand in a command, whatever the list comes to hold."""
    words = {word for kind in Platform for one in COMMANDS[kind] for word in one.line.split()}

    assert not words & {"sudo", "su", "rm", "mv", "cp", "tee", "sh", "bash", "eval", "kill", ">", ">>", "&&", ";", "|&"}
