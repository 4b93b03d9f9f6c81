"""The door: each line for itself, and no answer before the disk's."""

import gzip
import json
import logging
import zlib
from collections.abc import Callable
from typing import Any

import pytest
from backports import zstd
from collecting import Sender, series_body
from doors import Gate

from driftvakt_collector.ingest.check import MAX_LINE, MAX_SECTIONS
from driftvakt_collector.ingest.door import MAX_LINES
from driftvakt_collector.journal import JournalError
from driftvakt_wire import encode
from driftvakt_wire.envelope import digest
from driftvakt_wire.records import Event, Goodbye, Report, Section, Series

DIGEST, SET = series_body(("node_load1", ()), ("node_load5", ()))
FULL = JournalError("the disk is full")
EVENT = Event(1.0, "agent.start")
Key = tuple[str, tuple[tuple[str, str], ...]]


def report(**told: Any) -> bytes:
    """Return a report's JSON as somebody else's agent might write it."""
    fields: dict[str, Any] = {"kind": "report", "at": 1.0, "up": 2.0, "series": DIGEST, "values": [1.0, 2.0]}
    return json.dumps(fields | told).encode()


def part(name: str, *keys: Key) -> Section:
    body = encode.series_set(keys, {})
    return Section(name, digest(body), body)


def named(*keys: Key) -> Series:
    body = encode.series_set(keys, {})
    return Series(digest(body), body)


def raw(sender: Sender, seq: int, record: bytes, epoch: str = "e1") -> bytes:
    """Return a line signed with this number and epoch, whatever they are."""
    return Sender(sender.origin, epoch=epoch).line(record, seq)


def forged(sender: Sender) -> bytes:
    return Sender(sender.origin, master=b"another's secret of the 32 bytes").line(EVENT)


GOODBYE = b'{"kind":"goodbye","at":1.0}'

