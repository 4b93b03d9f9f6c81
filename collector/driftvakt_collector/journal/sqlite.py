"""The journal in a SQLite file of its own: group commit, synced before anybody is answered.

One row is one group: the lines that came while the group before was being synced, compressed together. A single
connection in a single thread writes, checkpoints and reads, which keeps clear of the WAL-reset fault of SQLite before
3.51.3 (it needs two connections). `synchronous=FULL`: with NORMAL a power cut loses what was acknowledged.
"""

import asyncio
import logging
import sqlite3
import threading
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from pathlib import Path
from queue import SimpleQueue
from typing import Any, NamedTuple, TypeVar

from backports import zstd

from driftvakt_collector.journal import Chunk, JournalError, Tell

log = logging.getLogger(__name__)

_SCHEMA = """
CREATE TABLE IF NOT EXISTS chunk (
    position INTEGER PRIMARY KEY AUTOINCREMENT,
    received REAL NOT NULL,
    lines INTEGER NOT NULL,
    body BLOB NOT NULL
)
"""
# What was forgotten counts too, or positions that readers hold would lie past the end.
_END = "SELECT coalesce(max(seq), 0) FROM sqlite_sequence WHERE name = 'chunk'"
_ROW_BYTES = 4 << 20
_FORGET_ROWS = 64
_SAY_SECONDS = 60.0
"""A disk that is full is said once a minute, not at each group."""
# With a checksum, so that a flipped bit of the disk costs its group and is never taken for lines.
_OPTIONS: dict[int, int] = {
    zstd.CompressionParameter.compression_level: 1,
    zstd.CompressionParameter.checksum_flag: 1,
}
_WHOLE = zstd.ZstdCompressor.FLUSH_FRAME

T = TypeVar("T")


class _Group:
    """What waits for the next commit: blocks of lines, and whom to tell of each."""

    __slots__ = ("blocks", "bytes", "lines", "tells")

    def __init__(self) -> None:
        self.blocks: list[tuple[bytes, int]] = []
        self.tells: list[Tell] = []
        self.lines = 0
        self.bytes = 0


