"""Tests of rules: a file that tells series over time, and which alerts fire when. `driftvakt rules test FILE`.

Example:
    [[test]]
    name = "a nearly full disk fires after ten minutes, and not before"
    rules = ["FilesystemAlmostFull"]      # all rules where it is not said
    interval = "5m"                       # between two lines; 1m where it is not said
    host = { class = "server" }
    series.'node_filesystem_avail_bytes{fstype="ext4",mountpoint="/"}' = "50x2 4x5 50x2"
    series.'node_filesystem_size_bytes{fstype="ext4",mountpoint="/"}' = "100x9"
    expect = { "15m" = [], "25m" = ['FilesystemAlmostFull{mountpoint="/"}'], "50m" = [] }

Values are written as for promtool: `1 2 3`; `1x4` is 1 and four times more of it; `1+2x4` counts up, `9-2x4` down;
`_` is a line that did not come, `_x5` five of them; `stale` is a line that says nothing of the series.
"""

import re
import tomllib
from array import array
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from math import nan
from pathlib import Path

from driftvakt_collector.alert.rules import span
from driftvakt_collector.alert.rules.evaluator import Evaluator
from driftvakt_collector.alert.rules.rule import Rule
from driftvakt_collector.alert.rules.span import SpanError
from driftvakt_collector.alert.rules.track import Key
from driftvakt_collector.config import ConfigError
from driftvakt_collector.fleet.host import Host
from driftvakt_collector.fleet.series import LABEL, NAME, SeriesSet
from driftvakt_collector.store.hosts import HostRow
from driftvakt_wire import encode
from driftvakt_wire.envelope import digest

MAX_STEPS = 20_000
_KEYS = ("name", "rules", "interval", "host", "series", "expect", "start")
_FACTS = ("host", "class", "zone", "site", "administration")
_SERIES = re.compile(r"([a-zA-Z_:][a-zA-Z0-9_:]*)(?:\{(.*)\})?")
_LABEL = re.compile(r'\s*([a-zA-Z_][a-zA-Z0-9_]*)\s*=\s*"((?:[^"\\]|\\.)*)"\s*(?:,|$)')
_NUMBER = r"[-+]?(?:\d+\.?\d*(?:[eE][-+]?\d+)?|[iI]nf)"
_CELL = re.compile(rf"(_|stale|{_NUMBER})(?:([-+]\d+\.?\d*(?:[eE][-+]?\d+)?))?(?:x(\d+))?")
Cell = float | None


@dataclass(frozen=True)
class Expected:
    """An alert that fires: the rule, and some of its labels."""

    rule: str
    labels: frozenset[tuple[str, str]]


@dataclass(frozen=True)
class Test:
    """interval: seconds between lines, the first of which is at `start`. series: a cell a step: a value, NaN for a line

    that says nothing of it, None for no line. expect: by seconds after the first line, what fires.
    """

    name: str
    rules: tuple[str, ...]
    interval: float
    start: float
    facts: Mapping[str, str]
    series: Mapping[Key, Sequence[Cell]]
    expect: Mapping[float, tuple[Expected, ...]]

    def steps(self) -> list[dict[Key, float] | None]:
        """Return by step what the line says, None where none came."""
        count = max((len(cells) for cells in self.series.values()), default=0)
        steps: list[dict[Key, float] | None] = []
        for number in range(count):
            here = {key: cells[number] for key, cells in self.series.items() if number < len(cells)}
            told = {key: cell for key, cell in here.items() if cell is not None}
            # A line that comes tells what it can of the rest, too: the others are silent in it.
            steps.append({key: told.get(key, nan) for key in self.series} if told else None)
        return steps

    def host(self) -> Host:
        """Return the host of which the lines are."""
        facts = {"host": "test", "class": "server", "zone": "adm", "site": "A", "administration": "F", **self.facts}
        row = HostRow(
            "a-0000000000000001", 1, facts["host"], facts["zone"], facts["administration"], facts["site"],
            facts["class"],
        )  # fmt: skip
        return Host(row)


def run(test: Test, rules: Iterable[Rule]) -> list[str]:
    """Return what is otherwise than expected, in words; empty where all is as it should be."""
    chosen = [rule for rule in rules if not test.rules or rule.name in test.rules]
    unknown = sorted(set(test.rules) - {rule.name for rule in chosen})
    if unknown:
        return [f"there is no rule {', '.join(unknown)}"]
    evaluator = Evaluator(chosen, pace=min(test.interval, 60.0))
    host, steps = test.host(), test.steps()
    bound = _bound(list(test.series))
    place = {key: position for position, key in enumerate(zip(bound.names, bound.labels, strict=True))}
    wrong: list[str] = []
    moments = sorted({*(number * test.interval for number in range(len(steps))), *test.expect})
    for moment in moments:
        number, rest = divmod(moment, test.interval)
        step = steps[int(number)] if not rest and number < len(steps) else None
        if step is not None:
            host.series = bound
            values = array("d", [nan]) * len(place)
            for key, value in step.items():
                values[place[key]] = value
            host.values = values
            evaluator.line(host, test.start + moment)
        evaluator.tick(test.start + moment)
        if moment in test.expect:
            wrong += _compared(test, moment, evaluator)
    return wrong


def _compared(test: Test, moment: float, evaluator: Evaluator) -> list[str]:
    firing = [Expected(alert.rule, frozenset(alert.labels)) for alert in evaluator.firing()]
    wrong = []
    for one in test.expect[moment]:
        found = next((other for other in firing if one.rule == other.rule and one.labels <= other.labels), None)
        if found is None:
            wrong.append(f"at {span.write(moment)}: {_shown(one)} should fire, and does not")
        else:
            firing.remove(found)
    return [*wrong, *(f"at {span.write(moment)}: {_shown(one)} fires, and should not" for one in firing)]


