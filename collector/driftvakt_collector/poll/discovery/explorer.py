"""Looks through the networks of a collector when they are due, and writes down what was found."""

import asyncio
import logging
from collections.abc import Callable, Iterable, Mapping, Sequence
from functools import partial
from ipaddress import IPv4Network, ip_address, ip_network
from typing import Any, Protocol

from sqlalchemy import Connection

from driftvakt_collector.fleet.topology.evidence import Evidence
from driftvakt_collector.poll.discovery import found as found_
from driftvakt_collector.poll.discovery import outcome as outcomes
from driftvakt_collector.poll.discovery.echoes import EchoError
from driftvakt_collector.poll.discovery.found import FoundError, finds_of
from driftvakt_collector.poll.discovery.known import Acquaintance, Known
from driftvakt_collector.poll.discovery.outcome import Outcome
from driftvakt_collector.poll.discovery.senses import Router, SnmpSenses, routers_of
from driftvakt_collector.poll.discovery.subnet import addresses
from driftvakt_collector.poll.discovery.sweep import Find, Progress, Senses, met, sweep
from driftvakt_collector.poll.plan import Cron, PlanError, zone_of
from driftvakt_collector.poll.snmp.driver import Credential, SnmpDriver
from driftvakt_collector.store import coverage, devices, subnets
from driftvakt_collector.store.coverage import ListsError
from driftvakt_collector.store.devices import DeviceError, DeviceRow
from driftvakt_collector.store.engine import Store
from driftvakt_collector.store.hosts import HostRow
from driftvakt_collector.store.subnets import SubnetRow

log = logging.getLogger(__name__)

_MOST_ADDRESSES = 64
"""Of a host: one that says it has more could hide a network behind itself, and is known by its cards alone."""
AGAIN = 600.0
"""Seconds after a sweep that failed until it is tried again."""

Look = Callable[[SubnetRow, Sequence[Router]], Senses]
"""Return how a network is looked through."""


class Keyring(Protocol):
    """With what devices let us in."""

    def fitting(self, zone: str, site: str) -> Sequence[Credential]:
        """Return the credentials that may be tried at a site."""


