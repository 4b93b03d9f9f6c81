import os
import sys
import time
from pathlib import Path

import pytest
from probing import shown

from driftvakt_agent.host import Host
from driftvakt_agent.perfdata import Number
from driftvakt_agent.probes import scripts
from driftvakt_agent.probes.scripts import Check, Checks, Outcome
from driftvakt_agent.sample import Happening, NoData, ProbeError, Sample

posix = pytest.mark.skipif(sys.platform == "win32", reason="needs /bin/sh")


def sh(script: str, timeout: float = 5) -> Outcome:
    return scripts.run_check(Check("a", ["/bin/sh", "-c", script], timeout))


def ends(pid: int) -> bool:
    """Say if the process ends within two seconds: a signal is there before the process has gone of it."""
    last = time.monotonic() + 2
    while time.monotonic() < last:
        try:
            if " Z " in Path(f"/proc/{pid}/stat").read_text():
                return True
        except (FileNotFoundError, ProcessLookupError):
            return True
        os.sched_yield()
    return False


@posix
@pytest.mark.parametrize(
    ("script", "state", "text"),
    [
        ("echo 'OK - fine'", 0, "OK - fine"),
        ("echo WARN; exit 1", 1, "WARN"),
        ("echo CRIT; exit 2", 2, "CRIT"),
        ("exit 3", 3, ""),
        ("echo oops; exit 17", 3, "ended with 17: oops"),
        ("kill -9 $$", 3, "killed by signal 9: "),
        ("printf 'caf\\351'", 0, "caf\ufffd"),
        ("echo ${HOME-none} ${SECRET-none} $LC_ALL; cat", 0, "none none C"),
    ],
)
def test_a_check_that_ends(monkeypatch: pytest.MonkeyPatch, script: str, state: int, text: str) -> None:
    monkeypatch.setenv("SECRET", "canary")

    outcome = sh(script)

    assert (outcome.state, outcome.text) == (state, text)
    assert 0 < outcome.seconds < 5


@posix
@pytest.mark.parametrize("script", ["sleep 60", "sleep 60 & wait", "trap '' TERM; while :; do echo x; done"])
def test_a_check_that_does_not_end_is_killed_with_its_group(script: str) -> None:
    start = time.monotonic()

    outcome = sh(script, timeout=0.1)

    assert (outcome.state, outcome.text) == (3, "timed out after 0.1 s")
    assert time.monotonic() - start < 2


@posix
def test_a_child_that_stays_is_ended(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(scripts, "_GRACE", 0.05)

    outcome = sh(f"sleep 60 & echo $! > {tmp_path}/pid; echo done")

    assert (outcome.state, outcome.text) == (0, "done")
    assert ends(int((tmp_path / "pid").read_text()))


@posix
def test_what_it_prints_is_bounded() -> None:
    outcome = sh("echo 'OK | a=1'; head -c 3000000 /dev/zero | tr '\\0' ' '; echo '| b=2'")

    assert [one.label for one in outcome.numbers] == ["a"]


@pytest.mark.parametrize("command", [["/no/such/check"], ["/"], ["with\0nul"]])
def test_a_check_that_cannot_run(command: list[str]) -> None:
    outcome = scripts.run_check(Check("a", command))

    assert outcome.state == 3
    assert outcome.text.startswith("cannot run")


def test_no_shell_reads_the_command() -> None:
    outcome = scripts.run_check(
        Check("a", [sys.executable, "-c", "import sys; print(sys.argv[1])", "$(id) ; `id`"], 20)
    )

    assert outcome.text == "$(id) ; `id`"


def test_each_check_has_its_own_interval() -> None:
    ran: list[str] = []

    def run(check: Check) -> Outcome:
        ran.append(check.name)
        return Outcome(1, f"run {len(ran)}", [Number("x", 0.5, "ratio")], 0.25)

    checks = Checks(run)
    both = [Check("often", ["x"]), Check("seldom", ["x"], every=300)]

    first = shown(one for one in checks.collect(both, now=1000) if isinstance(one, Sample))
    list(checks.collect(both, now=1060))
    list(checks.collect(both, now=1300))

    assert sorted(ran[:2]) == ["often", "seldom"]
    assert ran[2] == "often"
    assert sorted(ran[3:]) == ["often", "seldom"]
    assert first['driftvakt_check_state{check="seldom"}'] == 1
    assert first['driftvakt_check_duration_seconds{check="seldom"}'] == 0.25
    assert first['driftvakt_check_perfdata{check="often",label="x",unit="ratio"}'] == 0.5


def test_a_check_that_is_no_longer_set_is_forgotten() -> None:
    checks = Checks(lambda check: Outcome(0, check.name))
    list(checks.collect([Check("a", ["x"]), Check("b", ["x"])], now=0))

    series = shown(one for one in checks.collect([Check("b", ["x"])], now=1) if isinstance(one, Sample))

    assert list(checks.outcomes) == ["b"]
    assert 'driftvakt_check_state{check="a"}' not in series


def test_a_change_of_state_is_said_once() -> None:
    states = iter([0, 2, 2, 0, 1])
    checks = Checks(lambda check: Outcome(next(states), "disk at 99 %"))

    said = [
        [(one.name, one.text) for one in checks.collect([Check("disk", ["x"])], now) if isinstance(one, Happening)]
        for now in range(5)
    ]

    assert said == [
        [],
        [("check.changed", "disk is critical: disk at 99 %")],
        [],
        [("check.changed", "disk is ok: disk at 99 %")],
        [("check.changed", "disk is warning: disk at 99 %")],
    ]


@posix
def test_four_run_at_once() -> None:
    host = Host(settings={"scripts": {"checks": [
        {"name": str(n), "command": ["/bin/sh", "-c", "sleep 0.2"], "timeout": 5} for n in range(4)
    ]}})  # fmt: skip
    start = time.monotonic()

    list(scripts.collect(host))

    assert time.monotonic() - start < 0.7
    kept = host.memory["scripts"]
    assert isinstance(kept, Checks)
    assert {name: one.state for name, one in kept.outcomes.items()} == dict.fromkeys("0123", 0)


def test_no_checks() -> None:
    with pytest.raises(NoData):
        list(scripts.collect(Host()))


GOOD = {"name": "a", "command": ["/bin/true"]}


@pytest.mark.parametrize(
    ("checks", "why"),
    [
        ("all", "list of tables"),
        ([3], "check 1 must be a table"),
        ([{**GOOD, "user": "root"}], "must be a table of name"),
        ([{"command": ["x"]}], "a 'name' of its own"),
        ([GOOD, GOOD], "check 2 must have a 'name' of its own"),
        ([{**GOOD, "command": "/bin/true -x"}], "list of texts"),
        ([{**GOOD, "command": []}], "list of texts"),
        ([{**GOOD, "timeout": 0}], "above 0"),
        ([{**GOOD, "timeout": 61}], "at most 60"),
        ([{**GOOD, "every": -1}], "'every' at least 0"),
        ([{**GOOD, "every": True}], "'every' at least 0"),
    ],
)
def test_mistakes_in_the_settings(checks: object, why: str) -> None:
    with pytest.raises(ProbeError, match=why):
        scripts.configured({"checks": checks})


def test_the_environment_is_no_more_than_needed() -> None:
    assert set(scripts._environment()) <= {"PATH", "LC_ALL", "LANG", "SYSTEMROOT", "WINDIR", "TEMP"}
    assert os.environ.keys() - scripts._environment().keys()
