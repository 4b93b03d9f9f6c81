"""Agents that never end, or want to fill our memory: each is told as what it is, and soon."""

import asyncio

import pytest
from hostile_agent import NULL, Get, Next, answering, octets, oid
from usm_message import integer

from driftvakt_collector.poll.discovery import senses
from driftvakt_collector.poll.discovery.senses import SnmpSenses
from driftvakt_collector.poll.snmp import fast, visit
from driftvakt_collector.poll.snmp.driver import Credential, Peer, SnmpError, Trouble
from driftvakt_collector.poll.snmp.fast import FastDriver
from driftvakt_collector.poll.snmp.visit import Memory

pytestmark = pytest.mark.real
BASE = "1.3.6.1.2.1.2.2"
SYNOLOGY = {"1.3.6.1.2.1.1.2.0": oid("1.3.6.1.4.1.6574.1"), "1.3.6.1.2.1.1.5.0": octets(b"ond")}


def onward(value: bytes) -> Next:
    """Return what has always one more, below whatever is asked for."""

    def after(name: str, rows: int) -> list[tuple[str, bytes]]:
        head, _, last = name.rpartition(".")
        first = 1 if len(name.split(".")) < 14 else int(last) + 1
        stem = f"{name}.1.1.1" if first == 1 else head
        return [(f"{stem}.{number}", value) for number in range(first, first + rows)]

    return after


def trouble_of(
    get: Get, after: Next, seconds: float = 0.0, patience: float = 10.0, *, whole: bool = False
) -> SnmpError:
    """Return why a walk, or a whole visit, did not come to an end."""

    async def work() -> None:
        async with answering(get, after, seconds) as (port, _):
            peer = Peer("127.0.0.1", Credential("c", community="x"), port)
            if whole:
                await visit.visit(FastDriver(), peer, Memory(), facts=True, seconds=patience)
            else:
                await FastDriver().walk(peer, BASE)

    with pytest.raises(SnmpError) as raised:
        asyncio.run(work())
    return raised.value


@pytest.mark.parametrize("value", [pytest.param(integer(1), id="numbers"), pytest.param(octets(b"x" * 50), id="texts")])
def test_a_walk_ends(value: bytes, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(fast, "MAX_VARIABLES", 2000)

    assert trouble_of(lambda _: None, onward(value)).trouble is Trouble.GARBLED


def test_a_walk_of_nothing_ends(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(fast, "MAX_VARIABLES", 2000)

    async def work() -> int:
        async with answering(lambda _: None, onward(NULL)) as (port, _):
            try:
                walk = await FastDriver().walk(Peer("127.0.0.1", Credential("c", community="x"), port), BASE)
            except SnmpError:
                return 0
            return len(walk.oids)

    assert asyncio.run(work()) == 0


def test_a_walk_of_large_texts_ends_before_memory_is_full(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(fast, "MAX_BYTES", 1 << 20)

    # Nine hundred octets a row: some four thousand of them were within the number of variables.
    assert trouble_of(lambda _: None, onward(octets(b"x" * 50 + b"y" * 550))).trouble is Trouble.GARBLED


def test_a_visit_has_a_time_of_its_own() -> None:
    told = trouble_of(SYNOLOGY.get, onward(integer(1)), seconds=0.05, patience=0.4, whole=True)

    assert told.trouble is Trouble.HUNG
    assert "has not told everything within 0 s" in str(told)


def test_a_visit_has_a_number_of_variables(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(visit, "MAX_VARIABLES", 1000)
    ends = onward(integer(1))

    def after(name: str, rows: int) -> list[tuple[str, bytes]]:
        told = list(ends(name, rows))
        return told if int(told[-1][0].rpartition(".")[2]) < 400 else [("2.9.9", integer(1))]

    told = trouble_of(SYNOLOGY.get, after, whole=True)

    assert (told.trouble, "more than 1,000 variables in all" in str(told)) == (Trouble.GARBLED, True)


def test_a_stranger_that_takes_its_time_does_not_hold_up_a_sweep(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(senses, "_VISIT_SECONDS", 0.3)

    async def work() -> object:
        async with answering(SYNOLOGY.get, onward(integer(1)), 0.05) as (port, _):
            async with asyncio.timeout(5):
                return await SnmpSenses(FastDriver(), [Credential("c", community="x")], [], port, own=dict).ask(
                    "127.0.0.1"
                )

    assert asyncio.run(work()) is None
