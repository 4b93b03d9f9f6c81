"""Faults of the chaos run: what happens to a relay."""

from chaos import HOUR, Chaos
from world_relay import RelayNode


def relay_killed(chaos: Chaos) -> str:
    relay = chaos.relay()
    relay.crash()
    chaos.later(5, 900, relay.start)
    return relay.name


def relay_killed_before_commit(chaos: Chaos) -> str:
    relay = chaos.relay()
    relay.dies_in_commit(after=False)
    chaos.later(60, 600, _again, relay)
    return relay.name


def relay_killed_after_commit(chaos: Chaos) -> str:
    relay = chaos.relay()
    relay.dies_in_commit(after=True)
    chaos.later(60, 600, _again, relay)
    return relay.name


def _again(relay: RelayNode) -> None:
    relay.crash()
    relay.start()


def relay_stopped(chaos: Chaos) -> str:
    relay = chaos.relay()
    chaos.world.task(relay.stop())
    chaos.later(15, 600, relay.start)
    return relay.name


def relay_disk_fails(chaos: Chaos) -> str:
    relay = chaos.relay()
    relay.set_full(True)
    chaos.later(60, 1800, relay.set_full, False)
    return relay.name


def relay_without_room(chaos: Chaos) -> str:
    relay = chaos.relay()
    relay.no_room = True
    chaos.later(60, 1800, setattr, relay, "no_room", False)
    return relay.name


def relay_clock(chaos: Chaos) -> str:
    relay = chaos.relay()
    relay.skew = chaos.chance.uniform(-3, 3) * 24 * HOUR
    chaos.later(300, 2 * HOUR, setattr, relay, "skew", 0.0)
    return relay.name


def relay_suspended(chaos: Chaos) -> str:
    relay = chaos.relay()
    relay.frozen_until = chaos.lasting(30, 600)
    return relay.name
