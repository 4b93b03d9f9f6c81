"""What rotas and policies ask calendars: which days are red or eves, and what is open."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from functools import cache
from typing import Protocol
from zoneinfo import ZoneInfo

from sqlalchemy import Connection

from driftvakt_collector.alert.oncall.hours import IsRed, read_hours, within
from driftvakt_collector.alert.words import Words

SWEDEN = "office"
"""The calendar that is always there: red days and eves of Sweden, open on other weekdays 08:00 to 17:00."""


class Days(Protocol):
    """Calendars, as on-call needs them."""

    def named(self) -> Mapping[str, IsRed]:
        """Return by name of each calendar which days are red."""
        ...

    def is_open(self, calendar: str, at: float) -> bool:
        """Say whether a calendar is open at a moment. One that is not known is open: that holds nothing back."""
        ...

    def feast(self, day: date) -> Words | None:
        """Return what a red day or an eve is called, None for any other day."""
        ...


@dataclass(frozen=True)
class SwedishDays:
    """Sweden alone, for where no calendars are kept."""

    zone: ZoneInfo = field(default_factory=lambda: ZoneInfo("Europe/Stockholm"))

    def named(self) -> Mapping[str, IsRed]:
        """See Days."""
        return {SWEDEN: is_red}

    def is_open(self, calendar: str, at: float) -> bool:
        """See Days."""
        if calendar != SWEDEN:
            return True
        return within(read_hours(("workdays 08:00-17:00",)), at, self.zone, is_red)

    def feast(self, day: date) -> Words | None:
        """See Days."""
        return _feasts(day.year).get(day)


def is_red(day: date) -> bool:
    """Say whether a day is a red day of Sweden or an eve; of Sundays only those that have a name."""
    return day in _feasts(day.year)


@cache
def _feasts(year: int) -> dict[date, Words]:
    """Return red days, and the eves on which offices close: Christmas, New Year's and Midsummer Eve."""
    import holidays

    kinds = ("public", "de_facto")
    told = {
        language: holidays.country_holidays("SE", years=year, language=language, categories=kinds)
        for language in ("sv", "en_US")
    }
    return {day: Words(name, told["en_US"].get(day) or name) for day, name in told["sv"].items()}


def load(connection: Connection) -> Days:
    """Return the calendars of a store."""
    # Only here: what is so around an alert asks this module, too.
    from driftvakt_collector.alert.calendars.book import Calendars
    from driftvakt_collector.alert.surroundings import CalendarDays
    from driftvakt_collector.store import plans

    return CalendarDays(Calendars(plans.versions(connection, "calendar")))
