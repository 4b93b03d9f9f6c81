"""The agent as a program for the nursery, and its test's side: an upstream that comes and goes, and a ledger.

All of it is real but its clock, which stands still while it works and jumps while it waits. The ledger is memory that
the agent shares with the test: no system call of its own stands between those that the agent dies at.
"""

import mmap
import signal
import sys
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from crash import CALLS
from custody_work import KEY, recover
from fickle import Fickle, Temper
from nursery import Say

from driftvakt_agent import custody
from driftvakt_agent.backlog import Gap, Waiting
from driftvakt_agent.config import Config
from driftvakt_agent.host import Host
from driftvakt_agent.loop import Agent
from driftvakt_agent.probes import PROBES
from driftvakt_agent.spool import Spool
from driftvakt_agent.spool_segment import told_by
from driftvakt_wire import encode
from driftvakt_wire.envelope import Envelope, sign, split

MODULES = ("driftvakt_agent.probes.load", "driftvakt_agent.probes.filefd", "driftvakt_agent.space", "agent_program")
ORIGIN = "a-1"
_PROBES = ("load", "filefd")
_INTERVAL = 60.0
_MOST_TURNS = 400
_LEDGER_BYTES = 4 << 20
_TEMPER = Temper(up=(4, 25), down=(4, 25), next=_INTERVAL, backlog=5.0, retry_after=2)
_HONEST = ("thinned:", "full:", "age:", "refused:")


class Ledger:
    """Rows that outlive the process that writes them."""

    def __init__(self, path: Path) -> None:
        if not path.exists():
            with path.open("wb") as file:
                file.truncate(_LEDGER_BYTES)
        with path.open("r+b") as whole:
            self._memory = mmap.mmap(whole.fileno(), _LEDGER_BYTES)

    def add(self, row: bytes) -> None:
        begin = 8 + int.from_bytes(self._memory[:8], "big")
        self._memory[begin : begin + len(row) + 1] = row + b"\n"
        self._memory[:8] = (begin - 8 + len(row) + 1).to_bytes(8, "big")

    def rows(self) -> list[bytes]:
        end = 8 + int.from_bytes(self._memory[:8], "big")
        return self._memory[8:end].splitlines()

    def close(self) -> None:
        self._memory.close()


class _Clock:
    """Seconds since the start; they pass while somebody waits."""

    def __init__(self) -> None:
        self.passed = 0.0
        self._began = time.time()

    def now(self) -> float:
        return self._began + self.passed

    def monotonic(self) -> float:
        return 1000.0 + self.passed


def run(folder: Path, say: Say, *, turns: int, size: int) -> int:
    """Report for some turns and stop in order; with a file `drain` in the folder, until nothing waits any more."""
    # It ends by itself; who asks for it comes too late.
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
    sys.dont_write_bytecode = True
    say("ready")
    ledger = Ledger(folder / "ledger")
    vars(custody)["sign"] = _noted(ledger)
    _note_what_is_kept(ledger)
    clock = _Clock()
    config = Config(
        f"http://127.0.0.1:{(folder / 'upstream').read_text('ascii')}", ORIGIN, 1, KEY, interval=_INTERVAL,
        status_file=str(folder / "status.json"), spool=str(folder / "spool"), spool_size=size, spool_free=0,
        disabled=tuple(probe.name for probe in PROBES if probe.name not in _PROBES), cpu_budget=100.0,
        memory_budget=1 << 40, inventory_every=0.0,
    )  # fmt: skip
    agent = Agent(config, Host(now=clock.now, monotonic=clock.monotonic))
    drain = (folder / "drain").exists()

    def stopped(seconds: float) -> bool:
        clock.passed += max(seconds, 0.001)
        here = agent.delivery.custody
        if not drain:
            if int(clock.passed) % 7 == 0:
                agent.delivery.add(encode.event(clock.now(), "test.event", "x" * (int(clock.passed) % 300)))
            return clock.passed >= turns * _INTERVAL
        waits = len(here) or here.has_backlog() or here.memory.gaps or here.live()
        return not waits or clock.passed >= _MOST_TURNS * _INTERVAL

    agent.run(stopped)
    return 0


