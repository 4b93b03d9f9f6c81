"""A site that was cut off for a day comes back: all of it, the present first, and no report late for the past."""

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from collecting import ROOT
from ordeal import figure, so_many

PROGRAM = Path(__file__).with_name("cut_run.py")
AGENTS = so_many(25, 500)
HOURS = so_many(3, 24)
_PATHS = os.pathsep.join(str(ROOT / part) for part in ("agent", "collector", "tests", "tests/faults"))


def came_back(way: str) -> dict[str, Any]:
    """Run it in a process of its own; return how the site came back."""
    command = [sys.executable, str(PROGRAM), "--agents", str(AGENTS), "--hours", str(HOURS), "--way", way]
    environ = os.environ | {"PYTHONPATH": _PATHS, "PYTHONHASHSEED": "0"}
    done = subprocess.run(command, capture_output=True, text=True, timeout=so_many(200, 7000), env=environ, check=False)
    last = done.stdout.strip().rpartition("\n")[2]
    assert last.startswith("{"), done.stderr[-4000:]
    figure(f"a site cut off: {last}")
    found: dict[str, Any] = json.loads(last)
    return found


@pytest.mark.real
@pytest.mark.parametrize("way", [
    pytest.param("direct", id="the line of the site was cut"),
    pytest.param("relay", id="its relay was reached, and reached nobody"),
])  # fmt: skip
def test_all_of_a_site_comes_back(way: str) -> None:
    found = came_back(way)

    assert found["wrong"] == []
    # A relay's own reports wait too; its agents' newest are not counted.
    assert found["waited"] >= AGENTS * (HOURS * 60 - 5)
    assert (found["missing"], found["gaps"], found["twice"]) == (0, 0, 0)
    assert found["live after s"] <= 60.0
    assert found["late"] == 0
    assert found["drained after s"] <= 8 * 3600
