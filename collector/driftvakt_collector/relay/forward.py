"""Hands on what waits: what comes in now first, then what is old, oldest first and throttled."""

import asyncio
import logging
from collections.abc import Callable, Iterable, Sequence
from typing import NamedTuple

from driftvakt_collector.journal import JournalError
from driftvakt_collector.journal.line import Envelope, LineError, decode_envelope
from driftvakt_collector.relay.held import Held
from driftvakt_collector.relay.lane import Lane, Row
from driftvakt_collector.relay.post import Post
from driftvakt_collector.relay.refusals import Refusals
from driftvakt_collector.relay.routes import Routes
from driftvakt_collector.relay.spool import Spool
from driftvakt_collector.relay.standing import CLOSED, Standing
from driftvakt_collector.relay.verdict import FINAL, STRANGER, TAKEN, Verdict
from driftvakt_collector.relay.window import Entry, Window

log = logging.getLogger(__name__)

MAX_LINES = 500
_SPAN_SECONDS = 300.0
"""The longest time between the oldest and the youngest line of a body of backlog: it has one age."""
_IDLE_SECONDS = 1.0
_AGAIN = Verdict(503)


class Counts:
    """What became of lines since the start."""

    def __init__(self) -> None:
        self.forwarded = 0
        self.refused: dict[int, int] = {}
        self.parked = 0
        self.dropped: dict[str, int] = {}

    def drop(self, why: str, count: int = 1) -> None:
        """Count lines that were given up here."""
        self.dropped[why] = self.dropped.get(why, 0) + count


class _Part(NamedTuple):
    """Some lines of a row of the window."""

    window: Window
    lane: Lane
    entry: Entry
    many: int


