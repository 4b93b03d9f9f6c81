"""Calendars from TOML: every mistake in one message, and nothing that a text can break."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from driftvakt_collector.alert.calendars import hours
from driftvakt_collector.alert.calendars.book import SHIPPED, shipped_text
from driftvakt_collector.alert.calendars.calendar import PlanError
from driftvakt_collector.alert.calendars.hours import Hours, HoursError
from driftvakt_collector.alert.calendars.reading import MAX_TEXT, read

GOOD = 'hours = { "mon-fri" = "08-17" }\n'


@pytest.mark.parametrize("name", SHIPPED)
def test_what_is_shipped_is_read(name: str) -> None:
    calendar = read(shipped_text(name), name)

    assert calendar.name == name
    assert calendar.title.sv != calendar.title.en
    assert calendar.time_zone == "Europe/Stockholm"


@pytest.mark.parametrize(("text", "expected"), [
    ("08-17", [(480, 1020)]),
    ("8:00 – 17:30", [(480, 1050)]),
    ("13-17, 08:00-12:00", [(480, 720), (780, 1020)]),
    ("22:00-06:00", [(1320, 1800)]),
    ("00:00-24:00", [(0, 1440)]),
    ("All day", [(0, 1440)]),
    ("stängt", []),
])  # fmt: skip
def test_hours_are_written_as_people_write_them(text: str, expected: list[tuple[int, int]]) -> None:
    assert list(hours.read(text)) == expected


@pytest.mark.parametrize(("text", "why"), [
    ("", "must be like 08:00-17:00"), ("8", "must be like"), ("08.00-17.00", "must be like"),
    ("25-26", "no clock shows"), ("08:60-09:00", "no clock shows"), ("08:00-24:01", "no clock shows"),
    ("24:00-08:00", "no clock shows"), ("08-08", "begins when it ends"), ("08-12, 11-13", "overlap"),
    ("22-06, 05-07", "own beginning"), (", ".join(f"{one}:00-{one}:30" for one in range(14)), "more than 12"),
    ("08-17" * 5000, "must be like"), ("٠٨-١٧", "must be like"),
])  # fmt: skip
def test_hours_that_are_none_are_refused(text: str, why: str) -> None:
    with pytest.raises(HoursError, match=why):
        hours.read(text)


def test_hours_that_are_limited_never_grow() -> None:
    assert hours.limited((Hours(480, 720), Hours(780, 1020)), (Hours(0, 800),)) == (Hours(480, 720), Hours(780, 800))
    assert hours.limited((), (Hours(0, 1440),)) == ()


@pytest.mark.parametrize(("text", "why"), [
    ("", "'hours' is missing"),
    ("hours = 3", "'hours' must be a table by weekday"),
    ('hours = { someday = "08-17" }', "'someday' is no day"),
    ('hours = { mon = "08-17", "mon-fri" = "08-17" }', "names a day that another line names too"),
    ('hours = { mon = "22-07", tue = "06-08" }', "goes on into 06:00–08:00 of the day after"),
    ("hours = { mon = 8 }", "must be a text like"),
    (GOOD + "red_day = 1", "'red_day' is not known; known are title"),
    (GOOD + "eves = true", "'eves' must be a text like"),
    (GOOD + 'time_zone = "Stockholm"', "there is no time zone 'Stockholm'"),
    (GOOD + "time_zone = 1", "there is no time zone"),
    (GOOD + 'invert = "yes"', "'invert' must be true or false"),
    (GOOD + "title = ''", "'title' must be a text of 1 to 200"),
    (GOOD + "title = { sv = 'x' }", "'title' must be a text"),
    (GOOD + 'title = "a\\u001b[2J"', "'title' must be a text"),
    (GOOD + 'half_days = { nonsense = "08-12" }', "or one of trettondagsafton, skärtorsdagen"),
    (GOOD + 'half_days = { "02-30" = "08-12" }', "'02-30' is not known"),
    (GOOD + "half_days = 3", "'half_days' must be a table"),
    (GOOD + "holiday = 3", r"must be at most 1000 tables: \[\[holiday\]\]"),
    (GOOD + "[[holiday]]\nname = 'x'\ndate = '13/12'", "holiday 1: 'date' must be \"12-13\" for each year"),
    (GOOD + "[[holiday]]\ndate = '12-13'", "holiday 1: 'name' must be a text"),
    (GOOD + "[[term]]\nname='x'\nfrom=2026-01-01", "term 1: 'to' must be a date like 2026-12-27.*got nothing"),
    (GOOD + "[[term]]\nname='x'\nfrom=2026-02-01\nto=2026-01-01", "must be forwards"),
    (GOOD + "[[break]]\nname='x'\nfrom=2026-01-01\nto=2028-01-01", "400 days at most"),
    (GOOD + "[[term]]\nname='a'\nfrom=2026-01-01\nto=2026-02-01\n[[term]]\nname='b'\nfrom=2026-02-01\nto=2026-03-01",
     "terms 'a' and 'b' overlap on 2026-02-01"),
    (GOOD + "[[exception]]\ndate=2026-12-24\nreason='x'", "say one of open.*got none"),
    (GOOD + "[[exception]]\ndate=2026-12-24\nreason='x'\nopen='09-10'\nclosed=true", "got open and closed"),
    (GOOD + "[[exception]]\ndate=2026-12-24\nopen='09-10'", "exception 1: 'reason' must be a text.*got nothing"),
    (GOOD + "[[exception]]\ndate=2026-12-24\nreason='x'\nopen='closed'", "'open' must name hours"),
    (GOOD + "[[exception]]\ndate=2026-12-24\nreason='x'\nclosed=false", "must be a text like"),
    (GOOD + "[[exception]]\ndate=2026-12-24T10:00:00\nreason='x'\nclosed=true", "'date' must be a date like"),
    (GOOD + "[[exception]]\ndate=1826-12-24\nreason='x'\nclosed=true", "2000 to 2100"),
    (GOOD + "[[exception]]\ndate=2026-12-24\nreason='x'\nhours='09-10'\n" * 2,
     "two exceptions give hours for 2026-12-24"),
    ("hours = {", "cannot use the calendar 'test'"),
    ("x = " + "[" * 5000, "cannot use the calendar 'test'"),
    ("#" * (MAX_TEXT + 1), "has more than 262144 characters"),
])  # fmt: skip
def test_a_mistake_is_said_with_what_to_write(text: str, why: str) -> None:
    with pytest.raises(PlanError, match=why):
        read(text, "test")


def test_all_mistakes_stand_in_one_message() -> None:
    with pytest.raises(PlanError) as caught:
        read('hours = { mon = "x", noday = "08-17" }\neves = 1\ntime_zone = "x"\ny = 1', "test")

    assert len(str(caught.value).splitlines()) == 6


def test_swedish_words_are_taken() -> None:
    calendar = read(
        'hours = { "mån-tor" = "08-17", fre = "08-15", "lör,sön" = "stängt" }\nred_days = "som vanligt"', "x"
    )

    assert calendar.rules.week == ((Hours(480, 1020),),) * 4 + ((Hours(480, 900),), (), ())
    assert calendar.rules.red is None
    assert calendar.rules.eves == ()


@settings(max_examples=300, deadline=None, derandomize=True)
@given(st.text(max_size=200) | st.text(alphabet='hours ={}"-:0123456789[]exception\n', max_size=200))
def test_any_text_is_a_calendar_or_a_plan_error(text: str) -> None:
    try:
        calendar = read(text, "test")
    except PlanError:
        return
    assert calendar.open_seconds(0, 1e6) >= 0
