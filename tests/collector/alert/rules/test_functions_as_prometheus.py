"""The functions over windows give Prometheus' own values: of counters that begin anew, with holes and odd intervals."""

import json
import random
import re
import subprocess
from math import isclose
from pathlib import Path
from shutil import which

import pytest
from rule_histories import series_text

from driftvakt_collector.alert.rules import functions

SERIES, STEPS = 60, 40
ASKED = ("rate", "increase", "predict_linear", "avg_over_time", "max_over_time", "min_over_time", "changes")


def ours(asked: str, cells: list[float | None], at: int, window: int) -> float | None:
    """What we say at a step of ten seconds, over a window of so many seconds."""
    end, start = at * 10_000.0, at * 10_000.0 - window * 1000.0
    kept = [
        (step * 10_000.0, cell) for step, cell in enumerate(cells)
        if cell is not None and start <= step * 10_000.0 <= end
    ]  # fmt: skip
    times, values = [moment for moment, _ in kept], [value for _, value in kept]
    return {
        "rate": lambda: functions.rate(times, values, start, end),
        "increase": lambda: functions.increase(times, values, start, end),
        "predict_linear": lambda: functions.forecast(times, values, end, 600.0),
        "avg_over_time": lambda: functions.average(values),
        "max_over_time": lambda: functions.highest(values),
        "min_over_time": lambda: functions.lowest(values),
        "changes": lambda: functions.changes(values),
    }[asked]()


def made(pick: random.Random) -> list[float | None]:
    cells: list[float | None] = []
    value, holes, step = float(pick.randrange(5)), pick.choice([0.0, 0.3, 0.6]), pick.choice([0, 3, 50, 1e6])
    for _ in range(STEPS):
        value = float(pick.randrange(3)) if pick.random() < 0.05 else value + round(pick.random() * step, 2)
        cells.append(None if pick.random() < holes else value)
    return cells


@pytest.mark.real
def test_each_function_gives_the_value_of_prometheus(tmp_path: Path) -> None:
    promtool = which("promtool")
    if promtool is None:
        pytest.skip("no promtool: Debian's package prometheus has it")
    pick = random.Random(7)
    told = [made(pick) for _ in range(SERIES)]
    moments = [(asked, at, window) for asked in ASKED for at in range(3, STEPS, 3) for window in (60, 130, 300)]
    tests = []
    for asked, at, window in moments:
        more = ", 600" if asked == "predict_linear" else ""
        # What is expected is no value of any series, so that promtool tells what it got.
        expected = [{"labels": "nothing", "value": 1}]
        tests.append({"expr": f"{asked}(c[{window}s]{more})", "eval_time": f"{at * 10}s", "exp_samples": expected})
    inputs = [
        {"series": series_text("c", {"number": str(number)}),
         "values": " ".join("_" if cell is None else repr(cell) for cell in cells)}
        for number, cells in enumerate(told)
    ]  # fmt: skip
    suite = {"interval": "10s", "input_series": inputs, "promql_expr_test": tests}
    (tmp_path / "test.yml").write_text(json.dumps({"evaluation_interval": "10s", "tests": [suite]}))
    done = subprocess.run(
        [promtool, "test", "rules", "test.yml"], cwd=tmp_path, capture_output=True, text=True, check=False
    )
    blocks = re.findall(r'expr: ".*?", time: .*?\n\s+exp:.*?\n\s+got:(.*)', done.stdout + done.stderr)

    assert len(blocks) == len(moments)
    compared = 0
    for (asked, at, window), block in zip(moments, blocks, strict=True):
        got = {int(number): float(value) for number, value in re.findall(r'number="(\d+)"\} ([-+0-9.Ee]+)', block)}
        for number, cells in enumerate(told):
            said = ours(asked, cells, at, window)
            assert (said is None) == (number not in got), (asked, at, window, number)
            if said is not None:
                compared += 1
                assert isclose(said, got[number], rel_tol=1e-9, abs_tol=1e-9), (asked, at, window, number)
    assert compared > 10_000
