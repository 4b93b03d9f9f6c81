"""A program to record: an agent's lines, and a collector that comes and goes. `custody_work.py DATA SEED TURNS SIZE`

It says `made` when a line is signed, `kept` once the spool holds it, `gone` before it lets go of one that is delivered,
`told` with the numbers of a gap that is, and `guessed` where that gap was only of numbers that may have been used.
"""

import signal
import sys
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from random import Random
from types import SimpleNamespace
from typing import Any

from crash import OF_FILES
from nursery import Say
from powercut import Said, Tally, compare
from syscalls import say

from driftvakt_agent import custody as module
from driftvakt_agent.backlog import Gap, Waiting
from driftvakt_agent.custody import Custody
from driftvakt_agent.log import Once
from driftvakt_agent.spool_segment import told_by
from driftvakt_wire.envelope import derive_key, sign
from driftvakt_wire.records import Event, Report, encode

KEY = derive_key(bytes(32), "a-1", 1)
_HONEST = ("thinned:", "full:", "age:")


def opened(folder: Path, size: int, clock: Callable[[], float] = lambda: 0.0) -> Custody:
    config: Any = SimpleNamespace(
        origin="a-1", gen=1, key=KEY, spool=str(folder / "spool"), spool_size=size, spool_age=1e9, spool_free=0
    )
    return Custody(config, "", lambda: 1.7e9 + clock(), clock, Once())


def name(line: Waiting) -> str:
    return f"{line.epoch}/{line.seq}"


def names(gap: Gap) -> Iterator[str]:
    return (f"{gap.epoch}/{seq}" for seq in range(gap.first, gap.last + 1))


def recover(folder: Path) -> Iterator[str]:
    """Start as an agent does on what a cut left; give all that it then delivers, or says that it can't."""
    here = opened(folder, 64 << 20)
    assert not here.trouble, here.trouble
    told: list[Gap] = []
    while True:
        here.tell()
        lines = here.live()
        if lines:
            # Of this start: their numbers must be new ones.
            yield from (f"new:{name(line)}" for line in lines)
        else:
            lines = here.backlog()
            yield from (name(line) for line in lines)
        told += [gap for line in lines if (gap := line.tells or told_by(line)) is not None]
        here.delivered(lines)
        if not (lines or here.memory.gaps or here.live() or here.has_backlog()):
            break
    for gap in told:
        yield from (f"{'gap' if gap.reason.startswith(_HONEST) else 'ended'}:{one}" for one in set(names(gap)))
    here.add(b'{"kind":"goodbye","at":1.0}')
    yield from (f"new:{name(line)}" for line in here.live())
    here.release()


class _Agent:
    """What an agent does in a turn, by chance."""

    def __init__(self, folder: Path, seed: int, size: int) -> None:
        self._folder = folder
        self._chance = Random(seed)
        self._size = size
        self._turn = 0
        self._custody = opened(folder, size, self._clock)

    def _clock(self) -> float:
        return 60.0 * self._turn

    def turn(self) -> None:
        chance, here = self._chance, self._custody
        self._turn += 1
        here.turn()
        self._kept()
        here.tell()
        here.add(encode(Report(1.7e9 + self._clock(), self._clock(), "b2:00", (1.0,) * chance.choice((5, 300)))))
        if chance.random() < 0.3:
            here.add(encode(Event(1.7e9, "test.event", "x" * chance.randrange(300))))
        # The collector comes and goes for a dozen turns at a time.
        if self._turn // 12 % 3 == 1:
            self._deliver(here.live())
            for _ in range(chance.randrange(4)):
                self._deliver(here.backlog())
        else:
            here.keep()
            self._kept()
        if chance.random() < 0.05:
            if chance.random() < 0.5:
                here.close()
                self._kept()
            # Else it was killed: what only memory held is gone.
            here.release()
            self._custody = opened(self._folder, self._size, self._clock)

    def _kept(self) -> None:
        lines = [name(line) for line in self._custody.memory.live() if line.place]
        lines += [name(line) for line in self._custody.memory._lines if line.place]
        if lines:
            say(f"kept {' '.join(lines)}")

    def _deliver(self, lines: list[Waiting]) -> None:
        if not lines:
            return
        say(f"gone {' '.join(map(name, lines))}")
        for gap in (line.tells or told_by(line) for line in lines):
            if gap is not None:
                say(f"{'told' if gap.reason.startswith(_HONEST) else 'guessed'} {' '.join(names(gap))}")
        self._custody.delivered(lines)


def _signed(*told: Any) -> bytes:
    line = sign(*told)
    say(f"made {told[3]}/{told[4]}")
    return line


def work(folder: Path, seed: int, turns: int, size: int) -> None:
    vars(module)["sign"] = _signed
    agent = _Agent(folder, seed, size)
    for _ in range(turns):
        agent.turn()


# --- for the nursery ---


def run(folder: Path, tell: Say, *, seed: int, turns: int, size: int) -> int:
    """Work as an agent does, and say to the nursery what else would be said to the recording."""
    # The recorded program has one voice.
    globals()["say"] = tell
    # It ends by itself; who asks for it comes too late.
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
    tell("ready")
    work(folder, seed, turns, size)
    tell("over")
    return 0


class _Listener:
    """The ledger of an agent that is crashed: what it said, against what a start then finds."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._said = Said()

    def drive(self, _said: str, hear: Callable[[], str]) -> None:
        while (text := hear()) and text != "over":
            self._said.hear(text)

    def settle(self) -> None:
        """Nothing: its collector comes and goes by chance."""

    def finish(self, said: str, hear: Callable[[], str]) -> None:
        self.drive(said, hear)

    def close(self) -> None:
        """Nothing is held."""

    def wrongs(self) -> list[str]:
        tally = Tally()
        compare(self._said, Counter(recover(self._folder)), "after the crash", tally)
        return tally.wrong


@dataclass(frozen=True)
class CustodyCase:
    """An agent's custody and spool, for `crash.Ward`."""

    size: int
    program: str = "custody_work:run"
    calls: Sequence[str] = OF_FILES

    def told(self, seed: int) -> dict[str, object]:
        return {"seed": seed, "turns": 60, "size": self.size}

    def prepare(self, folder: Path) -> None:
        """Nothing: an agent makes its spool by itself."""

    def load(self, folder: Path, _seed: int) -> _Listener:
        return _Listener(folder)


if __name__ == "__main__":
    work(Path(sys.argv[1]), int(sys.argv[2]), int(sys.argv[3]), int(sys.argv[4]))
