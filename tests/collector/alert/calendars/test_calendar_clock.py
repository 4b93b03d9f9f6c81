"""Calendars on the nights on which the clock is turned, and past midnight."""

from datetime import UTC, date, datetime
from zoneinfo import ZoneInfo

import pytest

from driftvakt_collector.alert.calendars.book import shipped
from driftvakt_collector.alert.calendars.calendar import Calendar
from driftvakt_collector.alert.calendars.reading import read
from driftvakt_collector.alert.wall_clock import ZoneError, moment, zone_of

STOCKHOLM = ZoneInfo("Europe/Stockholm")
SPRING = ["2025-03-30", "2026-03-29", "2027-03-28", "2028-03-26"]
AUTUMN = ["2025-10-26", "2026-10-25", "2027-10-31", "2028-10-29"]
HOUR = 3600.0


def day(text: str, after: int = 0) -> float:
    """Return the moment of midnight in Stockholm."""
    return datetime.fromordinal(date.fromisoformat(text).toordinal() + after).replace(tzinfo=STOCKHOLM).timestamp()


def utc(text: str) -> float:
    return datetime.fromisoformat(text).replace(tzinfo=UTC).timestamp()


def daily(hours: str) -> Calendar:
    return read(f'hours = {{ daily = "{hours}" }}\nred_days = "as usual"\neves = "as usual"', "test")


def hours_open(calendar: Calendar, text: str) -> float:
    """Return the hours that begin on the night before a day, and those of the day until its next night."""
    noon = 12 * HOUR
    return calendar.open_seconds(day(text, -1) + noon, day(text) + noon) / HOUR


@pytest.mark.parametrize("night", SPRING)
def test_the_night_on_which_an_hour_is_left_out(night: str) -> None:
    assert shipped("always").open_seconds(day(night), day(night, 1)) == 23 * HOUR
    assert hours_open(daily("22:00-06:00"), night) == 7
    assert hours_open(daily("02:00-03:00"), night) == 0
    assert hours_open(daily("02:30-06:00"), night) == 3
    assert hours_open(daily("22:00-02:30"), night) == 4
    jump = utc(f"{night}T01:00")
    assert daily("02:30-06:00").spans(day(night), day(night, 1)) == [(jump, jump + 3 * HOUR)]
    assert daily("22:00-02:30").closes(jump - 1) == jump


@pytest.mark.parametrize("night", AUTUMN)
def test_the_night_on_which_an_hour_comes_twice(night: str) -> None:
    assert shipped("always").open_seconds(day(night), day(night, 1)) == 25 * HOUR
    assert hours_open(daily("22:00-06:00"), night) == 9
    assert hours_open(daily("02:00-03:00"), night) == 2
    assert hours_open(daily("02:30-02:45"), night) == 0.25
    first = utc(f"{night}T00:30")
    assert daily("02:30-02:45").opens(day(night)) == first
    assert not daily("02:30-02:45").is_open(first + HOUR)
    assert daily("22:00-02:30").closes(day(night)) == first
    assert daily("02:30-06:00").opens(day(night)) == first


@pytest.mark.parametrize("night", [*SPRING, *AUTUMN])
def test_shifts_that_follow_upon_each_other_on_the_wall_leave_no_gap_in_time(night: str) -> None:
    shifts = [daily(hours) for hours in ("22:00-02:30", "02:30-06:00", "06:00-22:00")]
    begin, end = day(night, -1), day(night, 2)

    assert sum(one.open_seconds(begin, end) for one in shifts) == end - begin


@pytest.mark.parametrize("night", [*SPRING, *AUTUMN])
def test_standby_is_open_whenever_the_office_is_not(night: str) -> None:
    office, standby = shipped("office"), shipped("standby")
    begin, end = day(night, -2), day(night, 2)

    assert office.open_seconds(begin, end) + standby.open_seconds(begin, end) == end - begin
    assert all(office.is_open(at) != standby.is_open(at) for at in range(int(begin), int(end), 1800))


def test_a_night_shift_belongs_to_the_day_on_which_it_begins() -> None:
    calendar = read('hours = { "mon-fri" = "22:00-06:00" }', "nights")

    saturday, monday = day("2026-11-28"), day("2026-11-30")
    assert calendar.is_open(saturday + 5 * HOUR)
    assert not calendar.is_open(saturday + 6 * HOUR)
    assert not calendar.is_open(monday + 5 * HOUR)
    assert calendar.opens(saturday + 6 * HOUR) == monday + 22 * HOUR


def test_another_time_zone_has_its_own_nights() -> None:
    calendar = read('time_zone = "America/New_York"\nhours = { daily = "22:00-06:00" }\nred_days = "as usual"'
                    '\neves = "as usual"', "far")  # fmt: skip

    assert calendar.open_seconds(utc("2026-03-07T20:00"), utc("2026-03-08T20:00")) == 7 * HOUR


def test_a_minute_that_is_left_out_is_the_moment_of_the_jump() -> None:
    zone = zone_of("Europe/Stockholm")

    jump = utc("2026-03-29T01:00")
    assert [moment(date(2026, 3, 29), minute, zone) for minute in (120, 121, 150, 179, 180)] == [jump] * 5
    assert moment(date(2026, 3, 29), 181, zone) == jump + 60
    assert moment(date(2026, 3, 28), 1440 + 150, zone) == jump


@pytest.mark.parametrize("name", ["", "Stockholm", "../etc/passwd", "x" * 300, "Europe/\0"])
def test_what_is_no_time_zone_is_refused(name: str) -> None:
    with pytest.raises(ZoneError, match="there is no time zone"):
        zone_of(name)
