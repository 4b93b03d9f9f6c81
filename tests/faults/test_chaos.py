"""A city under every fault that we know, on virtual time: nothing is lost, nothing comes twice, nothing is forged."""

import json
import os
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest
from chaos_faults import FAULTS
from collecting import ROOT
from ordeal import LONG, SEED, figure, so_many
from world_net import RATES

PROGRAM = Path(__file__).with_name("chaos_run.py")
HOURS = so_many(4, 20) / 10
SEEDS = [SEED + number for number in range(so_many(2, 24))]
_PATHS = os.pathsep.join(str(ROOT / part) for part in ("agent", "collector", "tests", "tests/faults"))


def begun(seed: int, *arguments: str) -> "subprocess.Popen[str]":
    """Begin a run in a process of its own: it puts other parts in the place of the programs'."""
    command = [sys.executable, str(PROGRAM), "--seed", str(seed), "--hours", str(HOURS), *arguments]
    environ = os.environ | {"PYTHONPATH": _PATHS, "PYTHONHASHSEED": "0"}
    return subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, env=environ)


def ended(run: "subprocess.Popen[str]") -> dict[str, Any]:
    text, _ = run.communicate(timeout=so_many(120, 900))
    last = text.strip().rpartition("\n")[2]
    assert last.startswith("{"), text[-4000:]
    found: dict[str, Any] = json.loads(last)
    return found


def again(seed: int) -> str:
    return (
        f"again with: PYTHONPATH={_PATHS} {sys.executable} {PROGRAM} --seed {seed} --hours {HOURS} --trail /tmp/trail"
    )


def shown(found: dict[str, Any]) -> str:
    figures: dict[str, float] = found["figures"]
    told: Sequence[str] = [f"{name}: {value:g}" for name, value in figures.items()]
    return f"chaos, seed {found['seed']}, {found['hours']} h in {found['seconds']} s: {', '.join(told)}"


@pytest.mark.real
@pytest.mark.parametrize("seed", SEEDS)
def test_nothing_is_lost_and_nothing_comes_twice(seed: int) -> None:
    run = begun(seed)

    found = ended(run)

    figure(shown(found))
    assert found["wrong"] == [], again(seed)
    assert len(found["faults"]) >= 20
    assert found["figures"]["lines forged"] > 20


@pytest.mark.real
def test_a_seed_is_always_the_same_run() -> None:
    one, two = begun(SEED), begun(SEED)

    digests = {(found["digest"], found["events"]) for found in (ended(one), ended(two))}

    assert len(digests) == 1, again(SEED)


@pytest.mark.real
def test_a_journal_that_lies_is_noticed() -> None:
    run = begun(SEED, "--spoil", "0.02")

    found = ended(run)

    assert any(text.startswith("LOST") for text in found["wrong"]), again(SEED)


def test_there_are_many_kinds_of_faults() -> None:
    names = [fault.name for fault in FAULTS] + list(RATES)

    assert len(set(names)) == len(names) >= 50
    if LONG:
        figure("\n".join(f"{fault.often:5g} an hour: {fault.name}" for fault in FAULTS))
        figure("\n".join(f"{rate:7.1%} of requests: {name}" for name, rate in RATES.items()))
