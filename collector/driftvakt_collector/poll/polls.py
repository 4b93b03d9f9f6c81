"""All that asks others, put together: devices, services, jobs, traps and networks."""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence

from driftvakt_collector.config import Config
from driftvakt_collector.fleet.gaps import Time
from driftvakt_collector.fleet.topology.atlas import Atlas
from driftvakt_collector.poll.crew import Crew, Work
from driftvakt_collector.poll.discovery.explorer import Explorer
from driftvakt_collector.poll.jobs.roster import Jobs
from driftvakt_collector.poll.poller import SAY_SECONDS, say
from driftvakt_collector.poll.teller import Bring, Teller
from driftvakt_collector.poll.watch import Watch
from driftvakt_collector.store.engine import Store
from driftvakt_collector.trust import vault

_LOOK_SECONDS = 1.0
_EXPLORE_SECONDS = 5.0
_AT_ONCE = 0.5


class Polls:
    """Asks, for a collector. masters: keys of zones. private: those in which nobody may be named. bring: to the door.

    outages: when nobody could hear.
    """

    def __init__(
        self, config: Config, store: Store, atlas: Atlas, masters: Mapping[str, bytes], private: Iterable[str],
        bring: Bring, outages: Callable[[], Sequence[Time]], *, now: Callable[[], float], wall: Callable[[], float],
    ) -> None:  # fmt: skip
        self._now, self._wall = now, wall
        self.teller = Teller(masters, bring)
        self.box = vault.load(config.data)
        private = frozenset(private)
        self.crew = Crew(
            self.box, self.teller, private, config.trap_listen, config.trap_port, now=now, wall=wall,
            ours=lambda mac: mac in atlas.plan.macs,
        )  # fmt: skip
        self.pollers, self.checker, self.trapping = self.crew.pollers, self.crew.checker, self.crew.trapping
        self.jobs = Jobs(store, self.teller, private, outages, now=now, wall=wall)
        self.watch = Watch(store, self.teller, self.pollers, self.checker, self.jobs)
        self.explorer = Explorer(
            store, self.crew.driver, self.crew.asker, lambda: atlas.plan.evidence.values() if atlas.ready else None,
            private, wall,
        )  # fmt: skip

    def works(self) -> Iterator[Work]:
        """Give what must go on while the collector runs."""
        yield "read the devices", _LOOK_SECONDS, self.watch.refresh
        yield from self.crew.works()
        yield "hear jobs", _LOOK_SECONDS, self.jobs.rounds.run
        yield "look through networks", _EXPLORE_SECONDS, self.explorer.sweep_due
        yield "tell how the poller is", SAY_SECONDS, self._say

    def hurry(self, origin: str) -> None:
        """Ask one of ours at once: others are held until it is known how it is. Of those of relays nothing comes."""
        for rounds in (*(poller.rounds for poller in self.pollers), self.checker.rounds):
            rounds.soon(origin, _AT_ONCE)

    async def close(self) -> None:
        """End what is under way."""
        await self.jobs.rounds.close()
        await self.crew.close()

    async def _say(self) -> None:
        await say(self.pollers, self.teller, self._wall(), self._now())
