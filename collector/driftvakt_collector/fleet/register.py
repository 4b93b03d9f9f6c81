"""Which source stands on which asset: each decision is made once, written down with its reasons, and can be undone."""

from collections.abc import Callable, Iterable, Mapping
from typing import NamedTuple, Protocol

from driftvakt_collector.fleet.identity import evidence as evidences
from driftvakt_collector.fleet.identity.decide import (
    MOVE,
    NEW,
    SHARED,
    STAY,
    Asset,
    Bound,
    Decision,
    Running,
    at_once,
    decide,
)
from driftvakt_collector.fleet.identity.evidence import Evidence
from driftvakt_collector.fleet.identity.keys import DISK, MACHINE, NAME, Key

SPLIT, MERGE, UNDO, WAIT = "split", "merge", "undo", "wait"
MOVES, MOVES_SECONDS = 3, 86_400.0
"""Moves that a source makes by itself in so many seconds: one that lies each minute would fill the register."""
WENT_ALONG = (DISK, MACHINE, NAME)
"""Keys that leave an asset with the source that told of them; the rest stays behind with the hardware."""
Clock = Callable[[str], Running | None]
Fits = Callable[[Decision, Iterable[Bound]], bool]
"""Says of a decision, and of what stands already where the source would go, if it is to be made now."""


class RegisterError(Exception):
    """An operator's wish that can't be done; the text says why."""


class Moved(NamedTuple):
    """A source that went from one asset to another; 0 is none. pinned: an operator had put it where it was."""

    source: str
    begin: int
    end: int
    pinned: bool = False


class Noted(NamedTuple):
    """A decision as it is kept. who: empty for the engine's own."""

    id: int
    at: float
    action: str
    moves: tuple[Moved, ...]
    text: str
    who: str
    undone: bool


class Book(Protocol):
    """Where the register is kept."""

    def home(self, source: str) -> int:
        """Return the asset that a source stands on, 0 for none."""

    def told(self, source: str) -> str:
        """Return the evidence that was last taken of a source, empty for none."""

    def zone(self, source: str) -> str:
        """Return the zone of a source that stands on an asset."""

    def holders(self, keys: Iterable[Key], zone: str) -> Mapping[Key, list[int]]:
        """Return assets that have each key: those of the zone that something stands on first, and not all."""

    def crowd(self, key: Key, zone: str) -> int:
        """Return how many assets of a zone that something stands on have a key, counted to one more than SHARED."""

    def moves(self, source: str, since: float) -> int:
        """Return how often the engine moved a source since then."""

    def purge(self, number: int) -> None:
        """Take the keys from an asset that nothing that stands on it told."""

    def redirect(self, number: int, into: int) -> None:
        """Let what was asked about one asset be asked about another."""

    def assets(self, numbers: Iterable[int]) -> list[Asset]:
        """Return assets; running is left out of their sources."""

    def crowded(self) -> list[int]:
        """Return the assets that more than one source stands on."""

    def apart(self, source: str) -> set[str]:
        """Return the sources that an operator keeps a source away from."""

    def create(self, zone: str, at: float) -> int:
        """Return the number of a new asset."""

    def settle(self, evidence: Evidence, text: str, number: int, at: float, *, pinned: bool) -> None:
        """Let a source stand on an asset, and the asset have its keys."""

    def keep_apart(self, one: str, other: str, *, apart: bool) -> None:
        """Remember, or forget, that two sources are on two things."""

    def ask(self, source: str, numbers: Iterable[int], at: float) -> None:
        """Remember what an operator should look at, in place of what was asked of this source before."""

    def asked(self, source: str) -> list[int]:
        """Return the assets that an operator should look at for a source."""

    def note(self, at: float, action: str, moves: Iterable[Moved], text: str, who: str) -> int:
        """Write down a decision; return its number."""

    def noted(self, number: int) -> Noted | None:
        """Return a decision."""

    def mark_undone(self, number: int) -> None:
        """Remember that a decision was undone."""


