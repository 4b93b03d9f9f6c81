"""A crash before every system call that matters: what was acknowledged is there, once, and the next start goes on."""

import sys
from collections.abc import Iterator
from random import Random

import agent_program
import collector_program
import pytest
import relay_program
from agent_program import AgentCase
from collector_program import CollectorCase
from crash import Case, Point, Ward
from custody_work import CustodyCase
from nursery import Nursery
from ordeal import LONG, SEED, again, figure, so_many
from relay_program import RelayCase
from syscalls import STRACE

pytestmark = [
    pytest.mark.real,
    pytest.mark.skipif(sys.platform != "linux" or STRACE is None, reason="crashes programs with strace"),
    pytest.mark.xdist_group("crash"),
]


class LyingCase(CollectorCase):
    """A collector that says `accepted` before a line is on its way to the disk."""

    program = "collector_program:run_lying"


class LyingRelayCase(RelayCase):
    """A relay that does the same."""

    program = "relay_program:run_lying"


@pytest.fixture(scope="module")
def nursery() -> Iterator[Nursery]:
    modules = [*collector_program.MODULES, *relay_program.MODULES, *agent_program.MODULES, "custody_work"]
    with Nursery(modules) as nursery:
        yield nursery


@pytest.fixture(scope="module")
def totals() -> Iterator[dict[str, int]]:
    """How many crashes of what were survived; said at the end."""
    totals: dict[str, int] = {}
    yield totals
    figure(f"crashes in all: {sum(totals.values())} ({', '.join(f'{name} {count}' for name, count in totals.items())})")


@pytest.mark.parametrize(
    ("case", "sampled", "long"),
    [
        pytest.param(CollectorCase(), 55, 1000, id="collector"),
        pytest.param(RelayCase(), 45, 800, id="relay"),
        pytest.param(AgentCase(64 << 20), 40, 400, id="agent"),
        pytest.param(AgentCase(6000), 20, 300, id="agent, its spool full"),
        pytest.param(CustodyCase(64 << 20), 20, 300, id="agent's spool"),
        pytest.param(CustodyCase(6000), 20, 300, id="agent's spool, full"),
    ],
)
def test_no_crash_loses_or_repeats_what_was_acknowledged(
    nursery: Nursery, totals: dict[str, int], case: Case, sampled: int, long: int
) -> None:
    wanted, crashes, lap = so_many(sampled, long), 0, 0
    wrong: list[str] = []
    while crashes < wanted:
        # Each lap is another load, whose points are all tried in the long form.
        lap += 1
        with Ward(case, nursery, SEED + lap) as ward:
            points = ward.points()
            if not LONG:
                # A few more: not every one is reached under another load.
                points = Random(SEED).sample(points, min(len(points), wanted * 5 // 4))
            tally = ward.crash(points)
        figure(f"{case.program}, lap {lap}: {tally}")
        crashes += tally.crashes
        totals[case.program] = totals.get(case.program, 0) + tally.crashes
        wrong += tally.wrong
        assert tally.crashes > len(points) // 4, f"few points were reached: {tally}"

    assert wrong == [], again("test_no_crash")


@pytest.mark.parametrize(
    ("case", "finding"),
    [
        pytest.param(LyingCase(), "acknowledged", id="collector"),
        pytest.param(LyingRelayCase(), "taken by the relay, and lost", id="relay"),
    ],
)
def test_one_that_answers_too_early_is_found_out(nursery: Nursery, case: Case, finding: str) -> None:
    with Ward(case, nursery, SEED) as ward:
        tally = ward.crash([Point("pwrite64", number) for number in range(20, 60, 4)], twice=0.0)

    assert any(finding in text for text in tally.wrong), str(tally)
