"""An upstream that a test runs: it checks and records what it is brought, and is by turns away, busy, or cut off.

What it took it never forgets: it answers for lines that it has, and where the answer is lost they come again.
"""

import base64
import json
import threading
import time
from collections.abc import Callable, Mapping
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from random import Random
from typing import NamedTuple

from driftvakt_collector.ingest.body import BodyError, expand
from driftvakt_collector.ingest.carriage import signed
from driftvakt_wire.envelope import Envelope, EnvelopeError, mac, pads, split, verify

Key = tuple[str, str, int]
"""Origin, epoch and number of a line."""


class Temper(NamedTuple):
    """How it behaves. up, down: requests for which it is there, and for which it is not; at least and at most.

    fates: what becomes of a request while it is there, by weight. retry_after: seconds that it asks for with a 503.
    next, backlog: seconds as in the answer of a collector.
    """

    up: tuple[int, int]
    down: tuple[int, int]
    next: float
    backlog: float
    retry_after: int = 0
    fates: Mapping[str, int] = {"taken": 80, "unanswered": 7, "half": 3, "unheard": 4, "busy": 4, "later": 2}


class Fickle:
    """keys: of those who sign. relay: who must bring the bodies, by origin, and its key.

    waits: an origin whose lines are not accepted in the first `waits_for` bodies. refuses: says which lines are never
    taken. before: is told of the lines of a body, when they are taken and before that is answered.
    """

    def __init__(
        self, keys: Mapping[str, bytes], seed: int, temper: Temper, *, relay: tuple[str, bytes] | None = None,
        waits: str = "", waits_for: int = 12, refuses: Callable[[Envelope], bool] = lambda _envelope: False,
        before: Callable[[list[bytes]], None] = lambda _lines: None,
    ) -> None:  # fmt: skip
        self._keys = keys
        self._chance = Random(seed)
        self._temper = temper
        self._relay = relay
        self._waits = waits
        self._waits_for = waits_for
        self._refuses = refuses
        self._before = before
        self._lock = threading.Condition()
        self._left = 0
        self._up = False
        self._settled = False
        self._bodies = 0
        self.taken: dict[Key, bytes] = {}
        self.twice = 0
        self.wrong: list[str] = []
        self._server = _Server(("127.0.0.1", 0), self)
        self.port = int(self._server.server_address[1])
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.05,), daemon=True)
        self._thread.start()

    def close(self) -> None:
        self._server.shutdown()
        self._thread.join()
        self._server.server_close()

    def settle(self) -> None:
        """From now on it is always there, and takes what is right."""
        with self._lock:
            self._settled = True

    def wait_for(self, met: Callable[[], bool], seconds: float) -> bool:
        """Wait until something holds of what was taken; say if it came."""
        with self._lock:
            return self._lock.wait_for(met, seconds)

    # --- one request ---

    def fate(self) -> str:
        """Return what becomes of the next request."""
        with self._lock:
            if self._settled:
                return "taken"
            if self._left <= 0:
                self._up = not self._up
                self._left = self._chance.randint(*(self._temper.up if self._up else self._temper.down))
            self._left -= 1
            if not self._up:
                return "unheard"
            return self._chance.choices([*self._temper.fates], [*self._temper.fates.values()])[0]

    def take(self, sent: bytes, headers: Mapping[str, str]) -> tuple[int, dict[str, object]]:
        """Check a body and keep its lines; return status and answer."""
        with self._lock:
            why = self._untrue(sent, headers.get("driftvakt-via", ""))
            if why:
                self.wrong.append(why)
                return 401, {"error": why}
            try:
                lines = expand(sent, headers.get("content-encoding", "").encode()).split(b"\n")
            except BodyError as e:
                self.wrong.append(f"a body that can't be opened: {e.reason}")
                return e.status, {"error": e.reason}
            self._bodies += 1
            told = self._judge(lines)
            self._lock.notify_all()
        return told

    def later(self, headers: Mapping[str, str]) -> bool:
        """Say if a body may be sent away for now."""
        return headers.get("driftvakt-backlog") == "1"

    def _untrue(self, sent: bytes, via: str) -> str:
        """Return what is wrong with the word of who brought a body, nothing when it is right."""
        if self._relay is None:
            return f"a carrier that nobody knows: {via}" if via else ""
        origin, gen, age, proof = via.split(" ") if via.count(" ") == 3 else ("", "0", "", "")
        right = mac(pads(self._relay[1]), signed(self._relay[0], int(gen), age, sent))
        if origin != self._relay[0] or base64.b64encode(right).decode() != proof:
            return f"a carrier whose word is not true: {via!r}"
        return ""

    def _judge(self, lines: list[bytes]) -> tuple[int, dict[str, object]]:
        verdicts: list[list[object]] = []
        want: dict[str, list[str]] = {}
        new: list[bytes] = []
        for place, raw in enumerate(lines):
            try:
                envelope = split(raw)
            except EnvelopeError as e:
                self.wrong.append(f"no line: {e}: {raw[:80]!r}")
                continue
            if not verify(self._keys.get(envelope.origin, b""), envelope):
                self.wrong.append(f"a line that nobody signed: {raw[:80]!r}")
                continue
            if envelope.origin == self._waits and not self._settled and self._bodies <= self._waits_for:
                verdicts.append([place, "rejected", 403, "it waits for approval"])
                continue
            if self._refuses(envelope):
                verdicts.append([place, "rejected", 422, "never"])
                continue
            key = envelope.origin, envelope.epoch, envelope.seq
            before = self.taken.setdefault(key, raw)
            if before is raw:
                new.append(raw)
                _ask(envelope, want)
            elif before == raw:
                self.twice += 1
                verdicts.append([place, "duplicate"])
            else:
                self.wrong.append(f"a number used for two lines: {key}")
        self._before(new)
        rejected = sum(1 for verdict in verdicts if verdict[1] == "rejected")
        taken = len(lines) - len(verdicts)
        answer = {
            "accepted": taken, "duplicate": len(verdicts) - rejected, "rejected": rejected, "time": time.time(),
            "next": self._temper.next, "backlog": self._temper.backlog, "lines": verdicts, "want": want,
        }  # fmt: skip
        return (200 if not rejected else 207 if rejected < len(lines) else 403), answer

    @property
    def retry_after(self) -> int:
        return self._temper.retry_after


