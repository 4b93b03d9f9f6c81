"""Moments and spans for people, on a wall clock."""

from datetime import datetime
from zoneinfo import ZoneInfo

from driftvakt_collector.alert.words import Words

_DAYS = (
    ("mån", "Mon"), ("tis", "Tue"), ("ons", "Wed"), ("tor", "Thu"), ("fre", "Fri"), ("lör", "Sat"), ("sön", "Sun"),
)  # fmt: skip


def moment_words(at: float, zone: ZoneInfo) -> Words:
    """Return a moment, as `tor 2026-12-24 17:00`."""
    wall = datetime.fromtimestamp(at, zone)
    sv, en = _DAYS[wall.weekday()]
    return Words(f"{sv} {wall:%Y-%m-%d %H:%M}", f"{en} {wall:%Y-%m-%d %H:%M}")


def span_words(begin: float, end: float, zone: ZoneInfo) -> Words:
    """Return a span; its end without the date where that is the same day's."""
    first, last = moment_words(begin, zone), moment_words(end, zone)
    began, ended = datetime.fromtimestamp(begin, zone), datetime.fromtimestamp(end, zone)
    if began.date() == ended.date():
        return Words(f"{first.sv}–{ended:%H:%M}", f"{first.en}–{ended:%H:%M}")
    return Words(f"{first.sv} – {last.sv}", f"{first.en} – {last.en}")
