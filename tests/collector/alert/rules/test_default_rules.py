"""The shipped rules: each has a history in which it fires when it should, and Prometheus says the same of it."""

from collections import defaultdict
from pathlib import Path
from shutil import which

import pytest
from rule_histories import History, a_host, ours, theirs

from driftvakt_collector.alert.alert import Severity
from driftvakt_collector.alert.rules import book, history, prometheus
from driftvakt_collector.alert.rules.evaluator import Evaluator
from driftvakt_collector.alert.rules.history import Test as Told
from driftvakt_collector.alert.rules.rule import Function

HISTORIES = Path(__file__).with_name("default_rules.toml")
RULES = book.load().rules
TESTS = history.read(HISTORIES)
_LONG = 2000
"""Steps of a history that is played with its own rule only: a month in steps of five minutes."""


@pytest.mark.parametrize("told", TESTS, ids=lambda told: str(told.name))
def test_a_shipped_rule_fires_when_it_should(told: Told) -> None:
    assert history.run(told, RULES) == []


def test_each_shipped_rule_has_a_history_in_which_it_fires_and_one_in_which_it_does_not() -> None:
    fires = {one.rule for told in TESTS for alerts in told.expect.values() for one in alerts}
    rests = {name for told in TESTS for name in told.rules if any(not alerts for alerts in told.expect.values())}

    # What is usual is learnt for weeks: see test_rules_baseline.
    usual = {rule.name for rule in RULES if rule.function is Function.BASELINE}
    assert {rule.name for rule in RULES} - fires - usual == set()
    assert {rule.name for rule in RULES} - rests == set()


def test_nobody_declares_what_a_shipped_rule_looks_at_otherwise() -> None:
    assert book.load().doubts == ()


def test_a_printer_never_wakes_anybody() -> None:
    assert {rule.severity for rule in RULES if rule.subject == "printers"} == {Severity.WARNING, Severity.INFO}


@pytest.mark.real
@pytest.mark.parametrize("interval", sorted({told.interval for told in TESTS}), ids=lambda one: f"{one:g} s")
@pytest.mark.parametrize("long", [False, True], ids=["hours", "weeks"])
def test_prometheus_says_the_same_of_the_shipped_rules(
    tmp_path: Path, interval: float, long: bool, capsys: pytest.CaptureFixture[str]
) -> None:
    promtool = which("promtool")
    if promtool is None:
        pytest.skip("no promtool: Debian's package prometheus has it")
    by_class: dict[str, int] = defaultdict(int)
    histories, names = [], set()
    for told in TESTS:
        steps = told.steps()
        if told.interval != interval or (len(steps) > _LONG) is not long:
            continue
        class_ = told.facts.get("class", "server")
        by_class[class_] += 1
        histories.append(History(a_host(f"{class_} {by_class[class_]}", class_), steps))
        names |= set(told.rules)
    if not histories:
        pytest.skip("no history of that length")
    rules = [rule for rule in RULES if rule.name in names]

    said = ours(rules, histories, interval, Evaluator(rules, pace=interval))
    differing, words = theirs(tmp_path, rules, histories, interval, said, promtool)

    with capsys.disabled():
        print(f"\n{len(histories)} histories of shipped rules, {len(said.steps)} steps, {differing} steps differ")
    assert not differing, words[:4000]


@pytest.mark.real
def test_promtool_takes_the_exported_files(tmp_path: Path) -> None:
    import subprocess

    promtool = which("promtool")
    if promtool is None:
        pytest.skip("no promtool: Debian's package prometheus has it")
    for name, text in prometheus.files(RULES).items():
        (tmp_path / name).write_text(text, "utf-8")

    command = [promtool, "check", "rules", "--lint=all", "--lint-fatal", *map(str, sorted(tmp_path.glob("*.yml")))]
    done = subprocess.run(command, capture_output=True, text=True, check=False)

    assert done.returncode == 0, done.stdout + done.stderr
    assert done.stdout.count("SUCCESS") == len(list(tmp_path.glob("*.yml")))
