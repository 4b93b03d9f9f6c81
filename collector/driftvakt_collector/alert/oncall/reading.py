"""Reads a rota from TOML. Every mistake in one message.

Example:
    name = "natverk"
    title = "Nätverksjouren"
    handover = "mon 08:00"

    [[layer]]
    people = ["anna", "bo", "cecilia"]
    start = 2026-01-05
    every = "1 week"
"""

import re
from collections.abc import Collection, Mapping
from datetime import date, datetime, time, timedelta
from typing import NamedTuple
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from driftvakt_collector.alert.oncall.hours import (
    ALWAYS,
    DAYS,
    Hours,
    HoursError,
    IsRed,
    never_red,
    read_clock,
    read_day,
    read_hours,
)
from driftvakt_collector.alert.oncall.person import NAME
from driftvakt_collector.alert.oncall.rota import DateLine, Layer, Rota
from driftvakt_collector.alert.toml_table import TomlTable, fail, parse

MAX_PEOPLE = 100
USUAL_ZONE = "Europe/Stockholm"
_POSITIONS = {"primary": 1, "secondary": 2, "tertiary": 3}
_EVERY = re.compile(r"(\d{1,3})\s*(day|days|week|weeks)")


class _Handover(NamedTuple):
    """day: 0 for Monday, None for any day. minute: of the day."""

    day: int | None
    minute: int


def read(
    body: str, people: Collection[str] | None = None, calendars: Mapping[str, IsRed] | None = None, name: str = ""
) -> Rota:
    """Return the rota that a text describes. Raises ConfigError with every mistake.

    people: those who are known, None where that is not asked; calendars: by name, likewise. name: what it must have.
    """
    wrong: list[str] = []
    rota = _rota(parse(body, wrong), people, calendars, name)
    if wrong:
        fail(f"the rota {name or rota.name!r}", wrong)
    return rota


def _rota(
    told: TomlTable, people: Collection[str] | None, calendars: Mapping[str, IsRed] | None, wanted: str
) -> Rota:  # fmt: skip
    name = told.text("name", wanted, needed=True, longest=64)
    if name and not NAME.fullmatch(name):
        told.refuse(f"'name' must be small letters, digits, -, _ and ., got {name!r}")
    if wanted and name != wanted:
        told.refuse(f"'name' is {name!r}, and not {wanted!r}")
    zone = zone_of(told, "time_zone")
    handover = _handover(told, _Handover(0, 8 * 60))
    calendar = told.text("calendar", longest=64)
    is_red: IsRed = never_red
    if calendar and calendars is not None:
        if calendar not in calendars:
            told.refuse(f"there is no calendar {calendar!r}; known are {', '.join(sorted(calendars)) or 'none yet'}")
        is_red = calendars.get(calendar, never_red)
    layers = tuple(layer for one in told.tables("layer") if (layer := _layer(one, handover, people)) is not None)
    dates = tuple(line for one in told.tables("date") if (line := _line(one, handover, people, zone)) is not None)
    if not told.wrong and not layers and not dates:
        told.refuse("it has nobody: write at least one [[layer]] or [[date]]")
    hours = hours_of(told, "hours")
    if not calendar and any(
        one.red is not None for here in (hours, *(layer.hours for layer in layers)) for one in here
    ):
        told.refuse("'workdays' and 'freedays' need 'calendar', the name of the calendar that knows red days")
    rota = Rota(
        name, zone, told.text("title"), layers, dates, told.texts("services"), told.texts("zones"), hours,
        told.one_of("absent", ("next", "nobody"), "next") == "next", calendar,
        told.number("max_hours", 200.0, 1.0, 24.0 * 366), int(told.number("max_weeks", 2, 1, 53)), is_red,
    )  # fmt: skip
    told.done()
    return rota


