"""What is usual by weekday and hour: learnt from weeks, in the rule's own time zone."""

from array import array
from datetime import datetime
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from rule_histories import a_host, bound_set

from driftvakt_collector.alert.rules import book
from driftvakt_collector.alert.rules.evaluator import Evaluator
from driftvakt_collector.alert.rules.profile import Profile, slot

HOUR, DAY, WEEK = 3600.0, 86_400.0, 604_800.0
STOCKHOLM = ZoneInfo("Europe/Stockholm")
MONDAY = datetime(2026, 9, 7, tzinfo=STOCKHOLM).timestamp()


def at(*when: int) -> float:
    return datetime(*when, tzinfo=STOCKHOLM).timestamp() * 1000  # type: ignore[arg-type,misc]


@pytest.mark.parametrize(
    ("moment", "expected"),
    [
        pytest.param(at(2026, 9, 7, 0, 0), 0, id="Monday begins"),
        pytest.param(at(2026, 9, 13, 23, 59), 167, id="Sunday ends"),
        pytest.param(at(2026, 10, 25, 3, 0), 6 * 24 + 3, id="after clocks were set back"),
        pytest.param(at(2026, 3, 30, 8, 30), 8, id="the Monday after they were set forward is a Monday at eight"),
    ],
)
def test_an_hour_of_the_week_is_that_of_the_wall_clock(moment: float, expected: int) -> None:
    assert slot(moment, "Europe/Stockholm") == expected


def test_nothing_is_usual_before_two_weeks() -> None:
    profile = Profile()
    for week, value in enumerate((10.0, 20.0)):
        assert profile.expected(8) != profile.expected(8), f"week {week}"
        profile.learn(8, value)
        profile.learn(9, 1.0)

    assert profile.expected(8) == 15.0


def test_it_follows_a_change_within_weeks() -> None:
    profile = Profile()
    for value in [10.0] * 20 + [100.0] * 8:
        profile.learn(8, value)
        profile.learn(9, 1.0)

    assert 85 < profile.expected(8) < 100


@pytest.mark.parametrize("over_a_restart", [False, True], ids=["without a restart", "over a restart"])
def test_a_monday_morning_is_held_against_monday_mornings(tmp_path: Path, over_a_restart: bool) -> None:
    (tmp_path / "rules.toml").write_text(
        '[[rule]]\nname = "Unusual"\nseries = "sessions"\nfunction = "baseline"\nabove = 3\n'
        'summary = { sv = "{{value}}", en = "{{value}}" }\n'
    )
    made = book.read(tmp_path / "rules.toml").rules
    watch, host = Evaluator(made), a_host("brandvägg", "firewall")
    host.series = bound_set([("sessions", ())])

    def hour(number: int, value: float) -> list[str]:
        host.values = array("d", [value])
        return [change.what.value for change in watch.line(host, MONDAY + number * HOUR + 60)]

    for number in range(3 * 168):
        busy = 1000.0 if number % 168 == 8 else 10.0
        assert hour(number, busy) == []
    if over_a_restart:
        kept, now = watch.dump(), MONDAY + 3 * WEEK
        watch = Evaluator(made)
        watch.load(kept, now)

    # A Monday at eight has a thousand; a Tuesday at eight has ten.
    assert hour(3 * 168 + 8, 1500.0) == []
    assert hour(3 * 168 + 24 + 8, 1500.0) == ["raised"]
    assert [(name, usual) for name, _, usual in watch.expected(host.origin, MONDAY + 3 * WEEK + 8 * HOUR)] == [
        ("Unusual", 1125.0)
    ]
