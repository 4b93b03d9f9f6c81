import os
import subprocess
import sys
from collections.abc import Iterable
from pathlib import Path

import pytest
from canaries import login, write

from driftvakt_agent import persons as persons_module
from driftvakt_agent.config import ConfigError, build
from driftvakt_agent.host import Host
from driftvakt_agent.persons import Persons
from driftvakt_agent.report import Names
from driftvakt_agent.sample import Sample

PASSWD = """\
root:x:0:0:root:/root:/bin/sh
backup:x:34:34::/var/backups:/usr/sbin/nologin
nobody:x:65534:65534::/:/usr/sbin/nologin
anna:x:1000:1000:Anna Ek,,,:/home/anna:/bin/bash
"""


def edu(root: Path) -> Host:
    return Host(f"{root}/proc", f"{root}/sys", str(root), privacy="edu")


def persons(root: Path) -> Persons:
    found = edu(root).persons
    assert found is not None
    return found


def test_the_setting(tmp_path: Path) -> None:
    (tmp_path / "agent.key").write_text("ab" * 32)
    told = {"collector": "https://c.example", "origin": "a-1", "key_file": "agent.key"}
    path = str(tmp_path / "agent.toml")

    assert build(told, path).privacy == "full"
    assert build(told | {"privacy": "edu"}, path).privacy == "edu"
    with pytest.raises(ConfigError, match="'privacy' must be full or edu, got 'none'"):
        build(told | {"privacy": "none"}, path)


def test_a_host_under_full_knows_no_persons() -> None:
    assert Host().persons is None


def test_an_agent_under_full_does_not_carry_it() -> None:
    agent = str(Path(persons_module.__file__).resolve().parents[1])
    code = (
        f"import sys; sys.path.insert(0, {agent!r}); import driftvakt_agent.loop;"
        "from driftvakt_agent.host import Host; Host(); print(*sys.modules)"
    )
    done = subprocess.run([sys.executable, "-I", "-S", "-c", code], capture_output=True, text=True, check=True)
    loaded = set(done.stdout.split())

    assert "driftvakt_agent.loop" in loaded
    assert loaded.isdisjoint(("driftvakt_agent.persons", "driftvakt_wire.privacy", "driftvakt_wire.personal"))


def test_accounts_of_persons_but_not_of_programs(tmp_path: Path) -> None:
    write(tmp_path / "etc/passwd", PASSWD + "broken\nx:y:z:1:2\n")
    known = persons(tmp_path)

    assert known.text("/srv/anna") == "/srv/*"
    assert known.text("of Anna Ek") == "of *"
    assert known.text("root backup nobody broken ek") == "root backup nobody broken ek"


def test_who_is_logged_in_and_stands_in_no_file(tmp_path: Path) -> None:
    write(tmp_path / "run/utmp", login("bo", 7) + login("SKOLA\\eva", 8) + b"half a record")
    write(tmp_path / "run/systemd/users/4711", "# private\nNAME=kim@skola.example\nSTATE=active\n")
    known = persons(tmp_path)

    assert known.text("tun-bo tun-eva tun-kim") == "tun-* tun-* tun-*"


def test_who_has_a_home(tmp_path: Path) -> None:
    for path in ("home/bo", "home/lost+found", "Users/Shared", "Users/kim", "export/home/liv"):
        (tmp_path / path).mkdir(parents=True)
    known = persons(tmp_path)

    assert known.text("bo.kim.liv") == "*.*.*"
    assert known.text("shared lost+found") == "shared lost+found"


def test_no_home_of_macos_holds_others(tmp_path: Path) -> None:
    """Persons have numbers from 501 on there; what is in their homes is called as programs are."""
    (tmp_path / "Users/anna/Firefox").mkdir(parents=True)
    if os.geteuid() == 0:
        os.chown(tmp_path / "Users/anna", 501, 20)
    known = Host(root=str(tmp_path), privacy="edu").persons
    assert known is not None
    assert known.text("Firefox for anna") == "Firefox for *"