def _shown(one: Expected) -> str:
    labels = ",".join(f'{name}="{text}"' for name, text in sorted(one.labels))
    return f"{one.rule}{{{labels}}}" if labels else one.rule


def _bound(keys: Sequence[Key]) -> SeriesSet:
    body = encode.series_set(keys, {})
    return SeriesSet(digest(body), body)


def read(path: Path) -> list[Test]:
    """Return the tests of a file. Raises ConfigError with every mistake."""
    try:
        told = tomllib.loads(path.read_text("utf-8"))
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError, RecursionError) as e:
        raise ConfigError(f"cannot read the tests in {path}: {e}") from e
    tables = told.get("test", [])
    if set(told) != {"test"} or not isinstance(tables, list) or not all(isinstance(one, dict) for one in tables):
        raise ConfigError(f"cannot use the tests in {path}: they are tables [[test]], and there must be one")
    wrong: list[str] = []
    tests = [_test(table, number, wrong) for number, table in enumerate(tables, 1)]
    if wrong:
        raise ConfigError(f"cannot use the tests in {path}:\n" + "\n".join(f"  - {text}" for text in wrong))
    return tests


def _test(told: Mapping[str, object], number: int, wrong: list[str]) -> Test:
    name = str(told.get("name", f"number {number}"))
    here = f"test {name[:80]}"
    wrong += [f"{here}: '{key}' is not known; known are {', '.join(_KEYS)}" for key in told if key not in _KEYS]
    interval = _seconds(told.get("interval", "1m"), f"{here}: 'interval'", wrong) or 60.0
    start = told.get("start", 0)
    if isinstance(start, bool) or not isinstance(start, int | float) or not 0 <= start < 1e11:
        wrong.append(f"{here}: 'start' must be seconds since the epoch, got {str(start)[:40]!r}")
        start = 0
    rules, facts, series, expect = (told.get(key, {}) for key in ("rules", "host", "series", "expect"))
    if not isinstance(rules or [], list) or not all(isinstance(one, str) for one in rules or []):  # type: ignore[attr-defined]
        wrong.append(f"{here}: 'rules' must be names of rules, as [\"ServiceDown\"]")
        rules = []
    if not isinstance(facts, dict) or not all(key in _FACTS and isinstance(one, str) for key, one in facts.items()):
        wrong.append(f"{here}: 'host' must tell facts of the host: {', '.join(_FACTS)}")
        facts = {}
    if not isinstance(series, dict) or not series:
        wrong.append(f"{here}: 'series' must tell values, as series.node_load1 = \"1 2 3\"")
        series = {}
    if not isinstance(expect, dict) or not expect:
        wrong.append(f'{here}: \'expect\' must tell what fires when, as {{ "10m" = ["ServiceDown"], "20m" = [] }}')
        expect = {}
    return Test(
        name, tuple(rules or ()), interval, float(start), facts,  # type: ignore[arg-type]
        {key: cells for text, told in series.items() if (key := _key(text, here, wrong)) is not None
         and (cells := _cells(told, f"{here}: {text}", wrong)) is not None},
        {_seconds(at, f"{here}: 'expect'", wrong): _expected(alerts, here, wrong) for at, alerts in expect.items()},
    )  # fmt: skip


def _seconds(told: object, here: str, wrong: list[str]) -> float:
    try:
        return span.read(told)
    except SpanError as e:
        wrong.append(f"{here} {e}")
        return 0.0


def _key(text: str, here: str, wrong: list[str]) -> Key | None:
    found = _SERIES.fullmatch(text)
    labels = _labels(found[2] or "") if found else None
    if found is None or labels is None or not NAME.fullmatch(found[1]):
        wrong.append(f'{here}: {text[:100]!r} is no series; write it as name{{label="text"}}')
        return None
    return found[1], labels


def _labels(text: str) -> tuple[tuple[str, str], ...] | None:
    labels, at = {}, 0
    while at < len(text):
        found = _LABEL.match(text, at)
        if found is None or not LABEL.fullmatch(found[1]):
            return None
        labels[found[1]] = re.sub(r"\\(.)", lambda one: "\n" if one[1] == "n" else one[1], found[2])
        at = found.end()
    return tuple(sorted(labels.items()))


def _cells(told: object, here: str, wrong: list[str]) -> list[Cell] | None:
    if not isinstance(told, str):
        wrong.append(f'{here}: values must be a text, as "1x4 _ 2"')
        return None
    cells: list[Cell] = []
    for part in told.split():
        found = _CELL.fullmatch(part)
        times = int(found[3]) if found and found[3] and len(found[3]) < 7 else 0
        if found is None or (found[3] and len(found[3]) > 6) or len(cells) + times > MAX_STEPS:
            wrong.append(f"{here}: cannot use {part[:40]!r}; write 1, 1x4, 1+2x4, _, _x5 or stale, {MAX_STEPS} at most")
            return None
        if found[1] == "_":
            cells += [None] * max(times, 1)
            continue
        first = nan if found[1] == "stale" else float(found[1])
        more = float(found[2] or 0)
        cells += [first + more * count for count in range(times + 1)]
    return cells


def _expected(told: object, here: str, wrong: list[str]) -> tuple[Expected, ...]:
    if not isinstance(told, list) or not all(isinstance(one, str) for one in told):
        wrong.append(f"{here}: 'expect' must be lists of alerts, as ['ServiceDown', 'PartFailed{{part=\"1\"}}']")
        return ()
    found = []
    for one in told:
        key = _key(one, here, wrong)
        if key is not None:
            found.append(Expected(key[0], frozenset(key[1])))
    return tuple(found)