def _ask(envelope: Envelope, want: dict[str, list[str]]) -> None:
    """Ask for the names of a report's values where they may be new: in each tenth number, so that it is seldom."""
    if envelope.seq % 10 == 2 and envelope.record.startswith(b'{"kind":"report"'):
        want[envelope.origin] = [str(json.loads(envelope.record)["series"])]


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    request_queue_size = 64

    def __init__(self, address: tuple[str, int], fickle: Fickle) -> None:
        self.fickle = fickle
        super().__init__(address, _Handler)

    def handle_error(self, request: object, client_address: object) -> None:
        """The other side died in the middle of it: that is what this is for."""


class _Handler(BaseHTTPRequestHandler):
    server: _Server
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    wbufsize = -1

    def do_POST(self) -> None:
        fickle = self.server.fickle
        headers = {name.lower(): value for name, value in self.headers.items()}
        if self.path != "/v1/records":
            # A relay asks what it has to watch; this is of an age that has nothing to be watched.
            self.rfile.read(int(headers["content-length"]))
            self._answer(404, {"error": "not found"})
            return
        fate = fickle.fate()
        if fate == "unheard":
            self.close_connection = True
            return
        sent = self.rfile.read(int(headers["content-length"]))
        if len(sent) < int(headers["content-length"]):
            self.close_connection = True
            return
        if fate == "busy" or (fate == "later" and fickle.later(headers)):
            self._answer(503 if fate == "busy" else 429, {"error": "not now"}, retry_after=fickle.retry_after)
            return
        status, told = fickle.take(sent, headers)
        if fate == "unanswered":
            self.close_connection = True
            return
        self._answer(status, told, half=fate == "half")

    def _answer(self, status: int, told: dict[str, object], *, half: bool = False, retry_after: int = 0) -> None:
        body = json.dumps(told).encode()
        head = f"HTTP/1.1 {status} Told\r\nContent-Type: application/json\r\nContent-Length: {len(body)}\r\n"
        if retry_after:
            head += f"Retry-After: {retry_after}\r\n"
        whole = head.encode() + b"\r\n" + body
        self.close_connection = half
        self.wfile.write(whole[: len(whole) * 2 // 3] if half else whole)

    def log_message(self, *_: object) -> None:
        """Nothing: its owner keeps the ledger."""
