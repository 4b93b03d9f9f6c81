"""When jobs should run: cron's own rules, and the nights on which Stockholm turns its clocks."""

from datetime import datetime
from zoneinfo import ZoneInfo

import pytest

from driftvakt_collector.poll.plan import Cron, Interval, PlanError, zone_of

STOCKHOLM = ZoneInfo("Europe/Stockholm")


def at(text: str) -> float:
    return datetime.fromisoformat(text).timestamp()


def told(moment: float) -> str:
    return f"{datetime.fromtimestamp(moment, STOCKHOLM):%a %m-%d %H:%M%z}"


@pytest.mark.parametrize(("expression", "since", "due"), [
    pytest.param("30 2 * * *", "2026-11-26T12:00+01:00", "Fri 11-27 02:30+0100", id="the next night"),
    pytest.param("30 2 * * 1-5", "2026-11-27T03:00+01:00", "Mon 11-30 02:30+0100", id="1 to 5 is Monday to Friday"),
    pytest.param("30 2 * * 0", "2026-11-27T03:00+01:00", "Sun 11-29 02:30+0100", id="0 is Sunday"),
    pytest.param("30 2 * * 7", "2026-11-27T03:00+01:00", "Sun 11-29 02:30+0100", id="7 is Sunday too"),
    pytest.param("30 2 * * 5-7", "2026-11-28T03:00+01:00", "Sun 11-29 02:30+0100", id="5-7 ends with Sunday"),
    pytest.param("30 2 * * fri-mon", "2026-11-29T03:00+01:00", "Mon 11-30 02:30+0100", id="by name, over Sunday"),
    pytest.param("30 2 * * */3", "2026-11-26T03:00+01:00", "Sat 11-28 02:30+0100", id="each third, from Sunday"),
    pytest.param("0 4 13 * 5", "2026-11-26T12:00+01:00", "Fri 11-27 04:00+0100", id="day or weekday: the weekday"),
    pytest.param("0 4 13 * 5", "2026-12-11T12:00+01:00", "Sun 12-13 04:00+0100", id="day or weekday: the day"),
    pytest.param("*/15 8-17 * * *", "2026-11-26T17:45:30+01:00", "Fri 11-27 08:00+0100", id="over the night"),
    pytest.param("@daily", "2026-11-26T12:00+01:00", "Fri 11-27 00:00+0100", id="@daily"),
    pytest.param("30 2 * * *", "2026-11-27T02:29:30+01:00", "Sat 11-28 02:30+0100", id="a clock half a minute ahead"),
    pytest.param("30 2 * * *", "2026-03-28T02:31+01:00", "Sun 03-29 03:30+0200", id="spring: 02:30 is not there"),
    pytest.param("30 2 * * *", "2026-03-29T03:00:10+02:00", "Mon 03-30 02:30+0200", id="spring: cron ran it at 03:00"),
    pytest.param("30 2 * * *", "2026-03-29T03:30:10+02:00", "Mon 03-30 02:30+0200", id="spring: systemd at 03:30"),
    pytest.param("0 3 * * *", "2026-03-28T03:01+01:00", "Sun 03-29 03:00+0200", id="spring: 03:00 an hour sooner"),
    pytest.param("*/30 * * * *", "2026-03-29T01:30:10+01:00", "Sun 03-29 03:00+0200", id="spring: each half hour"),
    pytest.param("30 2 * * *", "2026-10-24T02:31+02:00", "Sun 10-25 02:30+0100", id="autumn: by the second 02:30"),
    pytest.param("30 2 * * *", "2026-10-25T02:30:10+02:00", "Mon 10-26 02:30+0100", id="autumn: it ran at the first"),
    pytest.param("30 2 * * *", "2026-10-25T02:30:10+01:00", "Mon 10-26 02:30+0100", id="autumn: it ran at the second"),
    pytest.param("0 1 * * *", "2026-10-24T01:01+02:00", "Sun 10-25 01:00+0200", id="autumn: 01:00 comes once"),
    pytest.param("0 3 * * *", "2026-10-24T03:01+02:00", "Sun 10-25 03:00+0100", id="autumn: 03:00 an hour later"),
])  # fmt: skip
def test_the_next_run(expression: str, since: str, due: str) -> None:
    slot = Cron(expression, STOCKHOLM).slot(at(since), at(since))

    assert told(slot.due) == due
    assert slot.due - 3600 <= slot.begins <= slot.due


def test_in_autumn_the_first_half_past_two_is_early_enough() -> None:
    slot = Cron("30 2 * * *", STOCKHOLM).slot(at("2026-10-24T02:31+02:00"), 0)

    assert (slot.begins, slot.due) == (at("2026-10-25T02:30+02:00"), at("2026-10-25T02:30+01:00"))


@pytest.mark.parametrize("expression", ["0 * * * *", "*/7 * * * *", "30 2 * * *", "15 1-4 * * 0", "59 23 * * *"])
@pytest.mark.parametrize("day", ["2026-03-28T12:00+01:00", "2026-10-24T12:00+02:00"])
def test_each_run_leads_to_a_later_one_whatever_the_clock_does(expression: str, day: str) -> None:
    plan = Cron(expression, STOCKHOLM)
    since = at(day)
    for _ in range(300):
        slot = plan.slot(since, since)
        assert since < slot.due
        if not expression.endswith("0"):
            assert slot.due - since <= 26 * 3600
        since = slot.due


def test_a_run_every_so_often_is_due_from_the_last_one() -> None:
    plan = Interval(3600.0, 600.0)

    assert plan.slot(1000.0, 1000.0) == (4000.0, 4600.0)
    assert plan.slot(1000.0, 4600.0).due == 8200.0
    assert plan.slot(1000.0, 50_000.0).due == 51_400.0


@pytest.mark.parametrize(
    ("expression", "seconds"), [("0 * * * *", 3600), ("30 2 * * 1-5", 86_400), ("0 6,8 * * *", 7200)]
)
def test_how_near_two_runs_come(expression: str, seconds: float) -> None:
    assert Cron(expression, STOCKHOLM).shortest(at("2026-11-26T12:00+01:00")) == seconds


@pytest.mark.parametrize(("expression", "why"), [
    ("", "five fields"), ("30 2 * *", "five fields"), ("30 2 * * * *", "five fields"), ("@reboot", "five fields"),
    ("61 2 * * *", "maximum"), ("30 2 31 2 *", "never|no time"), ("30 2 * * 8", "no weekday"), ("a b c d e", "weekday"),
    ("*/0 * * * *", "Increment"), ("30 2 * * 1/0", "no range"), ("30 2 * * mon;tue", "five fields"),
    ("1 " * 400, "five fields"),
])  # fmt: skip
def test_what_is_no_expression_is_said(expression: str, why: str) -> None:
    with pytest.raises(PlanError, match=why):
        Cron(expression, STOCKHOLM)


@pytest.mark.parametrize("name", ["Europa/Stockholm", "", "/etc/passwd", "../UTC", "x" * 999])
def test_a_time_zone_that_is_none(name: str) -> None:
    with pytest.raises(PlanError, match="Europe/Stockholm"):
        zone_of(name)
