"""What the relay asks of its own network: hears from the collector what that is, and has it done."""

import asyncio
import logging
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING

from driftvakt_collector.relay.config import Config
from driftvakt_collector.relay.errand import FILE, Errand
from driftvakt_collector.relay.figures import Sample
from driftvakt_collector.relay.loops import repeat
from driftvakt_collector.relay.routes import Routes
from driftvakt_collector.relay.spool import Spool
from driftvakt_collector.relay.standing import Standing
from driftvakt_collector.relay.voice import Voice
from driftvakt_collector.trust.assignment import AssignmentError

if TYPE_CHECKING:
    from driftvakt_collector.relay.watcher import Watcher

log = logging.getLogger(__name__)

_SECONDS = 60.0
"""Between two questions what there is to ask."""
_AGAIN_SECONDS = 15.0
"""Until the next where the collector could not be asked."""


class Asking:
    """Runs a Watcher while there is something to ask. jitter: a number from 0 to 1 by chance."""

    def __init__(
        self, config: Config, routes: Routes, voice: Voice, spool: Spool, standing: Standing, *,
        now: Callable[[], float], wall: Callable[[], float], jitter: Callable[[], float], seconds: float = _SECONDS,
    ) -> None:  # fmt: skip
        self._errand = Errand(
            config.data / FILE, routes, config.origin, config.gen, config.key, now=now, wall=wall
        )  # fmt: skip
        self._config = config
        self._with = (voice, spool, standing)
        self._now = now
        self._wall = wall
        self._jitter = jitter
        self._seconds = seconds
        self._watcher: Watcher | None = None
        self._tasks: list[asyncio.Task[None]] = []
        self._closed = False

    async def run(self) -> None:
        """Ask for ever, beginning with what there was to ask before the start."""
        await self._take(await asyncio.to_thread(self._errand.kept))
        while True:
            found = await self._errand.fetch()
            if found is not None:
                await self._take(found)
            pause = min(self._seconds, _AGAIN_SECONDS) if self._errand.trouble else self._seconds
            await asyncio.sleep(pause * (0.9 + 0.2 * self._jitter()))

    @property
    def trouble(self) -> str:
        """Say why the collector could not be asked; a relay that has nothing to ask lacks nothing by it."""
        return self._errand.trouble if self._watcher is not None else ""

    def samples(self) -> Iterator[Sample]:
        """Give how the work goes, nothing where there is none."""
        if self._watcher is not None:
            yield from self._watcher.samples()

    def told(self) -> dict[str, object]:
        """Return what the status file says."""
        return {"at": self._errand.at, **(self._watcher.told() if self._watcher is not None else {})}

    async def close(self) -> None:
        """Ask no more, also what comes to be known later."""
        self._closed = True
        await self._let_go()

    async def _let_go(self) -> None:
        tasks, self._tasks = self._tasks, []
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        if self._watcher is not None:
            watcher, self._watcher = self._watcher, None
            await watcher.close()

    async def _take(self, plain: bytes) -> None:
        if self._closed or (not plain and self._watcher is None):
            return
        # Imported here: most relays ask nobody, and what asks is large.
        from driftvakt_collector.poll import assignment
        from driftvakt_collector.relay.watcher import Watcher

        try:
            one = assignment.read(plain) if plain else assignment.Assignment()
        except AssignmentError as e:
            log.error("cannot take what there is to ask: %s; is this relay older than the collector?", e)
            return
        private = one.private or self._config.privacy != "full"
        if self._watcher is not None and self._watcher.private != private:
            await self._let_go()
        if self._watcher is None:
            if not (one.devices or one.services or one.networks):
                return
            self._watcher = Watcher(
                self._config, *self._with, self._errand.tell, private=private, now=self._now, wall=self._wall
            )  # fmt: skip
            self._tasks = [
                asyncio.create_task(repeat(seconds, work, does)) for does, seconds, work in self._watcher.works()
            ]
        self._watcher.know(one)
        log.info(
            "what there is to ask here: devices %d, services %d, networks to look through %d", len(one.devices),
            len(one.services), len(one.networks),
        )  # fmt: skip
