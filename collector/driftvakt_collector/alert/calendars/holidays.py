"""Swedish red days, their eves, and the half days that calendars may name.

Red days and the three eves that count as Sundays (midsommarafton, julafton, nyårsafton: 3 a § semesterlagen) come from
the library `holidays`; it is imported when a calendar first asks. Half days are days of work that many close early.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from enum import Enum
from functools import lru_cache

from driftvakt_collector.alert.words import Words

FIRST_YEAR, LAST_YEAR = 1970, 2100
_DAY = timedelta(days=1)


class Sort(Enum):
    """What sort of day it is. RED: a holiday by law; EVE: one that counts as a Sunday without being red."""

    RED = "red"
    EVE = "eve"


@dataclass(frozen=True)
class Holiday:
    """A day that has a name."""

    day: date
    sort: Sort
    name: Words


@lru_cache(maxsize=256)
def holidays(year: int) -> Mapping[date, Holiday]:
    """Return the red days and eves of a year by their date, in order; none outside of 1970–2100.

    Sundays are not among them, but those that have a name are: Påskdagen, Pingstdagen.
    """
    if not FIRST_YEAR <= year <= LAST_YEAR:
        return {}
    from holidays import country_holidays

    named: list[dict[date, str]] = []
    red: set[date] = set()
    for language in ("sv", "en_US"):
        law = country_holidays("SE", years=year, language=language, categories=("public",))
        fact = country_holidays("SE", years=year, language=language, categories=("de_facto",))
        red = set(law)
        named.append({**fact, **law})
    swedish, english = named
    return {
        day: Holiday(day, Sort.RED if day in red else Sort.EVE, Words(swedish[day], _english(english[day])))
        for day in sorted(swedish)
    }


def _english(name: str) -> str:
    return "National Day of Sweden" if name == "National Day" else name


HALF_DAYS = {
    "trettondagsafton": Words("Trettondagsafton", "Twelfth Night"),
    "skärtorsdagen": Words("Skärtorsdagen", "Maundy Thursday"),
    "påskafton": Words("Påskafton", "Easter Eve"),
    "valborgsmässoafton": Words("Valborgsmässoafton", "Walpurgis Night"),
    "dagen före kristi himmelsfärdsdag": Words("Dagen före Kristi himmelsfärdsdag", "Day before Ascension Day"),
    "pingstafton": Words("Pingstafton", "Whitsun Eve"),
    "dagen före nationaldagen": Words("Dagen före nationaldagen", "Day before the National Day of Sweden"),
    "allhelgonaafton": Words("Allhelgonaafton", "All Saints' Eve"),
    "lillejulafton": Words("Dagen före julafton", "Day before Christmas Eve"),
    "klämdag": Words("Klämdag", "Bridge day between days off"),
}
"""The half days by the names that calendars give them."""


@lru_cache(maxsize=256)
def half_days(year: int) -> Mapping[date, tuple[str, ...]]:
    """Return by date the names of HALF_DAYS that a day has, those of their own before `klämdag`."""
    if not FIRST_YEAR <= year <= LAST_YEAR:
        return {}
    easter = next(one.day for one in holidays(year).values() if one.name.sv == "Påskdagen")
    saints = next(one.day for one in holidays(year).values() if one.name.sv == "Alla helgons dag")
    days = {
        "trettondagsafton": date(year, 1, 5),
        "skärtorsdagen": easter - 3 * _DAY,
        "påskafton": easter - _DAY,
        "valborgsmässoafton": date(year, 4, 30),
        "dagen före kristi himmelsfärdsdag": easter + 38 * _DAY,
        "pingstafton": easter + 48 * _DAY,
        "dagen före nationaldagen": date(year, 6, 5),
        "allhelgonaafton": saints - _DAY,
        "lillejulafton": date(year, 12, 23),
    }
    found: dict[date, tuple[str, ...]] = {}
    for name, day in days.items():
        found[day] = (*found.get(day, ()), name)
    day = date(year, 1, 1)
    while day.year == year:
        if not is_free(day) and is_free(day - _DAY) and is_free(day + _DAY):
            found[day] = (*found.get(day, ()), "klämdag")
        day += _DAY
    return found


def is_free(day: date) -> bool:
    """Say if a day is a Saturday, a Sunday, a red day or one of the three eves."""
    return day.weekday() > 4 or day in holidays(day.year)
