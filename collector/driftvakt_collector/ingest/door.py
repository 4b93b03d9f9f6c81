"""From the body of a request to lines on disk, applied, and an answer that says so. Knows nothing of HTTP's wire."""

import logging
import time
from collections import Counter
from collections.abc import Callable, Iterable, Mapping

import msgspec

from driftvakt_collector.config import Zone
from driftvakt_collector.fleet.host import POLLER, Host
from driftvakt_collector.fleet.state import Fleet
from driftvakt_collector.ingest import answer
from driftvakt_collector.ingest.batch import Batch
from driftvakt_collector.ingest.body import BodyError, expand
from driftvakt_collector.ingest.carriage import Carrier, CarrierError, Head, carrier
from driftvakt_collector.ingest.check import QUARANTINED, REFUSED, Check
from driftvakt_collector.ingest.entrance import NOBODY, DoorCounts, Entrance, Reply
from driftvakt_collector.ingest.fork import Forks
from driftvakt_collector.ingest.limits import Load
from driftvakt_collector.intake import Intake
from driftvakt_collector.journal import Journal, JournalError
from driftvakt_collector.journal.line import (
    Envelope,
    Line,
    LineError,
    carried,
    decode_envelope,
)
from driftvakt_collector.rate import Keys, Rate

log = logging.getLogger(__name__)

MAX_LINES = 5000
"""The most lines in a body."""
MAX_WAITING = 64 << 20
"""Bytes handed to the journal and not yet synced, above which the door says 503."""
_SAY_SECONDS = 60.0
_PRESSED_SECONDS = 60.0
"""For how long, after somebody brought too much, bodies are sifted by their first line."""
_SMALL = 1 << 20
_BYTES_A_LINE = 4096
_RUDE = "too much from there was not accepted; keep the lines and come back"
_TOO_MUCH = "more than this host or its site may bring; keep the lines and come back"


