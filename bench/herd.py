"""A herd: thousands of agents that come back in the same moment, over TLS, each with an hour of backlog.

What counts: how long until the last of them is known to live again, that nobody is answered with a fault, and that
the backlog drains without making a live report late.
"""

import os
import random
import resource
import selectors
import socket
import ssl
import time
from collections import Counter
from collections.abc import Callable, Generator
from functools import partial
from heapq import heappop, heappush
from itertools import islice
from typing import TypeVar

from bench.fleet import Lines
from bench.server import Server, cpu_seconds

AGENTS = 5000
BACKLOG = 60
T = TypeVar("T")
Steps = Generator[float | tuple[int, int], None, T]
"""What an agent does, until it must wait: so many seconds, or for a descriptor and its events."""
_PACE = 2.0
"""Seconds between two bodies of backlog, as an agent paces them."""


def measure(scale: float = 1.0) -> dict[str, object]:
    """Return the figures. scale: 1 for 5,000 agents."""
    agents = max(50, round(AGENTS * scale))
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (min(hard, max(soft, 3 * agents)), hard))
    os.sched_setaffinity(0, {min(os.sched_getaffinity(0))})
    with Server() as server:
        server.end()
        lines = Lines(agents)
        lines.enrol(server.data)
        server.config = server.data.parent / "collector.toml"
        # As agents come: to the listener of their zone.
        port = _free_port()
        server.config.write_text(
            f'data = "{server.data}"\nport = 0\n[zones.adm]\nlisten = "127.0.0.1"\nport = {port}\n'
            f'names = ["localhost"]\n'
        )
        server.start()
        reports = lines.reports(10**9)
        backlog = [list(islice(reports, agents)) for _ in range(BACKLOG)]
        live = list(islice(reports, agents))
        before = cpu_seconds(server.pid)
        herd = _Herd(port, live, [list(one) for one in zip(*backlog, strict=True)])
        herd.come(lines.series())
        spent = cpu_seconds(server.pid) - before
        herd.end()
    waits = sorted(herd.waits)
    return {
        "agents": agents,
        "lines of backlog": agents * BACKLOG,
        "live: s until p50 is known": round(waits[len(waits) // 2], 2),
        "live: s until p99 is known": round(waits[int(len(waits) * 0.99)], 2),
        "live: s until the last is known": round(waits[-1], 2),
        "backlog drained after s": round(herd.drained, 2),
        "answers by status": ", ".join(f"{code}: {count}" for code, count in sorted(herd.statuses.items())),
        "CPU s of the collector": round(spent, 2),
    }


def _free_port() -> int:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port: int = free.getsockname()[1]
    return port


class _Herd:
    """All agents, in one thread. waits: seconds from the moment of return to each one's first answered report.

    Without asyncio, whose TLS takes four times as long: 5,000 agents have 5,000 machines, and must not be slower than
    the one collector because they share a core here.
    """

    def __init__(self, port: int, live: list[bytes], backlog: list[list[bytes]]) -> None:
        self._port = port
        self._live = live
        self._backlog = backlog
        self._context = ssl.create_default_context()
        self._context.check_hostname = False
        self._context.verify_mode = ssl.CERT_NONE
        self._dice = random.Random(1)
        self._selector = selectors.DefaultSelector()
        self._connections: list[ssl.SSLSocket] = []
        self._timers: list[tuple[float, int, Steps[None]]] = []
        self._left = 0
        self.waits: list[float] = []
        self.statuses: Counter[int] = Counter()
        self.drained = 0.0

    def come(self, series: bytes) -> None:
        """Tell the set that all share, then let all come at once; return when nobody has anything left."""
        self._begin(self._tell(series))
        self._turn()
        self.statuses.clear()
        began = time.perf_counter()
        for number in range(len(self._live)):
            self._begin(self._agent(number, began))
        self._turn()
        self.drained = time.perf_counter() - began

    def _tell(self, series: bytes) -> Steps[None]:
        connection = yield from self._connect()
        yield from self._post(connection, series, backlog=False)

    def _agent(self, number: int, began: float) -> Steps[None]:
        connection = yield from self._insist(None, self._live[number], backlog=False)
        self.waits.append(time.perf_counter() - began)
        # Its own place within the pace.
        yield _PACE * (0.5 + self._dice.random())
        yield from self._insist(connection, b"\n".join(self._backlog[number]), backlog=True)

    def _insist(self, connection: ssl.SSLSocket | None, body: bytes, *, backlog: bool) -> Steps[ssl.SSLSocket | None]:
        """Post until it is taken, and come back when asked to. Return the connection, None where it was closed."""
        while True:
            if connection is None:
                connection = yield from self._connect()
            answer = yield from self._post(connection, body, backlog=backlog)
            if _header(answer, b"connection") == b"close":
                self._selector.unregister(connection.fileno())
                connection.close()
                connection = None
            if answer[9:12] == b"200":
                return connection
            yield float(_header(answer, b"retry-after") or 1) * (1 + 0.2 * self._dice.random())

    def _connect(self) -> Steps[ssl.SSLSocket]:
        plain = socket.socket()
        plain.setblocking(False)  # noqa: FBT003  its signature
        plain.connect_ex(("127.0.0.1", self._port))
        yield plain.fileno(), selectors.EVENT_WRITE
        plain.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        connection = self._context.wrap_socket(plain, do_handshake_on_connect=False)
        self._connections.append(connection)
        yield from _done(connection, connection.do_handshake)
        return connection

    def _post(self, connection: ssl.SSLSocket, body: bytes, *, backlog: bool) -> Steps[bytes]:
        """Post; return the answer."""
        extra = "Driftvakt-Backlog: 1\r\n" if backlog else ""
        head = f"POST /v1/records HTTP/1.1\r\nHost: bench\r\n{extra}Content-Length: {len(body)}\r\n\r\n"
        left = memoryview(head.encode() + body)
        while left:
            left = left[(yield from _done(connection, partial(connection.send, left))) :]
        answer = b""
        while not _is_whole(answer):
            more = yield from _done(connection, partial(connection.recv, 16384))
            if not more:
                raise ConnectionResetError("the collector closed before its answer was whole")
            answer += more
        self.statuses[int(answer[9:12])] += 1
        return answer

    def _begin(self, steps: Steps[None]) -> None:
        self._left += 1
        self._go_on(steps, -1)

    def _go_on(self, steps: Steps[None], waited: int) -> None:
        """Let one agent go on until it must wait. waited: the descriptor that it waited for, -1 for none."""
        wanted = next(steps, None)
        if waited >= 0 and not isinstance(wanted, tuple) and waited in self._selector.get_map():
            self._selector.unregister(waited)
        if wanted is None:
            self._left -= 1
        elif isinstance(wanted, float):
            heappush(self._timers, (time.perf_counter() + wanted, id(steps), steps))
        elif wanted[0] not in self._selector.get_map():
            self._selector.register(wanted[0], wanted[1], steps)
        else:
            self._selector.modify(wanted[0], wanted[1], steps)

    def _turn(self) -> None:
        """Go on until nobody has anything left."""
        while self._left:
            wait = max(0.0, self._timers[0][0] - time.perf_counter()) if self._timers else None
            for key, _ in self._selector.select(wait):
                self._go_on(key.data, key.fd)
            while self._timers and self._timers[0][0] <= time.perf_counter():
                self._go_on(heappop(self._timers)[2], -1)

    def end(self) -> None:
        """Close all connections."""
        for connection in self._connections:
            connection.close()
        self._selector.close()


def _done(connection: ssl.SSLSocket, do: Callable[[], T]) -> Steps[T]:
    """Do something with a connection, as soon as it can be done."""
    while True:
        try:
            return do()
        except ssl.SSLWantReadError:
            yield connection.fileno(), selectors.EVENT_READ
        except ssl.SSLWantWriteError:
            yield connection.fileno(), selectors.EVENT_WRITE


def _is_whole(answer: bytes) -> bool:
    head, found, body = answer.partition(b"\r\n\r\n")
    return bool(found) and len(body) >= int(_header(head, b"content-length") or 0)


def _header(answer: bytes, name: bytes) -> bytes:
    return answer.lower().partition(b"\r\n%s: " % name)[2].partition(b"\r")[0]