WRONG_LINES = [
    pytest.param(lambda _: b"", 400, id="nothing at all"),
    pytest.param(lambda _: b"[]", 400, id="no object"),
    pytest.param(lambda sender: sender.line(EVENT)[:-7], 400, id="cut off"),
    pytest.param(lambda sender: sender.line(EVENT) + b"x", 400, id="with something behind it"),
    pytest.param(lambda _: b"\xff\xfe\x00", 400, id="no UTF-8"),
    pytest.param(lambda _: b'{"a":' + b"[" * 100_000, 400, id="a hundred thousand brackets"),
    pytest.param(lambda _: b'{"v":1}', 400, id="an envelope without members"),
    pytest.param(lambda sender: sender.line(EVENT).replace(b'"v":1', b'"v":2', 1), 400, id="of another version"),
    pytest.param(forged, 401, id="signed by somebody else"),
    pytest.param(lambda sender: sender.line(EVENT).replace(b"start", b"stop!"), 401, id="changed on its way"),
    pytest.param(lambda sender: sender.line(EVENT).replace(b'"mac":"', b'"mac":"\xc3\xa5'), 401, id="a MAC with å"),
    pytest.param(lambda _: Sender("a-stranger").line(EVENT), 401, id="from an unknown origin"),
    pytest.param(lambda sender: Sender(sender.origin, gen=2).line(EVENT), 401, id="of a generation that is not"),
    pytest.param(lambda sender: raw(sender, 2**53, GOODBYE), 400, id="numbered 2^53"),
    pytest.param(lambda sender: raw(sender, -1, GOODBYE), 400, id="numbered -1"),
    pytest.param(lambda sender: raw(sender, 2**80, GOODBYE), 400, id="numbered 2^80"),
    pytest.param(lambda sender: raw(sender, 1, GOODBYE, epoch=""), 400, id="of no epoch"),
    pytest.param(lambda sender: raw(sender, 1, GOODBYE, epoch="e" * 65), 400, id="of an epoch of 65 characters"),
    pytest.param(lambda sender: raw(sender, 1, GOODBYE, epoch="å ö"), 400, id="of an epoch that is no id"),
    pytest.param(lambda sender: sender.line(b'{"at":1}'), 400, id="without a kind"),
    pytest.param(lambda sender: sender.line(b'{"kind":7}'), 400, id="of kind 7"),
    pytest.param(lambda sender: sender.line(report(values=["x"])), 422, id="with a text as value"),
    pytest.param(lambda sender: sender.line(report().replace(b"2.0]", b"NaN]")), 400, id="with NaN"),
    pytest.param(lambda sender: sender.line(report().replace(b"2.0]", b"Infinity]")), 400, id="with Infinity"),
    pytest.param(lambda sender: sender.line(report().replace(b"2.0]", b"1e999]")), 422, id="with 1e999"),
    pytest.param(lambda sender: sender.line(report(every=0.5)), 422, id="a report each half second"),
    pytest.param(lambda sender: sender.line(report(every=3600.5)), 422, id="a report each hour and a bit"),
    pytest.param(lambda sender: sender.line(report(values=[1.0])), 422, id="a value too few"),
    pytest.param(lambda sender: sender.line(report(values=[1.0] * 3)), 422, id="a value too many"),
    pytest.param(lambda sender: sender.line(report(series="b2:ny", values=[0] * 20_001)), 422, id="20001 values"),
    pytest.param(lambda sender: sender.line(report(sections={f"s{n}": "b2:0000" for n in range(65)})), 422,
                 id="65 sections"),
    pytest.param(lambda sender: sender.line(Series("b2:0123456789abcdef", SET)), 422, id="a set of another digest"),
    pytest.param(lambda sender: sender.line(Section("info", DIGEST, b"{}")), 422, id="a section of another digest"),
    pytest.param(lambda sender: sender.line(part("info", ("node_load1", ()))), 422, id="a number among the facts"),
    pytest.param(lambda sender: sender.line(part("info\n", ("node_os_info", ()))), 422, id="a section with a newline"),
    pytest.param(lambda sender: sender.line(named(("node_load1", tuple((f"l{n}", "") for n in range(65))))), 422,
                 id="a series with 65 labels"),
    pytest.param(lambda sender: sender.line(report(series="b2:\0")), 422, id="a report of a set with a NUL"),
    pytest.param(lambda sender: sender.line(report(sections={"info": "x" * 99})), 422, id="a section of no digest"),
    pytest.param(lambda sender: sender.line(Event(1.0, "x" * 129)), 422, id="an event with a name of 129 characters"),
    pytest.param(lambda sender: sender.line(b'{"kind":"event","at":1,"name":"x","text":"%s"}' % (b"y" * 4097)), 422,
                 id="an event with a text of 4097"),
    pytest.param(lambda sender: sender.line(rb'{"kind":"event","at":1,"name":"\ud800"}'), 400, id="half a character"),
    pytest.param(lambda sender: sender.line(b'{"kind":"' + b"k" * 65 + b'"}'), 400, id="of a kind with a long name"),
    pytest.param(lambda sender: sender.line(b'{"kind":"x","x":"%s"}' % (b"x" * MAX_LINE)), 413, id="of 2 MiB"),
]  # fmt: skip


@pytest.fixture
def gate() -> Gate:
    gate = Gate()
    sender = gate.senders[0]
    assert gate.send(sender.line(Series(DIGEST, SET)), sender.line(Report(1.0, 2.0, DIGEST, (1.0, 2.0))))[0] == 200
    return gate


@pytest.mark.parametrize(("wrong", "status"), WRONG_LINES)
def test_a_wrong_line_is_refused_and_its_neighbours_are_not(
    gate: Gate, wrong: Callable[[Sender], bytes], status: int
) -> None:
    first, second, third = gate.senders

    told, answer = gate.send(first.line(EVENT), wrong(second), third.line(EVENT))

    assert told == 207
    assert (answer["accepted"], answer["duplicate"], answer["rejected"]) == (2, 0, 1)
    ((place, verdict, why, reason),) = answer["lines"]
    assert (place, verdict, why) == (1, "rejected", status)
    assert reason
    assert len(gate.intake.batch.events) == 2


