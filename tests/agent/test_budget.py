import pytest

from driftvakt_agent.budget import Budget
from driftvakt_agent.probes import Probe

PROBES = [Probe("always"), Probe("rarely", shed=1), Probe("middle", shed=3), Probe("first", shed=5)]
CHEAP, FAIR, DEAR = (0.004, 10), (0.009, 10), (0.02, 10)


def after(*cycles: tuple[float, int]) -> Budget:
    budget = Budget(0.01, 100, PROBES)
    for cpu, memory in cycles:
        budget.spent(cpu, memory)
    return budget


@pytest.mark.parametrize(
    ("cycles", "level"),
    [
        pytest.param([], 0, id="at first everything runs"),
        pytest.param([DEAR], 0, id="one dear cycle changes nothing"),
        pytest.param([DEAR, DEAR], 1, id="two do"),
        pytest.param([DEAR, FAIR, DEAR], 0, id="but only in a row"),
        pytest.param([(0.001, 101)] * 2, 1, id="memory counts as well"),
        pytest.param([DEAR] * 4, 2, id="and two more go further"),
        pytest.param([DEAR] * 100, 3, id="never past the last level"),
        pytest.param([DEAR] * 2 + [CHEAP] * 9, 1, id="nine cheap cycles are not enough to come back"),
        pytest.param([DEAR] * 2 + [CHEAP] * 10, 0, id="ten are"),
        pytest.param([DEAR] * 2 + [FAIR] * 50, 1, id="what is within the budget and not cheap stays as it is"),
        pytest.param([DEAR] * 2 + ([CHEAP] * 9 + [FAIR]) * 5, 1, id="ten cheap ones in a row"),
        pytest.param([DEAR] * 4 + [CHEAP] * 10, 1, id="one level at a time"),
        pytest.param([CHEAP] * 100, 0, id="never below zero"),
    ],
)
def test_the_level(cycles: list[tuple[float, int]], level: int) -> None:
    assert after(*cycles).level == level


@pytest.mark.parametrize(
    ("level", "shed"), [(0, []), (1, ["first"]), (2, ["middle", "first"]), (3, ["rarely", "middle", "first"])]
)
def test_what_goes_first(level: int, shed: list[str]) -> None:
    budget = after(*[DEAR] * (2 * level))

    assert [probe.name for probe in PROBES if budget.sheds(probe)] == shed


def test_nothing_to_shed() -> None:
    budget = Budget(0.01, 100, [Probe("always")])
    for _ in range(10):
        budget.spent(*DEAR)

    assert budget.level == 0
