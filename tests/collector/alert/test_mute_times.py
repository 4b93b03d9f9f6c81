"""Moments and durations as people type them."""

from datetime import datetime
from zoneinfo import ZoneInfo

import pytest

from driftvakt_collector.alert.when import WhenError, lasting, moment_of, seconds_of, shown

STOCKHOLM = ZoneInfo("Europe/Stockholm")


def at(text: str) -> float:
    return datetime.fromisoformat(text).replace(tzinfo=STOCKHOLM).timestamp()


NOW = at("2026-11-27 17:00")  # a Friday


@pytest.mark.parametrize(("text", "expected"), [
    ("now", "2026-11-27 17:00"), ("nu", "2026-11-27 17:00"), ("2026-12-01 22:00", "2026-12-01 22:00"),
    ("2026-12-01T22:00", "2026-12-01 22:00"), ("2026-12-01", "2026-12-01 00:00"),
    ("2026-12-01T22:00Z", "2026-12-01 23:00"), ("2026-07-01 22:00+02:00", "2026-07-01 22:00"),
    ("18:00", "2026-11-27 18:00"), ("17:00", "2026-11-28 17:00"), ("08:00", "2026-11-28 08:00"),
    ("today 08:00", "2026-11-27 08:00"), ("tomorrow 8:00", "2026-11-28 08:00"), ("i morgon 08:00", "2026-11-28 08:00"),
    ("fri 18:00", "2026-11-27 18:00"), ("fre 08:00", "2026-12-04 08:00"), ("Tue 22:00", "2026-12-01 22:00"),
    ("2026-12-01 24:00", "2026-12-02 00:00"), ("+2h", "2026-11-27 19:00"), ("+1d12h", "2026-11-29 05:00"),
    ("2026-03-29 02:30", "2026-03-29 03:00"),
])  # fmt: skip
def test_a_moment_is_understood(text: str, expected: str) -> None:
    assert moment_of(text, NOW, STOCKHOLM) == at(expected)


@pytest.mark.parametrize("text", [
    "", "soon", "22", "22.00", "2026-13-01", "2026-02-30 10:00", "25:00", "10:60", "24:01", "mon-fri 10:00",
    "9999-01-01", "9999-12-31T23:59Z", "+999999w",
    "2026-13-01T00:00Z", "+", "+2", "x" * 500, "2026-12-01 22:00:00 CET", "tomorrow",
])  # fmt: skip
def test_what_is_no_moment_is_refused(text: str) -> None:
    with pytest.raises(WhenError, match=r"is no time|no such day|no clock shows|must be 1970|is no duration"):
        moment_of(text, NOW, STOCKHOLM)


@pytest.mark.parametrize(("text", "seconds"), [
    ("30m", 1800), ("4h", 14400), ("1h30m", 5400), ("1d 12h", 129600), ("90 min", 5400), ("1.5h", 5400),
    ("2w", 1209600), ("45S", 45),
])  # fmt: skip
def test_a_duration_is_understood(text: str, seconds: float) -> None:
    assert seconds_of(text) == seconds


@pytest.mark.parametrize("text", ["", "4", "h", "4x", "-4h", "0h", "4h x", "1e9h", "9" * 99 + "h"])
def test_what_is_no_duration_is_refused(text: str) -> None:
    with pytest.raises(WhenError, match="is no"):
        seconds_of(text)


def test_they_are_shown_as_they_are_understood() -> None:
    assert lasting(29 * 86400 + 15 * 3600 + 60) == "29d 15h 1m"
    assert lasting(0) == "0s"
    assert shown(at("2026-12-01 22:00"), STOCKHOLM) == "Tue 2026-12-01 22:00 CET"
    assert shown(at("2026-07-01 22:00"), STOCKHOLM) == "Wed 2026-07-01 22:00 CEST"
