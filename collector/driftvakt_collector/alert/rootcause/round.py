"""What one step of the judge knows and finds, handed from part to part."""

from collections.abc import Callable, Collection, Iterable
from dataclasses import dataclass, field

from driftvakt_collector.alert.rootcause.ancestry import Ancestry
from driftvakt_collector.alert.rootcause.cause import Cause
from driftvakt_collector.alert.rootcause.observation import Observation

_NEW = 900.0
"""Seconds after we began to hear in which devices that are asked seldom may not have been due."""


@dataclass(frozen=True)
class Round:
    """One step. told: says if an alert about a host fires already. areas: keys of the sites and zones told of.

    healthy_since: from when we could hear everybody. under: who was muffled a step ago.
    """

    ancestry: Ancestry
    told: Callable[[str], bool]
    areas: Collection[str]
    now: float
    healthy_since: float
    under: Collection[str] = ()

    @property
    def is_new(self) -> bool:
        """Whether some may not have been due since we began to hear. What was told of before is not over for that."""
        return self.now - self.healthy_since < _NEW

    def latest(self, roots: Iterable[Observation]) -> float:
        """Return when the last of them had missed a report: who was heard later did not fail with them."""
        return max((max(one.missed, self.healthy_since) for one in roots), default=self.healthy_since)

    def waits(self, one: Observation, seconds: float) -> bool:
        """Say if it is down for longer than its patience by less than so many seconds."""
        return self.now - max(one.since, self.healthy_since) - one.patience < seconds


@dataclass
class Covered:
    """by: the key of the site or zone that silent hosts are covered by. below: the host that they are counted under.

    held: those that wait for what becomes of their neighbours.
    """

    by: dict[str, str] = field(default_factory=dict)
    below: dict[str, str] = field(default_factory=dict)
    held: set[str] = field(default_factory=set)

    def cover(self, causes: Iterable[Cause]) -> None:
        """Count what causes muffle under them, where it is not counted yet."""
        for cause in causes:
            for origin in cause.muffled:
                self.by.setdefault(origin, cause.key)
