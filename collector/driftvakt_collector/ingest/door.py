"""`POST /v1/records`: from bytes to lines on disk, applied, and an answer that says so."""

import binascii
import hmac
import time
from collections.abc import Awaitable, Callable, Mapping
from typing import Any

import msgspec

from driftvakt_collector.fleet.host import Host
from driftvakt_collector.fleet.state import Fleet
from driftvakt_collector.ingest import answer
from driftvakt_collector.ingest.body import BodyError, Gone, Message, Receive, read_body
from driftvakt_collector.intake import MAX_EVERY, MIN_EVERY, Intake
from driftvakt_collector.journal import Journal, JournalError
from driftvakt_collector.journal.line import (
    Envelope,
    Line,
    LineError,
    Report,
    Section,
    Series,
    decode_envelope,
    decode_record,
)
from driftvakt_wire.envelope import derive_key, digest, signed_bytes

Send = Callable[[Message], Awaitable[None]]

MAX_LINE = 2 << 20
"""The longest line, bytes."""
MAX_LINES = 5000
"""The most lines in a body."""
MAX_WAITING = 64 << 20
"""Bytes handed to the journal and not yet synced, above which the door says 503."""
MAX_VALUES = 20_000
REFUSED = "not accepted"
"""All that a stranger learns, whether the origin is unknown, revoked or badly signed."""

_JSON = (b"content-type", b"application/json")


class DoorCounts:
    """What came to the door since the start, for /metrics."""

    __slots__ = ("accepted", "bytes", "duplicate", "gone", "rejected", "requests")

    def __init__(self) -> None:
        self.requests: dict[int, int] = {}
        self.accepted = 0
        self.duplicate = 0
        self.rejected: dict[str, int] = {}
        self.bytes = 0
        self.gone = 0