class Explorer:
    """evidence: what is known of hosts, None until that is read after a start. private: zones in which no person may be

    named. wall: seconds since the epoch.
    """

    def __init__(
        self, store: Store, driver: SnmpDriver, keys: Keyring, evidence: Callable[[], Iterable[Evidence] | None],
        private: Iterable[str], wall: Callable[[], float], look: Look | None = None,
    ) -> None:  # fmt: skip
        self.rows: list[SubnetRow] = []
        self.running = 0
        self.failed = 0
        self._store = store
        self._driver = driver
        self._keys = keys
        self._evidence = evidence
        self._private = frozenset(private)
        self._wall = wall
        self._look = look or self._by_snmp
        # What was added tells its other addresses only when it has been asked, and the next network may be its too.
        self._met: dict[str, Acquaintance] = {}
        self._not_before: dict[tuple[str, str], float] = {}

    async def sweep_due(self) -> None:
        """Look through each network that is due, one after the other."""
        self.rows = await asyncio.to_thread(self._store.read, subnets.load)
        if self._evidence() is None:
            # Everything would look unknown.
            return
        for row in self.rows:
            if row.keeper and self._is_due(row):
                await self._commission(row)
        for row in self.rows:
            if not row.keeper and self._is_due(row):
                await self.explore(row)
                return

    async def _commission(self, row: SubnetRow) -> None:
        """Have a relay look through a network: it hears of it when it asks next, and tells by `heard`."""
        began = self._wall()
        takes = IPv4Network(row.network).num_addresses / row.per_second
        self._not_before[row.zone, row.network] = began + takes + AGAIN
        # A clock that was put back must not make an answer of before that one to this.
        ended = min(row.ended, began - 1.0)
        await self._store.write(partial(subnets.tell, row=row, told={"began": began, "ended": ended}))

    def routers(self, row: SubnetRow, asked: Iterable[tuple[DeviceRow, HostRow]]) -> list[str]:
        """Return the devices that know the neighbours of a network, by origin."""
        return [device.origin for device, _ in self._inside(row, IPv4Network(row.network), asked)]

    async def heard(self, relay: str, zone: str, body: bytes) -> str:
        """Take what a relay found; return why it was not taken, empty where it was."""
        try:
            told = found_.read(body)
        except FoundError as e:
            return str(e)
        rows = await asyncio.to_thread(self._store.read, subnets.load)
        row = next((one for one in rows if (one.zone, one.network, one.keeper) == (zone, told.network, relay)), None)
        if row is None:
            return f"{told.network[:64]!r} is no network that this relay looks through"
        if row.began != told.began or row.ended >= row.began:
            # Of an earlier question: it was asked again since, or has been answered.
            return ""
        if told.said or self._evidence() is None:
            said = told.said or "the collector had just started, and could not say what is known; it is asked again"
            self.failed += 1
            log.warning("relay %s cannot look through %s of zone %s: %s", relay, row.network, zone, said[:200])
            await self._store.write(partial(subnets.tell, row=row, told={"said": said[:1000]}))
            return ""
        await self._settle(row, lambda known: [met(one, known) for one in finds_of(told, IPv4Network(row.network))])
        return ""

    async def _settle(self, row: SubnetRow, finds: Callable[[Known], Sequence[Find]]) -> None:
        """Write down what a relay found."""
        asked = await asyncio.to_thread(self._store.read, devices.load)
        known = known_of(row.zone, self._evidence() or (), asked, self._met)
        found = await self._outcome(row, finds(known), known)
        await self._store.write(partial(self._keep, row=row, found=found, now=self._wall()))
        log.info("%s", _summary(row, found))

    def _is_due(self, row: SubnetRow) -> bool:
        now = self._wall()
        return is_due(row, now) and now >= self._not_before.get((row.zone, row.network), 0.0)

    async def explore(self, row: SubnetRow) -> None:
        """Look through a network, and write down what is there; where it can't be, why."""
        began = self._wall()
        self._not_before[row.zone, row.network] = began + AGAIN
        await self._store.write(partial(subnets.tell, row=row, told={"began": began}))
        self.running = 1
        try:
            found = await self._found(row)
            await self._store.write(partial(self._keep, row=row, found=found, now=self._wall()))
        except (EchoError, ListsError) as e:
            self.failed += 1
            log.warning("cannot look through %s of zone %s: %s", row.network, row.zone, e)
            await self._store.write(partial(subnets.tell, row=row, told={"said": str(e)[:1000]}))
        else:
            log.info("%s", _summary(row, found))
        finally:
            self.running = 0

    async def _found(self, row: SubnetRow) -> Outcome:
        network = IPv4Network(row.network)
        asked = await asyncio.to_thread(self._store.read, devices.load)
        known = known_of(row.zone, self._evidence() or (), asked, self._met)
        routers = routers_of(self._inside(row, network, asked), self._keys.fitting)
        told = addresses(network)
        finds = await sweep(list(told), row.per_second, self._look(row, routers), known, _quiet)
        return await self._outcome(row, finds, known)

    async def _outcome(self, row: SubnetRow, finds: Sequence[Find], known: Known) -> Outcome:
        gone = await asyncio.to_thread(self._store.read, devices.removed)
        removed = {address for zone, address in gone if zone == row.zone}
        found = outcomes.outcome(row, finds, known, self._wall(), devices.new_origin, removed=removed)
        self._met |= {one.origin: one for one in found.met}
        return found

    def _keep(self, connection: Connection, row: SubnetRow, found: Outcome, now: float) -> None:
        info, rows = outcomes.as_rows(row, found, now, private=row.zone in self._private)
        coverage.replace(connection, info, rows, own=True)
        added = 0
        for host, device in found.devices:
            try:
                devices.add(connection, host, device)
                added += 1
            except DeviceError as e:
                # Somebody added it while we looked.
                log.info("%s", e)
        told: dict[str, Any] = {
            "ended": now, "asked": sum(1 for _ in addresses(IPv4Network(row.network))), "known": found.known,
            "added": added, "unknown": found.unknown, "said": "",
        }  # fmt: skip
        subnets.tell(connection, row, told)

    def _by_snmp(self, row: SubnetRow, routers: Sequence[Router]) -> Senses:
        return SnmpSenses(self._driver, self._keys.fitting(row.zone, row.site), routers)

    def _inside(
        self, row: SubnetRow, network: IPv4Network, asked: Iterable[tuple[DeviceRow, HostRow]]
    ) -> Iterable[tuple[DeviceRow, HostRow]]:
        """Give what has an address in this network and one in another: it knows its neighbours' cards."""
        evidence = {one.origin: one for one in self._evidence() or ()}
        for device, host in asked:
            one = evidence.get(device.origin)
            if one is None or device.zone != row.zone or device.how != "snmp":
                continue
            inside = [at for at in one.addresses if _is_in(at, network)]
            if inside and len(inside) < len(one.addresses):
                yield device, host


def is_due(row: SubnetRow, now: float) -> bool:
    """Say if a network should be looked through now. now: seconds since the epoch."""
    if row.ended <= 0:
        return True
    if not row.cron:
        # A clock that was put back must not keep a network from being looked through.
        return not 0 <= now - row.ended < row.every
    try:
        return Cron(row.cron, zone_of(row.time_zone)).slot(row.ended, row.ended).due <= now
    except PlanError as e:
        log.error("cannot say when %s of zone %s is due: %s", row.network, row.zone, e)
        return False


def known_of(
    zone: str, evidence: Iterable[Evidence], asked: Iterable[tuple[DeviceRow, HostRow]],
    met: Mapping[str, Acquaintance] | None = None,
) -> Known:  # fmt: skip
    """Return what is known of a zone. met: what a sweep saw of devices that are asked since, by origin."""
    found = Known(
        Acquaintance(one.origin, one.name, frozenset(mac for mac, _ in one.cards) | frozenset(one.chassis),
                     frozenset(one.addresses) if len(one.addresses) <= _MOST_ADDRESSES else frozenset())
        for one in evidence if one.zone == zone
    )  # fmt: skip
    for device, host in asked:
        if device.zone == zone:
            there = found.hosts.get(device.origin) or Acquaintance(device.origin, host.name, frozenset(), frozenset())
            seen = (met or {}).get(device.origin, there)
            own = there.addresses | seen.addresses | {device.address}
            found.add(there._replace(macs=there.macs | seen.macs, addresses=own))
    return found


def _summary(row: SubnetRow, found: Outcome) -> str:
    counts = f"{found.known} known, {len(found.devices)} added, {found.unknown} unknown"
    return f"{row.network} of zone {row.zone}: {counts}"


def _quiet(_progress: Progress) -> None:
    """Say nothing: nobody looks on."""


def _is_in(address: str, network: IPv4Network) -> bool:
    try:
        found = ip_address(address)
    except ValueError:
        return False
    return found.version == 4 and found in ip_network(network)
