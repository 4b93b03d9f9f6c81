"""Which system a machine runs, on the trees of thirty distributions, old ones too."""

import json
from pathlib import Path

import pytest
from probing import CORPORA, machine

from driftvakt_agent.host import Host
from driftvakt_agent.inventory import system

FOLDER = CORPORA / "os_release_distros"
recorded = pytest.mark.skipif(not FOLDER.is_dir(), reason="the recordings are not beside this checkout")


def told(host: Host) -> dict[str, object]:
    (row,) = system.take(host)["operating_system"]
    return row


@pytest.mark.parametrize(("file", "text", "expected"), [
    ("redhat-release", "CentOS release 5.11 (Final)\n", ("centos", "5.11", "Final")),
    ("redhat-release", "Red Hat Enterprise Linux Server release 5.11 (Tikanga)\n", ("rhel", "5.11", "Tikanga")),
    ("redhat-release", "CloudLinux Server release 5.11 (V. Volkov)\n", ("cloudlinux", "5.11", "V. Volkov")),
    ("system-release", "Amazon Linux AMI release 2014.03\n", ("amzn", "2014.03", "")),
    ("mandriva-release", "Mandriva Linux release 2011.0 (Official) for x86_64\n", ("mandriva", "2011.0", "Official")),
    ("SuSE-release", "SUSE Linux Enterprise Server 11 (x86_64)\nVERSION = 11\n", ("sles", "11", "")),
    ("slackware-version", "Slackware 14.1\n", ("slackware", "14.1", "")),
    ("lsb-release", 'DISTRIB_ID=Ubuntu\nDISTRIB_RELEASE=8.04\nDISTRIB_CODENAME=hardy\n', ("ubuntu", "8.04", "hardy")),
    ("debian_version", "6.0.10\n", ("debian", "6.0.10", "")),
    ("redhat-release", "\n", ("", "", "")),
])  # fmt: skip
def test_systems_from_before_os_release(tmp_path: Path, file: str, text: str, expected: tuple[str, str, str]) -> None:
    row = told(machine(tmp_path, {f"etc/{file}": text}))
    assert (row["name"], row["version"], row["codename"]) == expected


@recorded
def test_the_recordings(capsys: pytest.CaptureFixture[str]) -> None:
    facts: list[tuple[str, object, object]] = []
    known = json.loads((FOLDER / "expected.json").read_text("utf-8"))["distros"]
    for name, one in known.items():
        files = {path: (FOLDER / name / path).read_bytes() for path in one["files"] if (FOLDER / name / path).is_file()}
        if not files:
            continue
        row = told(Host(root=str(FOLDER / name)))
        os_release = one.get("os_release", {})
        for column, key in (("name", "ID"), ("title", "PRETTY_NAME"), ("version", "VERSION_ID")):
            wanted = os_release.get(key)
            if wanted and not (column == "version" and wanted != row[column] and "etc/debian_version" in files):
                facts.append((f"{name} {column}", wanted, row[column]))
        if not os_release and set(files) - {"etc/board-release", "etc/oem-release"}:
            facts.append((f"{name} has a name", True, bool(row["name"])))
            facts.append((f"{name} has a version", True, bool(row["version"])))
    missed = [fact for fact in facts if fact[1] != fact[2]]
    with capsys.disabled():
        print(f"\nos-release: {len(facts) - len(missed)} of {len(facts)} fields", *missed, sep="\n  ")
    assert len(missed) <= 0.02 * len(facts)
