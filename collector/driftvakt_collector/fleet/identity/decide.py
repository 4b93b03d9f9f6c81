"""Which asset a source stands on, and why. Rather a new asset and a question than two things in one.

A thing is known by three parts that can be exchanged by themselves: the mainboard (UUID, its serial number, network
cards), the chassis with the maker's serial number, the disks; and by what is installed. Each agreement adds weight,
each contradiction takes some; a mainboard contradicts once, however many of its values are others.
"""

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from typing import NamedTuple

from driftvakt_collector.fleet.identity.evidence import Evidence
from driftvakt_collector.fleet.identity.keys import BOARD, CHASSIS, DISK, MAC, MACHINE, NAME, SERIAL, TITLES, UUID, Key

NEW, STAY, JOIN, MOVE = "new", "stay", "join", "move"
ENOUGH = 10
"""Weight from which a source joins an asset by itself."""
PERHAPS = 4
"""Weight from which an operator is asked."""
CLEARLY = 5
"""By how much the best asset must lead over the next."""
SHARED = 4
"""Assets that may have one value before it tells nothing any more: a maker's default that the list lacks."""
_SAME = {SERIAL: 10, UUID: 7, BOARD: 6, MAC: 6, CHASSIS: 5, DISK: 5, MACHINE: 5, NAME: 1}
_OTHER = {SERIAL: -12, CHASSIS: -3, DISK: -2}
_OTHER_BOARD = -6
_ALL_CARDS = 6
"""More weight where all network cards of a physical machine are the same, and nothing on its board is another: of one

card, as a dock's, that goes from desk to desk this is never so. It says nothing of a source that leaves another asset:
then a mainboard may have gone from one machine to another.
"""
_ON_BOARD = (UUID, BOARD, MAC)
_AT_ONCE = 120.0
"""Seconds that two sources must have run at the same time to be two machines; clocks and delays are smaller."""


class Running(NamedTuple):
    """From when until when a source was heard in its present boot, seconds since the epoch."""

    begin: float
    end: float


@dataclass(frozen=True)
class Bound:
    """A source that stands on an asset. since: when it came there. pinned: an operator put it there."""

    source: str
    running: Running | None = None
    since: float = 0.0
    pinned: bool = False


@dataclass(frozen=True)
class Asset:
    """A thing that is known. keys, virtual: by its newest evidence."""

    number: int
    zone: str
    keys: frozenset[Key]
    sources: tuple[Bound, ...] = ()
    virtual: str = ""


class Comparison(NamedTuple):
    """weight: how much speaks for the same thing. same, other: kinds that agree and contradict."""

    weight: int
    same: tuple[str, ...]
    other: tuple[str, ...]
    foreign: bool
    """Neither a disk nor a network card is the same: what is written into firmware may be copied, these not."""


class Decision(NamedTuple):
    """asset: the number, 0 for a new one. text: why, for a reader. ask: assets that it perhaps is.

    other: kinds of keys that are others than those of the asset where it stays or goes.
    """

    action: str
    asset: int
    text: str
    ask: tuple[int, ...] = ()
    other: tuple[str, ...] = ()


def compare(one: Iterable[Key], other: Iterable[Key], *, cards: bool = False) -> Comparison:
    """Return how much speaks for the keys being of the same thing. A kind that one side lacks says nothing.

    cards: all network cards together are as good as a serial number.
    """
    left, right = _by_kind(one), _by_kind(other)
    both = [kind for kind in _SAME if kind in left and kind in right]
    same = [kind for kind in both if left[kind] & right[kind]]
    different = [kind for kind in both if kind not in same]
    weight = sum(_SAME[kind] for kind in same) + sum(_OTHER.get(kind, 0) for kind in different)
    if UUID in same and (SERIAL in left) is not (SERIAL in right):
        # Both firmwares were read, and only one machine has a maker's number: the mainboard was put into the other.
        weight += _OTHER[SERIAL]
    if any(kind in different for kind in _ON_BOARD):
        weight += _OTHER_BOARD
    elif cards and MAC in same and left[MAC] == right[MAC]:
        weight += _ALL_CARDS
    return Comparison(weight, tuple(same), tuple(different), MAC in different and DISK not in same)


