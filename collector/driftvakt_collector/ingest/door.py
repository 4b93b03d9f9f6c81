"""From the body of a request to lines on disk, applied, and an answer that says so. Knows nothing of HTTP's wire."""

import hmac
import logging
import re
import time
from binascii import Error as Base64Error
from binascii import a2b_base64
from collections.abc import Callable, Mapping

import msgspec

from driftvakt_collector.fleet.host import Host
from driftvakt_collector.fleet.series import SeriesSet, SetError
from driftvakt_collector.fleet.state import Fleet
from driftvakt_collector.ingest import answer
from driftvakt_collector.ingest.body import BodyError, expand
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
from driftvakt_wire.envelope import derive_key, digest, is_id, mac, pads, signed_bytes

log = logging.getLogger(__name__)

MAX_LINE = 2 << 20
"""The longest line, bytes."""
MAX_LINES = 5000
"""The most lines in a body."""
MAX_WAITING = 64 << 20
"""Bytes handed to the journal and not yet synced, above which the door says 503."""
MAX_VALUES = 20_000
MAX_SECTIONS = 64
_DIGEST = re.compile(r"[a-z0-9]{1,8}:[0-9a-f]{1,55}")
_SECTION = re.compile(r"[a-z0-9_]{1,64}")
MAX_RECEIVING = 128 << 20
"""Bytes of requests that are on their way in, over all connections, above which new ones are told 503."""
RETRY_SECONDS = 10
_SAY_SECONDS = 60.0
REFUSED = "not accepted"
"""All that a stranger learns, whether the origin is unknown, revoked or badly signed."""

Reply = Callable[[int, bytes], None]
"""Is told the HTTP status and the JSON body of the answer, once. With 503 the sender shall wait RETRY_SECONDS."""


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


class _Batch:
    """The lines of one request between the check and the answer."""

    __slots__ = ("doubles", "hosts", "keys", "reply", "size", "taken", "verdicts")

    def __init__(self, size: int, reply: Reply) -> None:
        self.size = size
        self.reply = reply
        self.taken: list[tuple[Host, Line]] = []
        self.keys: list[tuple[str, str, int]] = []
        self.doubles: list[tuple[Host, Envelope]] = []
        self.verdicts: list[answer.Verdict] = []
        self.hosts: dict[str, Host] = {}


