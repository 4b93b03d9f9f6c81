"""A lane of the spool: a journal whose rows are dropped once they were handed on."""

import asyncio
import logging
import sqlite3
from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path
from typing import NamedTuple

from backports import zstd

from driftvakt_collector.journal import JournalError
from driftvakt_collector.relay.salvage import is_damage, mend, opened

log = logging.getLogger(__name__)

_LOOK = 256
"""Rows that are looked for one by one where the file is damaged."""
_AT_ONCE = 500
_EMPTY_PAGES = 3
"""Pages of a file without rows."""


class Row(NamedTuple):
    """Lines that were synced together. lines: None where the row is damaged; many: how many they are or were."""

    position: int
    received: float
    many: int
    lines: list[bytes] | None


class _Pages(NamedTuple):
    """Bytes of the file's pages that hold something, and of those that wait for something."""

    used: int
    spare: int


class Lane:
    """Lines on disk in the order in which they came. Open it, `start` it on the running loop, then use it.

    full: why nothing may be appended now, empty when it may; its owner sets it.
    """

    def __init__(self, path: Path, now: Callable[[], float]) -> None:
        self._path = path
        self.journal = opened(path, now)
        self._now = now
        self._lines = self._gone = self._stored = 0
        self._pages = _Pages(0, 0)
        self._drops: list[int] = []
        self._flushing = asyncio.Lock()
        self._passed = 0
        self._broken: set[int] = set()
        self.full = ""

    async def start(self) -> None:
        """Begin to write, and count what is there. Raises JournalError."""
        self.journal.start()
        try:
            self._lines = await self.journal.run(_census)
        except JournalError as e:
            if not is_damage(e.__cause__):
                raise
            await self.journal.close()
            self.journal = mend(self._path, self._now)
            self.journal.start()
            self._lines = await self.journal.run(_census)
        await self.measure()

    async def measure(self) -> None:
        """See how large the file is. Raises JournalError."""
        stored = self.journal.stored
        self._pages = await self.journal.run(_pages)
        self._stored = stored

    @property
    def lines(self) -> int:
        """Return how many lines wait."""
        return self._lines + self.journal.lines - self._gone

    @property
    def size(self) -> int:
        """Return how many bytes of the disk they take, as it was measured and with what came since."""
        return self._pages.used + self.journal.stored - self._stored

    async def append(self, lines: Sequence[bytes]) -> int:
        """Keep lines; return their position once they are synced. Raises JournalError."""
        kept: asyncio.Future[int] = asyncio.get_running_loop().create_future()

        def tell(position: int, error: JournalError | None) -> None:
            if kept.done():
                return
            if error is None:
                kept.set_result(position)
            else:
                kept.set_exception(error)

        self.journal.append(lines, tell)
        return await kept

    def drop(self, position: int) -> None:
        """Drop a row at the next `flush`."""
        self._drops.append(position)

    async def flush(self) -> None:
        """Drop what shall be dropped. Raises JournalError; then it is tried again."""
        async with self._flushing:
            while self._drops:
                some = self._drops[:_AT_ONCE]
                self._gone += await self.journal.run(partial(_drop, positions=some))
                del self._drops[: len(some)]

    async def fetch(self, after: int, size: int) -> list[Row]:
        """Return the oldest rows past a position: at least one where there is one, and about `size` bytes at most.

        Where the disk is too full to drop what was handed on, that is passed over, and the rest can still be handed on.
        """
        try:
            await self.flush()
        except JournalError as e:
            log.warning("%s", e)
        start = max(after, self._passed)
        dropped = frozenset(self._drops)
        while True:
            found = await self.journal.run(partial(_fetch, after=start, size=size))
            rows = await self._around(start) if found is None else found
            good = [row for row in rows if row.position not in dropped]
            if good or not rows:
                return good
            start = rows[-1].position

    async def _around(self, start: int) -> list[Row]:
        """Return the rows that can be read around a broken page, and once each that can't."""
        end = min(start + _LOOK, self.journal.end())
        if not self._broken:
            log.error("the spool %s is damaged; what can be read is read, and its next start mends it", self._path)
        rows = await self.journal.run(lambda connection: _pick(connection, start, end))
        good = [row for row in rows if row.lines is not None or row.position not in self._broken]
        self._broken.update(row.position for row in rows if row.lines is None)
        if not any(row.lines is not None for row in rows):
            # What can't be read can't be deleted either, so from now on we begin behind it.
            self._passed = end
            self._broken.clear()
        return good

    async def oldest(self) -> float | None:
        """Return when the oldest line was received, None where there is none."""
        return await self.journal.run(_oldest)

    def spare(self) -> int:
        """Return the bytes that it can still take in without a larger file; less than 0 when it will grow by itself.

        That is what its log holds and must go into the file.
        """
        try:
            size = self._path.stat().st_size
        except OSError:
            size = 0
        grows = max(0, self._pages.used + self._pages.spare - size)
        return self._pages.spare - grows

    async def close(self) -> None:
        """Write down what is waiting, and let go of the file."""
        try:
            await self.flush()
        except JournalError:
            # What was handed on and could not be dropped is handed on again.
            self._drops.clear()
        await self.journal.close()


