"""A new file from what can still be read of a damaged one."""

import logging
import sqlite3
from collections.abc import Callable, Iterator
from contextlib import closing, suppress
from pathlib import Path

from backports import zstd

from driftvakt_collector.journal import JournalError
from driftvakt_collector.journal.sqlite import SqliteJournal

log = logging.getLogger(__name__)

_LOOK = 256
"""Rows that are looked for one by one around a broken page."""
_SUFFIXES = ("", "-wal", "-shm")
_Found = tuple[int, float, int, bytes]


def is_damage(error: BaseException | None) -> bool:
    """Say if the file itself is the trouble, and not the disk or who else has it open."""
    return isinstance(error, sqlite3.DatabaseError) and not isinstance(error, sqlite3.OperationalError)


def mend(path: Path, now: Callable[[], float]) -> SqliteJournal:
    """Put a damaged file aside, for who wants to look at it, and open a new one of what can be read.

    Raises JournalError.
    """
    aside = path.with_name(f"{path.name}.damaged-{now():.0f}")
    for suffix in _SUFFIXES:
        with suppress(FileNotFoundError):
            path.with_name(path.name + suffix).rename(aside.with_name(aside.name + suffix))
    made = SqliteJournal(path, now=now)
    kept = 0
    with suppress(sqlite3.DatabaseError), closing(sqlite3.connect(aside)) as damaged:
        kept = made.fill(_readable(damaged))
    log.error("the spool %s is damaged; %d rows of it were saved, the file is put aside as %s", path, kept, aside)
    return made


def opened(path: Path, now: Callable[[], float]) -> SqliteJournal:
    """Open a lane's file; a damaged one is mended. Raises JournalError."""
    try:
        return SqliteJournal(path, now=now)
    except JournalError as e:
        if not is_damage(e.__cause__):
            raise
        return mend(path, now)


def _readable(damaged: sqlite3.Connection) -> Iterator[_Found]:
    columns = "SELECT position, received, lines, body FROM chunk WHERE position"
    end = damaged.execute("SELECT coalesce(max(seq), 0) FROM sqlite_sequence WHERE name = 'chunk'").fetchone()[0]
    after = 0
    while after < end:
        try:
            for row in damaged.execute(f"{columns} > ? ORDER BY position", (after,)):
                after = row[0]
                if _is_whole(row):
                    yield row
            return
        except sqlite3.DatabaseError:
            for position in range(after + 1, after + 1 + _LOOK):
                with suppress(sqlite3.DatabaseError):
                    row = damaged.execute(f"{columns} = ?", (position,)).fetchone()
                    if row is not None and _is_whole(row):
                        yield row
            after += _LOOK


def _is_whole(row: _Found) -> bool:
    try:
        zstd.decompress(row[3])
    except (zstd.ZstdError, TypeError):
        return False
    return True
