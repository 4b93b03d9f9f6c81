"""Keeps those who ask at what the store says: which devices and services there are, and with what they are asked."""

import asyncio
from collections.abc import Sequence
from typing import NamedTuple

from sqlalchemy import Connection, extract, func, select

from driftvakt_collector.poll.checker import Checker
from driftvakt_collector.poll.jobs.roster import Jobs
from driftvakt_collector.poll.poller import Poller
from driftvakt_collector.poll.teller import Teller
from driftvakt_collector.store import devices, hosts, jobs, service_checks
from driftvakt_collector.store.devices import CredentialRow, DeviceRow
from driftvakt_collector.store.engine import Store
from driftvakt_collector.store.hosts import HostRow
from driftvakt_collector.store.jobs import JobRow
from driftvakt_collector.store.models import CredentialTable, DeviceTable, HostTable, JobTable, ServiceCheckTable
from driftvakt_collector.store.service_checks import ServiceCheckRow

_DEVICES = DeviceTable.__table__  # type: ignore[attr-defined]
_CHECKS = ServiceCheckTable.__table__  # type: ignore[attr-defined]
_JOBS = JobTable.__table__  # type: ignore[attr-defined]
_CREDENTIALS = CredentialTable.__table__  # type: ignore[attr-defined]
_HOSTS = HostTable.__table__  # type: ignore[attr-defined]


class Watch:
    """Looks into the store, and reads all of it again where something changed."""

    def __init__(
        self, store: Store, teller: Teller, pollers: Sequence[Poller], checker: Checker, listener: Jobs
    ) -> None:
        self.pollers = tuple(pollers)
        self.checker = checker
        self.jobs = listener
        self._teller = teller
        self._store = store
        self._state: tuple[object, ...] = ()

    async def refresh(self) -> None:
        """Take in what an operator changed."""
        state = await asyncio.to_thread(self._store.read, _state)
        if state != self._state:
            found = await asyncio.to_thread(self._store.read, _all)
            self._teller.know(found.pollers)
            for poller in self.pollers:
                poller.know(found.devices, found.credentials)
            self.checker.know(one for one in found.checks if one[0].kind != jobs.KIND)
            self.jobs.know((one for one in found.checks if one[0].kind == jobs.KIND), found.jobs)
            self._state = state


def _state(connection: Connection) -> tuple[object, ...]:
    found: list[object] = []
    for table, column in (
        (_DEVICES, _DEVICES.c.added_at), (_CHECKS, _CHECKS.c.added_at), (_CREDENTIALS, _CREDENTIALS.c.changed_at),
        (_JOBS, _JOBS.c.changed_at),
    ):  # fmt: skip
        # The sum too: the newest stamp says nothing of a change where a clock was ahead once.
        found += connection.execute(select(func.count(), func.max(column), func.sum(column)).select_from(table)).one()
    # Whoever is revoked, or moved to another site.
    stamp = func.sum(extract("epoch", _HOSTS.c.changed_at))
    changed = select(func.max(_HOSTS.c.changed_at), stamp).where(_HOSTS.c.keeper != "")
    return (*found, *connection.execute(changed).one())


class _All(NamedTuple):
    devices: list[tuple[DeviceRow, HostRow]]
    credentials: list[CredentialRow]
    checks: list[tuple[ServiceCheckRow, HostRow]]
    jobs: dict[str, JobRow]
    pollers: dict[str, HostRow]


def _all(connection: Connection) -> _All:
    told, checks = devices.load(connection), service_checks.load(connection)
    keepers = {host.keeper for _, host in told} | {host.keeper for _, host in checks}
    # A relay speaks for what it asks itself, with a key that is its alone.
    pollers = {
        origin: row for origin in keepers
        if (row := hosts.find(connection, origin)) is not None and row.class_ == devices.POLLER
    }  # fmt: skip
    return _All(told, devices.credentials(connection), checks, jobs.load(connection), pollers)
