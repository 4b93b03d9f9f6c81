"""What goes before what: dates before rotation, swaps before these, overrides before swaps, and nobody who is away."""

from datetime import date

import pytest
from rotas import STOCKHOLM, at

from driftvakt_collector.alert.oncall.changes import ChangeKind, DutyChange
from driftvakt_collector.alert.oncall.duty import Duty, duties, on_duty
from driftvakt_collector.alert.oncall.rota import DateLine, Layer, Rota, Why

WEEK = (at("2026-02-02T08:00"), at("2026-02-09T08:00"))
NOON = at("2026-02-04T12:00")
"""In a week in which anna is primary and bo secondary."""
ROTA = Rota("natverk", STOCKHOLM, layers=(
    Layer(("anna", "bo", "cecilia"), date(2026, 2, 2)), Layer(("bo", "cecilia", "anna"), date(2026, 2, 2), level=2),
))  # fmt: skip


def override(number: int, person: str, instead: str = "") -> DutyChange:
    return DutyChange(number, ChangeKind.OVERRIDE, person, *WEEK, rota="natverk", instead=instead)


def swap(number: int, person: str, other: str) -> DutyChange:
    return DutyChange(number, ChangeKind.SWAP, person, *WEEK, rota="natverk", instead=other)


def away(number: int, person: str) -> DutyChange:
    return DutyChange(number, ChangeKind.ABSENCE, person, *WEEK)


@pytest.mark.parametrize(("changes", "expected"), [
    pytest.param([], ("anna", "bo"), id="the rotation"),
    pytest.param([override(1, "david")], ("david", "bo"), id="an override without a name is of the primary alone"),
    pytest.param([override(1, "david", "bo")], ("anna", "david"), id="with a name it is of whoever that is"),
    pytest.param([override(1, "david", "eva")], ("anna", "bo"), id="one for who is not on duty changes nothing"),
    pytest.param([override(1, "david"), override(2, "eva")], ("eva", "bo"), id="the newer override wins"),
    pytest.param([override(2, "eva"), override(1, "david")], ("eva", "bo"), id="in whatever order they are read"),
    pytest.param([override(1, "david"), override(2, "eva", "david")], ("eva", "bo"), id="one can follow another"),
    pytest.param([override(1, "bo")], ("bo", "cecilia"), id="the secondary moves up and the next is secondary"),
    pytest.param([swap(1, "anna", "david")], ("david", "bo"), id="a swap"),
    pytest.param([swap(1, "david", "anna")], ("david", "bo"), id="it is the same in both directions"),
    pytest.param([swap(1, "anna", "bo")], ("bo", "anna"), id="two of one week change places"),
    pytest.param([swap(1, "anna", "david"), swap(2, "david", "eva")], ("eva", "bo"), id="a swap of a swap"),
    pytest.param([swap(2, "anna", "david"), override(1, "eva")], ("eva", "bo"), id="an override goes before a swap"),
    pytest.param([away(1, "anna")], ("bo", "cecilia"), id="the next in turn covers, and all move up"),
    pytest.param([away(1, "anna"), away(2, "bo")], ("cecilia",), id="of two who are away both are passed over"),
    pytest.param([away(1, "anna"), away(2, "bo"), away(3, "cecilia")], (), id="with all away there is nobody"),
    pytest.param([away(1, "anna"), override(2, "david", "anna")], ("david", "bo"), id="for the one who is away"),
    pytest.param([away(1, "anna"), override(2, "david", "bo")], ("david", "bo"), id="or for the one who covers"),
    pytest.param([away(1, "david"), override(2, "david")], ("anna", "bo"), id="who is away can't step in"),
    pytest.param([away(1, "david"), swap(2, "anna", "david")], ("anna", "bo"), id="nor take a swap"),
    pytest.param([away(1, "anna"), swap(2, "anna", "david")], ("david", "bo"), id="who is away has swapped in time"),
    pytest.param([away(1, "anna"), away(2, "bo"), away(3, "cecilia"), override(4, "eva")], ("eva",), id="filled"),
])  # fmt: skip
def test_what_goes_before_what(changes: list[DutyChange], expected: tuple[str, ...]) -> None:
    assert on_duty(ROTA, changes, NOON) == expected


def test_changes_of_other_rotas_and_other_times_change_nothing() -> None:
    other = DutyChange(1, ChangeKind.OVERRIDE, "david", *WEEK, rota="drift")

    assert on_duty(ROTA, [other], NOON) == ("anna", "bo")
    assert on_duty(ROTA, [override(1, "david")], WEEK[0] - 0.001) == ()
    assert on_duty(ROTA, [override(1, "david")], WEEK[0]) == ("david", "bo")
    assert on_duty(ROTA, [override(1, "david")], WEEK[1]) == ("bo", "cecilia")


def test_a_line_by_date_goes_before_the_rotation_and_a_later_one_before_an_earlier() -> None:
    rota = Rota("natverk", STOCKHOLM, layers=ROTA.layers, dates=(DateLine("david", *WEEK), DateLine("eva", *WEEK)))

    assert on_duty(rota, (), NOON) == ("eva", "bo")
    assert on_duty(rota, [away(1, "eva")], NOON) == ("david", "bo")
    assert on_duty(rota, [away(1, "eva"), away(2, "david")], NOON) == ("anna", "bo")


def test_where_the_rota_says_so_the_place_of_who_is_absent_stays_empty() -> None:
    rota = Rota("natverk", STOCKHOLM, layers=ROTA.layers, cover=False)

    assert on_duty(rota, [away(1, "anna")], NOON) == ("bo",)
    assert on_duty(rota, [away(1, "anna"), override(2, "bo", "anna")], NOON) == ("bo",)


def test_each_duty_says_why() -> None:
    assert duties(ROTA, [away(1, "anna")], NOON) == (
        Duty(1, "bo", Why.COVER, "anna"), Duty(2, "cecilia", Why.COVER, "bo"),
    )  # fmt: skip
    assert [one.why for one in duties(ROTA, [override(1, "david"), swap(2, "bo", "eva")], NOON)] == [
        Why.OVERRIDE, Why.SWAP,
    ]  # fmt: skip