def _census(connection: sqlite3.Connection) -> int:
    # Four lanes have a log each, and none of them grows past 4 MB or so.
    connection.execute("PRAGMA wal_autocheckpoint=256").close()
    return int(connection.execute("SELECT coalesce(sum(lines), 0) FROM chunk").fetchone()[0])


def _pages(connection: sqlite3.Connection) -> _Pages:
    size, count, free = (
        connection.execute(f"PRAGMA {name}").fetchone()[0] for name in ("page_size", "page_count", "freelist_count")
    )
    return _Pages(max(0, count - free - _EMPTY_PAGES) * size, free * size)


def _oldest(connection: sqlite3.Connection) -> float | None:
    row = connection.execute("SELECT received FROM chunk ORDER BY position LIMIT 1").fetchone()
    return None if row is None else float(row[0])


def _drop(connection: sqlite3.Connection, positions: Sequence[int]) -> int:
    marks = ",".join("?" * len(positions))
    # Only question marks are put in.
    deleted = connection.execute(
        f"DELETE FROM chunk WHERE position IN ({marks}) RETURNING lines",  # noqa: S608
        positions,
    ).fetchall()
    return sum(row[0] for row in deleted)


_COLUMNS = "position, received, lines, body"


def _fetch(connection: sqlite3.Connection, after: int, size: int) -> list[Row] | None:
    """Return rows, or None where the file is broken right behind `after`."""
    rows: list[Row] = []
    got = 0
    try:
        cursor = connection.execute(f"SELECT {_COLUMNS} FROM chunk WHERE position > ? ORDER BY position", (after,))  # noqa: S608
        for found in cursor:
            row = _row(found)
            rows.append(row)
            got += sum(map(len, row.lines or ()))
            if got >= size:
                break
        cursor.close()
    except sqlite3.OperationalError:
        raise
    except sqlite3.DatabaseError:
        # The broken place is met again when the rows before it are gone.
        return rows or None
    return rows


def _pick(connection: sqlite3.Connection, after: int, end: int) -> list[Row]:
    """Return the rows up to `end` that can be read one by one, and those that can't as damaged."""
    rows: list[Row] = []
    for position in range(after + 1, end + 1):
        try:
            found = connection.execute(f"SELECT {_COLUMNS} FROM chunk WHERE position = ?", (position,)).fetchone()  # noqa: S608
        except sqlite3.DatabaseError:
            rows.append(Row(position, 0.0, 1, None))
            continue
        if found is not None:
            rows.append(_row(found))
    return rows


def _row(found: tuple[int, float, int, bytes]) -> Row:
    position, received, count, body = found
    try:
        lines = zstd.decompress(body).split(b"\n")
    except (zstd.ZstdError, TypeError):
        return Row(position, received, count, None)
    return Row(position, received, count, lines)
