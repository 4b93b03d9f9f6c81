"""One connection of a sender, byte by byte: what it may send, how long it may take, and how it ends."""

import asyncio
import json
import logging
import socket
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager
from typing import Any

import pytest
import uvicorn
import uvloop
from doors import Gate
from uvicorn.server import ServerState

from driftvakt_collector.ingest.asgi import records
from driftvakt_collector.ingest.http import RecordsProtocol
from driftvakt_collector.rate import Keys, Rate
from driftvakt_wire.records import Event

EVENT = Event(1.0, "agent.start")
RECORDS = b"POST /v1/records HTTP/1.1\r\n"


class Site:
    """An application that has a door, and elsewhere answers `page`."""

    def __init__(self, gate: Gate) -> None:
        self.gate = gate
        self.entrance = gate.door.anywhere

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        if scope["path"] == "/v1/records":
            await records(self.entrance, scope, receive, send)
            return
        await receive()
        await send({"type": "http.response.start", "status": 200, "headers": [(b"content-length", b"4")]})
        await send({"type": "http.response.body", "body": b"page"})


class Peer:
    """The other end of a connection."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, state: ServerState) -> None:
        self._reader = reader
        self._writer = writer
        self.state = state

    def send(self, data: bytes) -> None:
        self._writer.write(data)

    async def answer(self) -> tuple[int, bytes]:
        """Read one answer; status 0 where the connection ended instead."""
        try:
            head = await self._reader.readuntil(b"\r\n\r\n")
        except (asyncio.IncompleteReadError, ConnectionResetError):
            return 0, b""
        lines = head.lower().split(b"\r\n")
        size = next((int(line.split(b":")[1]) for line in lines if line.startswith(b"content-length:")), 0)
        return int(head.split()[1]), await self._reader.readexactly(size)

    async def ends(self) -> bool:
        """Say if nothing more comes."""
        try:
            return await self._reader.read() == b""
        except ConnectionResetError:
            return True


async def _until(met: Callable[[], bool]) -> None:
    """Turn the loop until it is so; the connection's own deadline ends the wait."""
    while not met():
        await asyncio.sleep(0.0005)


@asynccontextmanager
async def connected(gate: Gate) -> AsyncIterator[Peer]:
    config = uvicorn.Config(
        Site(gate), http=RecordsProtocol, ws="none", lifespan="off", log_config=None, proxy_headers=False
    )
    config.load()
    state = ServerState()
    loop = asyncio.get_running_loop()
    server = await loop.create_server(lambda: RecordsProtocol(config, state, {}, loop), "127.0.0.1", 0)
    reader, writer = await asyncio.open_connection(*server.sockets[0].getsockname())
    try:
        yield Peer(reader, writer, state)
    finally:
        server.close()
        for connection in list(state.connections):
            connection.shutdown()
        writer.transport.abort()
        await _until(lambda: not state.connections)
        await server.wait_closed()


def talk(gate: Gate, work: Callable[[Peer], Awaitable[None]]) -> None:
    """Have a connection of at most ten seconds."""

    async def all_of_it() -> None:
        async with asyncio.timeout(5), connected(gate) as peer:
            await work(peer)

    uvloop.run(all_of_it())


@pytest.fixture
def gate(monkeypatch: pytest.MonkeyPatch) -> Gate:
    """A door whose journal syncs at the next turn of the loop."""
    gate = Gate()
    append = gate.journal.append

    def append_and_sync(lines: Sequence[bytes], tell: Any) -> None:
        append(lines, tell)
        asyncio.get_running_loop().call_soon(gate.journal.sync)

    monkeypatch.setattr(gate.journal, "append", append_and_sync)
    return gate


@pytest.fixture
def hurried(monkeypatch: pytest.MonkeyPatch) -> None:
    """What takes half a minute takes a twentieth of a second."""
    for part in ("http", "pages", "asgi"):
        monkeypatch.setattr(f"driftvakt_collector.ingest.{part}.RECEIVE_SECONDS", 0.05)
    monkeypatch.setattr("driftvakt_collector.ingest.http._LINGER_SECONDS", 0.05)


def request(body: bytes, *headers: str, head: bytes = RECORDS) -> bytes:
    told = "".join(f"{one}\r\n" for one in headers)
    return head + f"host: x\r\ncontent-length: {len(body)}\r\n{told}\r\n".encode() + body


@pytest.mark.parametrize("size", [1, 7, 1000])
def test_a_request_may_come_in_pieces(gate: Gate, size: int) -> None:
    async def work(peer: Peer) -> None:
        for _ in range(3):
            sent = request(gate.senders[0].line(EVENT))
            for start in range(0, len(sent), size):
                peer.send(sent[start : start + size])
                await asyncio.sleep(0)
            status, body = await peer.answer()
            assert (status, json.loads(body)["accepted"]) == (200, 1)

    talk(gate, work)


