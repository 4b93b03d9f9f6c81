"""Which lines of an origin were seen: the idempotency key (origin, epoch, seq), kept as ranges, and why some were not.

An agent numbers its lines from 1 in each epoch, and an epoch begins with each spool. Live lines come first and the
backlog later, so a hole is normal for a while; what fills it is new, what falls outside it is a duplicate.
"""

from bisect import bisect_right
from collections.abc import Iterable, Iterator
from typing import NamedTuple

MAX_HOLES = 512
MAX_OLD_HOLES = 64
"""Holes that an epoch may keep once another one goes on."""
MAX_EPOCHS = 16

HoleRow = tuple[int | float | str, ...]
"""A hole as plain values, in the order of Hole's fields; what is not there is as it is by itself."""


class Hole(NamedTuple):
    """Numbers that were not seen. after, before: when the collector got the lines around them, seconds since the epoch.

    why: what the agent said of them, as in `gaps.CAUSES`; empty when it said nothing.
    """

    first: int
    last: int
    after: float = 0.0
    before: float = 0.0
    why: str = ""

    @property
    def size(self) -> int:
        """How many numbers these are."""
        return self.last - self.first + 1


class Span:
    """One epoch: the highest number seen, and the ranges below it that were not."""

    __slots__ = ("high", "holes")

    def __init__(self, high: int = 0, holes: Iterable[HoleRow] = ()) -> None:
        self.high = high
        self.holes: list[Hole] | None = [Hole(*row) for row in holes] or None  # type: ignore[arg-type]

    def has(self, seq: int) -> bool:
        """Say if the number was seen."""
        return seq <= self.high and (self.holes is None or self._at(seq) < 0)

    def add(self, seq: int, after: float = 0.0, now: float = 0.0) -> None:
        """Remember a number that `has` denied. after: when the line before it came; now: when it did."""
        if seq == self.high + 1:
            self.high = seq
        elif seq > self.high:
            self._open(Hole(self.high + 1, seq - 1, after, now))
            self.high = seq
        else:
            self._fill(seq)

    def explain(self, first: int, last: int, why: str) -> None:
        """Remember what the agent says of the numbers from first to last that were not seen."""
        if last > self.high:
            self._open(Hole(self.high + 1, last))
            self.high = last
        if self.holes is None:
            return
        told: list[Hole] = []
        for hole in self.holes:
            low, high = max(first, hole.first), min(last, hole.last)
            if low > high:
                told.append(hole)
                continue
            if hole.first < low:
                told.append(hole._replace(last=low - 1))
            told.append(hole._replace(first=low, last=high, why=why))
            if high < hole.last:
                told.append(hole._replace(first=high + 1))
        self.holes = told
        self.limit(MAX_HOLES)

    def missing(self) -> int:
        """Return how many numbers below the highest were not seen."""
        return sum(hole.size for hole in self.holes or ())

    def limit(self, count: int) -> None:
        """Keep so many holes at most."""
        while self.holes is not None and len(self.holes) > count:
            # The two oldest become one, over what was seen between them: better twice in the journal than lost.
            one, two = self.holes[:2]
            why = one.why if one.why == two.why else ""
            self.holes[:2] = [Hole(one.first, two.last, one.after, two.before, why)]

    def rows(self) -> list[HoleRow]:
        """Return the holes as plain values."""
        return [tuple(hole) for hole in self.holes or ()]

    def _open(self, hole: Hole) -> None:
        if self.holes is None:
            self.holes = []
        self.holes.append(hole)
        self.limit(MAX_HOLES)

    def _at(self, seq: int) -> int:
        """Return the place of the hole that the number lies in, -1 when it lies in none."""
        assert self.holes is not None
        place = bisect_right(self.holes, seq, key=_first) - 1
        return place if place >= 0 and seq <= self.holes[place].last else -1

    def _fill(self, seq: int) -> None:
        if self.holes is None:
            return
        place = self._at(seq)
        if place < 0:
            return
        hole = self.holes[place]
        rest = [hole._replace(last=seq - 1), hole._replace(first=seq + 1)]
        self.holes[place : place + 1] = [one for one in rest if one.first <= one.last]
        if not self.holes:
            self.holes = None
        else:
            self.limit(MAX_HOLES)


