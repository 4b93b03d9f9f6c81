"""Keeps which host is a guest of which hypervisor: reads what changed, and matches lists with hosts anew.

It is kept in memory alone; the first refresh after a start reads all hosts, some hundred at a time.
"""

import asyncio
import logging
from collections.abc import Iterable, Mapping

from driftvakt_collector.alert.rootcause import guest_list
from driftvakt_collector.alert.rootcause.guest_list import NOTHING, SECTIONS, Told
from driftvakt_collector.fleet.state import Fleet
from driftvakt_collector.store import inventory
from driftvakt_collector.store.engine import Store

log = logging.getLogger(__name__)

REFRESH_SECONDS = 60.0
STEP = 200
"""Hosts that are read in one go."""


class Guests:
    """What hosts told of being a guest or having some, and what follows from it."""

    def __init__(self, store: Store, fleet: Fleet) -> None:
        self._store = store
        self._fleet = fleet
        self._told: dict[str, Told] = {}
        self._changed: set[str] = set(fleet.hosts)
        self._mapping: Mapping[str, str] = {}

    def mapping(self) -> Mapping[str, str]:
        """Return the hypervisor of each guest, by origin. It is the same object while nothing is different."""
        return self._mapping

    def changed(self, origins: Iterable[str]) -> None:
        """Remember that what these hosts tell of it came anew."""
        self._changed.update(origins)

    async def refresh(self) -> None:
        """Read what changed, and match. Also when nothing changed: hosts are approved, and machines move."""
        while self._changed:
            step = [self._changed.pop() for _ in range(min(STEP, len(self._changed)))]
            try:
                fresh = await asyncio.to_thread(self._read, step)
            except BaseException:
                self._changed.update(step)
                raise
            self._told.update(fresh)
        found = await asyncio.to_thread(guest_list.match, [*self._fleet.hosts.values()], self._told)
        if found != self._mapping:
            self._mapping = found

    def _read(self, origins: list[str]) -> dict[str, Told]:
        """Return what hosts tell. One that can't be read tells nothing, and keeps no other from it."""
        sections = self._store.read(lambda one: inventory.of_hosts(one, origins, SECTIONS))
        found = {}
        for origin in origins:
            try:
                told = guest_list.of_sections(sections.get(origin, {}))
            except Exception:
                log.exception("cannot say what host %s tells of its virtual machines", origin)
                told = NOTHING
            host = self._fleet.hosts.get(origin)
            # Most are machines of their own, and nobody's hypervisor. Nothing more is kept of these.
            is_alone = host is not None and not (host.keeper or told.virtual or told.machines)
            found[origin] = NOTHING if is_alone else told
        return found
