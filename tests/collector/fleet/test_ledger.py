"""Which lines were seen: ranges against a plain set of all of them."""

from collections.abc import Iterable

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from driftvakt_collector.fleet.ledger import MAX_EPOCHS, MAX_HOLES, Ledger

LINES = st.lists(st.tuples(st.sampled_from("abc"), st.integers(0, 40)), max_size=120)


def filled(lines: Iterable[tuple[str, int]]) -> Ledger:
    ledger = Ledger()
    for epoch, seq in lines:
        if not ledger.has(epoch, seq):
            ledger.add(epoch, seq)
    return ledger


@settings(max_examples=300, deadline=None)
@given(LINES)
def test_a_line_is_seen_exactly_once_in_any_order(lines: list[tuple[str, int]]) -> None:
    ledger, seen = Ledger(), set[tuple[str, int]]()

    for epoch, seq in lines:
        # The wire numbers from 1; a 0 is below what a new epoch has seen, and so never new.
        assert ledger.has(epoch, seq) == ((epoch, seq) in seen or (seq == 0 and any(e == epoch for e, _ in seen)))
        if not ledger.has(epoch, seq):
            ledger.add(epoch, seq)
            seen.add((epoch, seq))


@settings(max_examples=200, deadline=None)
@given(LINES)
def test_the_newest_is_the_highest_of_the_epoch_that_began_last(lines: list[tuple[str, int]]) -> None:
    ledger, current, highest = Ledger(), "", dict[str, int]()

    for epoch, seq in lines:
        if ledger.has(epoch, seq):
            continue
        begins = epoch not in highest
        current = epoch if begins else current
        newest = begins or (epoch == current and seq > highest[epoch])
        assert ledger.add(epoch, seq) == newest
        highest[epoch] = max(seq, highest.get(epoch, 0))


@settings(max_examples=200, deadline=None)
@given(LINES, LINES)
def test_one_that_was_written_down_goes_on_as_the_other(
    before: list[tuple[str, int]], after: list[tuple[str, int]]
) -> None:
    ledger = filled(before)
    copy = Ledger.load(ledger.dump())

    for epoch, seq in after:
        assert copy.has(epoch, seq) == ledger.has(epoch, seq)
        if not ledger.has(epoch, seq):
            assert copy.add(epoch, seq) == ledger.add(epoch, seq)
    assert copy.dump() == ledger.dump()


def test_lines_in_order_leave_no_holes() -> None:
    ledger = filled(("e", seq) for seq in range(1, 1000))

    assert ledger.dump() == [("e", 999, [])]
    assert ledger.span.missing() == 0


def test_a_hole_is_counted_and_filled_from_any_side() -> None:
    ledger = filled([("e", 1), ("e", 6)])
    assert ledger.span.missing() == 4

    for seq in (3, 2, 5, 4):
        assert not ledger.has("e", seq)
        assert not ledger.add("e", seq)

    assert ledger.dump() == [("e", 6, [])]


def test_holes_are_bounded() -> None:
    ledger = filled(("e", 2 * number) for number in range(1, 3 * MAX_HOLES))

    assert len(ledger.span.holes or ()) == MAX_HOLES
    # What never came can still come, however many holes there were.
    assert not any(ledger.has("e", 2 * number - 1) for number in range(1, 3 * MAX_HOLES))


def test_epochs_are_bounded_and_the_oldest_goes_first() -> None:
    ledger = filled((f"e{number}", 1) for number in range(MAX_EPOCHS + 5))

    assert len(ledger.dump()) == MAX_EPOCHS + 1
    assert not ledger.has("e0", 1)
    assert ledger.has(f"e{MAX_EPOCHS + 4}", 1)


@pytest.mark.parametrize("seq", [2**53 - 1, 1])
def test_the_largest_numbers_fit(seq: int) -> None:
    ledger = filled([("e", seq)])

    assert ledger.has("e", seq)
    assert Ledger.load(ledger.dump()).has("e", seq)
