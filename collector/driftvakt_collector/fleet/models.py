"""Keeps which model each host is, under its maker's and model's one name, so that the fleet can be asked by them.

It is taken from the inventory as it came, and kept in memory alone: a later release with a better table shows better
names from its start, and nothing has to be mended.
"""

import asyncio
import logging
from collections.abc import Iterable, Mapping

from driftvakt_collector.fleet.state import Fleet
from driftvakt_collector.naming.model import Model, system
from driftvakt_collector.store import inventory
from driftvakt_collector.store.engine import Store
from driftvakt_collector.store.section import Body, Cell, rows_of

log = logging.getLogger(__name__)

SECTIONS = ("system", "baseboard")
"""The sections that it is taken from."""
STEP = 500
"""Hosts that are looked at in one go: a request waits for no more than that."""


class Models:
    """What waits to be looked at. A start looks at all hosts."""

    def __init__(self, fleet: Fleet, store: Store) -> None:
        self._fleet = fleet
        self._store = store
        self._changed: set[str] = set(fleet.hosts)
        # A city has ten thousand machines of a model; they share its name.
        self._names: dict[str, str] = {}

    def changed(self, origins: Iterable[str]) -> None:
        """Remember that what tells the model of these hosts came anew."""
        self._changed.update(origins)

    async def name(self) -> None:
        """Look at what waits."""
        while self._changed:
            step = [self._changed.pop() for _ in range(min(STEP, len(self._changed)))]
            try:
                found = await asyncio.to_thread(self._look, step)
            except BaseException:
                self._changed.update(step)
                raise
            for origin, one in found.items():
                host = self._fleet.hosts.get(origin)
                if host is not None:
                    host.vendor, host.model = self._one(one.vendor), self._one(one.model)

    def _look(self, origins: list[str]) -> dict[str, Model]:
        found: dict[str, Model] = {}
        for origin, sections in self._store.read(lambda one: inventory.of_hosts(one, origins, SECTIONS)).items():
            try:
                found[origin] = of_inventory(sections)
            except Exception:
                # One that can't be named must not keep the others from their names.
                log.exception("cannot say which model host %s is", origin)
        return found

    def _one(self, text: str) -> str:
        return self._names.setdefault(text, text)


def of_inventory(sections: Mapping[str, Body]) -> Model:
    """Return the model that a host's sections tell of."""
    return system(_first(sections, "system"), _first(sections, "baseboard"))


def _first(sections: Mapping[str, Body], name: str) -> dict[str, Cell]:
    return next(rows_of(sections[name]), {}) if name in sections else {}
