"""What is missing of a host, and whose fault it is."""

import pytest
from collecting import host_row
from hypothesis import given
from hypothesis import strategies as st

from driftvakt_collector.fleet.gaps import (
    AGENT,
    CAUSES,
    COLLECTOR,
    MAX_TIMES,
    RELAY,
    SPOOL,
    UNKNOWN,
    WAITING,
    Time,
    cause_of,
    explained,
    remember,
)
from driftvakt_collector.fleet.ledger import MAX_HOLES, Hole, Ledger, Span
from driftvakt_collector.fleet.state import Fleet

HOLE = Hole(3, 7, 1000.0, 5000.0)
THEN = [Time(2000.0, 3000.0)]


@pytest.mark.parametrize(
    ("hole", "outages", "cuts", "waiting", "cause"),
    [
        pytest.param(HOLE, [], [], False, UNKNOWN, id="nobody says anything"),
        pytest.param(HOLE, [], [], True, WAITING, id="the agent says that lines wait"),
        pytest.param(HOLE, THEN, THEN, True, COLLECTOR, id="we were down then"),
        pytest.param(HOLE, [], THEN, True, RELAY, id="its relay was cut off then"),
        pytest.param(HOLE, [Time(6000.0, 7000.0)], [], False, UNKNOWN, id="we were down at another time"),
        pytest.param(
            HOLE._replace(why=SPOOL), THEN, THEN, True, SPOOL, id="the agent gave them up: its word goes first"
        ),
        pytest.param(HOLE._replace(before=0.0), [Time(9000.0, 9900.0)], [], False, COLLECTOR, id="open until now"),
    ],
)
def test_a_hole_has_a_cause(hole: Hole, outages: list[Time], cuts: list[Time], waiting: bool, cause: str) -> None:
    gap = explained("e", hole, outages=outages, cuts=cuts, waiting=waiting, now=10_000.0)

    assert (gap.cause, gap.lines, gap.epoch) == (cause, 5, "e")
    assert gap.cause in CAUSES


@pytest.mark.parametrize(
    ("reason", "cause"),
    [
        ("thinned: one a quarter of an hour is kept", SPOOL),
        ("full: the spool holds 64 MB", SPOOL),
        ("damaged: rows of a segment", SPOOL),
        ("ended: numbers that were put by", AGENT),
        ("given up by the agent", SPOOL),
        ("", SPOOL),
    ],
)
def test_the_word_before_the_colon_tells_the_cause(reason: str, cause: str) -> None:
    assert cause_of(reason) == cause


def test_times_that_meet_are_one_and_too_many_go() -> None:
    times: list[Time] = []
    remember(times, 100.0, 200.0)
    remember(times, 250.0, 300.0)
    assert times == [Time(100.0, 300.0)]

    for number in range(2 * MAX_TIMES):
        remember(times, 1000.0 * number, 1000.0 * number + 1)

    assert len(times) == MAX_TIMES


@given(st.integers(1, 40), st.integers(1, 40), st.sets(st.integers(1, 40)))
def test_what_the_agent_explains_is_neither_more_nor_less(first: int, last: int, seen: set[int]) -> None:
    ledger = Ledger()
    for seq in sorted(seen | {41}):
        ledger.add("e", seq)
    before = ledger.span.missing()

    ledger.explain("e", first, last, SPOOL)

    told = {seq for _, hole in ledger.holes() if hole.why == SPOOL for seq in range(hole.first, hole.last + 1)}
    assert told == set(range(first, last + 1)) - seen - {41}
    assert ledger.span.missing() == before
    # What was given up and comes after all is taken.
    for seq in sorted(told):
        assert not ledger.has("e", seq)
        ledger.add("e", seq)
    assert not any(hole.why for _, hole in ledger.holes())


def test_an_epoch_of_which_nothing_came_is_explained_too() -> None:
    ledger = Ledger()
    ledger.add("new", 1)

    ledger.explain("old", 5, 9, AGENT)

    assert [(epoch, hole.first, hole.last, hole.why) for epoch, hole in ledger.holes()] == [("old", 5, 9, AGENT)]
    assert not ledger.whole()
    assert Ledger.load(ledger.dump()).dump() == ledger.dump()


def test_more_is_never_explained_than_was_reached() -> None:
    ledger = Ledger()
    ledger.add("e", 1)

    ledger.explain("e", 2, 2**53, SPOOL)

    assert ledger.whole()
    assert ledger.add("e", 2)


def test_many_explanations_stay_bounded() -> None:
    span = Span(10 * MAX_HOLES, [(1, 10 * MAX_HOLES)])

    for number in range(2 * MAX_HOLES):
        span.explain(4 * number + 1, 4 * number + 2, SPOOL)

    assert len(span.holes or ()) <= MAX_HOLES
    assert span.missing() == 10 * MAX_HOLES


def test_what_a_relay_brought_late_explains_its_hosts_holes() -> None:
    fleet = Fleet([host_row(1), host_row(9, class_="relay")], 0.0)
    host = fleet.hosts["a-0001"]
    host.via = "a-0009"
    host.ledger.add("e", 1, now=1000.0)
    host.ledger.add("e", 50, after=1000.0, now=4000.0)
    assert [gap.cause for gap in fleet.gaps(host, 4000.0)] == [UNKNOWN]

    fleet.late("a-0009", 2500.0, 4000.0)

    assert [gap.cause for gap in fleet.gaps(host, 4000.0)] == [RELAY]


def test_a_little_late_is_no_cut() -> None:
    fleet = Fleet([host_row(9, class_="relay")], 0.0)

    fleet.late("a-0009", 2.0, 4000.0)

    assert fleet.cuts == {}


def test_of_an_epoch_that_is_over_all_is_explained() -> None:
    ledger = Ledger()
    ledger.add("e", 1)

    ledger.explain("e", 2, 256, AGENT, over=True)

    assert [(hole.first, hole.last, hole.why) for _, hole in ledger.holes()] == [(2, 256, AGENT)]
