"""One identity seen twice: which lines prove it, or make it likely. Pure but for what it remembers of suspicions."""

import json
from collections import deque
from datetime import UTC, datetime

from driftvakt_collector.fleet.host import Host
from driftvakt_collector.ingest.carriage import Head
from driftvakt_collector.journal.line import Line, Report
from driftvakt_collector.store.feed import ForkRow

_ENOUGH = 3
_ENOUGH_TURNS = 6
_WITHIN = 3600.0
_SAME_BOOT = 5.0
"""Seconds by which one and the same start of a machine may seem to be at two times."""
_AHEAD = 300.0
"""Seconds by which a clock may be ahead of ours and still be believed."""
_MAX_SUSPECTS = 10_000


class Forks:
    """Looks for clones and for machines that were put back to an earlier state.

    Proof: two lines of one number with different signatures. Likely: three different lines within an hour that were
    sent as the newest of their host, are not, and yet say that they were made after we heard the newest. A retry, a
    copy and a line from before a clock was set say an earlier time.
    """

    def __init__(self) -> None:
        self._suspects: dict[str, deque[tuple[float, str, int]]] = {}

    def proven(self, host: Host, line: Line) -> bool:
        """Say if a line repeats the newest line's number and is not that line."""
        envelope, ledger = line.envelope, host.ledger
        same_number = envelope.seq == ledger.span.high and envelope.epoch == ledger.epoch
        return same_number and bool(host.mac) and host.mac != envelope.mac

    def strange(self, host: Host, line: Line, wall: float) -> bool:
        """Say if a line that was sent as the newest of its host, and is not, was made after we heard the newest."""
        if line.envelope.mac == host.mac:
            return False
        at = getattr(line.record, "at", None)
        if type(at) is not float and type(at) is not int:
            return False
        # A time that lies in the future says nothing: a clock, the host's or ours, was wrong and is set right.
        newest = max((one for one in (host.at, host.heard) if one <= wall + _AHEAD), default=0.0)
        return newest < at <= wall + _AHEAD and getattr(line.record, "subject", None) is None

    def likely(self, host: Host, line: Line, now: float) -> bool:
        """Count a strange line. Return whether it is one too many. now: monotonic."""
        envelope, record = line.envelope, line.record
        if type(record) is not Report:
            return False
        moved = abs((record.at - record.up) - (host.at - host.up))
        if envelope.epoch != host.ledger.epoch and moved < _SAME_BOOT:
            # Two epochs of one start of one machine: its disk comes and goes.
            return False
        if host.origin not in self._suspects and len(self._suspects) >= _MAX_SUSPECTS:
            del self._suspects[next(iter(self._suspects))]
        seen = self._suspects.setdefault(host.origin, deque(maxlen=_ENOUGH_TURNS))
        if all((epoch, seq) != (envelope.epoch, envelope.seq) for _, epoch, seq in seen):
            seen.append((now, envelope.epoch, envelope.seq))
        recent = [epoch for when, epoch, _ in seen if now - when <= _WITHIN]
        # An agent whose disk comes and goes changes its epoch too: turns of two epochs count for half.
        return recent.count(host.ledger.epoch) >= _ENOUGH or len(recent) >= _ENOUGH_TURNS

    def found(self, host: Host, line: Line, head: Head, via: str, wall: float) -> ForkRow:
        """Return what to tell an operator, with both sides."""
        self._suspects.pop(host.origin, None)
        envelope, record = line.envelope, line.record
        at = getattr(record, "at", 0.0)
        known = {
            "address": host.address, "via": host.via, "booted": round(host.at - host.up), "at": host.at,
            "heard": host.heard, "seq": host.ledger.span.high,
        }  # fmt: skip
        other = {
            "address": head.address, "via": via, "booted": round(at - getattr(record, "up", 0.0)), "at": at,
            "heard": wall, "seq": envelope.seq,
        }  # fmt: skip
        when = datetime.fromtimestamp(wall, UTC)
        return ForkRow(host.origin, envelope.epoch, envelope.seq, when, json.dumps(known), json.dumps(other))
