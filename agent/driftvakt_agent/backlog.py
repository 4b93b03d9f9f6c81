"""Lines that wait to be delivered: the newest in front, bounded, and what had to go is counted and said.

Kept in memory: a restarted agent begins a new epoch, so nothing here is ever taken for something else.
"""

from collections import deque

MAX_BYTES = 1 << 20
MAX_BATCH = 200


class Waiting:
    """One signed line and its number."""

    __slots__ = ("line", "seq")

    def __init__(self, seq: int, line: bytes) -> None:
        self.seq = seq
        self.line = line


class Backlog:
    """dropped: lines that were given up since the start. gap: those that no `gap` record tells of yet."""

    __slots__ = ("_bytes", "_limit", "_lines", "dropped", "gap")

    def __init__(self, limit: int = MAX_BYTES) -> None:
        self._lines: deque[Waiting] = deque()
        self._bytes = 0
        self._limit = limit
        self.dropped = 0
        self.gap: tuple[int, int, int] | None = None

    def add(self, seq: int, line: bytes) -> None:
        """Take a line; when there are too many the oldest goes."""
        self._lines.append(Waiting(seq, line))
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
            self._count(line.seq)

    def __len__(self) -> int:
        return len(self._lines)

    def _drop(self, line: Waiting) -> None:
        self._bytes -= len(line.line)
        self._count(line.seq)

    def _count(self, seq: int) -> None:
        self.dropped += 1
        first, last, count = self.gap or (seq, seq, 0)
        self.gap = (min(first, seq), max(last, seq), count + 1)
