"""Asks the devices and services of the relay's own network, and puts what they tell into the spool.

What is done is what the collector does for its own: see poll.crew.
"""

import secrets
from collections.abc import Awaitable, Callable, Iterator, Sequence

from driftvakt_collector.poll import assignment
from driftvakt_collector.poll.assignment import Assignment
from driftvakt_collector.poll.crew import Crew, Work
from driftvakt_collector.poll.poller import figures
from driftvakt_collector.relay.config import Config
from driftvakt_collector.relay.figures import Sample
from driftvakt_collector.relay.scout import Scout
from driftvakt_collector.relay.spool import Spool
from driftvakt_collector.relay.standing import Standing
from driftvakt_collector.relay.voice import Voice
from driftvakt_collector.trust.vault import KEY_BYTES, Vault

_LOOK_SECONDS = 2.0


class RelayTeller:
    """Speaks as the relay about what it asks, see poll.teller.Tells. refused: what found no room since the start."""

    def __init__(self, origin: str, voice: Voice, spool: Spool, standing: Standing) -> None:
        self.refused = 0
        self._origin = origin
        self._voice = voice
        self._spool = spool
        self._standing = standing

    def speaks_as(self, keeper: str) -> bool:
        """See Tells.speaks_as."""
        return keeper == self._origin

    async def tell(self, _keeper: str, about: str, records: Sequence[bytes]) -> list[str] | None:
        """See Tells.tell. What is lacking is what the upstream said when it took earlier lines."""
        if self._spool.room() or not await self._voice.tell(*records):
            self.refused += 1
            return None
        return list(self._standing.want.pop(about, ()))


class Watcher:
    """Asks. private: nobody may be named in what is told. now: monotonic seconds. wall: seconds since the epoch."""

    def __init__(
        self, config: Config, voice: Voice, spool: Spool, standing: Standing,
        tell: Callable[[bytes], Awaitable[bool]], *, private: bool, now: Callable[[], float],
        wall: Callable[[], float],
    ) -> None:  # fmt: skip
        self.private = private
        self._config = config
        self._wall = wall
        # The rows are made for this process: their secrets are sealed with a key that nobody else ever has.
        self._box = Vault(secrets.token_bytes(KEY_BYTES))
        self.teller = RelayTeller(config.origin, voice, spool, standing)
        zones = {config.zone} if private else set()
        self._crew = Crew(self._box, self.teller, zones, config.trap_listen, config.trap_port, now=now, wall=wall)
        self._scout = Scout(config.zone, self._crew, tell)

    def know(self, one: Assignment) -> None:
        """Take what there is to ask from now on."""
        rows = assignment.rows(one, self._config.origin, self._config.zone, self._box, self._wall())
        for poller in self._crew.pollers:
            poller.know(rows.devices, rows.credentials)
        self._crew.checker.know(rows.checks)
        self._scout.know(one.networks, {row.origin: (row, host) for row, host in rows.devices})

    def works(self) -> Iterator[Work]:
        """Give what must go on."""
        yield from self._crew.works()
        yield "look through networks", _LOOK_SECONDS, self._scout.look

    def told(self) -> dict[str, object]:
        """Return what the status file says."""
        rounds = [one.rounds for one in self._crew.pollers]
        checks = self._crew.checker.rounds
        return {
            "devices": sum(map(len, rounds)), "devices_failing": sum(one.failing for one in rounds),
            "services": len(checks), "services_failing": checks.failing, "refused": self.teller.refused,
            "trap_port": self._crew.trapping.port, "traps": self._crew.trapping.taken,
        }  # fmt: skip

    def samples(self) -> Iterator[Sample]:
        """Give how the work goes, in the names of the collector's own pollers."""
        for name, value in figures(self._crew.pollers).items():
            yield name, (), value

    async def close(self) -> None:
        """End what is under way."""
        await self._crew.close()
