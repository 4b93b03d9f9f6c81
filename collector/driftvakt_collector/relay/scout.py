"""Looks through networks where the collector wants that, and tells it what is there."""

import logging
from collections.abc import Awaitable, Callable, Mapping, Sequence

from driftvakt_collector.poll.assignment import Network
from driftvakt_collector.poll.crew import Crew
from driftvakt_collector.poll.discovery import found
from driftvakt_collector.poll.discovery.echoes import EchoError
from driftvakt_collector.poll.discovery.known import Acquaintance, Known
from driftvakt_collector.poll.discovery.senses import SnmpSenses, routers_of
from driftvakt_collector.poll.discovery.subnet import SubnetError, addresses, network_of
from driftvakt_collector.poll.discovery.sweep import Senses, sweep
from driftvakt_collector.store.devices import DeviceRow
from driftvakt_collector.store.hosts import HostRow

log = logging.getLogger(__name__)

Look = Callable[[Network], Senses]
"""Return how a network is looked through."""


class Scout:
    """Each network once for each time that it is asked for. tell: says if what was found need not be told again."""

    def __init__(
        self, zone: str, crew: Crew, tell: Callable[[bytes], Awaitable[bool]], look: Look | None = None
    ) -> None:
        self._zone = zone
        self._crew = crew
        self._tell = tell
        self._look = look or self._by_snmp
        self._networks: dict[str, Network] = {}
        self._devices: dict[str, tuple[DeviceRow, HostRow]] = {}
        self._looked: dict[str, float] = {}
        self._reports: dict[str, bytes] = {}

    def know(self, networks: Sequence[Network], devices: Mapping[str, tuple[DeviceRow, HostRow]]) -> None:
        """Take what is to be looked through, and the devices that are asked."""
        self._networks = {one.network: one for one in networks}
        self._devices = dict(devices)
        for told in (self._looked, self._reports):
            for gone in told.keys() - self._networks.keys():
                told.pop(gone)

    async def look(self) -> None:
        """Look through what was asked for, and tell what was found until it is taken."""
        for one in list(self._networks.values()):
            if self._looked.get(one.network) != one.began:
                self._reports[one.network] = await self._report(one)
                self._looked[one.network] = one.began
                break
        for network, report in list(self._reports.items()):
            if await self._tell(report):
                self._reports.pop(network, None)

    async def _report(self, one: Network) -> bytes:
        try:
            network = network_of(one.network)
            if network.num_addresses > found.MAX_ADDRESSES:
                raise SubnetError(f"{network} is too large for a relay")
            finds = await sweep(list(addresses(network)), one.per_second, self._look(one), self._known())
        except (EchoError, SubnetError) as e:
            log.warning("cannot look through %s: %s", one.network, e)
            return found.write(one.network, one.began, (), str(e))
        log.info("%s: %d things answer", network, len(finds))
        return found.write(one.network, one.began, finds)

    def _known(self) -> Known:
        """Return the devices that are asked anyway. Whom else it knows the collector sees when it hears of it."""
        return Known(
            Acquaintance(device.origin, host.name, frozenset(), frozenset((device.address,)))
            for device, host in self._devices.values() if ":" not in device.address
        )  # fmt: skip

    def _by_snmp(self, one: Network) -> Senses:
        keys = self._crew.asker
        routers = routers_of((self._devices[at] for at in one.routers if at in self._devices), keys.fitting)
        return SnmpSenses(self._crew.driver, keys.fitting(self._zone, one.site), routers)
