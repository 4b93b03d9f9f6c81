"""Whether a backup is there, new and large enough: a file of the poller's own machine, or the newest of a folder."""

import asyncio
import fnmatch
import os
import stat
import threading
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass

from driftvakt_collector.poll.checks.check import Check, CheckError, Course, Fault, Option, Target, said

MAX_AGE = 26 * 3600
"""Seconds that the newest may be old, where nothing else is set: a day, and what a backup takes."""
_AHEAD = 300
"""Seconds that a file may be newer than now: clocks of file servers differ."""
_MOST = 200_000
"""Names of a folder that are looked at."""


@dataclass(frozen=True, slots=True)
class Found:
    """path: of a file. changed: in seconds since 1970. size: in bytes."""

    path: str
    changed: float
    size: int


async def probe(target: Target, course: Course) -> None:
    """Look at the file, or at all of the folder."""
    path = target.text("path")
    if not os.path.isabs(path) or "\0" in path:
        raise CheckError(Fault.UNUSABLE, f"option 'path' must begin with /, got {said(path)!r}")
    with course.phase("look"):
        found = await _aside(path, lambda: newest(path, target.text("pattern", "*")))
    age = time.time() - found.changed
    course.tell("driftvakt_probe_backup_age_seconds", age)
    course.tell("driftvakt_probe_backup_size_bytes", found.size)
    reason = wrong_with(found, age, target.number("max_age", MAX_AGE), target.number("min_bytes", 1))
    if reason:
        raise CheckError(Fault.ANSWER, reason)


def newest(path: str, pattern: str) -> Found:
    """Return a file, or the newest in a folder whose name fits a pattern. Raises CheckError where there is none."""
    try:
        told = os.stat(path)
        if stat.S_ISREG(told.st_mode):
            return Found(path, told.st_mtime, told.st_size)
        if not stat.S_ISDIR(told.st_mode):
            raise CheckError(Fault.UNUSABLE, f"{said(path)!r} is neither a file nor a folder")
        best = _newest_in(path, pattern)
    except FileNotFoundError as e:
        raise CheckError(Fault.ANSWER, f"there is no {said(path)!r}") from e
    except OSError as e:
        raise CheckError(Fault.UNUSABLE, f"can't look at {said(path)!r}: {said(e.strerror)}") from e
    if best is None:
        raise CheckError(Fault.ANSWER, f"in {said(path)!r} is no file like {said(pattern)!r}")
    return best


def _newest_in(path: str, pattern: str) -> Found | None:
    best = None
    with os.scandir(path) as entries:
        for number, entry in enumerate(entries):
            if number >= _MOST:
                raise CheckError(Fault.UNUSABLE, f"{said(path)!r} holds more than {_MOST} files")
            # A link to the newest is not a backup of its own.
            if not fnmatch.fnmatchcase(entry.name, pattern) or not entry.is_file(follow_symlinks=False):
                continue
            try:
                told = entry.stat(follow_symlinks=False)
            except FileNotFoundError:
                # It was cleared away meanwhile.
                continue
            if best is None or told.st_mtime > best.changed:
                best = Found(entry.path, told.st_mtime, told.st_size)
    return best


def wrong_with(found: Found, age: float, max_age: float, min_bytes: float) -> str:
    """Return what is wrong with a backup, in a sentence; empty where nothing is."""
    if age > max_age:
        return f"the newest, {said(found.path)!r}, is {age / 3600:.1f} h old, and {max_age / 3600:.1f} h are the most"
    if age < -_AHEAD:
        return f"{said(found.path)!r} is {-age / 3600:.1f} h newer than now: a clock is wrong"
    if found.size < min_bytes:
        return f"{said(found.path)!r} has {found.size} bytes, and {min_bytes:.0f} are the least"
    return ""


_looked_at: set[str] = set()
"""Paths that a thread is looking at just now. A file server that is gone holds one for ever, and no more than one."""


async def _aside(path: str, look: Callable[[], Found]) -> Found:
    """Return what `look` does, from a thread: a file server that does not answer holds up nobody else."""
    if path in _looked_at:
        raise CheckError(Fault.HUNG, f"{said(path)!r} has not been answered for since it was last asked for")
    loop = asyncio.get_running_loop()
    answer: asyncio.Future[Found] = loop.create_future()

    def settle(found: Found | None, error: Exception | None) -> None:
        if answer.done():
            return
        if found is not None:
            answer.set_result(found)
        else:
            answer.set_exception(error or RuntimeError("nothing was found"))

    def work() -> None:
        found, error = None, None
        try:
            found = look()
        except Exception as e:  # noqa: BLE001  it is raised where it is waited for
            error = e
        _looked_at.discard(path)
        # The loop may have ended long ago.
        with suppress(RuntimeError):
            loop.call_soon_threadsafe(settle, found, error)

    _looked_at.add(path)
    # Not of the pool that names are looked up in: what hangs there would hang all checks, and the end of the program.
    threading.Thread(target=work, name="backup_file", daemon=True).start()
    return await answer


CHECK = Check(
    name="backup_file",
    help="A backup on the poller's own machine is there, new and large enough.",
    probe=probe,
    options=(
        Option("path", str, "the file, or the folder that the backups are in"),
        Option("pattern", str, "which files of the folder are backups, like *.tar.gz; all if it is not set"),
        Option("max_age", float, f"seconds that the newest may be old, {MAX_AGE} if it is not set"),
        Option("min_bytes", float, "bytes that the newest must have, 1 if it is not set"),
    ),
)
