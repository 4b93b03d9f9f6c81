"""What is open when, and what people are told; also beside an oracle that looks at each minute of the wall clock."""

import itertools
import random
from collections.abc import Sequence
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from driftvakt_collector.alert.calendars.book import SHIPPED, shipped
from driftvakt_collector.alert.calendars.calendar import Calendar
from driftvakt_collector.alert.calendars.reading import read
from driftvakt_collector.alert.words import Words

STOCKHOLM = ZoneInfo("Europe/Stockholm")
HOUR = 3600.0


def at(text: str) -> float:
    return datetime.fromisoformat(text).replace(tzinfo=STOCKHOLM).timestamp()


LIBRARY = read(
    """
    title = "Biblioteket"
    hours = { "mon-thu" = "10:00-19:00", fri = ["10-13", "14-17"], "sat" = "11:00-15:00" }
    red_days = "12:00-15:00"
    before_red = "10:00-16:00"
    half_days = { "skärtorsdagen" = "10:00-13:00", "påskafton" = "closed", "klämdag" = "closed", "12-23" = "10-12" }

    [[holiday]]
    date = "12-13"
    name = { sv = "Lucia", en = "Saint Lucy's Day" }

    [[exception]]
    date = 2026-12-27
    open = "09:00-12:00"
    reason = { sv = "extra öppet", en = "open in addition" }

    [[exception]]
    date = 2026-11-30
    to = 2026-12-01
    closed = "12:00-13:00"
    reason = "brandövning"

    [[exception]]
    date = 2026-12-08
    closed = true
    reason = "inventering"

    [[exception]]
    date = 2026-12-09
    hours = "14:00-20:00"
    reason = "kvällsöppet"
    """,
    "library",
)


@pytest.mark.parametrize(("moment", "swedish", "english"), [
    pytest.param("2026-12-07 09:59", "Stängt: utanför 10:00–19:00", "Closed: outside 10:00–19:00", id="too early"),
    pytest.param("2026-12-07 10:00", "Öppet till 19:00", "Open until 19:00", id="the first second counts"),
    pytest.param("2026-12-07 19:00", "Stängt: utanför 10:00–19:00", "Closed: outside 10:00–19:00", id="the last not"),
    pytest.param("2026-12-04 13:30", "Stängt: utanför 10:00–13:00, 14:00–17:00",
                 "Closed: outside 10:00–13:00, 14:00–17:00", id="at lunch"),
    pytest.param("2026-12-06 12:00", "Stängt: söndag", "Closed: Sunday", id="on a Sunday"),
    pytest.param("2027-03-26 11:00", "Stängt: Långfredagen, öppet 12:00–15:00", "Closed: Good Friday, open 12:00–15:00",
                 id="a red day has hours of its own"),
    pytest.param("2027-03-26 13:00", "Öppet till 15:00", "Open until 15:00", id="and is open in them"),
    pytest.param("2026-06-19 13:00", "Stängt: Midsommarafton", "Closed: Midsummer Eve", id="an eve is closed"),
    pytest.param("2027-03-25 14:00", "Stängt: Skärtorsdagen, öppet 10:00–13:00",
                 "Closed: Maundy Thursday, open 10:00–13:00", id="a half day goes before a day before a red one"),
    pytest.param("2027-03-27 12:00", "Stängt: Påskafton", "Closed: Easter Eve", id="a half day may be a whole one"),
    pytest.param("2026-04-30 17:00", "Stängt: dag före röd dag, öppet 10:00–16:00",
                 "Closed: day before a holiday, open 10:00–16:00", id="the day before a red one is short"),
    pytest.param("2026-05-15 11:00", "Stängt: Klämdag", "Closed: Bridge day between days off", id="a bridge day"),
    pytest.param("2026-12-23 13:00", "Stängt: 23 december, öppet 10:00–12:00",
                 "Closed: 23 December, open 10:00–12:00", id="a half day by its date"),
    pytest.param("2027-12-13 12:00", "Stängt: Lucia", "Closed: Saint Lucy's Day", id="a holiday of one's own"),
    pytest.param("2026-12-27 10:00", "Öppet till 12:00: extra öppet", "Open until 12:00: open in addition",
                 id="open in addition, on a Sunday"),
    pytest.param("2026-12-27 12:00", "Stängt: söndag", "Closed: Sunday", id="and closed after it"),
    pytest.param("2026-12-01 12:59", "Stängt: brandövning", "Closed: brandövning", id="closed for an hour"),
    pytest.param("2026-12-01 13:00", "Öppet till 19:00", "Open until 19:00", id="and open after it"),
    pytest.param("2026-12-08 12:00", "Stängt: inventering", "Closed: inventering", id="closed all day"),
    pytest.param("2026-12-09 11:00", "Stängt: kvällsöppet", "Closed: kvällsöppet", id="other hours than usual"),
    pytest.param("2026-12-09 19:30", "Öppet till 20:00: kvällsöppet", "Open until 20:00: kvällsöppet", id="are those"),
])  # fmt: skip
def test_people_are_told_why(moment: str, swedish: str, english: str) -> None:
    assert LIBRARY.why(at(moment)) == Words(swedish, english)
    assert LIBRARY.is_open(at(moment)) == swedish.startswith("Öppet")


