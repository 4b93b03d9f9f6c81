"""A load generator: many kept connections over one thread, requests built beforehand, answers counted."""

import selectors
import socket
import time
from collections import Counter
from collections.abc import Iterable
from typing import NamedTuple


class Load(NamedTuple):
    """What came back: statuses, wall seconds, and the middle and 99th-percentile latency in milliseconds."""

    statuses: Counter[int]
    seconds: float
    p50: float
    p99: float


def request(body: bytes, encoding: str = "") -> bytes:
    """Return the bytes of one POST of records."""
    extra = f"Content-Encoding: {encoding}\r\n" if encoding else ""
    head = f"POST /v1/records HTTP/1.1\r\nHost: bench\r\n{extra}Content-Length: {len(body)}\r\n\r\n"
    return head.encode() + body


class _Connection:
    def __init__(self, port: int) -> None:
        self.socket = socket.create_connection(("127.0.0.1", port))
        self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.sent = 0.0
        self.rest = b""

    def send(self, body: bytes) -> None:
        self.sent = time.perf_counter()
        self.socket.sendall(body)

    def receive(self) -> int:
        """Return the status of a whole answer, 0 while it is not whole."""
        self.rest += self.socket.recv(16384)
        head, found, body = self.rest.partition(b"\r\n\r\n")
        if not found:
            return 0
        length = int(head.lower().partition(b"content-length: ")[2].split(b"\r\n", 1)[0])
        if len(body) < length:
            return 0
        self.rest = body[length:]
        return int(head[9:12])


def run(port: int, requests: Iterable[bytes], connections: int) -> Load:
    """Send every request, `connections` at a time; return what came back."""
    bodies = iter(requests)
    selector = selectors.DefaultSelector()
    statuses: Counter[int] = Counter()
    latencies: list[float] = []
    opened = [_Connection(port) for _ in range(connections)]
    began = time.perf_counter()
    open_ = 0
    for connection in opened:
        body = next(bodies, None)
        if body is None:
            break
        selector.register(connection.socket, selectors.EVENT_READ, connection)
        connection.send(body)
        open_ += 1
    while open_:
        for key, _ in selector.select():
            connection = key.data
            status = connection.receive()
            if not status:
                continue
            statuses[status] += 1
            latencies.append(time.perf_counter() - connection.sent)
            body = next(bodies, None)
            if body is None:
                selector.unregister(connection.socket)
                open_ -= 1
            else:
                connection.send(body)
    seconds = time.perf_counter() - began
    for connection in opened:
        connection.socket.close()
    latencies.sort()
    middle, tail = latencies[len(latencies) // 2], latencies[int(len(latencies) * 0.99)]
    return Load(statuses, seconds, middle * 1e3, tail * 1e3)