def decide(
    evidence: Evidence,
    home: Asset | None,
    others: Sequence[Asset],
    *,
    running: Running | None = None,
    apart: Collection[int] = (),
    shared: Collection[Key] = (),
) -> Decision:
    """Return where the source belongs. home: where it stands. others: assets with one of its keys.

    running: of the source. apart: assets that an operator keeps it away from. shared: keys that too many assets have.
    """
    told = evidence.keys - set(shared)
    at_home = Comparison(0, (), (), foreign=False) if home is None else compare(told, home.keys - set(shared))
    if home is not None:
        why = _at_home(evidence, at_home, home)
        if why:
            return Decision(STAY, home.number, why, other=at_home.other)
    near = [
        asset for asset in others
        if asset.number not in apart and bool(asset.virtual) == bool(evidence.virtual)
    ]  # fmt: skip
    # A new virtual machine may get the network address of an old one.
    cards = home is None and not evidence.virtual
    found = [(asset, compare(told, asset.keys - set(shared), cards=cards)) for asset in near]
    ranking = _rank(evidence, found, running)
    best = ranking.best
    if best is not None:
        asset, likeness = best
        action = JOIN if home is None else MOVE
        return Decision(action, asset.number, f"{_words(likeness)}: the same thing{_from(home)}", other=likeness.other)
    ask, doubts = ranking.ask, ranking.doubts
    if home is not None:
        doubts.insert(0, f"on other hardware than asset {home.number}: {_words(at_home)}")
        if SERIAL not in at_home.other:
            ask.append(home.number)
    if evidence.container:
        doubts.insert(0, f"a container ({evidence.virtual}) is a thing of its own")
    text = "; ".join(doubts) or "nothing that is known has its serial numbers or cards"
    return Decision(NEW if home is None else MOVE, 0, text, tuple(dict.fromkeys(ask)))


class _Ranking(NamedTuple):
    best: tuple[Asset, Comparison] | None
    ask: list[int]
    doubts: list[str]


def _rank(evidence: Evidence, found: Iterable[tuple[Asset, Comparison]], running: Running | None) -> _Ranking:
    """Return the one asset that it is, else those that it perhaps is."""
    fits: list[tuple[Asset, Comparison]] = []
    ask: list[int] = []
    doubts: list[str] = []
    for asset, likeness in found:
        if likeness.weight < PERHAPS:
            continue
        beside = _runs_beside(evidence, asset, running)
        doubt = beside or _doubt(evidence, asset, likeness)
        if likeness.weight >= ENOUGH and not doubt:
            fits.append((asset, likeness))
            continue
        doubts.append(f"perhaps asset {asset.number}: {_words(likeness)}" + (f", but {doubt}" if doubt else ""))
        if not beside:
            # Of what runs beside it nobody need be asked: these are two.
            ask.append(asset.number)
    fits.sort(key=lambda one: (-one[1].weight, one[0].number))
    if fits and (len(fits) == 1 or fits[0][1].weight - fits[1][1].weight >= CLEARLY):
        return _Ranking(fits[0], ask, doubts)
    ask += [asset.number for asset, _ in fits]
    doubts += [f"perhaps asset {one.number}: {_words(likeness)}, but it is not the only one" for one, likeness in fits]
    return _Ranking(None, ask, doubts)


def at_once(sources: Sequence[Bound]) -> tuple[Bound, Bound] | None:
    """Return two sources of one asset that run at the same time, and so are two machines; the later comer last."""
    alive = sorted((one for one in sources if one.running is not None and not one.pinned), key=lambda one: one.since)
    for place, later in enumerate(alive):
        for earlier in alive[:place]:
            if _overlap(earlier.running, later.running):
                return earlier, later
    return None


def _at_home(evidence: Evidence, found: Comparison, home: Asset) -> str:
    """Return why a source stays where it stands, empty where it must not."""
    if any(one.pinned for one in home.sources if one.source == evidence.source):
        return "an operator put it there"
    if evidence.container or (evidence.virtual and home.virtual):
        return "a virtual machine is what is installed on it, wherever it runs"
    if SERIAL in found.other and found.weight < ENOUGH:
        return ""
    if any(kind in found.same for kind in (SERIAL, CHASSIS, *_ON_BOARD)):
        return f"{_words(found)}: still the same thing"
    if any(kind in found.other for kind in _ON_BOARD):
        return ""
    return f"nothing contradicts ({_words(found)})"


def _doubt(evidence: Evidence, asset: Asset, found: Comparison) -> str:
    if asset.zone != evidence.zone:
        return f"that stands in zone {asset.zone}, and zones never mix by themselves"
    return "neither network card nor disk is the same" if found.foreign else ""


def _runs_beside(evidence: Evidence, asset: Asset, running: Running | None) -> str:
    for one in asset.sources:
        if one.source != evidence.source and _overlap(one.running, running):
            return f"{one.source} runs there at the same time"
    return ""


def _overlap(one: Running | None, other: Running | None) -> bool:
    if one is None or other is None:
        return False
    return min(one.end, other.end) - max(one.begin, other.begin) >= _AT_ONCE


def _by_kind(told: Iterable[Key]) -> dict[str, set[str]]:
    found: dict[str, set[str]] = {}
    for kind, value in told:
        found.setdefault(kind, set()).add(value)
    return found


def _words(found: Comparison) -> str:
    same = f"same {', '.join(TITLES[kind] for kind in found.same)}" if found.same else ""
    other = f"other {', '.join(TITLES[kind] for kind in found.other)}" if found.other else ""
    return "; ".join(part for part in (same, other) if part) or "nothing in common"


def _from(home: Asset | None) -> str:
    return "" if home is None else f"; it came from asset {home.number}"
