"""What the relay passes on without looking: enrolment, and the certificate of the zone's CA."""

import asyncio
from base64 import b64encode
from collections.abc import Callable
from ipaddress import ip_address

from driftvakt_collector.ingest.asgi import Receive, Send
from driftvakt_collector.ingest.limits import Keys, Rate
from driftvakt_collector.relay.routes import Routes
from driftvakt_collector.relay.upstream import Response, UpstreamError
from driftvakt_wire.enrolment import client_mac

MAX_BODY = 64 << 10
_SECONDS = 30.0
_AT_ONCE = 8
_CA_SECONDS = 300.0


class Passing:
    """Passes requests to the upstream that is used now; a few at once, and not too many of one sender."""

    def __init__(self, routes: Routes, origin: str, gen: int, key: bytes, now: Callable[[], float]) -> None:
        self._routes = routes
        self._origin = origin
        self._gen = gen
        self._key = key
        self._now = now
        self._turn = asyncio.Semaphore(_AT_ONCE)
        self._waiting = 0
        self._rates = Keys(Rate(1.0, 120))
        self._ca: tuple[float, Response] | None = None

    async def enrol(self, address: str, receive: Receive, send: Send) -> None:
        """Pass on a request to be enrolled, with the address that it came from."""
        if self._rates.take(address, self._now(), 1) > 0:
            await answer(send, 429, b'{"error":"too many at once; come back"}')
            return
        try:
            async with asyncio.timeout(_SECONDS):
                body = await _whole(receive)
        except TimeoutError:
            body = None
        if body is None:
            await answer(send, 408, b'{"error":"the request did not come in time"}')
        elif len(body) > MAX_BODY:
            await answer(send, 413, b'{"error":"a request to be enrolled is not that large"}')
        else:
            told = address if _is_address(address) else "-"
            word = b64encode(client_mac(self._key, told, body)).decode()
            headers = (
                f"Driftvakt-Client: {told} {self._origin} {self._gen} {word}\r\nContent-Type: application/json\r\n"
            )
            await self._pass("POST", "/v1/enrol", body, headers, send)

    async def ca(self, send: Send) -> None:
        """Give the certificate of the zone's CA, which hardly ever changes."""
        if self._ca is not None and self._now() - self._ca[0] < _CA_SECONDS:
            response = self._ca[1]
            await answer(send, response.status, response.body, response.content_type)
            return
        found = await self._pass("GET", "/v1/ca", b"", "", send)
        if found is not None and found.status == 200:
            self._ca = self._now(), found

    async def _pass(self, method: str, path: str, body: bytes, headers: str, send: Send) -> Response | None:
        if self._waiting >= 8 * _AT_ONCE:
            await answer(send, 429, b'{"error":"too many at once; come back"}')
            return None
        self._waiting += 1
        try:
            async with self._turn, asyncio.timeout(_SECONDS):
                response = await self._ask(method, path, body, headers)
        except TimeoutError:
            response = None
        finally:
            self._waiting -= 1
        if response is None:
            await answer(send, 503, b'{"error":"the collector can not be reached from here now; come back"}')
            return None
        await answer(send, response.status, response.body, response.content_type or "application/json")
        return response

    async def _ask(self, method: str, path: str, body: bytes, headers: str) -> Response | None:
        """Ask the upstreams in their order, from the one that is used now."""
        start = self._routes.routes.index(self._routes.current)
        for route in self._routes.routes[start:] + self._routes.routes[:start]:
            connection = self._routes.single(route)
            try:
                return await connection.exchange(method, path, body, headers)
            except UpstreamError:
                continue
            finally:
                connection.close()
        return None


async def _whole(receive: Receive) -> bytes | None:
    """Return the body, a little more than allowed when it is too large, None when the sender left."""
    body = b""
    while len(body) <= MAX_BODY:
        message = await receive()
        if message["type"] != "http.request":
            return None
        body += message.get("body", b"")
        if not message.get("more_body", False):
            break
    return body


def _is_address(text: str) -> bool:
    try:
        ip_address(text)
    except ValueError:
        return False
    return True


async def answer(send: Send, status: int, body: bytes, content_type: str = "application/json") -> None:
    """Send a whole answer."""
    headers = [(b"content-type", content_type.encode("latin-1")), (b"content-length", b"%d" % len(body))]
    if status in (429, 503):
        headers.append((b"retry-after", b"10"))
    await send({"type": "http.response.start", "status": status, "headers": headers})
    await send({"type": "http.response.body", "body": body})
