"""What a scrape costs: `/metrics/hosts` for N hosts, cold (rendered now) and from cache, and one host's page."""

import asyncio
import random
import statistics
import time
from array import array

from prometheus_client import CollectorRegistry, generate_latest
from prometheus_client.core import GaugeMetricFamily, Metric
from prometheus_client.registry import Collector

from bench.fleet import SERIES, series_set
from driftvakt_collector.expose.page import RenderCache, page
from driftvakt_collector.fleet.host import Host
from driftvakt_collector.fleet.state import Fleet
from driftvakt_collector.store.hosts import HostRow
from driftvakt_wire.envelope import digest

HOSTS = 10_000
_ROUNDS = 5


def measure(scale: float = 1.0) -> dict[str, object]:
    """Return the figures. prometheus_client renders the same samples in the same run, as the peer."""
    count = max(100, int(HOSTS * scale))
    fleet = _fleet(count)
    hosts = list(fleet.hosts.values())
    samples = count * SERIES
    cache = RenderCache(8 << 30)
    cold = [_timed(fleet, hosts, RenderCache(0))[0] for _ in range(_ROUNDS)]
    _timed(fleet, hosts, cache)
    seconds, size = [], 0
    for _ in range(_ROUNDS):
        took, size = _timed(fleet, hosts, cache)
        seconds.append(took)
    one = [_timed(fleet, hosts[index : index + 1], cache)[0] for index in range(50)]
    fresh = [_timed(fleet, hosts[index : index + 1], RenderCache(0))[0] for index in range(50)]
    peer = _peer(fleet, min(count, 2000))
    cached = samples / statistics.median(seconds)
    return {
        "hosts": count,
        "series a host": SERIES,
        "page MB": round(size / 1e6, 1),
        "from cache: ms": round(statistics.median(seconds) * 1e3, 1),
        "from cache: M samples/s": round(cached / 1e6, 2),
        "rendered now: M samples/s": round(samples / statistics.median(cold) / 1e6, 2),
        "one host, from cache: ms": round(statistics.median(one) * 1e3, 3),
        "one host, rendered now: ms": round(statistics.median(fresh) * 1e3, 3),
        "prometheus_client: M samples/s": round(peer / 1e6, 3),
        "ratio to prometheus_client": round(cached / peer, 1),
    }


def _fleet(count: int) -> Fleet:
    rows = [
        HostRow(f"a-{i:016x}", 1, f"host-{i:06d}", "adm", f"F {i % 40}", f"P {i // 25}", "server") for i in range(count)
    ]
    fleet = Fleet(rows, 0.0)
    body = series_set()
    bound = fleet.sets.add(digest(body), body)
    pick = random.Random(1)
    for host in fleet.hosts.values():
        host.series = bound
        host.values = array("d", [round(pick.random() * 10 ** pick.randrange(1, 10), 2) for _ in range(SERIES)])
        host.received, host.received_wall = 0.0, 1764000000.0
    return fleet


def _timed(fleet: Fleet, hosts: list[Host], cache: RenderCache) -> tuple[float, int]:
    """Return seconds and size of a page. The page is not the result of the run: asyncio writes out the repr of that."""
    took: list[tuple[float, int]] = []

    async def once() -> None:
        began = time.perf_counter()
        body = await page(fleet, hosts, cache, 1.0, openmetrics=False)
        took.append((time.perf_counter() - began, len(body)))

    asyncio.run(once())
    return took[0]


class _Peer(Collector):
    def __init__(self, fleet: Fleet, count: int) -> None:
        self._hosts = list(fleet.hosts.values())[:count]

    def collect(self) -> list[Metric]:
        bound = self._hosts[0].series
        assert bound is not None
        found: list[Metric] = []
        for name in bound.families:
            positions = bound.index[name]
            keys = [key for key, _ in bound.labels[positions[0]]]
            family = GaugeMetricFamily(name, "h", labels=["instance", "job", "zone", "site", *keys])
            for host in self._hosts:
                for position in positions:
                    texts = [text for _, text in bound.labels[position]]
                    family.add_metric([host.name, "node", host.zone, host.site, *texts], host.values[position])
            found.append(family)
        return found


def _peer(fleet: Fleet, count: int) -> float:
    made = CollectorRegistry(auto_describe=False)
    made.register(_Peer(fleet, count))
    began = time.perf_counter()
    generate_latest(made)
    return count * SERIES / (time.perf_counter() - began)
