"""A machine of a simulated world that runs the real agent, on virtual time and on a disk that can fail."""

import shutil
from collections.abc import Callable, Sequence
from pathlib import Path
from random import Random

from world_book import Book
from world_collector import BOOTED, WALL
from world_disk import Os, Platter
from world_net import Link, Network, Reply, Request
from world_time import Fiber, VirtualLoop, put

from driftvakt_agent import custody, delivery, disk, endpoints, log, loop, numbering, own, spool
from driftvakt_agent.config import Config
from driftvakt_agent.custody import Custody
from driftvakt_agent.host import Host
from driftvakt_agent.loop import Agent
from driftvakt_agent.sender import Response, Sender, SendError

OTHER = "other://"


class _Line:
    """Stands for a connection that is open."""

    def close(self) -> None:
        """Nothing is held."""


class Posting(Sender):
    """The agent's own sender, but for the socket."""

    machine: "Machine"

    def __init__(self, url: str, *told: object) -> None:
        super().__init__(url, monotonic=Machine.acting.monotonic if Machine.acting else float)
        assert Machine.acting is not None
        self.machine = Machine.acting
        self.link = self.machine.links[url]

    def _exchange(self, request: bytes, timeout: float) -> Response:
        kept = self._socket is not None
        self._socket = self._socket or _Line()  # type: ignore[assignment]
        self.sent += len(request)
        head, _, body = request.partition(b"\r\n\r\n")
        encoding = b"gzip" if b"\r\nContent-Encoding: gzip" in head else b""
        backlog = b"\r\nDriftvakt-Backlog: 1" in head
        answer = self.machine.ask(self.link, Request(body, encoding, backlog), timeout, kept=kept)
        if isinstance(answer, Exception):
            if isinstance(answer, ConnectionResetError) and "whole" in str(answer):
                raise SendError("the connection was closed before the answer was whole")
            raise answer
        self.received += len(answer.body)
        return Response(answer.status, answer.body, answer.retry_after)


class _NoRunner:
    """This machine has no probes."""

    def __init__(self, *_: object) -> None:
        """Nothing is kept."""

    def run(self, *_: object) -> list[object]:
        return []


