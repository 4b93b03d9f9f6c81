"""A year of rotas with both turns of the clock, red days, overrides, swaps and absences, against a painted one."""

import random
from datetime import datetime
from itertools import pairwise

from hypothesis import Phase, given, settings
from rotas import SLOT, YEAR, changes, painted, plan, rotas, slots

from driftvakt_collector.alert.oncall.changes import DutyChange
from driftvakt_collector.alert.oncall.duty import on_duty
from driftvakt_collector.alert.oncall.rota import Rota
from driftvakt_collector.alert.oncall.shift import Shift, gaps, next_on_duty, shifts, spans

PHASES = (Phase.explicit, Phase.generate)
"""A year is not made smaller when it fails: that would take minutes, and the moment that is wrong is told anyhow."""


def year(rota: Rota) -> tuple[float, float]:
    return (
        datetime(YEAR, 1, 1, tzinfo=rota.zone).timestamp(),
        datetime(YEAR + 1, 1, 1, tzinfo=rota.zone).timestamp(),
    )


def people_by_slot(found: list[Shift], rota: Rota) -> dict[int, tuple[str, ...]]:
    return {
        time: one.people for one in found for time in range(int(one.begin), int(one.end), SLOT)
    }  # fmt: skip


@settings(max_examples=25, phases=PHASES)
@given(rotas(), changes())
def test_every_half_hour_of_a_year_has_exactly_the_people_that_the_plan_says(
    rota: Rota, differing: tuple[DutyChange, ...]
) -> None:
    begin, end = year(rota)
    expected = plan(rota, differing)

    found = people_by_slot(shifts(rota, differing, begin, end), rota)

    for time, levels in zip(slots(rota.zone).times, expected, strict=True):
        if begin <= time < end:
            wanted = tuple(person for _, person in sorted(levels.items()) if person)
            assert found.get(time, ()) == wanted, datetime.fromtimestamp(time, rota.zone)


@settings(max_examples=12, phases=PHASES)
@given(rotas(), changes())
def test_shifts_and_who_is_on_duty_at_a_moment_agree(rota: Rota, differing: tuple[DutyChange, ...]) -> None:
    begin, end = year(rota)
    chance = random.Random(7)
    whole = list(spans(rota, differing, begin, end))

    assert (whole[0].begin, whole[-1].end) == (begin, end)
    assert all(one.end == other.begin and one.duties != other.duties for one, other in pairwise(whole))
    for one in chance.sample(whole, min(60, len(whole))):
        for moment in (one.begin, one.end - 1, chance.uniform(one.begin, one.end - 0.001)):
            assert on_duty(rota, differing, moment) == one.people


@settings(max_examples=12, phases=PHASES)
@given(rotas(), changes())
def test_gaps_are_reported_exactly(rota: Rota, differing: tuple[DutyChange, ...]) -> None:
    begin, end = year(rota)
    table, expected, needed = slots(rota.zone), plan(rota, differing), painted(rota.hours, rota)
    wanted = {
        (time, 0 if not any(levels.values()) else level)
        for time, levels, must in zip(table.times, expected, needed, strict=True) if must and begin <= time < end
        for level, person in levels.items() if not person
    }  # fmt: skip

    found = gaps(rota, differing, begin, end)

    told = [(time, one.level) for one in found for time in range(int(one.begin), int(one.end), SLOT)]
    assert len(told) == len(set(told))
    assert set(told) == wanted


@settings(max_examples=12, phases=PHASES)
@given(rotas(), changes())
def test_the_next_shift_is_the_first_with_another_primary(rota: Rota, differing: tuple[DutyChange, ...]) -> None:
    moment = random.Random(3).uniform(*year(rota))
    first = (*on_duty(rota, differing, moment), "")[0]
    later = [one for one in shifts(rota, differing, moment, moment + 92 * 86_400) if one.people[0] != first]

    found = next_on_duty(rota, differing, moment)

    assert (found.begin if found else None) == (later[0].begin if later else None)
