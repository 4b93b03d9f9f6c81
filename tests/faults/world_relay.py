"""A relay of a simulated world: the real one on virtual time, with a disk that outlives it."""

import asyncio
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from random import Random
from types import SimpleNamespace
from typing import Any, ClassVar

from world_book import Book
from world_collector import BOOTED, WALL
from world_journal import Inline
from world_net import Link, Network, Reply, Request
from world_time import VirtualLoop, put

from driftvakt_collector.ingest.carriage import Head
from driftvakt_collector.journal import JournalError
from driftvakt_collector.journal.line import carriage
from driftvakt_collector.relay import app as relay_app
from driftvakt_collector.relay import figures, own, routes
from driftvakt_collector.relay import spool as relay_spool
from driftvakt_collector.relay.app import Relay
from driftvakt_collector.relay.config import Config
from driftvakt_collector.relay.upstream import Response, UpstreamError


class RelayNode:
    """name: its origin. links: to its upstreams, by URL."""

    all: ClassVar[dict[str, Any]] = {}

    def __init__(
        self, loop: VirtualLoop, network: Network, chance: Random, book: Book, folder: Path, origin: str, zone: str,
        key: bytes, links: dict[str, Link],
    ) -> None:  # fmt: skip
        self.name = origin
        self.zone = zone
        self._loop = loop
        self._network = network
        self._chance = chance
        self._book = book
        self.links = links
        self.skew = 0.0
        self.full = False
        self.no_room = False
        self.frozen_until = 0.0
        self.relay: Relay | None = None
        self.ready = False
        self._numbers = 0
        self._open: dict[int, Callable[[Reply | None], None]] = {}
        self._tasks: list[asyncio.Task[None]] = []
        privacy = "edu" if zone == "edu" else "full"
        self.config = Config(folder, tuple(links), origin, key, zone, privacy=privacy)
        for url in links:
            RelayNode.all[url] = self

    @property
    def up(self) -> bool:
        return self.ready

    def monotonic(self) -> float:
        return self._loop.time() + BOOTED

    def wall(self) -> float:
        return WALL + self._loop.time() + self.skew

    # --- its life ---

    def start(self) -> None:
        if self.relay is not None:
            return
        self._book.note("relay starts", self.name)
        try:
            self.relay = Relay(self.config, now=self.monotonic, wall=self.wall, jitter=self._chance.random)
        except JournalError as e:
            self._book.fail(f"{self.name} cannot start: {e}")
            return
        for one in self._lanes():
            one.full = self.full
            one.dies = self.crash
        self._tasks = [self._loop.create_task(self._begin(self.relay))]

    async def _begin(self, relay: Relay) -> None:
        await relay.start()
        for task in relay._tasks:
            task.add_done_callback(self._died)
        self.ready = True

    def _died(self, task: "asyncio.Task[None]") -> None:
        if not task.cancelled() and task.exception() is not None:
            self._book.fail(f"a task of {self.name} ended: {task.exception()!r}")

    def _lanes(self) -> list[Inline]:
        if self.relay is None:
            return []
        return [one.journal for one in self.relay.spool.lanes.values() if isinstance(one.journal, Inline)]

    def crash(self) -> None:
        relay = self.relay
        if relay is None:
            return
        lanes = self._lanes()
        self.relay, self.ready = None, False
        self._book.note("relay dies", self.name)
        for task in (*relay._tasks, *self._tasks):
            task.cancel()
        for one in lanes:
            one.drop()
        self._hang_up()

    async def stop(self) -> None:
        relay, self.ready = self.relay, False
        if relay is None:
            return
        self._hang_up()
        await relay.stop()
        self.relay = None
        self._book.note("relay stopped", self.name)

    def _hang_up(self) -> None:
        waiting, self._open = self._open, {}
        for reply in waiting.values():
            reply(None)

    def set_full(self, full: bool) -> None:
        self.full = full
        for one in self._lanes():
            one.full = full

    def dies_in_commit(self, *, after: bool) -> None:
        for one in self._lanes():
            if after:
                one.die_after = True
            else:
                one.die_before = True

    def calm(self) -> None:
        """It shall not die any more."""
        for one in self._lanes():
            one.die_after = one.die_before = False
        if self.relay is None:
            self.start()

    def waiting(self) -> int:
        """Return how many lines it has, but for those of hosts that are not accepted."""
        return 0 if self.relay is None else self.relay.spool.lines - self.relay.spool.held.lines

    def spooled(self) -> Iterator[bytes]:
        """Give the lines on its disk that were not handed on yet."""
        if self.relay is not None:
            for lane in self.relay.spool.lanes.values():
                for chunk in lane.journal.read(0):
                    yield from (raw for raw in chunk.lines if carriage(raw) is None)

    # --- requests ---

    def take(self, request: Request, address: str, reply: Callable[[Reply | None], None]) -> None:
        if self._loop.time() < self.frozen_until:
            self._loop.call_at(self.frozen_until + 0.01, self.take, request, address, reply)
            return
        if not self.ready or self.relay is None:
            reply(None)
            return
        self._numbers += 1
        number = self._numbers
        self._open[number] = reply

        def told(status: int, answer: bytes) -> None:
            waits = self._open.pop(number, None)
            if waits is None:
                return
            self._book.answered(self.name, status, answer, request.body, request.encoding)
            waits(Reply(status, answer, 10.0 if status in (429, 503) else 0.0))

        self.relay.door.take(request.body, request.encoding, told, Head(address, request.backlog, request.via))

    async def exchange(self, url: str, body: bytes, headers: str, seconds: float) -> Response:
        """Post to an upstream."""
        told: dict[str, str] = dict(one.partition(": ")[::2] for one in headers.split("\r\n") if one)
        request = Request(
            body, told.get("Content-Encoding", "").encode(), "Driftvakt-Backlog" in told,
            told.get("Driftvakt-Via", "").encode(),
        )  # fmt: skip
        answer: asyncio.Future[Reply | Exception] = self._loop.create_future()
        self._network.send(
            self.links[url], request, seconds, lambda one: None if answer.done() else answer.set_result(one), kept=True
        )
        found = await answer
        if isinstance(found, TimeoutError):
            raise UpstreamError(f"{url} did not answer within {seconds:.0f} s", slow=True)
        if isinstance(found, Exception):
            raise UpstreamError(f"cannot reach {url}: {found}")
        return Response(found.status, found.body, found.retry_after)


