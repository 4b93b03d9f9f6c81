"""What the relay remembers: standings, refusals, its own numbers, and how it reads an upstream's answer."""

import json
from pathlib import Path

import pytest

from driftvakt_collector.relay import standing
from driftvakt_collector.relay.own import Own
from driftvakt_collector.relay.refusals import MAX_KINDS, Refusals
from driftvakt_collector.relay.routes import Routes
from driftvakt_collector.relay.standing import CLOSED, CLOSED_SECONDS, Standing
from driftvakt_collector.relay.verdict import Verdict, error_of, read
from driftvakt_wire.envelope import derive_key, split

STREAM = "a-1 1 e1"


def test_a_stream_is_held_until_the_upstream_takes_a_line_of_it() -> None:
    one = Standing()
    one.refused(STREAM, 403, "waits for approval", 100.0)

    assert not one.may_pass(STREAM, 100.0)
    one.accepted(STREAM, 200.0)
    assert one.may_pass(STREAM, 200.0)
    assert STREAM in one.known


def test_one_bad_line_says_nothing_of_a_stream_in_good_standing() -> None:
    one = Standing()
    one.accepted(STREAM, 100.0)
    one.refused(STREAM, 401, "not accepted", 110.0)

    assert one.hold(STREAM, 110.0) is None
    one.refused(STREAM, 401, "not accepted", 400.0)
    assert one.hold(STREAM, 400.0) is not None


def test_the_host_of_a_held_stream_may_try_once_a_minute() -> None:
    one = Standing()
    one.refused(STREAM, 401, "not accepted", 0.0)

    assert [one.ask(STREAM, at) for at in (10.0, 60.0, 61.0, 119.0, 120.0)] == [False, True, False, False, True]
    assert [one.may_pass(STREAM, 120.0), one.may_pass(STREAM, 120.0)] == [True, False]


def test_a_closed_epoch_stays_closed_for_a_day_and_then_is_asked_again() -> None:
    one = Standing()
    one.accepted(STREAM, 0.0)
    one.refused(STREAM, CLOSED, "begin a new one", 1.0)

    assert one.hold(STREAM, 1.0) is not None
    assert not one.ask(STREAM, CLOSED_SECONDS)
    assert one.hold(STREAM, CLOSED_SECONDS + 2) is None


def test_the_maps_are_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(standing, "MAX_KNOWN", 10)
    monkeypatch.setattr(standing, "MAX_HELD", 10)
    monkeypatch.setattr(standing, "MAX_WANT", 10)
    one = Standing()
    for number in range(100):
        one.accepted(f"a-{number} 1 e", 0.0)
        one.refused(f"b-{number} 1 e", 401, "", 0.0)
        one.asked({f"c-{number}": ["b2:1"]})

    assert (len(one.known), len(one.held), len(one.want)) == (10, 10, 10)


def test_known_streams_are_known_after_a_start(tmp_path: Path) -> None:
    standing.save(tmp_path / "known", [STREAM, "a-2 1 e2"])
    assert standing.load(tmp_path / "known") == [STREAM, "a-2 1 e2"]
    (tmp_path / "known").write_bytes(b"\xff\xfe torn")
    assert standing.load(tmp_path / "known") == []


def test_a_host_is_known_as_long_as_one_of_its_epochs_is() -> None:
    one = Standing()
    one.learn([STREAM, "a-1 1 e2"])
    one.refused(STREAM, CLOSED, "", 0.0)

    assert one.knows("a-1")
    one.refused("a-1 1 e2", 401, "", 0.0)
    assert not one.knows("a-1")


def test_what_was_signed_and_never_reached_the_disk_is_told_after_a_clean_stop_too(tmp_path: Path) -> None:
    first = own(tmp_path)
    first.line(b"{}")
    first.kept()
    first.line(b"{}")
    first.close()
    gap = own(tmp_path).gap(0.0)

    assert gap is not None
    told = json.loads(gap)
    assert (told["first"], told["last"]) == (2, 2)


