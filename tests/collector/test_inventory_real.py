"""A real agent on a machine whose parts are changed under it: each change is told, and no other."""

import os
import shutil
import subprocess
import sys
import time
import zlib
from collections.abc import Iterator
from pathlib import Path
from uuid import UUID

import pytest
from collecting import Collector, until
from sqlalchemy import Connection
from zoned import PATHS, Zoned

from driftvakt_collector.__main__ import main
from driftvakt_collector.fleet import register
from driftvakt_collector.fleet.book import SqlBook
from driftvakt_collector.fleet.identity import evidence
from driftvakt_collector.store import hosts, inventory
from driftvakt_collector.store.engine import Store
from driftvakt_collector.store.history import ChangeRow

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
# Structure type 1 of SMBIOS, and the end.
SMBIOS = (
    bytes((1, 27, 1, 0, 1, 2, 0, 3)) + UUID("4c4c4544-0058-4b10-8032-b4c04f503133").bytes_le + bytes((6, 0, 0))
    + b"Dell Inc.\0OptiPlex 7010\x004XK2P13\0\0" + bytes((127, 4, 2, 0, 0, 0))
)  # fmt: skip
# Ports and addresses of this machine come and go with the tests beside this one.
_NOT_OURS = frozenset({"listening_sockets", "addresses", "network_interfaces"})


