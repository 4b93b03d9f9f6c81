"""What the relay passes on without looking: enrolment, the zone's CA, what jobs tell, what other relays ask."""

import asyncio
import re
from base64 import b64encode
from collections.abc import Callable

from driftvakt_collector.ingest.asgi import Receive, Send
from driftvakt_collector.ingest.ping import METHODS, beginning
from driftvakt_collector.naming.address import is_address
from driftvakt_collector.rate import Keys, Rate
from driftvakt_collector.relay.routes import Routes
from driftvakt_collector.relay.upstream import Response, UpstreamError
from driftvakt_collector.trust.assignment import MAX_FOUND, MAX_REQUEST, PATH
from driftvakt_wire.enrolment import client_mac

MAX_BODY = 64 << 10
_SECONDS = 30.0
_AT_ONCE = 8
_CA_SECONDS = 300.0
_JOB = re.compile(r"/ping/[A-Za-z0-9_-]{1,128}(?:/[A-Za-z0-9+-]{0,16})?")
"""What a job may call. A path is passed on as it is, so nothing may stand in it that ends a line of HTTP."""


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
            told = address if is_address(address) else "-"
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

    async def ping(self, address: str, path: str, method: str, receive: Receive, send: Send) -> None:
        """Pass on what a job tells. Where the collector is away it is told to come back: the relay keeps nothing."""
        if self._rates.take(address, self._now(), 1) > 0:
            await answer(send, 429, b"too many at once; come back\n", "text/plain")
        elif method not in METHODS or not _JOB.fullmatch(path):
            await answer(send, 404, b"no job calls so: GET, HEAD or POST /ping/SECRET\n", "text/plain")
        else:
            body = await beginning(receive)
            await self._pass("POST", path, body, "Content-Type: text/plain\r\n", send)

    async def assignment(self, address: str, path: str, method: str, receive: Receive, send: Send) -> None:
        """Pass on what another relay asks or found; an answer is sealed for that one."""
        if self._rates.take(address, self._now(), 1) > 0:
            await answer(send, 429, b'{"error":"too many at once; come back"}')
        elif method != "POST":
            await answer(send, 405, b'{"error":"requests are posted"}')
        else:
            try:
                async with asyncio.timeout(_SECONDS):
                    body = await _whole(receive, MAX_FOUND)
            except TimeoutError:
                body = None
            if body is None or len(body) > (MAX_REQUEST if path == PATH else MAX_FOUND):
                await answer(send, 413, b'{"error":"the request is too large, or did not come in time"}')
            else:
                await self._pass("POST", path, body, "Content-Type: application/json\r\n", send)

    async def _pass(self, method: str, path: str, body: bytes, headers: str, send: Send) -> Response | None:
        if self._waiting >= 8 * _AT_ONCE:
            await answer(send, 429, b'{"error":"too many at once; come back"}')
            return None
        self._waiting += 1
        try:
            async with self._turn, asyncio.timeout(_SECONDS):
                response = await self._routes.ask(method, path, body, headers)
        except (TimeoutError, UpstreamError):
            response = None
        finally:
            self._waiting -= 1
        if response is None:
            await answer(send, 503, b'{"error":"the collector can not be reached from here now; come back"}')
            return None
        await answer(send, response.status, response.body, response.content_type or "application/json")
        return response


async def _whole(receive: Receive, most: int = MAX_BODY) -> bytes | None:
    """Return the body, a little more than allowed when it is too large, None when the sender left."""
    body = b""
    while len(body) <= most:
        message = await receive()
        if message["type"] != "http.request":
            return None
        body += message.get("body", b"")
        if not message.get("more_body", False):
            break
    return body


async def answer(send: Send, status: int, body: bytes, content_type: str = "application/json") -> None:
    """Send a whole answer."""
    headers = [(b"content-type", content_type.encode("latin-1")), (b"content-length", b"%d" % len(body))]
    if status in (429, 503):
        headers.append((b"retry-after", b"10"))
    await send({"type": "http.response.start", "status": status, "headers": headers})
    await send({"type": "http.response.body", "body": body})