class Machine:
    """One machine. links: by URL. skew: seconds by which its wall clock is wrong. doubtful: it, or a part of it, exists

    twice. alive: whether its process runs. power_fails: whether the whole machine goes down with the process.
    """

    acting: "Machine | None" = None
    os: Os

    def __init__(
        self, world_loop: VirtualLoop, network: Network, chance: Random, book: Book, config: Config,
        links: dict[str, Link], name: str = "",
    ) -> None:  # fmt: skip
        self._loop = world_loop
        self._network = network
        self._chance = chance
        self._book = book
        self.config = config
        self.links = links
        self.name = name or config.origin
        self.platter = Platter(chance)
        self.skew = 0.0
        self.booted = BOOTED * chance.random()
        self.frozen_until = 0.0
        self.doubtful = False
        self.power_fails = False
        self.agent: Agent | None = None
        self.retired = False
        self.on_end: Callable[[], None] = lambda: None
        self._fiber: Fiber | None = None
        self._stopping = False
        self._waiting = 0
        self._asleep = False

    @property
    def folder(self) -> Path:
        return Path(self.config.spool)

    @property
    def alive(self) -> bool:
        return self._fiber is not None

    def monotonic(self) -> float:
        return self._loop.time() + self.booted

    def wall(self) -> float:
        return WALL + self._loop.time() + self.skew

    # --- its life ---

    def start(self) -> None:
        """Start the agent's process."""
        if self._fiber is not None or self.retired:
            return
        self._book.note("starts", self.name)
        self._stopping = self._asleep = False
        self.platter.rises()
        self._fiber = Fiber(self._run, self._ended)
        self._act(self._fiber.start)

    def stop(self) -> None:
        """Ask the process to end in order."""
        if self._fiber is not None:
            self._stopping = True
            if self._asleep:
                self._wake(self._waiting, None)

    def kill(self) -> None:
        """End the process where it stands."""
        if self._fiber is not None:
            self.platter.dead = True
            fiber = self._fiber
            self._act(fiber.kill)

    def _run(self) -> None:
        host = Host(root=OTHER, now=self.wall, monotonic=self.monotonic)
        self.agent = Agent(self.config, host)
        self.agent.run(self._stopped)

    def _ended(self, error: BaseException | None) -> None:
        self._fiber = None
        self._waiting += 1
        if self.agent is not None:
            held = self.agent.delivery.custody
            self._mourn(held)
            held.release()
        self._book.note("ended", self.name, self.platter.dead)
        if error is not None and not self.platter.dead:
            self._book.fail(f"the agent of {self.name} raised {error!r}{_where(error)}")
        if self.power_fails and self.platter.dead:
            self.power_fails = False
            self.platter.power_cut()
        self.on_end()

    def _mourn(self, held: Custody) -> None:
        """Note what ended with the process because its disk could not be written: nobody is left who could tell."""
        epochs = {line.epoch for line in held.memory.unsaved()} if held.trouble else set()
        if not held._numbers.kept:
            epochs.add(held.epoch)
        for epoch in epochs:
            self._book.destroyed.setdefault((self.config.origin, epoch), "ended while its disk was broken")

    def _act(self, work: Callable[[], None]) -> None:
        before = Machine.acting
        Machine.acting, Machine.os.acting = self, self.platter
        try:
            work()
        finally:
            Machine.acting = before
            Machine.os.acting = None if before is None else before.platter

    # --- what the process calls ---

    def _stopped(self, seconds: float) -> bool:
        if not self._stopping:
            self._sleep(seconds)
        return self._stopping

    def _sleep(self, seconds: float) -> None:
        self._waiting += 1
        self._loop.call_later(seconds, self._wake, self._waiting, None)
        self._asleep = True
        self._pause()

    def ask(self, link: Link, request: Request, timeout: float, *, kept: bool) -> "Reply | Exception":
        """Post, and wait for what comes."""
        self._waiting += 1
        turn = self._waiting
        self._network.send(link, request, timeout, lambda answer: self._wake(turn, answer), kept=kept)
        answer = self._pause()
        assert isinstance(answer, Reply | Exception)
        return answer

    def _pause(self) -> object:
        assert self._fiber is not None
        return self._fiber.pause()

    def _wake(self, turn: int, value: object) -> None:
        if turn != self._waiting or self._fiber is None:
            return
        if self._loop.time() < self.frozen_until:
            self._loop.call_at(self.frozen_until, self._wake, turn, value)
            return
        self._waiting += 1
        self._asleep = False
        fiber = self._fiber
        self._act(lambda: fiber.resume(value))

    # --- its disk ---

    def waiting(self) -> int:
        """How many lines and gaps it still has."""
        if self.agent is None or not self.alive:
            return 0
        held = self.agent.delivery.custody
        return len(held) + len(held.memory.gaps) + (1 if held.spool_lines else 0)

    def files(self) -> Sequence[Path]:
        return sorted(self.folder.glob("*.seg")) if self.folder.is_dir() else ()

    def copy_disk(self, to: Path) -> None:
        shutil.copytree(self.folder, to)

    def put_back(self, image: Path) -> None:
        shutil.rmtree(self.folder, ignore_errors=True)
        shutil.copytree(image, self.folder)


def _where(error: BaseException) -> str:
    trace, text = error.__traceback__, ""
    while trace is not None:
        text = f" at {trace.tb_frame.f_code.co_filename}:{trace.tb_lineno}"
        trace = trace.tb_next
    return text


class _NoStatus:
    """A status file that nobody reads."""

    def __init__(self, _path: str) -> None: ...

    def write(self, *_: object) -> None: ...

    def close(self) -> None: ...


def prepare(chance: Random, book: Book) -> None:
    """Put the parts of a simulated world where the agent takes its own."""
    Machine.os = Os(chance)
    for module in (disk, spool, numbering, delivery):
        put(module, "os", Machine.os)
    book.listen(custody)
    put(endpoints, "Sender", Posting)
    put(loop, "Sender", Posting)
    put(loop, "Runner", _NoRunner)
    put(loop, "StatusFile", _NoStatus)
    put(loop, "give_back", lambda: None)
    put(own, "cost", lambda: own.Cost(1.0, 8 << 20))
    for module in (log, loop, delivery):
        put(module, "say", lambda *_: None)