class Machine:
    """An agent in namespaces of its own, where /sys, dpkg's status and what an image brings are files that we write."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.sys = folder / "sys"
        for place in (
            "block",
            "class/net",
            "bus/usb/devices",
            "bus/pci/devices",
            "class/dmi/id",
            "firmware/dmi/tables",
        ):
            (self.sys / place).mkdir(parents=True)
        (self.sys / "class/dmi/id/sys_vendor").write_text("Dell Inc.\n")
        (self.sys / "firmware/dmi/tables/DMI").write_bytes(SMBIOS)
        (self.sys / "firmware/dmi/tables/smbios_entry_point").write_bytes(b"_SM3_\0\0\3\0")
        self.status = folder / "status"
        self.machine_id = folder / "machine-id"
        self.release = folder / "os-release"
        self.install(openssl="3.0.11", bash="5.2")
        self.image("1" * 32, "12 (bookworm)")
        self.disk("sda", "Samsung SSD 840", "S14C")

    def image(self, machine_id: str, version: str) -> None:
        """Write what an installation is known by."""
        self.machine_id.write_text(f"{machine_id}\n")
        self.release.write_text(
            f'PRETTY_NAME="Debian GNU/Linux {version}"\nNAME="Debian GNU/Linux"\nID=debian\n'
            f'VERSION_ID="{version.partition(" ")[0]}"\nVERSION="{version}"\n'
        )

    def add(self, collector: Collector, monkeypatch: pytest.MonkeyPatch) -> Path:
        """Let the collector make the agent's key, without an enrolment."""
        self._come_early(monkeypatch)
        out = self.folder / "agent"
        assert main(["add-host", "--data", str(collector.data), "--name", "pc-one", "--collector",
                     f"http://127.0.0.1:{collector.port}", "--out", str(out)]) == 0  # fmt: skip
        return out

    @staticmethod
    def _come_early(monkeypatch: pytest.MonkeyPatch) -> None:
        # Its first inventory shall come at once, and when it comes is made of its name.
        name = next(
            text
            for number in range(10**6)
            if zlib.crc32(f"a-{(text := f'{number:020x}')}".encode()) % 1000 in range(20, 40)
        )
        monkeypatch.setattr("driftvakt_collector.commands.hosts.secrets.token_hex", lambda _: name)

    def enrol(self, collector: Zoned, token: Path, out: Path) -> subprocess.CompletedProcess[str]:
        """Enrol what is installed now, as its administrator would; the agent is not started."""
        words = ["enrol", collector.url("adm"), "--token-file", str(token), "--dir", str(out), "--no-start"]
        return subprocess.run(
            [*APART, "sh", "-c", f'{self._within} && exec chroot {self.folder}/root "$0" -m driftvakt_agent "$@"',
             sys.executable, *words],
            env=os.environ | {"PYTHONPATH": PATHS}, check=False, capture_output=True, text=True,
        )  # fmt: skip

    @property
    def _within(self) -> str:
        """Return the commands that make it another machine: what stands in the root decides if it is a container."""
        root = self.folder / "root"
        root.mkdir(exist_ok=True)
        whole = (
            f'for one in /*; do if [ -L "$one" ]; then cp -a "$one" {root}/; '
            f'elif [ -d "$one" ]; then mkdir -p "{root}$one" && mount --rbind "$one" "{root}$one"; fi; done'
        )
        places = ((self.sys, "/sys"), (self.status, "/var/lib/dpkg/status"), (self.machine_id, "/etc/machine-id"),
                  (self.release, "/etc/os-release"))  # fmt: skip
        ours = [f"mount --bind {one} {root}{there}" for one, there in places]
        return " && ".join([f"mount -t tmpfs none {root}", whole, *ours, "hostname pc-one"])

    def start(self, out: Path) -> None:
        """Run the agent of this folder, with a report a second."""
        with (out / "agent.toml").open("a") as file:
            file.write("interval = 1\n")
        run = f'exec chroot {self.folder}/root "{sys.executable}" -m driftvakt_agent run --config {out}/agent.toml'
        with (self.folder / "agent.log").open("ab") as log:
            self.process = subprocess.Popen(
                [*APART, "sh", "-c", f"{self._within} && {run}"],
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
    machine = Machine(tmp_path)
    machine.start(machine.add(collector, monkeypatch))
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


def test_a_machine_that_is_installed_anew_is_told_as_that_and_what_is_different_on_it(
    tmp_path: Path, collector: Zoned, capsys: pytest.CaptureFixture[str]
) -> None:
    store = Store(f"sqlite:///{collector.data / 'store.db'}")
    machine = Machine(tmp_path)
    token, _ = collector.token("--zone", "adm", "--class", "workstation", "--uses", "5")

    def origins() -> list[str]:
        return [row.origin for row in store.read(hosts.load)]

    def told(origin: str) -> list[ChangeRow]:
        rows = store.read(lambda one: inventory.recent_changes(one, [origin]))
        return [one for one in reversed(rows) if one.section not in _NOT_OURS]

    def whole(origin: str) -> bool:
        return {"storage", "packages", "system"} <= store.read(lambda one: inventory.sections_of(one, origin))

    def home(origin: str) -> int:
        return store.read(lambda one: SqlBook(one).home(origin))

    def place(one: Connection) -> None:
        sections = inventory.of_host(one, first, evidence.SECTIONS)
        register.learn(SqlBook(one), evidence.of_inventory(first, "adm", sections), lambda _: None, time.time())

    try:
        assert machine.enrol(collector, token, tmp_path / "first").returncode == 0
        (first,) = origins()
        machine.start(tmp_path / "first")
        until(lambda: whole(first), "the first inventory", 90.0)
        machine.end()
        # The collector does this after three minutes.
        store.write_now(place)

        # Another system is put on it from an image; nothing of the old one is left but the machine.
        machine.image("2" * 32, "13 (trixie)")
        machine.install(openssl="3.5.1", bash="5.2")
        done = machine.enrol(collector, token, tmp_path / "second")
        assert "waits for approval" in done.stdout
        (second,) = set(origins()) - {first}
        collector.command("host", "approve", second)
        machine.start(tmp_path / "second")
        until(lambda: whole(second), "the second inventory", 90.0)
        began = time.monotonic()
        until(lambda: len(told(second)) >= 4, f"what is different, of {told(second)}", 30.0)
        with capsys.disabled():
            print(f"\ninstalled anew: told {time.monotonic() - began:.1f} s after its first inventory")
        assert home(second) == 1
        found = {(one.section, one.key, one.column, one.old, one.new) for one in told(second)}
        # What can be updated is another thing with other packages.
        plain = {row for row in found if row[0] != "updates" and row[2] != "machine_id"}
        assert plain == {
            ("installation", "", "host", first, second),
            ("operating_system", "", "title", "Debian GNU/Linux 12 (bookworm)", "Debian GNU/Linux 13 (trixie)"),
            ("packages", "dpkg openssl amd64", "version", "3.0.11", "3.5.1"),
        }
        assert [row[2] for row in found - plain if row[0] != "updates"] == ["machine_id"]
    finally:
        machine.end()
        store.close()