class Door:
    """Takes bodies. masters: zone to its master key. next_seconds: how often agents report."""

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
        self.receiving = 0
        self._refused = 0
        self._said = 0.0
        self.counts = DoorCounts()

    def take(self, body: bytes, encoding: bytes, reply: Reply) -> None:
        """Check a whole body and hand it to the journal; `reply` is told once it is on disk and applied.

        encoding: the Content-Encoding header. 200: every line is on disk; 207: some are; 4xx: none, and why.
        """
        try:
            plain = expand(body, encoding)
        except BodyError as e:
            self.refuse(e.status, e.reason, reply)
            return
        self.counts.bytes += len(plain)
        lines = plain.split(b"\n", MAX_LINES)
        if not lines[-1]:
            lines.pop()
        if not lines or len(lines) > MAX_LINES:
            self.refuse(413 if lines else 400, f"a body has 1 to {MAX_LINES} lines", reply)
            return
        if self._waiting + len(plain) > MAX_WAITING:
            self.refuse(503, "the disk is behind; keep the lines and come back", reply)
            return
        batch = _Batch(len(plain), reply)
        try:
            for place, raw in enumerate(lines):
                self._sort(batch, place, raw)
        except BaseException:
            self._syncing.difference_update(batch.keys)
            raise
        if not (batch.taken or batch.doubles):
            self._answer(batch)
            return
        self._waiting += batch.size
        # A duplicate may still be on its way to the disk in another request: it waits for a sync like the rest.
        self._journal.append([line.raw for _, line in batch.taken], lambda end, error: self._kept(batch, end, error))

    def refuse(self, status: int, reason: str, reply: Reply) -> None:
        """Answer a request of which no line was looked at."""
        self._count(status)
        reply(status, msgspec.json.encode({"error": reason}))

    def _sort(self, batch: _Batch, place: int, raw: bytes) -> None:
        """Put one line among the taken, the duplicates or the refused."""
        try:
            host, line = self._check(raw)
        except LineError as e:
            batch.verdicts.append(answer.rejected(place, e.status, e.reason))
            key = str(e.status)
            self.counts.rejected[key] = self.counts.rejected.get(key, 0) + 1
            self._say_refusal(e)
            return
        envelope = line.envelope
        batch.hosts[envelope.origin] = host
        mark = (envelope.origin, envelope.epoch, envelope.seq)
        if host.ledger.has(envelope.epoch, envelope.seq) or mark in self._syncing:
            batch.doubles.append((host, envelope))
            batch.verdicts.append(answer.duplicate(place))
        else:
            batch.keys.append(mark)
            self._syncing.add(mark)
            batch.taken.append((host, line))

    def _say_refusal(self, error: LineError) -> None:
        """Put a line into the log, once a minute: whoever wonders why a host is silent looks there."""
        self._refused += 1
        if self._wall() - self._said >= _SAY_SECONDS:
            self._said = self._wall()
            log.warning("refused %d lines since the last such message, the newest with %d: %s",
                        self._refused, error.status, error.for_us or error.reason[:200])  # fmt: skip
            self._refused = 0

    def _check(self, raw: bytes) -> tuple[Host, Line]:
        """Return whose line this is and what it says. Raises LineError for one that may not pass."""
        if len(raw) > MAX_LINE:
            raise LineError(413, f"a line is at most {MAX_LINE} bytes")
        envelope = decode_envelope(raw)
        host = self._fleet.hosts.get(envelope.origin)
        if host is None or host.gen != envelope.gen or not self._signed(host, envelope):
            why = (
                "unknown" if host is None else "of another generation" if host.gen != envelope.gen else "signed wrongly"
            )
            raise LineError(401, REFUSED, f"origin {envelope.origin[:64]!r} is {why}")
        # Asked only of an epoch that is new, for it takes as long as half the envelope.
        if envelope.epoch != host.ledger.epoch and not is_id(envelope.epoch):
            raise LineError(400, "envelope: 'epoch' is 1 to 64 of a-z, 0-9 and '-'")
        record = decode_record(envelope.record)
        kind = type(record)
        if kind is Report:
            self._check_report(host, record)  # type: ignore[arg-type]
        elif kind is Series:
            self._check_set(record)  # type: ignore[arg-type]
        elif kind is Section:
            _check_section(host, record)  # type: ignore[arg-type]
        return host, Line(raw, envelope, record)

    def _signed(self, host: Host, envelope: Envelope) -> bool:
        key = host.key
        if key is None:
            master = self._masters.get(host.zone)
            if master is None:
                return False
            key = host.key = pads(derive_key(master, host.origin, host.gen))
        try:
            given = a2b_base64(envelope.mac, strict_mode=True)
        except (Base64Error, ValueError):
            return False
        signed = signed_bytes(envelope.origin, envelope.gen, envelope.epoch, envelope.seq, envelope.record)
        return hmac.compare_digest(mac(key, signed), given)

    def _check_set(self, record: Series) -> None:
        """Bind a set before it is journaled: one that can't be used must not be answered `accepted`."""
        _check_part(record.digest, record.set)
        try:
            self._fleet.sets.add(record.digest, bytes(record.set))
        except SetError as e:
            raise LineError(422, str(e)) from e

    def _check_report(self, host: Host, report: Report) -> None:
        if not MIN_EVERY <= report.every <= MAX_EVERY:
            raise LineError(422, f"report: 'every' must be {MIN_EVERY:.0f} to {MAX_EVERY:.0f} seconds")
        if len(report.values) > MAX_VALUES or len(report.sections) > MAX_SECTIONS:
            raise LineError(422, f"report: at most {MAX_VALUES} values and {MAX_SECTIONS} sections are taken")
        bound = host.series
        if bound is None or bound.digest != report.series:
            if not _DIGEST.fullmatch(report.series):
                raise LineError(422, "report: 'series' is no digest")
            bound = self._fleet.sets.get(report.series)
        if report.sections and report.sections != host.have:
            for name, mark in report.sections.items():
                if not (_SECTION.fullmatch(name) and _DIGEST.fullmatch(mark)):
                    raise LineError(422, "report: 'sections' maps names of a-z, 0-9 and _ to digests")
        if bound is not None and len(bound.names) != len(report.values):
            raise LineError(422, f"report: {len(report.values)} values for a series set of {len(bound)}")

    def _kept(self, batch: _Batch, position: int, error: JournalError | None) -> None:
        """Apply what is on disk now, and answer; or say that it is not."""
        self._waiting -= batch.size
        self._syncing.difference_update(batch.keys)
        if error is None:
            self._intake.apply(batch.taken, position)
            error = _unsettled(batch.doubles)
        if error is not None:
            self.refuse(503, str(error), batch.reply)
            return
        self._answer(batch)

    def _answer(self, batch: _Batch) -> None:
        counts, doubles = self.counts, len(batch.doubles)
        counts.accepted += len(batch.taken)
        counts.duplicate += doubles
        want = {origin: host.wants() for origin, host in batch.hosts.items() if host.waiting or host.want}
        refused = len(batch.verdicts) - doubles
        told = answer.Answer(len(batch.taken), doubles, refused, self._wall(), self._next, batch.verdicts, want)
        status = answer.status_of(told)
        self._count(status)
        batch.reply(status, answer.encode(told))

    def _count(self, status: int) -> None:
        self.counts.requests[status] = self.counts.requests.get(status, 0) + 1


def _why(host: Host | None, envelope: Envelope) -> str:
    """Say what a stranger must not learn."""
    if host is None:
        return "unknown"
    return "signed wrongly" if host.gen == envelope.gen else "of another generation"


def _unsettled(doubles: list[tuple[Host, Envelope]]) -> JournalError | None:
    """Return an error when the line that a duplicate repeats did not reach the disk after all."""
    for host, envelope in doubles:
        if not host.ledger.has(envelope.epoch, envelope.seq):
            return JournalError("the first copy of a line could not be written; send it again")
    return None


def _check_section(host: Host, section: Section) -> None:
    _check_part(section.digest, section.body)
    if section.name == "info":
        try:
            names = SeriesSet("", bytes(section.body)).names
        except SetError as e:
            raise LineError(422, f"section info: {e}") from e
        if not all(name.endswith("_info") for name in names):
            raise LineError(422, "section info: every name in it ends with _info")
    if host.have is not None and section.name not in host.have and len(host.have) >= MAX_SECTIONS:
        raise LineError(422, f"section: a host has at most {MAX_SECTIONS} of them")


def _check_part(mark: str, body: msgspec.Raw) -> None:
    if digest(bytes(body)) != mark:
        raise LineError(422, "the part is not what its digest names")
