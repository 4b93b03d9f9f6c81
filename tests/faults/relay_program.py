"""The relay as a program for the nursery, and both its sides: hosts that report to it, and a fickle upstream."""

import http.client
import json
import select
import socket
import sys
import time
from base64 import b64encode
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from random import Random
from typing import Any

import uvloop
from collecting import PATIENCE, Sender, host_row, series_body
from collector_program import Announcement, key_of
from crash import OF_FILES
from fickle import Fickle, Temper
from nursery import Say

from driftvakt_collector.journal import JournalError
from driftvakt_collector.relay import app, forward, held, own, post, routes, spool, standing, status
from driftvakt_collector.relay.config import Config
from driftvakt_collector.relay.door import RelayDoor
from driftvakt_collector.relay.run import serve
from driftvakt_wire.envelope import split
from driftvakt_wire.records import Event, Report, Series

MODULES = ("encodings.ascii", "encodings.idna", "uvicorn.lifespan.off", "relay_program")
RELAY = Sender("r-0001")
HOSTS = 3
BODIES = 30
DIGEST, SET = series_body(("node_load1", ()), ("node_time_seconds", ()))
_WAITS = host_row(2).origin
_TEMPER = Temper(up=(4, 16), down=(2, 6), next=0.2, backlog=0.02)
_AT_ONCE = 40


def run(folder: Path, say: Say) -> int:
    """Serve until SIGTERM; says its port. It waits for nothing longer than a moment, so that all is soon done."""
    sys.stderr = Announcement(say)
    return int(uvloop.run(serve(hurried(folder, f"http://127.0.0.1:{(folder / 'upstream').read_text('ascii')}"))))


def run_lying(folder: Path, say: Say) -> int:
    """Serve, and answer before anything was handed to the disk: what the crashes must find."""

    def early(self: RelayDoor, batch: Any, name: str, lines: list[bytes]) -> None:
        def tell(position: int, _error: JournalError | None) -> None:
            if name in self._spool.windows:
                self._spool.windows[name].add(position, lines, self._now())
            self._wake()

        self._spool.lanes[name].journal.append(lines, tell)
        # With none left to wait for, it is answered at once.
        batch.open -= 1

    RelayDoor._append = early  # type: ignore[method-assign]
    return run(folder, say)


def hurried(folder: Path, upstream: str) -> Config:
    """Make all paces of this process those of a test; return the configuration of a folder."""
    vars(app).update(_LOOK_SECONDS=0.05, _STATUS_SECONDS=0.1, _KNOWN_SECONDS=0.05, _STEP_SECONDS=0.05)
    vars(app).update(_HAND_OVER_SECONDS=0.3)
    vars(forward).update(_IDLE_SECONDS=0.02)
    vars(held).update(RETRY_SECONDS=0.1, SOON_SECONDS=0.05)
    # Few numbers at a time, so that a new block is begun now and then.
    vars(own).update(_BLOCK=8)
    vars(post).update(_RETRY_SECONDS=0.02, _STRANGER_SECONDS=0.1)
    vars(routes).update(_FIRST=0.02, _LONGEST=0.05)
    vars(spool).update(WINDOW_SECONDS=0.15)
    vars(standing).update(PROBE_SECONDS=0.05, GRACE_SECONDS=0.1)
    return Config(
        folder / "spool", (upstream,), RELAY.origin, RELAY.key, "adm", port=0, spool_free_mb=0, next_seconds=0.2
    )


@contextmanager
def paces_kept() -> Iterator[None]:
    """Give back, at the end, what `hurried` takes: for a process that other tests run in too."""
    before = [(module, dict(vars(module))) for module in (app, forward, held, own, post, routes, spool, standing)]
    try:
        yield
    finally:
        for module, told in before:
            vars(module).update(told)


