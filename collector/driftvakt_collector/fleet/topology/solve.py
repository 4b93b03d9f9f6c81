"""From what all hosts tell to links. Pure: the same evidence gives the same links, in the same order."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field

from driftvakt_collector.fleet.topology import claims
from driftvakt_collector.fleet.topology.evidence import Evidence
from driftvakt_collector.fleet.topology.link import LIKELY, End, How, Link
from driftvakt_collector.fleet.topology.roll import Roll
from driftvakt_collector.fleet.topology.sightings import Sightings

_BY_GATEWAY = 0.3


@dataclass(frozen=True)
class Solution:
    """links: in order. strangers: by bridge, how many addresses hang on it that are nobody's we know."""

    links: tuple[Link, ...] = ()
    strangers: Mapping[str, int] = field(default_factory=dict)


def solve(evidence: Iterable[Evidence]) -> Solution:
    """Return the links between hosts, and from hosts to things that we do not know.

    1. What neighbours tell of each other.
    2. Where forwarding tables see the others.
    3. The default router, of those that nothing else ties to anybody, and of what others hang behind.
    """
    known = {one.origin: one for one in evidence}
    roll = Roll(known.values())
    found = claims.links(known, roll)
    sightings = Sightings(known, roll, found)
    found += sightings.links()
    found += _by_gateway(known, roll, found)
    return Solution(tuple(sorted(found, key=lambda link: link.order)), sightings.strangers)


def _by_gateway(evidence: Mapping[str, Evidence], roll: Roll, links: Iterable[Link]) -> Iterator[Link]:
    tied = {end.origin for link in links if link.confidence >= LIKELY for end in (link.one, link.other)}
    pairs = {pair for link in links for pair in _both(link)}
    for one in evidence.values():
        router = roll.by_address(one.zone, one.gateway) if one.gateway else ""
        if not router or router == one.origin or (router, one.origin) in pairs:
            continue
        if one.origin not in tied or one.carries:
            supplier = one.supplier or evidence[router].supplier
            why = f"{one.gateway} is its default router; how it gets there is not known."
            yield Link(End(router), End(one.origin), How.GATEWAY, _BY_GATEWAY, one.zone, supplier, why)


def _both(link: Link) -> tuple[tuple[str, str], tuple[str, str]]:
    return (link.one.origin, link.other.origin), (link.other.origin, link.one.origin)
