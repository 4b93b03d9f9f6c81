"""Servers that a check is held against: real ones as processes, and made-up ones that do as a test says."""

import asyncio
import contextlib
import re
import shutil
import socket
import ssl
import subprocess
import threading
import time
from collections.abc import Awaitable, Callable, Coroutine, Iterator, Mapping, Sequence
from pathlib import Path
from typing import cast

import pytest
from certifying import Issued

from driftvakt_collector.poll.checks.check import Check, Outcome, Target, run

PATIENCE = 20.0
"""Seconds that a server has to become ready."""
SHORT = 0.3
"""Seconds after which a test takes a server for hung."""
MUCH = 100 * 1024 * 1024
"""Bytes of a flood."""
BOUND = 20 * 1024
"""Kilobytes that a check may take more of memory, whatever a server sends."""

Handler = Callable[[asyncio.StreamReader, asyncio.StreamWriter], Awaitable[None]]
Option = str | int | float | bool | tuple[str, ...]
Options = Mapping[str, Option]
NONE: Options = {}


def on_loop(work: Coroutine[None, None, Outcome]) -> Outcome:
    """Run it as the collector does: on uvloop, whose sockets and processes are not those of asyncio."""
    try:
        from uvloop import new_event_loop
    except ImportError:
        # There is none for Windows.
        return asyncio.run(work)
    with asyncio.Runner(loop_factory=new_event_loop) as runner:
        return runner.run(work)


def free_port(kind: int = socket.SOCK_STREAM) -> int:
    """Return one that nobody listens on."""
    with socket.socket(socket.AF_INET, kind) as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def needed(program: str, package: str) -> str:
    """Return where a program is, or skip. package: that brings it, on Debian."""
    found = shutil.which(program, path="/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin")
    if found is None:
        pytest.skip(f"{program} is not installed: apt-get install {package}")
    return found


def listens(port: int) -> bool:
    """Say if something takes connections there."""
    try:
        socket.create_connection(("127.0.0.1", port), timeout=1).close()
    except OSError:
        return False
    return True


@contextlib.contextmanager
def served(argv: Sequence[str | Path], ready: Callable[[], bool], log: Path) -> Iterator["subprocess.Popen[bytes]"]:
    """Run a server in the foreground until the test is over. log: where what it prints goes."""
    with log.open("wb") as out:
        process = subprocess.Popen(argv, stdin=subprocess.DEVNULL, stdout=out, stderr=subprocess.STDOUT)
    try:
        end = time.monotonic() + PATIENCE
        while not ready():
            assert process.poll() is None, log.read_text("utf-8", "replace")
            assert time.monotonic() < end, log.read_text("utf-8", "replace")
            time.sleep(0.02)
        yield process
    finally:
        process.terminate()
        try:
            process.wait(5)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait(5)


def ask(
    check: Check,
    port: int,
    *,
    host: str = "127.0.0.1",
    patience: float = 10.0,
    secret: str = "",
    options: Options = NONE,
    **more: Option,
) -> Outcome:
    """Carry a check out."""
    return on_loop(run(check, Target(host, port, {**options, **more}, secret), patience))


