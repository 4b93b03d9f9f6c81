"""What a relay says itself: each line with its number, many of them by one sync, and none lost between."""

import asyncio
from collections.abc import Awaitable, Callable
from pathlib import Path

import pytest

from driftvakt_collector.journal import JournalError
from driftvakt_collector.journal.line import decode_envelope
from driftvakt_collector.relay.own import Own
from driftvakt_collector.relay.spool import Spool
from driftvakt_collector.relay.voice import Voice

KEY = b"k" * 32


def play(folder: Path, work: Callable[[Voice, Spool], Awaitable[None]]) -> list[int]:
    """Let somebody speak; return the numbers of the lines that are on disk then."""
    folder.mkdir(exist_ok=True)

    async def all_of_it() -> list[int]:
        spool = Spool(folder, 10**8, 0, lambda: 1.0)
        own = Own(folder / "own.json", "r-1", 1, KEY)
        await spool.start()
        try:
            await work(Voice(own, spool, lambda: None, lambda: 1.0), spool)
            rows = await spool.live.fetch(0, 10**8)
            return [decode_envelope(line).seq for row in rows for line in row.lines or ()]
        finally:
            await spool.close()

    return asyncio.run(all_of_it())


def event(number: int) -> bytes:
    return b'{"kind":"event","at":1.0,"name":"n","text":"%d"}' % number


def test_many_who_speak_at_once_are_kept_by_few_syncs(tmp_path: Path) -> None:
    commits = []

    async def work(voice: Voice, spool: Spool) -> None:
        before = spool.live.journal.commits
        told = await asyncio.gather(*(voice.tell(event(one), event(-one)) for one in range(600)))
        assert all(told)
        commits.append(spool.live.journal.commits - before)

    assert play(tmp_path / "spool", work) == list(range(1, 1201))
    assert commits[0] <= 5


def test_what_the_disk_does_not_take_is_said_later_and_in_order(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def work(voice: Voice, spool: Spool) -> None:
        whole = spool.live.append

        async def fail(_lines: object) -> int:
            raise JournalError("no room")

        monkeypatch.setattr(spool.live, "append", fail)
        assert await voice.tell(*map(event, range(60)))
        assert await voice.tell(*map(event, range(10)))
        # So much waits now that no more is taken in: it has no numbers, so nothing is missing of it.
        assert not await voice.tell(event(1))
        monkeypatch.setattr(spool.live, "append", whole)
        assert not await voice.tell(event(2))
        assert await voice.tell(event(3))

    assert play(tmp_path / "spool", work) == list(range(1, 72))


def test_a_number_that_can_not_be_written_down_is_not_used(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*_: object) -> None:
        raise OSError(28, "No space left on device")

    async def work(voice: Voice, _spool: Spool) -> None:
        with monkeypatch.context() as patch:
            patch.setattr("driftvakt_collector.relay.own._save", fail)
            assert not await voice.tell(event(1))
        assert await voice.tell(event(2))

    assert play(tmp_path / "spool", work) == [1]