@pytest.mark.parametrize(("name", "moment", "swedish"), [
    ("always", "2026-12-24 03:00", "Öppet tills vidare"),
    ("office", "2026-06-06 10:00", "Stängt: Nationaldagen"),
    ("office", "2026-12-24 10:00", "Stängt: Julafton"),
    ("office", "2026-12-31 10:00", "Stängt: Nyårsafton"),
    ("office", "2026-12-30 16:59", "Öppet till 17:00"),
    ("extended", "2026-12-30 21:59", "Öppet till 22:00"),
    ("standby", "2026-12-30 17:00", "Öppet till måndag 2027-01-04 08:00"),
    ("standby", "2026-12-29 17:00", "Öppet till 08:00 i morgon"),
    ("standby", "2026-12-30 09:00", "Stängt till 17:00"),
    ("school", "2026-10-28 10:00", "Stängt: Höstlov"),
    ("school", "2027-03-02 10:00", "Stängt: Sportlov"),
    ("school", "2027-03-31 10:00", "Stängt: Påsklov"),
    ("school", "2026-07-01 10:00", "Stängt: utanför terminerna"),
    ("school", "2026-11-02 10:00", "Öppet till 16:00"),
    ("school", "2026-06-06 10:00", "Stängt: Nationaldagen"),
])  # fmt: skip
def test_the_shipped_calendars(name: str, moment: str, swedish: str) -> None:
    assert shipped(name).why(at(moment)).sv == swedish


def test_midnight_is_said_as_the_end_of_the_day() -> None:
    calendar = read('hours = { fri = "18:00-24:00" }', "late")

    assert calendar.why(at("2026-11-27 20:00")).en == "Open until 24:00"


def test_after_the_last_term_there_is_no_next_opening() -> None:
    school = shipped("school")

    assert school.opens(at("2028-06-09 16:00")) is None
    assert school.closes(at("2028-06-09 15:00")) == at("2028-06-09 16:00")
    assert shipped("always").closes(at("2026-01-01 00:00")) is None


def test_days_of_work_and_holidays_are_told_apart_from_hours() -> None:
    office = shipped("office")

    assert office.is_workday(at("2026-12-23 03:00"))
    assert not office.is_workday(at("2026-12-24 10:00"))
    assert office.is_holiday(at("2026-12-24 23:59"))
    assert not office.is_workday(at("2026-12-27 10:00"))
    assert not office.is_holiday(at("2026-12-27 10:00"))
    assert LIBRARY.is_holiday(at("2027-12-13 10:00"))
    assert not LIBRARY.is_workday(at("2027-12-13 10:00"))


def test_a_pc_is_expected_when_its_calendar_is_open() -> None:
    school = shipped("school")

    assert school.expects(at("2026-11-02 10:00"))
    assert not school.expects(at("2026-11-02 20:00"))


# --- beside an oracle ---


def _minute(number: int) -> str:
    return f"{number // 60:02}:{number % 60:02}"


@st.composite
def calendars(draw: st.DrawFn) -> tuple[Calendar, list[tuple[int, int]], dict[date, str]]:
    """Return a calendar, its hours by weekday, and what its exceptions do with whole days."""
    week = []
    lines = []
    for number, name in enumerate(("mon", "tue", "wed", "thu", "fri", "sat", "sun")):
        begin = draw(st.integers(6 * 60, 1439), label=f"begin of day {number}")
        length = draw(st.integers(0, 18 * 60), label="length")
        # Past midnight at most until the next one may begin.
        end = min(begin + length, 1440 + 6 * 60)
        week.append((begin, end))
        if end > begin:
            lines.append(f'{name} = "{_minute(begin)}-{_minute(end if end <= 1440 else end - 1440)}"')
    days = draw(st.lists(st.dates(date(2026, 10, 20), date(2026, 11, 10)), unique=True, max_size=4))
    done = {day: draw(st.sampled_from(["open", "closed", "hours"])) for day in days}
    tables = [
        f"[[exception]]\ndate = {day}\n{what} = {'true' if what == 'closed' else chr(34) + '09:00-10:30' + chr(34)}\n"
        'reason = "x"\n'
        for day, what in done.items()
    ]
    text = f'red_days = "as usual"\neves = "as usual"\nhours = {{ {", ".join(lines)} }}\n' + "".join(tables)
    return read(text, "drawn"), week, done


