"""The register in memory, for tests that make many decisions; a test compares it with the real one."""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from driftvakt_collector.fleet.identity.decide import Asset, Bound
from driftvakt_collector.fleet.identity.evidence import Evidence
from driftvakt_collector.fleet.identity.keys import Key
from driftvakt_collector.fleet.register import WENT_ALONG, Moved, Noted


@dataclass
class _Thing:
    zone: str
    keys: dict[Key, str] = field(default_factory=dict)
    virtual: str = ""


@dataclass
class _Source:
    zone: str
    text: str
    home: int
    since: float
    pinned: bool


class MemoryBook:
    def __init__(self) -> None:
        self.things: dict[int, _Thing] = {}
        self.sources: dict[str, _Source] = {}
        self.on: dict[int, set[str]] = defaultdict(set)
        self.having: dict[Key, set[int]] = defaultdict(set)
        self.enemies: dict[str, set[str]] = defaultdict(set)
        self.questions: dict[str, list[int]] = {}
        self.notes: list[Noted] = []

    def home(self, source: str) -> int:
        found = self.sources.get(source)
        return found.home if found else 0

    def told(self, source: str) -> str:
        found = self.sources.get(source)
        return found.text if found else ""

    def zone(self, source: str) -> str:
        return self.sources[source].zone

    def holders(self, keys: Iterable[Key], zone: str) -> Mapping[Key, list[int]]:
        return {
            key: sorted({*self._standing(key, zone), *sorted(self.having[key])[:5]})
            for key in keys if self.having.get(key)
        }  # fmt: skip

    def crowd(self, key: Key, zone: str) -> int:
        return len(self._standing(key, zone))

    def _standing(self, key: Key, zone: str) -> list[int]:
        return [one for one in sorted(self.having[key]) if self.things[one].zone == zone and self.on.get(one)][:5]

    def moves(self, source: str, since: float) -> int:
        return sum(
            one.action == "move" and one.at > since and any(move.source == source for move in one.moves)
            for one in self.notes
        )

    def purge(self, number: int) -> None:
        for key, who in list(self.things[number].keys.items()):
            if who not in self.on[number]:
                self._drop(number, key)

    def redirect(self, number: int, into: int) -> None:
        for source, asked in self.questions.items():
            self.questions[source] = list(dict.fromkeys(into if one == number else one for one in asked))

    def assets(self, numbers: Iterable[int]) -> list[Asset]:
        return [self._asset(number) for number in sorted(numbers) if number in self.things]

    def _asset(self, number: int) -> Asset:
        thing = self.things[number]
        bound = tuple(
            Bound(name, None, self.sources[name].since, self.sources[name].pinned) for name in sorted(self.on[number])
        )
        return Asset(number, thing.zone, frozenset(thing.keys), bound, thing.virtual)

    def crowded(self) -> list[int]:
        return sorted(number for number, names in self.on.items() if len(names) > 1)

    def apart(self, source: str) -> set[str]:
        return self.enemies[source]

    def create(self, zone: str, at: float) -> int:
        number = len(self.things) + 1
        self.things[number] = _Thing(zone)
        return number

    def settle(self, evidence: Evidence, text: str, number: int, at: float, *, pinned: bool) -> None:
        known = self.sources.get(evidence.source)
        thing = self.things[number]
        if known is not None:
            gone = WENT_ALONG[1:] if known.home == number else WENT_ALONG
            for key, who in list(self.things[known.home].keys.items()):
                if who == evidence.source and key.kind in gone:
                    self._drop(known.home, key)
            self.on[known.home].discard(evidence.source)
        told = {key.kind for key in evidence.keys}
        for key in list(thing.keys):
            who = thing.keys[key]
            kept = who != evidence.source and who in self.on[number] and self.sources[who].pinned
            if key.kind in told and key.kind not in WENT_ALONG[1:] and not kept:
                self._drop(number, key)
        for key in evidence.keys:
            thing.keys[key] = evidence.source
            self.having[key].add(number)
        thing.virtual = evidence.virtual
        since = known.since if known is not None and known.home == number else at
        self.sources[evidence.source] = _Source(evidence.zone, text, number, since, pinned)
        self.on[number].add(evidence.source)

    def _drop(self, number: int, key: Key) -> None:
        del self.things[number].keys[key]
        self.having[key].discard(number)

    def keep_apart(self, one: str, other: str, *, apart: bool) -> None:
        for left, right in ((one, other), (other, one)):
            if apart:
                self.enemies[left].add(right)
            else:
                self.enemies[left].discard(right)

    def ask(self, source: str, numbers: Iterable[int], at: float) -> None:
        self.questions[source] = list(numbers)

    def asked(self, source: str) -> list[int]:
        return self.questions.get(source, [])

    def note(self, at: float, action: str, moves: Iterable[Moved], text: str, who: str) -> int:
        self.notes.append(Noted(len(self.notes) + 1, at, action, tuple(moves), text, who, undone=False))
        return len(self.notes)

    def noted(self, number: int) -> Noted | None:
        return self.notes[number - 1] if 0 < number <= len(self.notes) else None

    def mark_undone(self, number: int) -> None:
        self.notes[number - 1] = self.notes[number - 1]._replace(undone=True)
