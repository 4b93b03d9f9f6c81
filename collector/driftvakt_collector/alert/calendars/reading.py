"""Reads a calendar from TOML. Every mistake in one message.

Example:
    title = { sv = "Kontorstid", en = "Office hours" }
    hours = { "mon-fri" = "08:00-17:00" }
    half_days = { "skärtorsdagen" = "08:00-13:00" }

    [[exception]]
    date = 2026-12-27
    open = "09:00-12:00"
    reason = "Extra öppet före nyår"
"""

import itertools
import re
import tomllib
from collections.abc import Callable, Mapping
from datetime import date, datetime
from typing import TypeVar

from driftvakt_collector.alert import weekdays
from driftvakt_collector.alert.calendars import hours
from driftvakt_collector.alert.calendars.calendar import Calendar, PlanError
from driftvakt_collector.alert.calendars.day import Effect, Exceptional, OwnDay, Rules, Term
from driftvakt_collector.alert.calendars.holidays import HALF_DAYS
from driftvakt_collector.alert.calendars.hours import Day
from driftvakt_collector.alert.wall_clock import STOCKHOLM, ZoneError, zone_of
from driftvakt_collector.alert.words import Words

T = TypeVar("T")

MAX_TEXT = 256 * 1024
"""Characters that a calendar may have."""
MAX_TABLES = 1000
"""Of one sort, as exceptions."""
MAX_DAYS = 400
"""Days that an exception, a term or a break may last."""
_YEARS = (2000, 2100)
_MAX_NAME = 200
_AS_USUAL = frozenset({"as usual", "som vanligt"})
_KEYS = (
    "title", "time_zone", "invert", "hours", "red_days", "eves", "before_red", "half_days", "holiday", "term", "break",
    "exception",
)  # fmt: skip
_YEARLY = re.compile(r"(\d\d)-(\d\d)", re.ASCII)
_LEAP = 2024


def read(text: str, name: str) -> Calendar:
    """Return the calendar that a text describes. Raises PlanError with every mistake."""
    here = f"cannot use the calendar {name[:64]!r}"
    if len(text) > MAX_TEXT:
        raise PlanError(f"{here}: it has more than {MAX_TEXT} characters")
    try:
        told = tomllib.loads(text)
    except (tomllib.TOMLDecodeError, RecursionError, ValueError) as e:
        raise PlanError(f"{here}: {str(e)[:300]}") from e
    reader = _Reader()
    calendar = reader.calendar(told, name)
    if reader.wrong:
        raise PlanError(f"{here}:\n" + "\n".join(f"  - {one}" for one in reader.wrong))
    return calendar


