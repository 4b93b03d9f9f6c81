"""A city in one process: a collector, two relays, sixty agents in two zones, and a network, all on virtual time."""

import asyncio
import gc
import logging
from collections.abc import Coroutine
from pathlib import Path
from random import Random
from typing import Any

import world_agent
import world_collector
import world_relay
from world_agent import Machine
from world_book import Book
from world_collector import CollectorNode, Complaints
from world_journal import Inline
from world_net import Link, Network
from world_relay import RelayNode
from world_time import VirtualLoop

from driftvakt_agent.config import Config
from driftvakt_collector.store.hosts import HostRow
from driftvakt_wire.envelope import derive_key

RELAYS = {"r-adm": "adm", "r-edu": "edu"}


class World:
    """seed: what everything follows from. agents: how many of each zone. folder: an empty one, best in memory."""

    def __init__(self, seed: int, folder: Path, agents: dict[str, int], rows_of: str = "server") -> None:
        self.seed = seed
        self.folder = folder
        self.loop = VirtualLoop()
        self.chance = Random(f"world {seed}")
        self.book = Book(self.loop.time)
        self.tasks: set[asyncio.Task[Any]] = set()
        Inline.opened.clear()
        world_collector.prepare(self.book)
        world_agent.prepare(Random(f"os {seed}"), self.book)
        world_relay.prepare(Random(f"relay {seed}"), self.book)
        self.network = Network(self.loop, Random(f"network {seed}"), self.book)
        self._complaints = Complaints(self.book)
        logging.getLogger("driftvakt_collector").addHandler(self._complaints)
        logging.getLogger("driftvakt_collector").propagate = False
        names = [(zone, f"a-{zone}-{number:03}") for zone, many in agents.items() for number in range(many)]
        rows = [HostRow(origin, 1, origin, zone, "SLK", f"site-{origin[-1]}", rows_of) for zone, origin in names]
        rows += [HostRow(origin, 1, origin, zone, "SLK", "site-0", "relay") for origin, zone in RELAYS.items()]
        self.rows = {row.origin: row for row in rows}
        self.collector = CollectorNode(self.loop, self.chance, self.book, folder / "collector", rows)
        self.relays: dict[str, RelayNode] = {}
        for origin, zone in RELAYS.items():
            url = f"http://{origin}.up:1"
            link = self.network.link(f"{origin} up", self.collector.entrance(zone), f"10.9.0.{len(self.relays)}")
            self.relays[zone] = RelayNode(
                self.loop, self.network, Random(f"{origin} {seed}"), self.book, folder / origin, origin, zone,
                self.key(origin), {url: link},
            )  # fmt: skip
        self.machines: dict[str, Machine] = {}

    def key(self, origin: str) -> bytes:
        return derive_key(self.collector.masters[self.rows[origin].zone], origin, 1)

    def machine(
        self, origin: str, ways: tuple[str, ...], *, name: str = "", spool_size: int = 64 << 20, interval: float = 0.0
    ) -> Machine:
        """Make a machine. ways: `direct`, `relay` or both, the first is preferred."""
        zone = self.rows[origin].zone
        name = name or origin
        links: dict[str, Link] = {}
        for way in ways:
            server = self.collector.entrance(zone) if way == "direct" else self.relays[zone]
            address = f"10.{1 if zone == 'adm' else 2}.{len(self.machines) // 200}.{len(self.machines) % 200}"
            links[f"http://{name}.{way}:1"] = self.network.link(f"{name} {way}", server, address)
        config = Config(
            tuple(links), origin, 1, self.key(origin), interval=interval, spool=str(self.folder / "spools" / name),
            spool_size=spool_size, spool_free=0,
        )  # fmt: skip
        made = Machine(self.loop, self.network, Random(f"{name} {self.seed}"), self.book, config, links, name)
        self.machines[name] = made
        return made

    # --- time ---

    def run(self, seconds: float) -> None:
        """Let so much time pass."""
        self.loop.call_later(seconds, self.loop.stop)
        self.loop.run_forever()
        self.loop.forget()

    def after(self, seconds: float, work: Any, *args: Any) -> None:
        self.loop.call_later(seconds, work, *args)

    def task(self, work: Coroutine[Any, Any, None]) -> None:
        """Do something that takes its time."""
        task = self.loop.create_task(work)
        self.tasks.add(task)
        task.add_done_callback(self._done)

    def _done(self, task: "asyncio.Task[Any]") -> None:
        self.tasks.discard(task)
        if not task.cancelled() and task.exception() is not None:
            self.book.fail(f"raised: {task.exception()!r}")

    def close(self) -> None:
        """End everything."""
        for machine in self.machines.values():
            machine.kill()
        for relay in self.relays.values():
            relay.crash()
        self.collector.crash()
        for one in list(Inline.opened):
            one.drop()
        for task in asyncio.all_tasks(self.loop):
            task.cancel()
        self.loop.call_later(0.1, self.loop.stop)
        self.loop.run_forever()
        self.loop.close()
        logging.getLogger("driftvakt_collector").removeHandler(self._complaints)
        gc.unfreeze()
        gc.collect()

    # --- what is left ---

    def settled(self) -> bool:
        """Say if all that is under way is what comes anew."""
        app = self.collector.app
        if app is None or any(relay.waiting() > 20 for relay in self.relays.values()):
            return False
        for machine in self.machines.values():
            trusted = app.fleet.hosts[machine.config.origin].trusted
            if trusted and (not machine.alive or machine.waiting() > 3):
                return False
        return True

    def waiting(self) -> int:
        """How much is still under way, of machines that are trusted."""
        app = self.collector.app
        if app is None:
            return 1
        waits = sum(relay.waiting() for relay in self.relays.values())
        for machine in self.machines.values():
            if app.fleet.hosts[machine.config.origin].trusted and not machine.retired:
                waits += machine.waiting() if machine.alive else 1
        return waits
