"""The spool on real disks that are full, read-only or bounded."""

import contextlib
import os
import resource
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest
from spooling import covered, drained, event, report

from driftvakt_agent.disk import DiskError
from driftvakt_agent.numbering import State, read_state, write_state
from driftvakt_agent.space import Limits
from driftvakt_agent.spool import Spool


@pytest.fixture
def small(tmp_path: Path) -> Iterator[Path]:
    """A file system of 64 kB."""
    if os.geteuid() != 0:
        pytest.skip("only root can mount a file system")
    there = tmp_path / "small"
    there.mkdir()
    done = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", "size=64k", "none", str(there)], capture_output=True, check=False
    )
    if done.returncode:
        pytest.skip("cannot mount a tmpfs here")
    yield there
    subprocess.run(["umount", str(there)], check=True)


def on(folder: Path, limits: Limits | None = None) -> Spool:
    made = Spool(str(folder), limits or Limits(free=0), lambda: 0.0, lambda _: (1 << 40, 1 << 40))
    made.load("e1", 0, (0, 0))
    return made


def fill(folder: Path) -> None:
    """Leave no room at all."""
    with contextlib.suppress(OSError), (folder / "ballast").open("wb", buffering=0) as ballast:
        while ballast.write(b"x" * 4096):
            pass
    assert os.statvfs(folder).f_bavail == 0


@pytest.mark.real
def test_a_disk_that_is_full_keeps_what_it_has(small: Path) -> None:
    there = on(small)
    kept, why = 0, ""
    while not why and kept < 10_000:
        try:
            there.append([event(kept + 1, text="x" * 500)])
            kept += 1
        except DiskError as e:
            why = str(e)

    assert "No space left on device; free some space" in why
    assert kept > 50
    assert drained(on(small)) == (list(range(1, kept + 1)), [])


@pytest.mark.real
def test_on_a_full_disk_the_spool_can_still_give_way_and_say_so(small: Path) -> None:
    there = on(small, Limits(size=40_000, free=0))
    there.append([report(seq) for seq in range(1, 150)])
    fill(small)
    size = there.size

    with pytest.raises(DiskError, match=r"No space left on device|it is full"):
        there.append([report(seq) for seq in range(150, 350)])

    assert there.size < size / 4
    numbers, gaps = drained(on(small))
    assert set(numbers) | covered(gaps) == set(range(1, 150))


@pytest.mark.real
def test_on_a_full_disk_the_numbers_are_still_kept(small: Path) -> None:
    write_state(str(small), State("e1", 256, 0))
    fill(small)

    write_state(str(small), State("e1", 512, 256))

    state = read_state(str(small))
    assert state is not None
    assert (state.ceiling, state.mark) == (512, 256)


@pytest.mark.real
def test_a_disk_that_can_only_be_read(small: Path) -> None:
    there = on(small)
    there.append([event(1)])
    write_state(str(small), State("e1", 256, 0))
    subprocess.run(["mount", "-o", "remount,ro", str(small)], check=True)

    with pytest.raises(DiskError, match="Read-only file system; mount it writable"):
        there.append([event(2)])
    with pytest.raises(DiskError, match="Read-only file system"):
        write_state(str(small), State("e1", 512, 0))
    assert drained_of(there) == [1]
    assert len(there) == 1


def drained_of(there: Spool) -> list[int]:
    lines, _ = there.batch()
    there.settle(lines)
    assert there.batch() == ([], [])
    there.sweep()
    return [line.seq for line in lines]


@pytest.mark.real
def test_a_limit_on_the_size_of_files(tmp_path: Path) -> None:
    pid = os.fork()
    if pid == 0:
        code = 1
        try:
            resource.setrlimit(resource.RLIMIT_FSIZE, (20_000, 20_000))
            there = on(tmp_path)
            kept = 0
            try:
                for seq in range(1, 1000):
                    there.append([event(seq, text="x" * 500)])
                    kept = seq
            except DiskError as e:
                # The next goes into a file of its own, which is short.
                there.append([event(kept + 1)])
                fine = "File too large" in str(e) and drained(on(tmp_path)) == (list(range(1, kept + 2)), [])
                code = 0 if fine and kept > 10 else 2
        finally:
            os._exit(code)

    assert os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]) == 0