def test_homes_of_a_file_server_are_not_looked_into(tmp_path: Path) -> None:
    (tmp_path / "home/bo").mkdir(parents=True)
    (tmp_path / "export/home/anna/eva").mkdir(parents=True)
    mounts = f"files:/home {tmp_path}/home nfs4 rw 0 0\nfiles:/anna {tmp_path}/export/home/anna nfs4 rw 0 0\n"
    write(tmp_path / "proc/self/mounts", mounts)
    known = persons(tmp_path)

    assert known.text("bo.anna.eva") == "bo.*.eva"


@pytest.mark.skipif(os.name != "posix" or os.geteuid() != 0, reason="needs folders that root owns")
def test_a_home_that_is_new_in_a_folder_of_a_domain(tmp_path: Path) -> None:
    (tmp_path / "home/SKOLA").mkdir(parents=True)
    known = persons(tmp_path)
    (tmp_path / "home/SKOLA/eva").mkdir()

    assert known.settle()
    assert known.text("tun-eva") == "tun-*"


@pytest.mark.parametrize("path", ["etc/passwd", "run/utmp", "run/systemd/users/1"])
def test_they_are_read_again_when_somebody_comes(tmp_path: Path, path: str) -> None:
    known = persons(tmp_path)
    before = known.text("tun-anna"), known.settle()
    content = {"etc/passwd": PASSWD.encode(), "run/utmp": login("anna", 1), "run/systemd/users/1": b"NAME=anna\n"}[path]
    write(tmp_path / path, content)

    assert before == ("tun-anna", False)
    assert known.settle()
    assert known.text("tun-anna") == "tun-*"
    assert not known.settle()


def test_a_file_that_changed_and_says_the_same_changes_nothing(tmp_path: Path) -> None:
    write(tmp_path / "etc/passwd", PASSWD)
    known = persons(tmp_path)
    mask = known.mask
    os.utime(tmp_path / "etc/passwd", (1, 1))

    assert not known.settle()
    assert known.mask is mask


# --- the series of a report ---


def told(names: Names, *samples: Sample) -> tuple[str, list[float | None], str]:
    numbers = names.numbers(samples, {})
    return names.set.decode(), numbers.values, names.info.decode()


def up(devices: Iterable[str]) -> list[Sample]:
    return [Sample("node_network_up", at, (("device", device),)) for at, device in enumerate(devices)]


def test_a_number_of_one_person_is_left_out(tmp_path: Path) -> None:
    write(tmp_path / "etc/passwd", PASSWD)
    set_, values, _ = told(Names(edu(tmp_path).persons), *up(["eth0", "wg-anna", "lo"]))

    assert values == [0, 2]
    assert "anna" not in set_


def test_two_that_become_one_are_one(tmp_path: Path) -> None:
    units = [f"x@{name}.service" for name in ("anna", "bo", "eva")]
    samples = [Sample("node_systemd_unit_state", 1, (("name", unit), ("state", "failed"))) for unit in units]
    names = Names(edu(tmp_path).persons)
    first, second = told(names, *samples), told(names, *samples)

    assert first == second
    assert first[0] == '{"series":[["node_systemd_unit_state","name","x@*","state","failed"]],"families":{}}'
    assert first[1] == [1]


def test_who_comes_later_is_taken_out_of_what_was_said(tmp_path: Path) -> None:
    names = Names(edu(tmp_path).persons)
    before = told(names, *up(["eth0", "wg-anna"]))
    write(tmp_path / "etc/passwd", PASSWD)
    after = told(names, *up(["eth0", "wg-anna"]))
    (tmp_path / "home/somebody").mkdir(parents=True)
    last = told(names, *up(["eth0", "wg-anna"]))

    assert "wg-anna" in before[0]
    assert "wg-anna" not in after[0]
    assert after[1] == [0]
    # Somebody whom no series names changes no series: a login at a PC must not cost a new set.
    assert last[0] == after[0]


def test_an_info_keeps_its_place_with_a_mask(tmp_path: Path) -> None:
    write(tmp_path / "etc/passwd", PASSWD)
    host = Sample("node_uname_info", 1, (("machine", "x86_64"), ("nodename", "annas-pc")))

    assert '["node_uname_info","machine","x86_64","nodename","*"]' in told(Names(edu(tmp_path).persons), host)[2]
