"""Moments as the people of one place read them, and as machines do."""

from dataclasses import dataclass
from datetime import UTC, datetime
from zoneinfo import ZoneInfo

_MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")


@dataclass(frozen=True)
class Moment:
    """iso: UTC, for <time datetime>. text: short, in the place's own time. full: the same with date and zone."""

    iso: str
    text: str
    full: str


class Clock:
    """Tells the time of a place. zone: name in the tz database."""

    def __init__(self, zone: str) -> None:
        self._zone = ZoneInfo(zone)

    def moment(self, at: float, now: float, *, seconds: bool = False) -> Moment:
        """Return a moment; both are seconds since the epoch. The day is left out when it is today's."""
        try:
            there = datetime.fromtimestamp(at, UTC)
            here = there.astimezone(self._zone)
        except (OverflowError, OSError, ValueError):
            return Moment("", "at no time that a calendar has", f"{at:g} seconds since 1970")
        today = datetime.fromtimestamp(now, self._zone)
        text = f"{here:%H:%M:%S}" if seconds else f"{here:%H:%M}"
        if here.date() != today.date():
            text = f"{here.day} {_MONTHS[here.month - 1]} {text}"
        if here.year != today.year:
            text = f"{here:%Y-%m-%d %H:%M}"
        return Moment(f"{there:%Y-%m-%dT%H:%M:%SZ}", text, f"{here:%Y-%m-%d %H:%M:%S %Z}")
