"""One identity seen twice: clones, machines put back to an earlier state, and what is none of these."""

import json

import pytest
from collecting import Sender, host_row, series_body
from doors import Gate

from driftvakt_collector.ingest.carriage import Head
from driftvakt_collector.store.hosts import APPROVED, PENDING, QUARANTINED, REVOKED
from driftvakt_wire import encode

MARK, BODY = series_body(("node_load1", ()))
EVENT = encode.event(1.0, "x")


def report(at: float, up: float = 100.0) -> bytes:
    return encode.report(at, up, 60.0, MARK, [0.5], {})


@pytest.fixture
def gate() -> Gate:
    gate = Gate()
    gate.send(gate.senders[0].line(encode.series(MARK, BODY)))
    return gate


def test_two_lines_of_one_number_are_a_fork_and_both_sides_are_kept(gate: Gate) -> None:
    sender = gate.senders[0]
    gate.send(sender.line(report(1000.0, 50.0)))

    status, answer = gate.send(sender.line(report(1005.0, 900.0), seq=sender.seq))

    host = gate.fleet.hosts[sender.origin]
    assert (status, answer["lines"][0][2]) == (403, 403)
    assert (host.state, host.trusted) == (QUARANTINED, False)
    (fork,) = gate.intake.batch.forks
    assert (json.loads(fork.known)["booted"], json.loads(fork.other)["booted"]) == (950, 105)
    assert gate.send(sender.line(report(1060.0)))[0] == 403
    assert len(gate.intake.batch.forks) == 1


def test_two_lines_of_one_number_in_one_breath_are_a_fork(gate: Gate) -> None:
    sender = gate.senders[0]
    one, other = sender.line(EVENT), sender.line(report(1.0), seq=2)

    first, second = gate.knock(one), gate.knock(other)
    gate.journal.sync()

    assert (first[0][0], second[0][0]) == (200, 403)
    assert gate.fleet.hosts[sender.origin].state == QUARANTINED


def test_the_same_line_again_is_no_fork(gate: Gate) -> None:
    sender = gate.senders[0]
    line = sender.line(report(1000.0))
    for _ in range(5):
        assert gate.send(line)[0] == 200

    assert gate.fleet.hosts[sender.origin].trusted


def test_a_signature_has_one_spelling(gate: Gate) -> None:
    sender = gate.senders[0]
    line = sender.line(report(1000.0))
    at = line.index(b'=","record"') - 1
    other = line[:at] + bytes([line[at] + 1]) + line[at + 1 :]

    assert gate.send(other)[0] == 401
    assert gate.send(line)[0] == 200


def test_two_that_take_turns_are_found_at_the_third(gate: Gate) -> None:
    one = gate.senders[0]
    gate.send(one.line(report(1000.0)))
    clone = Sender(one.origin, seq=one.seq - 1)
    for turn in range(1, 20):
        gate.now += 60
        gate.send(one.line(report(gate.now)))
        gate.now += 1
        status, _ = gate.send(clone.line(report(gate.now), seq=2 + turn - 1))
        if status == 403:
            break

    assert turn <= 3
    assert gate.fleet.hosts[one.origin].state == QUARANTINED


def test_a_machine_put_back_to_an_old_state_is_found(gate: Gate) -> None:
    sender = gate.senders[0]
    for _ in range(100):
        gate.now += 60
        gate.send(sender.line(report(gate.now)))
    gate.now += 10_000
    answers = [gate.send(sender.line(report(gate.now + turn), seq=20 + turn))[0] for turn in range(3)]

    assert answers == [429, 429, 403]


def test_a_backlog_with_a_clock_that_was_wrong_is_no_fork(gate: Gate) -> None:
    sender = gate.senders[0]
    spooled = [sender.line(report(1e9 + number)) for number in range(10)]
    gate.send(sender.line(report(1100.0)))
    told: list[int] = []
    for line in spooled:
        gate.door.take(line, b"", lambda status, _: told.append(status), Head(backlog=True))
        gate.journal.sync()

    assert told == [200] * 10
    assert gate.fleet.hosts[sender.origin].trusted