class Door:
    """The ASGI application of one path. masters: zone to its master key. next_seconds: how often agents report."""

    def __init__(
        self,
        fleet: Fleet,
        intake: Intake,
        journal: Journal,
        masters: Mapping[str, bytes],
        *,
        next_seconds: float = 60.0,
        wall: Callable[[], float] = time.time,
    ) -> None:
        self._fleet = fleet
        self._intake = intake
        self._journal = journal
        self._masters = masters
        self._next = next_seconds
        self._wall = wall
        self._syncing: set[tuple[str, str, int]] = set()
        self._waiting = 0
        self.counts = DoorCounts()

    async def __call__(self, scope: Mapping[str, Any], receive: Receive, send: Send) -> None:
        """Answer one request."""
        if scope["method"] != "POST":
            await self._reply(send, 405, b'{"error":"records are posted"}', ((b"allow", b"POST"),))
            return
        encoding = b""
        for name, value in scope["headers"]:
            if name == b"content-encoding":
                encoding = value
        try:
            body = await read_body(receive, encoding)
        except BodyError as e:
            await self._reply(send, e.status, msgspec.json.encode({"error": e.reason}), ((b"connection", b"close"),))
            return
        except Gone:
            self.counts.gone += 1
            return
        self.counts.bytes += len(body)
        lines = body.split(b"\n")
        if lines and not lines[-1]:
            lines.pop()
        if not lines or len(lines) > MAX_LINES:
            status = 413 if lines else 400
            await self._reply(send, status, msgspec.json.encode({"error": f"a body has 1 to {MAX_LINES} lines"}))
            return
        if self._waiting + len(body) > MAX_WAITING:
            await self._busy(send, "the disk is behind; keep the lines and come back")
            return
        self._waiting += len(body)
        try:
            result = await self._take(lines)
        except JournalError as e:
            await self._busy(send, str(e))
            return
        finally:
            self._waiting -= len(body)
        await self._reply(send, answer.status_of(result), answer.encode(result))

    async def _take(self, lines: list[bytes]) -> answer.Answer:
        """Check each line, sync the good ones, apply them. Raises JournalError: then none of them counts as taken."""
        taken: list[tuple[Host, Line]] = []
        keys: list[tuple[str, str, int]] = []
        verdicts: list[answer.Verdict] = []
        hosts: dict[str, Host] = {}
        doubles: list[tuple[Host, Envelope]] = []
        for place, raw in enumerate(lines):
            try:
                host, line = self._check(raw)
            except LineError as e:
                verdicts.append(answer.rejected(place, e.status, e.reason))
                self.counts.rejected[str(e.status)] = self.counts.rejected.get(str(e.status), 0) + 1
                continue
            envelope = line.envelope
            hosts[envelope.origin] = host
            key = (envelope.origin, envelope.epoch, envelope.seq)
            if key in self._syncing or host.ledger.has(envelope.epoch, envelope.seq):
                doubles.append((host, envelope))
                verdicts.append(answer.duplicate(place))
                continue
            self._syncing.add(key)
            keys.append(key)
            taken.append((host, line))
        try:
            if taken or doubles:
                # A duplicate may still be on its way to the disk in another request: it waits for a sync like the rest.
                position = await self._journal.append([line.raw for _, line in taken])
                self._intake.apply(taken, position)
                _settled(doubles)
        finally:
            self._syncing.difference_update(keys)
        self.counts.accepted += len(taken)
        self.counts.duplicate += len(doubles)
        want = {origin: wanted for origin, host in hosts.items() if (wanted := host.wants())}
        refused = len(verdicts) - len(doubles)
        return answer.Answer(len(taken), len(doubles), refused, self._wall(), self._next, verdicts, want)

    def _check(self, raw: bytes) -> tuple[Host, Line]:
        """Return whose line this is and what it says. Raises LineError for one that may not pass."""
        if len(raw) > MAX_LINE:
            raise LineError(413, f"a line is at most {MAX_LINE} bytes")
        envelope = decode_envelope(raw)
        host = self._fleet.hosts.get(envelope.origin)
        if host is None or host.gen != envelope.gen or not self._signed(host, envelope):
            raise LineError(401, REFUSED)
        record = decode_record(envelope.record)
        if type(record) is Report:
            _check_report(host, record)
        elif type(record) is Series:
            _check_part(record.digest, record.set)
        elif type(record) is Section:
            _check_part(record.digest, record.body)
        return host, Line(raw, envelope, record)

    def _signed(self, host: Host, envelope: Envelope) -> bool:
        key = host.key
        if key is None:
            master = self._masters.get(host.zone)
            if master is None:
                return False
            key = host.key = derive_key(master, host.origin, host.gen)
        try:
            mac = binascii.a2b_base64(envelope.mac)
        except (binascii.Error, ValueError):
            return False
        signed = signed_bytes(envelope.origin, envelope.gen, envelope.epoch, envelope.seq, bytes(envelope.record))
        return hmac.compare_digest(hmac.digest(key, signed, "sha256"), mac)

    async def _busy(self, send: Send, why: str) -> None:
        await self._reply(send, 503, msgspec.json.encode({"error": why}), ((b"retry-after", b"10"),))

    async def _reply(self, send: Send, status: int, body: bytes, headers: tuple[tuple[bytes, bytes], ...] = ()) -> None:
        self.counts.requests[status] = self.counts.requests.get(status, 0) + 1
        length = (b"content-length", b"%d" % len(body))
        await send({"type": "http.response.start", "status": status, "headers": [_JSON, length, *headers]})
        await send({"type": "http.response.body", "body": body})


def _settled(doubles: list[tuple[Host, Envelope]]) -> None:
    """Raise JournalError when the line that a duplicate repeats did not reach the disk after all."""
    for host, envelope in doubles:
        if not host.ledger.has(envelope.epoch, envelope.seq):
            raise JournalError("the first copy of a line could not be written; send it again")


def _check_report(host: Host, report: Report) -> None:
    if not MIN_EVERY <= report.every <= MAX_EVERY:
        raise LineError(422, f"report: 'every' must be {MIN_EVERY:.0f} to {MAX_EVERY:.0f} seconds")
    if len(report.values) > MAX_VALUES or len(report.sections) > 64:
        raise LineError(422, f"report: at most {MAX_VALUES} values and 64 sections are taken")
    bound = host.series
    if bound is not None and bound.digest == report.series and len(bound) != len(report.values):
        raise LineError(422, f"report: {len(report.values)} values for a series set of {len(bound)}")


def _check_part(mark: str, body: msgspec.Raw) -> None:
    if digest(bytes(body)) != mark:
        raise LineError(422, "the part is not what its digest names")
