"""The collector of a simulated world: the real App on virtual time, with a disk that outlives it."""

import asyncio
import logging
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from random import Random
from typing import Any, ClassVar

from world_book import Book
from world_journal import Inline
from world_net import Reply, Request
from world_time import InlineThread, VirtualLoop, put

from driftvakt_collector import app as app_module
from driftvakt_collector.app import App
from driftvakt_collector.config import Config, Zone
from driftvakt_collector.ingest.carriage import Head
from driftvakt_collector.ingest.entrance import RETRY_SECONDS
from driftvakt_collector.intake import Intake
from driftvakt_collector.store import hosts
from driftvakt_collector.store.engine import Store
from driftvakt_collector.store.hosts import HostRow

ZONES = ("adm", "edu")
WALL = 1_764_000_000.0
"""What the world's clock says when it begins."""
BOOTED = 50_000.0
"""How long the machines have run by then."""


class Inlined(Store):
    """A store without a thread, whose tables are made once."""

    _made: ClassVar[set[str]] = set()

    def __init__(self, url: str) -> None:
        super().__init__(url)
        self._thread = InlineThread()  # type: ignore[assignment]
        self._url = url

    def migrate(self) -> None:
        if self._url not in Inlined._made:
            Inlined._made.add(self._url)
            super().migrate()


class Watched(Intake):
    """An intake that tells the book what it takes as new."""

    book: Book

    def _apply(self, host: Any, line: Any, now: float, wall: float) -> None:
        envelope = line.envelope
        if self._for_fleet and not host.ledger.has(envelope.epoch, envelope.seq):
            self.book.applying((envelope.origin, envelope.epoch, envelope.seq))
        super()._apply(host, line, now, wall)


