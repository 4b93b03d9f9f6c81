"""The collector as a program for the nursery, and those who report to it: a script of lines, a ledger of answers."""

import http.client
import json
import re
import socket
import sys
from base64 import b64encode
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from random import Random
from typing import Any

import uvloop
from collecting import PATIENCE, Sender, host_row, prepare, series_body
from crash import OF_FILES
from nursery import Say
from sqlalchemy import text

from driftvakt_collector import app as application
from driftvakt_collector.config import Config
from driftvakt_collector.ingest import asgi, pages
from driftvakt_collector.ingest import http as http_side
from driftvakt_collector.ingest.carriage import signed
from driftvakt_collector.journal import Tell
from driftvakt_collector.journal.line import carriage, decode
from driftvakt_collector.journal.sqlite import SqliteJournal
from driftvakt_collector.serve import serve
from driftvakt_collector.store import zones
from driftvakt_collector.store.engine import Store
from driftvakt_wire.envelope import digest, mac, pads
from driftvakt_wire.records import Event, Report, Section, Series

MODULES = ("alembic.command", "alembic.config", "encodings.ascii", "uvicorn.lifespan.off", "collector_program")
"""What a child would else import for itself."""
HOSTS = 3
BODIES = 24
DIGEST, SET = series_body(("node_load1", ()), ("node_time_seconds", ()))
RELAY = host_row(HOSTS, class_="relay")
_SERVES = re.compile(r"serves on https?://\S+:(\d+) ")


class Announcement:
    """Standard error, with an ear for the line that names the port."""

    def __init__(self, say: Say) -> None:
        self._say = say
        self._real = sys.stderr

    def write(self, words: str) -> int:
        found = _SERVES.search(words)
        if found:
            self._say(found[1])
        return self._real.write(words)

    def flush(self) -> None:
        self._real.flush()


def run(data: Path, say: Say) -> int:
    """Serve until SIGTERM; says its port. It flushes and snapshots at a pace that brings all its writes in a second."""
    application._FLUSH_SECONDS = 0.02
    application._HOSTS_SECONDS = 0.1
    sys.stderr = Announcement(say)
    return int(uvloop.run(serve(Config(data=data, port=0, snapshot_seconds=0.05, journal_hours=24.0))))


def run_hurried(data: Path, say: Say, seconds: float) -> int:
    """Serve, with little patience for requests that don't arrive."""
    for module in (http_side, pages, asgi):
        vars(module)["RECEIVE_SECONDS"] = seconds
    return run(data, say)


def run_lying(data: Path, say: Say) -> int:
    """Serve, and answer before anything was handed to the disk: what the crashes must find."""
    append = SqliteJournal.append

    def early(self: SqliteJournal, lines: Sequence[bytes], tell: Tell) -> None:
        tell(self.end(), None)
        append(self, lines, lambda _end, _error: None)

    SqliteJournal.append = early  # type: ignore[method-assign]
    return run(data, say)


def make_ready(data: Path) -> None:
    """Make a data directory with the hosts of the script, by the name `data` itself."""
    prepare(data, [*(host_row(number) for number in range(HOSTS)), RELAY])


def key_of(raw: bytes) -> str:
    envelope = decode(raw).envelope
    return f"{envelope.origin}/{envelope.epoch}/{envelope.seq}"


def post(port: int, *lines: bytes) -> tuple[int, dict[str, Any]]:
    """Send lines on a connection of their own; return status and answer."""
    status, text = ask(port, "POST", "/v1/records", b"\n".join(lines))
    told: dict[str, Any] = json.loads(text)
    return status, told


def ask(port: int, method: str, path: str, body: bytes = b"") -> tuple[int, str]:
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=PATIENCE)
    try:
        connection.request(method, path, body or None)
        answer = connection.getresponse()
        return answer.status, answer.read().decode()
    finally:
        connection.close()


