"""An impaired line between a client and a server on loopback: slow, lossy, torn, corrupt, and saying things twice.

    with Line(("127.0.0.1", port), Impairment(up=Way(delay=0.05, cut_after=900)), Random(7)) as line:
        ...  # talk to 127.0.0.1, line.port; line.impairment may be set anew at any time, also for open connections

In asyncio: `line = Line(...)`, `await line.open()`, `await line.close()`. Bytes are changed on their way, one direction
apart from the other; whole requests are repeated, or held back behind those of other connections, on the way up.
"""

import asyncio
import contextlib
import socket
import struct
import threading
from collections.abc import Coroutine
from dataclasses import dataclass, field
from random import Random
from typing import Any

_PIECE = 1 << 14


@dataclass(frozen=True)
class Way:
    """What happens to bytes in one direction. delay, jitter: seconds, jitter is uniform; rate: bytes a second.

    cut_after: the connection is reset once so many bytes have passed; corrupt_at: the byte of that number is flipped;
    drop: the chance, a piece, that the connection is reset instead; swallow: nothing is passed on, and nothing said.
    """

    delay: float = 0.0
    jitter: float = 0.0
    rate: float = 0.0
    cut_after: int | None = None
    corrupt_at: int | None = None
    drop: float = 0.0
    swallow: bool = False


@dataclass(frozen=True)
class Impairment:
    """What is wrong with a line. up: from client to server.

    refuse: the chance that a new connection is reset; repeat: the chance that a request is sent a second time, on a
    connection of its own, whose answer nobody reads; hold: the chance that a request waits until one of another
    connection has passed, or until `hold_seconds` are over.
    """

    up: Way = field(default_factory=Way)
    down: Way = field(default_factory=Way)
    refuse: float = 0.0
    repeat: float = 0.0
    hold: float = 0.0
    hold_seconds: float = 1.0


CLEAR = Impairment()


@dataclass
class Counts:
    """What the line did."""

    connections: int = 0
    refused: int = 0
    cut: int = 0
    corrupted: int = 0
    repeated: int = 0
    held: int = 0


