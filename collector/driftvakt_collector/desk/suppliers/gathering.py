"""The facts of the evidence, as far as the fleet knows them: the way, who is affected, where. Pure."""

from collections.abc import Callable, Mapping, Sequence

from driftvakt_collector.alert.words import Words
from driftvakt_collector.desk.suppliers.evidence import Facts, Measure, Probe, steps_of
from driftvakt_collector.desk.suppliers.supplier import Supplier
from driftvakt_collector.desk.suppliers.way import hops, last_good
from driftvakt_collector.fleet.host import Host, Verdict
from driftvakt_collector.fleet.topology.tree import UNKNOWN, Tree

PERSONAL = frozenset({"workstation", "laptop"})
"""Classes of which a host is somebody's, and is not named to others."""
_MOST_BELOW = 200_000


def affected(origin: str, tree: Tree, hosts: Mapping[str, Host]) -> tuple[int, tuple[str, ...]]:
    """Return how many hosts hang below one, and at which sites; those with most of them first."""
    count = 0
    sites: dict[str, int] = {}
    waiting = list(tree.children.get(origin, ()))
    seen = {origin}
    while waiting and count < _MOST_BELOW:
        one = waiting.pop()
        if one in seen:
            continue
        seen.add(one)
        waiting += tree.children.get(one, ())
        host = hosts.get(one)
        if host is None or one.startswith(UNKNOWN):
            continue
        count += 1
        if host.site:
            sites[host.site] = sites.get(host.site, 0) + 1
    return count, tuple(sorted(sites, key=lambda site: (-sites[site], site)))


def gathered(
    key: str, what: Words, origin: str, since: float, now: float, *, supplier: Supplier, tree: Tree,
    hosts: Mapping[str, Host], verdict: Callable[[Host], Verdict], events: Sequence[tuple[float, str]] = (),
    probes: Sequence[Probe] = (), measures: Sequence[Measure] = (), people: int | None = None, contact: str = "",
    phone: str = "",
) -> Facts:  # fmt: skip
    """Return the facts. key: of the incident. since: when it broke. events: of the timeline, when and what.

    contact, phone: of our desk, a function and no person.
    """
    host = hosts.get(origin)
    way = hops(origin, tree, hosts, supplier.name, verdict)
    count, sites = affected(origin, tree, hosts)
    if host is not None and host.site and host.site not in sites:
        sites = (host.site, *sites)
    return Facts(
        key, what.of(supplier.language), "" if host is None else host.name, since, now,
        is_personal=host is not None and host.class_ in PERSONAL, address="" if host is None else host.address,
        hops=way, last_good=last_good(way), probes=probes, measures=measures, clients=count, people=people, sites=sites,
        steps=steps_of(events, supplier.language), contact=contact, phone=phone,
    )  # fmt: skip
