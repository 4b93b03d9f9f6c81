import os
import time
from pathlib import Path

import pytest
from serving import Options, ask, fit_to_be_shown, free_port, in_bounds

from driftvakt_collector.poll.checks.check import Fault, Outcome
from driftvakt_collector.poll.checks.nagios import CHECK, FOLDERS
from driftvakt_collector.poll.checks.perfdata import measured, parts


class Plugin:
    """A plug-in that does as a test says."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.path = folder / "check_it"

    def ask(
        self, script: str, *, patience: float = 10, host: str = "127.0.0.1", options: Options | None = None
    ) -> Outcome:
        self.path.write_text(f"#!/bin/sh\n{script}\n", "utf-8")
        self.path.chmod(0o755)
        told: Options = {"plugin": str(self.path), "folders": (str(self.folder),), **(options or {})}
        return ask(CHECK, 0, host=host, patience=patience, options=told)


@pytest.fixture
def plugin(tmp_path: Path) -> Plugin:
    return Plugin(tmp_path)


def values(outcome: Outcome) -> dict[tuple[str, str], float]:
    return {(dict(labels)["label"], dict(labels)["unit"]): value for (_, labels), value in outcome.values.items()}


@pytest.mark.parametrize(("script", "options", "expected", "word"), [
    pytest.param("echo 'OK - fine'", {}, None, "", id="ok"),
    pytest.param("echo 'WARNING - nearly full'; exit 1", {}, Fault.ANSWER, "WARNING - nearly full", id="warning"),
    pytest.param("echo WARNING; exit 1", {"warning_is_good": True}, None, "", id="a warning that is good"),
    pytest.param("echo 'CRITICAL - full | x=1'; exit 2", {"warning_is_good": True}, Fault.ANSWER, "CRITICAL - full",
                 id="critical"),
    pytest.param("exit 2", {}, Fault.ANSWER, "CRITICAL, without a word", id="critical without a word"),
    pytest.param("echo 'UNKNOWN - what?'; exit 3", {}, Fault.UNUSABLE, "UNKNOWN - what?", id="unknown"),
    pytest.param("echo oops >&2; exit 127", {}, Fault.UNUSABLE, "ended with 127: oops", id="another code"),
    pytest.param("kill -9 $$", {}, Fault.UNUSABLE, "signal 9", id="killed"),
])  # fmt: skip
def test_what_a_plugin_says(plugin: Plugin, script: str, options: Options, expected: Fault | None, word: str) -> None:
    outcome = plugin.ask(script, options=options)

    assert (outcome.fault, word in outcome.reason) == (expected, True), outcome.reason
    assert set(outcome.phases) == {"run"}


def test_measurements_are_told_whatever_the_state(plugin: Plugin) -> None:
    outcome = plugin.ask("""echo "BAD | '/ root'=2MB;1;2;0;3 time=15ms;;;0"; echo 'more | load=50%'; exit 2""")

    assert outcome.fault is Fault.ANSWER
    assert values(outcome) == {("/ root", "bytes"): 2097152, ("time", "seconds"): 0.015, ("load", "ratio"): 0.5}


def test_arguments_are_not_for_a_shell(plugin: Plugin) -> None:
    options: Options = {"arguments": ("-H", "$HOSTADDRESS$", "; exit 0", "$(id)", "å")}

    outcome = plugin.ask('echo "$# $*"; exit 2', options=options, host="10.1.0.1")

    assert outcome.reason == "5 -H 10.1.0.1 ; exit 0 $(id) å"


def test_its_environment_is_bare(plugin: Plugin, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DRIFTVAKT_SECRET", "hidden")

    outcome = plugin.ask("echo $(env | grep -v '^_=' | cut -d= -f1 | sort) $(pwd); exit 2")

    assert outcome.reason.split() in (["LANG", "PATH", "PWD", "/"], ["LANG", "PATH", "/"])


def gone(pid: int) -> bool:
    """Say if a process is no more, or only waits to be buried."""
    try:
        state = Path(f"/proc/{pid}/stat").read_text("ascii").rpartition(")")[2].split()[0]
    except OSError:
        return True
    return state == "Z"


def all_gone(path: Path) -> bool:
    """Say if all of those whose numbers are in a file are gone, within a moment."""
    pids = [int(one) for one in path.read_text("ascii").split()]
    end = time.monotonic() + 5
    while not all(gone(pid) for pid in pids) and time.monotonic() < end:
        time.sleep(0.01)
    return bool(pids) and all(gone(pid) for pid in pids)


def test_one_that_hangs_is_killed_with_its_children(plugin: Plugin, tmp_path: Path) -> None:
    outcome = plugin.ask(f"sleep 100 & echo $! $$ > {tmp_path}/pids; echo started; wait", patience=0.5)

    assert outcome.fault is Fault.HUNG
    assert all_gone(tmp_path / "pids")


def test_what_it_leaves_behind_is_killed(plugin: Plugin, tmp_path: Path) -> None:
    outcome = plugin.ask(f"sleep 100 & echo $! > {tmp_path}/pids; echo 'OK | x=1'")

    assert (outcome.fault, values(outcome)) == (None, {("x", ""): 1})
    assert outcome.seconds < 5
    assert all_gone(tmp_path / "pids")


@pytest.mark.skipif(not Path("/usr/bin/setsid").exists(), reason="setsid is not installed: apt-get install util-linux")
def test_one_that_flees_holds_nobody_up(plugin: Plugin, tmp_path: Path) -> None:
    outcome = plugin.ask("setsid sleep 3 & echo OK")

    assert outcome.fault is None
    assert outcome.seconds < 2


@pytest.mark.parametrize("script", [
    pytest.param("exec cat /dev/zero", id="NULs"), pytest.param("yes '\033[2J\033]0;owned'", id="escapes"),
    pytest.param("yes >&2", id="errors"), pytest.param("printf '|'; yes \"'a b'=1s;;;\"", id="measurements"),
])  # fmt: skip
def test_one_that_does_not_stop_talking_is_stopped(plugin: Plugin, script: str) -> None:
    with in_bounds():
        outcome = plugin.ask(script)

    assert outcome.fault is Fault.UNUSABLE
    assert "says more than 65536 bytes" in outcome.reason
    assert fit_to_be_shown(outcome)
    assert len(outcome.values) <= 100


def test_a_program_that_is_not_allowed(plugin: Plugin, tmp_path: Path) -> None:
    plugin.ask("exit 0")
    outside = tmp_path / "outside"
    outside.mkdir()
    (tmp_path / "link").symlink_to("/bin/true")
    (tmp_path / "data").write_text("no program")
    (tmp_path / "open").write_text("#!/bin/sh\n")
    (tmp_path / "open").chmod(0o777)
    (tmp_path / "strange").write_text("no script")
    (tmp_path / "strange").chmod(0o755)

    def asked(path: object, folder: object = tmp_path) -> Outcome:
        return ask(CHECK, 0, plugin=str(path), folders=(str(folder),))

    assert asked(plugin.path).fault is None
    assert "begin with /" in asked("check_it").reason
    assert "none of the folders" in asked(plugin.path, outside).reason
    assert "none of the folders" in asked(outside / ".." / "check_it", outside).reason
    assert "none of the folders" in asked(tmp_path / "link").reason
    assert "none of the folders" in ask(CHECK, 0, plugin=str(plugin.path)).reason
    assert "No such file" in asked(tmp_path / "none").reason
    assert "is no program" in asked(tmp_path / "data").reason
    assert "changed by anybody" in asked(tmp_path / "open").reason
    assert "is no program" in asked(tmp_path / "strange").reason
    tmp_path.chmod(0o777)
    assert "changed by anybody" in asked(plugin.path).reason
    tmp_path.chmod(0o700)
    for host in ("", "--version"):
        outcome = plugin.ask("exit 0", host=host, options={"arguments": ("$HOSTADDRESS$",)})
        assert outcome.fault is Fault.UNUSABLE


@pytest.mark.real
def test_a_real_plugin() -> None:
    path = f"{FOLDERS[0]}/check_tcp"
    if not os.access(path, os.X_OK):
        pytest.skip(f"{path} is not installed: apt-get install monitoring-plugins-basic")

    outcome = ask(CHECK, 0, plugin=path, arguments=("-H", "$HOSTADDRESS$", "-p", str(free_port())))

    assert outcome.fault is Fault.ANSWER
    assert "refused" in outcome.reason


@pytest.mark.parametrize(("text", "expected"), [
    ("a=1 b=2.5 c=-3", [("a", 1, ""), ("b", 2.5, ""), ("c", -3, "")]),
    ("'it''s here'=1s;2;3;4;5", [("it's here", 1, "seconds")]),
    ("a=1ms b=1us c=50% d=7c", [("a", 0.001, "seconds"), ("b", 1e-6, "seconds"), ("c", 0.5, "ratio"),
                                 ("d", 7, "total")]),
    ("a=1B b=1KB c=1MB", [("a", 1, "bytes"), ("b", 1024, "bytes"), ("c", 1048576, "bytes")]),
    ("a=U b=1", [("b", 1, "")]), ("a=1,5;~:3;@1:2", [("a", 1.5, "")]), ("a=1e3W", [("a", 1000, "W")]),
    ("a=1 rubbish b=2", [("a", 1, "")]), ("=1", []), ("a=", []), ("'a=1", []), ("a=1 'b\x1b[2J'=2", [("a", 1, ""),
     ("b [2J", 2, "")]), ("", []), ("a=1e99 b=0x1", [("a", 1e99, "")]), ("''=1", []),
])  # fmt: skip
def test_what_is_measured(text: str, expected: list[tuple[str, float, str]]) -> None:
    found = list(measured(text))

    assert [(one.label, one.unit) for one in found] == [(label, unit) for label, _, unit in expected]
    assert [one.value for one in found] == pytest.approx([value for _, value, _ in expected])


def test_measurements_made_to_be_slow_are_not() -> None:
    began = time.process_time()
    for text in ("'" * 60000, "a=" + "1" * 60000, "'a" * 30000, " " * 60000, "a=1;" * 15000, "a=1 " * 15000):
        assert len(list(measured(text))) <= 100

    assert time.process_time() - began < 0.5


def test_the_parts_of_what_a_plugin_says() -> None:
    assert parts("OK - fine | a=1\nlong\ntext | b=2\nc=3") == ("OK - fine", " a=1  b=2\nc=3")
    assert parts("") == ("", " ")
