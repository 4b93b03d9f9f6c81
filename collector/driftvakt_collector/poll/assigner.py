"""Says what a relay has to ask, as it stands in the store."""

import asyncio
import logging
from collections.abc import Callable, Iterable

from sqlalchemy import Connection

from driftvakt_collector.poll import assignment
from driftvakt_collector.poll.assignment import Network
from driftvakt_collector.store import devices, jobs, service_checks, subnets
from driftvakt_collector.store.devices import DeviceRow
from driftvakt_collector.store.engine import Store
from driftvakt_collector.store.hosts import HostRow
from driftvakt_collector.store.subnets import SubnetRow
from driftvakt_collector.trust.vault import Vault

log = logging.getLogger(__name__)


class Assigner:
    """Reads the store. box: opens what is sealed there. private: says if nobody may be named in a zone.

    routers: returns those of these devices that know whom a network holds, by origin.
    """

    def __init__(
        self, store: Store, box: Vault, private: Callable[[str], bool],
        routers: Callable[[SubnetRow, Iterable[tuple[DeviceRow, HostRow]]], list[str]],
    ) -> None:  # fmt: skip
        self._routers = routers
        self._store = store
        self._box = box
        self._private = private
        self._said: set[str] = set()

    async def assign(self, relay: str, zone: str) -> bytes:
        """Return all that a relay of a zone has to do."""
        return await asyncio.to_thread(self._store.read, lambda connection: self._assign(connection, relay, zone))

    def _assign(self, connection: Connection, relay: str, zone: str) -> bytes:
        told = devices.load(connection, keeper=relay)
        checks = [one for one in service_checks.load(connection, keeper=relay) if one[0].kind != jobs.KIND]
        networks = [
            Network(row.network, row.site, row.per_second, row.began, self._routers(row, told))
            for row in subnets.load(connection) if row.keeper == relay and row.zone == zone and row.began > row.ended
        ]  # fmt: skip
        wanted = [row for row in devices.credentials(connection) if row.zone == zone] if told or networks else []
        found, troubles = assignment.of(told, checks, wanted, self._box, networks, private=self._private(zone))
        for trouble in set(troubles) - self._said:
            log.error("relay %s can't be given everything: %s", relay, trouble)
        self._said = self._said | set(troubles) if len(self._said) < 1000 else set(troubles)
        return assignment.write(found)
