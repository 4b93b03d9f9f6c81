"""What is written of the fleet is read back as it was."""

import asyncio
from array import array
from pathlib import Path

import pytest
from collecting import Sender, host_row, series_body
from doors import Gate, decoded
from hypothesis import given, settings
from hypothesis import strategies as st

from driftvakt_collector.fleet import snapshot
from driftvakt_collector.fleet.snapshot import SnapshotError
from driftvakt_collector.fleet.state import Fleet
from driftvakt_collector.intake import Intake
from driftvakt_wire.encode import series_set
from driftvakt_wire.envelope import digest
from driftvakt_wire.records import Event, Gap, Goodbye, Record, Report, Section, Series

FIRST = series_body(("node_load1", ()), ("node_load5", ()))
SECOND = series_body(("node_load15", ()))
INFO = series_set([("node_os_info", (("id", "debian"),))], {})


def state(fleet: Fleet) -> list[tuple[object, ...]]:
    """Return all that is known of each host."""
    return [
        (
            host.origin, host.ledger.dump(), host.series and host.series.digest, list(map(repr, host.values)),
            host.waiting and (host.waiting[0], list(map(repr, host.waiting[1]))), host.have or {}, host.want or {},
            host.info, host.at,
            host.up, host.every, host.received, host.received_wall, host.off,
            host.hour and (list(map(repr, host.hour.points)), host.hour.last),
        )
        for host in fleet.hosts.values()
    ]  # fmt: skip


def empty() -> Fleet:
    return Fleet([host_row(number) for number in range(3)], healthy_since=0.0)


def restored(path: Path, now: float = 1000.0) -> tuple[Fleet, int]:
    fleet = empty()
    return fleet, snapshot.load(fleet, path, now, now)[0]


def save(fleet: Fleet, path: Path, position: int, now: float = 1000.0) -> None:
    asyncio.run(snapshot.save(fleet, path, position, now, now))


def record(number: int, sender: Sender) -> Record:
    """Return one of the things that hosts tell."""
    at = 1000.0 + sender.seq
    told: list[Record] = [
        Report(at, at, FIRST[0], (float(number), None), sections={"info": digest(INFO)}),
        Report(at, at, SECOND[0], (float(number),), every=30.0),
        Series(*FIRST), Series(*SECOND), Section("info", digest(INFO), INFO), Event(at, "x"), Goodbye(at),
        Gap(at, "e0", 1, 9, 9, "full"),
    ]  # fmt: skip
    return told[number]


HISTORY = st.lists(st.tuples(st.integers(0, 2), st.integers(0, 7), st.integers(1, 30)), max_size=40)


def lines_of(gate: Gate, history: list[tuple[int, int, int]]) -> list[bytes]:
    """Return lines in which numbers come twice, late and never."""
    return [gate.senders[who].line(record(what, gate.senders[who]), seq) for who, what, seq in history]


@settings(max_examples=60, deadline=None)
@given(HISTORY)
def test_a_fleet_comes_back_as_it_was(
    tmp_path_factory: pytest.TempPathFactory, history: list[tuple[int, int, int]]
) -> None:
    gate = Gate()
    for line in lines_of(gate, history):
        gate.send(line)
    path = tmp_path_factory.mktemp("snapshot") / "fleet.snapshot"

    save(gate.fleet, path, 77)
    fleet, position = restored(path)

    assert position == 77
    assert state(fleet) == state(gate.fleet)


@settings(max_examples=60, deadline=None)
@given(HISTORY, st.integers(0, 40))
def test_the_journal_applied_twice_is_the_journal_applied_once(history: list[tuple[int, int, int]], cut: int) -> None:
    gate = Gate()
    answers = [gate.send(line)[0] for line in lines_of(gate, history)]
    once, twice = empty(), empty()
    first = Intake(once, lambda: gate.now, lambda: gate.now)
    first.replay(gate.journal, 0, 0)
    intake = Intake(twice, lambda: gate.now, lambda: gate.now)

    intake.apply(decoded(twice, gate.lines()[:cut]), min(cut, gate.journal.end()))
    intake.replay(gate.journal, 0, 0)
    intake.replay(gate.journal, 0, 0)

    assert state(twice) == state(once)
    # A set in a line that was refused is known for a while to whoever names it, and stands in no journal.
    assert 403 in answers or state(once) == state(gate.fleet)
    assert set(intake.batch.events) == set(first.batch.events) == set(gate.intake.batch.events)


