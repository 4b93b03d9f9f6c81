"""Worlds of machines that are bought, mended, cloned and installed anew: no two are ever taken for one."""

from machinery import World, texts
from ordeal import LONG, SEED, again, figure, so_many

WORLDS = so_many(1, 10)
EVENTS = so_many(1_000, 10_000)
MOST_DUPLICATES = 0.001
"""Of all machines, the part that may be two assets: mostly those whose mainboard had no serial number."""


def test_no_two_machines_are_taken_for_one() -> None:
    machines = duplicates = asked = 0
    for seed in range(SEED, SEED + WORLDS):
        world = World(seed)
        world.run(EVENTS)
        assert not world.wrong, "\n".join([*texts(world), again("test_which_asset")])
        machines += len(world.stood)
        duplicates += world.duplicates
        asked += sum(map(bool, world.memory.questions.values()))
    told = f"{WORLDS * EVENTS:,} events of {machines:,} machines: none wrong, {duplicates} twice, {asked} asked"
    figure(f"which asset, {told}")
    if LONG:
        assert duplicates <= machines * MOST_DUPLICATES, told