def test_turns_of_two_epochs_are_found_too_but_later(gate: Gate) -> None:
    one = gate.senders[0]
    other = Sender(one.origin, epoch="e2")
    gate.send(one.line(report(gate.now)))
    statuses = []
    for _ in range(20):
        for side in (other, one):
            gate.now += 30
            statuses.append(gate.send(side.line(report(gate.now)))[0])

    assert set(statuses[:6]) == {200}
    assert 403 in statuses[:10]


def test_two_epochs_of_one_start_of_a_machine_are_no_fork(gate: Gate) -> None:
    one = gate.senders[0]
    other = Sender(one.origin, epoch="e2")
    up = 100.0
    gate.send(one.line(report(gate.now, up)))
    for _ in range(10):
        for side in (other, one):
            gate.now, up = gate.now + 30, up + 30
            assert gate.send(side.line(report(gate.now, up)))[0] == 200

    assert gate.fleet.hosts[one.origin].trusted


def test_a_clock_that_ran_ahead_does_not_shut_out_the_one_that_is_right(gate: Gate) -> None:
    old = gate.senders[0]
    gate.send(old.line(report(gate.now + 100_000)))
    held = old.line(report(gate.now + 100_060))
    fresh = Sender(old.origin, epoch="e2")
    gate.now += 600
    gate.send(fresh.line(report(gate.now)))
    gate.send(held)
    gate.now += 60

    gate.send(fresh.line(report(gate.now)))

    host = gate.fleet.hosts[old.origin]
    assert (host.ledger.epoch, host.received_wall) == ("e2", gate.now)


def test_copies_that_come_while_the_disk_stands_still_are_no_fork(gate: Gate) -> None:
    sender = gate.senders[0]
    gate.send(sender.line(report(gate.now)))
    gate.now += 60
    line = sender.line(report(gate.now))
    told = [gate.knock(line) for _ in range(5)]
    gate.journal.sync()

    assert [one[0][0] for one in told] == [200] * 5
    assert gate.fleet.hosts[sender.origin].trusted


@pytest.mark.parametrize("step", [-86400.0, 86400.0])
def test_late_copies_from_before_a_clock_was_set_are_no_fork(gate: Gate, step: float) -> None:
    sender = gate.senders[0]
    before = [sender.line(report(gate.now + number)) for number in range(6)]
    for line in before:
        gate.send(line)
    gate.now += 60
    gate.send(sender.line(report(gate.now + step)))
    for line in before:
        gate.now += 10
        assert gate.send(line)[0] == 200

    assert gate.fleet.hosts[sender.origin].trusted


@pytest.mark.parametrize(("state", "status"), [(PENDING, 403), (QUARANTINED, 403), (REVOKED, 401), (APPROVED, 200)])
def test_whose_lines_are_taken(gate: Gate, state: str, status: int) -> None:
    sender = gate.senders[1]
    gate.fleet.enrol(host_row(1, state=state))
    before = len(gate.lines())

    assert gate.send(sender.line(EVENT))[0] == status
    assert (len(gate.lines()) > before) is (status == 200)


@pytest.mark.parametrize(("gen", "status"), [(1, 401), (2, 200), (3, 200), (4, 401)])
def test_lines_of_the_generations_that_count(gate: Gate, gen: int, status: int) -> None:
    gate.fleet.enrol(host_row(1)._replace(gen=3, gen_floor=2))

    assert gate.send(Sender("a-0001", gen=gen).line(EVENT))[0] == status


def test_after_a_release_the_epoch_of_the_fork_is_closed(gate: Gate) -> None:
    sender = gate.senders[0]
    gate.send(sender.line(report(1000.0)))
    gate.send(sender.line(report(1001.0), seq=sender.seq))
    gate.fleet.enrol(host_row(0)).closed = frozenset({sender.epoch})

    _, answer = gate.send(sender.line(report(1100.0)))
    fresh = Sender(sender.origin, epoch="e2")

    assert answer["lines"][0][2] == 409
    assert gate.send(fresh.line(report(1200.0)))[0] == 200


def test_a_zones_door_takes_its_own_hosts_only() -> None:
    gate = Gate()
    told: list[int] = []

    gate.door.entrance("edu").take(gate.senders[0].line(EVENT), b"", lambda status, _: told.append(status))
    gate.door.entrance("adm").take(gate.senders[0].line(EVENT), b"", lambda status, _: told.append(status))
    gate.journal.sync()

    assert told == [401, 200]
