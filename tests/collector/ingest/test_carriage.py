"""Lines that a relay brings: whose they are, how old, and what a relay may not do."""

from base64 import b64encode

import pytest
from collecting import MASTER, Sender, host_row, series_body
from doors import Gate, Told

from driftvakt_collector.config import Zone
from driftvakt_collector.fleet import gaps
from driftvakt_collector.fleet.host import Verdict
from driftvakt_collector.ingest.carriage import Head, signed
from driftvakt_collector.intake import Intake
from driftvakt_collector.journal.line import carriage, carried
from driftvakt_collector.store.hosts import REVOKED
from driftvakt_wire import encode
from driftvakt_wire.envelope import mac, pads

RELAY = host_row(9, class_="relay")


@pytest.fixture
def gate() -> Gate:
    gate = Gate()
    gate.fleet.enrol(RELAY)
    return gate


def via(body: bytes, age: str = "0.500", origin: str = RELAY.origin, gen: int = 1, master: bytes = MASTER) -> bytes:
    key = Sender(RELAY.origin, master, gen).key
    proof = b64encode(mac(pads(key), signed(origin, gen, age, body))).decode()
    return f"{origin} {gen} {age} {proof}".encode()


def bring(gate: Gate, body: bytes, header: bytes) -> Told:
    told: list[Told] = []
    gate.door.take(
        body, b"", lambda status, text: told.append((status, {"text": text.decode()})), Head("10.0.0.9", via=header)
    )
    gate.journal.sync()
    return told[0]


def report(gate: Gate, number: int = 0, at: float = 1000.0) -> bytes:
    mark, body = series_body(("node_load1", ()))
    sender = gate.senders[number]
    gate.send(sender.line(encode.series(mark, body)))
    return sender.line(encode.report(at, 5.0, 60.0, mark, [0.5], {}))


def test_what_a_relay_kept_is_as_old_as_it_says(gate: Gate) -> None:
    body = report(gate)
    gate.now += 7200

    status, _ = bring(gate, body, via(body, "7200.000"))

    host = gate.fleet.hosts["a-0000"]
    assert status == 200
    assert (host.via, host.address, host.received_wall) == (RELAY.origin, "10.0.0.9", 1000.0)
    assert gate.fleet.verdict(host, gate.now) is Verdict.SILENT
    assert gate.fleet.cuts[RELAY.origin]


def test_a_restart_remembers_how_old_it_was(gate: Gate) -> None:
    body = report(gate)
    gate.now += 7200
    bring(gate, body, via(body, "7200.000"))
    again = Gate()
    again.fleet.enrol(RELAY)
    again.now = gate.now
    # Chunks of the test's journal say that they came at 1000.
    chunks = [chunk._replace(received=gate.now) for chunk in gate.journal.chunks]
    gate.journal.chunks[:] = chunks

    intake = Intake(again.fleet, lambda: again.now, lambda: again.now)
    done = intake.replay(gate.journal, 0, 0)

    host = again.fleet.hosts["a-0000"]
    assert (done.unreadable, host.via, host.received_wall) == (0, RELAY.origin, gate.now - 7200)
    assert again.fleet.verdict(host, again.now) is Verdict.SILENT


@pytest.mark.parametrize(
    "header",
    [
        pytest.param(b"rubbish", id="rubbish"),
        pytest.param(b"a-0009 1 0.5 \xff", id="no text"),
        pytest.param(via(b"another body"), id="signed for another body"),
        pytest.param(via(b"x", master=bytes(32)), id="signed with the key of another zone"),
        pytest.param(via(b"x", origin="a-0001"), id="a host that is no relay"),
        pytest.param(via(b"x", origin="a-none"), id="nobody"),
        pytest.param(via(b"x", gen=2), id="another generation"),
        pytest.param(via(b"x", "nan"), id="no age"),
        pytest.param(via(b"x", "-5.000"), id="from the future"),
    ],
)
def test_a_carrier_that_is_none_brings_nothing(gate: Gate, header: bytes) -> None:
    body = b"x" if b"another" not in header else report(gate)
    before = gate.lines()

    assert bring(gate, body, header)[0] == 401
    assert gate.lines() == before


def test_a_revoked_relay_brings_nothing(gate: Gate) -> None:
    body = report(gate)
    gate.fleet.enrol(RELAY._replace(state=REVOKED))

    assert bring(gate, body, via(body))[0] == 401


def test_a_relay_brings_lines_of_its_own_zone_only(gate: Gate) -> None:
    gate.fleet.enrol(host_row(5, zone="edu"))
    gate.fleet.enrol(host_row(9, class_="relay", zone="edu", origin="r-edu"))
    gate.door._masters = gate.door._check._masters = {"adm": MASTER, "edu": bytes(32)}
    edu = Sender("r-edu", bytes(32))
    body = report(gate)
    header = f"r-edu 1 0.1 {b64encode(mac(pads(edu.key), signed('r-edu', 1, '0.1', body))).decode()}"

    assert bring(gate, body, header.encode())[0] == 401
    assert bring(gate, body, via(body))[0] == 200


def test_a_line_that_a_relay_altered_is_refused(gate: Gate) -> None:
    body = report(gate)
    altered = body.replace(b'"values":[0.5]', b'"values":[9.5]')
    assert altered != body

    assert bring(gate, altered, via(altered))[0] == 401


def test_the_mark_in_the_journal_is_read_as_it_was_written() -> None:
    assert carriage(carried("r-1", 12.5, 500)) == ("r-1", 12.5, 500)
    assert carriage(b'{"v":1}') is None


@pytest.mark.parametrize(("privacy", "status"), [("edu", 422), ("full", 200)])
def test_what_may_not_leave_a_machine_of_a_zone_is_refused(privacy: str, status: int) -> None:
    gate = Gate(zones=[Zone("adm", privacy=privacy)])
    sender = gate.senders[0]

    answered, answer = gate.send(sender.line(encode.event(1.0, "disk.full", "/home/anna.andersson is full")))

    assert answered == status
    assert "anna" not in str(answer)
    assert gate.send(sender.line(encode.event(1.0, "disk.full", "/home is full")))[0] == 200


@pytest.mark.parametrize(
    ("whose", "text", "cause"),
    [
        pytest.param(RELAY.origin, "epoch e1, 3 to 4: 422 no (2 lines)", gaps.RELAY, id="its relay"),
        pytest.param("a-0001", "epoch e1, 3 to 4: 422 no (2 lines)", gaps.UNKNOWN, id="a host that is no relay"),
        pytest.param(RELAY.origin, "epoch e1, 3 to x", gaps.UNKNOWN, id="rubbish"),
    ],
)
def test_what_a_relay_gave_up_is_no_riddle(gate: Gate, whose: str, text: str, cause: str) -> None:
    host = gate.senders[0]
    for seq in (1, 2, 5):
        gate.send(host.line(encode.event(1000.0, "x"), seq=seq))

    gate.send(Sender(whose).line(encode.event(1000.0, "relay.refused", text, host.origin)))

    assert [(gap.first, gap.last, gap.cause) for gap in gate.fleet.gaps(gate.fleet.hosts[host.origin], 1000.0)] == [
        (3, 4, cause)
    ]