@settings(max_examples=40, deadline=None)
@given(HISTORY, st.integers(0, 40), st.integers(0, 40))
def test_a_snapshot_of_a_moving_fleet_and_the_journal_behind_it_are_the_fleet(
    tmp_path_factory: pytest.TempPathFactory, history: list[tuple[int, int, int]], begun: int, during: int
) -> None:
    gate = Gate()
    lines = lines_of(gate, history)
    path = tmp_path_factory.mktemp("snapshot") / "fleet.snapshot"
    for line in lines[:begun]:
        gate.send(line)
    arriving = iter(lines[begun:])

    async def write_while_lines_come() -> None:
        saved = asyncio.create_task(snapshot.save(gate.fleet, path, gate.journal.end(), gate.now, gate.now))
        while not saved.done():
            await asyncio.sleep(0)
            line = next(arriving, None) if len(gate.lines()) < begun + during else None
            if line is not None:
                gate.send(line)
        await saved

    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(snapshot, "_SLICE", 1)
        asyncio.run(write_while_lines_come())
    for line in arriving:
        gate.send(line)

    fleet, position = restored(path)
    Intake(fleet, lambda: gate.now, lambda: gate.now).replay(gate.journal, position, gate.journal.end())
    for one in (fleet, gate.fleet):
        give_known_names(one, gate.intake.batch.sets)

    assert state(fleet) == state(gate.fleet)


def give_known_names(fleet: Fleet, sets: dict[str, bytes]) -> None:
    """Bind reports that wait for names which the store has, as a start of the collector does."""
    for host in fleet.hosts.values():
        if host.waiting is not None and host.waiting[0] in sets:
            fleet.bind(host, host.waiting[0], sets[host.waiting[0]], host.received_wall)


@pytest.fixture
def written(tmp_path: Path) -> Path:
    gate = Gate()
    for sender in gate.senders:
        gate.send(sender.line(Series(*FIRST)), sender.line(Report(1.0, 1.0, FIRST[0], (1.0, 2.0))))
    path = tmp_path / "fleet.snapshot"
    save(gate.fleet, path, 5)
    return path


def test_no_bit_that_is_turned_changes_what_is_known(written: Path) -> None:
    whole, expected = written.read_bytes(), state(restored(written)[0])
    unnoticed = 0
    for place in range(len(whole)):
        changed = bytearray(whole)
        changed[place] ^= 1 << place % 8
        written.write_bytes(changed)
        fleet = empty()

        try:
            snapshot.load(fleet, written, 1000.0, 1000.0)
        except SnapshotError:
            assert state(fleet) == state(empty()), "and nothing was changed"
        else:
            assert state(fleet) == expected
            unnoticed += 1
    assert unnoticed < 5, "only in what stands around the digest itself"


def test_any_length_that_is_cut_is_noticed(written: Path) -> None:
    whole = written.read_bytes()
    for length in range(0, len(whole), 7):
        written.write_bytes(whole[:length])

        with pytest.raises(SnapshotError, match=r"^cannot use "):
            restored(written)


def test_a_host_that_is_no_longer_enrolled_is_left_out(written: Path) -> None:
    fleet = Fleet([host_row(1)], healthy_since=0.0)

    snapshot.load(fleet, written, 1000.0, 1000.0)

    assert list(fleet.hosts) == ["a-0001"]
    assert fleet.hosts["a-0001"].values == array("d", [1.0, 2.0])


def test_the_one_before_is_kept(written: Path) -> None:
    before = written.read_bytes()

    save(empty(), written, 6)

    assert written.with_suffix(".previous").read_bytes() == before
    assert restored(written)[1] == 6


def test_a_disk_that_is_full_leaves_the_old_file(written: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    before = written.read_bytes()

    def full(_: int) -> None:
        raise OSError("no space left on device")

    monkeypatch.setattr("os.fsync", full)
    with pytest.raises(OSError, match="no space"):
        save(empty(), written, 6)

    assert written.read_bytes() == before
