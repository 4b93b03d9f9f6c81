"""One upstream over one kept connection: HTTP/1.1 with limits on time and on what it may answer."""

import asyncio
import ssl
from typing import NamedTuple
from urllib.parse import urlsplit

import httptools

from driftvakt_wire import RELEASE

SECONDS = 15.0
"""How long an exchange may take, and before it to connect."""
_CONNECT_SECONDS = 10.0
_MAX_ANSWER = 4 << 20
_READ = 64 << 10


class UpstreamError(Exception):
    """Nothing is known of what was sent. slow: whether it was only a matter of time."""

    def __init__(self, text: str, *, slow: bool = False) -> None:
        super().__init__(text)
        self.slow = slow


class Response(NamedTuple):
    """retry_after: seconds that were asked for, 0 when none were."""

    status: int
    body: bytes
    retry_after: float
    content_type: str = ""


class _Answer:
    """What the parser hears."""

    def __init__(self) -> None:
        self.body: list[bytes] = []
        self.size = 0
        self.whole = False
        self.retry_after = 0.0
        self.content_type = ""
        self.parser = httptools.HttpResponseParser(self)

    def on_header(self, name: bytes, value: bytes) -> None:
        """Called by the parser."""
        low = name.lower()
        if low == b"retry-after" and value.strip().isdigit():
            self.retry_after = min(float(value), 86400.0)
        elif low == b"content-type":
            self.content_type = value.decode("latin-1")

    def on_body(self, body: bytes) -> None:
        """Called by the parser."""
        self.size += len(body)
        self.body.append(body)

    def on_message_complete(self) -> None:
        """Called by the parser."""
        self.whole = True


class Upstream:
    """Talks to one URL. One exchange at a time."""

    def __init__(self, url: str, context: ssl.SSLContext | None, seconds: float = SECONDS) -> None:
        parts = urlsplit(url)
        self.url = url
        self._host = parts.hostname or ""
        self._tls = parts.scheme == "https"
        self._port = parts.port or (443 if self._tls else 80)
        self._context = context
        self._seconds = seconds
        shown = f"[{self._host}]" if ":" in self._host else self._host
        self._named = f"Host: {shown}:{self._port}\r\nUser-Agent: driftvakt-relay/{RELEASE}\r\n"
        self._streams: tuple[asyncio.StreamReader, asyncio.StreamWriter] | None = None
        self.sent = 0

    async def exchange(self, method: str, path: str, body: bytes = b"", headers: str = "") -> Response:
        """Send a request; return what came back. A kept connection that had ended is opened again, once."""
        length = f"Content-Length: {len(body)}\r\n" if body or method != "GET" else ""
        request = f"{method} {path} HTTP/1.1\r\n{self._named}{headers}{length}\r\n".encode() + body
        fresh = self._streams is None
        try:
            return await self._try(request)
        except UpstreamError as e:
            self.close()
            if fresh or e.slow:
                raise
        try:
            return await self._try(request)
        except UpstreamError:
            self.close()
            raise

    def close(self) -> None:
        """Let go of the connection."""
        if self._streams is not None:
            # Not closed in order: that waits for the other side's word, which may never come.
            self._streams[1].transport.abort()
            self._streams = None

    async def _try(self, request: bytes) -> Response:
        try:
            if self._streams is None:
                async with asyncio.timeout(_CONNECT_SECONDS):
                    self._streams = await asyncio.open_connection(
                        self._host, self._port, ssl=self._context if self._tls else None, limit=_READ
                    )
            async with asyncio.timeout(self._seconds):
                return await self._talk(*self._streams, request)
        except TimeoutError as e:
            raise UpstreamError(f"{self.url} did not answer within {self._seconds:.0f} s", slow=True) from e
        except ssl.SSLError as e:
            raise UpstreamError(f"{self.url} could not prove who it is: {e}") from e
        except (OSError, httptools.HttpParserError, httptools.HttpParserUpgrade) as e:
            raise UpstreamError(f"cannot reach {self.url}: {str(e) or e.__class__.__name__}") from e

    async def _talk(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, request: bytes) -> Response:
        writer.write(request)
        await writer.drain()
        self.sent += len(request)
        answer = _Answer()
        while not answer.whole:
            data = await reader.read(_READ)
            if not data:
                raise UpstreamError(f"{self.url} ended the connection before its answer was whole")
            answer.parser.feed_data(data)
            if answer.size > _MAX_ANSWER:
                raise UpstreamError(f"{self.url} answered more than {_MAX_ANSWER >> 20} MB")
        status = answer.parser.get_status_code()
        if not answer.parser.should_keep_alive():
            self.close()
        return Response(status, b"".join(answer.body), answer.retry_after, answer.content_type)


def context_of(ca_file: str) -> ssl.SSLContext:
    """Return what TLS is judged by: only this CA where one is named, else the system's."""
    context = ssl.create_default_context(cafile=ca_file or None)
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    return context