def oracle(week: Sequence[tuple[int, int]], done: dict[date, str], wall: datetime) -> bool:
    """Say by the wall clock if it is open, without any arithmetic on moments."""
    minute = wall.hour * 60 + wall.minute
    today, yesterday = wall.date(), wall.date() - timedelta(days=1)
    if done.get(today) in ("open", "hours") and 540 <= minute < 630:
        return True
    if done.get(today) in ("closed", "hours"):
        return False
    begin, end = week[today.weekday()]
    if begin <= minute < end:
        return True
    _, end = week[yesterday.weekday()]
    return done.get(yesterday) not in ("closed", "hours") and minute + 1440 < end


@settings(max_examples=60, deadline=None, derandomize=True)
@given(calendars(), st.randoms(use_true_random=False))
def test_hours_are_those_of_the_wall_clock(
    drawn: tuple[Calendar, list[tuple[int, int]], dict[date, str]], dice: random.Random
) -> None:
    calendar, week, done = drawn
    for _ in range(60):
        moment = dice.randrange(int(at("2026-10-20 00:00")), int(at("2026-11-12 00:00")))
        wall = datetime.fromtimestamp(moment, STOCKHOLM)
        if wall.date() == date(2026, 10, 25) and wall.hour < 4:
            continue  # The night on which the wall clock alone does not say it: test_calendar_clock.
        assert calendar.is_open(moment) == oracle(week, done, wall), wall


def _check(calendar: Calendar, a: float, b: float, c: float, dice: random.Random) -> None:
    """What holds for every calendar."""
    whole = calendar.open_seconds(a, c)
    assert calendar.open_seconds(a, b) + calendar.open_seconds(b, c) == pytest.approx(whole, abs=1e-3)
    spans = calendar.spans(a, c)
    assert sum(one.end - one.begin for one in spans) == pytest.approx(whole, abs=1e-3)
    assert all(one.end < following.begin for one, following in itertools.pairwise(spans))
    for _ in range(20):
        moment = dice.uniform(a, c)
        if moment == c:
            continue  # Spans end before it.
        assert calendar.is_open(moment) == any(one.holds(moment) for one in spans)
    opened = calendar.opens(b)
    if opened is not None:
        assert calendar.is_open(opened)
        assert calendar.open_seconds(b, opened) == 0
    closed = calendar.closes(b)
    if closed is not None:
        assert not calendar.is_open(closed)
        assert calendar.open_seconds(b, closed) == pytest.approx(closed - b, abs=1e-3)
    # What is asked again is answered again, and what is remembered is what is reckoned.
    assert calendar.open_seconds(a, c) == whole


@settings(max_examples=60, deadline=None, derandomize=True)
@given(calendars(), st.lists(st.floats(1792000000, 1795000000), min_size=3, max_size=3),
       st.randoms(use_true_random=False))  # fmt: skip
def test_seconds_spans_openings_and_closings_agree(
    drawn: tuple[Calendar, object, object], moments: list[float], dice: random.Random
) -> None:
    _check(drawn[0], *sorted(moments), dice)


@pytest.mark.parametrize("name", SHIPPED)
def test_they_agree_for_what_is_shipped_too(name: str) -> None:
    dice = random.Random(name)
    for _ in range(25):
        a, b, c = sorted(dice.uniform(at("2025-01-01 00:00"), at("2028-12-31 00:00")) for _ in range(3))
        _check(shipped(name), a, b, min(c, b + 90 * 86400), dice)


def test_an_office_has_the_hours_of_its_days_of_work() -> None:
    # 2026: 261 days from Monday to Friday; red on such days are 1 and 6 January, Good Friday, Easter Monday, 1 May,
    # Ascension Day and Christmas Day; the three eves fall on Friday, Thursday and Thursday.
    assert shipped("office").open_seconds(at("2026-01-01 00:00"), at("2027-01-01 00:00")) == (261 - 7 - 3) * 9 * HOUR
