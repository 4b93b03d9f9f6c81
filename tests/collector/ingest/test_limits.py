"""Rates, and whose lines the collector has time for."""

import pytest
from doors import Gate
from hypothesis import given
from hypothesis import strategies as st

from driftvakt_collector.config import Zone
from driftvakt_collector.ingest.carriage import Head
from driftvakt_collector.ingest.limits import Load
from driftvakt_collector.rate import Keys, Rate
from driftvakt_wire import encode

EVENT = encode.event(1.0, "x")


@given(st.lists(st.tuples(st.floats(0, 5), st.integers(1, 8)), max_size=60))
def test_nobody_takes_more_than_the_rate_and_the_burst(steps: list[tuple[float, int]]) -> None:
    rate, until, now, taken = Rate(2.0, 10), 0.0, 0.0, 0
    for pause, count in steps:
        now += pause
        until, wait = rate.take(until, now, count)
        if wait == 0:
            taken += count
        else:
            # Whoever waits as told, and alone, is let in.
            assert rate.take(until, now + wait + 1e-6, count)[1] == 0
    assert taken <= 10 + 2.0 * now + 1e-6


def test_keys_are_bounded_and_idle_ones_go_first() -> None:
    keys = Keys(Rate(1.0, 1), limit=3)
    for name in ("a", "b", "c"):
        assert keys.take(name, 0.0, 1) == 0
    assert keys.take("c", 0.5, 1) > 0

    assert keys.take("d", 1.0, 1) == 0
    assert keys.take("c", 1.0, 1) == 0
    for name in "efghij":
        keys.take(name, 1.0, 1)

    assert len(keys._until) <= 3


def spend(load: Load, parts: dict[str, float], until: float = 10.0) -> None:
    now = 0.0
    while now < until:
        for zone, part in parts.items():
            load.spent(zone, part * 0.05, now)
        now += 0.05


@pytest.mark.parametrize(
    ("parts", "zone", "backlog", "refused"),
    [
        pytest.param({"edu": 0.3, "adm": 0.1}, "edu", True, False, id="there is time for all"),
        pytest.param({"edu": 0.98}, "edu", False, False, id="one alone may have it all"),
        pytest.param({"edu": 0.98}, "edu", True, True, id="but its backlog waits"),
        pytest.param({"edu": 0.9, "adm": 0.08}, "edu", False, True, id="one that takes another's part waits"),
        pytest.param({"edu": 0.9, "adm": 0.08}, "adm", False, False, id="the other does not"),
        pytest.param({"edu": 0.9, "adm": 0.08}, "adm", True, True, id="but its backlog does"),
    ],
)
def test_who_is_refused_when_time_is_short(parts: dict[str, float], zone: str, backlog: bool, refused: bool) -> None:
    load = Load({"edu": 0.5, "adm": 0.5})
    spend(load, parts)

    assert load.refuses(zone, 10.0, backlog=backlog) is refused


def test_a_moment_later_there_is_time_again() -> None:
    load = Load({"edu": 0.5, "adm": 0.5})
    spend(load, {"edu": 0.9, "adm": 0.08})

    assert not load.refuses("edu", 13.0, backlog=True)


def test_a_host_that_brings_far_too_much_is_told_to_wait() -> None:
    gate = Gate()
    sender, other = gate.senders[:2]
    answers = [gate.send(*(sender.line(EVENT) for _ in range(5000)))[0] for _ in range(6)]

    assert answers[0] == 200
    assert answers[-1] == 429
    kept = len(gate.lines())
    assert gate.send(other.line(EVENT))[0] == 200
    gate.now += 3600
    # What was refused was not taken in part: it comes again and counts once.
    assert gate.send(sender.line(EVENT))[0] == 200
    assert len(gate.lines()) == kept + 2


def test_one_who_brings_only_rubbish_is_told_to_wait_and_his_neighbour_is_not() -> None:
    gate = Gate()
    bad, good = Head("192.0.2.1"), Head("192.0.2.2")
    told: list[int] = []
    for _ in range(3):
        gate.door.take(b"\n".join([b"rubbish"] * 1500), b"", lambda status, _: told.append(status), bad)
    gate.door.take(gate.senders[0].line(EVENT), b"", lambda status, _: told.append(status), good)
    # Behind the same address stand honest hosts, too.
    gate.door.take(gate.senders[1].line(EVENT), b"", lambda status, _: told.append(status), bad)
    gate.journal.sync()

    assert told[0] == 400
    assert told[-3:] == [429, 200, 200]


def test_one_with_two_keys_may_bring_no_more_than_one_with_one_key() -> None:
    gate = Gate()
    one, two = gate.senders[:2]
    answers = [gate.send(two.line(EVENT), *(one.line(EVENT) for _ in range(4999)))[0] for _ in range(20)]

    assert 429 in answers
    assert gate.send(gate.senders[2].line(EVENT))[0] == 200


def test_a_zone_has_its_share_of_what_waits_for_the_disk(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("driftvakt_collector.ingest.door.MAX_WAITING", 4000)
    gate = Gate(zones=[Zone("adm", share=0.25)])
    entrance = gate.door.entrance("adm")
    line = gate.senders[0].line(encode.event(1.0, "x", "y" * 600))
    told: list[int] = []
    entrance.take(line, b"", lambda status, _: told.append(status))
    entrance.take(gate.senders[1].line(encode.event(1.0, "x", "y" * 600)), b"", lambda status, _: told.append(status))
    assert told == [429]
    gate.journal.sync()

    assert told == [429, 200]
    assert entrance.waiting == 0
