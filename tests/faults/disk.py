"""What of a program's files would be left if the power went now: a model fed with the calls that touched them.

Strict on purpose, as POSIX is and file systems are not: bytes are safe after fsync or fdatasync of their file, a name
is safe after fsync of its directory. Sizes: memory for two copies of each file.
"""

import os
from collections.abc import Callable
from enum import Enum
from pathlib import Path
from random import Random
from typing import NamedTuple

from syscalls import Call, TraceError

PAGE = 4096
SECTOR = 512


class Left(Enum):
    """What a power cut leaves of that which was not synced."""

    NOTHING = "nothing"
    SOME = "some pages, some names, the last write torn"
    ALL = "all of it, as when only the process dies"


class File:
    """One file. now: as programs see it; safe: as it stands on the platter; dirty: numbers of pages that differ."""

    __slots__ = ("dirty", "now", "safe")

    def __init__(self, content: bytes = b"") -> None:
        self.now = bytearray(content)
        self.safe = bytearray(content)
        self.dirty: set[int] = set()

    def write(self, offset: int, data: bytes) -> None:
        if offset > len(self.now):
            self.resize(offset)
        self.now[offset : offset + len(data)] = data
        self.dirty.update(range(offset // PAGE, (offset + max(1, len(data)) - 1) // PAGE + 1))

    def resize(self, size: int) -> None:
        before = len(self.now)
        if size < before:
            del self.now[size:]
        else:
            self.now.extend(bytes(size - before))
        self.dirty.update(range(min(size, before) // PAGE, max(size, before) // PAGE + 1))

    def begun(self) -> "Synced":
        """Return what a sync that begins now will make safe."""
        pages = {page: bytes(self.now[page * PAGE : (page + 1) * PAGE]) for page in self.dirty}
        return Synced(self, len(self.now), pages)

    def sync(self, size: int, pages: dict[int, bytes]) -> None:
        """Put pages on the platter. What was written to them since the sync began stays dirty."""
        del self.safe[size:]
        self.safe.extend(bytes(size - len(self.safe)))
        for page, part in pages.items():
            begin = page * PAGE
            self.safe[begin : begin + len(part)] = part
            if self.now[begin : begin + PAGE] == part:
                self.dirty.discard(page)

    def torn(self, chance: Random, newest: tuple[int, int] | None) -> bytes:
        """Return what is left when some of the dirty pages reached the platter. newest: the last write, it is torn."""
        size = chance.choice((len(self.safe), len(self.now)))
        left = bytearray(self.safe[:size])
        share = chance.random()
        torn_page = -1 if newest is None else chance.randrange(newest[0] // PAGE, (newest[0] + newest[1]) // PAGE + 1)
        for page in sorted(self.dirty):
            if chance.random() >= share:
                continue
            begin = page * PAGE
            part = self.now[begin : begin + PAGE]
            if page == torn_page:
                part = part[: SECTOR * chance.randrange(PAGE // SECTOR)]
            if len(left) < begin:
                left.extend(bytes(begin - len(left)))
            left[begin : begin + len(part)] = part
        return bytes(left)


class _Renaming(NamedTuple):
    """A change of names that its directory has not synced. old or new is empty where a name only comes or goes."""

    old: str
    new: str
    file: File | None


class Synced(NamedTuple):
    """A file as it was when its sync began: its size, and the pages that were dirty."""

    file: File
    size: int
    pages: dict[int, bytes]


class Disk:
    """The files below a folder. What stands there when the model is made is safe."""

    def __init__(self, folder: Path) -> None:
        self.folder = str(folder.resolve())
        files = [one for one in sorted(folder.resolve().rglob("*")) if one.is_file()]
        self._now = {str(one): File(one.read_bytes()) for one in files}
        self._safe = dict(self._now)
        self._renamings: list[_Renaming] = []
        self._offsets: dict[tuple[int, str], int | None] = {}
        self._syncing: dict[int, Synced | list[_Renaming]] = {}
        self._newest: tuple[File, int, int] | None = None

    def apply(self, call: Call) -> None:
        """Do to the model what a call did to the disk. Raises TraceError for one that the model does not know."""
        if call.result < 0:
            return
        if call.name in ("rename", "renameat", "renameat2"):
            self._rename(*call.names()[:2])
        elif call.name in ("unlink", "unlinkat"):
            if "AT_REMOVEDIR" not in call.arguments.decode("utf-8", "replace"):
                self._rename(call.names()[0], "")
        elif call.name == "truncate":
            self._touched(call.names()[0], lambda file: file.resize(call.number(-1)))
        elif call.name in ("link", "linkat"):
            old, new = call.names()[:2]
            if self._ours(new):
                self._renamings.append(_Renaming("", new, self._now[old]))
                self._now[new] = self._now[old]
        elif self._ours(call.path) or call.path == self.folder:
            self._on_descriptor(call)

    def _on_descriptor(self, call: Call) -> None:
        path, place = call.path, (call.descriptor, call.path)
        match call.name:
            case "openat" | "open" | "creat":
                self._open(call)
            case "write" | "pwrite64":
                self._written(call)
            case "lseek":
                if self._offsets.get(place, 0) is not None:
                    self._offsets[place] = call.result
            case "ftruncate":
                self._touched(path, lambda file: file.resize(call.number(-1)))
            case "fsync" | "fdatasync":
                self._sync(call)
            case _:
                raise TraceError(f"the model of the disk does not know {call.name} on {path}; teach it in disk.py")

    def _open(self, call: Call) -> None:
        path, told = call.path, call.arguments
        if path == self.folder or b"O_DIRECTORY" in told or os.path.isdir(path):
            return
        if b"O_SYNC" in told or b"O_DSYNC" in told:
            raise TraceError(f"the model of the disk does not know O_SYNC, used on {path}; teach it in disk.py")
        if path not in self._now and (b"O_CREAT" in told or call.name == "creat"):
            self._now[path] = File()
            self._renamings.append(_Renaming("", path, self._now[path]))
        if b"O_TRUNC" in told or call.name == "creat":
            self._touched(path, lambda file: file.resize(0))
        self._offsets[call.descriptor, path] = None if b"O_APPEND" in told else 0

    def _written(self, call: Call) -> None:
        file = self._now.get(call.path)
        if file is None:
            return
        data, place = call.data[: call.result], (call.descriptor, call.path)
        if call.name == "pwrite64":
            offset = call.number(-1)
        else:
            told = self._offsets.get(place, 0)
            offset = len(file.now) if told is None else told
            if told is not None:
                self._offsets[place] = offset + len(data)
        file.write(offset, data)
        self._newest = file, offset, len(data)

    def _touched(self, path: str, work: Callable[[File], None]) -> None:
        if path in self._now:
            work(self._now[path])

    def _ours(self, path: str) -> bool:
        return path.startswith(self.folder + "/")

    def _rename(self, old: str, new: str) -> None:
        if not (self._ours(old) or self._ours(new)):
            return
        file = self._now.pop(old, None)
        if file is None:
            return
        if new:
            self._now[new] = file
        self._renamings.append(_Renaming(old, new, file))

    def _sync(self, call: Call) -> None:
        """Make safe what was written before the sync began, once it is over. One that was injected does nothing."""
        if not call.done:
            file = self._now.get(call.path)
            if file is not None:
                self._syncing[call.thread] = file.begun()
            else:
                self._syncing[call.thread] = [
                    one for one in self._renamings if call.path in (os.path.dirname(one.old), os.path.dirname(one.new))
                ]
            return
        what = self._syncing.pop(call.thread, None)
        if what is None or call.injected:
            return
        if isinstance(what, Synced):
            what.file.sync(what.size, what.pages)
            return
        for one in what:
            _move(self._safe, one)
        done = set(map(id, what))
        self._renamings = [one for one in self._renamings if id(one) not in done]

    def image(self, left: Left, chance: Random) -> dict[str, bytes]:
        """Return the files that a machine would find at its next start, by their path below the folder."""
        if left is Left.ALL:
            names = self._now
        else:
            names = dict(self._safe)
            if left is Left.SOME:
                # Names change in their order: file systems keep those in a journal of their own.
                for one in self._renamings[: chance.randint(0, len(self._renamings))]:
                    _move(names, one)
        found = {}
        for path, file in names.items():
            if left is Left.SOME:
                newest = None
                if self._newest is not None and self._newest[0] is file:
                    newest = self._newest[1:]
                content = file.torn(chance, newest)
            else:
                content = bytes(file.safe if left is Left.NOTHING else file.now)
            found[os.path.relpath(path, self.folder)] = content
        return found


def _move(names: dict[str, File], one: _Renaming) -> None:
    names.pop(one.old, None)
    if one.new and one.file is not None:
        names[one.new] = one.file


def lay_out(image: dict[str, bytes], folder: Path) -> None:
    """Write an image into an empty folder."""
    for name, content in image.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)