def _first(hole: Hole) -> int:
    return hole.first


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

    def leads(self, epoch: str, seq: int) -> bool:
        """Say if this is the highest number that was seen of an older epoch."""
        span = self.older.get(epoch) if self.older is not None else None
        return span is not None and span.high == seq

    def follows(self, seq: int) -> bool:
        """Remember a number of the current epoch if it is the next one; say if it was."""
        span = self.span
        if seq != span.high + 1:
            return False
        span.high = seq
        return True

    def add(self, epoch: str, seq: int, *, takes_over: bool = True, after: float = 0.0, now: float = 0.0) -> bool:
        """Remember a line that `has` denied; return whether it is the newest of its origin.

        takes_over: whether an epoch that was never heard of is the one that goes on. after: when the line before it
        came, now: when this one did, seconds since the epoch.
        """
        if epoch == self.epoch:
            span = self.span
            if seq == span.high + 1:
                span.high = seq
                return True
            newest = seq > span.high
            span.add(seq, after, now)
            return newest
        if self.older is not None and epoch in self.older:
            self.older[epoch].add(seq, after, now)
            self.older[epoch].limit(MAX_OLD_HOLES)
            return False
        span = Span()
        span.add(seq, after, now)
        takes_over = takes_over or not self.epoch
        if self.epoch:
            if takes_over:
                self._keep(self.epoch, self.span)
            else:
                self._keep(epoch, span)
        if takes_over:
            self.epoch, self.span = epoch, span
        return takes_over

    def explain(self, epoch: str, first: int, last: int, why: str, *, over: bool = False) -> None:
        """Remember what the agent says of lines that it never delivered. An epoch without any line is kept for that.

        over: whether it goes on in another epoch, so that nothing of this one comes live any more.
        """
        if last < first:
            return
        if epoch == self.epoch:
            # Beyond the newest line nothing is explained while the agent may still get there.
            self.span.explain(first, last if over else min(last, self.span.high), why)
        elif self.older is not None and epoch in self.older:
            self.older[epoch].explain(first, last, why)
            self.older[epoch].limit(MAX_OLD_HOLES)
        else:
            self._keep(epoch, Span(last, [(first, last, 0.0, 0.0, why)]))

    def promote(self, epoch: str) -> None:
        """Make an older epoch the current one again: it turned out to be the one that goes on."""
        if self.older is not None and epoch in self.older:
            span = self.older.pop(epoch)
            self.older[self.epoch] = self.span
            self.epoch, self.span = epoch, span

    def holes(self) -> Iterator[tuple[str, Hole]]:
        """Give every hole with its epoch, the newest epoch first."""
        for hole in self.span.holes or ():
            yield self.epoch, hole
        for epoch, span in reversed((self.older or {}).items()):
            for hole in span.holes or ():
                yield epoch, hole

    def whole(self) -> bool:
        """Say, in as little time as possible, if nothing is missing."""
        return self.span.holes is None and (
            self.older is None or all(span.holes is None for span in self.older.values())
        )

    def dump(self) -> list[tuple[str, int, list[HoleRow]]]:
        """Return all of it as plain values, the newest epoch first."""
        rows = [(self.epoch, self.span.high, self.span.rows())]
        rows += [(epoch, span.high, span.rows()) for epoch, span in (self.older or {}).items()]
        return rows

    @classmethod
    def load(cls, rows: Iterable[tuple[str, int, list[HoleRow]]]) -> "Ledger":
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

    def _keep(self, epoch: str, span: Span) -> None:
        """Put a span among the older ones; the oldest of too many goes."""
        if self.older is None:
            self.older = {}
        span.limit(MAX_OLD_HOLES)
        self.older[epoch] = span
        while len(self.older) > MAX_EPOCHS:
            del self.older[next(iter(self.older))]
