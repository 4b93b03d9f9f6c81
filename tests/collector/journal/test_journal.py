"""The contract of a Journal, run against each implementation; then what SQLite's promises besides."""

import asyncio
import logging
import sqlite3
import subprocess
import sys
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

import pytest
from collecting import ROOT

from driftvakt_collector.journal import Chunk, JournalError
from driftvakt_collector.journal.sqlite import SqliteJournal

Told = list[tuple[str, int, str]]


class Opened:
    """A journal in a folder, opened as often as a test likes. now: what its clock says."""

    def __init__(self, folder: Path, keep_seconds: float = 0.0) -> None:
        self.now = 1000.0
        self._folder = folder
        self._keep = keep_seconds

    def open(self) -> SqliteJournal:
        return SqliteJournal(self._folder / "journal.db", keep_seconds=self._keep, now=lambda: self.now)

    def run(self, work: Callable[[SqliteJournal], Awaitable[None]]) -> None:
        """Open it, start it, do the work, close it."""

        async def all_of_it() -> None:
            journal = self.open()
            journal.start()
            try:
                async with asyncio.timeout(20):
                    await work(journal)
            finally:
                await journal.close()

        asyncio.run(all_of_it())

    def chunks(self, after: int = 0) -> list[Chunk]:
        async def read() -> list[Chunk]:
            journal = self.open()
            found = list(journal.read(after))
            await journal.close()
            return found

        return asyncio.run(read())

    def lines(self) -> list[bytes]:
        return [line for chunk in self.chunks() for line in chunk.lines]


@pytest.fixture(params=[pytest.param(Opened, id="SQLite")])
def opened(request: pytest.FixtureRequest, tmp_path: Path) -> Opened:
    made: Opened = request.param(tmp_path)
    return made


async def kept(journal: SqliteJournal, *lines: bytes) -> int:
    """Append and wait; raise what the journal says."""
    future: asyncio.Future[int] = asyncio.get_running_loop().create_future()

    def tell(position: int, error: JournalError | None) -> None:
        if error is None:
            future.set_result(position)
        else:
            future.set_exception(error)

    journal.append(lines, tell)
    return await future


def test_lines_come_back_in_their_order(opened: Opened) -> None:
    async def work(journal: SqliteJournal) -> None:
        assert journal.end() == 0
        first = await kept(journal, b"a", b"b")
        opened.now = 1001.0
        second = await kept(journal, "å\u2028".encode())
        assert (0 < first < second, journal.end()) == (True, second)

    opened.run(work)

    chunks = opened.chunks()
    assert [chunk.lines for chunk in chunks] == [[b"a", b"b"], ["å\u2028".encode()]]
    assert [chunk.received for chunk in chunks] == [1000.0, 1001.0]
    assert [chunk.position for chunk in opened.chunks(chunks[0].position)] == [chunks[1].position]


def test_appends_that_wait_together_are_one_chunk_and_told_in_order(opened: Opened) -> None:
    told: Told = []

    async def work(journal: SqliteJournal) -> None:
        for number in range(50):
            journal.append([b"%d" % number], lambda end, error, n=number: told.append((str(n), end, str(error or ""))))  # type: ignore[misc]
        await kept(journal)

    opened.run(work)

    assert [name for name, _, _ in told] == [str(number) for number in range(50)]
    assert len({end for _, end, _ in told}) == 1
    assert opened.lines() == [b"%d" % number for number in range(50)]


def test_no_lines_are_told_after_all_that_was_handed_over_before(opened: Opened) -> None:
    told: Told = []

    async def work(journal: SqliteJournal) -> None:
        journal.append([b"a"], lambda end, _: told.append(("a", end, "")))
        journal.append([], lambda end, _: told.append(("none", end, "")))
        await kept(journal, b"b")
        journal.append([], lambda end, _: told.append(("none", end, "")))
        await kept(journal)

    opened.run(work)

    assert [name for name, _, _ in told] == ["a", "none", "none"]
    assert told[0][1] == told[1][1] <= told[2][1]


def test_a_group_of_many_megabytes_is_told_once_all_of_it_is_there(opened: Opened) -> None:
    lines = [b"%07d" % number + b"x" * 2_000_000 for number in range(9)]
    ends: list[int] = []

    async def work(journal: SqliteJournal) -> None:
        for line in lines:
            journal.append([line], lambda end, _: ends.append(end))
        assert await kept(journal) == journal.end()

    opened.run(work)

    assert opened.lines() == lines
    assert set(ends) == {opened.chunks()[-1].position}


def test_close_settles_what_was_handed_over(opened: Opened) -> None:
    told: Told = []

    async def work(journal: SqliteJournal) -> None:
        journal.append([b"a"], lambda end, error: told.append(("a", end, str(error or ""))))

    opened.run(work)

    assert [(name, error) for name, _, error in told] == [("a", "")]
    assert opened.lines() == [b"a"]


def test_after_close_nothing_is_taken(opened: Opened) -> None:
    told: list[JournalError | None] = []

    async def work() -> None:
        journal = opened.open()
        journal.start()
        await journal.close()
        journal.append([b"a"], lambda _, error: told.append(error))

    asyncio.run(work())

    assert isinstance(told[0], JournalError)
    assert opened.lines() == []


def test_forget_drops_what_is_read_and_past_retention_and_no_position_comes_again(opened: Opened) -> None:
    async def work(journal: SqliteJournal) -> None:
        ends = [await kept(journal, b"%d" % number) for number in range(200)]
        opened.now = 1001.0
        gone = 0
        while (some := await journal.forget(ends[150])) > 0:
            gone += some
        assert gone == 150
        assert await journal.forget(ends[150]) == 0
        while await journal.forget(ends[-1] + 1):
            pass
        assert await kept(journal, b"after") > ends[-1]

    opened.run(work)

    assert opened.lines() == [b"after"]


