"""Hosts that failed by themselves, and whether that is told of: once, and then as one that comes and goes."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from driftvakt_collector.alert.alert import Severity
from driftvakt_collector.alert.rootcause.ancestry import Ancestry, Place
from driftvakt_collector.alert.rootcause.cause import Cause, Kind, key_of
from driftvakt_collector.alert.rootcause.observation import CARRIERS, MODEST, Observation, State
from driftvakt_collector.alert.rootcause.restlessness import MOST, STABLE, Restlessness
from driftvakt_collector.alert.words import Words

_NO_WORDS = Words("", "")


@dataclass(slots=True)
class _Calm:
    """Whether it was down when last looked at, and since when it is as it was."""

    down: bool
    since: float


class Singles:
    """causes: by host, what was told of."""

    def __init__(self, restlessness: Restlessness) -> None:
        self.causes: dict[str, Cause] = {}
        self._restless = restlessness
        self._calm: dict[str, _Calm] = {}

    def has(self, origin: str) -> bool:
        """Say if an alert of this host fires."""
        return origin in self.causes

    def step(
        self, seen: Mapping[str, Observation], roots: Sequence[tuple[Observation, Place]], ancestry: Ancestry,
        now: float,
    ) -> set[str]:  # fmt: skip
        """Tell of roots that are new, and end what is over. Return those that were told of often enough."""
        for origin in list(self.causes):
            self._review(origin, seen.get(origin), ancestry, now)
        held = set()
        for one, place in roots:
            if one.origin in self.causes:
                continue
            recent = self._restless.recent(one.origin, now)
            if recent >= MOST:
                held.add(one.origin)
                continue
            self._tell(one, _kind(one) if recent == 0 else Kind.HOST_FLAPPING, _why(place, seen), now)
        return held

    def _review(self, origin: str, one: Observation | None, ancestry: Ancestry, now: float) -> None:
        """End what is over; what comes and goes is over when it has been steady for a while."""
        if one is None or not one.expected or one.state in (State.NEW, State.HELD):
            self._end(origin)
            return
        if self.causes[origin].kind is not Kind.HOST_FLAPPING:
            if not one.is_down:
                self._end(origin)
            return
        calm = self._calm.setdefault(origin, _Calm(down=True, since=now))
        if calm.down != one.is_down:
            calm.down, calm.since = one.is_down, now
        if now - calm.since < STABLE:
            return
        if not calm.down:
            self._end(origin)
        elif self._restless.recent(origin, now) < MOST and ancestry.is_ripe(one):
            self._end(origin)
            self._tell(one, _kind(one), _NO_WORDS, now)

    def _end(self, origin: str) -> None:
        del self.causes[origin]
        self._calm.pop(origin, None)

    def _tell(self, one: Observation, kind: Kind, why: Words, now: float) -> None:
        self._restless.raised(one.origin, now)
        self.causes[one.origin] = Cause(
            key_of(kind, one.zone, one.origin), kind, one.origin, one.name, one.zone, one.site, one.administration,
            one.since, Severity.WARNING if one.class_ in MODEST else Severity.CRITICAL, one.supplier, frozenset(), why,
            one.class_,
        )  # fmt: skip


def _kind(one: Observation) -> Kind:
    if one.state is State.OFF:
        return Kind.HOST_OFF
    return Kind.RELAY_SILENT if one.class_ in CARRIERS else Kind.HOST_SILENT


def _why(place: Place, seen: Mapping[str, Observation]) -> Words:
    """Say what it was judged without."""
    names = ", ".join(_names(place.unknown, seen))
    if not names:
        return _NO_WORDS
    return Words(
        f"om {names}, som den hänger bakom, är inget känt", f"nothing is known of {names}, which it hangs behind"
    )


def _names(origins: Iterable[str], seen: Mapping[str, Observation]) -> list[str]:
    return [seen[one].name for one in origins if one in seen]
