"""The rules as files of Prometheus, whose verdicts are ours: `driftvakt rules export --prometheus`.

A baseline is learnt here; Prometheus reads what is usual from the series `driftvakt_rule_baseline` of /metrics/hosts.
"""

import json
from collections.abc import Iterable

import yaml

from driftvakt_collector.alert.rules import span
from driftvakt_collector.alert.rules.matcher import Matcher
from driftvakt_collector.alert.rules.rule import Against, Condition, Function, Rule, has_severity
from driftvakt_collector.alert.rules.telling import PLACE

BASELINE = "driftvakt_rule_baseline"
"""What is usual now of a series by weekday and hour. Labels: those of the series, and `rule`."""
HOST_LABELS = ("instance", "job", "administration", "zone", "site", "class")
_OVER = {
    Function.RATE: "rate",
    Function.INCREASE: "increase",
    Function.FORECAST: "predict_linear",
    Function.AVERAGE: "avg_over_time",
    Function.MAX: "max_over_time",
    Function.MIN: "min_over_time",
    Function.CHANGES: "changes",
}
_HUMAN = {
    "ratio": "{{ $value | humanizePercentage }}",
    "bytes": "{{ $value | humanize1024 }}B",
    "seconds": "{{ $value | humanizeDuration }}",
    "days": "{{ $value | humanizeDuration }}",
    "celsius": "{{ $value | humanize }} °C",
}
_HEAD = "# Made by `driftvakt rules export --prometheus`. Change the rules of driftvakt, not this file.\n"


def files(rules: Iterable[Rule]) -> dict[str, str]:
    """Return the rule files by name, one a subject."""
    by_subject: dict[str, list[Rule]] = {}
    for rule in rules:
        by_subject.setdefault(rule.subject or "rules", []).append(rule)
    return {f"{subject}.yml": text(subject, of_subject) for subject, of_subject in by_subject.items()}


def text(subject: str, rules: Iterable[Rule]) -> str:
    """Return a rule file with one group."""
    group = {"name": f"driftvakt-{subject}", "rules": [_rule(rule) for rule in rules]}
    return _HEAD + yaml.safe_dump({"groups": [group]}, sort_keys=False, allow_unicode=True, width=110)


def expression(rule: Rule) -> str:
    """Return a rule's condition as PromQL."""
    if rule.function is Function.ABSENT:
        up = f"driftvakt_host_up{_selector(rule.hosts)} == 1"
        return f"{up} unless on ({', '.join(HOST_LABELS)}) {rule.series}{_selector(rule.hosts + rule.labels)}"
    value, condition = _value(rule), rule.condition
    told = f"{value} {_edge(condition)}"
    if condition.clear is not None:
        own = ["alertname", "alertstate", "severity", *(["service"] if rule.service else [])]
        fires = f'ALERTS{{alertname={json.dumps(rule.name)},alertstate="firing"}}'
        told = f"({told}) or ({value} {_edge(condition, condition.clear)} and ignoring ({', '.join(own)}) {fires})"
    more = []
    for guard in rule.guards:
        by = f" / {guard.per}{_selector(rule.hosts)}" if guard.per else ""
        more.append(f"{guard.series}{_selector(rule.hosts)}{by} {_edge(guard.condition)}")
    if rule.history:
        more.append(f"{rule.series}{_selector(rule.hosts + rule.labels)} offset {span.write(rule.history)}")
    return " and ".join([f"({told})", *(f"({one})" for one in more)]) if more else told


def _value(rule: Rule) -> str:
    series = f"{rule.series}{_selector(rule.hosts + rule.labels)}"
    by = f"{rule.per}{_selector(rule.hosts + rule.labels)}" if rule.per else ""
    if rule.function is Function.AGE:
        return f"time() - {series}"
    if rule.function is Function.UNTIL:
        return f"{series} - time()"
    if rule.function is Function.BASELINE:
        sign = "/" if rule.against is Against.RATIO else "-"
        return f"{series} {sign} ignoring (rule) {BASELINE}{{rule={json.dumps(rule.name)}}}"
    if rule.function is Function.NEWEST:
        return f"{series} / {by}" if by else series
    over, window = _OVER[rule.function], span.write(rule.window)
    if rule.function is Function.FORECAST:
        told = f"{over}({series}[{window}], {rule.ahead:g})"
    else:
        told = f"{over}({series}[{window}])"
    if not by:
        return told
    both = rule.function in (Function.RATE, Function.INCREASE)
    return f"{told} / {over}({by}[{window}])" if both else f"{told} / {by}"


def _edge(condition: Condition, threshold: float | None = None) -> str:
    edge = condition.threshold if threshold is None else threshold
    short = f"{edge:g}"
    return f"{condition.op.value} {short if float(short) == edge else repr(edge)}"


def _selector(matchers: tuple[Matcher, ...]) -> str:
    if not matchers:
        return ""
    told = []
    for one in matchers:
        name = "instance" if one.label == "host" else one.label
        told.append(Matcher(name, one.how, one.text).promql())
    return "{" + ", ".join(told) + "}"


def _rule(rule: Rule) -> dict[str, object]:
    labels = {"severity": rule.severity.value}
    if rule.service:
        labels["service"] = rule.service
    annotations = {"summary": _annotation(rule.summary.en, rule), "summary_sv": _annotation(rule.summary.sv, rule)}
    if rule.runbook:
        annotations["runbook_url"] = rule.runbook
    told: dict[str, object] = {"alert": rule.name, "expr": _kept_apart(rule, expression(rule))}
    if rule.wait:
        told["for"] = span.write(rule.wait)
    if rule.keep:
        told["keep_firing_for"] = span.write(rule.keep)
    return {**told, "labels": labels, "annotations": annotations}


def _kept_apart(rule: Rule, told: str) -> str:
    """Return an expression whose results stay apart though the rule's own label takes the place of the series'.

    Prometheus gives up a rule of which two alerts get the same labels.
    """
    if not has_severity(rule):
        return told
    return f'label_replace({told}, "exported_severity", "$1", "severity", "(.*)")'


def _annotation(words: str, rule: Rule) -> str:
    def put(what: str) -> str:
        if what == "host":
            return "{{ $labels.instance }}"
        if what == "value":
            return _HUMAN.get(rule.unit, "{{ $value | humanize }}")
        return "{{ $labels." + what.removeprefix("label.") + " }}"

    return PLACE.sub(lambda found: put(found[1]), words)