@pytest.mark.parametrize(("wrong", "status"), WRONG_LINES)
def test_a_wrong_line_alone_gives_its_own_status(gate: Gate, wrong: Callable[[Sender], bytes], status: int) -> None:
    before = gate.lines()

    told = gate.knock(wrong(gate.senders[1]) + b"\n")

    assert [one for one, _ in told] == [status]
    assert gate.lines() == before


def test_all_strangers_are_told_the_same(gate: Gate) -> None:
    known, unknown = gate.senders[1], Sender("a-stranger")
    revoked = Sender(known.origin, gen=9)

    answers = [gate.knock(line)[0] for line in (forged(known), unknown.line(EVENT), revoked.line(EVENT))]

    assert len({json.dumps(answer) for answer in answers}) == 1


def test_a_kind_of_a_later_release_is_kept(gate: Gate) -> None:
    line = gate.senders[0].line(b'{"kind":"hologram","depth":3}')

    status, _ = gate.send(line)

    assert status == 200
    assert line in gate.lines()
    assert [row.kind for row in gate.intake.batch.events] == ["hologram"]


def test_the_same_line_in_two_requests_at_once_is_kept_once(gate: Gate) -> None:
    line = gate.senders[0].line(EVENT)

    first, second = gate.knock(line), gate.knock(line)
    assert (first, second) == ([], []), "a duplicate of what is not on disk yet must wait"
    gate.journal.sync()

    assert (first[0][1]["accepted"], second[0][1]["duplicate"]) == (1, 1)
    assert gate.lines().count(line) == 1


def test_the_same_line_twice_in_a_body_is_kept_once(gate: Gate) -> None:
    line = gate.senders[0].line(EVENT)

    _, answer = gate.send(line, line)

    assert (answer["accepted"], answer["duplicate"], answer["lines"]) == (1, 1, [[1, "duplicate"]])
    assert gate.lines().count(line) == 1


def test_what_the_disk_refuses_is_taken_when_it_comes_again(gate: Gate) -> None:
    line = gate.senders[0].line(EVENT)
    first, second = gate.knock(line), gate.knock(line)
    gate.journal.sync(FULL)
    assert [one[0][0] for one in (first, second)] == [503, 503]
    assert gate.intake.batch.events == []

    _, answer = gate.send(line)

    assert answer["accepted"] == 1
    assert gate.lines().count(line) == 1


def test_a_duplicate_of_what_another_body_then_lost_is_sent_again(gate: Gate) -> None:
    line = gate.senders[0].line(EVENT)
    first = gate.knock(line)
    second = gate.knock(line)
    (lost, tell), (_, tell_second) = gate.journal.handed

    tell(0, FULL)
    tell_second(gate.journal.end(), None)

    assert lost == [line]
    assert [first[0][0], second[0][0]] == [503, 503]


