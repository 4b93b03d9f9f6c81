"""`kill -9` under load: what was answered is there, once."""

import http.client
import json
import os
import socket
import threading
import time
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path
from random import Random

import pytest
from collecting import PATIENCE, Collector, Sender, host_row, prepare, series_body, until
from prometheus_client.parser import text_string_to_metric_families
from sqlalchemy import text

from driftvakt_collector.journal.sqlite import SqliteJournal
from driftvakt_collector.store.engine import Store
from driftvakt_wire.records import Event, Report, Series

KILLS = 50 if os.environ.get("DRIFTVAKT_FAULTS") == "long" else 20
CONNECTIONS = 4
HOSTS = 3
"""Hosts a connection."""
CLEAN_STOP = 7
"""After each so many kills it is started and stopped in order, so that later starts begin from a snapshot."""

DIGEST, SET = series_body(("node_load1", ()), ("node_time_seconds", ()))


@dataclass
class Agents:
    """One connection's hosts, and the ledger of what they were told."""

    senders: list[Sender]
    chance: Random
    waiting: list[bytes] = field(default_factory=list)
    sent: set[bytes] = field(default_factory=set)
    kept: set[bytes] = field(default_factory=set)
    newest: dict[str, float] = field(default_factory=dict)
    events: set[tuple[str, str, int]] = field(default_factory=set)
    wrong: list[str] = field(default_factory=list)
    answers: int = 0
    _reports: dict[bytes, tuple[str, float]] = field(default_factory=dict)
    _events: dict[bytes, tuple[str, str, int]] = field(default_factory=dict)

    def produce(self) -> None:
        """Make a line or a few for each host."""
        for sender in self.senders:
            if sender.seq == 0:
                self.waiting.append(sender.line(Series(DIGEST, SET)))
            number = float(sender.seq + 1)
            line = sender.line(Report(1.7e9 + number, number, DIGEST, (number, 0.5)))
            self._reports[line] = (sender.origin, number)
            self.waiting.append(line)
            if self.chance.random() < 0.5:
                line = sender.line(Event(1.7e9, "test.event", f"{sender.origin} {sender.seq}"))
                self._events[line] = (sender.origin, sender.epoch, sender.seq)
                self.waiting.append(line)

    def deliver(self, connection: http.client.HTTPConnection) -> None:
        """Send what waits, oldest first, and take note of the answer."""
        body = self.waiting[:40]
        again = [line in self.sent for line in body]
        self.sent.update(body)
        connection.request("POST", "/v1/records", b"\n".join(body))
        answer = connection.getresponse()
        told = json.loads(answer.read())
        if answer.status != 200 or told["rejected"]:
            self.wrong.append(f"{answer.status} {told}")
            return
        doubles = {line[0] for line in told.get("lines", ())}
        self.wrong += [f"duplicate at once: {body[place]!r}" for place in doubles if not again[place]]
        for line in body:
            self.kept.add(line)
            if line in self._reports:
                origin, number = self._reports[line]
                self.newest[origin] = max(number, self.newest.get(origin, 0.0))
            elif line in self._events:
                self.events.add(self._events[line])
        del self.waiting[: len(body)]
        self.answers += 1

    def run(self, port: int, over: threading.Event) -> None:
        """Report until the collector dies, or until all is told and it is over."""
        connection = http.client.HTTPConnection("127.0.0.1", port, timeout=PATIENCE)
        try:
            connection.connect()
            connection.sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            while not over.is_set() or self.waiting:
                if not over.is_set():
                    self.produce()
                self.deliver(connection)
        except (OSError, http.client.HTTPException):
            pass
        finally:
            connection.close()


def shown(collector: Collector) -> dict[str, float]:
    """Return node_load1 of each origin in the exposition."""
    (family,) = (
        one for one in text_string_to_metric_families(collector.get("/metrics/hosts")) if one.name == "node_load1"
    )
    return {f"a-{int(one.labels['instance'].removeprefix('host-')):04}": one.value for one in family.samples}


def told(everyone: list[Agents]) -> dict[str, float]:
    return {origin: number for agents in everyone for origin, number in agents.newest.items()}


@pytest.mark.real
def test_what_was_accepted_survives_kills(tmp_path: Path, store_url: str) -> None:
    chance = Random(2008)
    data = tmp_path / "data"
    senders = prepare(data, [host_row(number) for number in range(CONNECTIONS * HOSTS)], store_url)
    everyone = [
        Agents(senders[first : first + HOSTS], Random(chance.random())) for first in range(0, len(senders), HOSTS)
    ]
    collector = Collector(data, "journal_hours = 24", store_url)

    with collector:
        for number in range(1, KILLS + 1):
            over = threading.Event()
            threads = [threading.Thread(target=agents.run, args=(collector.port, over)) for agents in everyone]
            answered = sum(agents.answers for agents in everyone)
            for thread in threads:
                thread.start()
            if chance.random() < 0.7:
                wanted = answered + chance.randrange(40)
                until(lambda: sum(agents.answers for agents in everyone) >= wanted, "answers")  # noqa: B023
            else:
                time.sleep(chance.random() * 0.05)
            collector.kill()
            over.set()
            for thread in threads:
                thread.join(PATIENCE)
            if number % CLEAN_STOP == 0:
                collector.start()
                assert collector.stop() == 0
            collector.start()
            if told(everyone):
                now = shown(collector)
                behind = {o: (number, now.get(o)) for o, number in told(everyone).items() if now.get(o, 0.0) < number}
                assert not behind, "accepted, and not in state after the restart"
        over = threading.Event()
        over.set()
        for agents in everyone:
            agents.run(collector.port, over)
        assert [agents.waiting for agents in everyone] == [[]] * len(everyone)
        collector.kill()
        collector.start()
        assert shown(collector) == told(everyone)
        assert collector.stop() == 0

    assert [text for agents in everyone for text in agents.wrong] == []
    kept = Counter({line: 1 for agents in everyone for line in agents.kept})
    assert len(kept) > 1000
    assert journal_lines(data) == kept
    assert stored_events(store_url) == Counter({event: 1 for agents in everyone for event in agents.events})


def journal_lines(data: Path) -> Counter[bytes]:
    journal = SqliteJournal(data / "journal.db")
    return Counter(line for chunk in journal.read(0) for line in chunk.lines)


def stored_events(url: str) -> Counter[tuple[str, str, int]]:
    store = Store(url)
    rows = store.read(lambda connection: connection.execute(text("SELECT origin, epoch, seq FROM event")).all())
    store.close()
    return Counter((row[0], row[1], row[2]) for row in rows)
