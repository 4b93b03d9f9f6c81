"""Rotas as people write them: what is read, and every mistake in one message."""

from datetime import date, datetime
from zoneinfo import ZoneInfo

import pytest
from rotas import STOCKHOLM, at

from driftvakt_collector.alert.oncall.days import is_red
from driftvakt_collector.alert.oncall.duty import on_duty
from driftvakt_collector.alert.oncall.hours import HoursError, read_hours, within
from driftvakt_collector.alert.oncall.reading import read
from driftvakt_collector.config import ConfigError

GOOD = """
name = "natverk"
title = "Nätverksjouren"
services = ["natverk"]
zones = ["adm"]
handover = "mon 08:00"
calendar = "office"

[[layer]]
people = ["anna", "bo", "cecilia"]
start = 2026-01-05
every = "1 week"
hours = ["outside workdays 08:00-17:00"]

[[layer]]
people = ["david"]
start = 2026-01-05
hours = ["workdays 08:00-17:00"]

[[layer]]
position = "secondary"
people = ["bo", "cecilia", "anna"]
start = 2026-01-05

[[date]]
person = "eva"
from = 2026-12-24
until = 2026-12-26T12:00:00
"""
PEOPLE = ("anna", "bo", "cecilia", "david", "eva")
CALENDARS = {"office": is_red}
LAYER = '[[layer]]\npeople = ["anna"]\nstart = 2026-01-05\n'


@pytest.mark.parametrize(("when", "expected"), [
    pytest.param("2026-01-07T12:00", ("david", "bo"), id="office hours of a workday"),
    pytest.param("2026-01-07T17:00", ("anna", "bo"), id="from five o'clock on"),
    pytest.param("2026-01-06T12:00", ("anna", "bo"), id="Epiphany is no workday, though a Tuesday"),
    pytest.param("2026-01-12T07:59", ("anna", "bo"), id="a minute before the hand-over"),
    pytest.param("2026-01-12T17:00", ("bo", "cecilia"), id="the next week"),
    pytest.param("2026-03-30T07:59", ("cecilia", "anna"), id="the week of 167 hours ends at eight"),
    pytest.param("2026-10-26T07:59", ("cecilia", "anna"), id="and the week of 169 hours"),
    pytest.param("2026-12-24T08:00", ("eva", "anna"), id="a date alone is from the hand-over on"),
    pytest.param("2026-12-26T11:59", ("eva", "anna"), id="until the time that is told"),
    pytest.param("2026-12-26T12:00", ("cecilia", "anna"), id="then the rotation again"),
    pytest.param("2026-01-05T07:59", (), id="nobody before the start"),
])  # fmt: skip
def test_who_is_on_duty_by_a_file(when: str, expected: tuple[str, ...]) -> None:
    rota = read(GOOD, PEOPLE, CALENDARS)

    assert on_duty(rota, (), at(when)) == expected


def test_every_mistake_stands_in_one_message() -> None:
    body = """
    name = "Nät verk"
    time_zone = "Europe/Stokholm"
    colour = "red"
    absent = "panic"
    hours = ["vardagar kvällstid"]
    [[layer]]
    people = ["anna", "nils"]
    start = 2026-01-06
    handover = "mon 08:00"
    [[layer]]
    every = "1 month"
    position = "first"
    start = "2026-01-05"
    [[date]]
    person = "eva"
    from = 2026-12-26
    until = 2026-12-24
    """

    with pytest.raises(ConfigError) as caught:
        read(body, PEOPLE, CALENDARS)

    told = str(caught.value)
    for mistake in (
        "'name' must be small letters", "there is no time zone 'Europe/Stokholm'", "'colour' is not known",
        "'absent' must be one of next, nobody", "'vardagar kvällstid'",
        "layer 1: there is no person 'nils': driftvakt person add nils",
        "layer 1: 'start' must be a day of hand-over (mon), and 2026-01-06 is a tue; write 2026-01-05 or 2026-01-12",
        "layer 2: 'people' must name 1 to 100", "layer 2: 'every' must be",
        "layer 2: 'position' must be one of primary",
        "layer 2: 'start' must be a date without quotes", "date 1: 'until' must be later than 'from'",
    ):  # fmt: skip
        assert mistake in told, told


