"""The collector's disk is full or broken: it says so, acknowledges nothing that it can't keep, and recovers."""

import contextlib
import os
import subprocess
import sys
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from random import Random

import pytest
from collecting import Sender, host_row, until
from collector_program import MODULES, ask, journal_lines, make_ready, post
from crash import attached
from nursery import Child, Nursery
from ordeal import SEED
from syscalls import STRACE

from driftvakt_collector.store import zones
from driftvakt_wire.records import Event

pytestmark = [
    pytest.mark.real,
    pytest.mark.skipif(sys.platform != "linux", reason="mounts and traces as Linux does"),
    pytest.mark.xdist_group("crash"),
]


@pytest.fixture(scope="module")
def nursery() -> Iterator[Nursery]:
    with Nursery(MODULES) as nursery:
        yield nursery


@contextlib.contextmanager
def mounted(folder: Path, options: str) -> Iterator[None]:
    """Have a file system of its own in a folder, in memory."""
    folder.mkdir()
    done = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", options, "tmpfs", str(folder)], capture_output=True, text=True, check=False
    )
    if done.returncode:
        pytest.skip(f"cannot mount a file system here (root is needed): {done.stderr.strip()}")
    try:
        yield
    finally:
        subprocess.run(["umount", "-l", str(folder)], check=True)


class Site:
    """A collector on a disk, one host that reports, and what it was told. Is gone when its block ends."""

    def __init__(self, nursery: Nursery, data: Path, words: Path) -> None:
        self.data = data
        self.child: Child = nursery.born("collector_program:run", data, words)
        self.child.go()
        self.port = int(self.child.hear())
        self.sender = Sender(host_row(0).origin, zones.load(data)["adm"])
        self.kept: list[bytes] = []
        self.refused: list[bytes] = []
        self._chance = Random(SEED)

    def __enter__(self) -> "Site":
        return self

    def __exit__(self, *_: object) -> None:
        self.child.kill()

    def line(self) -> bytes:
        return self.sender.line(Event(1.0, "test.event", self._chance.randbytes(1500).hex()))

    def report(self) -> tuple[int, str]:
        """Send a line; return the status, and the reason where it was not kept."""
        line = self.line()
        status, told = post(self.port, line)
        (self.kept if status == 200 else self.refused).append(line)
        return status, told.get("error", "")

    def report_until(self, status: int, limit: int = 5000) -> str:
        """Send lines until one is answered so; return the reason."""
        for _ in range(limit):
            got, reason = self.report()
            if got == status:
                return reason
            assert got in (200, 503), f"{got}: {reason}"
        raise AssertionError(f"{limit} lines, and none was answered {status}")

    def settle(self) -> None:
        """All is well again: bring what was refused, and compare."""
        until(lambda: ask(self.port, "GET", "/readyz") == (200, "ready\n"), "it to be ready again")
        for line in self.refused:
            assert post(self.port, line)[0] == 200
        self.child.terminate()
        assert self.child.wait() == 0, self.child.wrote()
        wanted = Counter([*self.kept, *self.refused])
        assert Counter(journal_lines(self.data)) == wanted

    def ready(self) -> tuple[int, str]:
        return ask(self.port, "GET", "/readyz")


def test_a_full_disk(nursery: Nursery, tmp_path: Path) -> None:
    disk = tmp_path / "disk"
    with mounted(disk, "size=4m"):
        data = disk / "data"
        make_ready(data)
        with Site(nursery, data, tmp_path / "words") as site:
            assert site.report()[0] == 200
            room = os.statvfs(disk)
            ballast = disk / "ballast"
            ballast.write_bytes(bytes(room.f_bavail * room.f_frsize - (200 << 10)))

            reason = site.report_until(503)
            assert "Free disk space" in reason
            status, why = site.ready()
            assert (status, "full" in why) == (503, True), why
            # It serves on: pages and metrics, and whoever comes meanwhile is told the same.
            assert ask(site.port, "GET", "/metrics")[0] == 200
            assert all(site.report()[0] == 503 for _ in range(5))
            assert "Free disk space" in site.child.wrote(), "the log does not say what to do"
            ballast.unlink()

            site.report_until(200)
            site.settle()
            assert "Traceback" not in site.child.wrote()


@pytest.mark.skipif(STRACE is None, reason="injects errors with strace")
@pytest.mark.parametrize(
    ("call", "error"), [("fdatasync", "EIO"), ("pwrite64", "ENOSPC"), ("pwrite64", "EROFS"), ("pwrite64", "EIO")]
)
def test_a_broken_disk(nursery: Nursery, tmp_path: Path, call: str, error: str) -> None:
    data = tmp_path / "data"
    make_ready(data)
    with Site(nursery, data, tmp_path / "words") as site:
        assert site.report()[0] == 200

        options = ["-e", f"trace={call}", "-e", f"inject={call}:error={error}", "-o", "/dev/null"]
        with attached(site.child, options) as tracer:
            assert "mend the disk" in site.report_until(503)
            assert site.ready()[0] == 503
            assert all(site.report()[0] == 503 for _ in range(5))
            tracer.terminate()

        site.report_until(200)
        site.settle()
