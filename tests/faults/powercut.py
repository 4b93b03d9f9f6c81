"""Power cuts: cuts a recorded program off at every sync, and looks at what its own recovery finds on the disk.

At each boundary the power goes twice: once nothing that was not synced is left, once an arbitrary part of it is. A cut
just before a sync ends leaves what the sync before made safe, and by then all was acknowledged that rests on that one;
so no moment between two syncs asks for more than these.
"""

import shutil
import tempfile
from collections import Counter
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from pathlib import Path
from random import Random

from disk import Disk, Left, lay_out
from syscalls import Call

Recover = Callable[[Path], Iterable[str]]
"""Opens what a cut left, as the program does when it starts, and gives the names of all that it finds.

Before a name may stand what it is: `gap:` it was given up, and that is told; `ended:` it is told that it may never have
been; `new:` it was given to something new. One that says so accounts for all that was made.
"""


@dataclass
class Tally:
    """What many cuts came to. wrong: the first few findings, each in words."""

    boundaries: int = 0
    cuts: int = 0
    kept: int = 0
    lost: int = 0
    doubled: int = 0
    strange: int = 0
    reused: int = 0
    silent: int = 0
    broken: int = 0
    wrong: list[str] = field(default_factory=list)

    @property
    def sound(self) -> bool:
        """Say if nothing is lost, doubled, invented, unexplained or beyond recovery."""
        return not (self.lost or self.doubled or self.strange or self.reused or self.silent or self.broken)

    def note(self, text: str) -> None:
        if len(self.wrong) < 10:
            self.wrong.append(text)

    def __str__(self) -> str:
        return (
            f"{self.cuts} cuts at {self.boundaries} sync boundaries, {self.kept} acknowledged: {self.lost} lost,"
            f" {self.doubled} twice, {self.strange} never made, {self.reused} numbers used again,"
            f" {self.silent} unaccounted, {self.broken} recoveries failed; {self.wrong}"
        )


@dataclass
class Said:
    """What the program has said so far: names, by the word before them."""

    made: set[str] = field(default_factory=set)
    kept: set[str] = field(default_factory=set)
    gone: set[str] = field(default_factory=set)
    told: set[str] = field(default_factory=set)
    guessed: set[str] = field(default_factory=set)

    def hear(self, text: str) -> None:
        word, *names = text.split()
        getattr(self, word).update(names)


def cut(
    calls: Iterable[Call],
    disk: Disk,
    recover: Recover,
    chance: Random,
    *,
    share: float = 1.0,
    kinds: tuple[Left, ...] = (Left.NOTHING, Left.SOME),
) -> Tally:
    """Cut the power at each sync boundary of a recording, or at a share of them, and compare."""  # fmt: skip
    tally, said = Tally(), Said()
    for call in calls:
        if call.name in ("fsync", "fdatasync") and not call.done and call.path.startswith(disk.folder):
            tally.boundaries += 1
            if chance.random() < share:
                for left in kinds:
                    _one_cut(disk, said, recover, left, chance, tally)
        if call.name == "write" and call.path == "/dev/null":
            said.hear(call.data.decode())
        else:
            disk.apply(call)
    for left in kinds:
        _one_cut(disk, said, recover, left, chance, tally)
    tally.kept = len(said.kept)
    return tally


def _one_cut(disk: Disk, said: Said, recover: Recover, left: Left, chance: Random, tally: Tally) -> None:
    tally.cuts += 1
    what = f"cut {tally.cuts} at boundary {tally.boundaries}, left: {left.name}"
    folder = Path(tempfile.mkdtemp(prefix="driftvakt-cut-", dir=quick_place()))
    try:
        lay_out(disk.image(left, chance), folder)
        found = Counter(recover(folder))
    except Exception as e:  # noqa: BLE001  whatever a recovery stumbles over is the finding
        tally.broken += 1
        tally.note(f"{what}: recovery failed: {e!r}")
        return
    finally:
        shutil.rmtree(folder)
    compare(said, found, what, tally)


def compare(said: Said, names: Counter[str], what: str, tally: Tally) -> None:
    """Add to the tally what the names that were found say of those that were said."""
    marked: dict[str, set[str]] = {"gap": set(), "ended": set(), "new": set()}
    found: Counter[str] = Counter()
    for name, times in names.items():
        mark, colon, rest = name.partition(":")
        if colon and mark in marked:
            marked[mark].add(rest)
        else:
            found[name] = times
    lost = said.kept - said.gone - said.told - marked["gap"] - found.keys()
    doubled = {name for name, times in found.items() if times > 1}
    strange = found.keys() - said.made
    reused = marked["new"] & said.made
    silent: set[str] = set()
    if marked["new"]:
        accounted = found.keys() | marked["gap"] | marked["ended"] | said.gone | said.told | said.guessed
        silent = said.made - accounted
    tally.lost += len(lost)
    tally.doubled += len(doubled)
    tally.strange += len(strange)
    tally.reused += len(reused)
    tally.silent += len(silent)
    findings = {"lost": lost, "twice": doubled, "never made": strange, "used again": reused, "unaccounted": silent}
    for words, wrong in findings.items():
        if wrong:
            tally.note(f"{what}: {words}: {sorted(wrong)[:5]}")


def quick_place() -> str | None:
    """Return a folder in memory where there is one: a recovery syncs, and here that proves nothing."""
    return "/dev/shm" if Path("/dev/shm").is_dir() else None
