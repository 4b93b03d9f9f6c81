"""Judges who failed, from who is heard: one cause for all that is silent because of it.

1. Who is not heard for longer than its patience, while we could hear, is down. 2. What hangs behind one that is down is
muffled under the top-most such. 3. Where most of a site, or of a zone, is down, that is the cause. 4. What is left
failed by itself; then it depends on what it is, and on how often it was told of.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace

from driftvakt_collector.alert.decision import Reason
from driftvakt_collector.alert.rootcause import reasons
from driftvakt_collector.alert.rootcause.ancestry import Ancestry, Place
from driftvakt_collector.alert.rootcause.areas import Areas
from driftvakt_collector.alert.rootcause.cause import OF_A_HOST, Cause, Kind
from driftvakt_collector.alert.rootcause.computers import DEAF, Computers
from driftvakt_collector.alert.rootcause.graph import Graph
from driftvakt_collector.alert.rootcause.observation import APART, Observation, State
from driftvakt_collector.alert.rootcause.place import Places, Sites
from driftvakt_collector.alert.rootcause.restlessness import Restlessness
from driftvakt_collector.alert.rootcause.round import Covered, Round
from driftvakt_collector.alert.rootcause.singles import Singles

GRACE = 600.0
"""Seconds that hosts have to come back when what they hang behind did."""


@dataclass(frozen=True)
class Verdicts:
    """causes: by key. explanations: by host, why it is not judged by itself. ask: of whom a word is waited for."""

    causes: Mapping[str, Cause] = field(default_factory=dict)
    explanations: Mapping[str, Reason] = field(default_factory=dict)
    ask: frozenset[str] = frozenset()


class Judge:
    """Remembers from step to step what was told of, and who was muffled."""

    def __init__(self) -> None:
        self.verdicts = Verdicts()
        self._restless = Restlessness()
        self._singles = Singles(self._restless)
        self._areas = Areas(self._restless)
        self._computers = Computers(self._restless)
        self._places = Places()
        self._under: set[str] = set()
        self._grace: dict[str, float] = {}

    def resume(self, causes: Iterable[Cause]) -> None:
        """Take up causes that fired when we ended, so that they are cleared and not told of again."""
        for cause in causes:
            if cause.kind in OF_A_HOST:
                self._singles.causes[cause.origin] = cause
            else:
                (self._computers if cause.kind is Kind.COMPUTERS else self._areas).causes[cause.key] = cause
        self.verdicts = Verdicts(self._all({}), {})

    def step(
        self, observations: Mapping[str, Observation], graph: Graph, now: float, healthy_since: float
    ) -> Verdicts:  # fmt: skip
        """Judge all hosts at `now`. healthy_since: from when we could hear everybody, on the same clock."""
        ancestry = Ancestry(observations, graph, now, healthy_since)
        sites, ripe = self._places.gathered(observations, ancestry)
        places: dict[str, Place] = {}
        for one in ripe:
            origin = one.origin
            place = places[origin] = ancestry.place(origin)
            if place.root != origin or place.waits or self._grace.get(origin, 0.0) > now:
                continue
            site = sites[one.zone, one.site]
            if self._singles.has(one.origin):
                site.told.append(one)
            elif not one.is_personal and one.class_ not in APART:
                site.roots.append(one)
            elif one.is_personal and one.state is State.SILENT:
                site.missing.append(one)
        told = self._singles.has
        at = Round(ancestry, told, self._areas.causes.keys(), now, healthy_since, self._under)
        covered = self._areas.step(sites, at)
        roots, why = self._left(ripe, places, covered, observations, now)
        held = self._singles.step(observations, roots, ancestry, now)
        why |= dict.fromkeys(held, reasons.FLAPPING)
        if now - healthy_since > DEAF:
            self._computers.step(sites, why.keys(), now)
        self._restless.forget(now)
        ask = frozenset(_awaited(ripe, places, sites, covered, at))
        self.verdicts = Verdicts(self._all(self._muffled(places, covered)), why, ask)
        # One after the other, for whoever waits for us: all at once, at the end, takes as long as a step may not.
        sites.clear()
        places.clear()
        ripe.clear()
        ancestry.clear()
        return self.verdicts

    def _left(
        self, ripe: Iterable[Observation], places: Mapping[str, Place], covered: Covered,
        seen: Mapping[str, Observation], now: float,
    ) -> tuple[list[tuple[Observation, Place]], dict[str, Reason]]:  # fmt: skip
        """Return who is left as having failed by itself, and of all others why not."""
        roots: list[tuple[Observation, Place]] = []
        why: dict[str, Reason] = {}
        made: dict[str, Reason] = {}
        under: set[str] = set()
        told, below, cause_of = self._singles.causes, covered.below, covered.by
        for one in ripe:
            origin = one.origin
            place = places[origin]
            if origin in told:
                roots.append((one, place))
                continue
            top = below.get(place.root, place.root)
            by = cause_of.get(origin) or cause_of.get(top)
            if by is not None:
                under.add(origin)
                why[origin] = made.get(by) or made.setdefault(by, self._of_area(by))
            elif top != origin:
                under.add(origin)
                why[origin] = made.get(top) or made.setdefault(top, reasons.parent(seen[top].name))
            elif place.waits:
                why[origin] = reasons.waiting(seen[place.waits].name)
            elif origin in covered.held:
                why[origin] = reasons.NEIGHBOURS
            elif self._has_grace(origin, now):
                why[origin] = reasons.GRACE
            elif not one.is_personal:
                roots.append((one, place))
        self._under = under
        # Who came back in the meantime has made use of it.
        self._grace = {origin: self._grace[origin] for origin in self._grace.keys() & places.keys()}
        return roots, why

    def _has_grace(self, origin: str, now: float) -> bool:
        if origin in self._under:
            self._grace[origin] = now + GRACE
        return self._grace.get(origin, 0.0) > now

    def _of_area(self, key: str) -> Reason:
        cause = self._areas.causes[key]
        return (reasons.zone if cause.kind is Kind.ZONE else reasons.site)(cause.name)

    def _muffled(self, places: Mapping[str, Place], covered: Covered) -> dict[str, set[str]]:
        """Return by key, or by host, who is silent because of it."""
        found: dict[str, set[str]] = {}
        for origin in self._under:
            top = covered.below.get(places[origin].root, places[origin].root)
            found.setdefault(covered.by.get(origin) or covered.by.get(top) or top, set()).add(origin)
        return found

    def _all(self, muffled: Mapping[str, set[str]]) -> dict[str, Cause]:
        """Return all causes as they stand, by key. What is as it was is the same object."""
        before, causes = self.verdicts.causes, dict(self._computers.causes)
        for at, cause in (*self._singles.causes.items(), *self._areas.causes.items()):
            now = frozenset(muffled.get(at, ()))
            last = before.get(cause.key, cause)
            is_same = last.muffled == now and last.since == cause.since
            causes[cause.key] = last if is_same else replace(cause, muffled=now)
        return causes


def _awaited(
    ripe: Iterable[Observation], places: Mapping[str, Place], sites: Sites, covered: Covered, at: Round
) -> Iterator[str]:  # fmt: skip
    """Give those whose word decides on what is held: parents, and the others of a site that may be cut off."""
    for one in ripe:
        if not one.is_personal and (waits := places[one.origin].waits):
            yield waits
    for site in sites.values():
        if any(one.origin in covered.held for one in site.roots):
            latest = at.latest(site.roots)
            yield from (one.origin for one in (*site.gateways, *site.hosts) if one.checked <= latest)
