import os
from pathlib import Path

import pytest

from driftvakt_agent.log import Once
from driftvakt_agent.status import healthy, process_lives, read_status, write_status


def test_it_is_read_back(tmp_path: Path) -> None:
    path = str(tmp_path / "status.json")

    write_status(path, {"at": 1.0, "collector": "på väg"}, Once())

    assert read_status(path) == {"at": 1.0, "collector": "på väg"}


def test_a_link_that_stands_in_the_way_is_not_followed(tmp_path: Path) -> None:
    victim = tmp_path / "victim"
    victim.write_text("precious")
    path = tmp_path / "status.json"
    (tmp_path / "status.json.part").symlink_to(victim)

    write_status(str(path), {"at": 1.0}, Once())

    assert victim.read_text() == "precious"
    assert read_status(str(path)) == {"at": 1.0}


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
