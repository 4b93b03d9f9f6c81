"""Sees to it that every host stands on an asset: looks at those whose inventory changed, and at who runs at once."""

import asyncio
import logging
from collections import deque
from collections.abc import Callable, Iterable
from functools import partial

from sqlalchemy import Connection
from sqlalchemy.exc import OperationalError

from driftvakt_collector.fleet import register, succession
from driftvakt_collector.fleet.book import SqlBook
from driftvakt_collector.fleet.host import silent_after
from driftvakt_collector.fleet.identity import evidence
from driftvakt_collector.fleet.identity.decide import JOIN, Bound, Decision, Running
from driftvakt_collector.fleet.state import Fleet
from driftvakt_collector.fleet.succession import Succession
from driftvakt_collector.store import inventory
from driftvakt_collector.store.engine import Store
from driftvakt_collector.store.hosts import REVOKED
from driftvakt_collector.store.section import SectionError

log = logging.getLogger(__name__)

PATIENCE = 180.0
"""Seconds between the first inventory of a host and its asset: one that runs beside it has reported by then. Where what

it is known again by stands with hosts that are silent or off, it is not waited for: the machine was installed anew.
"""
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
        self._tried: set[str] = set()
        self._successions: deque[Succession] = deque()
        self._changed: set[str] = set()
        self._later: dict[str, float] = {}
        self._swept = 0.0
        self._caught_up = False

    def changed(self, origins: Iterable[str]) -> None:
        """Remember that what identifies these hosts came anew."""
        told = set(origins)
        self._changed |= told
        self._tried -= told

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
            came: list[Succession] = []
            try:
                self._changed.update(await self._store.write(partial(self._look, origins=step, now=now, came=came)))
            except BaseException:
                self._changed.update(step)
                raise
            self._successions += came
        await self._tell(now)
        if now - self._swept >= SWEEP or now < self._swept:
            self._swept = now
            await self._store.write(self._sweep)

    async def _tell(self, now: float) -> None:
        """Look at some of the hosts that took the place of others; the rest come in the passes that follow."""
        for _ in range(min(STEP, len(self._successions))):
            one = self._successions.popleft()
            try:
                held, whole = await self._store.write(partial(succession.settle, one=one, at=now))
            except SectionError:
                log.exception("cannot say what is different on host %s since %s", one.origin, one.before)
                continue
            except BaseException:
                self._successions.append(one)
                raise
            one.held |= held
            if not whole and now < one.until:
                self._successions.append(one)

    def _is_due(self, origin: str, now: float) -> bool:
        if origin in self._known:
            return now >= self._later.get(origin, 0.0)
        return self._is_patient(origin, now) or origin not in self._tried

    def _is_patient(self, origin: str, now: float) -> bool:
        return now - self._met.setdefault(origin, now) >= PATIENCE or now < self._met[origin]

    def _look(self, connection: Connection, origins: Iterable[str], now: float, came: list[Succession]) -> list[str]:
        """Look at some hosts; return those to look at again. came: gets those whose machines were installed anew."""
        book = SqlBook(connection)
        again = []
        for origin in origins:
            host = self._fleet.hosts.get(origin)
            if host is None:
                again.append(origin)
                continue
            self._later.pop(origin, None)
            early = origin not in self._known and not self._is_patient(origin, now)
            try:
                with connection.begin_nested():
                    sections = inventory.of_host(connection, origin, evidence.SECTIONS)
                    found = evidence.of_inventory(origin, host.zone, sections)
                    fits = partial(self._is_certain, now=now) if early else _always
                    decision = register.learn(book, found, self._running, now, fits)
                    if early and decision is not None and decision.action == register.WAIT:
                        self._tried.add(origin)
                        again.append(origin)
                        continue
                    if decision is None:
                        book.look(origin, now)
                    elif decision.action == JOIN and (others := book.companions(origin)):
                        one = Succession(others[0], origin, now + succession.PATIENCE)
                        succession.begin(connection, one, now)
                        came.append(one)
                    elif decision.action == register.WAIT:
                        self._later[origin] = now + AGAIN
                        again.append(origin)
            except OperationalError:
                # The store's trouble, and no host's: the whole step is tried again.
                raise
            except Exception:
                # One that can't be placed must not keep the others from their place.
                log.exception("cannot say which asset host %s is", origin)
            self._known.add(origin)
            self._tried.discard(origin)
            self._met.pop(origin, None)
        return again

    def _is_certain(self, decision: Decision, there: Iterable[Bound], now: float) -> bool:
        """Say if a host is known again, and nothing that runs stands where it goes."""
        return decision.action == JOIN and all(self._is_quiet(one.source, now) for one in there)

    def _is_quiet(self, origin: str, now: float) -> bool:
        host = self._fleet.hosts.get(origin)
        if host is None or host.off or host.state == REVOKED:
            return True
        # One that was not heard since our start may be about to report.
        return host.received is not None and now - host.received_wall > silent_after(host.every)

    def _sweep(self, connection: Connection) -> None:
        book = SqlBook(connection)
        crowded = book.crowded()
        for start in range(0, len(crowded), STEP):
            try:
                with connection.begin_nested():
                    register.sweep(book, crowded[start : start + STEP], self._running, self._wall())
            except OperationalError:
                raise
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


def _always(_decision: Decision, _there: Iterable[Bound]) -> bool:
    return True
