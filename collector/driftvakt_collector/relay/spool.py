"""All that waits on the relay's disk, in four lanes, and how much of it there may be.

live: of streams that the upstream knows. strange: of those that it does not know yet; they get a tenth of the room.
backlog: what agents had kept themselves, which never goes before what is new. held: what the upstream does not take
yet. A lane is a file of its own, so one that is damaged or full leaves the others alone.
"""

import os
from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

from driftvakt_collector.relay.config import FREE_SHARE
from driftvakt_collector.relay.lane import Lane
from driftvakt_collector.relay.window import Window

LANES = ("live", "strange", "backlog", "held")
STRANGE_SHARE = 0.1
HELD_SHARE = 0.1
MAX_HELD = 256 << 20
WINDOW_BYTES = 8 << 20
WINDOW_SECONDS = 30.0
"""How old a line may be to go before older ones: half a report."""
_UNSEEN = 1 << 20
"""Bytes that are taken in before the disk is looked at again; else that is done once a second."""
_SLACK = 32 << 20
"""Room for what SQLite writes beside the files."""


class Disk(NamedTuple):
    """Bytes of a file system: those that anybody may still write, and all."""

    free: int
    size: int


def disk(path: Path) -> Disk:
    """Look at the file system of a path."""
    told = os.statvfs(path)
    return Disk(told.f_bavail * told.f_frsize, told.f_blocks * told.f_frsize)


class Spool:
    """The lanes. limit: bytes that may wait; floor: bytes of the disk that stay free. now: steady seconds since 1970.

    trouble: why nothing can be taken in, empty when something can.
    """

    def __init__(
        self, folder: Path, limit: int, floor: int, now: Callable[[], float], look: Callable[[Path], Disk] = disk
    ) -> None:
        self._folder = folder
        self._limit = limit
        self._floor = floor
        self._look = look
        self._now = now
        self.lanes = {name: Lane(folder / f"{name}.db", now) for name in LANES}
        self.live, self.strange, self.backlog, self.held = self.lanes.values()
        self.windows = {"live": Window(WINDOW_BYTES, WINDOW_SECONDS), "strange": Window(WINDOW_BYTES, WINDOW_SECONDS)}
        self.free = 0
        self._looked = 0
        self.trouble = ""

    async def start(self) -> None:
        """Begin to write. Raises JournalError."""
        for lane in self.lanes.values():
            await lane.start()
        self.look()

    @property
    def size(self) -> int:
        """Return how many bytes wait."""
        return sum(lane.size for lane in self.lanes.values())

    @property
    def lines(self) -> int:
        """Return how many lines wait."""
        return sum(lane.lines for lane in self.lanes.values())

    @property
    def limit(self) -> int:
        """Return how many bytes may wait."""
        return self._limit

    @property
    def held_room(self) -> int:
        """Return how many bytes of held lines may wait."""
        return min(int(self._limit * HELD_SHARE), MAX_HELD)

    def look(self) -> None:
        """See how much room is left, and say so at each lane."""
        self._looked = self.size
        spare = sum(lane.spare() for lane in self.lanes.values())
        try:
            found = self._look(self._folder)
        except OSError as e:
            self.trouble = f"cannot look at the disk of {self._folder}: {e.strerror}"
            found = Disk(0, 0)
        else:
            floor = max(self._floor, int(found.size * FREE_SHARE))
            self.free = found.free
            self.trouble = ""
            if found.free + spare < floor + min(_SLACK, self._limit // 10):
                self.trouble = (
                    f"the disk of {self._folder} has {found.free >> 20} MB free, and {floor >> 20} MB must stay so"
                )
        if not self.trouble and self.size >= self._limit:
            self.trouble = f"the spool is full: {self.size >> 20} MB wait, and {self._limit >> 20} MB may (spool_mb)"
        for lane in self.lanes.values():
            lane.full = self.trouble
        if not self.strange.full and self.strange.size >= self._limit * STRANGE_SHARE:
            self.strange.full = "too much of hosts that the upstream does not know yet is waiting"
        if not self.held.full and self.held.size >= self.held_room:
            self.held.full = "too much is waiting that the upstream does not accept yet"

    def room(self) -> str:
        """Return why nothing can be taken in now, empty when something can."""
        if self.size - self._looked > _UNSEEN:
            self.look()
        if not self.trouble and self.size >= self._limit:
            return "the spool is full"
        return self.trouble

    async def oldest(self) -> float:
        """Return for how many seconds the oldest line has waited, 0 where there is none."""
        found = [when for lane in self.lanes.values() if lane.lines and (when := await lane.oldest()) is not None]
        return max(0.0, self._now() - min(found)) if found else 0.0

    async def close(self) -> None:
        """Write down what is waiting, and let go of the files."""
        for lane in self.lanes.values():
            await lane.close()
