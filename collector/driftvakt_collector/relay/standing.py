"""What the upstream thinks of those whose lines come through here.

A stream is one origin with one generation and one epoch. An epoch is made by chance where the lines are made, so that
nobody who only knows a host's name can use its good standing, or lose it for the host.
"""

import os
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

MAX_KNOWN = 20_000
MAX_HELD = 5_000
MAX_WANT = 5_000
GRACE_SECONDS = 120.0
"""After a line of a stream was taken, one that is not says nothing of the stream: somebody may have altered it."""
PROBE_SECONDS = 60.0
"""How long at least lies between two tries, however often its host asks."""
CLOSED_SECONDS = 24 * 3600.0
CLOSED = 409
BACKLOG_SECONDS = 2.0
"""Between two bodies of backlog, when the upstream says nothing of it."""


class Hold:
    """Why a stream is not taken now. status: as the upstream gave it. tried: when one line of it was tried last.

    probe: whether the next of its lines may go upstream.
    """

    __slots__ = ("probe", "reason", "since", "status", "tried")

    def __init__(self, status: int, reason: str, now: float) -> None:
        self.status = status
        self.reason = reason
        self.since = self.tried = now
        self.probe = False


class Standing:
    """Streams by what is known of them; every map is bounded. Times are monotonic seconds.

    known: streams of which the upstream took a line, and when last. held: those whose lines it does not take. want:
    origin to the parts that it asked for. next, backlog: the seconds between reports, and between bodies of backlog,
    that it asked for last.
    """

    def __init__(self, next_seconds: float = 60.0) -> None:
        self.next = next_seconds
        self.backlog = BACKLOG_SECONDS
        self.known: dict[str, float] = {}
        self._origins: dict[str, int] = {}
        self.held: dict[str, Hold] = {}
        self.want: dict[str, Sequence[str]] = {}
        self.changed = False

    def accepted(self, stream: str, now: float) -> None:
        """The upstream took a line of it."""
        if stream not in self.known:
            self.changed = True
        self._add(stream, now)
        self.held.pop(stream, None)

    def learn(self, streams: Iterable[str]) -> None:
        """Take the streams that were known before a start: known, and when they were heard of last is not."""
        for stream in streams:
            self._add(stream, -GRACE_SECONDS)

    def knows(self, origin: str) -> bool:
        """Say if the upstream took a line of this origin, in any generation and epoch."""
        return origin in self._origins

    def refused(self, stream: str, status: int, reason: str, now: float) -> None:
        """The upstream did not take a line of it: hold it, unless it took others only now."""
        if status != CLOSED and now - self.known.get(stream, -GRACE_SECONDS) < GRACE_SECONDS:
            return
        hold = self.held.get(stream)
        if hold is None:
            _room(self.held, MAX_HELD)
            self.held[stream] = Hold(status, reason, now)
        else:
            hold.status, hold.reason, hold.tried = status, reason, now
        if stream in self.known:
            self._forget(stream)
            self.changed = True

    def hold(self, stream: str, now: float) -> Hold | None:
        """Return why a stream is held, None when it is not."""
        hold = self.held.get(stream)
        if hold is not None and hold.status == CLOSED and now - hold.since > CLOSED_SECONDS:
            del self.held[stream]
            return None
        return hold

    def ask(self, stream: str, now: float) -> bool:
        """Its host is here again. Say if this line may be tried, as one a minute may."""
        hold = self.held[stream]
        if hold.status == CLOSED or now - hold.tried < PROBE_SECONDS:
            return False
        hold.tried = now
        hold.probe = True
        return True

    def may_pass(self, stream: str, now: float) -> bool:
        """Say if lines of a stream go upstream now: not those of a held one, but for what is tried."""
        hold = self.hold(stream, now)
        if hold is None:
            return True
        probe, hold.probe = hold.probe, False
        return probe

    def asked(self, told: Mapping[str, Sequence[str]]) -> None:
        """Remember what the upstream asked these origins for."""
        for origin, marks in told.items():
            self.want.pop(origin, None)
            _room(self.want, MAX_WANT)
            self.want[origin] = marks

    def heed(self, next_seconds: float, backlog: float) -> None:
        """Remember the pace that the upstream asked for; 0 where it said nothing."""
        self.next = next_seconds or self.next
        self.backlog = backlog or BACKLOG_SECONDS

    def _add(self, stream: str, now: float) -> None:
        if stream not in self.known:
            while len(self.known) >= MAX_KNOWN:
                self._forget(next(iter(self.known)))
            origin = stream.partition(" ")[0]
            self._origins[origin] = self._origins.get(origin, 0) + 1
        self.known[stream] = now

    def _forget(self, stream: str) -> None:
        del self.known[stream]
        origin = stream.partition(" ")[0]
        self._origins[origin] -= 1
        if not self._origins[origin]:
            del self._origins[origin]


def _room(places: dict[str, Any], limit: int) -> None:
    """Make room for one more: the oldest goes."""
    while len(places) >= limit:
        del places[next(iter(places))]


def load(path: Path) -> list[str]:
    """Return the streams of a file; an unreadable one knows nobody, and they are learned again."""
    try:
        lines = path.read_text("ascii").split("\n")
    except (OSError, UnicodeDecodeError):
        return []
    return [line for line in lines if line.count(" ") == 2 and len(line) < 200][-MAX_KNOWN:]


def save(path: Path, streams: Iterable[str]) -> None:
    """Write the streams down, at once or not at all."""
    other = path.with_suffix(".new")
    with other.open("w", encoding="ascii") as file:
        file.write("\n".join(streams))
        file.flush()
        os.fsync(file.fileno())
    other.replace(path)
