"""Keeps who hangs behind whom: gathers what changed, and works all of it out again when it has been quiet for a moment.

It is kept in memory alone. A start reads all hosts, some hundred at a time, and is `ready` when it has.
"""

import asyncio
import logging
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property

from sqlalchemy import Connection

from driftvakt_collector.fleet.host import Host
from driftvakt_collector.fleet.state import Fleet
from driftvakt_collector.fleet.topology import part
from driftvakt_collector.fleet.topology.evidence import BRIDGES, ROUTERS, SECTIONS, Evidence, Told, of_sections
from driftvakt_collector.fleet.topology.link import Link
from driftvakt_collector.fleet.topology.part import NAME, Forwarding, PartError
from driftvakt_collector.fleet.topology.solve import Solution, solve
from driftvakt_collector.fleet.topology.tree import Tree, grow
from driftvakt_collector.store import devices, inventory, parts
from driftvakt_collector.store.engine import Store
from driftvakt_collector.store.hosts import REVOKED

log = logging.getLogger(__name__)

STEP = 200
"""Hosts that are read in one go."""
REST = 60.0
"""Seconds between two solutions: tables change all the time, cables seldom. The first comes at once."""
ALL = 900.0
"""Seconds until it is worked out again in any case: hosts get other names, sites and addresses, and are revoked."""
_NOTHING = Told((), (), (), (), (), "")


@dataclass(frozen=True)
class Plan:
    """What was worked out last. evidence: by origin. at: when, seconds since the epoch, 0 for never."""

    evidence: Mapping[str, Evidence] = field(default_factory=dict)
    solution: Solution = field(default_factory=Solution)
    tree: Tree = field(default_factory=Tree)
    at: float = 0.0

    @cached_property
    def links_of(self) -> Mapping[str, Sequence[Link]]:
        """The links of each host."""
        found: dict[str, list[Link]] = {}
        for link in self.solution.links:
            for end in (link.one, link.other):
                if end.origin:
                    found.setdefault(end.origin, []).append(link)
        return found

    @cached_property
    def macs(self) -> frozenset[str]:
        """The MACs of all things that we know."""
        return frozenset(
            mac for one in self.evidence.values() for mac in (*(mac for mac, _ in one.cards), *one.chassis)
        )


class Atlas:
    """wall: seconds since the epoch. roots: origins that the collector stands behind.

    plan: the newest; it is replaced as a whole, so that a reader has all of one moment.
    """

    def __init__(
        self, fleet: Fleet, store: Store, wall: Callable[[], float], *, roots: Iterable[str] = ()
    ) -> None:  # fmt: skip
        self.plan = Plan()
        self._fleet = fleet
        self._store = store
        self._wall = wall
        self._roots = tuple(roots)
        self._told: dict[str, Told] = {}
        self._asked: dict[str, str] = {}
        self._changed: set[str] = set(fleet.hosts)
        self._unsolved = True
        self._turn = asyncio.Lock()

    @property
    def asked(self) -> Mapping[str, str]:
        """At which address each device is asked, by origin, as it was when something changed last."""
        return self._asked

    @property
    def ready(self) -> bool:
        """Say if every host was looked at since the start."""
        return self.plan.at > 0

    def changed(self, origins: Iterable[str]) -> None:
        """Remember that what tells where these hosts hang came anew."""
        self._changed.update(origins)

    async def survey(self) -> None:
        """Read what changed; work it out again, if that is due."""
        # One at a time: each would take what changed from the other, and solve without it.
        async with self._turn:
            await self._survey()

    async def _survey(self) -> None:
        if self._changed:
            self._asked = await asyncio.to_thread(self._store.read, _asked)
        while self._changed:
            step = [self._changed.pop() for _ in range(min(STEP, len(self._changed)))]
            try:
                fresh = await asyncio.to_thread(self._read, step)
            except BaseException:
                self._changed.update(step)
                raise
            for origin, told in fresh.items():
                if self._told.get(origin, _NOTHING) != told:
                    self._unsolved = True
                    self._told[origin] = told
        now, before = self._wall(), self.plan.at
        if now < before or now - before >= (REST if self._unsolved else ALL):
            # What comes while it is worked out is for the next time.
            self._unsolved = False
            hosts = [host for host in self._fleet.hosts.values() if host.state != REVOKED]
            try:
                self.plan = await asyncio.to_thread(self._solve, hosts, now)
            except BaseException:
                self._unsolved = True
                raise

    def _read(self, origins: list[str]) -> dict[str, Told]:
        """Return what hosts tell. One that can't be read tells nothing, and keeps no other from it."""
        sections = self._store.read(lambda one: inventory.of_hosts(one, origins, SECTIONS))
        bodies = self._store.read(lambda one: parts.bodies(one, NAME, origins))
        found = {}
        for origin in origins:
            try:
                found[origin] = of_sections(
                    sections.get(origin, {}), _forwarding(origin, bodies.get(origin)), self._asked.get(origin, "")
                )
            except Exception:
                # One that can't be read must not keep the others from their place.
                log.exception("cannot say what host %s tells of its neighbours", origin)
        return found

    def _solve(self, hosts: Iterable[Host], now: float) -> Plan:
        evidence = {host.origin: self._evidence(host) for host in hosts}
        solution = solve(evidence.values())
        return Plan(evidence, solution, grow(evidence, solution.links, self._roots), now)

    def _evidence(self, host: Host) -> Evidence:
        told = self._told.get(host.origin, _NOTHING)
        if not host.keeper and host.class_ not in BRIDGES | ROUTERS:
            # A computer that somebody took over must not say that a whole floor hangs behind it.
            told = told._replace(forwarding=(), chassis=())
        return Evidence(
            host.origin, host.name, host.site, host.zone, host.class_, *told, supplier=bool(host.supplier)
        )  # fmt: skip


def _asked(connection: Connection) -> dict[str, str]:
    """Return at which address each device is asked."""
    return {device.origin: device.address for device, _ in devices.load(connection)}


def _forwarding(origin: str, body: bytes | None) -> Forwarding | None:
    if body is None:
        return None
    try:
        return part.read(body)
    except PartError as e:
        log.warning("what host %s sees behind its ports is passed over: %s", origin, e)
        return None
