"""Lines that wait to be delivered: the newest in front, bounded, and what had to go is counted and said.

Kept in memory: a restarted agent begins a new epoch, so nothing here is ever taken for something else.
"""

from collections import deque

MAX_BYTES = 1 << 20
MAX_BATCH = 200


Gap = tuple[int, int, int]
"""First and last number of lines that were given up, and how many they are."""


class Waiting:
    """One signed line and its number. tells: the gap that it tells of, where it is a `gap` record."""

    __slots__ = ("line", "seq", "tells")

    def __init__(self, seq: int, line: bytes, tells: Gap | None = None) -> None:
        self.seq = seq
        self.line = line
        self.tells = tells


class Backlog:
    """dropped: lines that were given up since the start. gap: those that no `gap` record tells of yet."""

    __slots__ = ("_bytes", "_limit", "_lines", "dropped", "gap")

    def __init__(self, limit: int = MAX_BYTES) -> None:
        self._lines: deque[Waiting] = deque()
        self._bytes = 0
        self._limit = limit
        self.dropped = 0
        self.gap: Gap | None = None

    def add(self, seq: int, line: bytes, tells: Gap | None = None) -> None:
        """Take a line; when there are too many the oldest goes."""
        self._lines.append(Waiting(seq, line, tells))
        self._bytes += len(line)
        while self._bytes > self._limit and len(self._lines) > 1:
            self._drop(self._lines.popleft())

    def batch(self) -> list[Waiting]:
        """Return what to send now: the newest first, so that the present is known before the past."""
        newest = list(self._lines)[-MAX_BATCH:]
        newest.reverse()
        return newest

    def delivered(self, lines: list[Waiting]) -> None:
        """Forget lines that are on disk at the other end."""
        gone = {line.seq for line in lines}
        self._lines = deque(line for line in self._lines if line.seq not in gone)
        self._bytes = sum(len(line.line) for line in self._lines)

    def refused(self, lines: list[Waiting]) -> None:
        """Give up lines that will never be taken."""
        self.delivered(lines)
        for line in lines:
            self._count(line)

    def __len__(self) -> int:
        return len(self._lines)

    def _drop(self, line: Waiting) -> None:
        self._bytes -= len(line.line)
        self._count(line)

    def _count(self, line: Waiting) -> None:
        self.dropped += 1
        # With a `gap` record goes what it would have told: the next one tells it.
        for first, last, count in ((line.seq, line.seq, 1), *([line.tells] if line.tells else [])):
            known = self.gap or (first, last, 0)
            self.gap = (min(known[0], first), max(known[1], last), known[2] + count)