def _noted(ledger: Ledger) -> Callable[[bytes, str, int, str, int, bytes], bytes]:
    def noting(key: bytes, origin: str, gen: int, epoch: str, seq: int, record: bytes) -> bytes:
        line = sign(key, origin, gen, epoch, seq, record)
        ledger.add(b"made " + line)
        return line

    return noting


def _note_what_is_kept(ledger: Ledger) -> None:
    append = Spool.append

    def noting(self: Spool, lines: list[Waiting]) -> None:
        append(self, lines)
        for line in lines:
            ledger.add(f"kept {line.epoch}/{line.seq}".encode())

    Spool.append = noting  # type: ignore[method-assign]


def _never_taken(envelope: Envelope) -> bool:
    return envelope.seq % 23 == 5 and envelope.record.startswith(b'{"kind":"report"')


class _Watch:
    """One agent that is crashed, and whom it reports to."""

    def __init__(self, folder: Path, seed: int) -> None:
        self._folder = folder
        self._fickle = Fickle({ORIGIN: KEY}, seed, _TEMPER, refuses=_never_taken)
        self._ledger = Ledger(folder / "ledger")
        (folder / "upstream").write_text(str(self._fickle.port), "ascii")

    def drive(self, _said: str, hear: Callable[[], str]) -> None:
        while hear():
            pass

    def finish(self, said: str, hear: Callable[[], str]) -> None:
        self.drive(said, hear)

    def settle(self) -> None:
        self._fickle.settle()
        (self._folder / "drain").touch()

    def close(self) -> None:
        self._fickle.close()
        self._ledger.close()

    def wrongs(self) -> list[str]:
        """Compare what was made with what the upstream has, what it was told of, and what is in the spool."""
        wrong = list(self._fickle.wrong)
        made, kept = self._made(wrong)
        stored = {f"{epoch}/{seq}": raw for (_, epoch, seq), raw in self._fickle.taken.items()}
        spooled = {one for one in recover(self._folder) if ":" not in one}
        honest: set[str] = set()
        gone: set[str] = set()
        for raw in stored.values():
            gap = told_by(Waiting("", 0, raw))
            if gap is not None:
                told = set(_names(gap))
                gone |= told
                honest |= told if gap.reason.startswith(_HONEST) else set()
                wrong += _reaches_too_far(gap, raw)
        wrong += [
            f"made, and neither stored nor told nor spooled: {one}" for one in made.keys() - stored - gone - spooled
        ]
        wrong += [f"was on disk, and is lost: {one}" for one in kept - stored.keys() - honest - spooled]
        wrong += [f"never made: {one}" for one, raw in stored.items() if made.get(one) != raw]
        wrong += [f"everything is taken, and it still waits: {one}" for one in spooled]
        return wrong if stored else [*wrong, "nothing came"]

    def _made(self, wrong: list[str]) -> tuple[dict[str, bytes], set[str]]:
        made: dict[str, bytes] = {}
        kept: set[str] = set()
        for row in self._ledger.rows():
            word, _, rest = row.partition(b" ")
            if word == b"kept":
                kept.add(rest.decode())
                continue
            envelope = split(rest)
            name = f"{envelope.epoch}/{envelope.seq}"
            if name in made:
                wrong.append(f"a number given twice: {name}")
            made[name] = rest
        return made, kept


def _names(gap: Gap) -> Iterator[str]:
    return (f"{gap.epoch}/{seq}" for seq in range(gap.first, gap.last + 1))


def _reaches_too_far(gap: Gap, raw: bytes) -> list[str]:
    envelope = split(raw)
    if gap.epoch == envelope.epoch and gap.last >= envelope.seq:
        return [f"a gap that reaches past itself: {gap.told()} told by {envelope.seq}"]
    return []


@dataclass(frozen=True)
class AgentCase:
    """The whole agent process, for `crash.Ward`. size: bytes of its spool."""

    size: int
    program: str = "agent_program:run"
    # It never writes in the middle of a file.
    calls: Sequence[str] = tuple(call for call in CALLS if call != "pwrite64")

    def told(self, _seed: int) -> Mapping[str, object]:
        return {"turns": 40, "size": self.size}

    def prepare(self, folder: Path) -> None:
        """Nothing: an agent makes its spool by itself."""

    def load(self, folder: Path, seed: int) -> _Watch:
        return _Watch(folder, seed)
