"""Devices that were added before anybody saw them: they get a name and a class once they say what they are.

What a person gave stays. A name that is an address, and the class `device`, were given by nobody.
"""

import asyncio
from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from datetime import UTC, datetime

from driftvakt_collector.fleet.host import Host
from driftvakt_collector.fleet.state import Fleet
from driftvakt_collector.naming.address import is_address
from driftvakt_collector.naming.device import CLASSES
from driftvakt_collector.store import hosts, inventory
from driftvakt_collector.store.engine import Store
from driftvakt_collector.store.section import Body, rows_of

SECTIONS = ("system", "operating_system")
UNKNOWN = "device"
"""The class of what nobody knows."""
_MAX_NAME = 255
_STEP = 500


class Acquaintances:
    """What waits to be looked at; a start looks at all. wall: seconds since the epoch."""

    def __init__(self, fleet: Fleet, store: Store, wall: Callable[[], float]) -> None:
        self._fleet = fleet
        self._store = store
        self._wall = wall
        self._changed: set[str] = set(fleet.hosts)

    def changed(self, origins: Iterable[str]) -> None:
        """Remember that these told anew what they are."""
        self._changed.update(origins)

    async def look(self) -> None:
        """Look at what waits."""
        known = self._fleet.hosts
        waiting = {origin for origin in self._changed if (host := known.get(origin)) is not None and _is_strange(host)}
        step = sorted(waiting)[:_STEP]
        self._changed = waiting.difference(step)
        if not step:
            return
        try:
            told = await asyncio.to_thread(self._store.read, lambda one: inventory.of_hosts(one, step, SECTIONS))
            names = Counter(host.name for host in known.values())
            facts: dict[str, dict[str, object]] = {}
            for origin, one in told.items():
                facts[origin] = facts_of(known[origin], one, names)
                names[str(facts[origin].get("name", ""))] += 1
            if any(facts.values()):
                await self._store.write(lambda one: [
                    hosts.change(one, origin, datetime.fromtimestamp(self._wall(), UTC), **made)
                    for origin, made in facts.items() if made
                ])  # fmt: skip
        except BaseException:
            self._changed.update(step)
            raise


def facts_of(host: Host, sections: Mapping[str, Body], names: Mapping[str, int]) -> dict[str, object]:
    """Return what is known of a host now that nobody had said. names: how many hosts have each."""
    system, software = (next(rows_of(sections[name]), {}) if name in sections else {} for name in SECTIONS)
    kind, name = str(system.get("kind") or ""), " ".join(str(software.get("hostname") or "").split())
    made: dict[str, object] = {}
    if host.class_ == UNKNOWN and kind in CLASSES:
        made["class_"] = kind
    if is_address(host.name) and 0 < len(name) <= _MAX_NAME and name.isprintable() and not is_address(name):
        # A name is the label of its series, so that of another host is no name for this one alone.
        made["name"] = f"{name[: _MAX_NAME - len(host.name) - 1]} {host.name}" if names.get(name) else name
    return made


def _is_strange(host: Host) -> bool:
    return bool(host.keeper) and (host.class_ == UNKNOWN or is_address(host.name))
