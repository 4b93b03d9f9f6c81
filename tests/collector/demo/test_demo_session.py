from collections import Counter

import pytest
from life import CITY, TUESDAY

from driftvakt_collector.demo.asset import Fault, Habit
from driftvakt_collector.demo.course import DAY, OFFICE, Bursts, Course, Square, at, local
from driftvakt_collector.demo.session import CUT_SECONDS, is_cut, session

HOUR = 3600.0
PCS = [asset for asset in CITY if asset.class_ == "workstation"]


def _on(t: float) -> float:
    return sum(session(asset, t) is not None for asset in PCS) / len(PCS)


def test_computers_are_on_by_day_and_off_by_night() -> None:
    assert _on(TUESDAY + 10 * HOUR) > 0.75
    assert _on(TUESDAY + 3 * HOUR) < 0.1
    assert _on(TUESDAY + 23.5 * HOUR) < 0.1
    assert _on(TUESDAY + 4 * DAY + 10 * HOUR) < 0.15


@pytest.mark.parametrize("hour", range(0, 72, 5))
def test_a_session_holds_the_moment_that_it_was_asked_for(hour: int) -> None:
    t = TUESDAY + hour * HOUR
    for asset in CITY:
        found = session(asset, t)
        assert found is None or found.boot <= t < found.end
        # Asked for any moment within it, it is the same one.
        if found is not None:
            assert session(asset, (t + found.end) / 2) == found


def test_servers_run_night_and_day() -> None:
    servers = [asset for asset in CITY if asset.habit is Habit.SERVER and asset.fault is not Fault.CRASHING]

    running = [session(asset, TUESDAY + 3.2 * HOUR) for asset in servers]

    assert sum(one is not None for one in running) >= 0.9 * len(servers)


def test_one_server_starts_again_and_again_without_a_word() -> None:
    asset = next(one for one in CITY if one.fault is Fault.CRASHING)
    found = {session(asset, TUESDAY + minute * 60) for minute in range(120)}
    sessions = {one for one in found if one is not None}

    assert None in found
    assert len(sessions) in (6, 7)
    assert not any(one.clean for one in sessions)


def test_a_line_is_cut_for_25_minutes_of_each_two_hours() -> None:
    asset = next(one for one in CITY if one.place.cut)
    cut = [is_cut(asset, TUESDAY + minute * 60) for minute in range(24 * 60)]

    assert Counter(cut)[True] == 12 * CUT_SECONDS / 60
    assert not any(is_cut(one, TUESDAY + 600.0 * step) for one in CITY if not one.place.cut for step in range(12))


COURSES = [Course(OFFICE, 0.05, TUESDAY - 3 * DAY), Bursts(1), Square(900.0, 300.0)]


@pytest.mark.parametrize("course", COURSES, ids=["course", "bursts", "square"])
def test_a_total_is_the_integral_of_the_rate(course: Course | Bursts | Square) -> None:
    step = 10.0
    whole = sum(course.rate(TUESDAY + (number + 0.5) * step) * step for number in range(8640))

    assert course.total(TUESDAY + DAY) - course.total(TUESDAY) == pytest.approx(whole, rel=0.002)


@pytest.mark.parametrize(
    ("midnight", "hours"),
    [pytest.param(1774738800.0, 23, id="clocks are set forward"), pytest.param(1792879200.0, 25, id="and back")],
)
def test_a_course_follows_the_clock_on_the_wall(midnight: float, hours: int) -> None:
    course = Course(OFFICE, 1.0, midnight - DAY)
    morning = local(midnight + 12 * HOUR)

    assert at(morning, 10.0) - midnight == (hours - 14) * HOUR
    assert course.rate(at(morning, 10.0)) == pytest.approx(1.0)
    assert course.rate(at(morning, 5.0)) == pytest.approx(0.03)
