"""The disk of a simulated machine: stands in for `os` in the agent's modules that write.

It can be full, read-only or broken, the process can be killed at any call, and after a power cut what was not synced is
partly gone.
"""

import errno
import os
from enum import Enum
from pathlib import Path
from random import Random
from typing import Any

from world_time import Killed


class Mood(Enum):
    """How the disk is."""

    WELL = "well"
    FULL = "full"
    READ_ONLY = "read-only"
    BROKEN = "input/output error"


class _Name:
    """A change of names that its folder has not synced: what stood there before, None for nothing."""

    __slots__ = ("before", "path")

    def __init__(self, path: str, before: bytes | None) -> None:
        self.path = path
        self.before = before


class Platter:
    """The disk of one machine. kill_in: so many calls from now the process is killed, 0 for not at all."""

    def __init__(self, chance: Random) -> None:
        self._chance = chance
        self.mood = Mood.WELL
        self.kill_in = 0
        self.calls = 0
        self.dead = False
        self._paths: dict[int, str] = {}
        self._sizes: dict[str, int] = {}
        self._names: list[_Name] = []

    def call(self) -> bool:
        """Count a call; say if the process is to be killed in it."""
        if self.dead:
            raise Killed
        self.calls += 1
        if self.kill_in:
            self.kill_in -= 1
            return self.kill_in == 0
        return False

    def die(self) -> None:
        self.dead = True
        raise Killed

    def rises(self) -> None:
        """A new process: no descriptors."""
        self.dead = False
        self.kill_in = 0
        self._paths.clear()

    def fails(self, *, writes: bool) -> None:
        if self.mood is Mood.READ_ONLY and writes:
            raise OSError(errno.EROFS, os.strerror(errno.EROFS))
        if self.mood is Mood.BROKEN and self._chance.random() < 0.6:
            raise OSError(errno.EIO, os.strerror(errno.EIO))

    # --- the calls ---

    def open(self, path: str, flags: int, mode: int = 0o777) -> int:
        kill = self.call()
        new = bool(flags & os.O_CREAT) and not os.path.lexists(path)
        self.fails(writes=bool(flags & (os.O_WRONLY | os.O_RDWR)))
        fd = os.open(path, flags, mode)
        self._paths[fd] = path
        if new:
            self._names.append(_Name(path, None))
            self._sizes[path] = 0
        elif flags & (os.O_WRONLY | os.O_RDWR) and path not in self._sizes:
            self._sizes[path] = os.fstat(fd).st_size
        if kill:
            self.die()
        return fd

    def write(self, fd: int, data: bytes) -> int:
        kill = self.call()
        self.fails(writes=True)
        if kill:
            os.write(fd, bytes(data)[: self._chance.randrange(len(data) + 1)])
            self.die()
        if self.mood is Mood.FULL:
            room = os.fstat(fd).st_size - os.lseek(fd, 0, os.SEEK_CUR)
            if room <= 0:
                raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
            return os.write(fd, bytes(data)[:room])
        return os.write(fd, data)

    def fsync(self, fd: int) -> None:
        kill = self.call()
        self.fails(writes=True)
        if kill and self._chance.random() < 0.5:
            self.die()
        path = self._paths.get(fd, "")
        if os.path.isdir(path):
            self._names = [one for one in self._names if os.path.dirname(one.path) != path.rstrip("/")]
        self._sizes.pop(path, None)
        if kill:
            self.die()

    fdatasync = fsync

    def replace(self, old: str, new: str) -> None:
        kill = self.call()
        self.fails(writes=True)
        before = Path(new).read_bytes() if os.path.exists(new) else None
        os.replace(old, new)
        self._names.append(_Name(new, before))
        self._sizes.pop(new, None)
        if kill:
            self.die()

    def unlink(self, path: str) -> None:
        kill = self.call()
        self.fails(writes=True)
        before = Path(path).read_bytes() if os.path.exists(path) else None
        os.unlink(path)
        if before is not None:
            self._names.append(_Name(path, before))
        if kill:
            self.die()

    def ftruncate(self, fd: int, size: int) -> None:
        kill = self.call()
        self.fails(writes=True)
        os.ftruncate(fd, size)
        if kill:
            self.die()

    def read(self, fd: int, size: int) -> bytes:
        self.call()
        self.fails(writes=False)
        return os.read(fd, size)

    # --- after the fall ---

    def power_cut(self) -> int:
        """Take back a part of what was not synced, the newest first. Return how much."""
        undone = 0
        for path, size in self._sizes.items():
            if os.path.isfile(path) and os.path.getsize(path) > size:
                os.truncate(path, self._chance.randint(size, os.path.getsize(path)))
                undone += 1
        for _ in range(self._chance.randint(0, len(self._names))):
            one = self._names.pop()
            if one.before is not None:
                Path(one.path).write_bytes(one.before)
            elif os.path.isfile(one.path):
                os.unlink(one.path)
            undone += 1
        self._sizes.clear()
        self._names.clear()
        return undone


class Os:
    """The module `os` as the agent's modules see it; whose disk it is, says `acting`."""

    def __init__(self, chance: Random) -> None:
        self._chance = chance
        self.acting: Platter | None = None

    def urandom(self, size: int) -> bytes:
        """Return what the seed says."""
        return self._chance.randbytes(size)

    def __getattr__(self, name: str) -> Any:
        if self.acting is not None and name in _CALLS:
            return getattr(self.acting, name)
        return getattr(os, name)


_CALLS = frozenset(("open", "write", "fsync", "fdatasync", "replace", "unlink", "ftruncate", "read"))
