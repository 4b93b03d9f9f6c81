"""Bodies that nobody should send cost little, are refused as what they are, and break nothing."""

import json
import logging
import sys
import time
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from random import Random

import pytest
from doors import Gate, Told
from fuzz import Fuzzer, bombs
from nursery import Nursery
from ordeal import LONG, SEED, again, figure, so_many

ALLOWED = {200, 207, 400, 401, 403, 409, 413, 415, 422}
CPU_SECONDS = 0.1
HOSTS = 5
_ROUND = 500
"""Bodies a gate: lines that look like a fork quarantine their host, and then nothing behind the signature is tried."""


def timed(gate: Gate, body: bytes, encoding: bytes) -> tuple[float, list[Told]]:
    """Bring a body; return the CPU seconds that it took, and what was answered."""
    before = time.thread_time()
    told = gate.knock(body, encoding)
    gate.journal.sync()
    return time.thread_time() - before, told


def test_no_body_is_answered_with_a_fault(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.ERROR)
    statuses: Counter[int] = Counter()
    worst, worst_body, spent = 0.0, b"", 0.0
    accepted = 0
    began = time.perf_counter()
    for lap in range(so_many(20_000, 1_000_000) // _ROUND):
        gate = Gate(HOSTS)
        fuzzer = Fuzzer(gate.senders, SEED * 1000 + lap)
        for _ in range(_ROUND):
            body, encoding = fuzzer.body()
            # Nobody is refused here because it comes too often.
            gate.now += 60.0
            took, told = timed(gate, body, encoding)
            if took > CPU_SECONDS / 4:
                # It may have paid for the garbage of those before it: what does it cost by itself?
                took = min(timed(Gate(HOSTS), body, encoding)[0] for _ in range(3))
            assert told, f"no answer to {body[:500]!r}; {again('test_no_body')}"
            ((status, answer),) = told
            spent += took
            if took > worst:
                worst, worst_body = took, body
            assert status in ALLOWED, f"{status} {answer} for {encoding!r} {body[:2000]!r}; {again('test_no_body')}"
            statuses[status] += 1
            accepted += answer.get("accepted", 0)
        assert gate.door._waiting == 0
        assert not gate.door._syncing
        faults = [record.message for record in caplog.records if record.exc_info]
        assert faults == [], again("test_no_body")
        caplog.clear()
        if LONG and lap % 200 == 199:
            figure(f"{(lap + 1) * _ROUND} bodies, {dict(statuses)}, worst {worst * 1000:.1f} ms")

    count = sum(statuses.values())
    figure(
        f"{count} bodies, {count / spent:.0f} a CPU second of the door"
        f" ({count / (time.perf_counter() - began):.0f}/s with their making), {dict(statuses)},"
        f" {accepted} lines accepted, worst {worst * 1000:.1f} ms of CPU ({len(worst_body)} bytes)"
    )
    assert worst < CPU_SECONDS, f"{worst:.3f} s for {worst_body[:300]!r}; {again('test_no_body')}"
    # A fuzzer whose lines are all refused at the signature proves nothing of what is behind it.
    assert accepted > count // 20
    assert {200, 207, 400, 401, 415, 422} <= statuses.keys()


@pytest.fixture(scope="module")
def nursery() -> Iterator[Nursery]:
    with Nursery(["bomb_program"]) as nursery:
        yield nursery


@pytest.mark.skipif(sys.platform != "linux", reason="reads /proc")
@pytest.mark.parametrize("name", list(bombs()))
def test_a_bomb_costs_little(name: str, nursery: Nursery, tmp_path: Path) -> None:
    body, encoding = bombs()[name]()
    path = tmp_path / "body"
    path.write_bytes(body)

    child = nursery.born("bomb_program:run", path, tmp_path / "words", encoding=encoding.decode())
    child.go()
    said = child.hear()
    assert child.wait() == 0, child.wrote()
    status, kilobytes, seconds = json.loads(said)

    figure(
        f"{name}, {len(body)} bytes: {status}, {kilobytes / 1024:.1f} MB more at its peak,"
        f" {seconds * 1000:.0f} ms of CPU"
    )
    assert status in (400, 413)
    assert kilobytes <= 16 << 10
    assert seconds <= 0.05


def test_the_same_seed_makes_the_same_bodies() -> None:
    senders = Gate(HOSTS).senders

    first, second = ([fuzzer.body() for _ in range(200)] for fuzzer in (Fuzzer(senders, 7), Fuzzer(senders, 7)))

    assert first == second
    assert first != [Fuzzer(senders, Random(8).randrange(99)).body() for _ in range(200)]
