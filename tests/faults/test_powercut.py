"""The power goes at every sync: what was acknowledged is on the platter; and without syncs it would not be."""

import os
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path
from random import Random
from types import ModuleType

import collector_work
import custody_work
import journal_work
import pytest
import relay_work
from collector_program import make_ready
from disk import Disk
from ordeal import LONG, SEED, again, figure, so_many
from powercut import Tally, cut
from syscalls import STRACE, Call, record

pytestmark = [
    pytest.mark.real,
    pytest.mark.skipif(sys.platform != "linux" or STRACE is None, reason="records programs with strace"),
]
NO_SYNC = ("fsync,fdatasync:retval=0",)
"""strace answers in place of the kernel: done, and nothing was."""


@pytest.fixture(scope="module")
def totals() -> Iterator[dict[str, int]]:
    """How many power cuts of what were survived; said at the end."""
    totals: dict[str, int] = {}
    yield totals
    figure(f"power cuts in all: {sum(totals.values())} ({', '.join(f'{k} {v}' for k, v in totals.items())})")


def count(totals: dict[str, int], name: str, tally: Tally) -> int:
    """Add to the totals of a name; return what they are now."""
    totals[name] = totals.get(name, 0) + tally.cuts
    return totals[name]


def recorded(data: Path, work: ModuleType, *told: object, inject: Sequence[str] = ()) -> Iterator[Call]:
    """Run a work's program, and give its calls."""
    command = [sys.executable, "-W", "error", str(work.__file__), str(data), *map(str, told)]
    environment = os.environ | {"PYTHONPATH": os.pathsep.join(one for one in sys.path if one)}
    return record(command, inject=inject, environment=environment)


def journal_cuts(folder: Path, seed: int, groups: int, sync: str = "", inject: tuple[str, ...] = ()) -> Tally:
    data = folder / f"{seed}{sync}"
    data.mkdir()
    disk = Disk(data)
    calls = recorded(data, journal_work, seed, groups, *([sync] if sync else []), inject=inject)
    return cut(calls, disk, journal_work.recover, Random(seed))


def test_the_journal_loses_nothing_when_the_power_goes(tmp_path: Path, totals: dict[str, int]) -> None:
    cuts, lap = 0, 0
    while cuts < so_many(200, 3000):
        tally = journal_cuts(tmp_path, SEED + lap, so_many(90, 300))
        figure(f"journal, lap {lap}: {tally}")
        assert tally.sound, f"{tally} {again('loses_nothing')}"
        assert tally.kept > 100
        cuts = count(totals, "journal", tally)
        lap += 1


def test_the_collector_loses_nothing_when_the_power_goes(tmp_path: Path, totals: dict[str, int]) -> None:
    cuts, lap = 0, 0
    while cuts < so_many(40, 1000):
        data = tmp_path / str(lap)
        make_ready(data)
        disk = Disk(data)
        calls = recorded(data, collector_work, SEED + lap, so_many(30, 100))
        tally = cut(calls, disk, collector_work.recover, Random(SEED + lap), share=1.0 if LONG else 0.25)
        figure(f"collector, lap {lap}: {tally}")
        assert tally.sound, f"{tally} {again('loses_nothing')}"
        assert tally.kept > 100
        cuts = count(totals, "collector", tally)
        lap += 1


def test_the_spool_of_a_relay_loses_nothing_when_the_power_goes(tmp_path: Path, totals: dict[str, int]) -> None:
    cuts, lap = 0, 0
    while cuts < so_many(40, 1000):
        data = tmp_path / str(lap)
        data.mkdir()
        disk = Disk(data)
        calls = recorded(data, relay_work, SEED + lap, so_many(30, 60))
        tally = cut(calls, disk, relay_work.recover, Random(SEED + lap), share=1.0 if LONG else 0.25)
        figure(f"relay, lap {lap}: {tally}")
        assert tally.sound, f"{tally} {again('loses_nothing')}"
        assert tally.kept > 50
        cuts = count(totals, "relay", tally)
        lap += 1


@pytest.mark.parametrize("size", [64 << 20, 6_000])
def test_the_spool_of_an_agent_accounts_for_every_line_when_the_power_goes(
    tmp_path: Path, totals: dict[str, int], size: int
) -> None:
    cuts, lap = 0, 0
    while cuts < so_many(150, 2000):
        data = tmp_path / str(lap)
        data.mkdir()
        disk = Disk(data)
        calls = recorded(data, custody_work, SEED + lap, so_many(100, 300), size)
        tally = cut(calls, disk, custody_work.recover, Random(SEED + lap))
        figure(f"spool of {size} bytes, lap {lap}: {tally}")
        assert tally.sound, f"{tally} {again('accounts_for_every')}"
        assert tally.kept > 50
        cuts = count(totals, f"spool of {size} bytes", tally)
        lap += 1


@pytest.mark.parametrize(
    ("sync", "inject"),
    [
        pytest.param("NORMAL", (), id="synchronous=NORMAL"),
        pytest.param("OFF", (), id="synchronous=OFF"),
        pytest.param("", NO_SYNC, id="a disk whose syncs do nothing"),
    ],
)
def test_without_syncs_the_same_cuts_lose(tmp_path: Path, sync: str, inject: tuple[str, ...]) -> None:
    tally = journal_cuts(tmp_path, SEED, 40, sync, inject)

    assert tally.lost > 20, str(tally)


def test_a_spool_on_a_disk_whose_syncs_do_nothing_loses(tmp_path: Path) -> None:
    disk = Disk(tmp_path)

    tally = cut(
        recorded(tmp_path, custody_work, SEED, 60, 64 << 20, inject=NO_SYNC), disk, custody_work.recover, Random(1)
    )

    assert tally.lost > 20, str(tally)


def test_a_relay_on_a_disk_whose_syncs_do_nothing_loses(tmp_path: Path) -> None:
    disk = Disk(tmp_path)
    calls = recorded(tmp_path, relay_work, SEED, 30, inject=NO_SYNC)

    tally = cut(calls, disk, relay_work.recover, Random(1), share=0.2)

    assert tally.lost > 20, str(tally)