@pytest.mark.parametrize(
    ("sent", "statuses"),
    [
        pytest.param(RECORDS + b"content-length: 1\r\ncontent-length: 2\r\n\r\nxx", [400], id="two lengths"),
        pytest.param(
            RECORDS + b"content-length: 4\r\ntransfer-encoding: chunked\r\n\r\n0\r\n\r\n", [400],
            id="a length and a chunked body",
        ),
        pytest.param(
            RECORDS + b"transfer-encoding: gzip\r\n\r\nxx", [400], id="a transfer encoding that has no end",
        ),
        pytest.param(RECORDS + b"content-length: -1\r\n\r\n", [400], id="a negative length"),
        pytest.param(RECORDS + b"content-length : 1\r\n\r\nx", [400], id="a space before the colon"),
        pytest.param(RECORDS + b"no colon\r\n\r\n", [400], id="a header that is none"),
        pytest.param(RECORDS + b"x: a\x00b\r\n\r\n", [400], id="a NUL in a header"),
        pytest.param(RECORDS + b"x: y\r\n" * 20_000 + b"\r\n", [431], id="headers without end"),
        pytest.param(
            RECORDS + b"connection: upgrade\r\nupgrade: h2c\r\ncontent-length: 1\r\n\r\nx", [400], id="an upgrade",
        ),
        pytest.param(RECORDS.replace(b"1.1", b"1.0") + b"content-length: 1\r\n\r\nx", [400], id="HTTP/1.0"),
        pytest.param(b"post /v1/records HTTP/1.1\r\ncontent-length: 1\r\n\r\nx", [400], id="a method in small letters"),
        pytest.param(
            b"POST http://x/v1/records HTTP/1.1\r\nhost: x\r\nconnection: close\r\ncontent-length: 1\r\n\r\nx", [400],
            id="a target with a host",
        ),
        pytest.param(request(b"x", "connection: close", head=b"POST /v1/records?x HTTP/1.1\r\n"), [400], id="a query"),
        pytest.param(request(b"", "connection: close", head=b"GET /v1/records HTTP/1.1\r\n"), [405], id="GET"),
        pytest.param(request(b"", "connection: close", head=b"PUT /v1/records HTTP/1.1\r\n"), [405], id="PUT"),
        pytest.param(request(b"", "connection: close", head=b"GET / HTTP/1.1\r\n"), [200], id="a page"),
        pytest.param(b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03", [400], id="a TLS hello"),
        pytest.param(b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", [400], id="HTTP/2"),
        pytest.param(request(b"x") + request(b"", head=b"GET / HTTP/1.1\r\n"), [400], id="a page behind a body"),
        pytest.param(request(b"x") * 3, [400], id="three bodies in a row"),
        pytest.param(
            request(b"x", "content-encoding: br") + request(b"x" * 99)[:-9], [415], id="a half behind a whole",
        ),
        pytest.param(request(b"x", "connection: close") + b"GET / HTTP/1.1\r\n\r\n", [400], id="more after the end"),
    ],
)  # fmt: skip
def test_what_else_comes_in_a_connection(gate: Gate, sent: bytes, statuses: list[int]) -> None:
    async def work(peer: Peer) -> None:
        peer.send(sent)
        assert [(await peer.answer())[0] for _ in statuses] == statuses
        assert await peer.ends(), "and then the connection ends"

    talk(gate, work)
    assert gate.lines() == []


def test_a_second_request_before_the_answer_never_hurts_the_first(gate: Gate) -> None:
    first, second = gate.senders[0].line(EVENT), gate.senders[1].line(EVENT)

    async def work(peer: Peer) -> None:
        peer.send(request(first) + request(second))
        status, body = await peer.answer()
        assert (status, json.loads(body)["accepted"]) == (200, 1)
        assert await peer.ends()

    talk(gate, work)
    assert gate.lines() == [first]


def test_a_page_and_records_share_a_connection(gate: Gate) -> None:
    lines = [gate.senders[0].line(EVENT) for _ in range(3)]
    page = b"GET / HTTP/1.1\r\nhost: x\r\n\r\n"

    async def work(peer: Peer) -> None:
        for sent in (request(lines[0]), request(lines[1]), page, request(lines[2]), page):
            peer.send(sent)
            assert (await peer.answer())[0] == 200

    talk(gate, work)
    assert gate.lines() == lines


@pytest.mark.parametrize("path", ["/v1/records", "/v1/records?x"])
def test_a_sender_may_ask_before_it_sends(gate: Gate, path: str) -> None:
    line = gate.senders[0].line(EVENT)

    async def work(peer: Peer) -> None:
        whole = request(line, "expect: 100-continue", head=f"POST {path} HTTP/1.1\r\n".encode())
        peer.send(whole[: -len(line)])
        assert (await peer.answer())[0] == 100
        peer.send(line)
        assert (await peer.answer())[0] == 200

    talk(gate, work)


def test_a_body_may_come_in_chunks(gate: Gate) -> None:
    line = gate.senders[0].line(EVENT)

    async def work(peer: Peer) -> None:
        peer.send(RECORDS + b"transfer-encoding: chunked\r\n\r\n%x\r\n%s\r\n0\r\n\r\n" % (len(line), line))
        assert (await peer.answer())[0] == 200

    talk(gate, work)


def test_one_who_sends_too_much_reads_why(gate: Gate) -> None:
    async def work(peer: Peer) -> None:
        peer.send(request(b"x" * (10 << 20)))
        status, body = await peer.answer()
        assert (status, b"at most 8388608 bytes" in body) == (413, True)
        assert await peer.ends()

    talk(gate, work)


@pytest.mark.parametrize(
    ("first", "status"),
    [
        pytest.param(RECORDS + b"x: ", 431, id="records"),
        pytest.param(b"GET /", 400, id="a page"),
        pytest.param(b"GET / HTTP/1.1\r\nx: ", 400, id="a header of a page"),
    ],
)
def test_a_head_that_never_ends_is_not_read_on(gate: Gate, first: bytes, status: int) -> None:
    async def work(peer: Peer) -> None:
        peer.send(first + b"a" * (64 << 10))
        assert (await peer.answer())[0] == status
        assert await peer.ends()

    talk(gate, work)


def test_all_that_is_coming_in_has_a_bound(gate: Gate, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("driftvakt_collector.ingest.entrance.MAX_RECEIVING", 1000)

    async def work(peer: Peer) -> None:
        peer.send(request(b"x" * 1001))
        assert (await peer.answer())[0] == 429
        assert await peer.ends()

    talk(gate, work)

    assert gate.door.receiving == 0


@pytest.mark.parametrize(
    ("sent", "status"),
    [
        pytest.param(b"", 0, id="nothing"),
        pytest.param(RECORDS[:9], 0, id="half a request line"),
        pytest.param(RECORDS + b"x: ", 408, id="half a head"),
        pytest.param(request(b"x" * 9)[:-1], 408, id="half a body"),
        pytest.param(request(b"x" * 9, head=b"POST /v1/records?x HTTP/1.1\r\n")[:-1], 408, id="half a body of a page"),
    ],
)
@pytest.mark.usefixtures("hurried")
def test_one_who_does_not_go_on_is_sent_away(gate: Gate, sent: bytes, status: int) -> None:
    async def work(peer: Peer) -> None:
        peer.send(sent)
        assert (await peer.answer())[0] == status
        assert status == 0 or "?x" in str(sent) or await peer.ends()

    talk(gate, work)


@pytest.mark.parametrize("sent", [b"GET / HTTP/1.1\r\nx: ", b"G", b"\r\n"])
@pytest.mark.usefixtures("hurried")
def test_one_who_does_not_finish_a_page_is_sent_away(gate: Gate, sent: bytes, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("driftvakt_collector.ingest.pages.RECEIVE_SECONDS", -0.95)

    async def work(peer: Peer) -> None:
        peer.send(sent)
        assert await peer.ends()

    talk(gate, work)


@pytest.mark.usefixtures("hurried")
def test_a_byte_now_and_then_does_not_help(gate: Gate) -> None:
    async def work(peer: Peer) -> None:
        peer.send(RECORDS)
        answered = asyncio.ensure_future(peer.answer())
        while not answered.done():
            peer.send(b"x")
            await asyncio.sleep(0.005)
        assert answered.result()[0] == 408

    talk(gate, work)


def test_one_who_leaves_with_half_a_body_is_counted(gate: Gate) -> None:
    async def work(peer: Peer) -> None:
        peer.send(request(b"x" * 9)[:-1])
        await _until(lambda: any(one._size for one in peer.state.connections))  # type: ignore[union-attr]
        peer._writer.close()
        await _until(lambda: not peer.state.connections)

    talk(gate, work)
    assert gate.door.counts.gone == 1


def test_a_fault_of_ours_is_no_fault_of_the_sender(
    gate: Gate, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    line = gate.senders[0].line(EVENT)

    async def work(peer: Peer) -> None:
        with monkeypatch.context() as patched, caplog.at_level(logging.CRITICAL):
            patched.setattr(gate.door, "take", lambda *_: 1 / 0)
            peer.send(request(line))
            assert (await peer.answer())[0] == 500
        assert await peer.ends()

    talk(gate, work)


def test_one_who_takes_no_answers_is_not_read_on(gate: Gate) -> None:
    """Its answers would fill our memory."""
    # Long answers are wanted here, and such a sender would be told to wait in few words.
    gate.door._strangers = Keys(Rate(1e9, 10**9))
    body = b"\n".join([b"x"] * 4000)

    async def work(peer: Peer) -> None:
        peer._reader._transport.pause_reading()  # type: ignore[attr-defined]
        peer._writer.get_extra_info("socket").setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        await _until(lambda: bool(peer.state.connections))
        (connection,) = peer.state.connections
        for _ in range(400):
            peer.send(request(body))
            await asyncio.sleep(0)
        transport = connection._transport  # type: ignore[union-attr]
        await _until(lambda: not transport.is_reading())
        assert transport.get_write_buffer_size() < 2 << 20

    talk(gate, work)