def learn(
    book: Book, evidence: Evidence, running: Clock, at: float, fits: Fits = lambda _decision, _others: True
) -> Decision | None:
    """Take the evidence of a source; return what was decided, None where it says what it said before.

    A decision of WAIT was not made, and what it would be stands in its text.
    """
    text = evidences.write(evidence)
    if book.told(evidence.source) == text:
        return None
    holders = book.holders([key for key in sorted(evidence.keys) if key.kind != NAME], evidence.zone)
    shared = {key for key in holders if book.crowd(key, evidence.zone) > SHARED}
    number = book.home(evidence.source)
    close = {one for key, numbers in holders.items() if key not in shared for one in numbers} | ({number} - {0})
    assets = [_with_running(asset, running) for asset in book.assets(sorted(close))]
    enemies = book.apart(evidence.source)
    decision = decide(
        evidence,
        next((asset for asset in assets if asset.number == number), None),
        [asset for asset in assets if asset.number != number],
        running=running(evidence.source),
        apart={asset.number for asset in assets if any(one.source in enemies for one in asset.sources)},
        shared=shared,
    )
    if decision.action == MOVE and book.moves(evidence.source, at - MOVES_SECONDS) >= MOVES:
        return Decision(WAIT, number, decision.text)
    there = next((asset.sources for asset in assets if asset.number == decision.asset), ())
    if not fits(decision, there):
        return Decision(WAIT, number, decision.text)
    goal = decision.asset or book.create(evidence.zone, at)
    pinned = decision.action == STAY and _is_pinned(assets, evidence.source)
    book.settle(evidence, text, goal, at, pinned=pinned)
    if decision.action == MOVE and _sources(book, number):
        # Of an asset that nothing stands on any more the hardware is still there, and may get another disk.
        _refresh(book, number, at)
    if decision.action != STAY:
        book.ask(evidence.source, decision.ask, at)
    if decision.action != STAY or decision.other:
        moves = () if decision.action == STAY else (Moved(evidence.source, number, goal),)
        book.note(at, decision.action, moves or (Moved(evidence.source, goal, goal),), decision.text, "")
    return decision


def sweep(book: Book, numbers: Iterable[int], running: Clock, at: float) -> list[int]:
    """Part the sources of these assets that turned out to run at the same time; return the numbers of the decisions."""
    done = []
    for asset in book.assets(numbers):
        left = _with_running(asset, running).sources
        while (pair := at_once(left)) is not None:
            earlier, later = pair
            text = f"{later.source} and {earlier.source} run at the same time: two things"
            done.append(_leave(book, asset, later.source, text, "", at))
            book.keep_apart(later.source, earlier.source, apart=True)
            left = tuple(one for one in left if one.source != later.source)
    return done


def split(book: Book, source: str, who: str, at: float) -> int:
    """Give a source an asset of its own; return the decision. Raises RegisterError."""
    asset = _asset_of(book, source)
    rest = [one.source for one in asset.sources if one.source != source]
    if not rest:
        raise RegisterError(f"{source} is the only one on asset {asset.number} already")
    for other in rest:
        book.keep_apart(source, other, apart=True)
    return _leave(book, asset, source, f"{who} says that it is a thing of its own", who, at)


def merge(book: Book, into: int, number: int, who: str, at: float) -> int:
    """Make two assets one; return the decision. Raises RegisterError."""
    found = {asset.number: asset for asset in book.assets((into, number))}
    if into == number or len(found) != 2:
        raise RegisterError(f"assets {into} and {number} must be two that exist: driftvakt asset list")
    goal, gone = found[into], found[number]
    if not gone.sources:
        raise RegisterError(f"nothing stands on asset {number}; name the other one last")
    if goal.zone != gone.zone:
        raise RegisterError(f"asset {into} is in zone {goal.zone} and asset {number} in {gone.zone}: zones never mix")
    if not goal.sources:
        raise RegisterError(f"nothing stands on asset {into} any more; name the other one first")
    moves = []
    for one in gone.sources:
        for other in goal.sources:
            book.keep_apart(one.source, other.source, apart=False)
        _put(book, one.source, into, at, pinned=True)
        moves.append(Moved(one.source, number, into, one.pinned))
    for one in goal.sources:
        # They stay too, though the newcomers' keys stand there now.
        _put(book, one.source, into, at, pinned=True)
        moves.append(Moved(one.source, into, into, one.pinned))
    for one in (*gone.sources, *goal.sources):
        book.ask(one.source, [asked for asked in book.asked(one.source) if asked not in (into, number)], at)
    book.redirect(number, into)
    book.purge(number)
    return book.note(at, MERGE, moves, f"{who} says that they are one thing", who)