@pytest.mark.parametrize(("body", "mistake"), [
    ("name = \"x\"", "it has nobody"),
    ("name = [", "it is no TOML"),
    (f"name = \"x\"\n{LAYER}hours = [\"workdays 08:00-17:00\"]", "need 'calendar'"),
    (f"name = \"x\"\ncalendar = \"norge\"\n{LAYER}", "there is no calendar 'norge'"),
    ("name = \"x\"\n[[layer]]\npeople = [\"anna\"]", "'start' is missing"),
    ("name = \"x\"\nlayer = 7", "must be at most 400 tables [[layer]]"),
    ("[[layer]]\npeople = []\nstart = 2026-01-05", "'name' is missing"),
    ("name = \"x\"\n[[date]]\nperson = \"anna\"\nfrom = 2026-01-05T08:00:00Z\nuntil = 2026-01-06",
     "'from' must be a date or a local"),
    ("x" * 300_000, "more than 262144 characters"),
])  # fmt: skip
def test_a_rota_that_can_not_be_read_says_why(body: str, mistake: str) -> None:
    with pytest.raises(ConfigError) as caught:
        read(body, PEOPLE, CALENDARS)

    assert mistake in str(caught.value)


@pytest.mark.parametrize(("text", "inside", "outside"), [
    ("weekdays 17:00-08:00", "2026-02-07T07:59", "2026-02-07T08:00"),
    ("weekdays 17:00 – 08:00", "2026-02-06T17:00", "2026-02-09T07:00"),
    ("weekends 08:00-08:00", "2026-02-09T07:59", "2026-02-07T07:59"),
    ("fri 17:00-mon 08:00", "2026-02-08T12:00", "2026-02-09T08:00"),
    ("mon 08:00-mon 08:00", "2026-02-07T03:00", ""),
    ("freedays", "2026-05-01T12:00", "2026-05-04T12:00"),
    ("workdays", "2026-05-04T12:00", "2026-05-01T12:00"),
    ("outside workdays 08:00-17:00", "2026-05-01T12:00", "2026-05-04T12:00"),
    ("mån-ons,sön 12:00-13:00", "2026-02-08T12:30", "2026-02-05T12:30"),
    ("everyday 22:00-24:00", "2026-02-05T23:59", "2026-02-06T00:00"),
    ("always", "2026-02-05T23:59", ""),
])  # fmt: skip
def test_hours_are_read_as_people_mean_them(text: str, inside: str, outside: str) -> None:
    hours = read_hours([text])

    assert within(hours, at(inside), STOCKHOLM, is_red)
    assert not outside or not within(hours, at(outside), STOCKHOLM, is_red)


@pytest.mark.parametrize("text", [
    "", "never", "weekdays 25:00-08:00", "mon 8-17", "mon-fry 08:00-17:00", "outside always", "mon 24:00-08:00",
    "weekdays 08:00-17:00 and more", "mon 08:60-17:00", "2026-01-01 08:00-17:00",
])  # fmt: skip
def test_hours_that_are_none_are_refused(text: str) -> None:
    with pytest.raises(HoursError):
        read_hours([text])


def test_a_hand_over_in_the_hour_that_comes_twice_is_the_first_of_them() -> None:
    rota = read(
        'name = "x"\nhandover = "02:30"\n[[layer]]\npeople = ["anna", "bo"]\nstart = 2026-10-24\nevery = "1 day"'
    )
    zone = ZoneInfo("Europe/Stockholm")
    first = datetime(2026, 10, 25, 2, 30, fold=0, tzinfo=zone).timestamp()
    second = datetime(2026, 10, 25, 2, 30, fold=1, tzinfo=zone).timestamp()

    assert second - first == 3600
    assert [on_duty(rota, (), moment) for moment in (first - 1, first, second - 1800, second)] == [
        ("anna",), ("bo",), ("bo",), ("bo",),
    ]  # fmt: skip


def test_somebody_may_stand_twice_in_a_rotation() -> None:
    rota = read('name = "x"\n[[layer]]\npeople = ["anna", "anna", "bo"]\nstart = 2026-01-05')

    assert [on_duty(rota, (), at(f"2026-01-{day:02}T12:00"))[0] for day in (5, 12, 19, 26)] == [
        "anna", "anna", "bo", "anna",
    ]  # fmt: skip
    assert rota.layers[0].start == date(2026, 1, 5)