class _Reader:
    """Reads the parts of a calendar. wrong: what was wrong in them, in order."""

    def __init__(self) -> None:
        self.wrong: list[str] = []

    def calendar(self, told: Mapping[str, object], name: str) -> Calendar:
        self._known("", told, _KEYS)
        if "hours" not in told:
            self.wrong.append('\'hours\' is missing, as hours = { "mon-fri" = "08:00-17:00" }')
        zone = told.get("time_zone", STOCKHOLM)
        try:
            zone_of(zone if isinstance(zone, str) else repr(zone))
        except ZoneError as e:
            self.wrong.append(f"'time_zone': {e}")
        inverted = told.get("invert", False)
        if not isinstance(inverted, bool):
            self.wrong.append(f"'invert' must be true or false, got {_short(inverted)}")
        rules = Rules(
            self._week(told.get("hours", {})),
            self._special("red_days", told.get("red_days", "closed")),
            self._special("eves", told.get("eves", "closed")),
            self._special("before_red", told.get("before_red", "as usual")),
            self._half(told.get("half_days", {})),
            self._tables("holiday", told, self._own),
            self._tables("term", told, self._term),
            self._tables("break", told, self._term),
            self._tables("exception", told, self._exception),
        )
        self._together(rules)
        title = self._words("'title'", told.get("title", name))
        return Calendar(name, title, rules, str(zone), inverted is True)

    def _together(self, rules: Rules) -> None:
        """Note what is right by itself and wrong beside something else."""
        terms = sorted(rules.terms, key=lambda one: one.first)
        for one, following in itertools.pairwise(terms):
            if following.first <= one.last:
                self.wrong.append(f"terms {one.name.sv!r} and {following.name.sv!r} overlap on {following.first}")
        instead = sorted((one for one in rules.exceptions if one.effect is Effect.INSTEAD), key=lambda one: one.first)
        for before, after in itertools.pairwise(instead):
            if after.first <= before.last:
                self.wrong.append(f"two exceptions give hours for {after.first}; write them as one: '09-12, 13-15'")

    def _known(self, here: str, told: Mapping[str, object], known: tuple[str, ...]) -> None:
        self.wrong += [
            f"{here}'{_printable(key)}' is not known; known are {', '.join(known)}" for key in told if key not in known
        ]

    def _week(self, told: object) -> tuple[Day, ...]:
        week: list[Day] = [()] * 7
        if not isinstance(told, dict):
            self.wrong.append(f'\'hours\' must be a table by weekday, as "mon-fri" = "08-17", got {_short(told)}')
            return tuple(week)
        taken: set[int] = set()
        for key, text in told.items():
            days = weekdays.read(key)
            if days is None:
                self.wrong.append(f"'hours': {_printable(key)!r} is no day; write {weekdays.HOW}")
                continue
            if taken & days:
                self.wrong.append(f"'hours': {_printable(key)!r} names a day that another line names too")
            taken |= days
            found = self._hours(f"'hours' of {_printable(key)!r}", text)
            for weekday in days:
                week[weekday] = found
        for one, following in zip(week, [*week[1:], week[0]], strict=True):
            if one and following and one[-1].end - hours.DAY > following[0].begin:
                self.wrong.append(
                    f"'hours': {hours.shown([one[-1]])} goes on into {hours.shown([following[0]])} of the day after"
                )
        return tuple(week)

    def _hours(self, here: str, told: object) -> Day:
        if isinstance(told, list) and told and all(isinstance(one, str) for one in told):
            told = ", ".join(told)
        if not isinstance(told, str):
            self.wrong.append(f'{here} must be a text like "08:00-17:00" or "closed", got {_short(told)}')
            return ()
        try:
            return hours.read(told)
        except hours.HoursError as e:
            self.wrong.append(f"{here}: {e}")
            return ()

    def _special(self, key: str, told: object) -> Day | None:
        if isinstance(told, str) and told.strip().lower() in _AS_USUAL:
            return None
        return self._hours(f"'{key}'", told)

    def _half(self, told: object) -> tuple[tuple[str, Day], ...]:
        if not isinstance(told, dict):
            self.wrong.append('\'half_days\' must be a table, as { "skärtorsdagen" = "08:00-13:00" }')
            return ()
        found: list[tuple[str, Day]] = []
        for key, text in told.items():
            name = key.strip().lower()
            if name not in HALF_DAYS and _date_of(key) is None and _yearly(key) is None:
                self.wrong.append(
                    f"'half_days': {_printable(key)!r} is not known; write a date like 12-23 or 2026-12-23, or one of "
                    + ", ".join(HALF_DAYS)
                )
            found.append((name, self._hours(f"'half_days' of {_printable(key)!r}", text)))
        # A date that somebody wrote down goes before a name that fits many.
        return tuple(sorted(found, key=lambda one: (one[0] in HALF_DAYS, one[0] == "klämdag")))

    def _tables(
        self, key: str, told: Mapping[str, object], read_one: Callable[[str, Mapping[str, object]], T | None]
    ) -> tuple[T, ...]:
        tables = told.get(key, [])
        if not isinstance(tables, list) or len(tables) > MAX_TABLES or not all(isinstance(one, dict) for one in tables):
            self.wrong.append(f"'{key}' must be at most {MAX_TABLES} tables: [[{key}]]")
            return ()
        found = (read_one(f"{key} {number}", table) for number, table in enumerate(tables, 1))
        return tuple(one for one in found if one is not None)

    def _own(self, here: str, told: Mapping[str, object]) -> OwnDay | None:
        self._known(f"{here}: ", told, ("date", "name", "hours"))
        name = self._words(f"{here}: 'name'", told.get("name"))
        day = self._hours(f"{here}: 'hours'", told.get("hours", "closed"))
        when = told.get("date")
        dated = _date_of(when)
        if dated is not None:
            return OwnDay(dated.month, dated.day, dated.year, day, name)
        yearly = _yearly(when)
        if yearly is None:
            self.wrong.append(
                f"{here}: 'date' must be \"12-13\" for each year or 2026-12-13 for one, got {_short(when)}"
            )
            return None
        return OwnDay(*yearly, None, day, name)

    def _term(self, here: str, told: Mapping[str, object]) -> Term | None:
        self._known(f"{here}: ", told, ("name", "from", "to"))
        name = self._words(f"{here}: 'name'", told.get("name"))
        ends = self._ends(here, told.get("from"), told.get("to"), ("from", "to"))
        return None if ends is None else Term(*ends, name)

    def _exception(self, here: str, told: Mapping[str, object]) -> Exceptional | None:
        effects = {one.value: one for one in Effect}
        self._known(f"{here}: ", told, ("date", "to", "reason", *effects))
        reason = self._words(f"{here}: 'reason'", told.get("reason"))
        said = [key for key in effects if key in told]
        ends = self._ends(here, told.get("date"), told.get("to", told.get("date")), ("date", "to"))
        if len(said) != 1:
            self.wrong.append(
                f'{here}: say one of open = "09-12" (in addition), closed = true (or "13-15") and hours ='
                f' "09-12" (instead of the usual), got {" and ".join(said) or "none"}'
            )
            return None
        key = said[0]
        text = told[key]
        day = self._hours(f"{here}: '{key}'", "all day" if text is True else text)
        if not day and effects[key] is not Effect.INSTEAD and isinstance(text, str):
            self.wrong.append(f"{here}: '{key}' must name hours, as \"09:00-12:00\", or be true for all day")
        return None if ends is None else Exceptional(*ends, effects[key], day, reason)

    def _ends(self, here: str, first: object, last: object, keys: tuple[str, str]) -> tuple[date, date] | None:
        begin, end = _date_of(first), _date_of(last)
        for key, told, found in zip(keys, (first, last), (begin, end), strict=True):
            if found is None and (key == keys[0] or told != first):
                self.wrong.append(
                    f"{here}: '{key}' must be a date like 2026-12-27, {_YEARS[0]} to {_YEARS[1]}, got {_short(told)}"
                )
        if begin is None or end is None:
            return None
        if not 0 <= (end - begin).days < MAX_DAYS:
            self.wrong.append(
                f"{here}: from {begin} to {end} must be forwards, and {MAX_DAYS} days at most; divide what is longer"
            )
            return None
        return begin, end

    def _words(self, here: str, told: object) -> Words:
        two = told if isinstance(told, dict) and set(told) == {"sv", "en"} else {"sv": told, "en": told}
        words = Words(_text(two["sv"]), _text(two["en"]))
        if not words.sv or not words.en:
            self.wrong.append(
                f'{here} must be a text of 1 to {_MAX_NAME} characters, or {{ sv = "…", en = "…" }}, got {_short(told)}'
            )
        return words


def _text(told: object) -> str:
    """Return a text without what is around it, empty for what is none."""
    text = told.strip() if isinstance(told, str) else ""
    return text if len(text) <= _MAX_NAME and text.isprintable() else ""


def _date_of(told: object) -> date | None:
    """Return a date of TOML, or one that is written as a text."""
    if isinstance(told, str):
        try:
            told = date.fromisoformat(told)
        except ValueError:
            return None
    if not isinstance(told, date) or isinstance(told, datetime) or not _YEARS[0] <= told.year <= _YEARS[1]:
        return None
    return told


def _yearly(told: object) -> tuple[int, int] | None:
    """Return the month and day of 12-13."""
    found = _YEARLY.fullmatch(told) if isinstance(told, str) else None
    if found is None:
        return None
    try:
        day = date(_LEAP, int(found[1]), int(found[2]))
    except ValueError:
        return None
    return day.month, day.day


def _short(told: object) -> str:
    return "nothing" if told is None else _printable(repr(told))


def _printable(text: str) -> str:
    return "".join(char if char.isprintable() else "?" for char in text[:80])
