"""THE ONE DOOR: every line that is on disk comes through here once, live or replayed, and reaches everything below."""

import logging
from collections.abc import Callable, Iterable
from typing import NamedTuple

from driftvakt_collector.fleet import gaps
from driftvakt_collector.fleet.gaps import cause_of, given_up
from driftvakt_collector.fleet.host import RELAY, Host, Verdict
from driftvakt_collector.fleet.series import SetError
from driftvakt_collector.fleet.state import Fleet
from driftvakt_collector.journal import Journal
from driftvakt_collector.journal.line import (
    Envelope,
    Event,
    Gap,
    Goodbye,
    Line,
    LineError,
    Report,
    Section,
    Series,
    Unknown,
    carriage,
    decode,
)
from driftvakt_collector.store.feed import Batch, EventRow
from driftvakt_collector.store.inventory import SectionRow
from driftvakt_wire.envelope import digest
from driftvakt_wire.records import MAX_TEXT
from driftvakt_wire.sections import SECTIONS

log = logging.getLogger(__name__)

MAX_EVERY = 3600.0
MAX_GUEST_EVERY = 7 * 86_400.0
"""The longest time between two reports, and for an agent of another kind, which brings its inventory once in a day."""
MIN_EVERY = 1.0
MAX_EVENTS = 1000
MAX_RELAY_EVENTS = 20_000
"""Events of one host, and of a relay, that the store keeps of an hour: one that goes wild must not fill the disk."""
_AHEAD = 300.0
"""Seconds by which a host's clock may be ahead of ours and still be believed."""
_LOST = frozenset({"relay.refused", "relay.dropped", "relay.damaged"})
"""What a relay's event is called that tells of lines which it will not hand on."""


class Counts:
    """What passed the door since the start, for /metrics."""

    __slots__ = ("ignored", "kinds", "replayed", "reports", "samples")

    def __init__(self) -> None:
        self.kinds: dict[str, int] = {}
        self.ignored: dict[str, int] = {}
        self.reports = 0
        self.samples = 0
        self.replayed = 0


class Replay(NamedTuple):
    """What a start found in the journal. last: when its newest chunk was written, seconds since the epoch."""

    chunks: int
    lines: int
    unreadable: int
    last: float


