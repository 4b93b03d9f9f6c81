import pytest
from town import WALL

from driftvakt_collector.console import graph, quantity
from driftvakt_collector.console.clock import Clock

TIMES = graph.times_of(WALL, Clock("Europe/Stockholm"))
HALF: list[float | None] = [0.5] * 60


def test_a_missing_point_is_a_gap_and_one_alone_is_a_dot() -> None:
    line, area = graph.paths([0.0, 1.0, None, 0.5], 1.0)

    assert line == "M0 100L1 0M3 50h0"
    assert area == "M0 100L0 100L1 0V100z"


@pytest.mark.parametrize(("value", "expected"), [
    pytest.param(0.0, 1.0, id="an idle hour still has an axis"),
    pytest.param(3.2, 4.0, id="up to the next round number"),
    pytest.param(900.0, 1000.0, id="up to the next power"),
    pytest.param(0.013, 0.02, id="also below one"),
])  # fmt: skip
def test_round_up(value: float, expected: float) -> None:
    assert graph.round_up(value) == pytest.approx(expected)


def test_a_value_above_a_fixed_axis_stays_inside() -> None:
    assert graph.paths([1.7, -0.2], 1.0)[0] == "M0 0L1 100"


def test_a_graph_says_in_words_what_it_draws() -> None:
    points = [*HALF[:30], None, None, *HALF[:27], 0.75]

    drawn = graph.graph("cpu", "CPU", [("", "cpu", points)], quantity.percent, TIMES, top=1.0)

    told = drawn.described.replace(quantity.SPACE, " ")
    assert told == "CPU, the last hour. CPU: now 75 %, lowest 50 %, highest 75 %; nothing came in 2 minutes."
    assert len(drawn.minutes) == 60
    assert drawn.times[-1] == "17:06"


def test_no_values_is_said_and_not_drawn() -> None:
    drawn = graph.graph("cpu", "CPU", [("", "cpu", [None] * 60)], quantity.percent, TIMES, top=1.0)

    assert drawn.empty
    assert "no values" in drawn.described


def test_an_old_value_is_not_now() -> None:
    drawn = graph.graph("load", "Load", [("", "load", [*HALF[:50], *[None] * 10])], quantity.percent, TIMES)

    assert drawn.lines[0].latest == quantity.NONE
