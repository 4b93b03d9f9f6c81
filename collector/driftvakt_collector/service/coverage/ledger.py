"""Keeps the coverage ledger: looks from time to time, and at once when a list was brought."""

import asyncio
import logging
from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from functools import partial

from sqlalchemy import Connection, select

from driftvakt_collector.fleet.host import Host
from driftvakt_collector.fleet.identity.keys import CHASSIS, MAC, NAME, SERIAL, UUID, Key
from driftvakt_collector.fleet.state import Fleet
from driftvakt_collector.service.coverage.entry import Entry, of_nobody
from driftvakt_collector.service.coverage.reconcile import Finding, Listed, Share, Thing, reconcile
from driftvakt_collector.store import coverage
from driftvakt_collector.store.assets import AssetKeyTable, AssetSourceTable
from driftvakt_collector.store.coverage import FindingRow, ListInfo, RowInfo
from driftvakt_collector.store.engine import Store
from driftvakt_collector.store.hosts import REVOKED

log = logging.getLogger(__name__)

EVERY = 900.0
"""Seconds between two looks while no list changes."""
_KEYS = (SERIAL, CHASSIS, UUID, MAC, NAME)


class Ledger:
    """wall: seconds since the epoch. The newest: shares; counts by kind and zone; oldest by kind; brought by list."""

    def __init__(self, fleet: Fleet, store: Store, wall: Callable[[], float]) -> None:
        self._fleet = fleet
        self._store = store
        self._wall = wall
        self._seen: tuple[int, float] = (-1, 0.0)
        self.shares: list[Share] = []
        self.counts: Mapping[tuple[str, str], int] = {}
        self.oldest: Mapping[str, float] = {}
        self.brought: Mapping[str, float] = {}
        self.looked = 0.0

    async def look(self) -> None:
        """Look, if it is time or a list changed."""
        now = self._wall()
        lists = await asyncio.to_thread(self._store.read, coverage.changed)
        if lists == self._seen and 0 <= now - self.looked < EVERY:
            return
        hosts = [host for host in self._fleet.hosts.values() if host.state != REVOKED]
        found, self.shares = await asyncio.to_thread(self._reconcile, hosts, now)
        rows = [_row(one, now) for one in found]
        known = await asyncio.to_thread(self._store.read, coverage.lists)
        self.brought = {one.name: one.at for one in known}
        gone, fresh = await asyncio.to_thread(self._store.read, lambda one: coverage.difference(one, rows))
        for at in range(0, max(len(gone), len(fresh)), coverage.STEP):
            step = slice(at, at + coverage.STEP)
            await self._store.write(partial(coverage.settle, gone=gone[step], fresh=fresh[step]))
        await self.recount()
        self._seen, self.looked = lists, now

    async def recount(self) -> None:
        """Count again what is not accepted."""
        now = self._wall()
        kept = await asyncio.to_thread(self._store.read, coverage.findings)
        open_ = [row for row in kept if row.accepted <= now]
        self.counts = Counter((row.kind, row.zone) for row in open_)
        self.oldest = {row.kind: row.since for row in reversed(open_)}

    def _reconcile(self, hosts: Iterable[Host], now: float) -> tuple[list[Finding], list[Share]]:
        def work(connection: Connection) -> tuple[list[Finding], list[Share]]:
            rows = listed(connection)
            # Without a row nothing is looked up by a key, and the keys of a city are a hundred megabytes.
            return reconcile(rows, things(connection, hosts, keyed=bool(rows)), now)

        return self._store.read(work)


def listed(connection: Connection) -> list[Listed]:
    """Return the rows of all lists."""
    lists = {one.name: one for one in coverage.lists(connection)}
    return [
        Listed(row.list, lists[row.list].kind, lists[row.list].zone,
               Entry(row.name, row.serial, row.uuid, row.mac, row.owner, row.site, row.at))
        for row in coverage.rows(connection) if row.list in lists
    ]  # fmt: skip


def things(connection: Connection, hosts: Iterable[Host], *, keyed: bool = True) -> list[Thing]:
    """Return what there is. keyed: with what each is known by, where it has an asset."""
    sources, keys = AssetSourceTable.__table__, AssetKeyTable.__table__  # type: ignore[attr-defined]
    homes: dict[str, int] = {one: asset for one, asset in connection.execute(select(sources.c.source, sources.c.asset))}  # noqa: C416
    known: dict[int, set[Key]] = {}
    query = select(keys.c.asset, keys.c.kind, keys.c.value).where(keys.c.kind.in_(_KEYS))
    for asset, kind, value in connection.execute(query) if keyed else ():
        known.setdefault(asset, set()).add(Key(kind, value))
    return [
        Thing(host.origin, host.name, host.administration, host.site, host.zone, host.class_,
              frozenset(known.get(homes.get(host.origin, 0), ())), homes.get(host.origin, 0),
              host.received_wall if host.received is not None else 0.0, host.every)
        for host in hosts
    ]  # fmt: skip


def as_list(
    name: str, kind: str, zone: str, at: float, who: str, entries: Iterable[Entry], *, private: bool = False
) -> tuple[ListInfo, list[RowInfo]]:
    """Return a list as the store keeps it. private: without what is a person's."""
    told = [of_nobody(one) for one in entries] if private else entries
    rows = [
        RowInfo(name, one.number, one.name, one.serial, one.uuid, one.mac, one.owner, one.site, min(one.at, at))
        for one in {one.number: one for one in told if one.keys}.values()
    ]
    return ListInfo(name, kind, zone, at, who, len(rows)), rows


def _row(one: Finding, now: float) -> FindingRow:
    return FindingRow(one.number, one.kind, one.subject[:255], one.origin, one.asset, one.list, one.owner[:255],
                      one.site[:255], one.zone, one.text, min(one.since or now, now))  # fmt: skip
