"""What holds an alert back, until when, and what is shown as the reason."""

from dataclasses import replace
from datetime import datetime
from zoneinfo import ZoneInfo

import pytest

from driftvakt_collector.alert import mute as mutes
from driftvakt_collector.alert.alert import Alert, Severity, Source
from driftvakt_collector.alert.mute import Kind, Mute, MuteError, check, conflicts, covering, frozen, is_forgotten
from driftvakt_collector.alert.mute_rows import mute_of, mutes_of, row_of
from driftvakt_collector.alert.recurrence import read
from driftvakt_collector.alert.scope import Scope, label_of
from driftvakt_collector.alert.span import Span
from driftvakt_collector.alert.words import Words
from driftvakt_collector.store import mutes as store_mutes
from driftvakt_collector.store.engine import Store

STOCKHOLM = ZoneInfo("Europe/Stockholm")
HOUR, DAY = 3600.0, 86400.0
ALERT = Alert("f" * 32, Source.RULE, "Ping", Severity.CRITICAL, Words("Nere", "Down"), 0.0, origin="a-1", site="Farsta")


def at(text: str) -> float:
    return datetime.fromisoformat(text).replace(tzinfo=STOCKHOLM).timestamp()


NIGHT = Span(at("2026-12-01 22:00"), at("2026-12-02 02:00"))
WINDOW = Mute(Kind.MAINTENANCE, Scope(site="Farsta"), NIGHT, "ny switch", "anna", at("2026-11-27"), id=1)


def weekly(text: str = "tue 22:00", number: int = 2) -> Mute:
    repeated = read(text, seconds=4 * HOUR, time_zone="Europe/Stockholm", since=at("2026-11-01"))
    first = repeated.first()
    assert first is not None
    return replace(WINDOW, span=first, recurrence=repeated, id=number, reason="uppdatering")


def test_a_window_holds_what_is_in_its_scope_and_time() -> None:
    other = replace(ALERT, site="Kista")

    (held,) = covering([WINDOW], ALERT, at("2026-12-01 22:00"))
    assert held.until == NIGHT.end
    assert held.reason == Words(
        "Underhåll till 2026-12-02 02:00: ny switch", "Maintenance until 2026-12-02 02:00: ny switch"
    )
    assert covering([WINDOW], ALERT, NIGHT.begin - 1) == []
    assert covering([WINDOW], ALERT, NIGHT.end) == []
    assert covering([WINDOW], other, NIGHT.begin) == []


def test_what_is_behind_a_switch_in_maintenance_is_held_too() -> None:
    window = replace(WINDOW, scope=Scope(origins=("sw-1",), below=True))

    assert covering([window], ALERT, NIGHT.begin) == []
    assert [one.mute for one in covering([window], ALERT, NIGHT.begin, ["sw-1"])] == [window]


def test_the_one_that_lasts_longest_stands_first() -> None:
    silence = replace(WINDOW, kind=Kind.SILENCE, span=Span(NIGHT.begin, NIGHT.end + HOUR), reason="känt fel", id=3)

    held = covering([WINDOW, silence], ALERT, NIGHT.begin)
    assert [one.mute.id for one in held] == [3, 1]
    assert held[0].reason == Words("Tystat av anna till 2026-12-02 03:00: känt fel",
                                   "Silenced by anna until 2026-12-02 03:00: känt fel")  # fmt: skip


def test_one_that_was_ended_holds_nothing_from_then_on_and_did_before() -> None:
    ended = replace(WINDOW, ended=NIGHT.begin + HOUR, ended_by="bo")

    assert covering([ended], ALERT, NIGHT.begin + HOUR - 1)[0].until == NIGHT.begin + HOUR
    assert covering([ended], ALERT, NIGHT.begin + HOUR) == []
    assert list(ended.between(0, 4e9)) == [Span(NIGHT.begin, NIGHT.begin + HOUR)]
    assert list(replace(WINDOW, ended=NIGHT.begin - HOUR).between(0, 4e9)) == []


