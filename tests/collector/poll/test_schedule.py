"""When a device is asked."""

import pytest

from driftvakt_collector.poll.schedule import FACTS, LONGEST, after, first


def test_first_visits_are_spread_the_same_way_each_time() -> None:
    turns = [first(f"d-{number}", 1000.0, 300.0, spread=60.0) for number in range(600)]

    assert turns == [first(f"d-{number}", 1000.0, 300.0, spread=60.0) for number in range(600)]
    assert all(1000.0 <= turn.due < 1060.0 for turn in turns)
    tenths = [sum(at <= turn.due - 1000.0 < at + 6 for turn in turns) for at in range(0, 60, 6)]
    assert min(tenths) > 30
    assert max(first(f"d-{number}", 0.0, 10.0, spread=60.0).due for number in range(100)) < 10.0


def test_the_grid_is_kept_and_what_was_missed_is_not_made_up_for() -> None:
    turn = first("d", 0.0, 60.0, spread=0.0)

    turn = after(turn, "d", 7.0, 60.0, failed=False, facts=True)
    assert turn.due == 60.0
    assert FACTS * 0.9 <= turn.facts_due - 7.0 <= FACTS * 1.1
    facts_due = turn.facts_due
    turn = after(turn, "d", 250.0, 60.0, failed=False, facts=False)
    assert (turn.due, turn.facts_due) == (300.0, facts_due)


@pytest.mark.parametrize("every", [10.0, 60.0, 300.0, 3600.0])
def test_a_dead_one_is_asked_more_and_more_seldom(every: float) -> None:
    turn, now, waits = first("d", 0.0, every, spread=0.0), 0.0, []
    for _ in range(20):
        turn = after(turn, "d", now, every, failed=True, facts=False)
        waits.append(turn.due - now)
        now = turn.due

    assert waits[0] == every
    assert waits == sorted(waits)
    assert waits[-1] == max(LONGEST, every)
    assert after(turn, "d", now, every, failed=False, facts=False).failures == 0