def ask_of(
    check: Check, handler: Handler, *, patience: float = 10.0, secret: str = "", options: Options = NONE, **more: Option
) -> Outcome:
    """Carry a check out against a TCP server that does as the handler says."""

    async def both() -> Outcome:
        tasks: set[asyncio.Task[None]] = set()

        async def handle(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            task = asyncio.current_task()
            assert task is not None
            tasks.add(task)
            try:
                with contextlib.suppress(ConnectionError):
                    await handler(reader, writer)
            finally:
                writer.transport.abort()

        server = await asyncio.start_server(handle, "127.0.0.1", 0)
        port = server.sockets[0].getsockname()[1]
        outcome = await run(check, Target("127.0.0.1", port, {**options, **more}, secret), patience)
        server.close()
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        return outcome

    return on_loop(both())


@contextlib.contextmanager
def tls_served(issued: Issued, greeting: bytes = b"") -> Iterator[int]:
    """Listen with a certificate in a thread, and greet whoever comes; yields the port."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(issued.chain, issued.key)
    plug = socket.create_server(("127.0.0.1", 0))

    def serve() -> None:
        while True:
            try:
                one, _ = plug.accept()
            except OSError:
                return
            with contextlib.suppress(OSError), one:
                one.settimeout(5)
                with context.wrap_socket(one, server_side=True) as spoken:
                    spoken.sendall(greeting)
                    spoken.recv(1000)

    thread = threading.Thread(target=serve, daemon=True)
    thread.start()
    try:
        yield plug.getsockname()[1]
    finally:
        plug.shutdown(socket.SHUT_RDWR)
        plug.close()
        thread.join(10)


class Oracle(asyncio.DatagramProtocol):
    """Answers each datagram with those that `answers` makes of it."""

    def __init__(self, answers: Callable[[bytes], Sequence[bytes]]) -> None:
        self._answers = answers
        self._transport: asyncio.DatagramTransport | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        # The one for datagrams is none by its type (Python 3.11).
        self._transport = cast("asyncio.DatagramTransport", transport)

    def datagram_received(self, data: bytes, addr: tuple[str | int, ...]) -> None:
        assert self._transport is not None
        for one in self._answers(data):
            self._transport.sendto(one, addr)


def ask_oracle(
    check: Check,
    answers: Callable[[bytes], Sequence[bytes]],
    *,
    patience: float = 10.0,
    secret: str = "",
    options: Options = NONE,
    **more: Option,
) -> Outcome:
    """Carry a check out against a UDP server that answers as told."""

    async def both() -> Outcome:
        loop = asyncio.get_running_loop()
        transport, _ = await loop.create_datagram_endpoint(lambda: Oracle(answers), ("127.0.0.1", 0))
        port = transport.get_extra_info("sockname")[1]
        try:
            return await run(check, Target("127.0.0.1", port, {**options, **more}, secret), patience)
        finally:
            transport.close()
            await asyncio.sleep(0)

    return on_loop(both())


async def mute(reader: asyncio.StreamReader, _: asyncio.StreamWriter) -> None:
    """Take all, and say nothing."""
    while await reader.read(65536):
        pass


def says(*lines: bytes) -> Handler:
    """Return one who says this as soon as somebody comes, and then hangs up."""

    async def handler(_: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(b"".join(lines))
        await writer.drain()

    return handler


def floods(piece: bytes, head: bytes = b"") -> Handler:
    """Return one who sends a hundred megabytes, whatever it is asked."""

    async def handler(_: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(head)
        block = piece * (65536 // len(piece))
        for _number in range(MUCH // len(block)):
            writer.write(block)
            await writer.drain()

    return handler


FOUL = b"\x00\x1b[2J\x1b]0;owned\x07\xff\xfe\xe2\x80\xae\r"
"""What a hostile server sends to a terminal: NULs, escapes, bytes that are no text, and a turn of direction."""


@contextlib.contextmanager
def in_bounds() -> Iterator[None]:
    """Fails where memory has grown out of bounds meanwhile, be it for a moment only."""
    own = Path("/proc/self")
    if not own.exists():
        pytest.skip("this machine does not tell how much memory a process had at most")
    # The peak is counted anew from here on (proc(5)).
    (own / "clear_refs").write_text("5", "ascii")
    before = _kilobytes("VmRSS")
    yield
    assert _kilobytes("VmHWM") - before < BOUND


def _kilobytes(name: str) -> int:
    found = re.search(rf"^{name}:\s+(\d+) kB$", Path("/proc/self/status").read_text("ascii"), re.M)
    assert found is not None
    return int(found[1])


def fit_to_be_shown(outcome: Outcome) -> bool:
    """Say if the reason is one sentence that can stand on a page."""
    return outcome.reason.isprintable() and 0 < len(outcome.reason) < 400
