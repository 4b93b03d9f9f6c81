"""The lean HTTP side of the door: `POST /v1/records`, and nothing else.

An agent's connection carries one kind of request, thousands of times. `RecordsProtocol` reads those with httptools and
spends a third of what uvicorn's ASGI path does on each; a connection that begins with anything else, or turns to it, is
given to uvicorn's own protocol as it is. It also closes what uvicorn leaves open: a request that never finishes.
"""

import asyncio
import logging
from collections.abc import Callable
from http import HTTPStatus
from typing import Any, cast

import httptools
from uvicorn import Config
from uvicorn.server import ServerState

from driftvakt_collector.ingest.body import BLANK, MAX_HEAD, MAX_WIRE, RECEIVE_SECONDS, TOO_LARGE
from driftvakt_collector.ingest.carriage import Head
from driftvakt_collector.ingest.entrance import NOBODY, RETRY_SECONDS, Entrance
from driftvakt_collector.ingest.pages import PagesProtocol, end_idle

log = logging.getLogger(__name__)

_FIRST = b"POST /v1/records HTTP/1.1\r\n"
_REASONS = {status.value: status.phrase for status in HTTPStatus}
_PIECES = 1024
_LINGER_SECONDS = 5.0
"""How long a sender whom we refused may go on sending, so that it reads why."""


