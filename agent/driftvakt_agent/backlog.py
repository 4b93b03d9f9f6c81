"""Lines that wait in memory: the newest in front, bounded, and what had to go is counted and told.

Those that failed to be delivered stand in the spool too; where there is none, or its disk is broken, only here.
"""

from collections import deque

MAX_BYTES = 1 << 20
MAX_BATCH = 200
"""Lines of a live body."""
MAX_BACKLOG_BATCH = 100
MAX_BACKLOG_BYTES = 200_000
MAX_GAPS = 200


class Gap:
    """Numbers of an epoch that will never come, where they are not in the spool. count: how many lines were given up.

    reason: begins with a code word and a colon. kept: whether a part of the spool also says so.
    """

    __slots__ = ("count", "epoch", "first", "kept", "last", "reason")

    def __init__(self, epoch: str, first: int, last: int, count: int, reason: str, *, kept: bool = False) -> None:
        self.epoch = epoch
        self.first = first
        self.last = last
        self.count = count
        self.reason = reason
        self.kept = kept

    def told(self) -> tuple[str, int, int, int, str]:
        """Return what a `gap` record says."""
        return self.epoch, self.first, self.last, self.count, self.reason


class Waiting:
    """One signed line and its number. tells: the gap that it tells of, where it is a `gap` record.

    place: ordinal of the part of the spool that holds it too, 0 for none. old: left over from an earlier turn.
    """

    __slots__ = ("epoch", "line", "old", "place", "seq", "tells")

    def __init__(self, epoch: str, seq: int, line: bytes, tells: Gap | None = None, place: int = 0) -> None:
        self.epoch = epoch
        self.seq = seq
        self.line = line
        self.tells = tells
        self.place = place
        self.old = False


class Backlog:
    """size: bytes of the lines. dropped: lines that were given up. gaps: those that no `gap` record tells of yet."""

    __slots__ = ("_limit", "_lines", "dropped", "gaps", "size")

    def __init__(self, limit: int = MAX_BYTES) -> None:
        self._lines: deque[Waiting] = deque()
        self._limit = limit
        self.size = 0
        self.dropped = 0
        self.gaps: list[Gap] = []

    def is_full(self, more: int) -> bool:
        """Say if a line of so many bytes would push out others."""
        return self.size + more > self._limit

    def add(self, line: Waiting) -> None:
        """Take a line. When there are too many the oldest goes: at first one that the spool has too."""
        self._lines.append(line)
        self.size += len(line.line)
        if self.size > self._limit:
            self.forget()
        while self.size > self._limit and len(self._lines) > 1:
            gone = self._lines.popleft()
            self.size -= len(gone.line)
            self._give_up(gone, "memory: the spool could not be written, and memory was full")

    def live(self) -> list[Waiting]:
        """Return what to send now: the newest first, so that the present is known before the past."""
        newest = [line for line in self._lines if not line.old][-MAX_BATCH:]
        newest.reverse()
        return newest

    def older(self) -> list[Waiting]:
        """Return what was left over and is nowhere else, the oldest first."""
        batch: list[Waiting] = []
        size = 0
        for line in self._lines:
            if line.old and not line.place:
                size += len(line.line)
                if batch and (size > MAX_BACKLOG_BYTES or len(batch) >= MAX_BACKLOG_BATCH):
                    break
                batch.append(line)
        return batch

    def unsaved(self) -> list[Waiting]:
        """Return the lines that only memory holds, the oldest first."""
        return [line for line in self._lines if not line.place]

    def turn(self) -> None:
        """A new report comes: what is still here is the past."""
        self.forget()
        for line in self._lines:
            line.old = True

    def forget(self) -> None:
        """Let go of the lines that the spool holds."""
        self._keep([line for line in self._lines if not line.place])

    def delivered(self, lines: list[Waiting]) -> None:
        """Forget lines that are on disk at the other end."""
        gone = {(line.epoch, line.seq) for line in lines}
        self._keep([line for line in self._lines if (line.epoch, line.seq) not in gone])

    def refused(self, lines: list[Waiting], why: str) -> None:
        """Give up lines that will never be taken."""
        self.delivered(lines)
        for line in sorted(lines, key=_number):
            self._give_up(line, f"refused: {why}")

    def tell(self, gap: Gap) -> None:
        """Have a gap told by the next `gap` record; one that goes on where the last ended is one with it."""
        gaps = self.gaps
        if gaps and (gaps[-1].epoch, gaps[-1].reason, gaps[-1].kept) == (gap.epoch, gap.reason, gap.kept):
            newest = gaps[-1]
            near = newest.first <= gap.last + 1 and gap.first <= newest.last + 1
            # Too many: better a gap that covers what came as well than a memory that fills.
            if near or len(gaps) >= MAX_GAPS:
                newest.first, newest.last = min(newest.first, gap.first), max(newest.last, gap.last)
                newest.count += gap.count
                return
        gaps.append(gap)

    def __len__(self) -> int:
        return len(self._lines)

    def _keep(self, lines: list[Waiting]) -> None:
        self._lines = deque(lines)
        self.size = sum(len(line.line) for line in lines)

    def _give_up(self, line: Waiting, why: str) -> None:
        self.dropped += 1
        # With a `gap` record goes what it would have told: the next one tells it.
        if line.tells is not None:
            self.tell(line.tells)
        self.tell(Gap(line.epoch, line.seq, line.seq, 1, why))


def _number(line: Waiting) -> tuple[str, int]:
    return line.epoch, line.seq