class Intake:
    """Applies lines to the fleet, and collects for the store what it must keep.

    now: monotonic clock; wall: seconds since the epoch. position: the journal chunk that was applied last.
    heard: told of each host whose newest values came, with when, seconds since the epoch; not of what is replayed.
    """

    def __init__(self, fleet: Fleet, now: Callable[[], float], wall: Callable[[], float]) -> None:
        self.fleet = fleet
        self.counts = Counts()
        self.batch = Batch()
        self.position = 0
        self.heard: Callable[[Host, float], None] | None = None
        self._now = now
        self._wall = wall
        self._for_store = True
        self._for_fleet = True
        self._via = self._address = ""
        self._events: dict[str, int] = {}
        self._hour = 0

    def apply(
        self, lines: Iterable[tuple[Host, Line]], position: int, *, via: str = "", age: float = 0.0, address: str = ""
    ) -> None:
        """Apply lines that were just synced as part of the chunk `position`.

        via, age: the relay that brought them, and how many seconds it had kept them. address: who sent them.
        """
        now, wall = self._now(), self._wall()
        self._via, self._address = via, address
        if via:
            self.fleet.late(via, age, wall)
            now, wall = now - age, wall - age
        for host, line in lines:
            self._guarded(host, line, now, wall)
        self.position = max(self.position, position)

    def replay(self, journal: Journal, fleet_from: int, store_from: int) -> Replay:
        """Apply what the journal holds past the positions that the fleet and the store had reached."""
        chunks = lines = unreadable = 0
        last = 0.0
        offset = self._now() - self._wall()
        for chunk in journal.read(min(fleet_from, store_from)):
            chunks += 1
            self._for_fleet = chunk.position > fleet_from
            self._for_store = chunk.position > store_from
            carried, age, last = 0, 0.0, chunk.received
            for raw in chunk.lines:
                mark = carriage(raw)
                if mark is not None:
                    self._via, age, carried = mark
                    self.fleet.late(self._via, age, chunk.received)
                    continue
                lines += 1
                if carried == 0:
                    self._via, age = "", 0.0
                carried -= 1
                try:
                    line = decode(raw)
                except LineError:
                    unreadable += 1
                    continue
                host = self.fleet.hosts.get(line.envelope.origin)
                if host is not None:
                    self._guarded(host, line, max(0.0, chunk.received - age + offset), chunk.received - age)
            self.position = chunk.position
        self._for_fleet = self._for_store = True
        self.position = max(self.position, journal.end())
        self.counts.replayed = lines
        return Replay(chunks, lines, unreadable, last)

    def take_batch(self) -> tuple[Batch, int]:
        """Hand over what the store should write, and the position that it then has reached."""
        batch, self.batch = self.batch, Batch()
        return batch, self.position

    def _guarded(self, host: Host, line: Line, now: float, wall: float) -> None:
        """Apply a line; one that we cannot apply must not stop the others, nor the next start."""
        try:
            self._apply(host, line, now, wall)
        except Exception:
            log.exception("cannot apply line %s %d of %s", line.envelope.epoch, line.envelope.seq, host.origin)
            self._ignore("fault")

    def _apply(self, host: Host, line: Line, now: float, wall: float) -> None:
        envelope, record = line.envelope, line.record
        ledger = host.ledger
        if self._for_fleet and envelope.epoch == ledger.epoch and ledger.follows(envelope.seq):
            fresh = newest = True
        else:
            fresh = self._for_fleet and not ledger.has(envelope.epoch, envelope.seq)
            newest = fresh and self._add(host, envelope, record, now, wall)
        if newest:
            host.mac, host.heard = envelope.mac, wall
        if type(record) is Report:
            counts = self.counts
            counts.reports += 1
            other = fresh and not newest and envelope.epoch != ledger.epoch
            if other and self._lives(host, envelope, record, now, wall):
                # The backlog of an epoch that we had never heard of passed for the newest; this is the one that lives.
                ledger.promote(envelope.epoch)
                newest = True
                host.mac, host.heard = envelope.mac, wall
            if record.subject is not None:
                self._reported_on(host, record, now, wall, fresh=fresh)
            elif not newest:
                self._ignore("late" if fresh else "seen")
            else:
                counts.samples += len(record.values)
                host.via = self._via
                # The journal does not say who brought a line; the snapshot did.
                host.address = self._address or host.address
                self._report(host, record, now, wall)
            return
        kind = type(record).__name__.lower()
        self.counts.kinds[kind] = self.counts.kinds.get(kind, 0) + 1
        self._rare(host, line, wall, fresh=fresh, newest=newest)

    def _reported_on(self, keeper: Host, report: Report, now: float, wall: float, *, fresh: bool) -> None:
        """Take what a poller says of a device. What waited with it is older than what is known, and is no state."""
        device = kept_by(self.fleet, keeper, report.subject)
        if device is None:
            self._ignore("subject")
        elif not fresh or report.at <= device.at:
            self._ignore("late" if fresh else "seen")
        else:
            self.counts.samples += len(report.values)
            device.via = self._via
            self._report(device, report, now, wall)

    def _report(self, host: Host, report: Report, now: float, wall: float) -> None:
        self.fleet.report(host, report, now, wall)
        if self.heard is not None and host.waiting is None:
            self.heard(host, wall)

    def _add(self, host: Host, envelope: Envelope, record: object, now: float, wall: float) -> bool:
        """Remember a line that is not simply the next; return whether it is the newest of its host."""
        ledger = host.ledger
        if envelope.epoch == ledger.epoch:
            return ledger.add(envelope.epoch, envelope.seq, after=host.heard, now=wall)
        takes_over = ledger.knows(envelope.epoch) or self._takes_over(host, record, now)
        return ledger.add(envelope.epoch, envelope.seq, takes_over=takes_over, after=host.heard, now=wall)

    def _lives(self, host: Host, envelope: Envelope, report: Report, now: float, wall: float) -> bool:
        """Say if the newest line of an older epoch shows that the epoch goes on after all.

        What comes from the future shows nothing: a clock that ran ahead would shut out the one that is right.
        """
        if not host.ledger.leads(envelope.epoch, envelope.seq) or report.at > wall + _AHEAD:
            return False
        return report.at > min(host.at, host.received_wall) or self.fleet.verdict(host, now) is not Verdict.OK

    def _takes_over(self, host: Host, record: object, now: float) -> bool:
        """Say if a line of an unknown epoch means that the agent began anew, and is not an old one that came late.

        It is newer than the newest report, or that host has been quiet, so that a wrong clock does not shut it out.
        """
        if host.received is None or self.fleet.verdict(host, now) is not Verdict.OK:
            return True
        at = getattr(record, "at", None)
        return isinstance(at, float | int) and at >= min(host.at, host.received_wall)

    def _rare(self, host: Host, line: Line, wall: float, *, fresh: bool, newest: bool) -> None:
        match line.record:
            case Series(digest=mark, set=part):
                self._series(host, mark, bytes(part), wall)
            case Section(subject=subject) as section:
                about = host if subject is None else kept_by(self.fleet, host, subject)
                self._section(about, section, wall, fresh=fresh)
            case Event(at=at, name=name, text=text, subject=subject):
                if subject is not None and self._for_fleet:
                    self._lost_at_a_relay(host, subject, name, text)
                self._event(kept_by(self.fleet, host, subject) or host, line, "event", at, wall, name, text)
            case Gap(at=at, epoch=epoch, first=first, last=last, count=count, reason=reason):
                if self._for_fleet:
                    over = line.envelope.epoch != epoch
                    host.ledger.explain(epoch, first, last, cause_of(reason), over=over)
                text = f"{count} of {first} to {last} in epoch {epoch}: {reason}"
                self._event(host, line, "gap", at, wall, "spool.gap", text)
            case Goodbye(at=at, reason=reason):
                if newest:
                    host.off = True
                    host.version += 1
                self._event(host, line, "goodbye", at, wall, "agent.goodbye", reason)
            case Unknown(kind=kind):
                body = line.envelope.record.decode("utf-8", "replace")
                self._event(host, line, kind, wall, wall, "unknown", body[:MAX_TEXT])

    def _lost_at_a_relay(self, relay: Host, origin: str, name: str, text: str) -> None:
        """A relay says that it gave up lines of another host, which are then no riddle."""
        lost = given_up(text) if relay.class_ == RELAY and name in _LOST else None
        host = self.fleet.hosts.get(origin)
        if lost is not None and host is not None and host.zone == relay.zone:
            host.ledger.explain(*lost, gaps.RELAY)

    def _section(self, host: Host | None, section: Section, wall: float, *, fresh: bool) -> None:
        body = bytes(section.body)
        if host is None:
            self._ignore("subject")
            return
        if digest(body) != section.digest:
            self._ignore("digest")
            return
        if section.name not in SECTIONS:
            if fresh:
                self.fleet.section(host, section.name, section.digest, body)
            if self._for_store:
                self.batch.parts[host.origin, section.name] = (section.digest, body)
            return
        # What waited tells how the machine was, and would look like a change back to that. So what was asked for is
        # taken; and all of it where the fleet is known already and only the store is behind.
        if self._for_fleet and (not fresh or (host.want or {}).get(section.name) != section.digest):
            self._ignore("late section" if fresh else "seen")
            return
        if self._for_fleet:
            self.fleet.section(host, section.name, section.digest, body)
        if self._for_store:
            self.batch.sections.append(SectionRow(host.origin, section.name, section.digest, body, wall))

    def _series(self, host: Host, name: str, body: bytes, wall: float) -> None:
        try:
            if self._for_fleet:
                self.fleet.bind(host, name, body, wall)
        except SetError:
            self._ignore("series set")
            return
        if self._for_store and digest(body) == name:
            self.batch.sets[name] = body

    def _event(self, host: Host, line: Line, kind: str, at: float, wall: float, name: str, text: str) -> None:
        if self._for_store and self._has_too_many(host):
            self._ignore("too many events")
        elif self._for_store:
            envelope = line.envelope
            row = EventRow(
                host.origin, envelope.epoch, envelope.seq, _clean(kind), at, wall, _clean(name), _clean(text)
            )
            self.batch.events.append(row)

    def _has_too_many(self, host: Host) -> bool:
        """Count an event; say if its host brought more within this hour than the store shall keep."""
        hour = int(self._wall() // 3600)
        if hour != self._hour:
            self._hour, self._events = hour, {}
        count = self._events[host.origin] = self._events.get(host.origin, 0) + 1
        return count > (MAX_RELAY_EVENTS if host.class_ == RELAY else MAX_EVENTS)

    def _ignore(self, why: str) -> None:
        self.counts.ignored[why] = self.counts.ignored.get(why, 0) + 1


def kept_by(fleet: Fleet, keeper: Host, subject: str | None) -> Host | None:
    """Return the device that a poller or relay may speak of, None for what is not its."""
    device = fleet.hosts.get(subject or "")
    if device is None or device.keeper != keeper.origin or device.zone != keeper.zone or not device.trusted:
        return None
    return device


def _clean(text: str) -> str:
    """Return the text without NUL, which PostgreSQL can't hold."""
    return text.replace("\0", "\ufffd")