def test_refusals_are_told_in_few_events_and_a_flood_of_them_costs_nothing() -> None:
    told = Refusals()
    for seq in (12, 14, 13, 15):
        told.add("relay.refused", "a-1", "e1", seq, "422 no")
    for number in range(10_000):
        told.add("relay.refused", f"b-{number}", "e1", 1, "422 no")
    told.add_unknown("relay.damaged", 7)

    first = told.take()
    assert (first[0].subject, first[0].text) == ("a-1", "epoch e1, 12 to 15: 422 no (4 lines)")
    texts = [one.text for one in first if one.subject is None]
    assert texts == [f"{10_000 - MAX_KINDS + 1} lines of which no more is told", "7 lines of which no more is told"]
    while notices := told.take():
        assert len(notices) <= 100


def own(path: Path) -> Own:
    return Own(path / "own.json", "r-1", 1, derive_key(bytes(32), "r-1", 1))


def test_own_numbers_go_on_after_a_clean_stop(tmp_path: Path) -> None:
    first = own(tmp_path)
    first.line(b'{"kind":"goodbye"}')
    first.kept()
    first.close()
    second = own(tmp_path)

    envelope = split(second.line(b'{"kind":"goodbye"}'))
    assert (envelope.epoch, envelope.seq) == (first.epoch, 2)
    assert second.gap(0.0) is None


def test_what_was_never_kept_is_told_however_often_it_ends(tmp_path: Path) -> None:
    first = own(tmp_path)
    first.line(b"{}")
    first.kept()
    first.line(b"{}")
    first.close()
    second = own(tmp_path)
    assert second.gap(1.0) is not None
    second.line(b"{}")

    gap = own(tmp_path).gap(2.0)

    assert gap is not None
    assert json.loads(gap)["first"] == 2


def test_after_a_crash_no_number_is_used_twice_and_the_hole_is_told(tmp_path: Path) -> None:
    first = own(tmp_path)
    used = [split(first.line(b"{}")).seq for _ in range(300)]
    second = own(tmp_path)

    gap = second.gap(5.0)
    assert gap is not None
    told = json.loads(gap)
    seq = split(second.line(b"{}")).seq
    assert seq > max(used)
    assert (told["first"] <= 300, told["last"]) == (True, seq - 1)
    assert second.gap(5.0) is None


def test_an_answer_is_read_line_by_line() -> None:
    refusals = [[1, "duplicate"], [2, "rejected", 422, "no"], [3, "rejected", 299, "?"]]
    paces = {"time": 1.0, "next": 30.0, "backlog": 5.0}
    body = {"accepted": 1, "duplicate": 1, "rejected": 2, "lines": refusals, "want": {"a": ["b2:1"]}, **paces}

    found = read(json.dumps(body).encode(), 4)

    assert found is not None
    assert found.verdicts == [Verdict(200), Verdict(200), Verdict(422, "no"), Verdict(503, "?")]
    assert (found.want, found.next, found.backlog) == ({"a": ["b2:1"]}, 30.0, 5.0)


@pytest.mark.parametrize(
    "body",
    [
        b"", b"<html>", b"[]", b'{"error":"not accepted"}', b'{"accepted":1,"lines":[[9,"duplicate"]]}',
        b'{"accepted":1,"lines":[["x","rejected"]]}', b"[" * 100_000,
    ],
    ids=["nothing", "a page", "a list", "an error", "a line that was not sent", "no number", "a deep hole"],
)  # fmt: skip
def test_what_no_collector_says_settles_nothing(body: bytes) -> None:
    assert read(body, 1) is None
    assert isinstance(error_of(body), str)


def test_the_upstream_that_answered_is_used_until_it_does_not() -> None:
    routes = Routes(["http://127.0.0.1:1", "http://127.0.0.1:2"], None, lambda: 1.0)
    first, second = routes.routes
    routes.failed(first, "gone", 0.0)

    assert routes.pick("live", 0.0) is second
    routes.answered(second, 0.0)
    assert routes.pick("live", 1000.0) is second
    for at in range(20):
        routes.failed(second, "gone", 1000.0 + at)
    assert routes.pick("live", 1020.0) is first
    routes.failed(first, "gone", 1020.0)
    assert routes.pick("live", 1020.0) is None
    assert 0 < routes.wait("live", 1020.0) <= 60.0


def test_a_rest_for_the_backlog_is_none_for_what_is_new() -> None:
    routes = Routes(["http://127.0.0.1:1"], None, lambda: 0.0)
    routes.rest(routes.current, "backlog", 30.0, "busy", 0.0)

    assert routes.pick("backlog", 1.0) is None
    assert routes.pick("live", 1.0) is routes.current
