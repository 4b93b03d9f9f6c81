"""A lane of the relay's spool: what is dropped is gone, and what is damaged costs only itself."""

import asyncio
import sqlite3
from collections.abc import Awaitable, Callable
from pathlib import Path
from random import Random

import pytest

from driftvakt_collector.relay.lane import Lane, Row
from driftvakt_collector.relay.spool import Disk, Spool
from driftvakt_collector.relay.window import Window


def run(path: Path, work: Callable[[Lane], Awaitable[None]], now: float = 1000.0) -> None:
    async def all_of_it() -> None:
        lane = Lane(path, lambda: now)
        await lane.start()
        try:
            async with asyncio.timeout(20):
                await work(lane)
        finally:
            await lane.close()

    asyncio.run(all_of_it())


def lines_of(rows: list[Row]) -> list[bytes]:
    return [line for row in rows for line in row.lines or ()]


def test_what_was_handed_on_is_dropped_and_no_longer_counted(tmp_path: Path) -> None:
    async def work(lane: Lane) -> None:
        first = await lane.append([b"a", b"b"])
        await lane.append([b"c"])
        assert lane.lines == 3
        lane.drop(first)
        assert lines_of(await lane.fetch(0, 1 << 20)) == [b"c"]
        assert lane.lines == 1

    run(tmp_path / "live.db", work)


def test_sizes_are_known_again_after_a_start(tmp_path: Path) -> None:
    sizes = []

    async def fill(lane: Lane) -> None:
        await lane.append([Random(1).randbytes(100_000).hex().encode(), b"b"])
        await lane.measure()
        sizes.append((lane.lines, lane.size))

    async def look(lane: Lane) -> None:
        sizes.append((lane.lines, lane.size))
        assert await lane.oldest() == 1000.0

    run(tmp_path / "live.db", fill)
    run(tmp_path / "live.db", look, now=2000.0)

    assert sizes[0] == sizes[1]
    assert sizes[0][0] == 2
    assert 90_000 < sizes[0][1] < 150_000


def test_a_flipped_bit_costs_its_row_only(tmp_path: Path) -> None:
    path = tmp_path / "live.db"

    async def fill(lane: Lane) -> None:
        for name in (b"a", b"b", b"c"):
            await lane.append([name * 50])

    run(path, fill)
    connection = sqlite3.connect(path)
    (body,) = connection.execute("SELECT body FROM chunk WHERE position = 2").fetchone()
    broken = bytearray(body)
    broken[len(broken) // 2] ^= 1
    connection.execute("UPDATE chunk SET body = ? WHERE position = 2", (bytes(broken),))
    connection.commit()
    connection.close()

    async def look(lane: Lane) -> None:
        rows = await lane.fetch(0, 1 << 20)
        assert [row.lines for row in rows] == [[b"a" * 50], None, [b"c" * 50]]
        assert rows[1].many == 1

    run(path, look)


def test_a_torn_page_costs_what_lay_on_it_and_the_rest_is_read(tmp_path: Path) -> None:
    path = tmp_path / "live.db"
    # Chance can't be packed, so that many pages are needed.
    lines = [Random(number).randbytes(1500).hex().encode() for number in range(200)]

    async def fill(lane: Lane) -> None:
        for line in lines:
            await lane.append([line])

    run(path, fill)
    pages = path.stat().st_size // 16384
    assert pages > 3
    with path.open("r+b") as file:
        file.seek((pages - 1) * 16384)
        file.write(b"\xff" * 16384)
    found: list[bytes] = []

    async def look(lane: Lane) -> None:
        rows = await lane.fetch(0, 1 << 20)
        found.extend(lines_of(rows))
        assert lane.lines == len(found)
        assert await lane.append([b"new"]) > rows[-1].position

    run(path, look)

    assert len(lines) * 0.8 < len(found) < len(lines)
    assert found == [line for line in lines if line in set(found)]
    assert [one.name for one in tmp_path.glob("live.db.damaged-*")] == ["live.db.damaged-1000"]


def test_a_file_that_is_no_database_is_put_aside(tmp_path: Path) -> None:
    path = tmp_path / "live.db"
    path.write_bytes(b"this is no database at all" * 1000)

    async def work(lane: Lane) -> None:
        await lane.append([b"a"])
        assert lane.lines == 1

    run(path, work)
    assert [one.name for one in tmp_path.glob("live.db.damaged-*")] == ["live.db.damaged-1000"]


def test_the_window_holds_a_row_as_a_whole_or_not_at_all() -> None:
    window = Window(100, 30.0)
    window.add(1, [b"a" * 60], 0.0)
    window.add(2, [b"b" * 60], 0.0)
    window.add(1, [b"late"], 0.0)

    assert [entry.position for entry in window.waiting()] == [2]
    window.trim(31.0)
    assert (len(window), window.bytes, window.lines) == (0, 0, 0)


def test_what_is_on_its_way_does_not_leave_the_window() -> None:
    window = Window(100, 30.0)
    window.add(1, [b"a" * 60], 0.0)
    window.waiting()[0].busy = True
    window.add(2, [b"b" * 60], 100.0)

    assert [entry.position for entry in window.waiting()] == [1, 2]


@pytest.mark.parametrize(
    ("free", "word"),
    [
        pytest.param(10 << 30, "", id="there is room"),
        pytest.param(4 << 30, "free", id="a twentieth of the disk stays free"),
    ],
)
def test_the_disk_is_looked_at(tmp_path: Path, free: int, word: str) -> None:
    async def all_of_it() -> str:
        spool = Spool(tmp_path, 100 << 20, 0, lambda: 0.0, lambda _: Disk(free, 100 << 30))
        await spool.start()
        trouble = spool.trouble
        await spool.close()
        return trouble

    said = asyncio.run(all_of_it())

    assert word in said
    assert bool(said) == bool(word)
