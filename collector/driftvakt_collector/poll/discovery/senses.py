"""How this machine looks through a network: its own echoes and table of neighbours, those of routers, and SNMP."""

import asyncio
import logging
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass

from driftvakt_collector.poll.discovery import echoes, neighbours
from driftvakt_collector.poll.discovery.sweep import Told
from driftvakt_collector.poll.snmp import facts
from driftvakt_collector.poll.snmp.driver import Credential, Peer, SnmpDriver, SnmpError
from driftvakt_collector.poll.snmp.visit import Memory, Visit, identify, visit
from driftvakt_collector.store.devices import DeviceRow
from driftvakt_collector.store.hosts import HostRow
from driftvakt_collector.store.section import Body, Cell, rows_of

log = logging.getLogger(__name__)

_SECONDS = 1.5
_TRIES = 2
_VISIT_SECONDS = 60.0
"""That one stranger may take: a sweep ends when the slowest is done."""


@dataclass(frozen=True)
class Router:
    """One whose table of neighbours is read: address and port, and the credential that fits it."""

    address: str
    port: int
    credential: Credential


def routers_of(
    devices: Iterable[tuple[DeviceRow, HostRow]], fitting: Callable[[str, str], Sequence[Credential]]
) -> list[Router]:
    """Return how the tables of devices are read, of those that a credential fits. fitting: those of a zone and site."""
    found = []
    for device, host in devices:
        fits = [key for key in fitting(device.zone, host.site) if device.credential in ("", key.name)]
        found += [Router(device.address, device.port, key) for key in fits[:1]]
    return found


class SnmpSenses:
    """See Senses. credentials: that may be tried here. routers: of this network, as far as they are known."""

    def __init__(
        self, driver: SnmpDriver, credentials: Sequence[Credential], routers: Sequence[Router], port: int = 161,
        own: Callable[[], Mapping[str, str]] = neighbours.own,
    ) -> None:  # fmt: skip
        self._driver = driver
        self._credentials = list(credentials)
        self._routers = list(routers)
        self._port = port
        self._own = own

    async def alive(self, addresses: Sequence[str], per_second: float, told: Callable[[int], None]) -> set[str]:
        """See Senses.alive."""
        return await echoes.alive(addresses, per_second, told=told)

    async def neighbours(self) -> Mapping[str, str]:
        """See Senses.neighbours. What this machine sees itself counts before what a router says."""
        found: dict[str, str] = {}
        for router in self._routers:
            try:
                peer = Peer(router.address, router.credential, router.port, _SECONDS, _TRIES)
                found |= neighbours.of_router(await self._driver.walk(peer, neighbours.TABLE))
            except SnmpError as e:
                log.warning("cannot read whom a router sees: %s", e)
        return found | dict(await asyncio.to_thread(self._own))

    async def ask(self, address: str) -> Told | None:
        """See Senses.ask."""
        for credential in self._credentials:
            peer = Peer(address, credential, self._port, _SECONDS, _TRIES)
            try:
                await identify(self._driver, peer)
                seen = await visit(self._driver, peer, Memory(), facts=True, seconds=_VISIT_SECONDS)
            except SnmpError:
                continue
            return told(seen, credential.name)
        return None


def told(seen: Visit, credential: str) -> Told:
    """Return what a visit says of which thing it is."""
    sections = facts.sections(seen, persons=False)
    cards = [row.get("mac") for row in _rows(sections, "network_interfaces")]
    addresses = [row.get("address") for row in _rows(sections, "addresses")]
    device = seen.identity.device
    return Told(
        credential, seen.identity.name, device.class_, device.vendor, facts.model(seen)[0], facts.serial(seen),
        frozenset(one for one in cards if isinstance(one, str) and one),
        frozenset(one for one in addresses if isinstance(one, str)),
    )  # fmt: skip


def _rows(sections: Mapping[str, Body], name: str) -> list[dict[str, Cell]]:
    return list(rows_of(sections[name])) if name in sections else []
