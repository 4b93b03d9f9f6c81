"""A city whose hosts report in simulated time, and what the judge says of it."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from itertools import pairwise
from math import inf
from random import Random

from driftvakt_collector.alert.alert import Change, What
from driftvakt_collector.alert.rootcause.cause import changes
from driftvakt_collector.alert.rootcause.graph import Graph, build
from driftvakt_collector.alert.rootcause.judge import Judge
from driftvakt_collector.alert.rootcause.observation import Observation, State, patience

LOOK = 5.0


@dataclass
class Thing:
    """A host. down: spans in which it says nothing. said: when it reports next. off: it said goodbye."""

    origin: str
    every: float = 60.0
    class_: str = "server"
    site: str = "north"
    zone: str = "adm"
    down: list[tuple[float, float]] = field(default_factory=list)
    heard: float = -inf
    next: float = 0.0
    off: bool = False
    expected: bool = True
    goodbye: float = inf

    def is_down(self, at: float) -> bool:
        return at >= self.goodbye or any(begin <= at < end for begin, end in self.down)


class City:
    """Runs from `begin`; every host has reported before."""

    def __init__(
        self, things: Iterable[Thing], parents: Mapping[str, tuple[str, ...]] | None = None, *, seed: int = 1,
        guests: Mapping[str, str] | None = None, carriers: Mapping[str, tuple[str, ...]] | None = None,
        look: float = LOOK,
    ) -> None:  # fmt: skip
        self.things = {one.origin: one for one in things}
        self.random = Random(seed)
        self.graph: Graph = build(parents or {}, guests or {}, carriers)
        self.judge = Judge()
        self.now = 10_000.0
        self.healthy_since = 0.0
        self.look = look
        self.deaf: list[tuple[float, float]] = []
        self.raised: list[Change] = []
        self.cleared: list[Change] = []
        for one in self.things.values():
            one.heard = self.now - self.random.uniform(0.0, one.every)
            one.next = one.heard + one.every

    def cut(self, origins: Iterable[str], at: float, until: float = inf) -> None:
        for origin in origins:
            self.things[origin].down.append((at, until))

    def run(self, seconds: float) -> None:
        """Look again and again for so long."""
        end = self.now + seconds
        while self.now < end:
            self.now += self.look
            self._report()
            self._judge()

    def told(self) -> list[tuple[str, str]]:
        """Return rule and what of all that was raised."""
        return [(one.alert.rule, one.alert.origin or one.alert.site or one.alert.zone) for one in self.raised]

    def is_deaf(self, at: float) -> bool:
        return any(begin <= at < end for begin, end in self.deaf)

    def _report(self) -> None:
        for one in self.things.values():
            while one.next <= self.now:
                if not one.is_down(one.next) and not self.is_deaf(one.next):
                    one.heard, one.off = one.next, False
                one.next += one.every * self.random.uniform(0.95, 1.05)
            if one.goodbye <= self.now and not one.off:
                one.off = True

    def observe(self) -> dict[str, Observation]:
        return {one.origin: self._observation(one) for one in self.things.values()}

    def _observation(self, one: Thing) -> Observation:
        silent = self.now - one.heard > patience(one.every)
        state = State.OFF if one.off else State.SILENT if silent else State.UP
        return Observation(
            one.origin, one.origin, state, one.heard, one.heard, one.every, one.class_, one.zone, one.site, "SLK", "",
            one.expected,
        )  # fmt: skip

    def _judge(self) -> None:
        if self.is_deaf(self.now):
            return
        before = self.judge.verdicts.causes
        after = self.judge.step(self.observe(), self.graph, self.now, self.healthy_since).causes
        for change in changes(before, after, self.now):
            (self.raised if change.what is What.RAISED else self.cleared).append(change)


def chain(*origins: str) -> dict[str, tuple[str, ...]]:
    """Return parents of things that hang one behind the other, the root first."""
    return {below: (above,) for above, below in pairwise(origins)}
