"""Keeps which applications each host has: looks at those whose packages, services or ports changed.

What hosts with equal lists have in common is worked out once. A start compares what each host was looked at by with
what it has now, so nothing is missed and other rules are applied to all.
"""

import asyncio
import json
import logging
from collections import OrderedDict
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from functools import partial
from hashlib import blake2b

from sqlalchemy import Connection
from sqlalchemy.exc import OperationalError

from driftvakt_collector.fleet.state import Fleet
from driftvakt_collector.service.applications.rule import Found, Recogniser, Rule
from driftvakt_collector.store import applications, inventory
from driftvakt_collector.store.applications import SOURCES, Package
from driftvakt_collector.store.engine import Store
from driftvakt_collector.store.section import Body, rows_of

log = logging.getLogger(__name__)

STEP = 50
"""Hosts that are looked at in one go, and written in one transaction."""
_KEPT = 5_000
"""Answers that are kept for hosts with equal lists."""
_PACKAGES = 50_000
"""Packages that are kept: hosts have most of theirs in common."""
_LOOPBACK = ("127.", "::1", "[::1]", "localhost")


class Keeper:
    """wall: seconds since the epoch. rules: by name. ready: every host was looked at by these rules."""

    def __init__(self, fleet: Fleet, store: Store, rules: Sequence[Rule], wall: Callable[[], float]) -> None:
        self.rules = {rule.name: rule for rule in rules}
        self.ready = False
        self._caught_up = False
        self._recogniser = Recogniser(rules)
        self._fleet = fleet
        self._store = store
        self._wall = wall
        self._changed: set[str] = set()
        self._kept: OrderedDict[int, list[Found]] = OrderedDict()
        self._packages: dict[int, Package] = {}
        self._names: dict[tuple[str, ...], tuple[str, ...]] = {}

    def changed(self, origins: Iterable[str]) -> None:
        """Remember that what applications are recognised by came anew from these hosts."""
        self._changed.update(origins)

    async def recognise(self) -> None:
        """Look at what waits; at the start, find out what that is."""
        if not self._caught_up:
            self._changed.update(await asyncio.to_thread(self._store.read, self._catch_up))
            self._caught_up = True
        while self._changed:
            step = [self._changed.pop() for _ in range(min(STEP, len(self._changed)))]
            try:
                states, found = await asyncio.to_thread(self._store.read, partial(self._look, origins=step))
                write = partial(applications.settle, found=found, looked=states, rules=self._recogniser.number,
                                now=self._wall())  # fmt: skip
                await self._store.write(write)
            except BaseException:
                self._changed.update(step)
                raise
            for origin, told in found.items():
                self._know(origin, [one.name for one in told])
        self.ready = True

    def _catch_up(self, connection: Connection) -> list[str]:
        """Return the hosts that have to be looked at; let the fleet know what the others have."""
        looked = applications.states(connection)
        known: dict[str, list[str]] = {}
        for one in applications.installed(connection):
            known.setdefault(one.origin, []).append(one.name)
        waiting = []
        for origin, digests in applications.digests(connection).items():
            if looked.get(origin, (0, 0))[0] != self._state(digests):
                waiting.append(origin)
            self._know(origin, known.get(origin, ()))
        return waiting

    def _look(self, connection: Connection, origins: Sequence[str]) -> tuple[dict[str, int], dict[str, list[Found]]]:
        states: dict[str, int] = {}
        found: dict[str, list[Found]] = {}
        told = applications.digests(connection, origins)
        lists = self._lists(connection, {of["packages"] for of in told.values() if "packages" in of})
        for origin, digests in told.items():
            state = states[origin] = self._state(digests)
            if state not in self._kept:
                try:
                    self._kept[state] = self._recognise(connection, origin, lists.get(digests.get("packages", ""), ()))
                except OperationalError:
                    raise
                except Exception:
                    # One that can't be looked at must not keep the others from it.
                    log.exception("cannot say which applications host %s has", origin)
                    del states[origin]
                    continue
                if len(self._kept) > _KEPT:
                    self._kept.popitem(last=False)
            found[origin] = self._kept[state]
        return states, found

    def _lists(self, connection: Connection, digests: Collection[str]) -> dict[str, list[Package]]:
        lists = applications.lists_of(connection, digests)
        missing = {one for ids in lists.values() for one in ids} - self._packages.keys()
        if len(self._packages) + len(missing) > _PACKAGES:
            self._packages.clear()
            missing = {one for ids in lists.values() for one in ids}
        self._packages |= applications.packages(connection, missing)
        known = self._packages
        return {digest: [known[one] for one in ids if one in known] for digest, ids in lists.items()}

    def _recognise(self, connection: Connection, origin: str, packages: Iterable[Package]) -> list[Found]:
        bodies = inventory.of_host(connection, origin, SOURCES[1:])
        return self._recogniser.applications(
            packages,
            services_of(bodies["services"]) if "services" in bodies else (),
            ports_of(bodies["listening_sockets"]) if "listening_sockets" in bodies else (),
        )

    def _state(self, digests: Mapping[str, str]) -> int:
        told = json.dumps([self._recogniser.number, *(digests.get(name, "") for name in SOURCES)])
        return int.from_bytes(blake2b(told.encode(), digest_size=8).digest(), "big") >> 1

    def _know(self, origin: str, names: Iterable[str]) -> None:
        host = self._fleet.hosts.get(origin)
        if host is not None:
            told = tuple(sorted(names))
            host.applications = self._names.setdefault(told, told)


def services_of(body: Body) -> list[str]:
    """Return the names of the services that are started, at once or when they are needed."""
    return [
        str(row.get("name") or "").removesuffix(".service") for row in rows_of(body)
        if row.get("start") not in ("disabled", "masked")
    ]  # fmt: skip


def ports_of(body: Body) -> set[str]:
    """Return the ports that others reach, as tcp/5432."""
    return {
        f"{row.get('protocol')}/{row.get('port')}" for row in rows_of(body)
        if not str(row.get("address") or "").startswith(_LOOPBACK)
    }  # fmt: skip
