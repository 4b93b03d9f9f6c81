"""What comes again: on the right days, on nights when the clock is turned, and never twice at once."""

import itertools
from calendar import monthrange
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from driftvakt_collector.alert.recurrence import LAST, MAX_SECONDS, Nth, Recurrence, RecurrenceError, read
from driftvakt_collector.alert.span import Span
from driftvakt_collector.alert.words import Words

STOCKHOLM = ZoneInfo("Europe/Stockholm")
HOUR = 3600.0


def at(text: str) -> float:
    return datetime.fromisoformat(text).replace(tzinfo=STOCKHOLM).timestamp()


def every(text: str, hours: float = 4, since: str = "2026-01-01", until: str = "") -> Recurrence:
    return read(text, seconds=hours * HOUR, time_zone="Europe/Stockholm", since=at(since),
                until=at(until) if until else None)  # fmt: skip


def days(recurrence: Recurrence, begin: str, end: str) -> list[str]:
    return [f"{datetime.fromtimestamp(one.begin, STOCKHOLM):%Y-%m-%d %H:%M}"
            for one in recurrence.between(at(begin), at(end))]  # fmt: skip


@pytest.mark.parametrize(("text", "expected"), [
    ("tue 22:00", ["2026-12-01 22:00", "2026-12-08 22:00", "2026-12-15 22:00", "2026-12-22 22:00", "2026-12-29 22:00"]),
    ("every tis, tor 9:30", ["2026-12-01 09:30", "2026-12-03 09:30", "2026-12-08 09:30", "2026-12-10 09:30",
                             "2026-12-15 09:30", "2026-12-17 09:30", "2026-12-22 09:30", "2026-12-24 09:30",
                             "2026-12-29 09:30", "2026-12-31 09:30"]),
    ("monthly 2nd tue 20:00", ["2026-12-08 20:00"]),
    ("monthly 2nd tue +1d 20:00", ["2026-12-09 20:00"]),
    ("monthly 2nd tue + 1 d 20:00", ["2026-12-09 20:00"]),
    ("monthly andra tis +1d 20:00", ["2026-12-09 20:00"]),
    ("monthly 4th fri +7d 20:00", ["2026-12-04 20:00"]),
    ("monthly last sun 06:00", ["2026-12-27 06:00"]),
    ("monthly 25 00:00", ["2026-12-25 00:00"]),
    ("monthly last day 18:00", ["2026-12-31 18:00"]),
])  # fmt: skip
def test_it_comes_on_the_days_that_are_named(text: str, expected: list[str]) -> None:
    assert days(every(text), "2026-12-01 00:00", "2027-01-01 00:00") == expected


@pytest.mark.parametrize("year", range(2025, 2031))
@pytest.mark.parametrize(("text", "number"), [
    ("monthly 1st mon 20:00", 12), ("monthly 2nd tue +1d 20:00", 12), ("monthly last sun 20:00", 12),
    ("monthly last sun +9d 20:00", 12), ("monthly 4th sat +20d 20:00", 12), ("monthly 28 20:00", 12),
    ("monthly last day 20:00", 12),
])  # fmt: skip
def test_a_year_has_as_many_as_months(text: str, number: int, year: int) -> None:
    found = days(every(text, since="2024-01-01"), f"{year}-01-01 00:00", f"{year + 1}-01-01 00:00")

    assert len(found) == number


@pytest.mark.parametrize("year", range(2025, 2031))
def test_a_year_has_as_many_as_weekdays(year: int) -> None:
    whole = [
        date(year, 1, 1) + timedelta(one)
        for one in range(date(year + 1, 1, 1).toordinal() - date(year, 1, 1).toordinal())
    ]
    found = days(every("mon-fri 03:00", 1, "2024-01-01"), f"{year}-01-01 00:00", f"{year + 1}-01-01 00:00")

    assert found == [f"{one} 03:00" for one in whole if one.weekday() < 5]


@pytest.mark.parametrize("number", [1, 2, 3, 4, LAST])
@pytest.mark.parametrize("weekday", range(7))
def test_the_nth_weekday_is_that_of_a_list_of_the_month(number: int, weekday: int) -> None:
    for year, month in itertools.product((2026, 2027, 2028), range(1, 13)):
        month_days = [date(year, month, one) for one in range(1, monthrange(year, month)[1] + 1)]
        of_weekday = [one for one in month_days if one.weekday() == weekday]
        expected = of_weekday[number - 1 if number > 0 else -1]
        assert [one for one in month_days if Nth(number, weekday).falls_on(one)] == [expected]
        assert Nth(number, weekday, 3).falls_on(expected + timedelta(3))


def test_a_time_that_does_not_come_begins_at_the_jump_and_one_that_comes_twice_at_the_first() -> None:
    nights = every("sun 02:30", 2)

    spring = list(nights.between(at("2026-03-29 00:00"), at("2026-03-30 00:00")))
    autumn = list(nights.between(at("2026-10-25 00:00"), at("2026-10-26 00:00")))
    jump = datetime(2026, 3, 29, 1, tzinfo=UTC).timestamp()
    first = datetime(2026, 10, 25, 0, 30, tzinfo=UTC).timestamp()
    assert spring == [Span(jump, jump + 2 * HOUR)]
    assert autumn == [Span(first, first + 2 * HOUR)]


def test_it_lasts_the_hours_that_pass_on_any_night() -> None:
    for night in ("2026-03-28", "2026-10-24", "2026-06-20"):
        span = every("daily 22:00", 8).at(at(f"{night} 23:00"))
        assert span is not None
        assert span.end - span.begin == 8 * HOUR


