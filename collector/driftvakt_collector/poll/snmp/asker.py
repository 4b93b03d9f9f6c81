"""Asks devices by SNMP, each with the credential that fits it."""

import logging
from collections.abc import Callable, Iterable
from dataclasses import dataclass

from driftvakt_collector.fleet.topology import part
from driftvakt_collector.poll import keys
from driftvakt_collector.poll.asking import AskError, Found
from driftvakt_collector.poll.snmp import facts as facts_
from driftvakt_collector.poll.snmp.bridge import forwarding
from driftvakt_collector.poll.snmp.driver import Credential, Peer, SnmpDriver, SnmpError, Trouble
from driftvakt_collector.poll.snmp.tree import Shapes
from driftvakt_collector.poll.snmp.visit import Memory, Visit, visit
from driftvakt_collector.store.devices import CredentialRow, DeviceRow
from driftvakt_collector.store.hosts import HostRow
from driftvakt_collector.trust.vault import Vault, VaultError

log = logging.getLogger(__name__)


@dataclass(slots=True)
class _Known:
    memory: Memory
    credential: str = ""


class SnmpAsker:
    """See Asker. ours: says if a MAC is one of a thing that we know."""

    how = keys.SNMP

    def __init__(self, driver: SnmpDriver, vault: Vault, ours: Callable[[str], bool] = lambda _: False) -> None:
        self._driver = driver
        self._vault = vault
        self._ours = ours
        self._shapes = Shapes()
        self._known: dict[str, _Known] = {}
        self._credentials: dict[str, list[tuple[str, Credential]]] = {}

    def know(self, credentials: Iterable[CredentialRow]) -> None:
        """See Asker.know."""
        found: dict[str, list[tuple[str, Credential]]] = {}
        for sealed in credentials:
            if sealed.kind == keys.SNMP:
                try:
                    found.setdefault(sealed.zone, []).append((sealed.site, keys.snmp(self._vault, sealed)))
                except VaultError as e:
                    log.error("cannot use a credential: %s", e)
        self._credentials = found

    def credentials(self) -> list[Credential]:
        """Return all credentials, each once."""
        return list(dict.fromkeys(one for told in self._credentials.values() for _, one in told))

    def fitting(self, zone: str, site: str) -> list[Credential]:
        """Return the credentials that may be tried at a site of a zone."""
        return [one for at, one in self._credentials.get(zone, ()) if at in ("", site)]

    def forget(self, origin: str) -> None:
        """See Asker.forget."""
        self._known.pop(origin, None)

    async def ask(self, row: DeviceRow, host: HostRow, *, facts: bool, again: bool, persons: bool) -> Found:
        """See Asker.ask."""
        known = self._known.setdefault(row.origin, _Known(Memory(shapes=self._shapes)))
        try:
            seen = await self._seen(row, host, known, facts=facts, again=again)
        except SnmpError as e:
            raise AskError(e.trouble.value, str(e)) from e
        if not facts:
            return Found(seen.identity.uptime, seen.layout, seen.values, seen.variables)
        # Where nobody may be named, whose telephone hangs where is nobody's business either.
        told = forwarding(seen.rows, None if persons else self._ours)
        parts = {} if told is None else {part.NAME: part.write(told)}
        sections = facts_.sections(seen, persons=persons)
        return Found(seen.identity.uptime, seen.layout, seen.values, seen.variables, sections, parts)

    async def _seen(self, row: DeviceRow, host: HostRow, known: _Known, *, facts: bool, again: bool) -> Visit:
        """Visit a device with each credential that may fit. Raises SnmpError."""
        why = f"no credential fits {row.address} in zone {row.zone}: driftvakt credential add"
        trouble = SnmpError(Trouble.REFUSED, why)
        for credential in self._ordered(row, host, known):
            peer = Peer(row.address, credential, row.port, tries=1 if again else 3)
            try:
                seen = await visit(self._driver, peer, known.memory, facts=facts)
            except SnmpError as e:
                trouble = e
                if e.trouble not in (Trouble.SILENT, Trouble.REFUSED):
                    break
            else:
                known.credential = credential.name
                return seen
        raise trouble

    def _ordered(self, row: DeviceRow, host: HostRow, known: _Known) -> list[Credential]:
        """Return the credentials to try, the one that fitted last first."""
        found = self.fitting(row.zone, host.site)
        if row.credential:
            return [one for one in found if one.name == row.credential]
        return sorted(found, key=lambda one: one.name != known.credential)

    async def close(self) -> None:
        """See Asker.close."""
        await self._driver.close()
