"""Made networks, each with its truth: cables between ports, from which all that devices would tell of them follows."""

from collections import deque
from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass, field, replace

from driftvakt_collector.fleet.topology.evidence import Evidence, Near
from driftvakt_collector.fleet.topology.part import Seen
from driftvakt_collector.fleet.topology.solve import Solution

Cable = tuple[str, str, str, str]
"""One host and its port, the other and its port."""


@dataclass
class Network:
    """hosts: without what they tell. cables: the truth. lags: what a bridge calls the bundle of a port."""

    hosts: dict[str, Evidence] = field(default_factory=dict)
    cables: list[Cable] = field(default_factory=list)
    lags: dict[tuple[str, str], str] = field(default_factory=dict)

    def host(self, origin: str, class_: str, **told: object) -> None:
        number = len(self.hosts) + 1
        facts: dict[str, object] = {"name": origin, "site": "huset", "zone": "adm", "class_": class_, **told}
        card = (f"00:1b:a9:00:{number >> 8:02x}:{number & 255:02x}", "eth0")
        facts.setdefault("cards", (card,))
        facts.setdefault("addresses", (f"10.0.{number >> 8}.{number & 255}",))
        self.hosts[origin] = Evidence(origin, **facts)  # type: ignore[arg-type]  # as told

    def cable(self, one: str, port: str, other: str, there: str = "eth0") -> None:
        self.cables.append((one, port, other, there))

    def evidence(
        self, *, lldp: Collection[str] = (), cdp: Collection[str] = (), fdb: Collection[str] = ()
    ) -> list[Evidence]:
        """Return what they tell. lldp, cdp: who sends and tells it. fdb: bridges that tell their forwarding table."""
        return [
            replace(one, neighbours=(*self._near(origin, lldp, "lldp"), *self._near(origin, cdp, "cdp")),
                    forwarding=tuple(self._seen(origin)) if origin in fdb else ())
            for origin, one in self.hosts.items()
        ]  # fmt: skip

    def _ends(self, origin: str) -> Iterator[tuple[str, str, str]]:
        for one, port, other, there in self.cables:
            if one == origin:
                yield port, other, there
            if other == origin:
                yield there, one, port

    def _near(self, origin: str, speak: Collection[str], protocol: str) -> Iterator[Near]:
        for port, other, there in self._ends(origin):
            if origin in speak and other in speak:
                peer = self.hosts[other]
                yield Near(port, peer.cards[0][0] if protocol == "lldp" else peer.name, there, peer.name, protocol)

    def _seen(self, origin: str) -> Iterator[Seen]:
        """Give all that is reached over each port, as far as no router stands before it."""
        met = {origin}
        queue: deque[tuple[str, str]] = deque()
        for port, other, _ in self._ends(origin):
            if other not in met:
                met.add(other)
                queue.append((self.lags.get((origin, port), port), other))
        while queue:
            port, here = queue.popleft()
            for address, _ in self.hosts[here].cards[:1]:
                yield Seen(address, port, 1)
            if self.hosts[here].class_ != "router":
                for _, other, _ in self._ends(here):
                    if other not in met:
                        met.add(other)
                        queue.append((port, other))


def ends(solution: Solution) -> set[frozenset[tuple[str, str]]]:
    """Return the links between hosts, with their ports."""
    return {
        frozenset({(link.one.origin, link.one.port), (link.other.origin, link.other.port)})
        for link in solution.links if link.other.origin
    }  # fmt: skip


def pairs(solution: Solution, least: float = 0.0) -> set[frozenset[str]]:
    """Return who is linked to whom, with at least that confidence."""
    return {
        frozenset({link.one.origin, link.other.origin})
        for link in solution.links if link.other.origin and link.confidence >= least
    }  # fmt: skip


def truth(cables: Iterable[Cable]) -> set[frozenset[tuple[str, str]]]:
    """Return cables as `ends` returns links."""
    return {frozenset({(one, port), (other, there)}) for one, port, other, there in cables}


def wired(cables: Iterable[Cable]) -> set[frozenset[str]]:
    """Return cables as `pairs` returns links."""
    return {frozenset({one, other}) for one, _, other, _ in cables}
