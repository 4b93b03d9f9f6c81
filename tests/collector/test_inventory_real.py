"""A real agent on a machine whose parts are changed under it: each change is told, and no other."""

import os
import shutil
import subprocess
import sys
import time
import zlib
from collections.abc import Iterator
from pathlib import Path

import pytest
from collecting import Collector, until
from zoned import PATHS, Zoned

from driftvakt_collector.__main__ import main
from driftvakt_collector.store import hosts, inventory
from driftvakt_collector.store.engine import Store
from driftvakt_collector.store.inventory import ChangeRow

APART = ["unshare", "--mount", "--uts", "--propagation", "private"]
pytestmark = [
    pytest.mark.real,
    pytest.mark.skipif(sys.platform != "linux" or os.geteuid() != 0, reason="makes namespaces, as root"),
    pytest.mark.skipif(
        shutil.which("unshare") is None
        or subprocess.run([*APART, "true"], check=False, capture_output=True).returncode != 0,
        reason="no namespaces can be made here",
    ),
]

PACKAGE = "Package: {0}\nStatus: install ok installed\nArchitecture: amd64\nVersion: {1}\n\n"
# Ports and addresses of this machine come and go with the tests beside this one.
_NOT_OURS = frozenset({"listening_sockets", "addresses", "network_interfaces"})


class Machine:
    """An agent in namespaces of its own, where /sys and dpkg's status are files that we write."""

    def __init__(self, folder: Path, collector: Collector, monkeypatch: pytest.MonkeyPatch) -> None:
        self.folder = folder
        self.sys = folder / "sys"
        for place in ("block", "class/net", "bus/usb/devices", "bus/pci/devices", "class/dmi/id"):
            (self.sys / place).mkdir(parents=True)
        (self.sys / "class/dmi/id/sys_vendor").write_text("Dell Inc.\n")
        self.status = folder / "status"
        self.install(openssl="3.0.11", bash="5.2")
        self.disk("sda", "Samsung SSD 840", "S14C")
        # Its first inventory shall come at once, and when it comes is made of its name.
        name = next(
            text
            for number in range(10**6)
            if zlib.crc32(f"a-{(text := f'{number:020x}')}".encode()) % 1000 in range(20, 40)
        )
        monkeypatch.setattr("driftvakt_collector.commands.hosts.secrets.token_hex", lambda _: name)
        out = folder / "agent"
        assert main(["add-host", "--data", str(collector.data), "--name", "pc-one", "--collector",
                     f"http://127.0.0.1:{collector.port}", "--out", str(out)]) == 0  # fmt: skip
        with (out / "agent.toml").open("a") as file:
            file.write("interval = 1\n")
        script = (
            f"mount --bind {self.sys} /sys && mount --bind {self.status} /var/lib/dpkg/status && hostname pc-one"
            f' && exec "{sys.executable}" -m driftvakt_agent run --config {out}/agent.toml'
        )
        with (folder / "agent.log").open("wb") as log:
            self.process = subprocess.Popen(
                [*APART, "sh", "-c", script],
                env=os.environ | {"PYTHONPATH": PATHS}, stderr=log,
            )  # fmt: skip

    def install(self, **packages: str) -> None:
        """Write dpkg's status in its place."""
        with self.status.open("w") as file:
            file.write("".join(PACKAGE.format(name, version) for name, version in packages.items()))

    def disk(self, name: str, model: str, serial: str) -> None:
        """Put a disk in."""
        device = self.sys / "block" / name / "device"
        device.mkdir(parents=True)
        (device.parent / "size").write_text("234441648\n")
        (device / "model").write_text(f"{model}\n")
        (device / "serial").write_text(f"{serial}\n")

    def rename(self, name: str) -> None:
        subprocess.run(["nsenter", "--uts", "-t", str(self.process.pid), "hostname", name], check=True)

    def end(self) -> None:
        self.process.terminate()
        self.process.wait(30)


@pytest.fixture
def collector(tmp_path: Path) -> Iterator[Zoned]:
    with Zoned(tmp_path / "data") as running:
        yield running
        running.stop()


def test_each_change_is_told_and_no_other(
    tmp_path: Path, collector: Zoned, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    store = Store(f"sqlite:///{collector.data / 'store.db'}")
    machine = Machine(tmp_path, collector, monkeypatch)
    (row,) = store.read(hosts.load)

    def told() -> list[ChangeRow]:
        rows = store.read(lambda one: inventory.recent_changes(one, [row.origin]))
        return [one for one in reversed(rows) if one.section not in _NOT_OURS]

    seen = 0

    def expect(*changes: tuple[str, str, str, str, str]) -> None:
        """Wait for so many more changes, and hold them against these: section, kind, key, old, new."""
        nonlocal seen
        began = time.monotonic()
        until(lambda: len(told()) >= seen + len(changes), f"{changes}, of {(tmp_path / 'agent.log').read_text()}")
        took = time.monotonic() - began
        found = [(one.section, one.kind, one.key, one.old, one.new) for one in told()[seen:]]
        assert sorted(found) == sorted(changes)
        seen += len(changes)
        with capsys.disabled():
            print(f"\n{changes[0][0]} {changes[0][1]}: told after {took:.1f} s, at a report a second")

    try:
        until(
            lambda: "storage" in store.read(lambda one: inventory.of_host(one, row.origin)), "the first inventory", 90.0
        )
        assert told() == []
        machine.install(openssl="3.0.14", bash="5.2")
        expect(("packages", "changed", "dpkg openssl amd64", "3.0.11", "3.0.14"))
        machine.rename("pc-two")
        expect(("operating_system", "changed", "", "pc-one", "pc-two"))
        shutil.rmtree(machine.sys / "block" / "sda")
        machine.disk("nvme0n1", "WD Black", "WX99")
        until(lambda: len(told()) >= seen + 2, "the disk to be another")
        found = told()[seen:]
        assert [(one.section, one.kind, one.key) for one in found] == [
            ("storage", "removed", "sda S14C"), ("storage", "added", "nvme0n1 WX99"),
        ]  # fmt: skip
    finally:
        machine.end()
        store.close()
