"""The network of a simulated world: links between machines, each with its own faults, and what they do to a request."""

from collections.abc import Callable, Mapping
from random import Random
from typing import NamedTuple, Protocol

from world_book import Book, mark
from world_time import VirtualLoop

Told = Callable[["Reply | Exception"], None]


class Request(NamedTuple):
    """encoding, via: as the headers say."""

    body: bytes
    encoding: bytes = b""
    backlog: bool = False
    via: bytes = b""


class Reply(NamedTuple):
    """An answer of HTTP."""

    status: int
    body: bytes
    retry_after: float = 0.0


class Server(Protocol):
    """Whoever answers at the end of a link."""

    name: str

    @property
    def up(self) -> bool: ...

    def take(self, request: Request, address: str, reply: Callable[[Reply | None], None]) -> None:
        """Answer a request; None says that the process died meanwhile."""


_SLOW = "a slow link"
_OVERTAKEN = "a request overtaken by its retry"
_LOST = "an answer lost"
_TORN = "an answer cut off"
_TWICE = "a request twice at once"
_AGAIN = "a request again after hours"
_ALTERED = "a request altered on its way"
_STALE = "a kept connection that was closed"
RATES = {
    _SLOW: 0.05,
    _OVERTAKEN: 0.006,
    "a request lost": 0.01,
    _LOST: 0.012,
    _TORN: 0.005,
    _TWICE: 0.01,
    _AGAIN: 0.006,
    _ALTERED: 0.003,
    _STALE: 0.02,
    "a proxy's page for an answer": 0.004,
    "a proxy's 502": 0.006,
    "a connection reset while sending": 0.008,
}
"""How often a request meets each fault while faults are on."""
_RESET = ConnectionResetError(104, "Connection reset by peer")
_INSTEAD: "dict[str, Reply | Exception | None]" = {
    "a request lost": None,
    "a proxy's page for an answer": Reply(200, b"<html>please log in</html>"),
    "a proxy's 502": Reply(502, b"<html>bad gateway</html>"),
    "a connection reset while sending": _RESET,
    _STALE: _RESET,
}
"""What the sender hears where the request does not arrive; None for nothing."""


class Link:
    """The way from one machine to a server. cut_until: nobody answers there; hole_until: nothing comes back at all.

    deaf_until: requests arrive, answers don't. factor: how much worse than others it is.
    """

    def __init__(self, name: str, server: Server, address: str) -> None:
        self.name = name
        self.server = server
        self.address = address
        self.cut_until = self.hole_until = self.deaf_until = 0.0
        self.factor = 1.0
        self.bytes = 0

    def heal(self) -> None:
        self.cut_until = self.hole_until = self.deaf_until = 0.0
        self.factor = 1.0


class Network:
    """Carries requests. faulty: whether single requests meet faults."""

    def __init__(self, loop: VirtualLoop, chance: Random, book: Book, rates: Mapping[str, float] = RATES) -> None:
        self._loop = loop
        self._chance = chance
        self._book = book
        self._rates = rates
        self.faulty = True
        self.links: dict[str, Link] = {}

    def link(self, name: str, server: Server, address: str) -> Link:
        made = self.links[name] = Link(name, server, address)
        return made

    def send(self, link: Link, request: Request, timeout: float, told: Told, *, kept: bool = False) -> None:
        """Carry a request; `told` hears the answer, or why there is none, once. kept: the connection is open."""
        once = _Once(told)
        now = self._loop.time()
        link.bytes += len(request.body)
        self._book.note("sends", link.name, mark(request.body).hex())
        if now < link.hole_until:
            self._after(timeout, once, TimeoutError())
            return
        if now < link.cut_until or not link.server.up:
            self._after(0.005, once, ConnectionRefusedError(111, "Connection refused"))
            return
        met = self._meets(link)
        if met == _STALE and not kept:
            met = ""
        slow = 8.0 if met == _SLOW else 0.0
        there, back = (0.005 + (0.02 + slow) * self._chance.random() for _ in range(2))
        self._after(timeout, once, TimeoutError())
        if met in _INSTEAD:
            instead = _INSTEAD[met]
            if instead is not None:
                self._after(there + back, once, instead)
            return
        if met == _OVERTAKEN:
            there += timeout + 200 * self._chance.random()
        elif met == _ALTERED:
            request = self._altered(request)
        self._loop.call_later(there, self._arrive, link, request, back, once, met)
        if met == _TWICE:
            self._loop.call_later(there + 0.001, self._arrive, link, request, back, _Once(_nobody), _LOST)
        elif met == _AGAIN:
            wait = 60 + 7200 * self._chance.random() ** 3
            self._loop.call_later(wait, self._arrive, link, request, back, _Once(_nobody), _LOST)

    def _altered(self, request: Request) -> Request:
        """Flip one bit of the body."""
        at = self._chance.randrange(len(request.body))
        wrong = bytes((request.body[at] ^ (1 << self._chance.randrange(8)),))
        return request._replace(body=request.body[:at] + wrong + request.body[at + 1 :])

    def _meets(self, link: Link) -> str:
        """Return the fault that a request meets, if any."""
        if not self.faulty:
            return ""
        dice = self._chance.random() / link.factor
        for name, rate in self._rates.items():
            dice -= rate
            if dice < 0:
                self._book.fault(name, link.name)
                return name
        return ""

    def _arrive(self, link: Link, request: Request, back: float, once: "_Once", met: str) -> None:
        server = link.server
        self._book.note("arrives", link.name, mark(request.body).hex(), request.backlog)
        if not server.up:
            once.tell(ConnectionResetError(104, "Connection reset by peer"))
            return

        def reply(answer: Reply | None) -> None:
            if answer is None:
                once.tell(ConnectionResetError(104, "Connection reset by peer"))
                return
            self._book.note("answers", link.name, answer.status)
            if met == _LOST or self._loop.time() < max(link.deaf_until, link.hole_until, link.cut_until):
                return
            torn = ConnectionResetError(104, "the connection was closed before the answer was whole")
            self._after(back, once, torn if met == _TORN else answer)

        server.take(request, link.address, reply)

    def _after(self, seconds: float, once: "_Once", answer: "Reply | Exception") -> None:
        once.timers.append(self._loop.call_later(seconds, once.tell, answer))


class _Once:
    """Tells the first answer only."""

    __slots__ = ("_told", "timers")

    def __init__(self, told: Told) -> None:
        self._told: Told | None = told
        self.timers: list[object] = []

    def tell(self, answer: "Reply | Exception") -> None:
        told, self._told = self._told, None
        for timer in self.timers:
            timer.cancel()  # type: ignore[attr-defined]
        self.timers.clear()
        if told is not None:
            told(answer)


def _nobody(_: object) -> None:
    """Hears an answer for which nobody waits."""
