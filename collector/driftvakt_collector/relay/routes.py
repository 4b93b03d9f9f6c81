"""Which upstream is used now: the one that answered last, until it does not."""

import ssl
from collections.abc import Callable, Sequence

from driftvakt_collector.relay.upstream import SECONDS, Response, Upstream, UpstreamError

_FIRST = 1.0
_LONGEST = 30.0
"""Relays are few, and a site that is back shall be seen within a minute, also where a try had hung in the dead line."""


class Route:
    """One upstream. error: why it was not used the last time, empty when it answered. encoding: what it takes."""

    def __init__(self, url: str) -> None:
        self.url = url
        self.error = ""
        self.failures = 0
        self.encoding = "zstd"
        self.rests: dict[str, float] = {}
        self.answered = 0.0

    def rest(self, lane: str) -> float:
        """Return until when a lane leaves it alone."""
        return max(self.rests.get("", 0.0), self.rests.get(lane, 0.0))


class Routes:
    """The upstreams. jitter: a number from 0 to 1 by chance. Each lane has connections of its own."""

    def __init__(
        self,
        urls: Sequence[str],
        context: ssl.SSLContext | None,
        jitter: Callable[[], float],
        seconds: float = SECONDS,
    ) -> None:
        self.routes = [Route(url) for url in urls]
        self._context = context
        self._jitter = jitter
        self._seconds = seconds
        self._connections: dict[tuple[str, str], Upstream] = {}
        self.current = self.routes[0]

    def pick(self, lane: str, now: float) -> Route | None:
        """Return whom to send to, None while all of them shall be left alone."""
        start = self.routes.index(self.current)
        for route in self.routes[start:] + self.routes[:start]:
            if route.rest(lane) <= now:
                return route
        return None

    def wait(self, lane: str, now: float) -> float:
        """Return the seconds until one of them may be tried again."""
        return max(0.0, min(route.rest(lane) for route in self.routes) - now)

    def connection(self, route: Route, lane: str) -> Upstream:
        """Return a lane's connection to an upstream."""
        key = (route.url, lane)
        if key not in self._connections:
            self._connections[key] = Upstream(route.url, self._context, self._seconds)
        return self._connections[key]

    async def ask(self, method: str, path: str, body: bytes, headers: str) -> Response:
        """Ask one question of the first that answers, from the one that is used now. Raises UpstreamError."""
        start = self.routes.index(self.current)
        failed = UpstreamError("there is no upstream")
        for route in self.routes[start:] + self.routes[:start]:
            connection = Upstream(route.url, self._context, self._seconds)
            try:
                return await connection.exchange(method, path, body, headers)
            except UpstreamError as e:
                failed = e
            finally:
                connection.close()
        raise failed

    def answered(self, route: Route, now: float) -> None:
        """It took lines, or said why not: so it is used from now on."""
        route.failures = 0
        route.error = ""
        route.answered = now
        route.rests.pop("", None)
        self.current = route

    def failed(self, route: Route, why: str, now: float) -> None:
        """Nothing is known of what was sent: leave it alone for a while, with full jitter."""
        route.failures += 1
        route.error = why
        longest = min(_LONGEST, _FIRST * 2.0 ** min(route.failures, 10))
        route.rests[""] = now + _FIRST + (longest - _FIRST) * self._jitter()

    def rest(self, route: Route, lane: str, seconds: float, why: str, now: float) -> None:
        """It asked to be left alone. lane: empty for all of them."""
        route.error = why
        route.rests[lane] = now + seconds * (1.0 + 0.2 * self._jitter())

    def close(self) -> None:
        """Let go of the connections."""
        for connection in self._connections.values():
            connection.close()
