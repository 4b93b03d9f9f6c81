"""Which lines of an origin were seen: the idempotency key (origin, epoch, seq), kept as ranges.

An agent numbers its lines from 1 in each epoch, and an epoch begins with each spool. Live lines come first and the
backlog later, so a hole is normal for a while; what fills it is new, what falls outside it is a duplicate.
"""

from collections.abc import Iterable

MAX_HOLES = 256
MAX_EPOCHS = 16


class Span:
    """One epoch: the highest number seen, and the ranges below it that were not."""

    __slots__ = ("high", "holes")

    def __init__(self, high: int = 0, holes: Iterable[tuple[int, int]] = ()) -> None:
        self.high = high
        self.holes = list(holes)

    def has(self, seq: int) -> bool:
        """Say if the number was seen."""
        if seq > self.high:
            return False
        return not any(first <= seq <= last for first, last in self.holes)

    def add(self, seq: int) -> None:
        """Remember a number that `has` denied."""
        if seq == self.high + 1:
            self.high = seq
        elif seq > self.high:
            self.holes.append((self.high + 1, seq - 1))
            self.high = seq
            if len(self.holes) > MAX_HOLES:
                # The two oldest become one, over what was seen between them: better twice in the journal than lost.
                (first, _), (_, last) = self.holes[:2]
                self.holes[:2] = [(first, last)]
        else:
            self._fill(seq)

    def missing(self) -> int:
        """Return how many numbers below the highest were not seen."""
        return sum(last - first + 1 for first, last in self.holes)

    def _fill(self, seq: int) -> None:
        for index, (first, last) in enumerate(self.holes):
            if first <= seq <= last:
                rest = [(first, seq - 1), (seq + 1, last)]
                self.holes[index : index + 1] = [(low, high) for low, high in rest if low <= high]
                return


class Ledger:
    """The epochs of one origin, newest last. Most origins have one, so it is kept apart from the older ones."""

    __slots__ = ("epoch", "older", "span")

    def __init__(self) -> None:
        self.epoch = ""
        self.span = Span()
        self.older: dict[str, Span] | None = None

    def has(self, epoch: str, seq: int) -> bool:
        """Say if this line was seen before."""
        if epoch == self.epoch:
            return seq <= self.span.high and self.span.has(seq)
        span = self.older.get(epoch) if self.older is not None else None
        return span is not None and span.has(seq)

    def knows(self, epoch: str) -> bool:
        """Say if a line of this epoch was seen before."""
        return epoch == self.epoch or (self.older is not None and epoch in self.older)

    def add(self, epoch: str, seq: int, *, takes_over: bool = True) -> bool:
        """Remember a line that `has` denied; return whether it is the newest of its origin.

        takes_over: whether an epoch that was never heard of is the one that goes on.
        """
        if epoch == self.epoch:
            span = self.span
            if seq == span.high + 1:
                span.high = seq
                return True
            newest = seq > span.high
            span.add(seq)
            return newest
        if self.older is not None and epoch in self.older:
            self.older[epoch].add(seq)
            return False
        span = Span()
        span.add(seq)
        takes_over = takes_over or not self.epoch
        if self.epoch:
            if self.older is None:
                self.older = {}
            if takes_over:
                self.older[self.epoch] = self.span
            else:
                self.older[epoch] = span
            while len(self.older) > MAX_EPOCHS:
                del self.older[next(iter(self.older))]
        if takes_over:
            self.epoch, self.span = epoch, span
        return takes_over

    def promote(self, epoch: str) -> None:
        """Make an older epoch the current one again: it turned out to be the one that goes on."""
        if self.older is not None and epoch in self.older:
            span = self.older.pop(epoch)
            self.older[self.epoch] = self.span
            self.epoch, self.span = epoch, span

    def dump(self) -> list[tuple[str, int, list[tuple[int, int]]]]:
        """Return all of it as plain values, the newest epoch first."""
        rows = [(self.epoch, self.span.high, list(self.span.holes))]
        rows += [(epoch, span.high, list(span.holes)) for epoch, span in (self.older or {}).items()]
        return rows

    @classmethod
    def load(cls, rows: Iterable[tuple[str, int, list[tuple[int, int]]]]) -> "Ledger":
        """Make one again from what `dump` returned."""
        ledger = cls()
        for index, (epoch, high, holes) in enumerate(rows):
            span = Span(high, holes)
            if index == 0:
                ledger.epoch, ledger.span = epoch, span
            else:
                ledger.older = ledger.older or {}
                ledger.older[epoch] = span
        return ledger
