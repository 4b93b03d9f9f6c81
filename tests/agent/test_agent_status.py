import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from driftvakt_agent.log import Once
from driftvakt_agent.status import StatusFile, healthy, process_lives, read_status


@pytest.fixture
def file(tmp_path: Path) -> Iterator[StatusFile]:
    made = StatusFile(str(tmp_path / "status.json"))
    yield made
    made.close()


def test_it_is_read_back(tmp_path: Path, file: StatusFile) -> None:
    file.write({"at": 1.0, "collector": "på väg"}, Once())

    assert read_status(str(tmp_path / "status.json")) == {"at": 1.0, "collector": "på väg"}


def test_it_is_written_over_in_place(tmp_path: Path, file: StatusFile) -> None:
    path = tmp_path / "status.json"
    file.write({"trouble": "a long sentence"}, Once())
    before = path.stat().st_ino

    file.write({"trouble": ""}, Once())

    assert path.stat().st_ino == before
    assert read_status(str(path)) == {"trouble": ""}
    assert [one.name for one in tmp_path.iterdir()] == ["status.json"]


def test_one_that_grows_is_made_anew(tmp_path: Path, file: StatusFile) -> None:
    file.write({"trouble": ""}, Once())

    file.write({"trouble": "x" * 5000}, Once())

    assert read_status(str(tmp_path / "status.json")) == {"trouble": "x" * 5000}


def test_one_that_was_removed_or_replaced_comes_back(tmp_path: Path, file: StatusFile) -> None:
    path = tmp_path / "status.json"
    file.write({"at": 1.0}, Once())
    path.unlink()
    file.write({"at": 2.0}, Once())
    assert read_status(str(path)) == {"at": 2.0}

    (tmp_path / "other").write_text("{}")
    (tmp_path / "other").rename(path)
    file.write({"at": 3.0}, Once())

    assert read_status(str(path)) == {"at": 3.0}


def test_a_link_that_stands_in_the_way_is_not_followed(tmp_path: Path, file: StatusFile) -> None:
    victim = tmp_path / "victim"
    victim.write_text("precious")
    (tmp_path / "status.json.part").symlink_to(victim)

    file.write({"at": 1.0}, Once())

    assert victim.read_text() == "precious"
    assert read_status(str(tmp_path / "status.json")) == {"at": 1.0}


def test_a_folder_that_can_not_be_written_is_said_once(tmp_path: Path) -> None:
    once = Once()
    file = StatusFile(str(tmp_path / "none" / "status.json"))

    file.write({"at": 1.0}, once)
    assert "set 'status_file' to a folder" in once.standing()["status file"]
    (tmp_path / "none").mkdir()
    file.write({"at": 2.0}, once)
    file.close()

    assert once.standing() == {}
    assert read_status(str(tmp_path / "none" / "status.json")) == {"at": 2.0}


@pytest.mark.parametrize("text", ["", "{", "[]", "\0"])
def test_what_is_no_status_is_none(tmp_path: Path, text: str) -> None:
    path = tmp_path / "status.json"
    path.write_text(text)

    assert read_status(str(path)) is None


def test_a_process_that_is_gone_does_not_run() -> None:
    pid = os.fork()
    if pid == 0:
        os._exit(0)
    os.waitpid(pid, 0)
    status = {"at": 100.0, "interval": 60.0, "delivered_at": 100.0, "pid": pid}

    fine, sentence = healthy(status, 110.0, lives=process_lives(status))

    assert not fine
    assert sentence == f"not running: its process {pid} is gone; it last wrote 10 s ago"


def test_a_process_that_is_there_runs() -> None:
    status = {"at": 100.0, "interval": 60.0, "delivered_at": 100.0, "pid": os.getpid()}

    assert healthy(status, 110.0, lives=process_lives(status)) == (True, "running; delivered 10 s ago")
