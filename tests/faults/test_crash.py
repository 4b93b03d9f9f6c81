"""A crash before every system call that matters: what was acknowledged is there, once, and the next start goes on."""

import sys
from collections.abc import Iterator
from random import Random

import pytest
from collector_program import MODULES, CollectorCase
from crash import Case, Point, Ward
from custody_work import CustodyCase
from nursery import Nursery
from ordeal import LONG, SEED, again, figure, so_many
from syscalls import STRACE

pytestmark = [
    pytest.mark.real,
    pytest.mark.skipif(sys.platform != "linux" or STRACE is None, reason="crashes programs with strace"),
    pytest.mark.xdist_group("crash"),
]


class LyingCase(CollectorCase):
    """A collector that says `accepted` before a line is on its way to the disk."""

    program = "collector_program:run_lying"


@pytest.fixture(scope="module")
def nursery() -> Iterator[Nursery]:
    with Nursery([*MODULES, "custody_work"]) as nursery:
        yield nursery


@pytest.mark.parametrize(
    ("case", "sampled", "long"),
    [
        pytest.param(CollectorCase(), 100, 1500, id="collector"),
        pytest.param(CustodyCase(64 << 20), 50, 300, id="agent's spool"),
        pytest.param(CustodyCase(6000), 50, 300, id="agent's spool, full"),
    ],
)
def test_no_crash_loses_or_repeats_what_was_acknowledged(nursery: Nursery, case: Case, sampled: int, long: int) -> None:
    wanted, crashes, lap = so_many(sampled, long), 0, 0
    wrong: list[str] = []
    while crashes < wanted:
        # Each lap is another load, whose points are all tried in the long form.
        lap += 1
        with Ward(case, nursery, SEED + lap) as ward:
            points = ward.points()
            if not LONG:
                points = Random(SEED).sample(points, min(len(points), wanted))
            tally = ward.crash(points)
        figure(f"{case.program}, lap {lap}: {tally}")
        crashes += tally.crashes
        wrong += tally.wrong
        assert tally.crashes > len(points) // 4, f"few points were reached: {tally}"

    assert wrong == [], again("test_no_crash")


def test_a_collector_that_answers_too_early_is_found_out(nursery: Nursery) -> None:
    with Ward(LyingCase(), nursery, SEED) as ward:
        tally = ward.crash([Point("pwrite64", number) for number in range(20, 60, 3)], twice=0.0)

    assert any("acknowledged" in text for text in tally.wrong), str(tally)
