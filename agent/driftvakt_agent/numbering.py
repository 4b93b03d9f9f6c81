"""The numbers of lines: whatever happens, no number is ever given to two lines of one epoch.

Example, SPOOL/state, one row of 192 bytes, filled up with spaces:
    driftvakt-spool 1 9b1e0c2d5f2c9a01 18432 18201 12 18190 6ad0b3f1

The epoch; the ceiling: numbers up to it may be used without another write; the mark: what becomes of each number up to
it is known; how far the oldest part of the spool is delivered; and the CRC-32 of all that.
"""

import os
import zlib
from collections.abc import Callable

from driftvakt_agent import disk
from driftvakt_agent.disk import DiskError, failed
from driftvakt_wire.envelope import MAX_SEQ, is_id

BLOCK = 256
"""So many numbers a write."""
_SIZE = 192
"""Less than a sector, so that it is never written by halves."""
_UNBOUND = MAX_SEQ


class State:
    """What the file says. place: ordinal of the oldest part, and the number up to which it is delivered."""

    __slots__ = ("ceiling", "epoch", "mark", "place")

    def __init__(self, epoch: str, ceiling: int, mark: int, place: tuple[int, int] = (0, 0)) -> None:
        self.epoch = epoch
        self.ceiling = ceiling
        self.mark = mark
        self.place = place


def read_state(folder: str) -> State | None:
    """Return what the file says, None where there is none or it is damaged.

    Raises DiskError for one that can't be read now: were it taken for none, what it vouches for would be missing.
    """
    path = os.path.join(folder, "state")
    try:
        row = disk.read(path)
    except FileNotFoundError:
        return None
    except OSError as e:
        raise failed("read", path, e) from e
    try:
        words = row.decode("ascii").split()
        told = " ".join(words[:-1])
        if words[:2] != ["driftvakt-spool", "1"] or len(words) != 8 or int(words[-1], 16) != zlib.crc32(told.encode()):
            return None
        epoch, (ceiling, mark, ordinal, seq) = words[2], [int(word) for word in words[3:7]]
    except (ValueError, IndexError):
        return None
    if not is_id(epoch) or not 0 <= mark <= ceiling < MAX_SEQ:
        return None
    return State(epoch, ceiling, mark, (ordinal, seq))


def write_state(folder: str, state: State) -> None:
    """Write the file in one step; on a disk without room, over the old one. Raises DiskError."""
    told = f"driftvakt-spool 1 {state.epoch} {state.ceiling} {state.mark} {state.place[0]} {state.place[1]}"
    row = f"{told} {zlib.crc32(told.encode()):08x}".ljust(_SIZE - 1).encode() + b"\n"
    path = os.path.join(folder, "state")
    try:
        disk.replace(path, row)
    except OSError as e:
        try:
            disk.overwrite(path, row)
        except OSError:
            raise failed("write to", folder, e) from e


class Numbering:
    """epoch, last: of the number that was given last. folder: of the spool, empty for none.

    kept: whether the numbers are safe on disk; trouble: why they can't be. They are then those of an epoch that nobody
    goes on with.
    """

    __slots__ = ("_ceiling", "_lock", "epoch", "folder", "kept", "last", "trouble")

    def __init__(self, folder: str, epoch: str = "") -> None:
        self.folder = folder
        self.epoch = epoch or new_epoch()
        self.last = 0
        self.kept = False
        self.trouble = ""
        self._ceiling = _UNBOUND
        self._lock = -1

    def open(self) -> State | None:
        """Make the folder ours; return what a former agent left there. Raises DiskError.

        Where no number was given yet, its numbers are gone on with.
        """
        try:
            self._take()
        except OSError as e:
            raise failed("use", self.folder, e) from e
        state = read_state(self.folder)
        if not self.last:
            if state is not None:
                self.epoch, self.last = state.epoch, state.ceiling
            self._ceiling = self.last
            self.kept = True
        return state

    def next(self, mark: Callable[[], int]) -> int:
        """Return a number. mark: gives the number up to which all is accounted for. Raises nothing."""
        if self.last >= self._ceiling:
            try:
                self.save(mark(), self.last + BLOCK)
            except DiskError as e:
                # A number that a crash would have us give again would make us a forger of our own lines.
                self.trouble = str(e)
                self.epoch, self.last, self._ceiling, self.kept = new_epoch(), 0, _UNBOUND, False
        self.last += 1
        return self.last

    def begin_anew(self) -> None:
        """Go on in a new epoch, which is on disk before its first number is given."""
        self.epoch, self.last, self._ceiling = new_epoch(), 0, 0
        if not self.folder:
            self._ceiling = _UNBOUND

    def save(self, mark: int, ceiling: int = 0, place: tuple[int, int] = (0, 0)) -> None:
        """Put the numbers on disk; without a ceiling the exact one, for a clean stop. Raises DiskError."""
        ceiling = ceiling or self.last
        write_state(self.folder, State(self.epoch, ceiling, mark, place))
        self._ceiling, self.kept, self.trouble = ceiling, True, ""

    def has_parts(self) -> bool:
        """Say if there is more in the folder than the numbers. Raises DiskError."""
        try:
            return any(name not in ("state", "lock") for name in os.listdir(self.folder))
        except OSError as e:
            raise failed("read", self.folder, e) from e

    def close(self) -> None:
        """Let the folder go, for another agent."""
        if self._lock >= 0:
            os.close(self._lock)
            self._lock = -1

    def _take(self) -> None:
        if self._lock >= 0:
            return
        if not os.path.isdir(self.folder):
            os.makedirs(self.folder, 0o700, exist_ok=True)
            disk.sync_folder(os.path.dirname(self.folder) or ".")
        if hasattr(os, "geteuid") and os.stat(self.folder).st_uid != os.geteuid():
            raise DiskError(f"cannot use {self.folder}: it belongs to another user; {_OWN}")
        lock = os.open(os.path.join(self.folder, "lock"), os.O_WRONLY | os.O_CREAT | disk.FLAGS, 0o600)
        try:
            if hasattr(os, "lockf"):
                os.lockf(lock, os.F_TLOCK, 0)
        except OSError as e:
            os.close(lock)
            raise DiskError(f"cannot use {self.folder}: another agent does; stop it, or {_OWN}") from e
        self._lock = lock


_OWN = "give this one a folder of its own in 'spool'"


def new_epoch() -> str:
    """Return the name of an epoch that never was."""
    return os.urandom(8).hex()
