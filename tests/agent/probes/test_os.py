from pathlib import Path

import pytest
from probing import CORPORA, machine, shown

from driftvakt_agent.probes import os as probe
from driftvakt_agent.sample import NoData

DEBIAN = """PRETTY_NAME="Debian GNU/Linux 12 (bookworm)"
NAME="Debian GNU/Linux"
VERSION_ID="12"
VERSION="12 (bookworm)"
VERSION_CODENAME=bookworm
ID=debian
HOME_URL="https://www.debian.org/"
"""


def test_debian(tmp_path: Path) -> None:
    (info, version) = probe.collect(machine(tmp_path, {"usr/lib/os-release": DEBIAN}))

    facts = dict(info.labels)
    assert info.name == "node_os_info"
    assert list(facts) == sorted(facts)
    assert facts["pretty_name"] == "Debian GNU/Linux 12 (bookworm)"
    assert facts["id_like"] == ""
    assert shown([version]) == {'node_os_version{id="debian",id_like="",name="Debian GNU/Linux"}': 12}


def test_the_end_of_support(tmp_path: Path) -> None:
    series = shown(probe.collect(machine(tmp_path, {"etc/os-release": "ID=fedora\nSUPPORT_END=2027-05-19\n"})))

    assert series["node_os_support_end_timestamp_seconds"] == 1810684800


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        ("A=plain", "plain"),
        ('A="two words"', "two words"),
        ("A='single $x'", "single $x"),
        (r'A="a \"quote\" and \$ and \n"', r'a "quote" and $ and \n'),
        (r"A='back\slash'", r"back\slash"),
        ("A=cut off", "cut"),
        ('A="never closed', "never closed"),
        ("export A=x", "x"),
        ("A=", ""),
    ],
)
def test_a_value_is_what_a_shell_makes_of_it(line: str, expected: str) -> None:
    assert probe.parse(line) == {"A": expected}


def test_lines_that_are_none() -> None:
    assert probe.parse("# A=1\n\nno assignment\n=x\n") == {}


@pytest.mark.parametrize(
    ("version", "expected"),
    [("20.04.2", 20.04), ("12", 12), ("9.4", 9.4), ("", 0), ("rolling", 0), ("8-stream", 8), ("1.x", 1), (".5", 0)],
)
def test_major_minor(version: str, expected: float) -> None:
    assert probe.major_minor(version) == expected


def test_no_such_file(tmp_path: Path) -> None:
    with pytest.raises(NoData):
        list(probe.collect(machine(tmp_path)))


@pytest.mark.skipif(not (CORPORA / "os_release_distros").exists(), reason="no corpora beside the repository")
def test_the_files_of_many_distributions() -> None:
    files = sorted((CORPORA / "os_release_distros").rglob("os-release"))

    for file in files:
        facts = probe.parse(file.read_text(errors="replace"))
        assert facts["NAME"]
        assert not any(value.startswith(('"', "'")) for value in facts.values())
    assert len(files) > 10
