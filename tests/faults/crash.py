"""Crashes: kills a program with SIGKILL just before its k-th system call of a kind, starts it again, and compares.

strace does the killing (`-e inject=fdatasync:signal=SIGKILL:when=3`); it counts for each thread. A program is plugged
in as a `Case`: how it is made ready, how it is run, who drives it and keeps a ledger, and what must hold at the end.
"""

import contextlib
import re
import shutil
import subprocess
import tempfile
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from itertools import repeat
from pathlib import Path
from random import Random
from typing import NamedTuple, Protocol

from nursery import Child, Nursery, NurseryError
from powercut import quick_place
from syscalls import STRACE, TraceError

CALLS = (
    "pwrite64", "write", "writev", "fsync", "fdatasync", "rename", "renameat", "renameat2", "unlink", "unlinkat",
    "ftruncate", "sendto", "sendmsg",
)  # fmt: skip
OF_FILES = tuple(name for name in CALLS if not name.startswith("send"))
_EARLY = ("pwrite64", "fdatasync", "write")
"""What a start does soon."""
_KILLED = -9


class Point(NamedTuple):
    """Before which call the program dies: the number-th of that name in one of its threads, from 1."""

    call: str
    number: int

    def __str__(self) -> str:
        return f"{self.call} {self.number}"


class Load(Protocol):
    """Drives one trial, and keeps the ledger of what was acknowledged."""

    def drive(self, said: str, hear: Callable[[], str]) -> None:
        """Use the program until the script is over or it dies. said: what it said when it was ready.

        hear: gives what it says next, nothing when it is dead.
        """
        ...

    def settle(self) -> None:
        """It is about to be started for the last time, and without a fault."""
        ...

    def finish(self, said: str, hear: Callable[[], str]) -> None:
        """It was started again: bring what was not acknowledged."""
        ...

    def wrongs(self) -> list[str]:
        """Compare the ledger with what is on disk, now that it has ended in order; each finding in words."""
        ...

    def close(self) -> None:
        """Let go of all that is not on disk."""
        ...


class Case(Protocol):
    """One program. `program` is `module:function` as the nursery runs it; it says a line when it is ready.

    calls: before which it may die. What it says to the nursery goes by sendto(2), which is then none of its own.
    """

    program: str
    calls: Sequence[str]

    def told(self, seed: int) -> Mapping[str, object]:
        """Return what the program is told beside its folder."""
        ...

    def prepare(self, folder: Path) -> None:
        """Make what the program needs before its first start; copied for each trial."""
        ...

    def load(self, folder: Path, seed: int) -> Load: ...


@dataclass
class Tally:
    """What many crashes came to."""

    tried: int = 0
    crashes: int = 0
    twice: int = 0
    calls: Counter[str] = field(default_factory=Counter)
    wrong: list[str] = field(default_factory=list)

    def __str__(self) -> str:
        return (
            f"{self.crashes} crashes of {self.tried} trials, {self.twice} of them again at the next start"
            f" ({dict(self.calls)}): {len(self.wrong)} wrong; {self.wrong[:5]}"
        )


