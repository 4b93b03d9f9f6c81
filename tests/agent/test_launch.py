"""How the agent is started after an enrolment: by systemd where it has the unit, by itself elsewhere."""

import json
import os
import sys
import time
from pathlib import Path

import pytest
from zoned import PATHS

from driftvakt_agent import launch
from driftvakt_agent.config import ConfigError
from driftvakt_agent.launch import Launched
from driftvakt_agent.place import Place

SYSTEMCTL = """#!/bin/sh
echo "$@" >>"$CALLS"
case $* in
    "cat driftvakt-agent") cat "$UNIT" ;;
    *StateDirectory*) echo driftvakt-agent ;;
    *User*) echo "$OWNER" ;;
    restart*) exit "$FAILS" ;;
esac
"""

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="systemd, and /proc")


@pytest.fixture
def place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Place:
    monkeypatch.setenv("PYTHONPATH", PATHS)
    made = Place(str(tmp_path / "agent"))
    made.configure({"collector": "https://a:1", "origin": "a-1", "key_file": "agent.key"})
    return made


@pytest.fixture
def calls(tmp_path: Path, place: Place, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A machine with systemd, and the unit for this place. The file says how systemctl was called."""
    for name in ("bin", "systemd"):
        (tmp_path / name).mkdir()
    (tmp_path / "bin" / "systemctl").write_text(SYSTEMCTL, "ascii")
    (tmp_path / "bin" / "systemctl").chmod(0o755)
    (tmp_path / "unit").write_text(f"ExecStart=driftvakt-agent run --config {place.config}\n", "utf-8")
    monkeypatch.setenv("PATH", f"{tmp_path / 'bin'}:{os.environ['PATH']}")
    told = {"CALLS": tmp_path / "calls", "UNIT": tmp_path / "unit", "OWNER": "root", "FAILS": 0}
    for name, value in told.items():
        monkeypatch.setenv(name, str(value))
    monkeypatch.setattr(launch, "_SYSTEMD", str(tmp_path / "systemd"))
    return tmp_path / "calls"


def test_systemd_starts_its_unit(place: Place, calls: Path) -> None:
    launched = launch.launch(place)

    assert launched.process is None
    assert calls.read_text("ascii").splitlines()[-2:] == ["enable driftvakt-agent", "restart driftvakt-agent"]
    assert place.told["status_file"] == "/var/lib/driftvakt-agent/status.json"
    assert place.told["spool"] == "/var/lib/driftvakt-agent/spool"


@pytest.mark.skipif(os.getuid() != 0, reason="only root can give files away")
def test_the_units_user_owns_the_folder(place: Place, calls: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OWNER", "nobody")

    launch.launch(place)

    assert Path(place.folder).owner() == Path(place.config).owner() == "nobody"


def test_what_the_operator_set_is_left(place: Place, calls: Path) -> None:
    place.configure({"status_file": "/run/x", "spool": "/run/y"}, ())

    launch.launch(place)

    assert (place.told["status_file"], place.told["spool"]) == ("/run/x", "/run/y")


def test_a_unit_that_does_not_start_is_said(place: Place, calls: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("FAILS", "1")

    with pytest.raises(ConfigError, match="enrolled, but 'systemctl restart driftvakt-agent' failed"):
        launch.launch(place)


def test_a_unit_of_another_folder_is_left_alone(place: Place, calls: Path) -> None:
    Path(os.environ["UNIT"]).write_text("ExecStart=driftvakt-agent run --config /etc/driftvakt/agent.toml\n")

    launched = launch.launch(place)

    assert launched.process is not None
    launched.process.kill()
    launched.process.wait()
    assert calls.read_text("ascii") == "cat driftvakt-agent\n"


def say(place: Place, **told: object) -> None:
    Path(place.folder, "status.json").write_text(json.dumps({"at": time.time(), "pid": os.getpid(), **told}))


@pytest.mark.parametrize(
    ("told", "state", "fine", "said"),
    [
        ({"delivered_at": 2e12}, "approved", True, "reports"),
        ({"delivered_at": 2e12}, "pending", True, "reports"),
        ({"trouble": "403"}, "pending", True, "waits for approval: the operator runs driftvakt host approve a-1"),
        (
            {"trouble": "the collector answered 503"},
            "approved",
            False,
            "within 0 s: the collector answered 503; see log",
        ),
        ({}, "approved", False, "it said nothing so far"),
        ({}, "quarantined", True, "waits for approval"),
        ({"at": 1.0, "delivered_at": 1.0}, "approved", False, "it said nothing so far"),
    ],
)
def test_it_says_how_it_went(place: Place, told: dict[str, object], state: str, fine: bool, said: str) -> None:
    since = time.time() - 1
    say(place, **told)

    done, sentence = launch.outcome(place, Launched(None, "log", since), state, "a-1", patience=0.2)

    assert (done, said in sentence) == (fine, True), sentence


def test_an_agent_that_ends_at_once_is_said(place: Place) -> None:
    launched = launch.launch(place)
    assert launched.process is not None

    fine, sentence = launch.outcome(place, launched, "approved", "a-1")

    assert not fine
    assert sentence == f"was started and ended with 1; its words stand in {place.folder}/agent.log"
    assert "key_file" in Path(place.folder, "agent.log").read_text("utf-8")


def test_another_process_of_that_number_is_not_ours(place: Place) -> None:
    say(place)

    assert launch.running(place) == 0
    launch.stop(place)
