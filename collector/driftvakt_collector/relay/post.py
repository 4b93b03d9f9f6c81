"""Posts one body of lines to an upstream, and brings back what was said of each line."""

import gzip
import logging
from base64 import b64encode
from collections.abc import Callable, Sequence

from backports import zstd

from driftvakt_collector.ingest.carriage import signed
from driftvakt_collector.relay.routes import Route, Routes
from driftvakt_collector.relay.standing import Standing
from driftvakt_collector.relay.upstream import Response, UpstreamError
from driftvakt_collector.relay.verdict import FINAL, STRANGER, Reply, Verdict, error_of, read
from driftvakt_wire.envelope import mac, pads

log = logging.getLogger(__name__)

MAX_BYTES = 1 << 20
"""The largest body before compression, when it has more than one line."""
_LEAST_BYTES = 16 << 10
_STRANGER_SECONDS = 60.0
_RETRY_SECONDS = 10.0
_SAY_SECONDS = 60.0
_SPOKEN = frozenset((200, 207, 429, 503)) | FINAL | STRANGER
_LESS = {"zstd": "gzip", "gzip": ""}


class Post:
    """Hands bodies to whoever may get them. size: how large a body may be now; a slow line makes it smaller.

    trouble: why the upstream does not take anything of this relay, empty when it does.
    """

    def __init__(
        self, routes: Routes, standing: Standing, origin: str, gen: int, key: bytes, now: Callable[[], float]
    ) -> None:
        self._routes = routes
        self._standing = standing
        self._origin = origin
        self._gen = gen
        self._pads = pads(key)
        self._now = now
        self._said = -_SAY_SECONDS
        self.size = MAX_BYTES
        self.trouble = ""
        self.done = 0
        self.failures = 0

    async def send(self, lane: str, lines: Sequence[bytes], age: float, *, backlog: bool) -> list[Verdict] | None:
        """Post lines; return a verdict for each, None when nothing is known and they shall be sent again later."""
        route = self._routes.pick(lane, self._now())
        if route is None:
            return None
        body = b"\n".join(lines)
        while True:
            packed = _pack(body, route.encoding)
            try:
                response = await self._exchange(route, lane, packed, age, backlog=backlog)
            except UpstreamError as e:
                if e.slow:
                    self.size = max(_LEAST_BYTES, self.size // 2)
                self._failed(route, str(e))
                return None
            if response.status == 415 and route.encoding:
                route.encoding = _LESS[route.encoding]
                continue
            break
        reply = (
            read(response.body, len(lines)) if response.status in {200, 207} | FINAL | STRANGER | {429, 503} else None
        )
        if reply is not None:
            return self._heed(route, reply)
        if response.status in FINAL:
            return await self._halve(lane, lines, age, response, backlog=backlog)
        self._refused(route, lane, response)
        return None

    async def _exchange(self, route: Route, lane: str, packed: bytes, age: float, *, backlog: bool) -> Response:
        text = f"{max(0.0, age):.3f}"
        signature = b64encode(mac(self._pads, signed(self._origin, self._gen, text, packed))).decode()
        headers = f"Driftvakt-Via: {self._origin} {self._gen} {text} {signature}\r\n"
        if route.encoding:
            headers += f"Content-Encoding: {route.encoding}\r\n"
        if backlog:
            headers += "Driftvakt-Backlog: 1\r\n"
        return await self._routes.connection(route, lane).exchange("POST", "/v1/records", packed, headers)

    def _heed(self, route: Route, reply: Reply) -> list[Verdict]:
        self._routes.answered(route, self._now())
        self.done += 1
        self.size = min(MAX_BYTES, self.size + self.size // 8)
        if self.trouble:
            log.warning("%s takes lines of this relay again", route.url)
        self.trouble = ""
        self._standing.heed(reply.next, reply.backlog)
        self._standing.asked(reply.want)
        return reply.verdicts

    async def _halve(
        self, lane: str, lines: Sequence[bytes], age: float, response: Response, *, backlog: bool
    ) -> list[Verdict] | None:
        """A body as a whole was refused for good: find out which line it is."""
        if len(lines) == 1:
            self._routes.answered(self._routes.current, self._now())
            return [Verdict(response.status, error_of(response.body))]
        half = len(lines) // 2
        first = await self.send(lane, lines[:half], age, backlog=backlog)
        second = await self.send(lane, lines[half:], age, backlog=backlog) if first is not None else None
        # Of what nothing is known it is said so, for the rest is settled.
        again = Verdict(503)
        if first is None:
            return None
        return first + (second if second is not None else [again] * (len(lines) - half))

    def _refused(self, route: Route, lane: str, response: Response) -> None:
        """The body was not looked at: wait as asked, or as is wise."""
        now = self._now()
        why = f"{route.url} answered {response.status}: {error_of(response.body)}"
        if response.status in STRANGER:
            self.trouble = f"{why}: it does not accept this relay, {self._origin}; look at it there"
            self._routes.rest(route, "", _STRANGER_SECONDS, self.trouble, now)
            self._say(self.trouble)
        elif response.status == 429:
            self._routes.rest(route, lane, response.retry_after or _RETRY_SECONDS, why, now)
            self._say(why)
        elif response.status == 503:
            self._routes.rest(route, "", response.retry_after or _RETRY_SECONDS, why, now)
            self._say(why)
        else:
            self._failed(route, why)

    def _failed(self, route: Route, why: str) -> None:
        self.failures += 1
        self._routes.failed(route, why, self._now())
        self._say(why)

    def _say(self, why: str) -> None:
        now = self._now()
        if now - self._said >= _SAY_SECONDS:
            self._said = now
            log.warning("cannot hand on: %s", why)


def _pack(body: bytes, encoding: str) -> bytes:
    if encoding == "zstd":
        return zstd.compress(body, 3)
    return gzip.compress(body, 6, mtime=0) if encoding == "gzip" else body