def answer_no(book: Book, source: str, at: float) -> int:
    """Keep a source away from all assets that it was asked of; return how many. Raises RegisterError for none."""
    asked = [asset for asset in book.assets(book.asked(source)) if asset.number != book.home(source)]
    if not asked:
        raise RegisterError(f"nothing is asked of {source}: driftvakt asset questions")
    for asset in asked:
        for one in asset.sources:
            book.keep_apart(source, one.source, apart=True)
    if not all(asset.sources for asset in asked):
        # There is nobody there to be kept away from; so it is kept where it is.
        _put(book, source, book.home(source), at, pinned=True)
    book.ask(source, (), at)
    return len(asked)


def undo(book: Book, number: int, who: str, at: float) -> int:
    """Put back what a decision moved, and see to it that it is not made again; return the new decision.

    Raises RegisterError where something of it was moved on meanwhile.
    """
    noted = _undoable(book, number)
    # What was moved for its hardware, or for running beside another, or by an operator, would be moved again.
    stays = noted.action in (MOVE, SPLIT, UNDO)
    left = noted.moves[0].end
    back = []
    for one in noted.moves:
        if one.begin == one.end:
            _put(book, one.source, one.end, at, pinned=one.pinned)
            continue
        was = _is_pinned(book.assets((one.end,)), one.source)
        goal = one.begin or book.create(book.zone(one.source), at)
        _put(book, one.source, goal, at, pinned=stays or one.pinned)
        back.append(Moved(one.source, one.end, goal, was))
    for one in back:
        for other in _sources(book, left):
            book.keep_apart(one.source, other, apart=True)
        for other in _sources(book, one.end) if stays else ():
            book.keep_apart(one.source, other, apart=False)
    _refresh(book, left, at)
    book.mark_undone(number)
    return book.note(at, UNDO, back, f"{who} undid decision {number}", who)


def _undoable(book: Book, number: int) -> Noted:
    noted = book.noted(number)
    if noted is None:
        raise RegisterError(f"there is no decision {number}: driftvakt asset show")
    if noted.undone or noted.action == NEW or all(one.begin == one.end for one in noted.moves):
        raise RegisterError(f"decision {number} moved nothing that could be put back")
    for one in noted.moves:
        if book.home(one.source) != one.end:
            raise RegisterError(f"{one.source} was moved on after decision {number}: undo the later decision first")
    return noted


def _leave(book: Book, asset: Asset, source: str, text: str, who: str, at: float) -> int:
    goal = book.create(asset.zone, at)
    _put(book, source, goal, at, pinned=False)
    _refresh(book, asset.number, at)
    return book.note(at, SPLIT, (Moved(source, asset.number, goal),), text, who)


def _refresh(book: Book, number: int, at: float) -> None:
    """Give an asset the keys of what stands on it still, and no others: what left may have written its own there."""
    book.purge(number)
    for asset in book.assets((number,)):
        for one in sorted(asset.sources, key=lambda one: one.since):
            _put(book, one.source, number, at, pinned=one.pinned)


def _sources(book: Book, number: int) -> list[str]:
    return [one.source for asset in book.assets((number,)) for one in asset.sources]


def _put(book: Book, source: str, number: int, at: float, *, pinned: bool) -> None:
    text = book.told(source)
    book.settle(evidences.read(source, book.zone(source), text), text, number, at, pinned=pinned)


def _asset_of(book: Book, source: str) -> Asset:
    number = book.home(source)
    if not number:
        raise RegisterError(f"{source} stands on no asset yet: it has told no inventory")
    return book.assets((number,))[0]


def _is_pinned(assets: Iterable[Asset], source: str) -> bool:
    return any(one.pinned for asset in assets for one in asset.sources if one.source == source)


def _with_running(asset: Asset, running: Clock) -> Asset:
    """Say of each source how long it was heard, but not before it came: it may have taken over a running system."""
    sources = []
    for one in asset.sources:
        heard = running(one.source)
        clamped = None if heard is None else Running(max(heard.begin, one.since), heard.end)
        sources.append(Bound(one.source, clamped, one.since, one.pinned))
    return Asset(asset.number, asset.zone, asset.keys, tuple(sources), asset.virtual)
