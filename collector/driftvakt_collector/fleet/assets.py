"""Sees to it that every host stands on an asset: looks at those whose inventory changed, and at who runs at once."""

import asyncio
import logging
from collections.abc import Callable, Iterable
from functools import partial

from sqlalchemy import Connection

from driftvakt_collector.fleet import register
from driftvakt_collector.fleet.book import SqlBook
from driftvakt_collector.fleet.identity import evidence
from driftvakt_collector.fleet.identity.decide import Running
from driftvakt_collector.fleet.state import Fleet
from driftvakt_collector.store import inventory
from driftvakt_collector.store.engine import Store

log = logging.getLogger(__name__)

PATIENCE = 180.0
"""Seconds between the first inventory of a host and its asset: one that runs beside it has reported by then."""
STEP = 50
"""Hosts that one transaction looks at: the one writer has other work."""
SWEEP = 60.0
"""Seconds between two looks at who runs at once."""


class Assets:
    """What waits to be looked at. wall: seconds since the epoch. assets, questions: how many there are."""

    def __init__(self, fleet: Fleet, store: Store, wall: Callable[[], float]) -> None:
        self.assets = self.questions = 0
        self._fleet = fleet
        self._store = store
        self._wall = wall
        self._met: dict[str, float] = {}
        self._known: set[str] = set()
        self._changed: set[str] = set()
        self._swept = 0.0
        self._caught_up = False

    def changed(self, origins: Iterable[str]) -> None:
        """Remember that what identifies these hosts came anew."""
        self._changed.update(origins)

    async def work(self) -> None:
        """Look at what waits, and from time to time at who runs at once."""
        if not self._caught_up:
            # What an earlier run, or an earlier release, did not come to. It looks through all hosts.
            left = await asyncio.to_thread(self._store.read, lambda one: SqlBook(one).behind(evidence.SECTIONS))
            self._changed.update(left)
            self._caught_up = True
        now = self._wall()
        due = [origin for origin in self._changed if self._is_due(origin, now)]
        for start in range(0, len(due), STEP):
            step = due[start : start + STEP]
            await self._store.write(partial(self._look, origins=step, now=now))
            self._changed.difference_update(step)
        if now - self._swept >= SWEEP or now < self._swept:
            self._swept = now
            await self._store.write(self._sweep)

    def _is_due(self, origin: str, now: float) -> bool:
        if origin in self._known:
            return True
        return now - self._met.setdefault(origin, now) >= PATIENCE or now < self._met[origin]

    def _look(self, connection: Connection, origins: Iterable[str], now: float) -> None:
        book = SqlBook(connection)
        for origin in origins:
            host = self._fleet.hosts.get(origin)
            if host is None:
                continue
            try:
                with connection.begin_nested():
                    sections = inventory.of_host(connection, origin, evidence.SECTIONS)
                    found = evidence.of_inventory(origin, host.zone, sections)
                    if register.learn(book, found, self._running, now) is None:
                        book.look(origin, now)
            except Exception:
                # One that can't be placed must not keep the others from their place.
                log.exception("cannot say which asset host %s is", origin)
            self._known.add(origin)
            self._met.pop(origin, None)

    def _sweep(self, connection: Connection) -> None:
        book = SqlBook(connection)
        register.sweep(book, self._running, self._wall())
        self.assets, self.questions = book.count()

    def _running(self, origin: str) -> Running | None:
        host = self._fleet.hosts.get(origin)
        if host is None or host.received is None:
            return None
        end = host.received_wall
        # Of a host that has no asset yet only what was heard since we know it counts.
        return Running(max(end - host.up, self._met.get(origin, 0.0)), end)