def test_a_recurring_window_holds_each_time_and_until_the_end_of_that_time() -> None:
    again = weekly()

    assert [covering([again], ALERT, at(f"2026-12-{day:02} 23:00")) != [] for day in range(1, 16)] == [
        day in (1, 8, 15) for day in range(1, 16)
    ]
    assert covering([again], ALERT, at("2026-12-09 01:00"))[0].until == at("2026-12-09 02:00")
    assert replace(again, ended=at("2026-12-05")).at(at("2026-12-08 23:00")) is None


def test_a_freeze_holds_nothing_back_and_is_shown() -> None:
    freeze = Mute(Kind.FREEZE, Scope(), Span(at("2026-12-01"), at("2027-01-07")), "jul", "bo", 0.0, id=9)

    assert covering([freeze], ALERT, NIGHT.begin) == []
    (shown,) = frozen([freeze, WINDOW], NIGHT.begin)
    assert shown.reason == Words(
        "Ändringsstopp till 2027-01-07 00:00: jul", "Change freeze until 2027-01-07 00:00: jul"
    )
    assert frozen([freeze], at("2027-01-07")) == []


def test_recurring_maintenance_rests_in_a_freeze_of_its_scope_and_a_single_window_does_not() -> None:
    everything = Mute(Kind.FREEZE, Scope(), Span(at("2026-12-01"), at("2027-01-07")), "jul", "bo", 0.0, id=9)
    elsewhere = replace(everything, scope=Scope(site="Kista"))

    assert covering([weekly(), everything], ALERT, NIGHT.begin) == []
    assert len(covering([weekly(), elsewhere], ALERT, NIGHT.begin)) == 1
    assert len(covering([WINDOW, everything], ALERT, NIGHT.begin)) == 1


def test_windows_that_lie_in_a_freeze_are_found() -> None:
    freeze = Mute(Kind.FREEZE, Scope(site="Farsta"), Span(at("2026-12-01"), at("2027-01-07")), "jul", "bo", 0.0, id=9)

    assert conflicts(WINDOW, [freeze]) == [(freeze, freeze.span)]
    assert conflicts(freeze, [WINDOW, weekly()]) == [(WINDOW, NIGHT), (weekly(), NIGHT)]
    assert conflicts(replace(WINDOW, scope=Scope(site="Kista")), [freeze]) == []
    assert conflicts(WINDOW, [replace(freeze, ended=at("2026-11-30"))]) == []


@pytest.mark.parametrize(("mute", "why"), [
    (replace(WINDOW, scope=Scope()), "hold back everything"),
    (replace(WINDOW, span=Span(2.0, 1.0)), "ends before it begins"),
    (replace(WINDOW, span=Span(0.0, 91 * DAY)), "a maintenance lasts at most 90 days, got 91"),
    (replace(WINDOW, kind=Kind.SILENCE, span=Span(0.0, 31 * DAY)), "a silence lasts at most 30 days, got 31"),
    (replace(WINDOW, kind=Kind.FREEZE, span=Span(0.0, 93 * DAY)), "a freeze lasts at most 92 days"),
    (replace(weekly(), kind=Kind.SILENCE), "a silence does not come again"),
    (replace(WINDOW, reason=" "), "it needs a reason"),
    (replace(WINDOW, reason="a\x1b[2J"), "it needs a reason"),
    (replace(WINDOW, made_by=""), "it needs an owner"),
])  # fmt: skip
def test_what_must_not_be_made_is_refused(mute: Mute, why: str) -> None:
    with pytest.raises(MuteError, match=why):
        check(mute)


def test_a_freeze_may_be_of_everything() -> None:
    check(replace(WINDOW, kind=Kind.FREEZE, scope=Scope()))


@pytest.mark.parametrize(("age", "left", "forgotten"), [
    (2 * DAY, 2 * DAY, True), (2 * DAY, 23 * HOUR, False), (23 * HOUR, 5 * DAY, False), (2 * DAY, -1.0, False),
])  # fmt: skip
def test_a_silence_that_is_old_and_lasts_is_taken_for_forgotten(age: float, left: float, forgotten: bool) -> None:
    now = 1e9
    silence = replace(WINDOW, kind=Kind.SILENCE, made_at=now - age, span=Span(now - age, now + left))

    assert is_forgotten(silence, now) is forgotten
    assert not is_forgotten(replace(silence, kind=Kind.MAINTENANCE), now)
    assert not is_forgotten(replace(silence, ended=now), now)


