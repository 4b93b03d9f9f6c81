"""Times and durations as a person says them, in the person's own zone and language. Pure."""

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from driftvakt_collector.alert.words import Words

ZONE = "Europe/Stockholm"
_DAYS = {
    "sv": ("mån", "tis", "ons", "tor", "fre", "lör", "sön"),
    "en": ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun"),
}
_MONTHS = {
    "sv": ("jan", "feb", "mars", "april", "maj", "juni", "juli", "aug", "sep", "okt", "nov", "dec"),
    "en": ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"),
}
_NEVER = Words("okänd tid", "an unknown time")
_WEEK = timedelta(days=6)
_MINUTE, _HOUR, _DAY = 60, 3600, 86_400


def clock(at: float, now: float, zone: str, language: str) -> str:
    """Return a moment: `02:10` today, `tor 23:50` within six days, else with its date. Seconds since the epoch."""
    here, today = _there(at, zone), _there(now, zone)
    if here is None or today is None:
        return _NEVER.of(language)
    time = f"{here:%H:%M}"
    if here.date() == today.date():
        return time
    if abs(here.date() - today.date()) <= _WEEK:
        return f"{_of(_DAYS, language)[here.weekday()]} {time}"
    day = f"{here.day} {_of(_MONTHS, language)[here.month - 1]}"
    return f"{day} {time}" if here.year == today.year else f"{day} {here.year} {time}"


def full(at: float, zone: str) -> str:
    """Return a moment with date and offset, for who may sit in another zone: `2026-11-27 02:10:33 +01:00`."""
    here = _there(at, zone)
    return "-" if here is None else here.isoformat(" ", "seconds").replace("+", " +")


def lasting(seconds: float, language: str) -> str:
    """Return a duration as two units at most: `40 s`, `12 min`, `3 h 20 min`, `2 dygn 4 h`."""
    whole = int(seconds) if 0 <= seconds < 1e11 else 0
    if whole < _MINUTE:
        return f"{whole} s"
    if whole < _HOUR:
        return f"{whole // _MINUTE} min"
    if whole < _DAY:
        hours, rest = divmod(whole, _HOUR)
        return f"{hours} h" + (f" {rest // _MINUTE} min" if rest >= _MINUTE and hours < 12 else "")
    days, rest = divmod(whole, _DAY)
    name = "dygn" if language == "sv" else "day" if days == 1 else "days"
    return f"{days} {name}" + (f" {rest // _HOUR} h" if rest >= _HOUR and days < 3 else "")


def _there(at: float, zone: str) -> datetime | None:
    try:
        return datetime.fromtimestamp(at, UTC).astimezone(_zone(zone))
    except (OverflowError, OSError, ValueError):
        return None


@lru_cache(maxsize=64)
def _zone(name: str) -> ZoneInfo:
    """Return a zone; that of the city where nobody knows the name, so that a typing error keeps no page back."""
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        return ZoneInfo(ZONE)


def _of(table: Mapping[str, tuple[str, ...]], language: str) -> tuple[str, ...]:
    return table.get(language, table["en"])
