import os
import threading
import time
from pathlib import Path

import pytest
from serving import SHORT, Options, ask, fit_to_be_shown

from driftvakt_collector.poll.checks import backup_file
from driftvakt_collector.poll.checks.backup_file import CHECK, Found
from driftvakt_collector.poll.checks.check import Fault

AGE = ("driftvakt_probe_backup_age_seconds", ())
SIZE = ("driftvakt_probe_backup_size_bytes", ())


def made(path: Path, hours: float = 0, size: int = 100) -> Path:
    """Make a file that is some hours old."""
    path.write_bytes(bytes(size))
    changed = time.time() - hours * 3600
    os.utime(path, (changed, changed))
    return path


def test_a_file(tmp_path: Path) -> None:
    outcome = ask(CHECK, 0, path=str(made(tmp_path / "dump", 2)))

    assert (outcome.fault, outcome.reason) == (None, "")
    assert outcome.values[AGE] == pytest.approx(7200, abs=60)
    assert outcome.values[SIZE] == 100
    assert set(outcome.phases) == {"look"}


def test_the_newest_of_a_folder(tmp_path: Path) -> None:
    made(tmp_path / "a.tar", 30, 1)
    made(tmp_path / "b.tar", 3, 2)
    made(tmp_path / "b.log", 1, 3)
    (tmp_path / "c.tar").mkdir()
    (tmp_path / "latest.tar").symlink_to(tmp_path / "a.tar")

    outcome = ask(CHECK, 0, path=str(tmp_path), pattern="*.tar")

    assert (outcome.fault, outcome.values[SIZE]) == (None, 2)
    assert ask(CHECK, 0, path=str(tmp_path)).values[SIZE] == 3


@pytest.mark.parametrize(("options", "word"), [
    pytest.param({"max_age": 3600.0}, "2.0 h old, and 1.0 h are the most", id="too old"),
    pytest.param({"min_bytes": 101.0}, "has 100 bytes, and 101 are the least", id="too small"),
    pytest.param({"pattern": "*.zip"}, "is no file like '*.zip'", id="none of that kind"),
])  # fmt: skip
def test_a_backup_that_is_not_good(tmp_path: Path, options: Options, word: str) -> None:
    made(tmp_path / "dump", 2)

    outcome = ask(CHECK, 0, options={"path": str(tmp_path), **options})

    assert outcome.fault is Fault.ANSWER
    assert word in outcome.reason


def test_a_backup_that_is_not_there(tmp_path: Path) -> None:
    assert ask(CHECK, 0, path=str(tmp_path / "none")).fault is Fault.ANSWER
    assert ask(CHECK, 0, path=str(made(tmp_path / "empty", size=0))).fault is Fault.ANSWER


def test_a_backup_of_tomorrow(tmp_path: Path) -> None:
    assert "a clock is wrong" in ask(CHECK, 0, path=str(made(tmp_path / "dump", -24))).reason


@pytest.mark.parametrize("path", ["", "var/backups", "/dev/null", "/etc/\0", "/proc/self/fd/9999/x"])
def test_a_path_that_can_be_none(path: str) -> None:
    assert ask(CHECK, 0, path=path).fault in {Fault.UNUSABLE, Fault.ANSWER}
    assert "/dev/null" not in path or ask(CHECK, 0, path=path).fault is Fault.UNUSABLE


def test_a_folder_that_may_not_be_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def forbid(_: str) -> None:
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(os, "scandir", forbid)

    outcome = ask(CHECK, 0, path=str(tmp_path))

    assert (outcome.fault, "Permission denied" in outcome.reason) == (Fault.UNUSABLE, True)


def test_a_foul_name_is_fit_to_be_shown(tmp_path: Path) -> None:
    made(tmp_path / ("\x1b[2J\n" + "x" * 200), 99)

    outcome = ask(CHECK, 0, path=str(tmp_path))

    assert outcome.fault is Fault.ANSWER
    assert fit_to_be_shown(outcome)


def test_too_many_files(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(backup_file, "_MOST", 2)
    for number in range(3):
        made(tmp_path / str(number))

    assert ask(CHECK, 0, path=str(tmp_path)).fault is Fault.UNUSABLE


def test_a_file_server_that_hangs_holds_one_thread(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    back = threading.Event()

    def hang(path: str, _: str) -> Found:
        back.wait(10)
        return Found(path, time.time(), 100)

    monkeypatch.setattr(backup_file, "newest", hang)
    first = ask(CHECK, 0, path="/mnt/gone", patience=SHORT)
    again = ask(CHECK, 0, path="/mnt/gone", patience=SHORT)
    waiting = [one for one in threading.enumerate() if one.name == "backup_file"]
    back.set()
    for one in waiting:
        one.join(10)

    assert (first.fault, again.fault, len(waiting)) == (Fault.HUNG, Fault.HUNG, 1)
    assert again.seconds < SHORT
    assert ask(CHECK, 0, path="/mnt/gone").fault is None
