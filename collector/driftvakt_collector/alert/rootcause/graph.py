"""Over which others each host is reached, as what must not all fail. Pure.

A host has groups of parents. It is cut off where one group is down as a whole: two switches that it hangs on are one
group, for one is enough; its hypervisor and its relay are a group each, for it needs both.
"""

from collections.abc import Callable, Mapping, Sequence

from driftvakt_collector.fleet.topology.tree import UNKNOWN

Groups = tuple[frozenset[str], ...]
MOST_STEPS = 64


class Graph:
    """parents: of each host or unknown thing, by topology. guests: machine to its hypervisor.

    carriers: who brings what a host says, a relay or a poller. Groups are worked out when somebody asks for them: of
    most hosts nobody does.
    """

    def __init__(
        self, parents: Mapping[str, tuple[str, ...]], guests: Mapping[str, str],
        carriers: Callable[[str], Sequence[str]],
    ) -> None:  # fmt: skip
        self._parents = parents
        self._guests = guests
        self._carriers = carriers
        self._known: dict[str, tuple[Sequence[str], Groups]] = {}

    def groups(self, origin: str) -> Groups:
        """Return the groups of parents, what is nearest to the machine first: its hypervisor, cables, carriers."""
        carriers = self._carriers(origin)
        found = self._known.get(origin)
        if found is None or found[0] != carriers:
            found = self._known[origin] = (carriers, self._groups(origin, carriers))
        return found[1]

    def above(self, origin: str) -> frozenset[str]:
        """Return all that it hangs behind, by whichever way."""
        found: set[str] = set()
        edge = {origin}
        for _ in range(MOST_STEPS):
            edge = {one for here in edge for group in self.groups(here) for one in group} - found - {origin}
            if not edge:
                break
            found |= edge
        return frozenset(found)

    def _groups(self, origin: str, carriers: Sequence[str]) -> Groups:
        made: list[frozenset[str]] = []
        hypervisor = self._guests.get(origin, "")
        singles = [frozenset((one,)) for one in carriers]
        for group in (frozenset((hypervisor,)), self._cables(origin), *singles):
            others = group - {origin, ""}
            if others and others not in made:
                made.append(others)
        return tuple(made)

    def _cables(self, origin: str) -> frozenset[str]:
        """Return its parents by topology. In the place of a thing that is no host of ours stand those above it."""
        above = self._parents.get(origin, ())
        if not any(one.startswith(UNKNOWN) for one in above):
            return frozenset(above)
        found: set[str] = set()
        edge, seen = set(above), {origin}
        for _ in range(MOST_STEPS):
            if not edge:
                break
            seen |= edge
            found |= {one for one in edge if not one.startswith(UNKNOWN)}
            edge = {up for one in edge if one.startswith(UNKNOWN) for up in self._parents.get(one, ())} - seen
        return frozenset(found)


def build(
    parents: Mapping[str, tuple[str, ...]], guests: Mapping[str, str] | None = None,
    carriers: Mapping[str, Sequence[str]] | None = None,
) -> Graph:  # fmt: skip
    """Return the graph. What goes round in a circle is let be: whoever climbs it counts its steps."""
    carried = carriers or {}
    return Graph(parents, guests or {}, lambda origin: carried.get(origin, ()))