class Site:
    """Some hosts behind one relay, and its upstream. It knows what was made, what the relay took and what arrived.

    before: is told of lines when the upstream takes them.
    """

    def __init__(
        self, folder: Path, seed: int, bodies: int = BODIES, before: Callable[[list[bytes]], None] = lambda _lines: None
    ) -> None:
        self._folder = folder
        self._chance = Random(seed)
        self._bodies = bodies
        self._senders = [Sender(host_row(number).origin) for number in range(HOSTS)]
        keys = {sender.origin: sender.key for sender in (*self._senders, RELAY)}
        self.fickle = Fickle(
            keys, seed, _TEMPER, relay=(RELAY.origin, RELAY.key), waits=_WAITS, before=before,
        )  # fmt: skip
        (folder / "upstream").write_text(str(self.fickle.port), "ascii")
        self.made: set[bytes] = set()
        self.waiting: list[bytes] = []
        self.kept: set[bytes] = set()
        self.wrong: list[str] = []

    def settle(self) -> None:
        self.fickle.settle()

    def close(self) -> None:
        self.fickle.close()

    def drive(self, said: str, _hear: Callable[[], str]) -> None:
        """Report until the script is over or the relay is gone; then see it hand on what it has."""
        try:
            connection = connected(int(said))
        except ConnectionError:
            # It was struck between telling its port and the first connection.
            return
        try:
            for _ in self.steps(connection):
                pass
            while not self.fickle.wait_for(self._is_there, 0.02) and _lives(connection):
                pass
        except (OSError, http.client.HTTPException):
            pass
        finally:
            connection.close()

    def finish(self, said: str, _hear: Callable[[], str]) -> None:
        """Bring what the relay did not take, and see all of it arrive."""
        self._bodies = 0
        connection = connected(int(said))
        try:
            for _ in self.steps(connection):
                pass
        except (OSError, http.client.HTTPException) as e:
            self.wrong.append(f"the relay that was started again went away: {e!r}")
        finally:
            connection.close()
        self.arrived()

    def arrived(self) -> None:
        """Wait until all that the relay took is there, or it says that it has no more; `wrongs` says what is lost."""
        began = time.time()
        end = began + PATIENCE
        while not self.fickle.wait_for(self._is_there, 0.05) and time.time() < end:
            told = status.read(self._folder / "spool" / status.FILE)
            if told is None or float(str(told["at"])) < began:
                continue
            lanes: Any = told["spool"]
            if not any(lane["lines"] for lane in lanes.values()):
                return

    def steps(self, connection: http.client.HTTPConnection) -> Iterator[list[bytes]]:
        """Send body after body; give the lines of each that were taken."""
        while self._bodies or self.waiting:
            if self._bodies:
                self._bodies -= 1
                self._produce()
            body = self.waiting[:_AT_ONCE]
            del self.waiting[:_AT_ONCE]
            # What waited is not sent again in the same order: a host that is not accepted must not stop the others.
            headers = {"driftvakt-backlog": "1"} if self._chance.random() < 0.2 else {}
            try:
                connection.request("POST", "/v1/records", b"\n".join(body), headers)
                answer = connection.getresponse()
                told = json.loads(answer.read())
            except (OSError, http.client.HTTPException):
                self.waiting = body + self.waiting
                raise
            refused = self._refused(answer.status, told, len(body))
            taken = [raw for place, raw in enumerate(body) if place not in refused]
            self.kept.update(taken)
            self.waiting += [body[place] for place in sorted(refused)]
            if refused:
                # The wait that it asks for, cut short where something is taken upstream.
                self.fickle.wait_for(lambda: False, 0.01)
            yield taken

    def _refused(self, status: int, told: Mapping[str, object], many: int) -> set[int]:
        """Return the places of the lines that the relay did not take."""
        if status in (429, 503) and "error" in told:
            return set(range(many))
        verdicts = told.get("lines", [])
        assert isinstance(verdicts, list)
        if any(verdict[2] not in (403, 429) for verdict in verdicts) or "accepted" not in told:
            self.wrong.append(f"the relay answered {status} {told}")
        return {verdict[0] for verdict in verdicts}

    def _produce(self) -> None:
        made = []
        for sender in self._chance.sample(self._senders, self._chance.randint(1, HOSTS)):
            if sender.seq == 0:
                made.append(sender.line(Series(DIGEST, SET)))
            number = float(sender.seq + 1)
            made.append(sender.line(Report(1.7e9 + number, number, DIGEST, (number, 0.5))))
            if self._chance.random() < 0.3:
                noise = b64encode(self._chance.randbytes(self._chance.choice((20, 2500)))).decode()
                made.append(sender.line(Event(1.7e9, "test.event", noise)))
        self.note_made(made)
        self.made.update(made)
        self.waiting += made

    def note_made(self, lines: list[bytes]) -> None:
        """Lines were made, and nobody else has them yet."""

    def _is_there(self) -> bool:
        arrived = set(self.fickle.taken.values())
        return self.kept <= arrived

    def wrongs(self) -> list[str]:
        """Compare the ledger with what the upstream has, now that the relay has ended in order."""
        taken = self.fickle.taken
        arrived = {raw for key, raw in taken.items() if key[0] != RELAY.origin}
        wrong = [*self.wrong, *self.fickle.wrong]
        wrong += [f"taken by the relay, and lost: {key_of(raw)}" for raw in self.kept - arrived]
        wrong += [f"never made: {raw[:80]!r}" for raw in arrived - self.made]
        wrong += [f"never brought: {key_of(raw)}" for raw in self.made - self.kept]
        return wrong + self._wrongs_of_its_own()

    def _wrongs_of_its_own(self) -> list[str]:
        """Of the relay's own lines each number below the last one arrived, or is told of."""
        stored: dict[str, set[int]] = {}
        told: dict[str, set[int]] = {}
        for (origin, epoch, seq), raw in self.fickle.taken.items():
            if origin != RELAY.origin:
                continue
            stored.setdefault(epoch, set()).add(seq)
            record = json.loads(split(raw).record)
            if record["kind"] == "gap":
                told.setdefault(record["epoch"], set()).update(range(record["first"], record["last"] + 1))
        wrong = []
        for epoch, numbers in stored.items():
            silent = set(range(1, max(numbers))) - numbers - told.get(epoch, set())
            if silent:
                wrong.append(f"of the relay's own lines, neither here nor told: {epoch} {sorted(silent)}")
        return wrong


def connected(port: int) -> http.client.HTTPConnection:
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=PATIENCE)
    connection.connect()
    connection.sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    return connection


def _lives(connection: http.client.HTTPConnection) -> bool:
    """Say if the other side still holds the connection."""
    return connection.sock is not None and not select.select([connection.sock], [], [], 0)[0]


class RelayCase:
    """The whole of `driftvakt relay`, for `crash.Ward`."""

    program = "relay_program:run"
    # uvloop sends with write(2).
    calls: Sequence[str] = OF_FILES

    def told(self, _seed: int) -> Mapping[str, object]:
        return {}

    def prepare(self, folder: Path) -> None:
        """Nothing: a relay makes its spool by itself."""

    def load(self, folder: Path, seed: int) -> Site:
        return Site(folder, seed)
