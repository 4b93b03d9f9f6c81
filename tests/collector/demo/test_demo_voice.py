import json
from typing import Any

import pytest
from life import CITY, TUESDAY, WEATHER

from driftvakt_collector.demo import rehearsal
from driftvakt_collector.demo.asset import Asset
from driftvakt_collector.demo.pace import Pace, working_day
from driftvakt_collector.demo.session import CUT_EVERY, is_cut, session
from driftvakt_collector.demo.sheet import Sheets
from driftvakt_collector.demo.voice import Air, Voice
from driftvakt_wire.envelope import split, verify

HOUR = 3600.0
KEY = b"k" * 32


def _voice(asset: Asset, since: float) -> Voice:
    return Voice(asset, KEY, Air(WEATHER, Pace(TUESDAY, TUESDAY), Sheets(), 60.0, "e1"), since)


def _records(lines: list[bytes]) -> list[dict[str, Any]]:
    return [json.loads(split(line).record) for line in lines]


def _computer(*, cut: bool = False) -> Asset:
    """Return a computer that is switched on in the morning and says goodbye in the evening."""
    for asset in CITY:
        found = session(asset, TUESDAY + 11 * HOUR)
        # One that nobody switches off has been on since Monday.
        if asset.class_ == "workstation" and asset.place.cut is cut and found and found.clean and found.boot > TUESDAY:
            return asset
    raise AssertionError


def test_a_line_is_signed_and_numbered() -> None:
    voice = _voice(CITY[0], TUESDAY)
    lines = []
    for minute in range(3):
        voice.turn(TUESDAY + minute * 60)
        lines += voice.take(TUESDAY + minute * 60)

    envelopes = [split(line) for line in lines]
    assert [one.seq for one in envelopes] == [1, 2, 3]
    assert all(verify(KEY, one) for one in envelopes)


def test_a_computer_starts_reports_and_says_goodbye() -> None:
    voice = _voice(_computer(), TUESDAY)
    said: list[str] = []
    for minute in range(24 * 60):
        voice.turn(TUESDAY + minute * 60)
        said += [record["kind"] for record in reversed(_records(voice.take(TUESDAY + minute * 60)))]

    assert said[0] == "event"
    assert said[-1] == "goodbye"
    assert set(said[1:-1]) == {"report"}


def test_one_that_runs_when_it_is_first_heard_does_not_start() -> None:
    voice = _voice(CITY[0], TUESDAY)
    voice.turn(TUESDAY)

    assert [record["kind"] for record in _records(voice.take(TUESDAY))] == ["report"]


def test_a_cut_line_holds_the_reports_and_then_brings_them_newest_first() -> None:
    asset = _computer(cut=True)
    start = next(
        TUESDAY + 10 * HOUR + second
        for second in range(0, int(2 * CUT_EVERY), 60)
        if is_cut(asset, TUESDAY + 10 * HOUR + second) and not is_cut(asset, TUESDAY + 10 * HOUR + second - 60)
    )
    voice = _voice(asset, start)
    sent = []
    for minute in range(27):
        voice.turn(start + minute * 60)
        sent.append(voice.take(start + minute * 60))

    arrived = [lines for lines in sent if lines]
    assert sent[:25] == [[]] * 25
    assert len(arrived[0]) == 26
    times = [record["at"] for record in _records(arrived[0])]
    assert times == sorted(times, reverse=True)


def test_what_did_not_arrive_is_kept_in_order() -> None:
    voice = _voice(CITY[0], TUESDAY)
    for minute in range(3):
        voice.turn(TUESDAY + minute * 60)
    lines = voice.take(TUESDAY + 180)

    voice.give_back(lines)

    assert voice.take(TUESDAY + 180) == lines


def test_parts_are_sent_when_they_are_asked_for() -> None:
    voice = _voice(CITY[0], TUESDAY)
    voice.turn(TUESDAY)
    (report,) = _records(voice.take(TUESDAY))

    voice.add_parts([report["series"], "b2:unknown"])
    assert [record["digest"] for record in _records(voice.take(TUESDAY))] == [report["series"]]
    voice.add_parts([report["sections"]["info"]])
    assert [record["digest"] for record in _records(voice.take(TUESDAY))] == [report["sections"]["info"]]


def test_a_minute_of_the_past_holds_each_running_asset_once() -> None:
    noon = TUESDAY + 12 * HOUR
    assets = CITY[:200]
    voices = [_voice(asset, noon - 60) for asset in assets]
    frames = list(rehearsal.frames(voices, noon, set()))

    reports = [
        envelope.origin
        for frame in frames
        for envelope in map(split, frame.body.split(b"\n"))
        if json.loads(envelope.record)["kind"] == "report"
    ]
    running = {one.origin for one in assets if session(one, noon) and session(one, noon + 60) and not is_cut(one, noon)}
    assert len(reports) == len(set(reports))
    assert running <= set(reports)
    assert [frame.at for frame in frames] == [noon + 10 * number for number in range(1, 7)]


def test_the_past_begins_with_the_last_words_of_what_is_off() -> None:
    night = TUESDAY + 2 * HOUR
    assets = CITY[:150]
    frames = list(rehearsal.prologue([_voice(asset, night) for asset in assets], night, set()))

    said: dict[str, list[str]] = {}
    for frame in frames:
        for envelope in map(split, frame.body.split(b"\n")):
            said.setdefault(envelope.origin, []).append(json.loads(envelope.record)["kind"])
    off = {asset.origin for asset in assets if session(asset, night) is None}
    assert set(said) <= off
    assert len(said) > 0.95 * len(off)
    assert all(kinds[0] == "report" for kinds in said.values())
    assert sum(kinds[-1] == "goodbye" for kinds in said.values()) > 0.9 * len(said)
    times = [frame.at for frame in frames]
    assert times == sorted(times)
    assert times[-1] <= night


def test_each_part_of_the_past_is_told_once_and_after_a_report_that_names_it() -> None:
    known: set[str] = set()
    voices = [_voice(asset, TUESDAY + 12 * HOUR) for asset in CITY[:150]]
    frames = [*rehearsal.prologue(voices, TUESDAY + 12 * HOUR, known)]
    frames += rehearsal.frames(voices, TUESDAY + 12 * HOUR, known)

    named: set[str] = set()
    told: list[str] = []
    for record in (json.loads(split(line).record) for frame in frames for line in frame.body.split(b"\n")):
        if record["kind"] == "report":
            named |= {record["series"], record["sections"]["info"]}
        elif record["kind"] in ("series", "section"):
            assert record["digest"] in named
            told.append(record["digest"])
    assert len(told) == len(set(told))
    assert set(told) == named == known


@pytest.mark.parametrize("speed", [1.0, 24.0])
def test_pace_leads_there_and_back(speed: float) -> None:
    pace = Pace(1000.0, TUESDAY, speed)

    assert pace.day(1000.0) == TUESDAY
    assert pace.at(pace.day(1234.5)) == pytest.approx(1234.5)


@pytest.mark.parametrize(
    ("now", "days"),
    [
        pytest.param(TUESDAY + 11 * HOUR, 0, id="today, when it was ten already"),
        pytest.param(TUESDAY + 9 * HOUR, -1, id="yesterday, when it was not"),
        pytest.param(TUESDAY + 5 * 24 * HOUR + 12 * HOUR, 3, id="Friday on a Sunday"),
    ],
)
def test_the_newest_working_day_that_had_an_hour(now: float, days: int) -> None:
    assert working_day(now, 10.0) == TUESDAY + days * 24 * HOUR + 10 * HOUR