class Reporters:
    """Some hosts behind one connection, by themselves and by way of a relay.

    It knows what it made, what was sent and what was answered.
    """

    def __init__(self, data: Path, seed: int, bodies: int = BODIES) -> None:
        self.data = data
        self._chance = Random(seed)
        self._bodies = bodies
        masters = zones.load(data)
        self._senders = [Sender(host_row(number).origin, masters["adm"]) for number in range(HOSTS)]
        self._relay = Sender(RELAY.origin, masters["adm"])
        self._carried: set[bytes] = set()
        self.waiting: list[bytes] = []
        self.made: list[bytes] = []
        self.kept: set[bytes] = set()
        self.events: set[str] = set()
        self._sent: set[bytes] = set()
        self.wrong: list[str] = []

    def drive(self, said: str, _hear: Callable[[], str]) -> None:
        """Report until the script is over or the collector is gone."""
        try:
            for _ in self.steps(int(said)):
                pass
        except (OSError, http.client.HTTPException):
            pass

    def finish(self, said: str, _hear: Callable[[], str]) -> None:
        """Bring what was not acknowledged; also once more what was, which must be told as a duplicate."""
        self._bodies = 0
        again = sorted(self.kept)[:20]
        for _ in self.steps(int(said)):
            pass
        connection = http.client.HTTPConnection("127.0.0.1", int(said), timeout=PATIENCE)
        if again:
            connection.request("POST", "/v1/records", b"\n".join(again))
            told = json.loads(connection.getresponse().read())
            if told.get("duplicate") != len(again):
                self.wrong.append(f"of {len(again)} lines that were acknowledged before the crash: {told}")
        connection.close()

    def steps(self, port: int) -> Iterator[list[bytes]]:
        """Send body after body; give the lines of each that was answered well."""
        connection = http.client.HTTPConnection("127.0.0.1", port, timeout=PATIENCE)
        try:
            connection.connect()
            connection.sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            while self._bodies or self.waiting:
                if self._bodies:
                    self._bodies -= 1
                    self.produce()
                body = self.waiting[:40]
                again = self._sent.intersection(body)
                self._sent.update(body)
                headers = self._via(b"\n".join(body)) if self._chance.random() < 0.3 else {}
                connection.request("POST", "/v1/records", b"\n".join(body), headers)
                answer = connection.getresponse()
                told = json.loads(answer.read())
                if answer.status != 200 or told["rejected"]:
                    self.wrong.append(f"{answer.status} {told}")
                    return
                self._hear(body, again, told)
                if headers and not again:
                    self._carried.update(body)
                del self.waiting[: len(body)]
                yield body
        finally:
            connection.close()

    def _via(self, body: bytes) -> dict[str, str]:
        """Return the word of a relay that brings a body."""
        relay, age = self._relay, f"{self._chance.uniform(0, 100):.3f}"
        proof = b64encode(mac(pads(relay.key), signed(relay.origin, relay.gen, age, body))).decode()
        return {"driftvakt-via": f"{relay.origin} {relay.gen} {age} {proof}"}

    def settle(self) -> None:
        """Nothing: it has no script of its own for others."""

    def close(self) -> None:
        """Nothing is held."""

    def produce(self) -> list[bytes]:
        """Make a few lines for some of the hosts."""
        made = []
        for sender in self._chance.sample(self._senders, self._chance.randint(1, HOSTS)):
            if sender.seq == 0:
                made.append(sender.line(Series(DIGEST, SET)))
            number = float(sender.seq + 1)
            made.append(sender.line(Report(1.7e9 + number, number, DIGEST, (number, 0.5))))
            if self._chance.random() < 0.5:
                made.append(sender.line(Event(1.7e9, "test.event", f"{sender.origin} {sender.seq}")))
            if self._chance.random() < 0.1:
                cells = ",".join(f'["{self._chance.randbytes(500).hex()}"]' for _ in range(4))
                body = f'{{"columns":["name"],"rows":[{cells}]}}'.encode()
                made.append(sender.line(Section("packages", digest(body), body)))
        self.made += made
        self.waiting += made
        return made

    def _hear(self, body: list[bytes], again: set[bytes], told: dict[str, Any]) -> None:
        doubles = {verdict[0] for verdict in told.get("lines", ())}
        for place, raw in enumerate(body):
            if place in doubles and raw not in again:
                self.wrong.append(f"called a duplicate when it came first: {key_of(raw)}")
        self.kept.update(body)

    def wrongs(self) -> list[str]:
        """Compare the ledger with journal and store, once the collector has ended in order."""
        wrong = list(self.wrong)
        journal = Counter(journal_lines(self.data))
        marked = set(carried_lines(self.data))
        wrong += [f"by a relay, and the journal doesn't say so: {key_of(raw)}" for raw in self._carried - marked]
        wrong += [f"acknowledged and lost: {key_of(raw)}" for raw in self.kept if not journal[raw]]
        wrong += [f"in the journal {times} times: {key_of(raw)}" for raw, times in journal.items() if times > 1]
        wrong += [f"never made: {raw[:80]!r}" for raw in journal.keys() - set(self.made)]
        wrong += [f"not delivered at the end: {key_of(raw)}" for raw in self.made if not journal[raw]]
        made = Counter(key_of(raw) for raw in self.made if b'"kind":"event"' in raw)
        events = Counter(stored_events(self.data))
        wrong += [f"an event that the store lacks: {key}" for key in made - events]
        wrong += [f"an event that the store has too often: {key}" for key in events - made]
        return wrong


def journal_lines(data: Path) -> Iterator[bytes]:
    """Give the lines of the hosts; the collector's own marks are none of them."""
    return (raw for raw, _ in _journal(data))


def carried_lines(data: Path) -> Iterator[bytes]:
    """Give the lines that a relay brought."""
    return (raw for raw, via in _journal(data) if via)


def _journal(data: Path) -> Iterator[tuple[bytes, str]]:
    """Give each line, and by which relay it came."""
    journal = SqliteJournal(data / "journal.db")
    try:
        for chunk in journal.read(0):
            via, left = "", 0
            for raw in chunk.lines:
                mark = carriage(raw)
                if mark is not None:
                    assert left == 0, "a mark among the lines of another"
                    via, _, left = mark
                else:
                    yield raw, via if left else ""
                    left -= left > 0
            assert left == 0, "a mark without all of its lines"
    finally:
        journal._connection.close()


def stored_events(data: Path) -> list[str]:
    store = Store(f"sqlite:///{data / 'store.db'}")
    rows = store.read(lambda connection: connection.execute(text("SELECT origin, epoch, seq FROM event")).all())
    store.close()
    return [f"{row[0]}/{row[1]}/{row[2]}" for row in rows]


class CollectorCase:
    """The whole of `driftvakt serve`, for `crash.Ward`."""

    program = "collector_program:run"
    # uvloop answers with write(2).
    calls: Sequence[str] = OF_FILES

    def told(self, _seed: int) -> Mapping[str, object]:
        return {}

    def prepare(self, folder: Path) -> None:
        make_ready(folder)

    def load(self, folder: Path, seed: int) -> Reporters:
        return Reporters(folder, seed)
