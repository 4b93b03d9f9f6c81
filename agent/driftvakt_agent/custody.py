"""A line from when it is made until somebody else has it: numbered, signed, in memory; on disk once a try failed.

What holds at each moment, also after a crash: produced = delivered + told as gaps + in the spool. Numbers that nobody
can vouch for after a crash are told as `ended:`.
"""

from collections.abc import Callable

from driftvakt_agent.backlog import Backlog, Gap, Waiting
from driftvakt_agent.config import Config
from driftvakt_agent.disk import DiskError
from driftvakt_agent.log import Once
from driftvakt_agent.numbering import BLOCK, Numbering, State
from driftvakt_wire import encode
from driftvakt_wire.envelope import sign

TYPE_CHECKING = False
if TYPE_CHECKING:
    from driftvakt_agent.spool import Spool

_ENDED = "ended: the agent ended without a word; numbers that it may have used"
_TRY_AGAIN = 30.0
"""Seconds between two tries to write to a disk that is broken."""
_RANGES = 8
_GAPS_AT_ONCE = 50


class Custody:
    """memory: what waits there. trouble: why the spool can't be used, empty when it can."""

    def __init__(
        self, config: Config, epoch: str, now: Callable[[], float], monotonic: Callable[[], float], once: Once
    ) -> None:
        self._config = config
        self._now = now
        self._monotonic = monotonic
        self._once = once
        self._numbers = Numbering("" if epoch else config.spool, epoch)
        self._spool: Spool | None = None
        self._opened = False
        self._again = 0.0
        self._telling: Gap | None = None
        self.memory = Backlog()
        self.trouble = ""
        if self._numbers.folder:
            self._open()

    @property
    def epoch(self) -> str:
        """Return the epoch of the next line."""
        return self._numbers.epoch

    @property
    def spool_size(self) -> int:
        """How many bytes the spool takes."""
        return 0 if self._spool is None else self._spool.size

    @property
    def spool_lines(self) -> int:
        """How many lines wait in the spool."""
        return 0 if self._spool is None else self._spool.lines

    @property
    def dropped(self) -> int:
        """How many lines were given up since the start."""
        return self.memory.dropped + (0 if self._spool is None else self._spool.dropped)

    def __len__(self) -> int:
        """How many lines wait."""
        return self.spool_lines + len(self.memory.unsaved())

    def has_backlog(self) -> bool:
        """Say if something waits besides the live lines."""
        return bool(self._spool) or bool(self.memory.older())

    # --- in ---

    def add(self, record: bytes, tells: Gap | None = None) -> None:
        """Number and sign a record, and put it in line. tells: the gap that it tells of."""
        config = self._config
        seq = self._numbers.next(self._mark)
        if self._numbers.trouble and not self.trouble:
            self._broken(self._numbers.trouble)
        line = sign(config.key, config.origin, config.gen, self.epoch, seq, record)
        if self.memory.is_full(len(line)):
            self.keep()
        self.memory.add(Waiting(self.epoch, seq, line, tells))

    def tell(self) -> None:
        """Put `gap` records in line for what was given up."""
        for _ in range(min(_GAPS_AT_ONCE, len(self.memory.gaps))):
            # Until its record is in line the mark on disk must not pass it.
            self._telling = gap = self.memory.gaps.pop(0)
            self.add(encode.gap(round(self._now(), 3), *gap.told()), gap)
            self._telling = None

    def turn(self) -> None:
        """A new report comes: what could not be delivered until now is put on disk, and is the past."""
        self.keep()
        self.memory.turn()

    def keep(self, *, now: bool = False) -> bool:
        """Put on disk what only memory holds, in one sync; say if that went. now: even if it failed a moment ago."""
        lines = self.memory.unsaved()
        if not self._numbers.folder or not (lines or self.trouble):
            return not lines
        if self.trouble and self._monotonic() < self._again and not now:
            return False
        try:
            if not self._opened:
                self._open()
                lines = self.memory.unsaved()
            if not self._opened:
                return False
            if lines:
                self._disk().append(lines)
            else:
                self._disk().check()
            if not self._numbers.kept:
                self._numbers.save(self._mark(), self._numbers.last + BLOCK)
        except DiskError as e:
            self._broken(str(e))
            return False
        if self.trouble:
            self.trouble = ""
            self._once.fine("spool")
        return True

    # --- out ---

    def live(self) -> list[Waiting]:
        """Return what to send first: what is of now, the newest in front."""
        return self.memory.live()

    def backlog(self) -> list[Waiting]:
        """Return what to send when nothing is live, the oldest first. A gap that is found on the way is live then."""
        if self._spool is not None:
            try:
                lines, gaps = self._spool.batch()
            except DiskError as e:
                self._broken(str(e))
                return []
            if gaps:
                for gap in gaps:
                    self.memory.tell(gap)
                self.tell()
                return []
            if lines:
                return lines
            self._sweep()
        return self.memory.older()

    def delivered(self, lines: list[Waiting]) -> None:
        """Let go of lines that somebody else has on disk."""
        self.memory.delivered(lines)
        if self._spool is not None:
            self._spool.settle(lines)
            self._sweep()

    def refused(self, lines: list[Waiting], why: str) -> None:
        """Give up lines that will never be taken."""
        if self._spool is None:
            self.memory.refused(lines, why)
            return
        saved = [line for line in lines if line.place]
        self.memory.delivered(saved)
        self._spool.refuse(saved, why)
        self.memory.refused([line for line in lines if not line.place], why)

    def begin_anew(self) -> None:
        """Begin a new epoch: the numbers of this one were used twice, and no more of them are taken."""
        self._numbers.begin_anew()

    def heard(self, time: float) -> None:
        """Take the collector's clock, the only one that we trust."""
        if self._spool is not None:
            self._spool.clock = time - self._monotonic()

    def close(self) -> None:
        """Put all of it on disk, with the exact number: a clean stop leaves nothing to guess."""
        self.tell()
        self.keep(now=True)
        if self._opened and self._numbers.kept:
            try:
                place = (0, 0) if self._spool is None else self._spool.place()
                self._numbers.save(self._mark(), place=place)
            except DiskError as e:
                self._broken(str(e))

    def release(self) -> None:
        """Let the folder go."""
        self._numbers.close()
        self._opened = False

    # --- the disk ---

    def _open(self) -> None:
        """Take over what a former agent left. Where that can't be done, memory must do until it can."""
        try:
            state = self._numbers.open()
        except DiskError as e:
            self._broken(str(e))
            return
        self._opened = True
        self._take_over(state)

    def _take_over(self, state: State | None) -> None:
        if state is None:
            state = State(self.epoch, 0, 0)
        held: list[tuple[int, int]] = []
        try:
            if self._numbers.has_parts():
                held = self._disk().load(state.epoch, state.mark, state.place)
        except DiskError as e:
            self._broken(str(e))
        for first, last in _between(state.mark + 1, state.ceiling, held):
            self.memory.tell(Gap(state.epoch, first, last, last - first + 1, _ENDED))
        if not self._numbers.kept:
            # Numbers of an epoch of our own are in use: what was left is told before the file that says so changes.
            self.tell()

    def _disk(self) -> "Spool":
        if self._spool is None:
            # Imported here: an agent that delivers all it has does not carry it.
            from driftvakt_agent.space import Limits
            from driftvakt_agent.spool import Spool

            config = self._config
            limits = Limits(config.spool_size, config.spool_age, config.spool_free)
            self._spool = Spool(self._numbers.folder, limits, self._monotonic)
        return self._spool

    def _broken(self, error: str) -> None:
        self.trouble = error
        self._again = self._monotonic() + _TRY_AGAIN
        self._once.trouble("spool", f"{error}; until then lines wait in memory")

    def _sweep(self) -> None:
        """Remove what is delivered, unless a gap that it told of is known to nobody else yet."""
        assert self._spool is not None
        if any(gap.kept for gap in self.memory.gaps):
            return
        if not any(line.tells is not None and line.tells.kept for line in self.memory.unsaved()):
            self._spool.sweep()

    def _mark(self) -> int:
        """Return the number up to which each line is delivered, on disk, or told as a gap that is."""
        low = self._numbers.last + 1
        for line in self.memory.unsaved():
            low = min([low, *(one for one in (_first(line, self.epoch), _first(line.tells, self.epoch)) if one)])
        for gap in (*self.memory.gaps, self._telling):
            low = min(low, _first(gap, self.epoch) or low)
        return low - 1


def _first(one: Waiting | Gap | None, epoch: str) -> int:
    """Return the number that something of this epoch begins with, 0 where it is none, or stands on disk as well."""
    if one is None or one.epoch != epoch:
        return 0
    if isinstance(one, Waiting):
        return one.seq
    return 0 if one.kept else one.first


def _between(first: int, last: int, held: list[tuple[int, int]]) -> list[tuple[int, int]]:
    """Return the ranges from first to last that are not held; the last of too many covers the rest."""
    found: list[tuple[int, int]] = []
    for low, high in held:
        if first < low and len(found) < _RANGES - 1:
            found.append((first, min(low - 1, last)))
            first = high + 1
        elif first >= low:
            first = max(first, high + 1)
    return [*found, (first, last)] if first <= last else found
