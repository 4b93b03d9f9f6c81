"""The relay's door: from the body of a request to lines that are synced, and an answer that says so.

It checks no signatures, for it has no keys: it looks at what stands around a record, at privacy, and at how much comes.
"""

import logging
import time
from collections.abc import Callable

import msgspec

from driftvakt_collector.ingest import answer
from driftvakt_collector.ingest.body import BodyError, expand
from driftvakt_collector.ingest.carriage import Head
from driftvakt_collector.ingest.check import MAX_LINE
from driftvakt_collector.ingest.door import MAX_LINES, MAX_WAITING
from driftvakt_collector.ingest.entrance import MAX_RECEIVING, NOBODY, DoorCounts, Reply
from driftvakt_collector.journal import JournalError
from driftvakt_collector.journal.line import Envelope, LineError, Unknown, decode_envelope
from driftvakt_collector.rate import Keys, Rate
from driftvakt_collector.relay.spool import STRANGE_SHARE, Spool
from driftvakt_collector.relay.standing import CLOSED, Standing
from driftvakt_wire.envelope import is_id
from driftvakt_wire.privacy import offence

log = logging.getLogger(__name__)

_SAY_SECONDS = 60.0
_MAC_LENGTH = 44
"""Characters of 32 bytes in base64."""
LATER = "keep the lines and come back"
_kinds = msgspec.json.Decoder(Unknown)


class Told(answer.Answer):
    """The answer, with what the upstream asked for last: seconds between two bodies of backlog."""

    backlog: float = 0.0


class _Stream:
    """The lines of one stream in a request."""

    __slots__ = ("lines", "name", "origin", "places")

    def __init__(self, name: str, origin: str) -> None:
        self.name = name
        self.origin = origin
        self.lines: list[bytes] = []
        self.places: list[int] = []


class _Batch:
    """One request between the look and the answer. open: lanes that have not told yet."""

    __slots__ = ("error", "open", "origins", "reply", "size", "taken", "verdicts")

    def __init__(self, size: int, reply: Reply) -> None:
        self.size = size
        self.reply = reply
        self.verdicts: list[answer.Verdict] = []
        self.origins: set[str] = set()
        self.taken = 0
        self.open = 0
        self.error: JournalError | None = None


