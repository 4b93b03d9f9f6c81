"""The hosts of one site at one moment, sorted by what is known of them. Pure."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from driftvakt_collector.alert.rootcause.ancestry import Ancestry
from driftvakt_collector.alert.rootcause.observation import APART, GATEWAYS, Observation, State
from driftvakt_collector.alert.rootcause.share import LEAST, SHARE, Share

_HEARD = (State.UP, State.SILENT)


@dataclass(slots=True)
class Site:
    """hosts: those that should always be heard. computers: how many of persons are expected now.

    roots: hosts that failed, it seems, themselves, and nobody was told of yet; told: those

    that somebody was. missing: computers that failed themselves.
    silent: all that are silent and expected, whatever the reason.
    """

    zone: str
    name: str
    hosts: list[Observation] = field(default_factory=list)
    gateways: list[Observation] = field(default_factory=list)
    computers: int = 0
    roots: list[Observation] = field(default_factory=list)
    told: list[Observation] = field(default_factory=list)
    missing: list[Observation] = field(default_factory=list)
    silent: list[Observation] = field(default_factory=list)

    def share(self, ancestry: Ancestry, missed: float) -> Share:
        """Return how much of it is silent. Who was not heard since `missed` may be silent too."""
        failed = unsure = 0
        for one in self.hosts:
            if one.state is State.UP:
                unsure += one.checked <= missed
            elif ancestry.is_ripe(one):
                failed += 1
            else:
                unsure += 1
        return Share(failed, unsure, len(self.hosts))

    def has_no_way(self, ancestry: Ancestry) -> bool:
        """Say if all over which it is reached is down."""
        return bool(self.gateways) and all(
            one.state is State.OFF or ancestry.is_ripe(one) for one in self.gateways
        )  # fmt: skip

    def is_late(self, now: float) -> bool:
        """Say if most of it has missed a report."""
        return sum(one.missed < now for one in self.hosts) >= SHARE * len(self.hosts)

    @property
    def is_small(self) -> bool:
        """Whether it has too few hosts to say of itself that it is cut off."""
        return len(self.hosts) < LEAST and not self.gateways

    @property
    def administration(self) -> str:
        """Whose it is, empty where it is shared."""
        found = {one.administration for one in self.hosts}
        return found.pop() if len(found) == 1 else ""


Sites = dict[tuple[str, str], Site]


class _Members:
    """The hosts of one site that say something of it, by origin."""

    __slots__ = ("computers", "gateways", "hosts")

    def __init__(self) -> None:
        self.hosts: dict[str, Observation] = {}
        self.gateways: dict[str, Observation] = {}
        self.computers: set[str] = set()


class Places:
    """Who is where. It is kept from moment to moment, for in most of them hardly anything changes."""

    def __init__(self) -> None:
        self._known: dict[str, Observation] = {}
        self._members: dict[tuple[str, str], _Members] = {}

    def gathered(self, observations: Mapping[str, Observation], ancestry: Ancestry) -> tuple[Sites, list[Observation]]:
        """Return all sites, and all that is expected and down for longer than its patience."""
        self._learn(observations)
        sites: Sites = {}
        for (zone, name), members in self._members.items():
            hosts, gateways = list(members.hosts.values()), list(members.gateways.values())
            sites[zone, name] = Site(zone, name, hosts, gateways, len(members.computers))
        ripe = [one for one in ancestry.ripe if one.expected]
        for one in ripe:
            if one.state is State.SILENT:
                sites[one.zone, one.site].silent.append(one)
        return sites, ripe

    def _learn(self, observations: Mapping[str, Observation]) -> None:
        known = self._known
        fresh = [(origin, one) for origin, one in observations.items() if known.get(origin) is not one]
        for origin, one in fresh:
            old = known.get(origin)
            if old is not None and (old.zone != one.zone or old.site != one.site or old.class_ != one.class_):
                self._leave(origin, old)
            known[origin] = one
            self._place(origin, one)
        if len(known) > len(observations):
            for origin in known.keys() - observations.keys():
                self._leave(origin, known.pop(origin))

    def _place(self, origin: str, one: Observation) -> None:
        if not one.expected or one.state is State.NEW or one.state is State.HELD:
            self._leave(origin, one)
            return
        members = self._members.get((one.zone, one.site))
        if members is None:
            members = self._members[one.zone, one.site] = _Members()
        if one.is_personal:
            members.computers.add(origin)
        elif one.class_ not in APART:
            if one.state in _HEARD:
                members.hosts[origin] = one
            else:
                members.hosts.pop(origin, None)
        if one.class_ in GATEWAYS:
            members.gateways[origin] = one

    def _leave(self, origin: str, one: Observation) -> None:
        members = self._members.get((one.zone, one.site))
        if members is None:
            return
        members.hosts.pop(origin, None)
        members.gateways.pop(origin, None)
        members.computers.discard(origin)
