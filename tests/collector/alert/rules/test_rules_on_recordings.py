"""Series as the agent's probes measured them on a busy machine: Prometheus and we say the same at every step."""

import json
from collections.abc import Iterator, Sequence
from dataclasses import replace
from math import nan
from pathlib import Path
from shutil import which

import pytest
from rule_histories import History, Key, a_host, ours, theirs

from driftvakt_collector.alert.alert import Severity
from driftvakt_collector.alert.rules.evaluator import Evaluator
from driftvakt_collector.alert.rules.rule import Condition, Function, Op, Rule
from driftvakt_collector.alert.words import Words

RECORDED = json.loads(Path(__file__).with_name("recorded_busy_machine.json").read_text("utf-8"))
INTERVAL = float(RECORDED["interval"])


def series() -> Iterator[tuple[Key, list[float]]]:
    for one in RECORDED["series"]:
        yield (one["name"], tuple(sorted(one["labels"].items()))), [float(value) for value in one["values"]]


def rules_of(number: int, name: str, values: Sequence[float]) -> Iterator[Rule]:
    """Rules with thresholds that the series crosses."""
    told = sorted(values)
    low, middle, high = (told[len(told) * part // 10] for part in (2, 5, 8))
    plain = Rule("", name, Condition(Op.ABOVE, middle), Severity.WARNING, Words("{{value}}", "{{value}}"))
    if name.endswith("_total") or name.startswith("node_vmstat"):
        speed = (values[-1] - values[0]) / (INTERVAL * (len(values) - 1))
        yield replace(plain, name=f"Rate{number}", function=Function.RATE, window=60.0,
                      condition=Condition(Op.ABOVE, speed, speed * 0.7), wait=10.0)  # fmt: skip
        yield replace(plain, name=f"Increase{number}", function=Function.INCREASE, window=45.0,
                      condition=Condition(Op.BELOW, speed * 40), keep=20.0)  # fmt: skip
        return
    if low < middle < high:
        yield replace(plain, name=f"Edge{number}", condition=Condition(Op.ABOVE, high, low), wait=15.0)
    yield replace(plain, name=f"Mean{number}", function=Function.AVERAGE, window=45.0)
    if number % 2:
        yield replace(plain, name=f"Least{number}", function=Function.MIN, window=30.0)
    else:
        yield replace(plain, name=f"Changes{number}", function=Function.CHANGES, window=60.0,
                      condition=Condition(Op.ABOVE, 6.0))  # fmt: skip
    yield replace(plain, name=f"Ahead{number}", function=Function.FORECAST, window=120.0, ahead=60.0, history=90.0,
                  condition=Condition(Op.BELOW, low))  # fmt: skip


@pytest.mark.real
@pytest.mark.parametrize("thinned", [False, True], ids=["each line", "every third line lost, and some values"])
def test_recorded_series_get_the_same_verdict_at_every_step(
    tmp_path: Path, thinned: bool, capsys: pytest.CaptureFixture[str]
) -> None:
    promtool = which("promtool")
    if promtool is None:
        pytest.skip("no promtool: Debian's package prometheus has it")
    rules: list[Rule] = []
    told = list(series())
    steps: list[dict[Key, float] | None] = [
        {key: nan if thinned and (step + place) % 11 == 0 else values[step] for place, (key, values) in enumerate(told)}
        for step in range(len(told[0][1]))
    ]
    if thinned:
        steps = [None if number % 3 == 1 or 60 < number < 66 else step for number, step in enumerate(steps)]
    for number, (key, values) in enumerate(told):
        rules += rules_of(number, key[0], values)
    history = History(a_host("busy"), steps)

    said = ours(rules, [history], INTERVAL, Evaluator(rules, pace=INTERVAL))
    differing, words = theirs(tmp_path, rules, [history], INTERVAL, said, promtool)

    firing = {dict(alert)["alertname"] for step in said.steps for alert in step}
    with capsys.disabled():
        print(
            f"\n{len(told)} recorded series, {len(rules)} rules of which {len(firing)} were true, {len(steps)} steps,"
            f" {differing} steps differ"
        )
    assert not differing, words[:4000]
    assert len(told) >= 20
    assert len(firing) > len(rules) * 0.8