def test_none_begins_before_since_or_at_until() -> None:
    some = every("tue 22:00", since="2026-12-08 22:00", until="2026-12-22 22:00")

    assert days(some, "2026-01-01 00:00", "2028-01-01 00:00") == ["2026-12-08 22:00", "2026-12-15 22:00"]
    assert some.at(at("2026-12-01 23:00")) is None
    assert some.at(at("2026-12-22 23:00")) is None
    assert some.last_end() == at("2026-12-16 02:00")
    assert every("tue 22:00").last_end() is None


def test_one_that_runs_when_the_end_comes_runs_to_its_own_end() -> None:
    some = every("tue 22:00", until="2026-12-08 23:00")

    assert some.at(at("2026-12-09 01:00")) == Span(at("2026-12-08 22:00"), at("2026-12-09 02:00"))
    assert some.last_end() == at("2026-12-09 02:00")


@pytest.mark.parametrize(("text", "hours", "why"), [
    ("", 4, "is nothing that comes again; write one like"), ("22:00", 4, "nothing that comes again"),
    ("tue", 4, "nothing that comes again"), ("someday 22:00", 4, "nothing that comes again"),
    ("tue 25:00", 4, "no clock shows 25:00"), ("tue 22:60", 4, "no clock shows"), ("tue 24:00", 4, "no clock shows"),
    ("monthly 5th tue 20:00", 4, "1st, 2nd, 3rd, 4th and last"), ("monthly 2nd tue-thu 20:00", 4, "nothing that comes"),
    ("monthly 31 20:00", 4, "not every month has a day 31"), ("monthly 0 20:00", 4, "not every month has a day 0"),
    ("monthly 2nd tue +21d 20:00", 4, "at most 20 days"), ("monthly last day +1d 20:00", 4, "1st, 2nd"),
    ("tue 22:00", 0, "must last 1 minute to 167 hours"), ("daily 22:00", 24, "to 23 hours, or it would meet the next"),
    ("mon,tue 22:00", 24, "to 23 hours"), ("mon,sun 22:00", 24, "to 23 hours"),
    ("monthly 1 22:00", 169, "to 168 hours"), ("x" * 300, 4, "nothing that comes again"),
])  # fmt: skip
def test_what_does_not_come_again_is_refused_with_what_to_write(text: str, hours: float, why: str) -> None:
    with pytest.raises(RecurrenceError, match=why.replace("+", r"\+")):
        every(text, hours)


def test_an_end_before_the_first_is_refused() -> None:
    with pytest.raises(RecurrenceError, match="would end before it begins"):
        every("tue 22:00", since="2026-12-01", until="2026-11-01")
    with pytest.raises(RecurrenceError, match="does not come before its end"):
        every("monthly last day 22:00", since="2026-12-01", until="2026-12-20")


@pytest.mark.parametrize(("text", "swedish", "english"), [
    ("tue 22:00", "varje tisdag 22:00", "every Tuesday 22:00"),
    ("daily 2:00", "varje dag 02:00", "daily 02:00"),
    ("monthly 2nd tue +1d 20:00", "1 dag efter andra tisdagen i månaden 20:00",
     "1 day after the second Tuesday of the month 20:00"),
    ("monthly last sun 20:00", "sista söndagen i månaden 20:00", "the last Sunday of the month 20:00"),
    ("monthly 21 20:00", "den 21:a i månaden 20:00", "day 21 of the month 20:00"),
    ("monthly 11 20:00", "den 11:e i månaden 20:00", "day 11 of the month 20:00"),
    ("monthly last day 20:00", "sista dagen i månaden 20:00", "the last day of the month 20:00"),
])  # fmt: skip
def test_it_is_told_to_people_and_read_again_as_it_is_written(text: str, swedish: str, english: str) -> None:
    found = every(text)

    assert found.told() == Words(swedish, english)
    assert every(found.written()) == found


@st.composite
def recurrences(draw: st.DrawFn) -> Recurrence:
    clock = f"{draw(st.integers(0, 23))}:{draw(st.integers(0, 59)):02}"
    on = draw(st.one_of(
        st.sets(st.sampled_from(["mon", "tue", "wed", "thu", "fri", "sat", "sun"]), min_size=1).map(",".join),
        st.tuples(st.sampled_from(["1st", "2nd", "3rd", "4th", "last"]), st.sampled_from(["mon", "sun"]),
                  st.integers(0, 20)).map(lambda one: f"monthly {one[0]} {one[1]} +{one[2]}d"),
        st.integers(1, 28).map(lambda one: f"monthly {one}"), st.just("monthly last day"),
    ))  # fmt: skip
    try:
        return every(f"{on} {clock}", draw(st.floats(0.1, MAX_SECONDS / HOUR)), "2026-01-01")
    except RecurrenceError as e:
        # Too long for how often it comes: as long as may be.
        longest = float(str(e).split(" minute to ")[1].split(" hours")[0])
        return every(f"{on} {clock}", longest, "2026-01-01")


@settings(max_examples=80, deadline=None, derandomize=True)
@given(recurrences(), st.floats(at("2026-01-10"), at("2027-01-10")))
def test_times_never_meet_and_a_moment_is_in_one_of_them_or_in_none(found: Recurrence, moment: float) -> None:
    spans = list(found.between(at("2026-01-01"), at("2027-02-01")))

    assert all(one.end <= following.begin for one, following in itertools.pairwise(spans))
    assert all(one.end - one.begin == pytest.approx(found.seconds) for one in spans)
    assert found.at(moment) == next((one for one in spans if one.holds(moment)), None)
    assert list(found.between(moment, moment + 40 * 86400)) == [
        one for one in found.between(at("2026-01-01"), at("2028-01-01")) if one.meets(Span(moment, moment + 40 * 86400))
    ]
    assert every(found.written(), found.seconds / HOUR).written() == found.written()
