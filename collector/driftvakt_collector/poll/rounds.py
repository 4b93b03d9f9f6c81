"""Does some work for each of many things, again and again, each in its turn: spread, bounded, and nobody waits for one

that hangs.
"""

import asyncio
import heapq
import logging
from collections.abc import Awaitable, Callable
from dataclasses import replace

from driftvakt_collector.poll.schedule import Turn, after, first

log = logging.getLogger(__name__)

_SPREAD = 60.0
"""Seconds over which the first turns after a start are spread, where they come more seldom."""
_TICK = 0.1

Work = Callable[[str, Turn, bool], Awaitable[bool]]
"""Is given the thing, its turn and whether facts are due; says if it went well."""


class Rounds:
    """The turns of things, by their origins. lag: how late turns begin, at most, of late; running: how many now."""

    def __init__(self, work: Work, at_once: int, now: Callable[[], float], *, backs_off: bool = True) -> None:
        self.lag = 0.0
        self.running = 0
        self._work = work
        self._now = now
        self._backs_off = backs_off
        self._every: dict[str, float] = {}
        self._turns: dict[str, Turn] = {}
        self._queue: list[tuple[float, str]] = []
        self._busy: dict[str, float | None] = {}
        self._places = asyncio.Semaphore(at_once)
        self._tasks: set[asyncio.Task[None]] = set()

    def __len__(self) -> int:
        return len(self._every)

    @property
    def failing(self) -> int:
        """How many did not go well the last time."""
        return sum(1 for turn in self._turns.values() if turn.failures)

    def set(self, origin: str, every: float) -> None:
        """Give a thing turns, or others than before. every: seconds between two."""
        if self._every.get(origin) == every:
            return
        self._every[origin] = every
        self._put(origin, first(origin, self._now(), every, spread=_SPREAD))

    def drop(self, origin: str) -> None:
        """Give it no more turns."""
        self._every.pop(origin, None)
        self._turns.pop(origin, None)

    def soon(self, origin: str, seconds: float) -> None:
        """Let its next turn come within so many seconds, and with facts."""
        turn, at = self._turns.get(origin), self._now() + seconds
        if origin in self._busy:
            self._busy[origin] = at
        elif turn is not None and turn.due > at:
            self._put(origin, _hurried(turn, at))

    async def run(self) -> None:
        """Give turns for ever."""
        while True:
            now = self._now()
            while self._queue and self._queue[0][0] <= now:
                due, origin = heapq.heappop(self._queue)
                turn = self._turns.get(origin)
                if turn is None or turn.due != due:
                    continue
                # Waiting here, and not in the task: what is due next begins in its order.
                await self._places.acquire()
                self.lag = max(self._now() - due, self.lag * 0.999)
                task = asyncio.create_task(self._one(origin, turn))
                self._tasks.add(task)
                task.add_done_callback(self._tasks.discard)
            wait = self._queue[0][0] - self._now() if self._queue else _TICK
            await asyncio.sleep(min(max(wait, 0.0), _TICK))

    async def close(self) -> None:
        """End the work that is under way."""
        for task in list(self._tasks):
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    async def _one(self, origin: str, turn: Turn) -> None:
        self.running += 1
        self._busy[origin] = None
        facts, well = self._now() >= turn.facts_due, False
        try:
            well = await self._work(origin, turn, facts)
        except Exception:
            # One thing's oddity must not end the turns of the others.
            log.exception("cannot do the work for %s", origin)
        finally:
            self.running -= 1
            self._places.release()
            at = self._busy.pop(origin, None)
            every = self._every.get(origin)
            if every is not None and self._turns.get(origin) is turn:
                failed = not well and self._backs_off
                turn = after(turn, origin, self._now(), every, failed=failed, facts=facts and well)
                self._put(origin, turn if at is None or turn.due <= at else _hurried(turn, at))

    def _put(self, origin: str, turn: Turn) -> None:
        self._turns[origin] = turn
        heapq.heappush(self._queue, (turn.due, origin))


def _hurried(turn: Turn, at: float) -> Turn:
    return replace(turn, due=at, facts_due=min(turn.facts_due, at))
