"""Keeps what is wrong now: takes changes from whoever finds them, decides on each, and has it written.

A change is let go of only when what was decided stands in the store, so a store that can't be written to delays
pages and loses none. One that alone can't be decided on or written is set aside and tried again: it keeps no other.
"""

import asyncio
import logging
from collections import deque
from collections.abc import Awaitable, Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace

from sqlalchemy.exc import InterfaceError, OperationalError
from sqlalchemy.exc import TimeoutError as PoolTimeoutError

from driftvakt_collector.alert.alert import Alert, Change, Severity, What
from driftvakt_collector.alert.decision import Decision, Situation, Standing, decide

log = logging.getLogger(__name__)

MOST = 500
"""Changes that are decided on and written in one transaction."""
MOST_WAITING = 20_000
"""Changes that wait, above which an alert keeps its newest alone."""
LOOK_AGAIN = 5.0
"""Seconds between two looks at what is held."""
ASIDE_AGAIN = 60.0
"""Seconds after which what was set aside is tried again."""
_STORE = (OperationalError, InterfaceError, PoolTimeoutError, OSError)
"""Faults of the store, not of what is written: all of it is tried again."""
RAISED, RELEASED, REASONED, WORSE, CLEARED = "raised", "released", "reasoned", "worse", "cleared"
_ORDER = tuple(Severity)


@dataclass(frozen=True)
class Judgement:
    """What becomes of an alert. at: seconds since the epoch. generation: how often it was raised, 1 for the first time.

    what: raised; released (it was held and pages now); reasoned (held for other reasons than before); worse (it fires
    already, and its severity is higher now); cleared.
    """

    what: str
    alert: Alert
    generation: int
    decision: Decision
    at: float


@dataclass(frozen=True)
class Known:
    """An alert that fires. incident: its number, None where nobody was told."""

    alert: Alert
    generation: int
    decision: Decision
    incident: int | None = None


Write = Callable[[Sequence[Judgement]], Awaitable[Mapping[str, int | None]]]
"""Writes judgements in one transaction; returns by fingerprint the incident that each is on."""