class _Work(NamedTuple):
    """A job for the writing thread, and whom to tell on the loop."""

    job: Callable[[], Any]
    tell: Callable[[Any, JournalError | None], None]


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
        self._end = int(self._connection.execute(_END).fetchone()[0])
        self._group = _Group()
        self._queue: SimpleQueue[_Work | None] = SimpleQueue()
        self._writing = False
        self._closing = False
        self._loop: asyncio.AbstractEventLoop | None = None
        self._thread: threading.Thread | None = None
        self._packer = zstd.ZstdCompressor(options=_OPTIONS)
        self.commits = 0
        self.commit_seconds = 0.0
        self.lines = 0
        self.bytes = 0
        self.stored = 0
        self.failures = 0
        self.trouble = ""
        self._said = -_SAY_SECONDS

    def _open(self) -> sqlite3.Connection:
        try:
            connection = sqlite3.connect(self._path, isolation_level=None, check_same_thread=False)
            # Of use to a new file only: a group is many kilobytes, and each page costs a write and a checksum.
            connection.execute("PRAGMA page_size=16384")
            connection.execute("PRAGMA journal_mode=WAL")
            connection.execute("PRAGMA synchronous=FULL")
            connection.execute("PRAGMA wal_autocheckpoint=1000")
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

    def append(self, lines: Sequence[bytes], tell: Tell) -> None:
        if self._loop is None or self._closing:
            tell(0, JournalError("the journal is not open for writing"))
            return
        group = self._group
        if lines:
            block = b"\n".join(lines)
            group.blocks.append((block, len(lines)))
            group.lines += len(lines)
            group.bytes += len(block)
        group.tells.append(tell)
        if not self._writing:
            self._writing = True
            # One turn of the loop later, so that lines which are being read right now come along.
            self._loop.call_soon(self._hand_over)

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
            try:
                lines = zstd.decompress(row[2]).split(b"\n")
            except zstd.ZstdError:
                log.exception("chunk %d of the journal %s is damaged; its lines are lost", position, self._path)
                lines = []
            yield Chunk(position, float(row[1]), lines)

    def end(self) -> int:
        return self._end

    async def forget(self, before: int) -> int:
        assert self._loop is not None
        future: asyncio.Future[int] = self._loop.create_future()
        self._queue.put(_Work(lambda: self._forget(before), lambda gone, _: _resolve(future, gone)))
        return await future

    def fill(self, rows: Iterable[tuple[int, float, int, bytes]]) -> int:
        """Put rows of another journal into this one, with their positions; return how many. Only before `start`."""
        self._connection.execute("BEGIN IMMEDIATE")
        insert = "INSERT INTO chunk (position, received, lines, body) VALUES (?, ?, ?, ?)"
        filled = self._connection.executemany(insert, rows).rowcount
        self._connection.execute("COMMIT")
        self._end = int(self._connection.execute(_END).fetchone()[0])
        return max(0, filled)

    async def run(self, job: Callable[[sqlite3.Connection], T]) -> T:
        """Do something with the file between two commits, on the writing thread, which has the only connection.

        A job that writes is one statement, or a transaction of its own. Raises JournalError.
        """
        if self._loop is None or self._closing:
            raise JournalError("the journal is not open")
        done: asyncio.Future[T] = self._loop.create_future()

        def tell(result: T, error: JournalError | None) -> None:
            if done.done():
                return
            if error is None:
                done.set_result(result)
            else:
                done.set_exception(error)

        self._queue.put(_Work(lambda: job(self._connection), tell))
        return await done

    async def spare(self) -> int:
        """Return the bytes of the file that hold nothing: what was forgotten is written over. Raises JournalError."""
        return await self.run(_spare)

    async def close(self) -> None:
        self._closing = True
        if self._thread is not None:
            assert self._loop is not None
            settled: asyncio.Future[int] = self._loop.create_future()
            if self._writing:
                self._group.tells.append(lambda end, _: _resolve(settled, end))
                await settled
            self._queue.put(None)
            await asyncio.to_thread(self._thread.join)
        self._connection.close()

    def _hand_over(self) -> None:
        """Give the group to the writing thread, and begin the next. Runs on the loop, so groups need no lock."""
        group, self._group = self._group, _Group()
        self._queue.put(_Work(lambda: self._commit(group), lambda end, error: self._written(group, end, error)))

    def _written(self, group: _Group, end: int, error: JournalError | None) -> None:
        """Tell of a group, on the loop; whatever came meanwhile is the next."""
        if self._group.tells:
            self._hand_over()
        else:
            self._writing = False
        for tell in group.tells:
            try:
                tell(end, error)
            except Exception:
                # One who can't hear it must not keep the word from those who wait behind.
                log.exception("somebody could not be told of lines at position %d", end)

    def _run(self) -> None:
        """The writing thread. It takes the interpreter's lock as seldom as it can: a busy loop gives it up slowly."""
        assert self._loop is not None
        while (work := self._queue.get()) is not None:
            result, error = 0, None
            try:
                result = work.job()
            except Exception as e:
                # Whatever it was: a thread that ended here would leave everybody waiting for ever.
                if not isinstance(e, sqlite3.Error):
                    log.exception("cannot write the journal %s", self._path)
                why = f"cannot write the journal {self._path}: {e}"
                error = JournalError(f"{why}. Free disk space or mend the disk; agents keep their data")
                error.__cause__ = e
                if time.monotonic() - self._said >= _SAY_SECONDS:
                    self._said = time.monotonic()
                    log.error("%s", error)
            try:
                self._loop.call_soon_threadsafe(work.tell, result, error)
            except RuntimeError:
                # The loop is closed: nobody waits any more, and what is on disk is read at the next start.
                return

    def _commit(self, group: _Group) -> int:
        """Write a group; return the position of its last row. Whatever it raises: then none of it is there."""
        if not group.blocks:
            return self._end
        began = time.perf_counter()
        received = self._now()
        insert = "INSERT INTO chunk (received, lines, body) VALUES (?, ?, ?)"
        try:
            if self._connection.in_transaction:
                # A rollback failed the last time; a row that came into that transaction now would not be synced.
                self._connection.execute("ROLLBACK")
            rows = [
                (received, lines, self._packer.compress(body, zstd.ZstdCompressor.FLUSH_FRAME))
                for body, lines in _rows(group)
            ]
            if len(rows) == 1:
                end = self._connection.execute(insert, rows[0]).lastrowid
            else:
                self._connection.execute("BEGIN IMMEDIATE")
                for row in rows:
                    end = self._connection.execute(insert, row).lastrowid
                self._connection.execute("COMMIT")
        except Exception as e:
            self.failures += 1
            self.trouble = f"cannot write the journal: {e}"
            # It may have stopped within a frame, which the next body must not go on with.
            self._packer = zstd.ZstdCompressor(options=_OPTIONS)
            if self._connection.in_transaction:
                self._connection.execute("ROLLBACK")
            raise
        # Lines of a large group may lie in several rows; all of them are synced, so the last position speaks for all.
        self._end = int(end or 0)
        self.trouble = ""
        self.commits += 1
        self.commit_seconds += time.perf_counter() - began
        self.lines += group.lines
        self.bytes += group.bytes
        self.stored += sum(len(row[2]) for row in rows)
        return self._end

    def _forget(self, before: int) -> int:
        horizon = self._now() - self._keep_seconds
        return self._connection.execute(
            "DELETE FROM chunk WHERE position IN"
            " (SELECT position FROM chunk WHERE position < ? AND received < ? ORDER BY position LIMIT ?)",
            (before, horizon, _FORGET_ROWS),
        ).rowcount


def _spare(connection: sqlite3.Connection) -> int:
    pages, size = (connection.execute(f"PRAGMA {name}").fetchone()[0] for name in ("freelist_count", "page_size"))
    return int(pages) * int(size)


def _rows(group: _Group) -> Iterator[tuple[bytes, int]]:
    """Give the rows of a group: its blocks joined, up to a bounded size each, with the number of their lines."""
    blocks: list[bytes] = []
    size = lines = 0
    for block, count in group.blocks:
        blocks.append(block)
        size += len(block)
        lines += count
        if size >= _ROW_BYTES:
            yield b"\n".join(blocks), lines
            blocks, size, lines = [], 0, 0
    if blocks:
        yield b"\n".join(blocks), lines


def _resolve(future: "asyncio.Future[int]", result: int) -> None:
    if not future.done():
        future.set_result(result)
