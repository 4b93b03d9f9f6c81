"""The journal in a SQLite file of its own: group commit, synced before anybody is answered.

One row is one group: the lines that came while the group before was being synced, compressed together. A single
connection in a single thread writes, checkpoints and reads, which keeps clear of the WAL-reset fault of SQLite before
3.51.3 (it needs two connections). `synchronous=FULL`: with NORMAL a power cut loses what was acknowledged.
"""

import asyncio
import sqlite3
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

from backports import zstd

from driftvakt_collector.journal import Chunk, JournalError

_SCHEMA = """
CREATE TABLE IF NOT EXISTS chunk (
    position INTEGER PRIMARY KEY AUTOINCREMENT,
    received REAL NOT NULL,
    lines INTEGER NOT NULL,
    body BLOB NOT NULL
)
"""
_ROW_BYTES = 4 << 20
_FORGET_ROWS = 64
_LEVEL = 1


class _Group:
    """What waits for the next commit: blocks of lines, each with the future of whoever handed it over."""

    __slots__ = ("blocks", "bytes", "futures", "lines")

    def __init__(self) -> None:
        self.blocks: list[bytes] = []
        self.futures: list[asyncio.Future[int]] = []
        self.lines = 0
        self.bytes = 0


class SqliteJournal:
    """A Journal in one file. Open it, read what is there, then `start` it on the running loop and append.

    keep_seconds: chunks younger than this are kept for readers that start over. Figures are public for /metrics:
    commits, commit_seconds (sum), lines, bytes (before compression), stored (after), failures. trouble: why the newest
    group could not be written, empty when it could.
    """

    def __init__(self, path: Path, *, keep_seconds: float = 3600.0, now: Callable[[], float] = time.time) -> None:
        self._path = path
        self._keep_seconds = keep_seconds
        self._now = now
        self._connection = self._open()
        self._end = int(self._connection.execute("SELECT coalesce(max(position), 0) FROM chunk").fetchone()[0])
        self._group = _Group()
        self._wake = threading.Condition()
        self._jobs: list[tuple[Callable[[], int], asyncio.Future[int]]] = []
        self._closing = False
        self._loop: asyncio.AbstractEventLoop | None = None
        self._thread: threading.Thread | None = None
        self._oldest: tuple[int, float] | None = None
        self.commits = 0
        self.commit_seconds = 0.0
        self.lines = 0
        self.bytes = 0
        self.stored = 0
        self.failures = 0
        self.trouble = ""

    def _open(self) -> sqlite3.Connection:
        try:
            connection = sqlite3.connect(self._path, isolation_level=None, check_same_thread=False)
            connection.execute("PRAGMA journal_mode=WAL")
            connection.execute("PRAGMA synchronous=FULL")
            connection.execute("PRAGMA wal_autocheckpoint=4000")
            connection.execute("PRAGMA locking_mode=EXCLUSIVE")
            connection.execute(_SCHEMA)
        except sqlite3.Error as e:
            raise JournalError(
                f"cannot open the journal {self._path}: {e}. Is another collector running on this data directory?"
            ) from e
        return connection

    def start(self) -> None:
        """Begin to write, from the running event loop."""
        self._loop = asyncio.get_running_loop()
        self._thread = threading.Thread(target=self._run, name="journal", daemon=True)
        self._thread.start()

    async def append(self, lines: Sequence[bytes]) -> int:
        if self._loop is None or self._closing:
            raise JournalError("the journal is not open for writing")
        future: asyncio.Future[int] = self._loop.create_future()
        block = b"\n".join(lines)
        with self._wake:
            group = self._group
            if lines:
                group.blocks.append(block)
            group.futures.append(future)
            group.lines += len(lines)
            group.bytes += len(block)
            self._wake.notify()
        return await future

    def read(self, after: int) -> Iterator[Chunk]:
        """Give the chunks past a position. Only before `start`, or from a journal that is not started."""
        position, end = after, self._end
        while position < end:
            row = self._connection.execute(
                "SELECT position, received, body FROM chunk WHERE position > ? ORDER BY position LIMIT 1", (position,)
            ).fetchone()
            if row is None:
                return
            position = int(row[0])
            yield Chunk(position, float(row[1]), zstd.decompress(row[2]).split(b"\n"))

    def end(self) -> int:
        return self._end

    async def forget(self, before: int) -> int:
        assert self._loop is not None
        future: asyncio.Future[int] = self._loop.create_future()
        with self._wake:
            self._jobs.append((lambda: self._forget(before), future))
            self._wake.notify()
        return await future

    async def close(self) -> None:
        with self._wake:
            self._closing = True
            self._wake.notify()
        if self._thread is not None:
            await asyncio.to_thread(self._thread.join)
        self._connection.close()

    def waiting_bytes(self) -> int:
        """Return what was handed over and is not yet being written, in bytes; the door refuses when it is too much."""
        return self._group.bytes

    def _run(self) -> None:
        while True:
            with self._wake:
                while not (self._group.futures or self._jobs or self._closing):
                    self._wake.wait()
                group, self._group = self._group, _Group()
                jobs, self._jobs = self._jobs, []
                closing = self._closing
            if group.blocks:
                self._commit(group)
            elif group.futures:
                self._answer(group.futures, self._end, None)
            for job, future in jobs:
                try:
                    self._answer([future], job(), None)
                except sqlite3.Error as e:
                    self._answer([future], 0, JournalError(f"cannot tidy the journal {self._path}: {e}"))
            if closing and not group.futures and not jobs:
                return

    def _commit(self, group: _Group) -> None:
        began = time.perf_counter()
        received = self._now()
        stored = 0
        try:
            self._connection.execute("BEGIN IMMEDIATE")
            for body, lines in _rows(group):
                packed = zstd.compress(body, _LEVEL)
                stored += len(packed)
                cursor = self._connection.execute(
                    "INSERT INTO chunk (received, lines, body) VALUES (?, ?, ?)", (received, lines, packed)
                )
            self._connection.execute("COMMIT")
        except sqlite3.Error as e:
            if self._connection.in_transaction:
                self._connection.execute("ROLLBACK")
            self.failures += 1
            self.trouble = why = (
                f"cannot write the journal {self._path}: {e}. Free disk space or mend the disk; agents keep their data"
            )
            self._answer(group.futures, 0, JournalError(why))
            return
        # Lines of a large group may lie in several rows; all of them are synced, so the last position speaks for all.
        self._end = int(cursor.lastrowid or 0)
        self.trouble = ""
        self.commits += 1
        self.commit_seconds += time.perf_counter() - began
        self.lines += group.lines
        self.bytes += group.bytes
        self.stored += stored
        self._answer(group.futures, self._end, None)

    def _answer(self, futures: list[asyncio.Future[int]], result: int, error: JournalError | None) -> None:
        assert self._loop is not None
        try:
            self._loop.call_soon_threadsafe(_resolve, futures, result, error)
        except RuntimeError:
            # The loop is closed: nobody waits any more, and what is on disk is read at the next start.
            return

    def _forget(self, before: int) -> int:
        horizon = self._now() - self._keep_seconds
        cursor = self._connection.execute(
            "DELETE FROM chunk WHERE position IN"
            " (SELECT position FROM chunk WHERE position < ? AND received < ? ORDER BY position LIMIT ?)",
            (before, horizon, _FORGET_ROWS),
        )
        return cursor.rowcount


def _rows(group: _Group) -> Iterator[tuple[bytes, int]]:
    """Give the rows of a group: its blocks joined, up to a bounded size each."""
    blocks: list[bytes] = []
    size = 0
    for block in group.blocks:
        blocks.append(block)
        size += len(block)
        if size >= _ROW_BYTES:
            body = b"\n".join(blocks)
            yield body, body.count(b"\n") + 1
            blocks, size = [], 0
    if blocks:
        body = b"\n".join(blocks)
        yield body, body.count(b"\n") + 1


def _resolve(futures: list[asyncio.Future[int]], result: int, error: JournalError | None) -> None:
    for future in futures:
        if future.done():
            continue
        if error is None:
            future.set_result(result)
        else:
            future.set_exception(error)
