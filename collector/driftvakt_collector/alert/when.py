"""Moments and durations as people write them: `2026-12-01 22:00`, `tomorrow 22:00`, `tue 22:00`, `+2h`; `4h`, `1h30m`.

Pure: `now` is an argument. A time without an offset is of the wall clock of the zone.
"""

import re
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

from driftvakt_collector.alert import weekdays
from driftvakt_collector.alert.wall_clock import day_of, local, moment

_UNITS = {"w": 7 * 86400.0, "d": 86400.0, "h": 3600.0, "m": 60.0, "min": 60.0, "s": 1.0}
_MOST = 520 * 7 * 86400.0
_PART = re.compile(r"(\d{1,6}(?:\.\d{1,3})?)\s*(min|[wdhms])", re.ASCII)
_CLOCK = re.compile(r"(\d{1,2}):(\d\d)", re.ASCII)
_DATED = re.compile(r"(\d{4})-(\d\d)-(\d\d)(?:[ T]+(\d{1,2}):(\d\d)(?::\d\d)?)?", re.ASCII)
_OFFSET = re.compile(r".*\d(Z|[+-]\d\d:\d\d)", re.ASCII)
_TODAY = frozenset({"today", "idag", "i dag"})
_TOMORROW = frozenset({"tomorrow", "imorgon", "i morgon"})


class WhenError(ValueError):
    """It is no time; the text says what to write."""


def seconds_of(text: str) -> float:
    """Return the seconds of a duration like 4h, 90m, 1d12h. Raises WhenError."""
    told = text.strip().lower()
    parts = _PART.findall(told)
    if not parts or _PART.sub("", told).strip():
        raise WhenError(f"{text[:40]!r} is no duration; write one like 30m, 4h, 1h30m or 2d")
    total = sum(float(number) * _UNITS[unit] for number, unit in parts)
    if not 0 < total <= _MOST:
        raise WhenError(f"{text[:40]!r} is no time that fits; write one from 1s to 520w, like 30m or 4h")
    return total


def lasting(seconds: float) -> str:
    """Return a duration as `seconds_of` reads it: 1d 2h 30m."""
    left = round(seconds)
    parts = []
    for unit, size in (("d", 86400), ("h", 3600), ("m", 60), ("s", 1)):
        number, left = divmod(left, size)
        if number:
            parts.append(f"{number}{unit}")
    return " ".join(parts) or "0s"


def moment_of(text: str, now: float, zone: ZoneInfo) -> float:
    """Return the moment that a text names. Raises WhenError.

    A clock time alone, or with a weekday, is the next one that comes.
    """
    told = " ".join(text.split())
    lower = told.lower()
    if lower in ("now", "nu"):
        return now
    if lower.startswith("+"):
        return now + seconds_of(lower[1:])
    if _OFFSET.fullmatch(told):
        try:
            written = datetime.fromisoformat(told)
        except ValueError as e:
            raise _unknown(text) from e
        _check_year(text, written.year)
        return written.timestamp()
    today = day_of(now, zone)
    if (dated := _DATED.fullmatch(told)) is not None:
        return _dated(text, dated, zone)
    word, _, rest = lower.rpartition(" ")
    found = _CLOCK.fullmatch(rest)
    if found is None:
        raise _unknown(text)
    minute = _minute(text, found[1], found[2])
    days = weekdays.read(word)
    if not word:
        return _next(today, minute, now, zone)
    if word in _TODAY | _TOMORROW:
        return moment(today + timedelta(days=int(word in _TOMORROW)), minute, zone)
    if days is None or len(days) != 1:
        raise _unknown(text)
    ahead = (min(days) - today.weekday()) % 7
    at = moment(today + timedelta(days=ahead), minute, zone)
    return at if at > now else moment(today + timedelta(days=ahead + 7), minute, zone)


def shown(at: float, zone: ZoneInfo) -> str:
    """Return a moment for people who read English: Tue 2026-12-01 22:00 CET."""
    there = local(at, zone)
    return f"{weekdays.NAMES[there.weekday()].en[:3]} {there:%Y-%m-%d %H:%M} {there.tzname()}"


def _dated(text: str, found: "re.Match[str]", zone: ZoneInfo) -> float:
    try:
        day = date(*(int(part) for part in found.groups()[:3]))
    except ValueError as e:
        raise WhenError(f"{text[:40]!r}: there is no such day") from e
    _check_year(text, day.year)
    return moment(day, _minute(text, found[4] or "0", found[5] or "00"), zone)


def _check_year(text: str, year: int) -> None:
    if not 1970 <= year <= 2100:
        raise WhenError(f"{text[:40]!r}: the year must be 1970 to 2100")


def _next(today: date, minute: int, now: float, zone: ZoneInfo) -> float:
    at = moment(today, minute, zone)
    return at if at > now else moment(today + timedelta(days=1), minute, zone)


def _minute(text: str, hour: str, minute: str) -> int:
    found = int(hour) * 60 + int(minute)
    if int(minute) > 59 or found > 1440:
        raise WhenError(f"{text[:40]!r}: no clock shows {hour}:{minute}; they go from 00:00 to 24:00")
    return found


def _unknown(text: str) -> WhenError:
    return WhenError(
        f"{text[:40]!r} is no time; write one like '2026-12-01 22:00', 'tomorrow 22:00', 'tue 22:00', 22:00, +2h or now"
    )
