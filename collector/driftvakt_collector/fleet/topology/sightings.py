"""Links from forwarding tables (RFC 4188, RFC 4363): which port of which bridge a machine hangs on.

A bridge sees everything that speaks through it, so a machine stands in the tables of all the bridges on its way. The
one that it hangs on sees it on a port with no bridge behind it; where that can't be told, on the port that sees the
fewest. Two bridges that tell nobody on the ports on which they see each other are side by side where no third is seen
on both: whatever hangs on the way between them both see there (Breitbart et al., Topology Discovery in Heterogeneous
IP Networks, IEEE INFOCOM 2000).
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field

from driftvakt_collector.fleet.topology.claims import shown
from driftvakt_collector.fleet.topology.evidence import Evidence
from driftvakt_collector.fleet.topology.link import LIKELY, End, How, Link
from driftvakt_collector.fleet.topology.port import plain
from driftvakt_collector.fleet.topology.roll import Roll

_CROWD = 8
"""Addresses on one port, from which on something that we do not know stands between."""
_SOLE, _CROWDED, _BETWEEN, _BEHIND, _SOMEWHERE, _TORN = 0.85, 0.6, 0.5, 0.5, 0.3, 0.35
_SIDE_BY_SIDE = 0.7


@dataclass(slots=True, eq=False)
class _Port:
    """A port of a bridge. macs: how many addresses it sees. hosts: those of them that we know.

    through: of these, and of the neighbours told on it, what others may hang behind. strange: a neighbour is unknown.
    """

    teller: str
    name: str
    macs: int = 0
    hosts: set[str] = field(default_factory=set)
    through: set[str] = field(default_factory=set)
    strange: bool = False

    @property
    def order(self) -> tuple[int, str, str]:
        """The port that sees the fewest comes first."""
        return self.macs, self.teller, self.name


class Sightings:
    """What all bridges see. direct: the links that neighbours told."""

    def __init__(self, evidence: Mapping[str, Evidence], roll: Roll, direct: Iterable[Link]) -> None:
        self._evidence = evidence
        self.strangers: dict[str, int] = {}
        """Addresses of nobody that we know, on ports without a bridge behind them, by bridge."""
        self._linked: set[tuple[str, str]] = set()
        self._placed: set[str] = set()
        near = self._neighbours(direct)
        self._ports: list[_Port] = []
        self._of: dict[str, list[_Port]] = {}
        for one in evidence.values():
            if one.forwarding:
                self._look(one, roll, near)

    def links(self) -> list[Link]:
        """Return the links."""
        found = list(self._side_by_side())
        self._placed.update(end.origin for link in found for end in (link.one, link.other))
        loose = (origin for origin in sorted(self._of) if origin not in self._placed)
        found.extend(self._place(self._evidence[origin], self._of[origin]) for origin in loose)
        return found

    def _neighbours(self, direct: Iterable[Link]) -> dict[tuple[str, str], set[str]]:
        """Return who is told on each port; an unknown thing is told as an empty text."""
        near: dict[tuple[str, str], set[str]] = {}
        for link in direct:
            for end, other in ((link.one, link.other), (link.other, link.one)):
                if not end.origin:
                    continue
                near.setdefault((end.origin, plain(end.port)), set()).add(other.origin)
                if other.origin:
                    self._linked.add((end.origin, other.origin))
                    if link.confidence >= LIKELY and self._may_carry(other.origin):
                        self._placed.add(end.origin)
        return near

    def _may_carry(self, origin: str) -> bool:
        return self._evidence[origin].carries or not self._evidence[origin].is_end

    def _look(self, one: Evidence, roll: Roll, near: Mapping[tuple[str, str], set[str]]) -> None:
        ports: dict[str, _Port] = {}
        strange: dict[str, int] = {}
        # An address that stands in several VLANs is one.
        for address, name in dict.fromkeys((seen.mac, seen.port) for seen in one.forwarding):
            key = plain(name)
            port = ports.get(key)
            if port is None:
                port = ports[key] = _Port(one.origin, name)
            host = roll.by_mac(one.zone, address)
            if host == one.origin:
                continue
            port.macs += 1
            if not host:
                strange[key] = strange.get(key, 0) + 1
            elif host not in port.hosts:
                port.hosts.add(host)
                self._of.setdefault(host, []).append(port)
                if self._evidence[host].bridges or self._evidence[host].class_ == "phone":
                    port.through.add(host)
        for key, port in ports.items():
            told = near.get((one.origin, key), set())
            port.strange = "" in told
            port.through.update(host for host in told if host and self._may_carry(host))
            if not port.through and key in strange:
                self.strangers[one.origin] = self.strangers.get(one.origin, 0) + strange[key]
        self._ports += ports.values()

    def _side_by_side(self) -> Iterator[Link]:
        """Give the links between two bridges with tables that tell nobody of each other."""
        sees: dict[tuple[str, str], _Port] = {}
        between: dict[_Port, frozenset[str]] = {}
        for port in self._ports:
            if any((port.teller, host) in self._linked for host in port.through):
                # Whoever is told as the neighbour here stands between this bridge and all that it sees here.
                continue
            between[port] = frozenset(host for host in port.through if self._evidence[host].forwarding)
            for host in between[port]:
                known = sees.get((port.teller, host))
                if known is None or port.order < known.order:
                    sees[port.teller, host] = port
        for one, other in sorted(pair for pair in sees if pair[0] < pair[1]):
            mine, yours = sees[one, other], sees.get((other, one))
            if yours is not None and between[mine].isdisjoint(between[yours]):
                yield self._pair(mine, yours)

    def _pair(self, mine: _Port, yours: _Port) -> Link:
        one, other = self._evidence[mine.teller], self._evidence[yours.teller]
        shared = len(mine.hosts & yours.hosts)
        why = f"{shown(one)} and {shown(other)} see each other, and no bridge between them"
        if shared:
            why += f"; {shared} {'is' if shared == 1 else 'are'} seen on both ports, so something stands between"
        return Link(
            End(one.origin, mine.name), End(other.origin, yours.name), How.FDB, _BETWEEN if shared else _SIDE_BY_SIDE,
            one.zone, one.supplier or other.supplier, f"{why}.",
        )  # fmt: skip

    def _place(self, host: Evidence, ports: list[_Port]) -> Link:
        """Return the link that a host hangs on."""
        edges = sorted((port for port in ports if port.through <= {host.origin}), key=lambda port: port.order)
        return self._on_edge(host, edges) if edges else self._beyond(host, ports)

    def _on_edge(self, host: Evidence, edges: list[_Port]) -> Link:
        port, rivals = edges[0], edges[1:]
        where = f"{shown(self._evidence[port.teller])} sees it on {port.name}"
        if rivals and rivals[0].macs <= port.macs:
            other = f"{shown(self._evidence[rivals[0].teller])} on {rivals[0].name}"
            return self._link(port, host, _TORN, f"{where}, and {other} as well: one of them is out of date")
        if port.strange:
            return self._link(port, host, _CROWDED, f"{where}, where an unknown neighbour stands between")
        if port.macs > _CROWD:
            told = f"{where} among {port.macs} addresses: something that we do not know stands between"
            return self._link(port, host, _CROWDED, told)
        return self._link(port, host, _SOLE, f"{where}, and no bridge behind that port")

    def _beyond(self, host: Evidence, ports: list[_Port]) -> Link:
        """Place a host that is seen only where bridges stand before it."""

        def tabled(port: _Port) -> int:
            return sum(1 for one in port.through if one != host.origin and self._evidence[one].forwarding)

        port = min(ports, key=lambda one: (tabled(one) > 0, one.order))
        through = sorted(port.through - {host.origin})
        told = [one for one in through if (port.teller, one) in self._linked]
        between = through[0] if len(through) == 1 else told[0] if len(told) == 1 else ""
        where = f"{shown(self._evidence[port.teller])} sees it on {port.name}"
        if not between:
            return self._link(port, host, _SOMEWHERE, f"{where}, where several bridges stand before it")
        name = shown(self._evidence[between])
        if tabled(port):
            return self._via(between, host, _SOMEWHERE, f"{where}, behind {name}, which does not see it itself")
        return self._via(between, host, _BEHIND, f"{where}, behind {name}, which tells no forwarding table")

    def _link(self, port: _Port, host: Evidence, confidence: float, why: str) -> Link:
        upper = self._evidence[port.teller]
        return Link(End(port.teller, port.name), End(host.origin), How.FDB, confidence, host.zone,
                    upper.supplier or host.supplier, f"{why}.")  # fmt: skip

    def _via(self, between: str, host: Evidence, confidence: float, why: str) -> Link:
        supplier = self._evidence[between].supplier or host.supplier
        return Link(End(between), End(host.origin), How.FDB, confidence, host.zone, supplier, f"{why}.")