class RelayDoor:
    """Takes bodies. private: whether the privacy profile `edu` holds. wake: is told that there is something to hand on.

    now: monotonic seconds. wall: seconds since 1970, for the answer.
    """

    def __init__(
        self,
        spool: Spool,
        standing: Standing,
        wake: Callable[[], None],
        *,
        private: bool,
        now: Callable[[], float] = time.monotonic,
        wall: Callable[[], float] = time.time,
    ) -> None:
        self._spool = spool
        self._standing = standing
        self._wake = wake
        self._private = private
        self._now = now
        self._wall = wall
        self._sources = Keys(Rate(20_000, 400_000))
        self._streams = Keys(Rate(100, 20_000))
        self._new_sources = Keys(Rate(20, 2_000))
        self._new = Keys(Rate(200, 20_000), 1)
        self._receiving = 0
        self._waiting = 0
        self._said: dict[int, float] = {}
        self.closed = False
        self.counts = DoorCounts()

    def crowded(self, more: int, _address: str = "") -> bool:
        """Say if so many more bytes are too many to take in now."""
        return self._receiving + more > MAX_RECEIVING

    def hold(self, size: int, _address: str = "") -> None:
        """Count bytes of requests that came in, or, less than 0, that were let go."""
        self._receiving += size

    def refuse(self, status: int, reason: str, reply: Reply) -> None:
        """Answer a request of which no line was looked at."""
        self._count(status)
        if status in (429, 503):
            self._say(status, reason)
        reply(status, msgspec.json.encode({"error": reason}))

    def take(self, body: bytes, encoding: bytes, reply: Reply, head: Head = NOBODY) -> None:
        """Look at a whole body and hand it to the disk; `reply` is told once it is synced."""
        now = self._now()
        try:
            lines, size = self._open(body, encoding, head, now)
        except BodyError as e:
            self.refuse(e.status, e.reason, reply)
            return
        batch = _Batch(size, reply)
        streams = self._sort(batch, lines)
        live: list[bytes] = []
        strange: list[bytes] = []
        for stream in streams:
            self._admit(batch, stream, head, now, live, strange)
        batch.verdicts.sort()
        batch.taken = len(live) + len(strange)
        batch.open = bool(live) + bool(strange)
        self._waiting += size
        if live:
            self._append(batch, "backlog" if head.backlog else "live", live)
        if strange:
            self._append(batch, "strange", strange)
        if not batch.open:
            self._answer(batch)

    def _open(self, body: bytes, encoding: bytes, head: Head, now: float) -> tuple[list[bytes], int]:
        """Return the lines of a body and how many bytes they are. Raises BodyError."""
        if self.closed:
            raise BodyError(429, f"the relay is being stopped; {LATER}")
        if why := self._spool.room():
            raise BodyError(429, f"{why}; {LATER}")
        if self._waiting + len(body) > MAX_WAITING:
            raise BodyError(429, f"the disk is behind; {LATER}")
        plain = expand(body, encoding)
        self.counts.bytes += len(plain)
        lines = plain.split(b"\n", MAX_LINES)
        if not lines[-1]:
            lines.pop()
        if not lines or len(lines) > MAX_LINES:
            raise BodyError(413 if lines else 400, f"a body has 1 to {MAX_LINES} lines")
        if self._sources.take(head.address, now, len(lines)) > 0:
            raise BodyError(429, f"more than one sender may bring; {LATER}")
        return lines, len(plain)

    def _sort(self, batch: _Batch, lines: list[bytes]) -> list[_Stream]:
        """Return the lines that look like lines, by their stream; the others get their verdict."""
        streams: dict[tuple[str, int, str], _Stream] = {}
        for place, raw in enumerate(lines):
            try:
                envelope = self._look(raw)
            except LineError as e:
                self._reject(batch, place, e.status, e.reason)
                continue
            key = (envelope.origin, envelope.gen, envelope.epoch)
            stream = streams.get(key)
            if stream is None:
                if not (is_id(envelope.origin) and is_id(envelope.epoch)):
                    self._reject(batch, place, 400, "envelope: 'origin' and 'epoch' are 1 to 64 of a-z, 0-9 and '-'")
                    continue
                stream = streams[key] = _Stream(f"{envelope.origin} {envelope.gen} {envelope.epoch}", envelope.origin)
            stream.lines.append(raw)
            stream.places.append(place)
        return list(streams.values())

    def _look(self, raw: bytes) -> Envelope:
        if len(raw) > MAX_LINE:
            raise LineError(413, f"a line is at most {MAX_LINE} bytes")
        envelope = decode_envelope(raw)
        if len(envelope.mac) != _MAC_LENGTH:
            raise LineError(400, "envelope: 'mac' is 32 bytes in base64")
        if self._private:
            try:
                kind = _kinds.decode(envelope.record).kind
            except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as e:
                raise LineError(400, f"record: {e}") from e
            why = offence(envelope.record, kind)
            if why:
                raise LineError(422, why)
        return envelope

    def _admit(
        self, batch: _Batch, stream: _Stream, head: Head, now: float, live: list[bytes], strange: list[bytes]
    ) -> None:
        """Put the lines of a stream where they belong, or say why not."""
        standing = self._standing
        count = len(stream.lines)
        hold = standing.hold(stream.name, now)
        if hold is not None:
            if hold.status == CLOSED:
                self._reject_all(batch, stream, CLOSED, hold.reason)
            elif head.backlog or self._spool.strange.full or not standing.ask(stream.name, now):
                self._reject_all(batch, stream, 403, f"not accepted upstream: {hold.reason}")
            else:
                strange += stream.lines
                batch.origins.add(stream.origin)
            return
        if self._streams.take(stream.name, now, count) > 0:
            self._reject_all(batch, stream, 429, f"more than one host may bring; {LATER}")
            return
        if stream.name in standing.known:
            live += stream.lines
        else:
            why = self._spool.strange.full
            if head.backlog and not standing.knows(stream.origin):
                why = "what is new comes first from a host that the upstream does not know yet"
            elif head.backlog and self._spool.lanes["backlog"].size >= self._spool.limit * STRANGE_SHARE:
                # Whoever knows a host's name could make epochs up.
                why = "too much of epochs that the upstream does not know yet is waiting"
            elif self._new_sources.take(head.address, now, count) > 0 or self._new.take("", now, count) > 0:
                why = "too many new hosts at once"
            if why:
                self._reject_all(batch, stream, 429, f"{why}; {LATER}")
                return
            # Backlog of an epoch that has nothing new any more goes to where backlog lies, for in memory it would
            # go out as what is new.
            (live if head.backlog else strange).extend(stream.lines)
        batch.origins.add(stream.origin)

    def _append(self, batch: _Batch, name: str, lines: list[bytes]) -> None:
        def tell(position: int, error: JournalError | None) -> None:
            batch.open -= 1
            if error is not None:
                batch.error = error
            elif name in self._spool.windows:
                self._spool.windows[name].add(position, lines, self._now())
            if not batch.open:
                self._answer(batch)

        self._spool.lanes[name].journal.append(lines, tell)

    def _answer(self, batch: _Batch) -> None:
        self._waiting -= batch.size
        if batch.taken:
            self._wake()
        if batch.error is not None:
            # Of two lanes one may have taken its lines; then they come again and are duplicates upstream.
            self.refuse(503, str(batch.error), batch.reply)
            return
        standing = self._standing
        want = {origin: list(standing.want.pop(origin)) for origin in batch.origins if origin in standing.want}
        told = Told(
            batch.taken, 0, len(batch.verdicts), self._wall(), standing.next, batch.verdicts, want,
            backlog=standing.backlog,
        )  # fmt: skip
        self.counts.accepted += batch.taken
        status = answer.status_of(told)
        self._count(status)
        batch.reply(status, answer.encode(told))

    def _reject(self, batch: _Batch, place: int, status: int, reason: str) -> None:
        batch.verdicts.append(answer.rejected(place, status, reason))
        key = str(status)
        self.counts.rejected[key] = self.counts.rejected.get(key, 0) + 1
        self._say(status, reason)

    def _reject_all(self, batch: _Batch, stream: _Stream, status: int, reason: str) -> None:
        for place in stream.places:
            self._reject(batch, place, status, reason)

    def _say(self, status: int, reason: str) -> None:
        """Put a refusal into the log, each status once a minute."""
        now = self._now()
        if now - self._said.get(status, -_SAY_SECONDS) >= _SAY_SECONDS:
            self._said[status] = now
            log.warning("refuses lines with %d: %s", status, reason[:200])

    def _count(self, status: int) -> None:
        self.counts.requests[status] = self.counts.requests.get(status, 0) + 1
