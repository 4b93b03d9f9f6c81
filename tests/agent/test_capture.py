"""What root writes down for the agent: read, kept apart, stable from one hour to the next, and led nowhere else."""

import json
import os
import shutil
import stat
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

import pytest
from probing import machine

from driftvakt_agent import capture, capture_units, cli
from driftvakt_agent.config import ConfigError
from driftvakt_agent.host import Host
from driftvakt_agent.inventory import captured, firmware, storage
from driftvakt_agent.probes import textfile
from driftvakt_agent.sample import ProbeError

TABLE = bytes((1, 8, 1, 0, 0, 0, 0, 1)) + b"3FHW8Z1\0\0"
SCAN = {"devices": [{"name": "/dev/sda", "type": "sat"}, {"name": "/dev/bus/0", "type": "megaraid,4"},
                    {"name": "--evil", "type": "sat"}, {"name": "/dev/sdb", "type": "-d"}, "no disk"]}  # fmt: skip
DISK = {"model_name": "ST2000NM0008", "serial_number": "ZDH0TEST", "smart_status": {"passed": True},
        "temperature": {"current": 31}}  # fmt: skip


class Smartctl:
    """Answers as smartctl does. asleep: the disks that say nothing."""

    def __init__(self) -> None:
        self.asked: list[Sequence[str]] = []
        self.asleep: set[str] = set()
        self.broken = False

    def __call__(self, command: Sequence[str]) -> bytes:
        self.asked.append(command)
        if self.broken:
            raise ProbeError("cannot run smartctl: it hangs")
        if "--scan" in command:
            return json.dumps(SCAN).encode()
        return json.dumps({} if command[-1] in self.asleep else DISK).encode()


def home(tmp_path: Path) -> Host:
    return machine(tmp_path, {"sys/firmware/dmi/tables/DMI": TABLE,
                              "sys/firmware/dmi/tables/smbios_entry_point": b"_SM3_\0\0\3\0",
                              "var/lib/machines/deb12.raw": ""})  # fmt: skip


def take(host: Host, smartctl: Smartctl, folder: Path) -> dict[str, object]:
    taken = capture.capture(host, captured.read(str(folder)), smartctl)
    capture.write(str(folder), taken)
    told = json.loads((folder / "root.json").read_text("utf-8"))
    assert isinstance(told, dict)
    return told


def test_what_root_finds_is_what_the_agent_tells(tmp_path: Path) -> None:
    host, folder = home(tmp_path), tmp_path / "var/lib/driftvakt-root"

    told = take(host, Smartctl(), folder)

    assert told["failed"] == {}
    shutil.rmtree(tmp_path / "sys/firmware")
    block = {"sys/block/sda/size": "3907029168\n", "sys/block/sda/device/model": "ST2000NM0008-2F3\n",
             "sys/block/sda/device/vendor": "ATA\n", "sys/block/sda/removable": "0\n"}  # fmt: skip
    agent = machine(tmp_path, block)
    disks = {row["name"]: row for row in storage.take(agent)["storage"]}
    assert (disks["sda"]["serial"], disks["sda"]["health"]) == ("ZDH0TEST", "passed")
    assert disks["bus/0 megaraid,4"]["serial"] == "ZDH0TEST"
    assert firmware.take(agent)["system"][0]["serial"] == "3FHW8Z1"
    series = [sample for sample in textfile.collect(agent) if sample.name == "smartctl_device_temperature"]
    assert [dict(one.labels)["device"] for one in series] == ["sda", "bus/0 megaraid,4"]


def test_only_the_group_may_read_it(tmp_path: Path) -> None:
    folder = tmp_path / "root"
    take(home(tmp_path), Smartctl(), folder)

    assert {stat.S_IMODE(file.stat().st_mode) for file in folder.iterdir()} == {0o640}
    assert {file.name for file in folder.iterdir()} == set(captured.FILES)


def test_a_disk_that_sleeps_is_as_it_was_and_is_not_woken(tmp_path: Path) -> None:
    host, folder, smartctl = home(tmp_path), tmp_path / "root", Smartctl()
    before = take(host, smartctl, folder)
    written = os.stat(folder / "root.json").st_mtime_ns

    smartctl.asleep = {"/dev/sda"}
    assert take(host, smartctl, folder) == before
    # Nothing is another, so nothing is written, and the agent takes no inventory for it.
    assert os.stat(folder / "root.json").st_mtime_ns == written
    assert all("standby" in command for command in smartctl.asked if "--scan" not in command)


def test_what_fails_is_said_and_what_was_known_stays(tmp_path: Path) -> None:
    host, folder, smartctl = home(tmp_path), tmp_path / "root", Smartctl()
    before = take(host, smartctl, folder)

    smartctl.broken = True
    told = take(host, smartctl, folder)

    assert told["sections"] == before["sections"]
    assert told["failed"] == {"storage": "ProbeError: cannot run smartctl: it hangs"}


def test_a_machine_without_smartctl_has_the_rest(tmp_path: Path) -> None:
    def none(_: Sequence[str]) -> bytes:
        raise FileNotFoundError("smartctl")

    taken = capture.capture(home(tmp_path), {}, none)

    assert taken.failed == {}
    assert taken.files["DMI"] == TABLE


@pytest.mark.parametrize("text", ["", "[", "[]", '{"sections":[]}', '{"sections":{"storage":[7,null,{"name":"x"}]}}'])
def test_a_file_that_is_none_of_roots_tells_nothing_wrong(tmp_path: Path, text: str) -> None:
    host = machine(tmp_path, {"var/lib/driftvakt-root/root.json": text})

    assert captured.rows(host, "storage") == ([{"name": "x"}] if "null" in text else [])


def test_this_machine_as_root(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.command(["capture", "--dir", str(tmp_path / "root")]) == 0
    assert capsys.readouterr().err == ""
    assert "sections" in json.loads((tmp_path / "root/root.json").read_text("utf-8"))


@pytest.mark.real
def test_the_units_are_fine_by_systemd(tmp_path: Path) -> None:
    tool = shutil.which("systemd-analyze")
    if tool is None:
        pytest.skip("there is no systemd here")
    for name, text in capture_units.texts("root", sys.executable).items():
        (tmp_path / name).write_text(text, "utf-8")

    done = subprocess.run(
        [tool, "verify", "--man=no", "--recursive-errors=no", str(tmp_path / "driftvakt-root.timer"),
         str(tmp_path / "driftvakt-root.service")],
        capture_output=True, text=True, check=False,
    )  # fmt: skip

    assert "driftvakt-root" not in done.stderr, done.stderr


def test_root_runs_nothing_that_others_may_change(tmp_path: Path) -> None:
    (tmp_path / "mine").mkdir(mode=0o777)
    (tmp_path / "mine").chmod(0o777)

    with pytest.raises(ConfigError, match="can be changed by others than root"):
        capture_units.only_roots(str(tmp_path / "mine"))
