"""Histories of series, replayed through our rules and through a real Prometheus (`promtool test rules`)."""

import json
import subprocess
from array import array
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from math import isnan, nan
from pathlib import Path

from driftvakt_collector.alert.rules import prometheus
from driftvakt_collector.alert.rules.evaluator import Evaluator
from driftvakt_collector.alert.rules.rule import Rule
from driftvakt_collector.fleet.host import Host
from driftvakt_collector.fleet.series import Labels, SeriesSet
from driftvakt_collector.store.hosts import HostRow
from driftvakt_wire import encode
from driftvakt_wire.envelope import digest

Key = tuple[str, Labels]


def bound_set(keys: Sequence[Key]) -> SeriesSet:
    """Return the series set of these keys."""
    body = encode.series_set(keys, {})
    return SeriesSet(digest(body), body)


def a_host(name: str, class_: str = "server", site: str = "A-huset", supplier: str = "") -> Host:
    """Return a host that was approved."""
    origin = f"a-{digest(name.encode())[3:19]}"
    return Host(HostRow(origin, 1, name, "adm", "Förvaltning", site, class_, supplier=supplier))


@dataclass
class History:
    """steps: what a host told at each step, None where no line came; NaN: nothing of that series."""

    host: Host
    steps: list[dict[Key, float] | None]
    sets: dict[frozenset[Key], SeriesSet] = field(default_factory=dict)

    def told(self) -> list[Key]:
        return list(dict.fromkeys(key for step in self.steps if step is not None for key in step))

    def tell(self, step: dict[Key, float]) -> None:
        """Make a step the host's newest line."""
        keys = frozenset(step)
        if keys not in self.sets:
            self.sets[keys] = bound_set(list(step))
        bound = self.host.series = self.sets[keys]
        self.host.values = array("d", [step[name, labels] for name, labels in _keys(bound)])


def _keys(bound: SeriesSet) -> Iterable[Key]:
    return zip(bound.names, bound.labels, strict=True)


@dataclass(frozen=True)
class Verdicts:
    """By step: what was firing or pending, as Prometheus names it. baselines: what was usual, by step."""

    steps: list[set[tuple[tuple[str, str], ...]]]
    usual: dict[tuple[str, Key], list[float]]


def ours(rules: Sequence[Rule], histories: Sequence[History], interval: float, evaluator: Evaluator) -> Verdicts:
    """Return what our engine says at each step."""
    by_name = {rule.name: rule for rule in rules}
    hosts = {one.host.origin: one.host for one in histories}
    count = max(len(one.steps) for one in histories)
    steps = []
    usual: dict[tuple[str, Key], list[float]] = {}
    for number in range(count):
        at = number * interval
        for one in histories:
            step = one.steps[number] if number < len(one.steps) else None
            if step is not None:
                one.tell(step)
                evaluator.line(one.host, at)
        evaluator.tick(at)
        said = {_alert(by_name[one.rule], hosts[one.origin], one.labels, "firing") for one in evaluator.firing()}
        for host in hosts.values():
            said |= {
                _alert(by_name[name], host, labels, "pending") for name, labels, _ in evaluator.pending(host.origin)
            }
            for name, labels, value in evaluator.expected(host.origin, at):
                column = usual.setdefault((host.name, (name, labels)), [nan] * count)
                column[number] = value
        steps.append(said)
    return Verdicts(steps, usual)


def _alert(rule: Rule, host: Host, labels: Labels, state: str) -> tuple[tuple[str, str], ...]:
    told = {**host_labels(host), **dict(labels), "severity": rule.severity.value}
    told |= {"alertname": rule.name, "alertstate": state}
    if "severity" in dict(labels):
        told["exported_severity"] = dict(labels)["severity"]
    if rule.service:
        told["service"] = rule.service
    return tuple(sorted((name, text) for name, text in told.items() if text))


def host_labels(host: Host) -> dict[str, str]:
    return {
        "instance": host.name, "job": "node", "administration": host.administration, "zone": host.zone,
        "site": host.site, "class": host.class_,
    }  # fmt: skip


def series_text(name: str, labels: dict[str, str]) -> str:
    told = ",".join(f"{key}={json.dumps(text, ensure_ascii=False)}" for key, text in labels.items())
    return f"{name}{{{told}}}"


def theirs(
    folder: Path, rules: Sequence[Rule], histories: Sequence[History], interval: float, said: Verdicts, promtool: str
) -> tuple[int, str]:
    """Ask promtool if the exported rules say the same at each step; return how many steps differ, and its words."""
    for name, text in prometheus.files(rules).items():
        (folder / name).write_text(text, "utf-8")
    inputs = []
    for one in histories:
        facts = host_labels(one.host)
        ups = ["1" if step is not None else "_" for step in one.steps]
        inputs.append({"series": series_text("driftvakt_host_up", facts), "values": " ".join(ups)})
        for name, labels in one.told():
            cells = []
            for step in one.steps:
                value = None if step is None else step.get((name, labels), nan)
                cells.append("_" if value is None else "stale" if isnan(value) else repr(value))
            inputs.append({"series": series_text(name, facts | dict(labels)), "values": " ".join(cells)})
    by_name = {one.host.name: one.host for one in histories}
    for (host, (rule, labels)), column in said.usual.items():
        facts = host_labels(by_name[host]) | dict(labels) | {"rule": rule}
        cells = ["stale" if isnan(value) else repr(value) for value in column]
        inputs.append({"series": series_text(prometheus.BASELINE, facts), "values": " ".join(cells)})
    tests = [
        {
            "expr": "ALERTS", "eval_time": f"{round(number * interval)}s",
            "exp_samples": [{"labels": series_text("ALERTS", dict(labels)), "value": 1} for labels in sorted(alerts)],
        }
        for number, alerts in enumerate(said.steps)
    ]  # fmt: skip
    test = {
        "rule_files": sorted(prometheus.files(rules)), "evaluation_interval": f"{interval:.0f}s",
        "tests": [{"interval": f"{interval:.0f}s", "input_series": inputs, "promql_expr_test": tests}],
    }  # fmt: skip
    # JSON is YAML too, and written thirty times as fast.
    (folder / "histories.yml").write_text(json.dumps(test, ensure_ascii=False), "utf-8")
    done = subprocess.run(
        [promtool, "test", "rules", "histories.yml"], cwd=folder, capture_output=True, text=True, check=False
    )
    words = done.stdout + done.stderr
    if done.returncode and "expr:" not in words:
        raise AssertionError(f"promtool could not read the histories: {words[:4000]}")
    return words.count("expr:"), words