def test_what_is_within_retention_stays(tmp_path: Path) -> None:
    opened = Opened(tmp_path, keep_seconds=60.0)

    async def work(journal: SqliteJournal) -> None:
        await kept(journal, b"old")
        opened.now += 61.0
        end = await kept(journal, b"new")
        assert await journal.forget(end + 1) == 1

    opened.run(work)

    assert opened.lines() == [b"new"]


def test_the_end_is_known_after_all_was_forgotten(opened: Opened) -> None:
    ends: list[int] = []

    async def work(journal: SqliteJournal) -> None:
        ends.append(await kept(journal, b"a"))
        opened.now += 1.0
        assert await journal.forget(ends[0] + 1) == 1

    async def again(journal: SqliteJournal) -> None:
        assert journal.end() == ends[0]

    opened.run(work)
    opened.run(again)


# --- what goes wrong ---


def test_what_cannot_be_written_is_told_and_not_kept_and_later_lines_are(
    opened: Opened, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    async def work(journal: SqliteJournal) -> None:
        await kept(journal, b"before")
        for fault in (sqlite3.OperationalError("disk I/O error"), MemoryError("no memory")):
            with monkeypatch.context() as patched, caplog.at_level(logging.CRITICAL):
                patched.setattr(journal, "_connection", _Failing(journal._connection, fault))
                with pytest.raises(JournalError, match=r"cannot write the journal .*; agents keep their data"):
                    await kept(journal, b"lost")
                assert journal.trouble
        await kept(journal, b"after")
        assert (journal.trouble, journal.failures) == ("", 2)

    opened.run(work)

    assert opened.lines() == [b"before", b"after"]


class _Failing:
    """A connection that begins a transaction and then fails."""

    def __init__(self, connection: sqlite3.Connection, fault: Exception) -> None:
        self._connection = connection
        self._fault = fault

    @property
    def in_transaction(self) -> bool:
        return self._connection.in_transaction

    def execute(self, statement: str, *values: object) -> sqlite3.Cursor:
        if not statement.startswith("INSERT"):
            return self._connection.execute(statement)
        self._connection.execute("BEGIN IMMEDIATE")
        self._connection.execute(statement, *values)  # type: ignore[arg-type]
        raise self._fault


def _fail(_position: int, _error: JournalError | None) -> None:
    raise ZeroDivisionError


def test_one_who_fails_at_being_told_does_not_keep_it_from_others(
    opened: Opened, caplog: pytest.LogCaptureFixture
) -> None:
    async def work(journal: SqliteJournal) -> None:
        with caplog.at_level(logging.CRITICAL):
            journal.append([b"a"], _fail)
            await kept(journal, b"b")

    opened.run(work)

    assert opened.lines() == [b"a", b"b"]


def test_a_damaged_chunk_is_passed_over(opened: Opened, tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    async def work(journal: SqliteJournal) -> None:
        for line in (b"a", b"b", b"c"):
            await kept(journal, line)

    opened.run(work)
    with sqlite3.connect(tmp_path / "journal.db") as connection:
        connection.execute("UPDATE chunk SET body = x'00010203' WHERE position = 2")
    connection.close()

    assert opened.lines() == [b"a", b"c"]
    assert "chunk 2" in caplog.text


def test_a_second_collector_is_refused(opened: Opened, monkeypatch: pytest.MonkeyPatch) -> None:
    connect: Any = sqlite3.connect
    monkeypatch.setattr(sqlite3, "connect", lambda *args, **told: connect(*args, **told, timeout=0.01))

    async def work(journal: SqliteJournal) -> None:
        with pytest.raises(JournalError, match="Is another collector running on this data directory"):
            opened.open()
        await kept(journal, b"a")

    opened.run(work)


_FULL = """
import asyncio, resource, signal, sys
from pathlib import Path
from typing import Any
from driftvakt_collector.journal.sqlite import SqliteJournal

async def kept(journal, line):
    future = asyncio.get_running_loop().create_future()
    journal.append([line], lambda end, error: future.set_result(error))
    return await future

async def main():
    journal = SqliteJournal(Path(sys.argv[1]))
    journal.start()
    signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    resource.setrlimit(resource.RLIMIT_FSIZE, (800_000, resource.RLIM_INFINITY))
    noise = Path("/dev/urandom").open("rb")
    kept_lines = []
    errors = 0
    while errors < 3:
        line = noise.read(15_000).hex().encode()
        if await kept(journal, line) is None:
            kept_lines.append(line)
        else:
            errors += 1
    resource.setrlimit(resource.RLIMIT_FSIZE, (resource.RLIM_INFINITY, resource.RLIM_INFINITY))
    assert journal.trouble
    assert await kept(journal, b"after") is None
    await journal.close()
    journal = SqliteJournal(Path(sys.argv[1]))
    assert [line for chunk in journal.read(0) for line in chunk.lines] == [*kept_lines, b"after"]
    assert len(kept_lines) > 3
    await journal.close()

asyncio.run(main())
"""


@pytest.mark.skipif(sys.platform != "linux", reason="limits the size of files")
def test_a_full_disk_loses_nothing_that_was_told_and_ends_when_there_is_space(tmp_path: Path) -> None:
    paths = f"{ROOT / 'agent'}:{ROOT / 'collector'}"
    done = subprocess.run(
        [sys.executable, "-W", "error", "-c", _FULL, str(tmp_path / "journal.db")],
        capture_output=True, text=True, env={"PYTHONPATH": paths}, check=False, timeout=60,
    )  # fmt: skip

    assert done.returncode == 0, done.stderr
