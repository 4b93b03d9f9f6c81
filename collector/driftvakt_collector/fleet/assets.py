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
AGAIN = 3600.0
"""Seconds until a host is looked at again that would move too soon after it came."""
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
        self._later: dict[str, float] = {}
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
            # What comes while the step is written is looked at once more.
            self._changed.difference_update(step)
            try:
                self._changed.update(await self._store.write(partial(self._look, origins=step, now=now)))
            except BaseException:
                self._changed.update(step)
                raise
        if now - self._swept >= SWEEP or now < self._swept:
            self._swept = now
            await self._store.write(self._sweep)

    def _is_due(self, origin: str, now: float) -> bool:
        if origin in self._known:
            return now >= self._later.get(origin, 0.0)
        return now - self._met.setdefault(origin, now) >= PATIENCE or now < self._met[origin]

    def _look(self, connection: Connection, origins: Iterable[str], now: float) -> list[str]:
        """Look at some hosts; return those that have to be looked at again."""
        book = SqlBook(connection)
        again = []
        for origin in origins:
            host = self._fleet.hosts.get(origin)
            if host is None:
                again.append(origin)
                continue
            self._later.pop(origin, None)
            try:
                with connection.begin_nested():
                    sections = inventory.of_host(connection, origin, evidence.SECTIONS)
                    found = evidence.of_inventory(origin, host.zone, sections)
                    decision = register.learn(book, found, self._running, now)
                    if decision is None:
                        book.look(origin, now)
                    elif decision.action == register.WAIT:
                        self._later[origin] = now + AGAIN
                        again.append(origin)
            except Exception:
                # One that can't be placed must not keep the others from their place.
                log.exception("cannot say which asset host %s is", origin)
            self._known.add(origin)
            self._met.pop(origin, None)
        return again

    def _sweep(self, connection: Connection) -> None:
        book = SqlBook(connection)
        crowded = book.crowded()
        for start in range(0, len(crowded), STEP):
            try:
                with connection.begin_nested():
                    register.sweep(book, crowded[start : start + STEP], self._running, self._wall())
            except Exception:
                log.exception("cannot say who runs at once on the assets %s", crowded[start : start + STEP])
        self.assets, self.questions = book.count()

    def _running(self, origin: str) -> Running | None:
        host = self._fleet.hosts.get(origin)
        if host is None or host.received is None:
            return None
        # By our own ear and not by what it says: whoever claims to have started just now would run beside nobody. Of
        # a host that has no asset yet only what was heard since we know it counts.
        return Running(max(host.streak, self._met.get(origin, 0.0)), host.received_wall)
