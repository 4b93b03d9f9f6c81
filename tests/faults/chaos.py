"""What the faults of the chaos run need: the world, dice of their own, and until when they may last."""

from collections.abc import Callable
from random import Random

from world import World
from world_agent import Machine
from world_net import Link
from world_relay import RelayNode

HOUR = 3600.0


class Chaos:
    """chance: the dice of the faults alone, so that a seed replays. ends: when the last of them is over."""

    def __init__(self, world: World, chance: Random, ends: float) -> None:
        self.world = world
        self.chance = chance
        self.ends = ends
        self.clones = 0

    def lasting(self, low: float, high: float) -> float:
        """Return until when a fault lasts: no longer than faults may."""
        return min(self.world.loop.time() + self.chance.uniform(low, high), self.ends)

    def later(self, low: float, high: float, work: Callable[..., None], *args: object) -> None:
        """Do something after a while, at the latest when faults end."""
        self.world.loop.call_at(self.lasting(low, high), work, *args)

    def machine(self, *, alive: bool = True) -> Machine | None:
        """Return one of the machines."""
        found = [one for one in self.world.machines.values() if one.alive is alive and not one.retired]
        return self.chance.choice(found) if found else None

    def link(self) -> Link:
        return self.chance.choice(list(self.world.network.links.values()))

    def relay(self) -> RelayNode:
        return self.chance.choice(list(self.world.relays.values()))
