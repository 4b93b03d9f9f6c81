"""Lines on disk that could not be delivered: synced, bounded, the oldest first, and each loss is told of.

What is given up for want of room is said in the file that it stood in, in the same step: no crash comes in between.
Imported by an agent that has something to spool.
"""

import os
from collections.abc import Callable, Iterator

from driftvakt_agent import disk
from driftvakt_agent.backlog import MAX_BACKLOG_BATCH, MAX_BACKLOG_BYTES, Gap, Waiting
from driftvakt_agent.disk import DiskError, failed
from driftvakt_agent.space import Free, Limits, free_space, lacks
from driftvakt_agent.spool_segment import (
    Segment,
    dropped,
    explained,
    gap_row,
    items,
    line_rows,
    look,
    named,
    number,
    thinned,
    without_refused,
)

SEGMENT = 256 << 10
_THINNED = "thinned: one report a quarter of an hour was kept"
_FULL = "full: the spool had no room"
_AGE = "age: older than the spool keeps anything"
_STEPS = 64
"""So many files at most are made smaller at once: the next report must not wait."""
_PLAUSIBLE = 1.7e9
"""A record of before 2023 was made by a machine that did not know the time."""
_TRIAL = 4096
_BUSY = ("EMFILE", "ENFILE", "ENOMEM", "EINTR", "EAGAIN")