class Ward:
    """Crashes one case. seed decides the loads and the points; the same seed makes the same trials."""

    def __init__(self, case: Case, nursery: Nursery, seed: int) -> None:
        self._case = case
        self._nursery = nursery
        self._seed = seed
        self._folder = Path(tempfile.mkdtemp(prefix="driftvakt-crash-", dir=quick_place()))
        self._prepared = self._folder / "prepared"
        self._prepared.mkdir()
        case.prepare(self._prepared)

    def __enter__(self) -> "Ward":
        return self

    def __exit__(self, *_: object) -> None:
        shutil.rmtree(self._folder)

    def points(self) -> list[Point]:
        """Run the program once without a fault, and return every point that it passed."""
        counts: Counter[tuple[int, str]] = Counter()
        with self._trial("count") as folder:
            out = folder / "trace"
            child = self._child(folder)
            load = contextlib.closing(self._case.load(folder / "data", self._seed))
            with load as driver, attached(child, ["-e", f"trace={_calls(self._case.calls)}", "-o", str(out)]):
                child.go()
                driver.drive(child.hear(), child.hear)
                child.terminate()
                code = child.wait()
            if code:
                raise TraceError(f"without a fault the program ended with {code}: {child.wrote()}")
            for match in re.finditer(r"^(\d+) +(\w+)\(", out.read_text("utf-8", "replace"), re.MULTILINE):
                counts[int(match[1]), match[2]] += 1
        most: dict[str, int] = {}
        for (_, call), count in counts.items():
            most[call] = max(count, most.get(call, 0))
        return [Point(call, number) for call in sorted(most) for number in range(1, most[call] + 1)]

    def crash(self, points: Sequence[Point], *, at_once: int = 4, twice: float = 0.2) -> Tally:
        """Crash at each of the points. twice: the share of trials that are crashed again when they start."""
        tally = Tally()
        with ThreadPoolExecutor(at_once) as pool:
            outcomes = pool.map(self._one, range(len(points)), points, repeat(twice))
            for point, (reached, again, wrongs) in zip(points, outcomes, strict=True):
                tally.tried += 1
                tally.crashes += reached + again
                tally.twice += again
                tally.calls[point.call] += reached
                tally.wrong += wrongs
        return tally

    def _one(self, number: int, point: Point, twice: float) -> tuple[bool, bool, list[str]]:
        """Return whether the point was reached, whether the next start was crashed too, and what is wrong."""
        chance = Random(f"{self._seed} {number} {point}")
        told = f"crash before {point} (seed {self._seed}, trial {number})"
        with (
            self._trial(str(number)) as folder,
            contextlib.closing(self._case.load(folder / "data", chance.randrange(1 << 30))) as load,
        ):
            again = False
            try:
                with self._struck(folder, point) as child:
                    said = child.hear()
                    if said:
                        load.drive(said, child.hear)
                    child.terminate()
                    code = child.wait()
                if code == 0:
                    return False, False, [f"{told}, not reached: {text}" for text in self._settle(folder, load)]
                if code != _KILLED:
                    return True, False, [f"{told}: it ended with {code}: {child.wrote()}"]
                if chance.random() < twice:
                    calls = [call for call in _EARLY if call in self._case.calls]
                    second = Point(chance.choice(calls), chance.randint(1, 6))
                    told += f", again before {second}"
                    with self._struck(folder, second) as child:
                        said = child.hear()
                        if said:
                            load.drive(said, child.hear)
                        child.terminate()
                        again = child.wait() == _KILLED
                return True, again, [f"{told}: {text}" for text in self._settle(folder, load)]
            except (NurseryError, TraceError) as e:
                return True, again, [f"{told}: {e}"]

    def _settle(self, folder: Path, load: Load) -> list[str]:
        """Start it without a fault, bring the rest, stop it in order, and compare."""
        load.settle()
        child = self._child(folder)
        child.go()
        said = child.hear()
        if not said:
            return [f"it does not start again, and ended with {child.wait()}: {child.wrote()}"]
        load.finish(said, child.hear)
        child.terminate()
        code = child.wait()
        wrongs = load.wrongs()
        return wrongs if code == 0 else [*wrongs, f"asked to end, it ended with {code}: {child.wrote()}"]

    @contextlib.contextmanager
    def _trial(self, name: str) -> Iterator[Path]:
        folder = self._folder / name
        shutil.copytree(self._prepared, folder / "data", symlinks=True)
        try:
            yield folder
        finally:
            shutil.rmtree(folder)

    def _child(self, folder: Path) -> Child:
        return self._nursery.born(self._case.program, folder / "data", folder / "words", **self._case.told(self._seed))

    @contextlib.contextmanager
    def _struck(self, folder: Path, point: Point) -> Iterator[Child]:
        """Start a child that will die at a point."""
        child = self._child(folder)
        what = f"{point.call}:signal=SIGKILL:when={point.number}"
        with attached(child, ["-e", f"trace={point.call}", "-e", f"inject={what}", "-o", "/dev/null"]):
            child.go()
            yield child


def _calls(names: Sequence[str]) -> str:
    # The question mark: not every processor's Linux has each of them.
    return ",".join(f"?{name}" for name in names)


@contextlib.contextmanager
def attached(child: Child, options: Sequence[str]) -> Iterator["subprocess.Popen[str]"]:
    """Let strace hold on to a child; it ends with the child, or when it is terminated. Raises TraceError."""
    if STRACE is None:
        raise TraceError("strace is not installed; apt-get install strace")
    with subprocess.Popen(
        [STRACE, "-f", "-e", "signal=none", *options, "-p", str(child.pid)],
        stdin=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True,
    ) as tracer:  # fmt: skip
        assert tracer.stderr is not None
        said = tracer.stderr.readline()
        if "attached" not in said:
            raise TraceError(f"strace cannot attach: {said}")
        try:
            yield tracer
        finally:
            tracer.stderr.read()
