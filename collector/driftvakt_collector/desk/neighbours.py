"""Other systems that we tell how it stands: Alertmanagers what fires, watchdogs that we live."""

import logging
from collections.abc import Awaitable, Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import partial

import httpx

from driftvakt_collector.alert import heartbeat
from driftvakt_collector.alert.audit import Facts
from driftvakt_collector.alert.engine import Known
from driftvakt_collector.alert.heartbeat import Heartbeat, WatchdogPlace
from driftvakt_collector.alert.notify import alertmanager_target
from driftvakt_collector.alert.notify.alertmanager import AlertmanagerFeed, Firing
from driftvakt_collector.alert.notify.alertmanager_target import Target
from driftvakt_collector.alert.words import Words
from driftvakt_collector.config import ConfigError
from driftvakt_collector.store.incidents import KEY

log = logging.getLogger(__name__)

FEED_SECONDS = 3.0
_TIMEOUT = 10.0
Work = tuple[str, float, Callable[[], Awaitable[None]]]


@dataclass(frozen=True)
class Places:
    """Who is told."""

    targets: tuple[Target, ...] = ()
    watchdogs: tuple[WatchdogPlace, ...] = ()


def read(alertmanagers: Mapping[str, object], watchdogs: Mapping[str, object]) -> Places:
    """Return who is told, as the configuration's tables say. Raises ConfigError with every mistake."""
    wrong: list[str] = []
    found = Places(
        alertmanager_target.targets(dict(alertmanagers), wrong), tuple(heartbeat.places(dict(watchdogs), wrong))
    )
    if wrong:
        raise ConfigError("cannot tell other systems:\n" + "\n".join(f"  - {text}" for text in wrong))
    return found


class Neighbours:
    """firing: what fires now. facts: of the collector, at hand. wall: seconds since the epoch."""

    def __init__(
        self, places: Places, url: str, firing: Callable[[], Iterable[Known]], facts: Callable[[], Facts],
        wall: Callable[[], float],
    ) -> None:  # fmt: skip
        self._firing = firing
        self._wall = wall
        self._client = httpx.AsyncClient(timeout=_TIMEOUT, follow_redirects=False, trust_env=False)
        self.feed = AlertmanagerFeed(places.targets, url, self._client) if places.targets else None
        self.heartbeats = [Heartbeat(place, facts, self._said, self._client) for place in places.watchdogs]
        self.unheard: dict[str, float] = {}

    def works(self) -> Iterator[Work]:
        """Give what must go on while the collector runs."""
        if self.feed is not None:
            yield "tell Alertmanager what fires", FEED_SECONDS, self._feed
        for one in self.heartbeats:
            yield f"send the watchdog {one.place.name} a heartbeat", one.place.every, partial(self._beat, one)

    async def close(self) -> None:
        """Let go of connections."""
        await self._client.aclose()

    async def _feed(self) -> None:
        assert self.feed is not None
        self.feed.offer(
            Firing(one.alert, f"{KEY}{one.incident}" if one.incident is not None else "") for one in self._firing()
        )
        await self.feed.run_once(self._wall())

    async def _beat(self, one: Heartbeat) -> None:
        now = self._wall()
        done = await one.send_once(now)
        if done.heard:
            self.unheard.pop(one.place.name, None)
        else:
            self.unheard.setdefault(one.place.name, now)

    def _said(self) -> Words:
        number = sum(1 for _ in self._firing())
        return Words(f"{number} larm är aktiva", f"{number} alerts fire")
