"""What it costs to look at a whole city for who is silent and why, and how long the loop waits meanwhile."""

import asyncio
import gc
from collections.abc import Callable
from time import perf_counter, thread_time

from driftvakt_collector.alert.rootcause.guest_list import Machine, Told, match
from driftvakt_collector.alert.rootcause.survey import Survey
from driftvakt_collector.fleet.state import Fleet
from driftvakt_collector.fleet.topology.atlas import Atlas, Plan
from driftvakt_collector.fleet.topology.tree import Tree
from driftvakt_collector.store.engine import Store
from driftvakt_collector.store.hosts import HostRow

SITES = 200
_SERVERS, _COMPUTERS = 60, 234
_HOMES = 2
"""Servers of each site that are hypervisors of the others."""
_ROUNDS = 5
_NOW, _WALL = 100_000.0, 1_795_000_000.0


class City:
    """Sites of a firewall, servers and computers of people, who report every minute."""

    def __init__(self, sites: int) -> None:
        rows, parents, self.told = [], {}, {}
        for site in range(sites):
            rows.append(HostRow(f"fw{site}", 1, f"fw{site}", "adm", "SLK", f"s{site}", "firewall"))
            for at in range(_SERVERS + _COMPUTERS):
                origin, class_ = f"h{site}-{at}", "server" if at < _SERVERS else "workstation"
                rows.append(HostRow(origin, 1, origin, "adm", "SLK", f"s{site}", class_))
                parents[origin] = (f"fw{site}",)
                if _HOMES <= at < _SERVERS:
                    self.told[origin] = Told(origin, origin, "kvm")
            for home in range(_HOMES):
                machines = (Machine(f"h{site}-{at}", "libvirt", f"h{site}-{at}") for at in range(_HOMES, _SERVERS))
                self.told[f"h{site}-{home}"] = Told(machines=tuple(machines)[home::_HOMES])
        self.now = _NOW
        self.fleet = Fleet(rows, 0.0)
        self.guests = match(self.fleet.hosts.values(), self.told)
        # It reads nothing of a store: where everybody hangs is said here.
        atlas = Atlas(self.fleet, Store.__new__(Store), lambda: _WALL)
        atlas.plan = Plan(tree=Tree(parents), at=_WALL)
        self.survey = Survey(self.fleet, atlas, lambda _host, _at: True, lambda: self.guests)
        self.hear(lambda _number: True)

    def hear(self, speaks: Callable[[int], bool]) -> None:
        for number, host in enumerate(self.fleet.hosts.values()):
            if speaks(number):
                host.received, host.received_wall = self.now, _WALL + self.now - _NOW


def measure(scale: float = 1.0) -> dict[str, object]:
    """Return the figures, each of the best of some rounds: others on the machine can only add. scale: 1 for a city."""
    city = City(max(2, round(SITES * scale)))
    gc.collect()
    gc.freeze()
    began = thread_time()
    match(city.fleet.hosts.values(), city.told)
    found: dict[str, object] = {
        "hosts": len(city.fleet.hosts), "guests of hypervisors": len(city.guests),
        "guests matched with lists: CPU ms": round((thread_time() - began) * 1e3, 1),
    }  # fmt: skip
    for what, speaks in (("all are well", _all), ("a third is silent", _two_thirds), ("all are silent", _none)):
        city.now += 200.0
        city.hear(speaks)
        took = []
        for _ in range(_ROUNDS):
            city.now += 5.0
            began = thread_time()
            city.survey.look(city.now, _WALL + city.now - _NOW)
            took.append(thread_time() - began)
        waits, _ = zip(*(asyncio.run(_looked(city)) for _ in range(_ROUNDS)), strict=True)
        found |= {
            f"{what}: CPU ms of a look": round(min(took) * 1e3),
            f"{what}: longest that the loop waits, ms": round(min(waits) * 1e3, 1),
        }  # fmt: skip
    gc.unfreeze()
    return found


async def _looked(city: City) -> tuple[float, int]:
    """Return the longest that somebody who wants a millisecond's sleep was kept during a look, in seconds."""
    waits: list[float] = []

    async def wait() -> None:
        while True:
            began = perf_counter()
            await asyncio.sleep(0.001)
            waits.append(perf_counter() - began - 0.001)

    waiter = asyncio.create_task(wait())
    await asyncio.sleep(0.01)
    waits.clear()
    city.now += 5.0
    changes = await city.survey.alook(city.now, _WALL + city.now - _NOW)
    waiter.cancel()
    return max(waits), len(changes)


def _all(_number: int) -> bool:
    return True


def _two_thirds(number: int) -> bool:
    return number % 3 > 0


def _none(_number: int) -> bool:
    return False