class Forwarder:
    """Empties the spool. now: monotonic seconds; steady: the clock of the spool."""

    def __init__(
        self,
        spool: Spool,
        standing: Standing,
        post: Post,
        routes: Routes,
        refusals: Refusals,
        *,
        now: Callable[[], float],
        steady: Callable[[], float],
    ) -> None:
        self._spool = spool
        self._standing = standing
        self._post = post
        self._routes = routes
        self._refusals = refusals
        self._now = now
        self._steady = steady
        self._fresh = asyncio.Event()
        self.counts = Counts()
        self.held = Held(spool.held, standing)

    def wake(self) -> None:
        """There is something new."""
        self._fresh.set()

    # --- what comes in now ---

    async def live(self) -> None:
        """Hand on what comes in, for ever."""
        while True:
            now = self._now()
            for window in self._spool.windows.values():
                window.trim(now)
            self._fresh.clear()
            if self._routes.pick("live", now) is None:
                await asyncio.sleep(min(_IDLE_SECONDS, self._routes.wait("live", now)))
            elif not await self.live_once():
                if any(self._spool.windows.values()):
                    await asyncio.sleep(_IDLE_SECONDS)
                else:
                    await self._fresh.wait()

    async def live_once(self) -> bool:
        """Hand on one body of what came in last; say if something was handed on."""
        parts, lines = self._gather()
        if not lines:
            return False
        youngest = max(part.entry.received for part in parts)
        verdicts = None
        try:
            verdicts = await self._deliver("live", lines, self._now() - youngest, backlog=False)
        finally:
            at = 0
            for part in parts:
                entry = part.entry
                entry.busy = False
                if verdicts is not None:
                    told = verdicts[at : at + part.many]
                    kept = [line for line, verdict in zip(entry.lines, told, strict=False) if verdict is _AGAIN]
                    entry.lines[: part.many] = kept
                    if not entry.lines:
                        part.window.remove(entry)
                        part.lane.drop(entry.position)
                at += part.many
        return verdicts is not None and any(verdict is not _AGAIN for verdict in verdicts)

    def _gather(self) -> tuple[list[_Part], list[bytes]]:
        parts: list[_Part] = []
        lines: list[bytes] = []
        size = 0
        for name, window in self._spool.windows.items():
            for entry in window.waiting():
                count = 0
                for line in entry.lines:
                    if len(lines) >= MAX_LINES or (lines and size + len(line) > self._post.size):
                        break
                    lines.append(line)
                    size += len(line) + 1
                    count += 1
                if not count:
                    return parts, lines
                entry.busy = True
                parts.append(_Part(window, self._spool.lanes[name], entry, count))
        return parts, lines

    # --- what is old ---

    async def old(self) -> None:
        """Hand on what is old, for ever, as fast as the upstream allows."""
        while True:
            try:
                done = self._routes.pick("backlog", self._now()) is not None and await self.old_once()
            except JournalError as e:
                log.warning("cannot read what waits: %s", e)
                done = False
            await asyncio.sleep(self._standing.backlog if done else _IDLE_SECONDS)

    async def old_once(self) -> bool:
        """Hand on one body of what is oldest; say if there was any."""
        found = await self._oldest()
        if found is None:
            return False
        lane, rows = found
        for row in rows:
            if row.lines is None:
                self._damaged(row)
                lane.drop(row.position)
        good = [(row, row.lines) for row in rows if row.lines is not None]
        if not good:
            return True
        age = max(0.0, self._steady() - max(row.received for row, _ in good))
        verdicts: list[Verdict] = []
        for body in _bodies([line for _, lines in good for line in lines], self._post.size):
            told = await self._deliver("backlog", body, age, backlog=True)
            if told is None:
                break
            verdicts += told
        at = 0
        for row, lines in good:
            told = verdicts[at : at + len(lines)]
            at += len(lines)
            if len(told) == len(lines) and _AGAIN not in told:
                lane.drop(row.position)
        return bool(verdicts)

    async def _oldest(self) -> tuple[Lane, list[Row]] | None:
        """Return the lane whose head is the oldest, and the rows that make one body."""
        best: tuple[Lane, list[Row]] | None = None
        for name in ("live", "strange", "backlog"):
            lane = self._spool.lanes[name]
            window = self._spool.windows.get(name)
            if not lane.lines or (window is not None and lane.lines <= window.lines):
                continue
            rows = await lane.fetch(0, self._post.size)
            if window is not None:
                rows = [row for row in rows if row.position not in window]
            if rows and (best is None or rows[0].received < best[1][0].received):
                best = lane, _one_body(rows)
        return best

    def _damaged(self, row: Row) -> None:
        self.counts.drop("damaged", row.many)
        self._refusals.add_unknown("relay.damaged", row.many)
        log.error("a row of %d lines on the disk of this relay was damaged; they are lost", row.many)

    # --- what the upstream did not accept ---

    async def parked(self) -> None:
        """Try again what is held, for ever."""
        while True:
            try:
                done = self._routes.pick("held", self._now()) is not None and await self.parked_once()
            except JournalError as e:
                log.warning("cannot read what is held: %s", e)
                done = False
            await asyncio.sleep(self._standing.backlog if done else _IDLE_SECONDS)

    async def parked_once(self) -> bool:
        """Try one row that is due; say if there was one."""
        due = await self.held.due(self._now(), self._steady())
        if due is None:
            return False
        if due.row.lines is None:
            self._damaged(due.row)
            self.held.drop(due)
            return True
        lines = due.row.lines
        if due.expired:
            self._give_up(lines, "held", "not accepted by the upstream for 24 hours")
            self.held.drop(due)
            return True
        verdicts = await self._post.send("held", lines, self._steady() - due.row.received, backlog=True)
        self.held.tried(due.stream, self._now())
        if verdicts is None:
            return False
        stays = False
        for line, verdict in zip(lines, verdicts, strict=True):
            if verdict.status in STRANGER:
                self._standing.refused(due.stream, verdict.status, verdict.reason, self._now())
                stays = True
            else:
                stays = not self._settled(line, due.stream, verdict) or stays
        if not stays:
            self.held.drop(due)
        return True

    # --- one body ---

    async def _deliver(self, lane: str, lines: Sequence[bytes], age: float, *, backlog: bool) -> list[Verdict] | None:
        """Hand on lines; return what became of each, _AGAIN where it must be tried again, None where all must."""
        streams = [_stream_of(line) for line in lines]
        stopped = {stream for stream in set(streams) if not self._standing.may_pass(stream, self._now())}
        free = [at for at, stream in enumerate(streams) if stream not in stopped]
        verdicts = [_AGAIN] * len(lines)
        if free:
            told = await self._post.send(lane, [lines[at] for at in free], age, backlog=backlog)
            if told is None:
                return None
            for at, verdict in zip(free, told, strict=True):
                verdicts[at] = verdict
        parked: dict[str, list[int]] = {}
        for at, (line, stream) in enumerate(zip(lines, streams, strict=True)):
            verdict = verdicts[at]
            if stream in stopped:
                parked.setdefault(stream, []).append(at)
            elif verdict.status in STRANGER:
                parked.setdefault(stream, []).append(at)
                self._standing.refused(stream, verdict.status, verdict.reason, self._now())
            else:
                verdicts[at] = TAKEN if self._settled(line, stream, verdict) else _AGAIN
        await self._park(parked, lines, verdicts)
        return verdicts

    async def _park(self, parked: dict[str, list[int]], lines: Sequence[bytes], verdicts: list[Verdict]) -> None:
        for stream, places in parked.items():
            some = [lines[at] for at in places]
            hold = self._standing.hold(stream, self._now())
            if hold is not None and hold.status == CLOSED:
                self._give_up(some, "closed", hold.reason)
            elif self._spool.held.full or not self.held.room:
                self._give_up(some, "held", "not accepted by the upstream, and no room to keep it here")
            else:
                try:
                    await self.held.add(stream, some, self._now())
                except JournalError as e:
                    log.warning("cannot put lines aside: %s", e)
                    for at in places:
                        verdicts[at] = _AGAIN
                    continue
                self.counts.parked += len(some)
            for at in places:
                verdicts[at] = TAKEN

    def _settled(self, line: bytes, stream: str, verdict: Verdict) -> bool:
        """Take note of what was said of a line; say if it is done with."""
        if verdict.status == TAKEN.status:
            self.counts.forwarded += 1
            self._standing.accepted(stream, self._now())
            return True
        if verdict.status in FINAL:
            self.counts.refused[verdict.status] = self.counts.refused.get(verdict.status, 0) + 1
            if verdict.status == CLOSED:
                self._standing.refused(stream, CLOSED, verdict.reason, self._now())
            self._tell("relay.refused", line, f"{verdict.status} {verdict.reason}")
            return True
        return False

    def _give_up(self, lines: Iterable[bytes], why: str, reason: str) -> None:
        for line in lines:
            self.counts.drop(why)
            self._tell("relay.dropped", line, reason)

    def _tell(self, name: str, line: bytes, reason: str) -> None:
        envelope = _envelope(line)
        if envelope is None:
            self._refusals.add_unknown(name, 1)
        else:
            self._refusals.add(name, envelope.origin, envelope.epoch, envelope.seq, reason)


def _envelope(line: bytes) -> Envelope | None:
    try:
        return decode_envelope(line)
    except LineError:
        return None


def _stream_of(line: bytes) -> str:
    envelope = _envelope(line)
    return "" if envelope is None else f"{envelope.origin} {envelope.gen} {envelope.epoch}"


def _one_body(rows: Sequence[Row]) -> list[Row]:
    """Return the first rows that go into one body: so many lines, so much time between them."""
    taken: list[Row] = []
    count = 0
    for row in rows:
        if taken and (count + row.many > MAX_LINES or row.received - taken[0].received > _SPAN_SECONDS):
            break
        taken.append(row)
        count += row.many
    return taken


def _bodies(lines: Sequence[bytes], limit: int) -> Iterable[list[bytes]]:
    """Give the lines in bodies of a bounded size."""
    body: list[bytes] = []
    size = 0
    for line in lines:
        if body and (len(body) >= MAX_LINES or size + len(line) > limit):
            yield body
            body, size = [], 0
        body.append(line)
        size += len(line) + 1
    if body:
        yield body