class RecordsProtocol(asyncio.Protocol):
    """One connection. uvicorn makes it, asks it to shut down, and counts it among its connections.

    when_lost: is called once the connection is gone.
    """

    def __init__(
        self, config: Config, server_state: ServerState, app_state: dict[str, Any],
        _loop: asyncio.AbstractEventLoop | None = None,
    ) -> None:  # fmt: skip
        self._config = config
        self._state = server_state
        self._app_state = app_state
        self._loop = _loop or asyncio.get_running_loop()
        self._door: Entrance = config.loaded_app.entrance
        self._head_of = self._plain = NOBODY
        self._transport: asyncio.Transport | None = None
        self._parser: Any = None
        self._begin = b""
        self._timer: asyncio.TimerHandle | None = None
        self._busy = False
        self._ending = False
        self._chunks: list[bytes] = []
        self._blocks = 0
        self._size = 0
        self._held = 0
        self._head = 0
        self._headers = 0
        self._encoding = b""
        self._whole = False
        self._refused = False
        self.when_lost: Callable[[], None] | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        # uvloop's transports are not asyncio's classes, but do the same.
        self._transport = cast("asyncio.Transport", transport)
        self._state.connections.add(self)  # type: ignore[arg-type]
        peer = transport.get_extra_info("peername")
        self._head_of = self._plain = Head(str(peer[0])) if peer else NOBODY
        self._wait(RECEIVE_SECONDS)

    def connection_lost(self, _error: Exception | None) -> None:
        self._state.connections.discard(self)
        if self._size or self._begin:
            self._door.counts.gone += 1
        self._stop_waiting()
        self._let_go()
        self._transport = self._parser = None
        if self.when_lost is not None:
            self.when_lost()

    def pause_writing(self) -> None:
        """Read no more from one who does not take our answers."""
        if self._transport is not None:
            self._transport.pause_reading()

    def resume_writing(self) -> None:
        """Go on reading."""
        if self._transport is not None:
            self._transport.resume_reading()

    def shutdown(self) -> None:
        """End the connection, after the answer that is being made."""
        self._ending = True
        if not self._busy and self._transport is not None:
            end_idle(self._transport)

    def data_received(self, data: bytes) -> None:
        if self._whole:
            # More before the answer: agents don't, for order would be lost. What is being answered ends the connection.
            self._ending = True
            return
        if self._parser is None:
            # Between two requests: is the next one ours too?
            data = self._begin + data
            if not data.startswith(_FIRST):
                if _FIRST.startswith(data):
                    self._begin = data
                else:
                    self._give_away(data)
                return
            self._begin = b""
            self._parser = httptools.HttpRequestParser(self)
            self._wait(RECEIVE_SECONDS)
        self._feed(data)

    def _feed(self, data: bytes) -> None:
        if self._head >= 0:
            # The parser joins the pieces of a header that never ends, and takes longer for each: so it is not asked.
            self._head += len(data)
            if self._head > MAX_HEAD and BLANK not in data:
                self._ending = True
                self._refuse(431, "the headers are too large")
                return
        try:
            self._parser.feed_data(data)
        except httptools.HttpParserError:
            self._ending = True
            if not self._whole:
                self._refuse(400, "this is not HTTP")
        except httptools.HttpParserUpgrade:
            self._refuse(400, "there is nothing to upgrade to")
        if self._whole:
            self._take()

    def on_message_begin(self) -> None:
        """Called by the parser."""
        if self._whole:
            self._ending = True

    def on_header(self, name: bytes, value: bytes) -> None:
        """Called by the parser."""
        if self._whole:
            return
        self._headers += len(name) + len(value)
        if self._headers > MAX_HEAD:
            self._refuse(431, "the headers are too large")
        elif len(name) == 16 and name.lower() == b"content-encoding":
            self._encoding = value.strip().lower()
        elif len(name) == 17 and name.lower() == b"driftvakt-backlog":
            self._head_of = self._head_of._replace(backlog=True)
        elif len(name) == 13 and name.lower() == b"driftvakt-via":
            self._head_of = self._head_of._replace(via=value.strip())
        elif len(name) == 6 and name.lower() == b"expect" and self._transport is not None:
            self._transport.write(b"HTTP/1.1 100 Continue\r\n\r\n")

    def on_headers_complete(self) -> None:
        """Called by the parser."""
        self._head = -1

    def on_body(self, body: bytes) -> None:
        """Called by the parser."""
        self._size += len(body)
        if self._size <= MAX_WIRE and not (self._whole or self._refused):
            if self._door.crowded(len(body), self._plain.address):
                self._refuse(429, "too much is coming in at once; keep the lines and come back")
                return
            self._chunks.append(body)
            if len(self._chunks) >= self._blocks + _PIECES:
                # A sender of tiny pieces would else cost an object for each.
                self._chunks[self._blocks :] = [b"".join(self._chunks[self._blocks :])]
                self._blocks += 1
            self._held += len(body)
            self._door.hold(len(body), self._plain.address)
        elif not self._whole:
            self._refuse(413, TOO_LARGE)

    def on_message_complete(self) -> None:
        """Called by the parser: the request is whole."""
        if not self._whole and not self._parser.should_keep_alive():
            self._ending = True
        self._whole = True

    def _take(self) -> None:
        """Give the request to the door, now that all that came with it was looked at."""
        if self._transport is None:
            return
        self._stop_waiting()
        if self._refused:
            # The sender has said all it wanted, so that it will now look at what it was answered.
            self._transport.close()
            return
        self._busy = True
        body = self._chunks[0] if len(self._chunks) == 1 else b"".join(self._chunks)
        try:
            self._door.take(body, self._encoding, self._reply, self._head_of)
        except Exception:
            log.exception("cannot look at a body of %d bytes", len(body))
            self._ending = True
            self._door.refuse(500, "the collector has a fault; it is in its log", self._reply)

    def _reply(self, status: int, body: bytes) -> None:
        self._busy = False
        transport = self._transport
        if transport is None:
            return
        keep = not self._ending and not self._refused
        extra = "" if keep else "connection: close\r\n"
        if status in (429, 503):
            extra += f"retry-after: {RETRY_SECONDS}\r\n"
        head = (
            f"HTTP/1.1 {status} {_REASONS.get(status, '')}\r\ncontent-type: application/json\r\n"
            f"content-length: {len(body)}\r\n{extra}\r\n"
        )
        transport.write(head.encode() + body)
        self._state.total_requests += 1
        if keep:
            self._clear()
            self._wait(self._config.timeout_keep_alive)
        elif self._refused and not self._ending:
            # Closed now, with more on its way, the answer would be lost: the sender's system drops it at our reset.
            self._wait(_LINGER_SECONDS)
        else:
            transport.close()

    def _refuse(self, status: int, reason: str) -> None:
        """Answer at once and end the connection; what still comes of the request is passed over."""
        if self._refused or self._transport is None:
            return
        self._refused = True
        self._let_go()
        self._door.refuse(status, reason, self._reply)

    def _let_go(self) -> None:
        """Forget the body."""
        self._chunks = []
        self._blocks = 0
        self._door.hold(-self._held, self._plain.address)
        self._held = 0

    def _clear(self) -> None:
        self._parser = None
        self._let_go()
        self._size = self._head = self._headers = 0
        self._encoding = b""
        self._head_of = self._plain
        self._whole = False

    def _wait(self, seconds: float) -> None:
        self._stop_waiting()
        self._timer = self._loop.call_later(seconds, self._late)

    def _stop_waiting(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None

    def _late(self) -> None:
        transport = self._transport
        if transport is None:
            return
        if transport.get_write_buffer_size():
            # One who does not take our answers would hold the connection open for as long as it likes.
            transport.abort()
        elif self._parser is not None and not self._refused:
            self._ending = True
            self._refuse(408, f"the request did not come within {RECEIVE_SECONDS:.0f} s")
        else:
            transport.close()

    def _give_away(self, data: bytes) -> None:
        """Let uvicorn's protocol go on with this connection."""
        assert self._transport is not None
        self._stop_waiting()
        self._begin = b""
        self._state.connections.discard(self)
        other = PagesProtocol(self._config, self._state, self._app_state, self._loop)
        other.when_lost, self.when_lost = self.when_lost, None
        self._transport.set_protocol(other)
        other.connection_made(self._transport)
        other.data_received(data)