class Engine:
    """situation: what is so around an alert at a moment. known: what fires already, by fingerprint, from the store.

    generations: how often alerts that are over were raised; asked for by fingerprint.
    """

    def __init__(
        self,
        situation: Callable[[Alert, float], Situation],
        write: Write,
        known: Iterable[Known] = (),
        generations: Callable[[Sequence[str]], Awaitable[Mapping[str, int]]] | None = None,
    ) -> None:
        self.firing: dict[str, Known] = {one.alert.fingerprint: one for one in known}
        self.stepped = 0.0
        self.counts: dict[str, int] = {}
        self._situation = situation
        self._write = write
        self._generations = generations
        self._queue: deque[Change] = deque()
        self._looked = 0.0
        self._aside: dict[str, Change] = {}
        self._aside_since = 0.0
        self._turn = asyncio.Lock()

    @property
    def waiting(self) -> int:
        """How many changes are not decided on yet."""
        return len(self._queue)

    @property
    def aside(self) -> int:
        """How many changes could not be decided on or written, and are tried again."""
        return len(self._aside)

    def take(self, changes: Iterable[Change]) -> None:
        """Take changes in; the next step decides on them."""
        self._queue.extend(changes)

    async def step(self, now: float) -> int:
        """Decide on what came, and again on what is held. Returns how many judgements were written."""
        async with self._turn:
            return await self._step(now)

    async def _step(self, now: float) -> int:
        written = 0
        if len(self._queue) > MOST_WAITING:
            # The store took nothing for long, and what comes and goes filled the queue: only how it is now counts.
            newest = {change.alert.fingerprint: change for change in self._queue}
            self._queue = deque(newest.values())
        if self._aside and not 0.0 <= now - self._aside_since < ASIDE_AGAIN:
            self._queue.extendleft(self._aside.values())
            self._aside, self._aside_since = {}, now
        while self._queue:
            batch = [self._queue[at] for at in range(min(MOST, len(self._queue)))]
            judged = await self._judge(batch, now)
            for change in batch:
                self._aside.pop(change.alert.fingerprint, None)
            for one in await self._settled(judged):
                what = What.CLEARED if one.what == CLEARED else What.RAISED
                self._aside[one.alert.fingerprint] = Change(what, one.alert, one.at)
                self._aside_since = now
            # Only we take from the left, and others only add to the right.
            for _ in batch:
                self._queue.popleft()
            written += len(judged)
        if not 0.0 <= now - self._looked < LOOK_AGAIN:
            again = self._again(now)
            for at in range(0, len(again), MOST):
                await self._settled(again[at : at + MOST])
            written += len(again)
            self._looked = now
        self.stepped = now
        return written

    async def _judge(self, changes: Sequence[Change], now: float) -> list[Judgement]:
        before = await self._raised_before(changes)
        made: list[Judgement] = []
        newest: dict[str, Judgement] = {}
        for change in changes:
            key = change.alert.fingerprint
            last, known = newest.get(key), self.firing.get(key)
            fires = last.what != CLEARED if last is not None else known is not None
            if change.what is What.RAISED and not fires:
                generation = (last.generation if last is not None else before.get(key, 0)) + 1
                decision = self._decided(change.alert, now)
                newest[key] = Judgement(RAISED, change.alert, generation, decision, change.at)
                made.append(newest[key])
            elif change.what is What.RAISED and last is None and known is not None and _worse(change, known):
                # It fires already, and is worse than when it was decided on.
                decision = self._decided(change.alert, now)
                newest[key] = Judgement(WORSE, change.alert, known.generation, decision, change.at)
                made.append(newest[key])
            elif change.what is What.CLEARED and last is not None and last.what == RAISED:
                # It came and went between two steps: nobody could have done anything.
                made.remove(last)
                del newest[key]
                if known is not None:
                    newest[key] = next(one for one in made if one.alert.fingerprint == key)
                self._count("blink")
            elif change.what is What.CLEARED and known is not None and fires:
                newest[key] = Judgement(CLEARED, known.alert, known.generation, known.decision, change.at)
                made.append(newest[key])
        return made

    async def _raised_before(self, changes: Sequence[Change]) -> Mapping[str, int]:
        fresh = {one.alert.fingerprint for one in changes if one.what is What.RAISED}
        known = {key: self.firing[key].generation for key in fresh & self.firing.keys()}
        missing = sorted(fresh - known.keys())
        if missing and self._generations is not None:
            known |= await self._generations(missing)
        return known

    def _again(self, now: float) -> list[Judgement]:
        """Decide again on all that is held: windows end, parents come back, offices open."""
        found = []
        for known in self.firing.values():
            if known.decision.standing is not Standing.HELD:
                continue
            decision = self._decided(known.alert, now)
            if decision.standing is not Standing.HELD:
                found.append(Judgement(RELEASED, known.alert, known.generation, decision, now))
            elif _codes(decision) != _codes(known.decision):
                found.append(Judgement(REASONED, known.alert, known.generation, decision, now))
        return found

    def _decided(self, alert: Alert, now: float) -> Decision:
        """Decide on an alert. Where that fails nothing is known that holds it back, so it pages."""
        try:
            return decide(alert, self._situation(alert, now))
        except Exception:
            log.exception(
                "cannot find out what holds back %s of %s; it is decided on without", alert.rule, alert.origin
            )
            self._count("undecided")
            return decide(alert, Situation())

    async def _settled(self, judged: Sequence[Judgement]) -> list[Judgement]:
        """Have all written; return those that can't be, each of them alone."""
        try:
            await self._settle(judged)
        except _STORE:
            raise
        except Exception:
            if len(judged) > 1:
                return [bad for one in judged for bad in await self._settled([one])]
            alert = judged[0].alert
            log.exception("cannot write %s of %s; it is set aside and tried again", alert.rule, alert.subject)
            self._count("unwritten")
            return list(judged)
        return []

    async def _settle(self, judged: Sequence[Judgement]) -> None:
        if not judged:
            return
        incidents = await self._write(judged)
        for one in judged:
            key = one.alert.fingerprint
            self._count(one.what if one.what == CLEARED else one.decision.standing.value)
            if one.what == CLEARED:
                self.firing.pop(key, None)
                continue
            self.firing[key] = Known(one.alert, one.generation, one.decision, incidents.get(key))

    def _count(self, what: str) -> None:
        self.counts[what] = self.counts.get(what, 0) + 1

    def moved(self, incident: int, alerts: Iterable[str]) -> None:
        """Remember that alerts stand on another incident now."""
        for key in alerts:
            if key in self.firing:
                self.firing[key] = replace(self.firing[key], incident=incident)


def _worse(change: Change, known: Known) -> bool:
    return _ORDER.index(change.alert.severity) > _ORDER.index(known.alert.severity)


def _codes(decision: Decision) -> list[tuple[str, str]]:
    return [(one.code, one.words.en) for one in decision.reasons]
