import json
from typing import Any

from life import CITY, TUESDAY, WEATHER

from driftvakt_collector.demo import rehearsal
from driftvakt_collector.demo.asset import Asset
from driftvakt_collector.demo.pace import Pace
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
