import os
from pathlib import Path

import pytest
from probing import machine, shown

from driftvakt_agent.probes import reboot

RUNNING = {
    "proc/modules": "ext4 983040 1 - Live 0x0\n",
    "proc/sys/kernel/osrelease": "6.1.0-18-amd64\n",
    "proc/stat": "cpu 1\nbtime 1000\n",
}


@pytest.mark.parametrize("flag", ["run/reboot-required", "var/run/reboot-required", "run/reboot-needed"])
def test_a_flag(tmp_path: Path, flag: str) -> None:
    assert shown(reboot.collect(machine(tmp_path, {flag: ""}))) == {"node_reboot_required": 1}


def test_no_flag(tmp_path: Path) -> None:
    assert shown(reboot.collect(machine(tmp_path))) == {"node_reboot_required": 0}


@pytest.mark.parametrize(
    ("installed", "expected"),
    [
        pytest.param({"6.1.0-18-amd64": 500}, 0, id="the one that runs"),
        pytest.param({"6.1.0-18-amd64": 500, "6.1.0-21-amd64": 2000}, 1, id="a newer one since the start"),
        pytest.param({"6.1.0-18-amd64": 500, "6.1.0-21-amd64": 900}, 0, id="a newer one that was not chosen"),
        pytest.param({"6.1.0-18-amd64": 500, "6.1.0-9-amd64": 2000}, 0, id="an older one since the start"),
        pytest.param({"6.1.0-21-amd64": 900}, 1, id="the one that runs is gone"),
        pytest.param({}, 0, id="no modules"),
    ],
)
def test_kernels(tmp_path: Path, installed: dict[str, int], expected: int) -> None:
    host = machine(tmp_path, RUNNING)
    for release, when in installed.items():
        machine(tmp_path, {f"lib/modules/{release}/modules.builtin": ""})
        os.utime(tmp_path / "lib/modules" / release, (when, when))

    assert shown(reboot.collect(host)) == {"node_reboot_required": expected}


@pytest.mark.parametrize(
    "more",
    [
        pytest.param({"proc/modules": ""}, id="a kernel without modules"),
        pytest.param({"run/systemd/container": "lxc"}, id="a container"),
        pytest.param({"proc/stat": "cpu 1\n"}, id="no boot time"),
    ],
)
def test_kernels_say_nothing(tmp_path: Path, more: dict[str, str]) -> None:
    files = {**RUNNING, "lib/modules/7.0.0/modules.builtin": "", **more}

    assert shown(reboot.collect(machine(tmp_path, files))) == {"node_reboot_required": 0}