class Spool:
    """The files of one folder. dropped: lines given up since the start.

    monotonic: seconds that never go back. clock: what to add to them for the collector's time, 0 while it is unknown.
    """

    def __init__(
        self,
        folder: str,
        limits: Limits,
        monotonic: Callable[[], float],
        free: Free = free_space,
    ) -> None:
        self._folder = folder
        self._limits = limits
        self._monotonic = monotonic
        self._free = free
        self._segments: list[Segment] = []
        self._ordinal = 0
        self.clock = 0.0
        self.dropped = 0

    @property
    def size(self) -> int:
        """How many bytes it takes."""
        return sum(segment.size for segment in self._segments)

    @property
    def lines(self) -> int:
        """How many lines wait in it."""
        return sum(segment.lines for segment in self._segments)

    def __len__(self) -> int:
        """How many files there are. One without lines may still hold a gap."""
        return len(self._segments)

    # --- what a former agent left ---

    def load(self, epoch: str, mark: int, place: tuple[int, int]) -> list[tuple[int, int]]:
        """Find what is there. Return the ranges of numbers above the mark that it holds or tells of. Raises DiskError.

        place: ordinal of a file, and the number up to which its lines were delivered.
        """
        try:
            names = os.listdir(self._folder)
        except OSError as e:
            raise failed("read", self._folder, e) from e
        for name in names:
            if name.endswith(".part"):
                disk.remove(os.path.join(self._folder, name))
        found = [segment for name in names if (segment := named(self._folder, name)) is not None]
        self._segments = sorted(found, key=_ordinal)
        self._ordinal = max([place[0], *(segment.ordinal for segment in found)])
        held: list[tuple[int, int]] = []
        for segment in self._segments:
            numbers = look(segment, place[1] if segment.ordinal == place[0] else -1)
            if segment.epoch == epoch:
                held += [one for one in numbers if one[1] > mark]
        if self._segments and self._segments[-1].epoch == epoch:
            # What of the end is damaged reached up to the mark at most; above it nothing was promised.
            self._segments[-1].last = max(self._segments[-1].last, mark)
        return sorted(held)

    def place(self) -> tuple[int, int]:
        """Return the oldest file's ordinal and the number up to which its lines are settled, for the next start."""
        for segment in self._segments:
            if not segment.done and segment.settled:
                try:
                    found = list(items(disk.read(segment.path), segment.ordinal))
                except OSError:
                    return 0, 0
                upto = 0
                for item in found:
                    if isinstance(item, Waiting):
                        if item.seq not in segment.settled:
                            break
                        upto = item.seq
                return (segment.ordinal, upto) if upto else (0, 0)
        return 0, 0

    # --- in ---

    def append(self, lines: list[Waiting]) -> None:
        """Put lines on disk, and remember in each that is there where it is. Raises DiskError."""
        data = {line.epoch: b"" for line in lines}
        for epoch in data:
            data[epoch] = b"".join(line_rows(line.line) for line in lines if line.epoch == epoch)
        self._make_room(sum(len(rows) for rows in data.values()))
        for epoch, rows in data.items():
            ours = [line for line in lines if line.epoch == epoch]
            segment = self._open_segment(epoch, ours[0].seq)
            self._write(segment, rows)
            for line in ours:
                line.place = segment.ordinal
            segment.lines += len(ours)
            segment.last = max(segment.last, ours[-1].seq)
            segment.at = number(ours[-1].line, b"at") or segment.at

    def _open_segment(self, epoch: str, seq: int) -> Segment:
        newest = self._segments[-1] if self._segments else None
        fits = newest is not None and newest.epoch == epoch and newest.size < SEGMENT
        if newest is not None and fits and not newest.sealed and not newest.done:
            return newest
        if newest is not None:
            newest.sealed = True
        self._ordinal += 1
        return Segment(self._folder, self._ordinal, epoch, seq, self._monotonic())

    def _write(self, segment: Segment, rows: bytes) -> None:
        new = segment not in self._segments
        how = os.O_CREAT | os.O_EXCL if new else os.O_APPEND
        try:
            fd = os.open(segment.path, os.O_WRONLY | how | disk.FLAGS, 0o600)
            try:
                disk.write_all(fd, rows)
                if new:
                    os.fsync(fd)
                    disk.sync_folder(self._folder)
                else:
                    disk.sync(fd)
            except OSError:
                # Half a row may be left, or all of it unsynced: nothing goes behind it.
                segment.sealed = True
                if not new:
                    os.ftruncate(fd, segment.size)
                raise
            finally:
                os.close(fd)
        except OSError as e:
            if new:
                disk.remove(segment.path)
            raise failed("write to", self._folder, e) from e
        if new:
            self._segments.append(segment)
        segment.size += len(rows)

    def check(self) -> None:
        """Try whether something could be put on disk. Raises DiskError."""
        why = lacks(self._folder, 0, _TRIAL, self._limits, self._free)
        if why:
            raise DiskError(why)
        path = os.path.join(self._folder, "trial")
        try:
            disk.replace(path, bytes(_TRIAL))
        except OSError as e:
            raise failed("write to", self._folder, e) from e
        disk.remove(path)

    # --- out ---

    def batch(self) -> tuple[list[Waiting], list[Gap]]:
        """Return what to send, the oldest first, and the gaps that are to be told before it. Raises DiskError."""
        for segment in self._segments:
            if segment.done:
                continue
            found = self._read(segment)
            gaps = [item for item in found if isinstance(item, Gap) and item.told() not in segment.told]
            if gaps:
                segment.told.update(gap.told() for gap in gaps)
                return [], gaps
            batch: list[Waiting] = []
            size = 0
            for item in found:
                if isinstance(item, Gap) or item.seq in segment.settled:
                    continue
                size += len(item.line)
                if batch and (size > MAX_BACKLOG_BYTES or len(batch) >= MAX_BACKLOG_BATCH):
                    break
                batch.append(item)
            if batch:
                return batch, []
            segment.done = True
        return [], []

    def settle(self, lines: list[Waiting]) -> None:
        """Remember that these need not be sent again."""
        for line, segment in self._places(lines):
            if line.seq not in segment.settled:
                segment.settled.add(line.seq)
                segment.lines = max(0, segment.lines - 1)

    def refuse(self, lines: list[Waiting], why: str) -> None:
        """Give up lines that will never be taken; the next batch brings the gaps that tell of them."""
        for line, segment in self._places(lines):
            if line.seq not in segment.refused:
                segment.refused[line.seq] = why
                segment.lines = max(0, segment.lines - 1)
                self.dropped += 1

    def sweep(self) -> None:
        """Remove the files of which all is settled. Only while no gap that they told of is under way."""
        left = []
        for segment in self._segments:
            if segment.done and disk.remove(segment.path):
                continue
            left.append(segment)
        self._segments = left

    def _places(self, lines: list[Waiting]) -> Iterator[tuple[Waiting, Segment]]:
        places = {segment.ordinal: segment for segment in self._segments}
        for line in lines:
            segment = places.get(line.place)
            if segment is not None and segment.epoch == line.epoch:
                yield line, segment

    def _read(self, segment: Segment) -> list[Waiting | Gap]:
        """Return what a file holds; of one that can't be read, a gap for all of it. Raises DiskError for now."""
        place = self._segments.index(segment)
        bound = segment.last
        for later in self._segments[place + 1 :]:
            if later.epoch == segment.epoch and not later.stub:
                bound = later.first - 1
                break
        try:
            data = disk.read(segment.path)
        except OSError as e:
            from errno import errorcode

            if errorcode.get(e.errno or 0) in _BUSY:
                raise failed("read", segment.path, e) from e
            return explained([None], segment, bound)
        found = explained(items(data, segment.ordinal), segment, bound)
        return without_refused(found, segment.refused) if segment.refused else found

    # --- room ---

    def _make_room(self, more: int) -> None:
        """Thin, then drop, until there is room for so many bytes. Raises DiskError where there is none."""
        self._drop_aged()
        for _ in range(_STEPS):
            why = lacks(self._folder, self.size + more, more, self._limits, self._free)
            if not why:
                return
            if not self._shrink():
                raise DiskError(why)
        raise DiskError(f"cannot write to {self._folder}: it is being made smaller; this goes on by itself")

    def _shrink(self) -> bool:
        """Thin the oldest file that is not thin, else drop the oldest; say if there was one. The newest comes last."""
        whole = [segment for segment in self._segments if not segment.stub]
        for segments in (whole[:-1], whole[-1:]):
            for segment in segments:
                if not segment.thin:
                    segment.sealed = True
                    if self._thin(segment):
                        return True
                    break
            for segment in segments:
                segment.sealed = True
                self._drop(segment, _FULL)
                return True
        return False

    def _drop_aged(self) -> None:
        for segment in [one for one in self._segments if not one.stub]:
            if self._age(segment) <= self._limits.age:
                return
            segment.sealed = True
            self._drop(segment, _AGE)

    def _age(self, segment: Segment) -> float:
        """Return how old a file is in seconds, 0 where we can't tell: the wall clock may be anything."""
        if segment.made >= 0:
            return self._monotonic() - segment.made
        if self.clock and segment.at > _PLAUSIBLE:
            return self._monotonic() + self.clock - segment.at
        return 0.0

    def _thin(self, segment: Segment) -> bool:
        """Write a file anew without what it can do without. Say if that went: it takes some room by itself."""
        found, gone = thinned(self._read(segment), segment.settled, _THINNED)
        data = b"".join(gap_row(item) if isinstance(item, Gap) else line_rows(item.line) for item in found)
        segment.thin = True
        if not gone and len(data) >= segment.size:
            return True
        try:
            disk.replace(segment.path, data)
        except OSError:
            return False
        self._lost(segment, data, gone)
        return True

    def _drop(self, segment: Segment, reason: str) -> None:
        """Leave nothing of a file but the word that it is gone; the same of others before it goes there too."""
        before: list[Segment] = []
        for one in self._segments[: self._segments.index(segment)]:
            if not one.stub:
                before = []
                continue
            before.append(one)
        found: list[Waiting | Gap] = []
        for one in (*before, segment):
            found += self._read(one)
        gaps, gone = dropped(found, segment.settled, reason)
        if not gaps and disk.remove(segment.path):
            self._segments.remove(segment)
            return
        # Twice: here no neighbours say what a damaged row told of.
        data = b"".join(gap_row(gap) * 2 for gap in gaps)
        try:
            disk.overwrite(segment.path, data)
        except OSError as e:
            raise failed("write to", self._folder, e) from e
        segment.stub = segment.thin = True
        self._lost(segment, data, gone)
        segment.lines = 0
        for one in before:
            if disk.remove(one.path):
                self._segments.remove(one)

    def _lost(self, segment: Segment, data: bytes, gone: int) -> None:
        segment.size = len(data)
        segment.lines = max(0, segment.lines - gone)
        segment.settled = set()
        segment.refused = {}
        segment.told = set()
        self.dropped += gone


def _ordinal(segment: Segment) -> int:
    return segment.ordinal
