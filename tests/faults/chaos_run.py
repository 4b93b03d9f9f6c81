"""The seeded chaos run: `chaos_run.py --seed N` says what went wrong, and the digest of all that happened.

--spoil makes the collector's journal lie: so the run can be seen to notice it.
"""

import argparse
import json
import os
import sys
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path
from random import Random

from chaos import Chaos
from chaos_end import judge
from chaos_faults import FAULTS
from world import World
from world_agent import Machine
from world_disk import Mood
from world_journal import Inline

AGENTS = {"adm": 40, "edu": 20}
WAYS = {
    "adm": (("direct",), ("relay",), ("relay", "direct"), ("direct",)),
    "edu": (("relay",), ("relay", "direct"), ("direct",), ("relay",)),
}
SMALL = 40_000
"""Bytes of the spool of every seventh machine: it must thin and drop."""


def run(seed: int, hours: float, folder: Path, trail: Path | None = None, spoil: float = 0.0) -> dict[str, object]:
    """Run a city for so many hours with faults and as long as it needs without; return what became of it."""
    began = time.monotonic()
    world = World(seed, folder, AGENTS)
    if trail is not None:
        world.book.trail = []
    Inline.spoil = spoil
    chance = Random(f"chaos {seed}")
    ends = 3600.0 * hours
    chaos = Chaos(world, chance, ends)
    loop = world.loop
    world.collector.start()
    for relay in world.relays.values():
        relay.start()
    number = 0
    for zone, many in AGENTS.items():
        for place in range(many):
            ways = WAYS[zone][place % 4]
            machine = world.machine(f"a-{zone}-{place:03}", ways, spool_size=SMALL if number % 7 == 3 else 64 << 20)
            machine.on_end = lambda machine=machine: _rises(machine, world, chance)  # type: ignore[misc]
            loop.call_later(120 * chance.random(), machine.start)
            number += 1
    for fault in FAULTS:
        at = 60.0
        while (at := at + chance.expovariate(fault.often / 3600.0)) < ends:
            loop.call_at(at, lambda fault=fault: world.book.fault(fault.name, fault.work(chaos)))  # type: ignore[misc]
    world.run(ends)
    _peace(world)
    drained = _drain(world, 4 * 3600.0)
    found = judge(world, drained)
    found |= {"seed": seed, "hours": hours, "seconds": round(time.monotonic() - began, 1)}
    if trail is not None and world.book.trail is not None:
        trail.write_text("\n".join(world.book.trail) + "\n", "utf-8")
    world.close()
    return found


def _rises(machine: Machine, world: World, chance: Random) -> None:
    """A process that ended is started again after a while."""
    wait = chance.uniform(1, 20) if chance.random() < 0.6 else chance.uniform(20, 900)
    world.loop.call_later(wait, machine.start)


def _peace(world: World) -> None:
    """All faults are over."""
    world.book.note("peace")
    world.network.faulty = False
    for link in world.network.links.values():
        link.heal()
    for machine in world.machines.values():
        machine.platter.mood, machine.platter.kill_in, machine.skew, machine.frozen_until = Mood.WELL, 0, 0.0, 0.0
        machine.start()
    for relay in world.relays.values():
        relay.set_full(False)
        relay.no_room, relay.skew, relay.frozen_until = False, 0.0, 0.0
        relay.calm()
    world.collector.set_full(False)
    world.collector.skew = world.collector.frozen_until = 0.0
    world.collector.calm()


def _drain(world: World, most: float) -> float:
    """Let time pass until nothing waits any more; return how much it took."""
    began = world.loop.time()
    quiet = 0
    # Long enough that a machine which was put back at the last moment is found out: three reports.
    while quiet < 6 and world.loop.time() - began < most:
        world.run(61.0)
        quiet = quiet + 1 if world.settled() else 0
    world.run(30.0)
    return world.loop.time() - began


def main(arguments: Sequence[str]) -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seed", default="1", help="a number, or FIRST-LAST")
    parser.add_argument("--hours", type=float, default=1.0, help="of virtual time with faults")
    parser.add_argument("--trail", type=Path, help="write all that happened to this file")
    parser.add_argument("--spoil", type=float, default=0.0, help="part of the commits that are told and not done")
    told = parser.parse_args(arguments)
    if os.environ.get("PYTHONHASHSEED") != "0":
        # Sets of texts are walked in an order that the process chooses, unless it is told.
        os.environ["PYTHONHASHSEED"] = "0"
        os.execv(sys.executable, [sys.executable, __file__, *arguments])
    first, _, last = told.seed.partition("-")
    wrong = 0
    for seed in range(int(first), int(last or first) + 1):
        memory = "/dev/shm" if os.path.isdir("/dev/shm") else None
        with tempfile.TemporaryDirectory(prefix="chaos-", dir=memory) as folder:
            found = run(seed, told.hours, Path(folder), told.trail, told.spoil)
        print(json.dumps(found), flush=True)
        wrong += bool(found["wrong"])
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