class _Upstream:
    """Stands for a connection to an upstream."""

    def __init__(self, url: str, context: object, seconds: float = 15.0) -> None:
        self.url = url
        self._seconds = seconds
        self.sent = 0

    async def exchange(self, method: str, path: str, body: bytes = b"", headers: str = "") -> Response:
        self.sent += len(body)
        if path != "/v1/records":
            # It asks what there is to watch, and nobody in this world has devices.
            return Response(404, b"{}", 0.0)
        node: RelayNode = RelayNode.all[self.url]
        return await node.exchange(self.url, body, headers, self._seconds)

    def close(self) -> None:
        """Nothing is held."""


def prepare(chance: Random, book: Book) -> None:
    """Put the parts of a simulated world where the relay takes its own."""
    RelayNode.all.clear()
    openers = [
        module
        for name, module in sys.modules.items()
        if name.startswith("driftvakt_collector.relay.") and hasattr(module, "SqliteJournal")
    ]
    assert openers, "nobody in the relay opens a journal any more: teach it to the simulated world"
    for module in openers:
        put(module, "SqliteJournal", Inline)
    put(routes, "Upstream", _Upstream)
    put(own, "secrets", SimpleNamespace(token_hex=lambda size: chance.randbytes(size).hex()))
    put(relay_app, "_STATUS_SECONDS", 120.0)
    book.listen(own)
    put(relay_app, "samples", lambda *args, **told: _steady(figures.samples(*args, **told)))
    put(figures, "time", SimpleNamespace(CLOCK_BOOTTIME=7, clock_gettime=lambda _: 1.0))

    def room(path: Path) -> relay_spool.Disk:
        node = next((one for one in RelayNode.all.values() if one.config.data == path), None)
        return relay_spool.Disk(10**6 if node is not None and node.no_room else 1 << 40, 1 << 41)

    relay_spool.Spool.__init__.__defaults__ = (room,)


_REAL = ("driftvakt_relay_cpu", "driftvakt_relay_resident", "driftvakt_relay_sync_seconds")


def _steady(samples: Iterator[tuple[str, Any, float]]) -> Iterator[tuple[str, Any, float]]:
    """Let nothing of the real machine in."""
    for name, labels, value in samples:
        yield name, labels, 1.0 if name.startswith(_REAL) else value
