"""The real journal without its thread: a job is done where it is handed over, and told one turn of the loop later."""

import asyncio
import sqlite3
from collections.abc import Callable
from pathlib import Path
from typing import Any, ClassVar

from driftvakt_collector.journal import JournalError
from driftvakt_collector.journal.sqlite import SqliteJournal, _Group, _Work


class Inline(SqliteJournal):
    """A journal whose process can die before a commit, or after it and before anybody is told.

    spoil: the part of commits that the collector's journal only pretends to do.
    """

    opened: ClassVar[list[Any]] = []
    spoil = 0.0

    def __init__(self, path: Path, **told: Any) -> None:
        super().__init__(path, **told)
        self.path = path
        self.dead = False
        self.full = False
        self.die_before = self.die_after = False
        self.dies: Callable[[], None] = _nothing
        self._queue = self  # type: ignore[assignment]
        Inline.opened.append(self)

    def start(self) -> None:
        self._loop = asyncio.get_running_loop()

    def put(self, work: _Work | None) -> None:
        """Do what the thread would do."""
        if work is None or self.dead:
            return
        assert self._loop is not None
        result: Any = 0
        error = None
        try:
            result = work.job()
        except _DiedError:
            return
        except sqlite3.Error as e:
            error = JournalError(f"cannot write the journal {self.path}: {e}. Free disk space or mend the disk")
        self._loop.call_soon(self._tell, work, result, error)

    def _tell(self, work: _Work, result: Any, error: JournalError | None) -> None:
        if not self.dead:
            work.tell(result, error)

    def _commit(self, group: _Group) -> int:
        if self.full and group.blocks:
            self.failures += 1
            self.trouble = "cannot write the journal: database or disk is full"
            raise sqlite3.OperationalError("database or disk is full")
        if self.die_before and group.blocks:
            self.dies()
            raise _DiedError
        if Inline.spoil and self.path.name == "journal.db" and group.lines % 100 < Inline.spoil * 100:
            return self._end
        end = super()._commit(group)
        if self.die_after and group.blocks:
            self.dies()
            raise _DiedError
        return end

    async def close(self) -> None:
        self._closing = True
        if self._writing and not self.dead:
            settled = asyncio.get_running_loop().create_future()
            self._group.tells.append(lambda end, _: None if settled.done() else settled.set_result(end))
            await settled
        self.drop()

    def drop(self) -> None:
        """Let go of the file as a process does that ends."""
        self.dead = True
        if self in Inline.opened:
            Inline.opened.remove(self)
        self._connection.close()


def _nothing() -> None:
    """Nobody is told."""


class _DiedError(Exception):
    """The process ended in the middle of a job."""