def test_too_much_on_its_way_to_the_disk_is_refused(gate: Gate, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("driftvakt_collector.ingest.door.MAX_WAITING", 1000)
    long, short = gate.senders[0].line(Event(1.0, "long", "x" * 800)), gate.senders[1].line(EVENT)
    waiting = gate.knock(long)

    refused = gate.knock(short)
    gate.journal.sync()

    assert (refused[0][0], waiting[0][0]) == (429, 200)
    assert gate.send(short)[0] == 200


def test_a_fault_of_ours_leaves_no_line_behind_that_could_never_come_again(
    gate: Gate, monkeypatch: pytest.MonkeyPatch
) -> None:
    first, second = gate.senders[0].line(EVENT), gate.senders[1].line(EVENT)
    with monkeypatch.context() as patched:
        patched.setattr("driftvakt_collector.ingest.check.decode_record", _fail_at_the_second())
        with pytest.raises(ZeroDivisionError):
            gate.knock(first + b"\n" + second)

    status, answer = gate.send(first, second)

    assert (status, answer["accepted"]) == (200, 2)


def _fail_at_the_second() -> Callable[[Any], Any]:
    from driftvakt_collector.journal.line import decode_record

    seen: list[Any] = []

    def decode(record: Any) -> Any:
        seen.append(record)
        return decode_record(record) if len(seen) == 1 else 1 / 0

    return decode


def test_a_line_that_we_cannot_apply_is_kept_and_its_neighbours_are_applied(
    gate: Gate, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    first, second = gate.senders[:2]
    lines = first.line(Goodbye(1.0)), second.line(EVENT)
    monkeypatch.setattr("driftvakt_collector.intake._clean", _dislike_goodbyes)

    with caplog.at_level(logging.CRITICAL):
        status, answer = gate.send(*lines)

    assert (status, answer["accepted"]) == (200, 2)
    assert [row.origin for row in gate.intake.batch.events] == [second.origin]
    assert gate.intake.counts.ignored["fault"] == 1


def _dislike_goodbyes(text: str) -> str:
    if text == "goodbye":
        raise ZeroDivisionError
    return text


def test_numbers_past_what_a_graph_holds_are_kept(gate: Gate) -> None:
    sender = gate.senders[0]
    body = Report(1.0, 2.0, DIGEST, (1.7e308, -1.7e308))

    status, _ = gate.send(sender.line(body))

    assert status == 200
    assert list(gate.fleet.hosts[sender.origin].values) == [1.7e308, -1.7e308]


def test_want_names_what_is_lacking_until_it_came() -> None:
    gate = Gate()
    sender = gate.senders[0]
    info = encode.series_set([("node_os_info", (("id", "debian"),))], {})
    mark = series_body(("node_os_info", (("id", "debian"),)))[0]

    asked = gate.send(sender.line(Report(1.0, 2.0, DIGEST, (1.0, 2.0), sections={"info": mark})))[1]["want"]
    given = gate.send(sender.line(Series(DIGEST, SET)), sender.line(Section("info", mark, info)))[1]

    assert asked == {sender.origin: [DIGEST, mark]}
    assert "want" not in given
    host = gate.fleet.hosts[sender.origin]
    assert (list(host.values), host.info) == ([1.0, 2.0], info)


def bomb(size: int) -> bytes:
    return b"\n" * size


@pytest.mark.parametrize(
    ("body", "encoding", "status"),
    [
        pytest.param(b"", "", 400, id="an empty body"),
        pytest.param(b"\n" * (MAX_LINES + 1), "", 413, id="a line too many"),
        pytest.param(gzip.compress(bomb(64 << 20)), "gzip", 413, id="a gzip bomb"),
        pytest.param(zstd.compress(bomb(64 << 20)), "zstd", 413, id="a zstd bomb"),
        pytest.param(gzip.compress(bomb(9)), "gzip, gzip", 415, id="an encoding twice"),
        pytest.param(bomb(9), "br", 415, id="an encoding that is not offered"),
        pytest.param(bomb(9), "å", 415, id="an encoding that is no word"),
        pytest.param(bomb(9), "gzip", 400, id="no gzip"),
        pytest.param(bomb(9), "zstd", 400, id="no zstd"),
        pytest.param(b"", "gzip", 400, id="an empty gzip"),
        pytest.param(gzip.compress(bomb(9))[:-3], "gzip", 400, id="a gzip cut off"),
        pytest.param(gzip.compress(bomb(9)) + b"x", "gzip", 400, id="a gzip with something behind it"),
        pytest.param(gzip.compress(bomb(9)) * 2, "gzip", 400, id="a gzip after the gzip"),
        pytest.param(zstd.compress(bomb(9))[:-1], "zstd", 400, id="a zstd cut off"),
        pytest.param(zstd.compress(bomb(9)) * 2, "zstd", 400, id="a zstd after the zstd"),
        pytest.param(zlib.compress(bomb(9)), "gzip", 400, id="a zlib"),
    ],
)
def test_a_body_that_is_refused_as_a_whole(gate: Gate, body: bytes, encoding: str, status: int) -> None:
    before = gate.lines()

    ((told, answer),) = gate.knock(body, encoding.encode("latin-1"))

    assert told == status
    assert answer["error"]
    assert (gate.journal.handed, gate.lines()) == ([], before)


def test_a_bomb_within_a_bomb_is_expanded_once(gate: Gate) -> None:
    ((status, answer),) = gate.knock(gzip.compress(gzip.compress(bomb(64 << 20))), b"gzip")

    assert status == 400
    assert answer["accepted"] == 0


@pytest.mark.parametrize(
    ("encoding", "pack"), [("", bytes), ("identity", bytes), ("gzip", gzip.compress), ("zstd", zstd.compress)]
)
def test_each_encoding_brings_the_same_line(gate: Gate, encoding: str, pack: Callable[[bytes], bytes]) -> None:
    line = gate.senders[0].line(EVENT)

    told = gate.knock(pack(line), encoding.encode())
    gate.journal.sync()

    assert told[0][0] == 200
    assert gate.lines()[-1] == line


def test_a_full_body_of_lines_is_taken(gate: Gate) -> None:
    sender = gate.senders[0]
    lines = [sender.line(GOODBYE) for _ in range(MAX_LINES)]

    status, answer = gate.send(b"\n".join(lines) + b"\n")

    assert (status, answer["accepted"]) == (200, MAX_LINES)


def test_a_host_has_only_so_many_sections() -> None:
    gate = Gate()
    sender = gate.senders[0]

    answers = [gate.send(sender.line(part(f"s{number}", ("a_info", ()))))[0] for number in range(MAX_SECTIONS + 2)]

    assert answers == [200] * MAX_SECTIONS + [422] * 2


def test_an_old_epoch_that_comes_late_does_not_take_over() -> None:
    gate = Gate()
    origin = gate.senders[0].origin
    live, old = Sender(origin, epoch="live"), Sender(origin, epoch="old")
    gate.send(live.line(Series(DIGEST, SET)), live.line(Report(900.0, 2.0, DIGEST, (1.0, 2.0))))

    late = gate.send(old.line(Report(100.0, 2.0, DIGEST, (7.0, 7.0))))[0]
    goes_on = gate.send(live.line(Report(960.0, 2.0, DIGEST, (3.0, 4.0))))[0]

    assert (late, goes_on) == (200, 200)
    assert list(gate.fleet.hosts[origin].values) == [3.0, 4.0]


def test_an_epoch_that_took_over_wrongly_gives_way_to_the_one_that_goes_on() -> None:
    gate = Gate()
    origin = gate.senders[0].origin
    live, old = Sender(origin, epoch="live"), Sender(origin, epoch="old")
    gate.send(live.line(Series(DIGEST, SET)), live.line(Report(900.0, 2.0, DIGEST, (1.0, 2.0))))

    gate.now += 400.0
    gate.send(old.line(Report(100.0, 2.0, DIGEST, (7.0, 7.0))))
    gate.send(live.line(Report(1300.0, 2.0, DIGEST, (3.0, 4.0))))

    assert list(gate.fleet.hosts[origin].values) == [3.0, 4.0]


def test_an_agent_that_begins_anew_takes_over_at_once() -> None:
    gate = Gate()
    origin = gate.senders[0].origin
    first, second = Sender(origin, epoch="first"), Sender(origin, epoch="second")
    gate.send(first.line(Series(DIGEST, SET)), first.line(Report(900.0, 2.0, DIGEST, (1.0, 2.0))))

    gate.send(second.line(Report(905.0, 2.0, DIGEST, (5.0, 6.0))))

    assert list(gate.fleet.hosts[origin].values) == [5.0, 6.0]