class Door:
    """Takes bodies. masters: zone to its master key. zones: their own doors. next_seconds: how often agents report.

    shut: why nothing is taken now, empty while it is.
    """

    def __init__(
        self,
        fleet: Fleet,
        intake: Intake,
        journal: Journal,
        masters: Mapping[str, bytes],
        *,
        zones: Iterable[Zone] = (),
        next_seconds: float = 60.0,
        wall: Callable[[], float] = time.time,
        now: Callable[[], float] = time.monotonic,
    ) -> None:
        self._fleet = fleet
        self._intake = intake
        self._journal = journal
        self._masters = masters
        self._next = next_seconds
        self._wall = wall
        self._now = now
        self._zones = {zone.name: zone for zone in zones}
        private = frozenset(zone.name for zone in self._zones.values() if zone.privacy != "full")
        self._check = Check(fleet, masters, private)
        self._forks = Forks()
        self._strangers = Keys(Rate(20, 2000))
        self._sites = Keys(Rate(20_000, 400_000))
        self._rate = Rate(100, 20_000)
        # One poller speaks for a whole zone's devices, each some kilobytes.
        self._polled = Rate(5000, 200_000)
        self.load = Load({zone.name: zone.share for zone in self._zones.values()})
        self._syncing: dict[tuple[str, str, int], str] = {}
        self._waiting = 0
        self.receiving = 0
        self.shut = ""
        self._refused = 0
        self._said = 0.0
        self._pressed_until = 0.0
        self.counts = DoorCounts()
        self.anywhere = Entrance(self)

    def entrance(self, zone: str) -> Entrance:
        """Return a zone's own way in."""
        told = self._zones.get(zone)
        return Entrance(self, zone, told.share if told is not None else 1.0)

    def take(
        self, body: bytes, encoding: bytes, reply: Reply, head: Head = NOBODY, entrance: Entrance | None = None
    ) -> None:
        """Check a whole body and hand it to the journal; `reply` is told once it is on disk and applied.

        encoding: the Content-Encoding header. 200: every line is on disk; 207: some are; 4xx: none, and why.
        """
        began = self._now()
        entrance = entrance or self.anywhere
        try:
            who, lines, size = self._open(body, encoding, head, entrance, began)
        except BodyError as e:
            self.refuse(e.status, e.reason, reply)
            return
        batch = Batch(size, reply, entrance, head, who)
        try:
            self._sort(batch, lines)
            wait = self._over(batch, began)
        except BaseException:
            self._unmark(batch)
            raise
        if wait > 0:
            self._unmark(batch)
            self._pressed_until = began + _PRESSED_SECONDS
            self.refuse(429, _TOO_MUCH, reply)
        elif not (batch.taken or batch.doubles):
            self._answer(batch)
        else:
            self._waiting += size
            entrance.waiting += size
            block = [line.raw for _, line in batch.taken]
            if who is not None and block:
                block.insert(0, carried(who.relay.origin, who.age, len(block)))
            # A duplicate may still be on its way to the disk in another request: it waits for a sync like the rest.
            self._journal.append(block, lambda end, error: self._kept(batch, end, error))
        self.load.spent(entrance.zone or "", self._now() - began, began)

    def _open(
        self, body: bytes, encoding: bytes, head: Head, entrance: Entrance, now: float
    ) -> tuple[Carrier | None, list[bytes], int]:
        """Return who brought a body, its lines and how many bytes they are. Raises BodyError."""
        if self.shut:
            raise BodyError(503, "the collector can't keep more now; keep the lines and come back")
        if self.load.refuses(entrance.zone or "", now, backlog=head.backlog):
            raise BodyError(429, "more is coming in than we can take; keep the lines and come back")
        rude = self._strangers.waits(head.address, now) > 0
        if rude and len(body) > _SMALL:
            raise BodyError(429, _RUDE)
        try:
            who = self._carrier(head, body, entrance)
            plain = expand(body, encoding)
        except CarrierError as e:
            self._say_refusal(LineError(401, REFUSED, str(e)))
            self._strangers.charge(head.address, now, 1)
            raise BodyError(401, REFUSED) from e
        except BodyError:
            self._strangers.charge(head.address, now, 1)
            raise
        size = len(plain)
        self.counts.bytes += size
        lines = plain.split(b"\n", MAX_LINES)
        if not lines[-1]:
            lines.pop()
        if not lines or len(lines) > MAX_LINES:
            raise BodyError(413 if lines else 400, f"a body has 1 to {MAX_LINES} lines")
        if self._waiting + size > MAX_WAITING or entrance.waiting + size > MAX_WAITING * entrance.share:
            raise BodyError(429, "the disk is behind; keep the lines and come back")
        if who is None and (rude or now < self._pressed_until):
            self._sift(lines[0], head, entrance, now, rude=rude)
        return who, lines, size

    def _sift(self, first: bytes, head: Head, entrance: Entrance, now: float, *, rude: bool) -> None:
        """Look at the first line alone, before the work that a whole body is. Raises BodyError.

        rude: whether too much rubbish came from that address. Others may be behind it, so one who signs is let in.
        """
        try:
            envelope = decode_envelope(first)
            if rude:
                self._check.look(first, entrance.zone, None)
        except LineError as e:
            self._strangers.charge(head.address, now, 1)
            raise BodyError(429 if rude else e.status, _RUDE if rude else e.reason) from e
        host = self._fleet.hosts.get(envelope.origin)
        if host is not None and self._rate.take(host.until, now, 1)[1] > 0:
            raise BodyError(429, _TOO_MUCH)

    def refuse(self, status: int, reason: str, reply: Reply) -> None:
        """Answer a request of which no line was looked at."""
        self._count(status)
        reply(status, msgspec.json.encode({"error": reason}))

    def _carrier(self, head: Head, body: bytes, entrance: Entrance) -> Carrier | None:
        """Return the relay that brought the body, None where nobody says that there is one. Raises CarrierError."""
        if not head.via:
            return None
        found = carrier(head.via, body, self._fleet.hosts, self._masters)
        if entrance.zone is not None and found.relay.zone != entrance.zone:
            raise CarrierError(f"relay {found.relay.origin} of zone {found.relay.zone} came to zone {entrance.zone}")
        return found

    def _over(self, batch: Batch, now: float) -> float:
        """Return the seconds that a sender must wait because it, or its site, brings too much; 0 when it need not."""
        count = len(batch.taken) + len(batch.doubles)
        refused = len(batch.verdicts) - len(batch.doubles)
        if refused and batch.carrier is None:
            self._strangers.charge(batch.head.address, now, refused)
        if not count:
            return 0.0
        # A line of ordinary length counts for one, a long one for more: the disk knows bytes.
        count = max(count, batch.size // _BYTES_A_LINE)
        host = batch.carrier.relay if batch.carrier is not None else next(iter(batch.hosts.values()))
        if batch.carrier is None:
            wait = self._over_each(batch, count, now)
            if wait > 0:
                return wait
        return self._sites.take(f"{host.zone}\n{host.site}", now, count)

    def _over_each(self, batch: Batch, count: int, now: float) -> float:
        """Charge each host for its own lines; return the seconds to wait for the first that brings too much."""
        if len(batch.hosts) == len(batch.taken) + len(batch.doubles) > 1:
            return 0.0
        if len(batch.hosts) == 1:
            share = {next(iter(batch.hosts)): count}
        else:
            share = dict(Counter([key[0] for key in batch.keys]))
            for _, envelope in batch.doubles:
                share[envelope.origin] = share.get(envelope.origin, 0) + 1
        for origin, lines in share.items():
            # A line each of many hosts is nobody's flood, and looking at each would cost the honest.
            if lines > 2 or len(share) == 1:
                host = batch.hosts[origin]
                rate = self._polled if host.class_ == POLLER else self._rate
                host.until, wait = rate.take(host.until, now, lines)
                if wait > 0:
                    return wait
        return 0.0

    def _sort(self, batch: Batch, lines: Iterable[bytes]) -> None:
        """Put each line among the taken, the duplicates or the refused."""
        look, zone, syncing = self._check.look, batch.entrance.zone, self._syncing
        relay = None if batch.carrier is None else batch.carrier.relay
        for place, raw in enumerate(lines):
            try:
                host, line = look(raw, zone, relay)
                envelope, ledger = line.envelope, host.ledger
                origin, epoch, seq = envelope.origin, envelope.epoch, envelope.seq
                mark = (origin, epoch, seq)
                same = syncing.get(mark)
                seen = False
                if same is not None or seq <= ledger.span.high or epoch != ledger.epoch:
                    # Not simply the next of its host.
                    seen = ledger.has(epoch, seq)
                    same = None if seen else same
                    self._look_twice(batch, host, line, same)
            except LineError as e:
                self._refused_line(batch, place, e)
                continue
            batch.hosts[origin] = host
            if (subject := getattr(line.record, "subject", None)) is not None:
                batch.subjects.add(subject)
            if seen or same is not None:
                batch.doubles.append((host, envelope))
                batch.verdicts.append(answer.duplicate(place))
            else:
                batch.keys.append(mark)
                syncing[mark] = envelope.mac
                batch.taken.append((host, line))

    def _refused_line(self, batch: Batch, place: int, error: LineError) -> None:
        batch.verdicts.append(answer.rejected(place, error.status, error.reason))
        key = str(error.status)
        self.counts.rejected[key] = self.counts.rejected.get(key, 0) + 1
        self._say_refusal(error)

    def _look_twice(self, batch: Batch, host: Host, line: Line, same: str | None) -> None:
        """Look at a line that is not the next of its host. Raises LineError when its identity was seen twice.

        same: the signature of the line of that number that is on its way to the disk.
        """
        envelope, forks = line.envelope, self._forks
        if same is not None:
            # On its way to the disk: what is known of the host is not of now, so only the signature tells.
            forked, strange = same != envelope.mac, False
        else:
            forked = forks.proven(host, line)
            live = host.ledger.knows(envelope.epoch) and not batch.head.backlog
            strange = live and forks.strange(host, line, self._wall())
        if forked or (strange and forks.likely(host, line, self._now())):
            self._quarantine(batch, host, line)
        if strange and host.ledger.has(envelope.epoch, envelope.seq):
            # It may be another line than the one that we have, and must not be called the same.
            raise LineError(429, "a line of this number is known, and this may be another; keep it and come back")

    def _quarantine(self, batch: Batch, host: Host, line: Line) -> None:
        """Take no more lines of a host, and remember both sides for an operator. Raises LineError."""
        via = batch.carrier.relay.origin if batch.carrier is not None else ""
        self._intake.batch.forks.append(self._forks.found(host, line, batch.head, via, self._wall()))
        self._fleet.distrust(host)
        log.error(
            "%s (%s) is quarantined: one identity was seen twice; driftvakt host show %s", host.origin, host.name,
            host.origin,
        )  # fmt: skip
        raise LineError(403, QUARANTINED)

    def _say_refusal(self, error: LineError) -> None:
        """Put a line into the log, once a minute: whoever wonders why a host is silent looks there."""
        self._refused += 1
        if self._wall() - self._said >= _SAY_SECONDS:
            self._said = self._wall()
            log.warning("refused %d lines since the last such message, the newest with %d: %s",
                        self._refused, error.status, error.for_us or error.reason[:200])  # fmt: skip
            self._refused = 0

    def _kept(self, batch: Batch, position: int, error: JournalError | None) -> None:
        """Apply what is on disk now, and answer; or say that it is not."""
        began = self._now()
        entrance, who = batch.entrance, batch.carrier
        self._waiting -= batch.size
        entrance.waiting -= batch.size
        self._unmark(batch)
        if error is None:
            if who is None:
                self._intake.apply(batch.taken, position, address=batch.head.address)
            else:
                via, age = who.relay.origin, who.age
                self._intake.apply(batch.taken, position, via=via, age=age, address=batch.head.address)
            error = _unsettled(batch.doubles)
        if error is not None:
            self.refuse(503, str(error), batch.reply)
            return
        self._answer(batch)
        self.load.spent(entrance.zone or "", self._now() - began, began)

    def _unmark(self, batch: Batch) -> None:
        for mark in batch.keys:
            del self._syncing[mark]

    def _answer(self, batch: Batch) -> None:
        counts, doubles = self.counts, len(batch.doubles)
        counts.accepted += len(batch.taken)
        counts.duplicate += doubles
        want = {origin: host.wants() for origin, host in batch.hosts.items() if host.waiting or host.want}
        for origin in batch.subjects:
            device = self._fleet.hosts.get(origin)
            if device is not None and (device.waiting or device.want):
                want[origin] = device.wants()
        refused = len(batch.verdicts) - doubles
        told = answer.Answer(
            len(batch.taken), doubles, refused, self._wall(), self._next, batch.verdicts, want, self.load.pace()
        )
        status = answer.status_of(told)
        self._count(status)
        batch.reply(status, answer.encode(told))

    def _count(self, status: int) -> None:
        self.counts.requests[status] = self.counts.requests.get(status, 0) + 1


def _unsettled(doubles: list[tuple[Host, Envelope]]) -> JournalError | None:
    """Return an error when the line that a duplicate repeats did not reach the disk after all."""
    for host, envelope in doubles:
        if not host.ledger.has(envelope.epoch, envelope.seq):
            return JournalError("the first copy of a line could not be written; send it again")
    return None
