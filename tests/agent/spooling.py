"""What the tests of the spool share: lines as an agent makes them, and what a folder says of them."""

from collections.abc import Iterable
from pathlib import Path

from driftvakt_agent.backlog import Gap, Waiting
from driftvakt_agent.space import Limits
from driftvakt_agent.spool import Spool
from driftvakt_wire import encode
from driftvakt_wire.envelope import sign

KEY = b"k" * 32
ROOMY = Limits(size=1 << 30, free=0)


def report(seq: int, *, epoch: str = "e1", up: float | None = None, size: int = 3) -> Waiting:
    """A report; a minute after the one before unless `up` says otherwise."""
    up = seq * 60.0 if up is None else up
    record = encode.report(1.764e9 + up, up, 60.0, "b2:00", [1.5] * size, {})
    return Waiting(epoch, seq, sign(KEY, "a-1", 1, epoch, seq, record))


def event(seq: int, *, epoch: str = "e1", text: str = "") -> Waiting:
    return Waiting(epoch, seq, sign(KEY, "a-1", 1, epoch, seq, encode.event(1.764e9 + seq, "test", text)))


def told(seq: int, gap: Gap, *, epoch: str = "e1") -> Waiting:
    """A `gap` record."""
    return Waiting(epoch, seq, sign(KEY, "a-1", 1, epoch, seq, encode.gap(1.764e9, *gap.told())), gap)


def plenty(_folder: str) -> tuple[int, int]:
    """A file system without end."""
    return 1 << 50, 1 << 50


def spool(folder: Path, limits: Limits = ROOMY, mark: int = 0) -> Spool:
    made = Spool(str(folder), limits, lambda: 1000.0, plenty)
    made.load("e1", mark, (0, 0))
    return made


def drained(there: Spool) -> tuple[list[int], list[Gap]]:
    """Deliver all of it; return the numbers in their order, and the gaps."""
    numbers: list[int] = []
    gaps: list[Gap] = []
    while True:
        lines, news = there.batch()
        if not lines and not news:
            there.sweep()
            return numbers, gaps
        gaps += news
        numbers += [line.seq for line in lines]
        there.settle(lines)


def covered(gaps: Iterable[Gap], epoch: str = "e1") -> set[int]:
    return {number for gap in gaps if gap.epoch == epoch for number in range(gap.first, gap.last + 1)}
