import os
import shutil
import sys
from collections.abc import Sequence
from pathlib import Path

import pytest
from probing import machine, shown

from driftvakt_agent import apart
from driftvakt_agent.host import INVENTORY, Host
from driftvakt_agent.inventory import updates as inventory_updates
from driftvakt_agent.probes import updates
from driftvakt_agent.sample import NoData, ProbeError

APT = {
    "usr/bin/apt-get": "",
    "var/lib/dpkg/status": "Package: nginx\nStatus: hold ok installed\nArchitecture: amd64\n",
    "var/lib/apt/lists/deb.debian.org_InRelease": (
        "Origin: Debian\nLabel: Debian-Security\nSuite: stable-security\nVersion: 12\nCodename: bookworm-security\n"
    ),
}


class Answers:
    """Answers commands by their last word, and remembers them."""

    def __init__(self, **answers: tuple[int, str]) -> None:
        self.asked: list[Sequence[str]] = []
        self._answers = {name.replace("_", "-"): answer for name, answer in answers.items()}

    def __call__(self, command: Sequence[str]) -> tuple[int, str]:
        self.asked.append(command)
        return self._answers[command[-1].lstrip("-")]


def test_apt(tmp_path: Path) -> None:
    host = machine(tmp_path, APT)
    for path in [tmp_path / "var/lib/apt/lists", *(tmp_path / "var/lib/apt/lists").iterdir()]:
        os.utime(path, (5000, 5000))
    run = Answers(dist_upgrade=(0, (
        "The following packages have been kept back:\n  nginx php\n"
        "Inst libssl3 [3.0.11-1] (3.0.13-1~deb12u1 Debian-Security:12/stable-security [amd64])\n"
        "Inst tzdata [2024a-0] (2024b-0 Debian:12.5/stable [all])\n"
    )))  # fmt: skip

    assert shown(updates.collect(host, run)) == {
        'driftvakt_updates_pending{manager="apt",security="yes"}': 1,
        'driftvakt_updates_pending{manager="apt",security="no"}': 1,
        'apt_upgrades_pending{arch="all",origin="Debian:12.5/stable"}': 1,
        'apt_upgrades_pending{arch="amd64",origin="Debian:bookworm-security/stable-security"}': 1,
        'apt_upgrades_held{arch="amd64",origin=""}': 1,
        "apt_autoremove_pending": 0,
        "apt_package_cache_timestamp_seconds": 5000,
        "driftvakt_updates_checked_timestamp_seconds": 5000,
    }
    assert "-s" in run.asked[0]


def test_apt_with_nothing_pending(tmp_path: Path) -> None:
    series = shown(updates.collect(machine(tmp_path, APT), Answers(dist_upgrade=(0, ""))))

    assert series['driftvakt_updates_pending{manager="apt",security="yes"}'] == 0
    assert series['apt_upgrades_pending{arch="",origin=""}'] == 0


def test_dnf(tmp_path: Path) -> None:
    line = "openssl.x86_64  1:3.0.7-27.el9  baseos\n"
    run = Answers(check_update=(100, line + "vim.x86_64  9.1-1  appstream\n"), security=(100, line))

    assert shown(updates.collect(machine(tmp_path, {"usr/bin/dnf": "", "usr/bin/yum": ""}), run)) == {
        'driftvakt_updates_pending{manager="dnf",security="yes"}': 1,
        'driftvakt_updates_pending{manager="dnf",security="no"}': 1,
        'yum_upgrades_pending{origin="appstream"}': 1,
        'yum_upgrades_pending{origin="baseos"}': 1,
    }


@pytest.mark.parametrize(
    ("program", "run", "manager", "expected"),
    [
        ("usr/bin/yum", Answers(check_update=(0, ""), security=(0, "")), "yum", 0),
        ("usr/bin/zypper", Answers(list_updates=(0, "v | r | a | 1 | 2 | noarch\n")), "zypper", 1),
        ("sbin/apk", Answers(**{"<": (0, "a-1-r0 < 2-r0\n")}), "apk", 1),
        ("usr/bin/pacman", Answers(Qu=(1, "")), "pacman", 0),
    ],
)
def test_other_managers(tmp_path: Path, program: str, run: Answers, manager: str, expected: int) -> None:
    series = shown(updates.collect(machine(tmp_path, {program: ""}), run))

    assert sum(value for key, value in series.items() if f'manager="{manager}"' in key) == expected
    assert any(f'manager="{manager}"' in key for key in series)


def test_a_manager_that_fails(tmp_path: Path) -> None:
    run = Answers(dist_upgrade=(100, "E: dpkg was interrupted, you must manually run 'dpkg --configure -a'\n"))

    with pytest.raises(ProbeError, match="ended with 100: E: dpkg was interrupted"):
        list(updates.collect(machine(tmp_path, APT), run))


def test_no_manager(tmp_path: Path) -> None:
    with pytest.raises(NoData):
        list(updates.collect(machine(tmp_path)))


def test_a_program_that_is_not_there() -> None:
    with pytest.raises(ProbeError, match="cannot ask"):
        updates._run(["/no/such/program"])


@pytest.mark.real
@pytest.mark.skipif(shutil.which("apt-get") is None, reason="no apt here")
def test_this_machine() -> None:
    series = shown(updates.collect(Host()))

    assert series['driftvakt_updates_pending{manager="apt",security="yes"}'] >= 0
    assert all(value >= 0 for value in series.values())


def test_what_waits_is_kept_for_the_inventory(tmp_path: Path) -> None:
    host, folder = machine(tmp_path, APT), tmp_path / "inventory"
    run = Answers(dist_upgrade=(0, "Inst libssl3 [3.0.11-1] (3.0.13-1 Debian-Security:12/stable-security [amd64])\n"))
    list(updates.collect(host, run))

    inventory_updates.keep(str(folder), host)

    taken = Host()
    taken.memory[INVENTORY] = str(folder)
    assert inventory_updates.take(taken)["updates"] == [
        {"source": "apt", "name": "libssl3", "architecture": "amd64", "state": "pending", "security": "yes",
         "origin": "Debian:bookworm-security/stable-security"},
    ]  # fmt: skip


@pytest.mark.parametrize("text", ["", "[", "{}", "[7]", "null"])
def test_a_file_of_pending_updates_that_is_none(tmp_path: Path, text: str) -> None:
    (tmp_path / "pending.json").write_text(text, "utf-8")
    host = Host()
    host.memory[INVENTORY] = str(tmp_path)
    try:
        assert inventory_updates.take(host)["updates"] == []
    except NoData:
        assert text in ("", "[")


@pytest.mark.real
@pytest.mark.skipif(sys.platform != "linux", reason="asks a package manager of Linux")
def test_the_probe_of_this_machine_leaves_what_it_found(tmp_path: Path) -> None:
    host = Host()
    host.memory[INVENTORY] = str(tmp_path / "inventory")
    try:
        found = shown(apart.collect_apart("updates", 60)(host))  # type: ignore[arg-type]
    except NoData:
        pytest.skip("no package manager that we know")
    rows = inventory_updates.take(host)["updates"]
    assert len(rows) == sum(value for name, value in found.items() if name.startswith("driftvakt_updates_pending{"))
