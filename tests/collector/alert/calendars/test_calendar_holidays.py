"""Red days, eves and half days, beside a computus and the dates of almanacs."""

from datetime import date, timedelta

import pytest

from driftvakt_collector.alert.calendars.holidays import HALF_DAYS, Sort, half_days, holidays, is_free

ALMANAC = {
    # year: Easter Sunday, Midsummer's Eve, All Saints' Day
    2025: ("2025-04-20", "2025-06-20", "2025-11-01"),
    2026: ("2026-04-05", "2026-06-19", "2026-10-31"),
    2027: ("2027-03-28", "2027-06-25", "2027-11-06"),
    2028: ("2028-04-16", "2028-06-23", "2028-11-04"),
    2029: ("2029-04-01", "2029-06-22", "2029-11-03"),
    2030: ("2030-04-21", "2030-06-21", "2030-11-02"),
}


def easter(year: int) -> date:
    """Return Easter Sunday by the anonymous Gregorian computus (Nature, 1876)."""
    a, b, c = year % 19, year // 100, year % 100
    d, e = b // 4, b % 4
    g = (b - (b + 8) // 25 + 1) // 3
    h = (19 * a + b - d - g + 15) % 30
    i, k = c // 4, c % 4
    l_ = (32 + 2 * e + 2 * i - h - k) % 7
    m = (a + 11 * h + 22 * l_) // 451
    month, day = divmod(h + l_ - 7 * m + 114, 31)
    return date(year, month, day + 1)


def expected(year: int) -> dict[date, tuple[str, Sort]]:
    """Return the days of lagen (1989:253) om allmänna helgdagar, and the three eves of semesterlagen."""

    def saturday(first: date) -> date:
        return first + timedelta(days=(5 - first.weekday()) % 7)

    sunday, midsummer = easter(year), saturday(date(year, 6, 20))
    red = {
        date(year, 1, 1): "Nyårsdagen", date(year, 1, 6): "Trettondedag jul", sunday - timedelta(2): "Långfredagen",
        sunday: "Påskdagen", sunday + timedelta(1): "Annandag påsk", date(year, 5, 1): "Första maj",
        sunday + timedelta(39): "Kristi himmelsfärdsdag", sunday + timedelta(49): "Pingstdagen",
        date(year, 6, 6): "Nationaldagen", midsummer: "Midsommardagen",
        saturday(date(year, 10, 31)): "Alla helgons dag", date(year, 12, 25): "Juldagen",
        date(year, 12, 26): "Annandag jul",
    }  # fmt: skip
    eves = {
        midsummer - timedelta(1): "Midsommarafton", date(year, 12, 24): "Julafton", date(year, 12, 31): "Nyårsafton",
    }  # fmt: skip
    return {day: (name, Sort.RED) for day, name in red.items()} | {day: (name, Sort.EVE) for day, name in eves.items()}


@pytest.mark.parametrize("year", range(2025, 2031))
def test_every_red_day_and_eve_of_the_year_is_known_and_no_other(year: int) -> None:
    found = {day: (one.name.sv, one.sort) for day, one in holidays(year).items()}

    assert found == expected(year)
    assert list(found) == sorted(found)


@pytest.mark.parametrize("year", ALMANAC)
def test_movable_days_are_those_of_the_almanac(year: int) -> None:
    by_name = {one.name.sv: day.isoformat() for day, one in holidays(year).items()}

    assert (by_name["Påskdagen"], by_name["Midsommarafton"], by_name["Alla helgons dag"]) == ALMANAC[year]


def test_days_have_a_name_in_english_too() -> None:
    named = {one.name.sv: one.name.en for one in holidays(2026).values()}

    assert named["Nationaldagen"] == "National Day of Sweden"
    assert named["Midsommarafton"] == "Midsummer Eve"
    assert named["Långfredagen"] == "Good Friday"


def test_half_days_stand_before_what_they_are_named_for() -> None:
    found = {name: day for day, names in half_days(2026).items() for name in names if name != "klämdag"}

    assert found == {
        "trettondagsafton": date(2026, 1, 5), "skärtorsdagen": date(2026, 4, 2), "påskafton": date(2026, 4, 4),
        "valborgsmässoafton": date(2026, 4, 30), "dagen före kristi himmelsfärdsdag": date(2026, 5, 13),
        "pingstafton": date(2026, 5, 23), "dagen före nationaldagen": date(2026, 6, 5),
        "allhelgonaafton": date(2026, 10, 30), "lillejulafton": date(2026, 12, 23),
    }  # fmt: skip
    assert set(found) | {"klämdag"} == set(HALF_DAYS)


def test_a_bridge_day_is_a_day_of_work_between_two_that_are_free() -> None:
    bridges = [day.isoformat() for day, names in half_days(2026).items() if "klämdag" in names]

    assert sorted(bridges) == ["2026-01-02", "2026-01-05", "2026-05-15"]
    assert not is_free(date(2026, 5, 15))
    assert is_free(date(2026, 5, 14))
    assert is_free(date(2026, 5, 16))


@pytest.mark.parametrize("year", [1970, 2008, 2100])
def test_years_in_which_two_fall_on_one_day_are_read(year: int) -> None:
    # In 2008 Ascension Day was the first of May.
    assert {day.month for day in holidays(year)} >= {1, 5, 6, 12}
    assert "skärtorsdagen" in {name for names in half_days(year).values() for name in names}


def test_far_years_have_no_holidays_rather_than_an_error() -> None:
    assert holidays(1969) == {}
    assert half_days(2101) == {}
