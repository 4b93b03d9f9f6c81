"""The relay's composition root: builds everything once, owns start and stop."""

import asyncio
import gc
import logging
import os
import random
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any, cast

from driftvakt_collector.config import ConfigError
from driftvakt_collector.ingest.asgi import Receive, Send, records
from driftvakt_collector.ingest.entrance import Entrance
from driftvakt_collector.ingest.ping import PATH
from driftvakt_collector.journal import JournalError
from driftvakt_collector.relay import standing as standings
from driftvakt_collector.relay import status
from driftvakt_collector.relay.asking import Asking
from driftvakt_collector.relay.certificate import certificate_trouble, is_due
from driftvakt_collector.relay.config import Config
from driftvakt_collector.relay.door import RelayDoor
from driftvakt_collector.relay.figures import Names, samples
from driftvakt_collector.relay.forward import Forwarder
from driftvakt_collector.relay.loops import for_ever, repeat
from driftvakt_collector.relay.own import Own
from driftvakt_collector.relay.passing import Passing, answer
from driftvakt_collector.relay.post import Post
from driftvakt_collector.relay.refusals import Refusals
from driftvakt_collector.relay.routes import Routes
from driftvakt_collector.relay.spool import Spool
from driftvakt_collector.relay.standing import Standing
from driftvakt_collector.relay.upstream import SECONDS, context_of
from driftvakt_collector.relay.voice import Voice
from driftvakt_collector.trust.assignment import FOUND
from driftvakt_collector.trust.assignment import PATH as ASSIGNMENT
from driftvakt_wire import RELEASE, encode

log = logging.getLogger(__name__)

_LOOK_SECONDS = 1.0
_STATUS_SECONDS = 2.0
_KNOWN_SECONDS = 60.0
_DAY = 86_400.0
_HAND_OVER_SECONDS = 5.0
_STEP_SECONDS = 0.25