def _layer(told: TomlTable, usual: _Handover, people: Collection[str] | None) -> Layer | None:
    before = len(told.wrong)
    named = told.texts("people")
    if not told.has("people") or not 1 <= len(named) <= MAX_PEOPLE:
        told.refuse(f'\'people\' must name 1 to {MAX_PEOPLE} people in their order, as ["anna", "bo"]')
    _known(told, named, people)
    handover = _handover(told, usual)
    every = told.text("every", "1 week")
    found = _EVERY.fullmatch(every)
    days = int(found[1]) * (7 if found[2].startswith("week") else 1) if found else 0
    if not 1 <= days <= 366:
        told.refuse(f"'every' must be 1 day to 366 days, as '1 week' or '2 days', got {every!r}")
    start, until = told.day("start"), told.day("until")
    if start is None and not (told.has("start")):
        told.refuse("'start' is missing: the day on which the first person's first turn begins, as 2026-01-05")
    if start is not None and handover.day is not None and days % 7 == 0 and start.weekday() != handover.day:
        near = start - timedelta(days=(start.weekday() - handover.day) % 7)
        told.refuse(
            f"'start' must be a day of hand-over ({DAYS[handover.day]}), and {start} is a {DAYS[start.weekday()]};"
            f" write {near} or {near + timedelta(days=7)}"
        )
    if start is not None and until is not None and until <= start:
        told.refuse(f"'until' must be later than 'start', got {until}")
    level = _level(told)
    hours = hours_of(told, "hours")
    told.done()
    if len(told.wrong) > before:
        return None
    return Layer(named, start or date.min, days, handover.minute, level, hours, until)


def _line(told: TomlTable, usual: _Handover, people: Collection[str] | None, zone: ZoneInfo) -> DateLine | None:
    before = len(told.wrong)
    person = told.text("person", needed=True, longest=64)
    _known(told, [person] if person else [], people)
    clock = time(usual.minute // 60 % 24, usual.minute % 60)
    begin, end = told.wall("from", clock), told.wall("until", clock)
    if begin is not None and end is not None and end <= begin:
        told.refuse(f"'until' must be later than 'from', got {end}; a date alone means {clock:%H:%M} of that day")
    level = _level(told)
    told.done()
    if len(told.wrong) > before or begin is None or end is None:
        return None
    return DateLine(person, _at(begin, zone), _at(end, zone), level)


def _at(wall: datetime, zone: ZoneInfo) -> float:
    return wall.replace(tzinfo=zone).timestamp()


def _level(told: TomlTable) -> int:
    return _POSITIONS[told.one_of("position", _POSITIONS, "primary")]


def _known(told: TomlTable, named: Collection[str], people: Collection[str] | None) -> None:
    for name in named:
        if people is not None and name not in people:
            told.refuse(f"there is no person {name!r}: driftvakt person add {name}")


def _handover(told: TomlTable, usual: _Handover) -> _Handover:
    text = told.text("handover")
    if not text:
        return usual
    day, _, clock = text.rpartition(" ")
    try:
        found = _Handover(read_day(day) if day.strip() else None, read_clock(clock))
    except HoursError as e:
        told.refuse(f"'handover' must be as 'mon 08:00', or '08:00' for turns of days: {e}")
        return usual
    if found.minute == 24 * 60:
        told.refuse("'handover' at 24:00 is 00:00 of the next day: write that")
    return found


def hours_of(told: TomlTable, key: str) -> Hours:
    """Return the hours that a list of texts names, always where there is none."""
    texts = told.texts(key)
    if not told.has(key):
        return ALWAYS
    if not texts and not told.wrong:
        told.refuse(f"'{key}' must name hours, as [\"weekdays 17:00-08:00\"]; leave it out for always")
    found: Hours = ()
    for text in texts:
        try:
            found += read_hours((text,))
        except HoursError as e:
            told.refuse(f"'{key}': {e}")
    return found or ALWAYS


def zone_of(told: TomlTable, key: str) -> ZoneInfo:
    """Return the time zone that a key names."""
    text = told.text(key, USUAL_ZONE, longest=64)
    try:
        return ZoneInfo(text)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        told.refuse(f"'{key}': there is no time zone {text!r}; write one like Europe/Stockholm or UTC")
        return ZoneInfo(USUAL_ZONE)
