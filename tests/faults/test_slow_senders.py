"""Those who send a byte now and then are cut off, and nobody else waits for them."""

import contextlib
import os
import selectors
import socket
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from collecting import PATIENCE, until
from collector_program import MODULES, Reporters, ask, make_ready
from nursery import Nursery
from ordeal import figure, so_many

SECONDS = 0.5
"""How long a request may take here, in place of a quarter of a minute."""
BEGINNINGS = {
    "nothing": b"",
    "half a request line": b"POST /v1/rec",
    "half a head": b"POST /v1/records HTTP/1.1\r\nx: ",
    "half a body": b"POST /v1/records HTTP/1.1\r\ncontent-length: 100000\r\n\r\n",
    "half a chunk": b"POST /v1/records HTTP/1.1\r\ntransfer-encoding: chunked\r\n\r\nffff\r\n",
    "half a body of a page": b"POST /v1/records?x HTTP/1.1\r\ncontent-length: 100000\r\n\r\n",
    "half the head of a page": b"GET /login HTTP/1.1\r\nx: ",
    "half a login": b"POST /login HTTP/1.1\r\ncontent-length: 100000\r\n\r\n",
}


@pytest.fixture(scope="module")
def nursery() -> Iterator[Nursery]:
    with Nursery(MODULES) as nursery:
        yield nursery


class Slow:
    """Many connections that drip: a byte each, again and again, until the other end has had enough."""

    def __init__(self, port: int, beginnings: list[bytes]) -> None:
        self.answers = [b""] * len(beginnings)
        self.took: dict[int, float] = {}
        self._open: dict[int, socket.socket] = {}
        self._over = threading.Event()
        for number, first in enumerate(beginnings):
            peer = socket.create_connection(("127.0.0.1", port), timeout=PATIENCE)
            if first:
                peer.sendall(first)
            peer.setblocking(False)
            self._open[number] = peer
        self._began = time.monotonic()
        self._thread = threading.Thread(target=self._run)
        self._thread.start()

    def _run(self) -> None:
        with selectors.DefaultSelector() as selector:
            for number, peer in self._open.items():
                selector.register(peer, selectors.EVENT_READ, number)
            while self._open and not self._over.is_set():
                for key, _ in selector.select(0.02):
                    self._read(selector, key.data)
                for number, peer in list(self._open.items()):
                    # One who said nothing goes on saying nothing.
                    if number % len(BEGINNINGS):
                        with contextlib.suppress(OSError):
                            peer.send(b"x")

    def _read(self, selector: selectors.BaseSelector, number: int) -> None:
        peer = self._open[number]
        try:
            piece = peer.recv(4096)
        except OSError:
            piece = b""
        self.answers[number] += piece
        if not piece:
            selector.unregister(peer)
            self._open.pop(number).close()
            self.took[number] = time.monotonic() - self._began

    @property
    def left(self) -> int:
        return len(self._open)

    def close(self) -> None:
        self._over.set()
        self._thread.join()
        for peer in self._open.values():
            peer.close()


@pytest.mark.real
@pytest.mark.skipif(sys.platform != "linux", reason="counts descriptors in /proc")
def test_slow_senders_are_cut_off_and_honest_ones_are_served(nursery: Nursery, tmp_path: Path) -> None:
    data = tmp_path / "data"
    make_ready(data)
    child = nursery.born("collector_program:run_hurried", data, tmp_path / "words", seconds=SECONDS)
    child.go()
    port = int(child.hear())

    def sockets() -> int:
        folder = Path(f"/proc/{child.pid}/fd")
        with contextlib.suppress(FileNotFoundError):
            return sum(os.readlink(one).startswith("socket:") for one in folder.iterdir())
        return before + 1

    assert ask(port, "GET", "/readyz")[0] == 200
    before = 0
    before = sockets()
    honest = Reporters(data, 1, bodies=so_many(100, 1000))

    slow = Slow(port, list(BEGINNINGS.values()) * so_many(25, 100))
    try:
        for _ in honest.steps(port):
            pass
        until(lambda: slow.left == 0, "the slow ones to be cut off")
    finally:
        slow.close()

    assert honest.wrong == []
    answers = {name: {slow.answers[at].split(b"\r\n")[0] for at in range(place, len(slow.answers), len(BEGINNINGS))}
               for place, name in enumerate(BEGINNINGS)}  # fmt: skip
    figure(
        f"{len(slow.answers)} slow connections cut off {min(slow.took.values()):.2f} to {max(slow.took.values()):.2f} s"
        f" after they began, where {SECONDS} s are allowed: {answers}"
    )
    assert max(slow.took.values()) < SECONDS + 10
    for name in ("half a head", "half a body", "half a chunk", "half a body of a page"):
        assert answers[name] == {b"HTTP/1.1 408 Request Timeout"}, name
    # Nothing of them is left behind.
    until(lambda: sockets() <= before, "the sockets to be given back")
    assert ask(port, "GET", "/readyz")[0] == 200
    child.terminate()
    assert child.wait() == 0
    assert "Traceback" not in child.wrote()
