"""The way up from each host: over which others it is reached. Pure.

Where a router has failed, all that hangs behind it is silent too, and only the router is worth a page. So each host
has parents, which are nearer to a root than it is itself; then no way can go round in a circle. Roots are what the
collector itself stands behind, else the routers and firewalls that have no router above them, else the bridge with the
most links.
"""

import heapq
from collections import deque
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property

from driftvakt_collector.fleet.topology.evidence import BRIDGES, ROUTERS, Evidence, mac
from driftvakt_collector.fleet.topology.link import LIKELY, How, Link

UNKNOWN = "?"
"""How a thing that is no host of ours begins: no origin has such a sign."""
_DOUBTED = 0.35
"""Below this a link is taken only where there is no other."""
_MOST_STEPS = 64


@dataclass(frozen=True)
class Tree:
    """parents: of each host that is not alone, the one to take first; more where it is reached by several ways.

    A parent may be an unknown thing that stands between hosts; it begins with `UNKNOWN`. steps: from the root.
    """

    parents: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    steps: Mapping[str, int] = field(default_factory=dict)

    def path(self, origin: str) -> list[str]:
        """Return the way from a host up to its root, without itself."""
        found: list[str] = []
        above = self.parents.get(origin, ())
        while above and len(found) < _MOST_STEPS:
            found.append(above[0])
            above = self.parents.get(above[0], ())
        return found

    @cached_property
    def children(self) -> Mapping[str, Sequence[str]]:
        """Return who hangs directly below whom, by the first parent of each."""
        found: dict[str, list[str]] = {}
        for origin, above in self.parents.items():
            if above:
                found.setdefault(above[0], []).append(origin)
        return found


def unknown(zone: str, thing: str) -> str:
    """Return what an unknown thing is called in a tree. Two zones never share one."""
    return f"{UNKNOWN}{zone}/{thing}"


def grow(evidence: Mapping[str, Evidence], links: Sequence[Link], roots: Iterable[str] = ()) -> Tree:
    """Return the tree. roots: what the collector stands behind, where that is known."""
    # No machine may say that a part of the city is reached over it.
    growth = _Growth(_ways(evidence, links), _wards(links), {origin for origin, one in evidence.items() if one.is_end})
    given = [origin for origin in sorted(set(roots)) if origin in evidence]
    growth.settle(given)
    for sources in _sources(evidence, growth):
        growth.settle([one for one in sources if one not in growth.cost])
    return growth.tree(evidence)


def _ways(evidence: Mapping[str, Evidence], links: Iterable[Link]) -> dict[str, dict[str, int]]:
    """Return what each is linked to and what that costs. An unknown thing is between where two hosts tell of it."""
    ways: dict[str, dict[str, int]] = {}
    for link in links:
        if link.how is How.GATEWAY:
            continue
        one, other = link.one.origin, link.other.origin or unknown(link.zone, link.other.thing)
        cost = 1 if link.confidence >= LIKELY else 2 if link.confidence >= _DOUBTED else 4
        for here, there in ((one, other), (other, one)):
            told = ways.setdefault(here, {})
            told[there] = min(cost, told.get(there, cost))
    for lonely in [key for key, told in ways.items() if key.startswith(UNKNOWN) and not _joins(evidence, key, told)]:
        for host in ways.pop(lonely):
            del ways[host][lonely]
    return ways


def _joins(evidence: Mapping[str, Evidence], key: str, told: Iterable[str]) -> bool:
    """Say if an unknown thing is one and the same for all who tell of it.

    A MAC is one thing's. As "Switch" call themselves all that nobody gave a name; at one site it may be one of them.
    """
    hosts = list(told)
    return len(hosts) > 1 and (bool(mac(key.partition("/")[2])) or len({evidence[one].site for one in hosts}) == 1)


def _wards(links: Iterable[Link]) -> dict[str, list[str]]:
    """Return by router whose default router it is, where nothing else ties them together."""
    found: dict[str, list[str]] = {}
    for link in links:
        if link.how is How.GATEWAY:
            found.setdefault(link.one.origin, []).append(link.other.origin)
    return found


class _Growth:
    """The cheapest way to each, from roots outwards (Dijkstra), and over a gateway only into what is else apart."""

    def __init__(
        self, ways: Mapping[str, Mapping[str, int]], wards: Mapping[str, Sequence[str]], ends: Collection[str]
    ) -> None:
        self.ways = ways
        self.wards = wards
        self.cost: dict[str, int] = {}
        self._ends = ends
        self._entered: dict[str, str] = {}

    def settle(self, sources: Sequence[str]) -> None:
        """Reach all that can be reached from these."""
        heap = [(0, source) for source in sources]
        heapq.heapify(heap)
        self.cost.update(dict.fromkeys(sources, 0))
        done: set[str] = set()
        waiting: deque[tuple[str, str]] = deque()
        while heap or waiting:
            if not heap:
                router, ward = waiting.popleft()
                if ward not in self.cost:
                    self._entered[ward] = router
                    self.cost[ward] = self.cost[router] + 1
                    heap.append((self.cost[ward], ward))
                continue
            cost, here = heapq.heappop(heap)
            if here in done or cost > self.cost[here]:
                continue
            done.add(here)
            if here in self._ends:
                continue
            for there, more in self.ways.get(here, {}).items():
                if cost + more < self.cost.get(there, cost + more + 1):
                    self.cost[there] = cost + more
                    heapq.heappush(heap, (cost + more, there))
            wards = sorted(self.wards.get(here, ()), key=lambda one: (-len(self.ways.get(one, ())), one))
            waiting.extend((here, ward) for ward in wards)

    def tree(self, evidence: Mapping[str, Evidence]) -> Tree:
        """Return whom each has above it, and how far away the root is."""
        cost, parents = self.cost, {}
        for origin in [*evidence, *(key for key in self.ways if key.startswith(UNKNOWN))]:
            if origin in cost:
                parents[origin] = tuple(self._above(origin))
        steps: dict[str, int] = {}
        for origin in sorted(parents, key=lambda one: cost[one]):
            above = parents[origin]
            steps[origin] = steps.get(above[0], 0) + 1 if above else 0
        return Tree({origin: above for origin, above in parents.items() if above}, steps)

    def _above(self, origin: str) -> Iterator[str]:
        if origin in self._entered:
            yield self._entered[origin]
            return
        here = self.cost[origin]
        nearer = sorted(
            (self.cost[there] + more, there, more) for there, more in self.ways.get(origin, {}).items()
            if self.cost.get(there, here) < here and there not in self._ends
        )  # fmt: skip
        for at, (_, there, more) in enumerate(nearer):
            # What is in doubt is a way where there is no other, and no second way.
            if at == 0 or more < 4:
                yield there


def _sources(evidence: Mapping[str, Evidence], growth: _Growth) -> Iterator[list[str]]:
    """Give what may be roots, step by step: what is reached from one step is no source of a later one."""
    routers = sorted(origin for origin, one in evidence.items() if one.class_ in ROUTERS)
    below = {ward for wards in growth.wards.values() for ward in wards}
    yield [origin for origin in routers if origin not in below and (origin in growth.ways or origin in growth.wards)]
    others = (one for one in {*growth.ways, *growth.wards} if one in evidence)
    for origin in sorted(others, key=lambda one: _rank(evidence, growth, one)):
        yield [origin]


def _rank(evidence: Mapping[str, Evidence], growth: _Growth, origin: str) -> tuple[bool, bool, int, str]:
    class_ = evidence[origin].class_
    return class_ not in ROUTERS, class_ not in BRIDGES, -len(growth.ways.get(origin, ())), origin