class CollectorNode:
    """name: of the machine. skew: seconds by which its wall clock is wrong."""

    def __init__(self, loop: VirtualLoop, chance: Random, book: Book, folder: Path, rows: list[HostRow]) -> None:
        self.name = "collector"
        self._loop = loop
        self._chance = chance
        self._book = book
        self.folder = folder
        self.skew = 0.0
        self.app: App | None = None
        self.ready = False
        self.frozen_until = 0.0
        self.full = False
        self._open: dict[int, Callable[[Reply | None], None]] = {}
        self._numbers = 0
        self._tasks: list[asyncio.Task[None]] = []
        zones = tuple(Zone(zone, privacy="edu" if zone == "edu" else "full") for zone in ZONES)
        self.config = Config(folder, zones=zones, journal_hours=24.0 * 31, snapshot_seconds=300.0)
        (folder / "zones").mkdir(parents=True)
        self.masters = {zone: chance.randbytes(32) for zone in ZONES}
        for zone, master in self.masters.items():
            (folder / "zones" / f"{zone}.key").write_text(master.hex(), "ascii")
        self._zone_of = {row.origin: row.zone for row in rows}
        store = Inlined(self.config.store_url())
        store.migrate()
        store.write_now(lambda connection: hosts.save(connection, rows, datetime.fromtimestamp(WALL, UTC)))
        store.close()

    @property
    def up(self) -> bool:
        return self.ready

    def monotonic(self) -> float:
        return self._loop.time() + BOOTED

    def wall(self) -> float:
        return WALL + self._loop.time() + self.skew

    # --- its life ---

    def start(self) -> None:
        """Start the process; it is ready a moment later."""
        if self.app is not None:
            return
        self._book.note("collector starts")
        self._book.applied.clear()
        self.app = App(self.config, now=self.monotonic, wall=self.wall)
        journal = self.app.journal
        assert isinstance(journal, Inline)
        journal.full = self.full
        journal.dies = self.crash
        self._entrances = {zone.name: self.app.zone(zone).entrance for zone in self.config.zones}
        self._tasks = [self._loop.create_task(self._begin(self.app))]

    async def _begin(self, app: App) -> None:
        await app.start()
        self.ready = True

    def crash(self) -> None:
        """The process ends here; what is synced stays."""
        app, self.app, self.ready = self.app, None, False
        if app is None:
            return
        self._book.note("collector dies")
        for task in (*app._tasks, *self._tasks):
            task.cancel()
        assert isinstance(app.journal, Inline)
        app.journal.drop()
        app.store.close()
        self._hang_up()

    async def stop(self) -> None:
        """Stop the process in order."""
        app, self.ready = self.app, False
        if app is None:
            return
        self._hang_up()
        await app.stop()
        self.app = None
        self._book.note("collector stopped")

    def _hang_up(self) -> None:
        waiting, self._open = self._open, {}
        for reply in waiting.values():
            reply(None)

    def set_full(self, full: bool) -> None:
        self.full = full
        if self.app is not None:
            assert isinstance(self.app.journal, Inline)
            self.app.journal.full = full

    def calm(self) -> None:
        """It shall not die any more."""
        if self.app is None:
            self.start()
        assert self.app is not None
        assert isinstance(self.app.journal, Inline)
        self.app.journal.die_after = self.app.journal.die_before = False

    # --- requests ---

    def entrance(self, zone: str) -> "Entrance":
        """Return the server that stands at a zone's address."""
        return Entrance(self, zone)

    def take(self, zone: str, request: Request, address: str, reply: Callable[[Reply | None], None]) -> None:
        if self._loop.time() < self.frozen_until:
            self._loop.call_at(self.frozen_until + 0.01, self.take, zone, request, address, reply)
            return
        if not self.ready or self.app is None:
            reply(None)
            return
        self._numbers += 1
        number = self._numbers
        self._open[number] = reply

        def told(status: int, answer: bytes) -> None:
            waits = self._open.pop(number, None)
            if waits is None:
                return
            for _, key in self._book.answered("collector", status, answer, request.body, request.encoding):
                if self._zone_of.get(key[0]) != zone:
                    self._book.fail(f"{key[0]} of zone {self._zone_of.get(key[0])} was accepted at the door of {zone}")
            self._book.count(f"answers {status}")
            waits(Reply(status, answer, float(RETRY_SECONDS) if status in (429, 503) else 0.0))

        head = Head(address, request.backlog, request.via)
        self._entrances[zone].take(request.body, request.encoding, told, head)


class Entrance:
    """One zone's listener."""

    def __init__(self, node: CollectorNode, zone: str) -> None:
        self.name = f"collector {zone}"
        self._node = node
        self._zone = zone

    @property
    def up(self) -> bool:
        return self._node.up

    def take(self, request: Request, address: str, reply: Callable[[Reply | None], None]) -> None:
        self._node.take(self._zone, request, address, reply)


class Complaints(logging.Handler):
    """Takes what the programs log as errors; the book must know why."""

    def __init__(self, book: Book) -> None:
        super().__init__(logging.WARNING)
        self._book = book

    def emit(self, record: logging.LogRecord) -> None:
        text = record.getMessage()
        self._book.note("log", record.levelname, text.partition("/dev/shm")[0][:60])
        self._book.count(f"log {record.levelname}")
        error = record.exc_info[1] if record.exc_info else None
        if error is not None and not isinstance(error, asyncio.CancelledError):
            trace = error.__traceback__
            while trace is not None and trace.tb_next is not None:
                trace = trace.tb_next
            where = "" if trace is None else f"{trace.tb_frame.f_code.co_filename}:{trace.tb_lineno}"
            self._book.fail(f"{text}: {error!r} at {where}")


def prepare(book: Book) -> None:
    """Put the parts of a simulated world where the collector's programs take theirs."""
    Watched.book = book
    put(app_module, "SqliteJournal", Inline)
    put(app_module, "Store", Inlined)
    put(app_module, "Intake", Watched)
    put(app_module, "_HOSTS_SECONDS", 5.0)
