"""A disk that fills, and hosts that would fill it: nothing is lost, and the operator reads why nothing is taken."""

import asyncio
import json
import os
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from collecting import Sender, host_row, prepare
from doors import Gate

from driftvakt_collector import intake
from driftvakt_collector.app import App
from driftvakt_collector.config import Config
from driftvakt_collector.journal.line import decode
from driftvakt_collector.journal.sqlite import SqliteJournal
from driftvakt_collector.store import feed
from driftvakt_wire.records import Event, Report

MORE_THAN_THERE_IS = 10_000_000


async def answer(app: App, line: bytes) -> tuple[int, dict[str, Any]]:
    told: asyncio.Future[tuple[int, bytes]] = asyncio.get_running_loop().create_future()
    app.door.take(line, b"", lambda status, body: told.set_result((status, body)))
    status, body = await told
    return status, json.loads(body)


def test_a_disk_that_is_nearly_full_takes_no_more_and_says_so(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    (sender,) = prepare(tmp_path / "data", [host_row(1)])
    line = sender.line(Event(1.0, "agent.start"))

    async def live() -> None:
        app = App(Config(data=tmp_path / "data"))
        await app.start()
        roomy = app.config
        app.config = replace(roomy, disk_free_mb=MORE_THAN_THERE_IS)
        before = app.fleet.healthy_since
        await app._refresh_hosts()

        status, told = await answer(app, line)

        assert (status, "keep the lines" in told["error"]) == (503, True)
        assert "MB are free on the disk of" in app._why_not_ready()
        assert app.fleet.healthy_since > before
        app.config = roomy
        await app._refresh_hosts()
        assert (await answer(app, line))[0] == 200
        assert app._why_not_ready() == ""
        await app.stop()

    asyncio.run(live())

    said = [record.getMessage() for record in caplog.records]
    assert any("no records are taken: only" in text and "'disk_free_mb'" in text for text in said)
    assert "there is room on the disk again; records are taken" in said


def test_what_happened_long_ago_is_let_go_of_daily(tmp_path: Path) -> None:
    (sender,) = prepare(tmp_path / "data", [host_row(1)])
    clock = [1_700_000_000.0]

    async def live() -> None:
        app = App(Config(data=tmp_path / "data", events_days=10), lambda: clock[0], lambda: clock[0])
        await app.start()
        await answer(app, sender.line(Event(1.0, "first")))
        clock[0] += 9 * 86_400
        await answer(app, sender.line(Event(1.0, "second")))
        await app._flush()
        await asyncio.to_thread(app.daily)
        assert app.store.read(feed.count_events) == 2
        clock[0] += 2 * 86_400
        await asyncio.to_thread(app.daily)
        left = app.store.read(lambda connection: feed.recent_events(connection, sender.origin))
        assert [event.name for event in left] == ["second"]
        await app.stop()

    asyncio.run(live())


def test_one_host_does_not_fill_the_store_with_events(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(intake, "MAX_EVENTS", 5)
    gate = Gate(2)

    def events(sender: Sender, count: int) -> int:
        status, told = gate.send(*(sender.line(Event(1.0, "loop")) for _ in range(count)))
        assert status == 200
        return int(told["accepted"])

    assert events(gate.senders[0], 8) == 8
    assert events(gate.senders[1], 2) == 2
    assert gate.intake.counts.ignored == {"too many events": 3}
    assert len(gate.intake.batch.events) == 7
    gate.now += 3600
    assert events(gate.senders[0], 1) == 1
    assert len(gate.intake.batch.events) == 8


def test_a_backlog_of_another_hour_does_not_begin_the_count_anew(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(intake, "MAX_EVENTS", 5)
    gate = Gate(2)
    first, second = gate.senders

    for _ in range(3):
        lines = [decode(first.line(Event(1.0, "loop"))) for _ in range(4)]
        gate.intake.apply([(gate.fleet.hosts[first.origin], line) for line in lines], 1)
        old = decode(second.line(Event(1.0, "old")))
        gate.intake.apply([(gate.fleet.hosts[second.origin], old)], 1, via="r-1", age=7200.0)

    assert len(gate.intake.batch.events) == 5 + 3


def test_room_in_the_journal_is_room(tmp_path: Path) -> None:
    (sender,) = prepare(tmp_path / "data", [host_row(1)])
    free = [10**9]

    async def live(monkeypatch: pytest.MonkeyPatch) -> None:
        app = App(Config(data=tmp_path / "data", disk_free_mb=100))
        monkeypatch.setattr("driftvakt_collector.app.shutil.disk_usage", lambda _: SimpleNamespace(free=free[0]))
        spare = [0]
        app.journal.spare = lambda: asyncio.sleep(0, spare[0])  # type: ignore[method-assign]
        await app.start()

        async def taken() -> bool:
            await app._refresh_hosts()
            return (await answer(app, sender.line(Event(1.0, "x"))))[0] == 200

        told = [await taken()]
        free[0] = 50_000_000
        told.append(await taken())
        spare[0] = 60_000_000
        told.append(await taken())
        free[0] = 9_000_000
        told.append(await taken())
        await app.stop()
        assert told == [True, False, True, False]

    with pytest.MonkeyPatch.context() as monkeypatch:
        asyncio.run(live(monkeypatch))


def test_the_journal_tells_what_of_its_file_holds_nothing(tmp_path: Path) -> None:
    async def live() -> None:
        journal = SqliteJournal(tmp_path / "journal.db", keep_seconds=0.0, now=lambda: 1000.0)
        journal.start()
        assert await journal.spare() == 0
        for _ in range(20):
            done: asyncio.Future[int] = asyncio.get_running_loop().create_future()
            journal.append([os.urandom(50_000)], lambda end, _, done=done: done.set_result(end))  # type: ignore[misc]
            await done
        await journal.forget(journal.end())
        assert await journal.spare() >= 0
        before = await journal.spare()
        journal._now = lambda: 5000.0
        await journal.forget(journal.end())
        assert await journal.spare() >= max(before, 800_000)
        await journal.close()

    asyncio.run(live())


def test_reports_go_on_when_events_are_too_many(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(intake, "MAX_EVENTS", 1)
    gate = Gate(1)
    (sender,) = gate.senders

    gate.send(*(sender.line(Event(1.0, "loop")) for _ in range(3)), sender.line(Report(1.0, 1.0, "b2:00", (1.0,))))

    assert gate.intake.counts.reports == 1