class Relay:
    """The relay. `start`, serve it as an ASGI application, `stop`. connections: returns how many there are now.

    renew: gets the next key and certificate. renewed: is set once they are there, and the relay must begin anew.
    """

    def __init__(
        self, config: Config, now: Callable[[], float] = time.monotonic, wall: Callable[[], float] = time.time,
        jitter: Callable[[], float] = random.random, seconds: float = SECONDS,
        renew: Callable[[], object] | None = None,
    ) -> None:  # fmt: skip
        self.config = config
        self._now = now
        self._wall = wall
        began_now, began_wall = now(), wall()
        # A clock that is set while lines wait must not make them older or younger.
        self._steady = lambda: began_wall + (now() - began_now)
        self._tasks: list[asyncio.Task[None]] = []
        self._oldest = 0.0
        self._said = False
        self._certificate = ""
        self._renew = renew
        self.renewed = asyncio.Event()
        self.connections: Callable[[], int] = lambda: 0
        try:
            config.data.mkdir(mode=0o700, parents=True, exist_ok=True)
            self.spool = Spool(config.data, config.spool_mb * 10**6, config.spool_free_mb * 10**6, self._steady)
        except OSError as e:
            raise ConfigError(f"cannot use the directory {config.data}: {e.strerror}") from e
        self.standing = Standing(config.next_seconds)
        self.standing.learn(standings.load(config.data / "known"))
        tls = any(url.startswith("https") for url in config.upstreams)
        try:
            context = context_of(str(config.ca_file or "")) if tls else None
        except OSError as e:
            raise ConfigError(f"cannot read the CA in {config.ca_file}: {e}") from e
        self.routes = Routes(config.upstreams, context, jitter, seconds)
        self.post = Post(self.routes, self.standing, config.origin, config.gen, config.key, now)
        self.refusals = Refusals()
        self.forwarder = Forwarder(
            self.spool, self.standing, self.post, self.routes, self.refusals, now=now, steady=self._steady
        )
        self.door = RelayDoor(
            self.spool, self.standing, self.forwarder.wake, private=config.privacy == "edu", now=now, wall=wall
        )
        self.entrance = self.door
        self.passing = Passing(self.routes, config.origin, config.gen, config.key, now)
        self.own = Own(config.data / "own.json", config.origin, config.gen, config.key)
        self.voice = Voice(self.own, self.spool, self.forwarder.wake, now)
        self.names = Names(config.zone)
        self.asking = Asking(
            config, self.routes, self.voice, self.spool, self.standing, now=now, wall=wall, jitter=jitter
        )

    async def __call__(self, scope: dict[str, Any], receive: Receive, send: Send) -> None:
        """Serve one request that `ingest.http.RecordsProtocol` did not keep for itself."""
        if scope["type"] != "http":
            return
        path, method = scope["path"], scope["method"]
        if path == "/v1/records":
            await records(cast("Entrance", self.entrance), scope, receive, send)
        elif path == "/v1/enrol" and method == "POST":
            client = scope.get("client")
            await self.passing.enrol(client[0] if client else "", receive, send)
        elif path in (ASSIGNMENT, FOUND):
            client = scope.get("client")
            await self.passing.assignment(client[0] if client else "", path, method, receive, send)
        elif path.startswith(PATH):
            client = scope.get("client")
            await self.passing.ping(client[0] if client else "", path, method, receive, send)
        elif path == "/v1/ca" and method == "GET":
            await self.passing.ca(send)
        elif path == "/healthz" and method == "GET":
            await answer(send, 200, b"ok\n", "text/plain")
        else:
            await answer(send, 404, b"not found\n", "text/plain")

    async def start(self) -> None:
        """Begin to take lines and to hand them on. Raises JournalError."""
        await self.spool.start()
        await self.forwarder.held.start()
        gc.collect()
        gc.freeze()
        waiting = self.spool.lines
        if waiting:
            log.info("%d lines wait on disk", waiting)
        gap = self.own.gap(round(self._wall(), 3))
        await self.voice.tell(*([gap] if gap else []), encode.event(round(self._wall(), 3), "relay.start", RELEASE))
        every = (
            (_LOOK_SECONDS, self._look), (_STATUS_SECONDS, self._write_status), (_KNOWN_SECONDS, self._write_known),
            (_DAY, self._look_at_certificate),
        )  # fmt: skip
        self._tasks = [
            asyncio.create_task(for_ever(self.forwarder.live)),
            asyncio.create_task(for_ever(self.forwarder.old)),
            asyncio.create_task(for_ever(self.forwarder.parked)),
            asyncio.create_task(for_ever(self._report_for_ever)),
            asyncio.create_task(for_ever(self.asking.run)),
            *(asyncio.create_task(repeat(seconds, work)) for seconds, work in every),
        ]

    async def stop(self) -> None:
        """Say goodbye, try for a moment to hand over what came in last, then let go."""
        self.door.closed = True
        await self.asking.close()
        if self._tasks:
            await self.voice.tell(encode.goodbye(round(self._wall(), 3), "stopped"))
            self.forwarder.wake()
            end = self._now() + _HAND_OVER_SECONDS
            while self._handing_over() and self._now() < end:  # noqa: ASYNC110  it may end without a word
                await asyncio.sleep(0.02)
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        self.routes.close()
        try:
            if self._tasks:
                self._keep_known()
                self.own.close()
                status.write(self.config.data / status.FILE, {**self.told(), "stopped": True})
        except OSError as e:
            log.warning("cannot write down how it ended: %s", e)
        await self.spool.close()

    def _handing_over(self) -> bool:
        return any(self.spool.windows.values()) and self.routes.pick("live", self._now()) is not None

    # --- what it says of itself ---

    async def report(self) -> None:
        """Tell how the relay is, and what it gave up."""
        at = round(self._wall(), 3)
        self._oldest = await self.spool.oldest()
        found = list(
            samples(
                self.spool, self.door.counts, self.forwarder.counts, self.post, self.routes, self.standing,
                connections=self.connections(), oldest=self._oldest,
                polls=self.asking.samples(),
            )
        )  # fmt: skip
        self.names.see(found, self.routes.current.url)
        marks = list(self.standing.want.pop(self.config.origin, ()))
        notices = [encode.event(at, one.name, one.text, one.subject) for one in self.refusals.take()]
        every = min(max(self.standing.next, 1.0), 3600.0)
        await self.voice.tell(*self.names.wanted(marks), self.names.report(found, at, every), *notices)

    async def _report_for_ever(self) -> None:
        """Report at the pace that is asked for; once more at once where the upstream lacks the names."""
        hurried = False
        while True:
            try:
                await self.report()
            except (JournalError, OSError) as e:
                log.warning("cannot keep what the relay tells of itself: %s", e)
            left = self.standing.next
            while left > 0 and (hurried or self.config.origin not in self.standing.want):
                await asyncio.sleep(_STEP_SECONDS)
                left -= _STEP_SECONDS
            # Once only: whoever keeps asking is not answered any faster.
            hurried = left > 0

    def told(self) -> dict[str, object]:
        """Return what the status file says."""
        counts, post, spool = self.forwarder.counts, self.post, self.spool
        return {
            "pid": os.getpid(),
            "at": round(self._wall(), 3),
            "version": RELEASE,
            "origin": self.config.origin,
            "zone": self.config.zone,
            "trouble": self._trouble(),
            "upstreams": [
                {"url": one.url, "in_use": one is self.routes.current, "error": one.error} for one in self.routes.routes
            ],
            "spool": {
                name: {"lines": lane.lines, "bytes": lane.size, "full": lane.full} for name, lane in spool.lanes.items()
            },
            "spool_limit_bytes": spool.limit,
            "disk_free_bytes": spool.free,
            "oldest_seconds": round(self._oldest, 1),
            "connections": self.connections(),
            "received": self.door.counts.accepted,
            "forwarded": counts.forwarded,
            "refused": {str(key): value for key, value in counts.refused.items()},
            "dropped": counts.dropped,
            "held": {stream.partition(" ")[0]: hold.reason for stream, hold in list(self.standing.held.items())[:50]},
            "deliveries": post.done,
            "delivery_failures": post.failures,
            "asks": self.asking.told(),
        }

    def _trouble(self) -> list[str]:
        found = [self.spool.trouble, self.post.trouble, self._certificate]
        found.append(self.asking.trouble)
        found += [lane.journal.trouble for lane in self.spool.lanes.values()]
        if all(route.error for route in self.routes.routes):
            found += [route.error for route in self.routes.routes]
        return [one for one in dict.fromkeys(found) if one]

    # --- what is done again and again ---

    async def _look(self) -> None:
        """See how much room there is, and drop what was handed on."""
        for lane in self.spool.lanes.values():
            try:
                await lane.flush()
                await lane.measure()
            except JournalError as e:
                log.warning("cannot drop what was handed on: %s", e)
        self.spool.look()
        if bool(self.spool.trouble) != self._said:
            self._said = bool(self.spool.trouble)
            log.warning("%s", self.spool.trouble or "there is room on the disk again")

    async def _look_at_certificate(self) -> None:
        path = self.config.tls_cert
        if self._renew is not None and await asyncio.to_thread(is_due, self.config, self._wall()):
            try:
                await asyncio.to_thread(self._renew)
            except ConfigError as e:
                self._certificate = f"cannot renew the certificate {path}; it is tried again tomorrow: {e}"
                log.warning("%s", self._certificate)
                return
            log.info("the relay has a new key and a new certificate; it begins anew with them")
            self.renewed.set()
            return
        self._certificate = await asyncio.to_thread(certificate_trouble, path, self._wall()) if path else ""
        if self._certificate:
            log.warning("%s", self._certificate)

    async def _write_status(self) -> None:
        try:
            status.write(self.config.data / status.FILE, self.told())
        except OSError as e:
            log.debug("cannot write the status: %s", e)

    async def _write_known(self) -> None:
        try:
            self._keep_known()
        except OSError as e:
            log.warning("cannot write down which hosts the upstream knows: %s", e)

    def _keep_known(self) -> None:
        if self.standing.changed:
            standings.save(self.config.data / "known", self.standing.known)
            self.standing.changed = False


def opened(config: Config, renew: Callable[[], object] | None = None) -> Relay:
    """Build the relay. Raises ConfigError for what can't be opened."""
    try:
        return Relay(config, renew=renew)
    except JournalError as e:
        raise ConfigError(str(e).replace("another collector", "another relay")) from e


def status_file(config: Config) -> Path:
    """Return where the relay of this configuration writes its status."""
    return config.data / status.FILE