class Line:
    """Passes connections on to `server`. The same chances with the same traffic do the same."""

    def __init__(self, server: tuple[str, int], impairment: Impairment = CLEAR, chance: Random | None = None) -> None:
        self.server = server
        self.impairment = impairment
        self.counts = Counts()
        self.port = 0
        self.requests: list[bytes] = []
        """The whole requests that passed, while somebody asks for repeats or holds; for replays."""
        self._chance = chance or Random(0)
        self._passed = asyncio.Event()
        self._talks: set[asyncio.Task[None]] = set()
        self._server: asyncio.Server | None = None
        self._loop: asyncio.AbstractEventLoop | None = None
        self._thread: threading.Thread | None = None

    async def open(self) -> None:
        """Listen on a free port, in the running loop."""
        self._server = await asyncio.start_server(self._accept, "127.0.0.1", self.port)
        self.port = self._server.sockets[0].getsockname()[1]

    async def close(self) -> None:
        """Reset what is open, and listen no more."""
        assert self._server is not None
        self._server.close()
        for talk in list(self._talks):
            talk.cancel()
        await asyncio.gather(*self._talks, return_exceptions=True)
        await self._server.wait_closed()

    def __enter__(self) -> "Line":
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, name="impaired line", daemon=True)
        self._thread.start()
        self._there(self.open())
        return self

    def __exit__(self, *_: object) -> None:
        assert self._loop is not None
        assert self._thread is not None
        self._there(self.close())
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()
        self._loop.close()

    def reset(self) -> None:
        """Reset all connections that are open now. From another thread than the line's own."""

        async def work() -> None:
            for talk in list(self._talks):
                talk.cancel()
            await asyncio.gather(*self._talks, return_exceptions=True)

        self._there(work())

    def _there(self, work: Coroutine[Any, Any, None]) -> None:
        assert self._loop is not None
        asyncio.run_coroutine_threadsafe(work, self._loop).result(30)

    async def _accept(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        talk = asyncio.current_task()
        assert talk is not None
        self._talks.add(talk)
        self.counts.connections += 1
        server: asyncio.StreamWriter | None = None
        try:
            if self._chance.random() < self.impairment.refuse:
                self.counts.refused += 1
                return
            from_server, server = await asyncio.open_connection(*self.server)
            async with asyncio.TaskGroup() as both:
                both.create_task(_Pump(self, reader, server, up=True).run())
                both.create_task(_Pump(self, from_server, writer, up=False).run())
        except* (OSError, _CutError):
            pass
        except* asyncio.CancelledError:
            # The line is closed, or was reset: the ends are told by what follows.
            pass
        finally:
            self._talks.discard(talk)
            for one in (writer, server):
                if one is not None:
                    _reset(one)

    async def _before(self, request: bytes) -> None:
        """Let a whole request wait, or go twice, before it is passed on."""
        self.requests.append(request)
        told = self.impairment
        if self._chance.random() < told.hold:
            self.counts.held += 1
            self._passed.clear()
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(self._passed.wait(), told.hold_seconds)
        else:
            self._passed.set()
        if self._chance.random() < told.repeat:
            self.counts.repeated += 1
            await self._replay(request)

    async def _replay(self, request: bytes) -> None:
        """Send a request on a connection of its own, and wait until the server has answered or closed."""
        reader, writer = await asyncio.open_connection(*self.server)
        try:
            writer.write(request)
            await reader.read(_PIECE)
        finally:
            _reset(writer)


class _CutError(Exception):
    """The connection is to be reset."""


class _Pump:
    """One direction of one connection."""

    def __init__(self, line: Line, source: asyncio.StreamReader, sink: asyncio.StreamWriter, *, up: bool) -> None:
        self._line = line
        self._source = source
        self._sink = sink
        self._up = up
        self._passed = 0
        self._request = bytearray()

    async def run(self) -> None:
        while piece := await self._source.read(_PIECE):
            told = self._line.impairment
            way = told.up if self._up else told.down
            if way.swallow:
                continue
            if self._up and (told.repeat or told.hold):
                await self._whole(piece, way)
            else:
                await self._pass(piece, way)
        if not (self._line.impairment.up if self._up else self._line.impairment.down).swallow:
            with contextlib.suppress(OSError):
                self._sink.write_eof()

    async def _whole(self, piece: bytes, way: Way) -> None:
        """Collect what comes until it is a whole request, then pass that on."""
        self._request += piece
        while size := _request_size(self._request):
            request = bytes(self._request[:size])
            del self._request[:size]
            await self._line._before(request)
            await self._pass(request, way)

    async def _pass(self, piece: bytes, way: Way) -> None:
        chance, counts = self._line._chance, self._line.counts
        if chance.random() < way.drop:
            counts.cut += 1
            raise _CutError
        begin, end = self._passed, self._passed + len(piece)
        if way.corrupt_at is not None and begin <= way.corrupt_at < end:
            counts.corrupted += 1
            place = way.corrupt_at - begin
            piece = piece[:place] + bytes((piece[place] ^ (1 << chance.randrange(8)),)) + piece[place + 1 :]
        cut = way.cut_after is not None and end >= way.cut_after
        if way.cut_after is not None:
            piece = piece[: max(0, way.cut_after - begin)]
        seconds = way.delay + way.jitter * chance.random() + (len(piece) / way.rate if way.rate else 0.0)
        if seconds:
            await asyncio.sleep(seconds)
        self._passed += len(piece)
        self._sink.write(piece)
        await self._sink.drain()
        if cut:
            counts.cut += 1
            if not self._up:
                # What was passed must arrive: a reset overtakes bytes that the other end has not read.
                self._sink.write_eof()
                await asyncio.sleep(0.01)
            raise _CutError


def _request_size(text: bytes | bytearray) -> int:
    """Return the size of the HTTP request that stands first, 0 when it is not whole. Knows Content-Length only."""
    end = text.find(b"\r\n\r\n")
    if end < 0:
        return 0
    size = 0
    for header in bytes(text[:end]).lower().split(b"\r\n")[1:]:
        name, _, value = header.partition(b":")
        if name.strip() == b"content-length":
            size = int(value)
    whole = end + 4 + size
    return whole if len(text) >= whole else 0


def _reset(writer: asyncio.StreamWriter) -> None:
    """End a connection as a broken line does: with a reset, not with a goodbye."""
    peer = writer.get_extra_info("socket")
    with contextlib.suppress(OSError):
        peer.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    writer.transport.abort()