# --- what the store keeps ---

SCOPE = Scope(site="Farsta", origins=("a-1", "å-2"), labels=(label_of("disk=~/data.*"),), below=True)


@pytest.mark.parametrize("mute", [
    WINDOW, weekly("monthly 2nd tue +1d 20:00"), replace(WINDOW, scope=SCOPE),
    replace(weekly(), ended=5.0, ended_by="bo"), replace(WINDOW, kind=Kind.FREEZE, scope=Scope(), time_zone="UTC"),
])  # fmt: skip
def test_a_mute_is_read_as_it_was_written(mute: Mute) -> None:
    assert mute_of(row_of(mute)) == mute


@pytest.mark.parametrize("told", [
    {"kind": "holiday"}, {"scope": "{"}, {"recurrence": "{}"}, {"recurrence": "3"}, {"time_zone": "Mars"},
    {"recurrence": '{"every":"tue 22:00","seconds":"x","since":0,"until":null}'},
])  # fmt: skip
def test_a_row_that_is_broken_holds_nothing_back_and_is_told(told: dict[str, str]) -> None:
    found, wrong = mutes_of([row_of(WINDOW), row_of(WINDOW)._replace(id=2, **told)])  # type: ignore[arg-type]

    assert found == [WINDOW]
    assert len(wrong) == 1
    assert "cannot read" in wrong[0]


def test_the_store_keeps_all_and_finds_those_of_a_time(store_url: str) -> None:
    store = Store(store_url)
    store.migrate()
    endless, limited = weekly(), weekly()
    until = read("tue 22:00", seconds=HOUR, time_zone="UTC", since=at("2026-11-01"), until=at("2026-11-20"))
    limited = replace(limited, recurrence=until, span=until.first() or NIGHT, time_zone="UTC")
    silence = replace(WINDOW, kind=Kind.SILENCE, scope=SCOPE)
    try:
        numbers = [
            store.write_now(lambda one, mute=mute: store_mutes.add(one, row_of(mute)))
            for mute in (WINDOW, endless, limited, silence)
        ]

        def between(begin: float, end: float, kind: str = "") -> list[int]:
            rows = store.read(lambda one: store_mutes.between(one, begin, end, kind))
            return [numbers.index(row.id) for row in rows]

        assert len(set(numbers)) == 4
        assert between(*NIGHT) == [0, 1, 3]
        assert between(*NIGHT, kind="silence") == [3]
        assert between(at("2026-11-10"), at("2026-11-11")) == [1, 2]
        assert between(NIGHT.end, NIGHT.end + 1) == [1]
        assert store.write_now(lambda one: store_mutes.end(one, numbers[0], "maintenance", NIGHT.begin + 60, "bo"))
        assert not store.write_now(lambda one: store_mutes.end(one, numbers[0], "maintenance", NIGHT.begin + 90, "cy"))
        assert not store.write_now(lambda one: store_mutes.end(one, numbers[3], "maintenance", NIGHT.begin, "bo"))
        assert between(NIGHT.begin + 60, NIGHT.end) == [1, 3]
        assert between(*NIGHT) == [0, 1, 3]
        row = store.read(lambda one: store_mutes.find(one, numbers[0]))
        assert row is not None
        assert (row.ended_at, row.ended_by) == (NIGHT.begin + 60, "bo")
        assert store.read(lambda one: store_mutes.find(one, 9999)) is None
        found, wrong = mutes_of(store.read(store_mutes.load))
        assert not wrong
        assert [replace(one, id=0) for one in found[1:]] == [replace(one, id=0) for one in (endless, limited, silence)]
        assert [one.kind for one in mutes_of(store.read(lambda one: store_mutes.load(one, "silence")))[0]] == [
            Kind.SILENCE
        ]
    finally:
        store.close()


def test_many_mutes_are_looked_through_once_for_many_alerts() -> None:
    many = [replace(WINDOW, scope=Scope(site=f"s-{one}"), id=one) for one in range(100)] + [WINDOW]
    now = mutes.running(many, NIGHT.begin)

    assert len(now) == 101
    assert [one.mute for one in mutes.holding(now, ALERT)] == [WINDOW]
