"""Every kind of fault that the chaos run knows, in one table: what it is called, how often it comes, what it does.

Those of single requests stand in world_net.RATES.
"""

import shutil
from base64 import b64encode
from collections.abc import Callable, Sequence
from random import Random
from typing import NamedTuple

from world import World
from world_agent import Machine
from world_disk import Mood
from world_net import Link, Request
from world_relay import RelayNode

from driftvakt_collector.ingest.carriage import signed
from driftvakt_wire import encode
from driftvakt_wire.envelope import mac, pads, sign

HOUR = 3600.0


class Chaos:
    """What the faults need: the world, their own dice, and until when they may last."""

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


# --- the network ---


def cut_for_minutes(chaos: Chaos) -> str:
    link = chaos.link()
    link.cut_until = chaos.lasting(30, 900)
    return link.name


def cut_for_hours(chaos: Chaos) -> str:
    link = chaos.link()
    link.cut_until = chaos.lasting(HOUR, 4 * HOUR)
    return link.name


def black_hole(chaos: Chaos) -> str:
    link = chaos.link()
    link.hole_until = chaos.lasting(20, 1200)
    return link.name


def one_way(chaos: Chaos) -> str:
    """What is sent arrives, and no answer comes back."""
    link = chaos.link()
    link.deaf_until = chaos.lasting(20, 900)
    return link.name


def bad_line(chaos: Chaos) -> str:
    link = chaos.link()
    link.factor = chaos.chance.uniform(3, 6)
    chaos.later(300, 3000, setattr, link, "factor", 1.0)
    return link.name


def relay_cut_off(chaos: Chaos) -> str:
    """The relay is reached, and reaches nobody."""
    relay = chaos.relay()
    for link in relay.links.values():
        link.cut_until = chaos.lasting(300, 2 * HOUR)
    return relay.name


def everybody_returns(chaos: Chaos) -> str:
    """All lines are cut, and come back in the same second."""
    until = chaos.lasting(120, 1500)
    for link in chaos.world.network.links.values():
        link.cut_until = until
    return f"{until:.0f}"


def zone_cut(chaos: Chaos) -> str:
    zone = chaos.chance.choice(("adm", "edu"))
    until = chaos.lasting(120, 1800)
    for link in chaos.world.network.links.values():
        if zone in link.name:
            link.hole_until = until
    return zone


# --- machines ---


def killed(chaos: Chaos) -> str:
    machine = chaos.machine()
    if machine is None:
        return ""
    machine.kill()
    return machine.name


def killed_at_its_disk(chaos: Chaos) -> str:
    machine = chaos.machine()
    if machine is None:
        return ""
    machine.platter.kill_in = 1 + int(20 * chaos.chance.random() ** 2)
    return machine.name


def power_cut(chaos: Chaos) -> str:
    machine = chaos.machine()
    if machine is None:
        return ""
    machine.kill()
    return f"{machine.name} {machine.platter.power_cut()}"


def power_cut_at_its_disk(chaos: Chaos) -> str:
    machine = chaos.machine()
    if machine is None:
        return ""
    machine.platter.kill_in = 1 + int(20 * chaos.chance.random() ** 2)
    machine.power_fails = True
    return machine.name


def clean_stop(chaos: Chaos) -> str:
    machine = chaos.machine()
    if machine is None:
        return ""
    machine.stop()
    return machine.name


def suspended(chaos: Chaos) -> str:
    machine = chaos.machine()
    if machine is None:
        return ""
    machine.frozen_until = chaos.lasting(60, 3000)
    return machine.name


def _disk(chaos: Chaos, mood: Mood, longest: float) -> str:
    machine = chaos.machine()
    if machine is None:
        return ""
    machine.platter.mood = mood
    chaos.later(60, longest, setattr, machine.platter, "mood", Mood.WELL)
    return machine.name


def disk_full(chaos: Chaos) -> str:
    return _disk(chaos, Mood.FULL, HOUR)


def disk_read_only(chaos: Chaos) -> str:
    return _disk(chaos, Mood.READ_ONLY, HOUR)


def disk_broken(chaos: Chaos) -> str:
    return _disk(chaos, Mood.BROKEN, HOUR)


def spool_deleted(chaos: Chaos) -> str:
    machine = chaos.machine()
    if machine is None:
        return ""
    held = machine.agent.delivery.custody if machine.agent is not None else None
    machine.kill()
    for origin, epoch, _ in chaos.world.book.made:
        if origin == machine.config.origin:
            chaos.world.book.destroyed.setdefault((origin, epoch), "the spool was deleted")
    if held is not None:
        chaos.world.book.destroyed.setdefault((machine.config.origin, held.epoch), "the spool was deleted")
    shutil.rmtree(machine.folder, ignore_errors=True)
    return machine.name


def bit_flip(chaos: Chaos) -> str:
    machine = _with_files(chaos)
    if machine is None:
        return ""
    path = chaos.chance.choice(machine.files())
    data = bytearray(path.read_bytes())
    if not data:
        return ""
    at = chaos.chance.randrange(len(data))
    data[at] ^= 1 << chaos.chance.randrange(8)
    path.write_bytes(data)
    return f"{machine.name} {path.name} {at}"


def tail_lost(chaos: Chaos) -> str:
    """A file of the spool lost its end while the machine was off."""
    machine = _with_files(chaos)
    if machine is None:
        return ""
    machine.kill()
    if not machine.files():
        return ""
    path = machine.files()[-1]
    size = path.stat().st_size
    with path.open("r+b") as file:
        file.truncate(chaos.chance.randrange(size) if size else 0)
    return f"{machine.name} {path.name}"


def _with_files(chaos: Chaos) -> Machine | None:
    found = [one for one in chaos.world.machines.values() if one.alive and not one.retired and one.files()]
    return chaos.chance.choice(found) if found else None


def rolled_back(chaos: Chaos) -> str:
    """A virtual machine is put back to what it was a while ago."""
    machine = chaos.machine()
    if machine is None or machine.doubtful or not machine.folder.is_dir():
        return ""
    image = chaos.world.folder / "images" / f"{machine.name}-{chaos.world.loop.time():.0f}"
    machine.copy_disk(image)
    chaos.later(120, 2 * HOUR, _put_back, chaos, machine, image)
    return machine.name


def _put_back(chaos: Chaos, machine: Machine, image: object) -> None:
    machine.kill()
    machine.doubtful = True
    machine.put_back(image)  # type: ignore[arg-type]
    machine.power_fails = False
    chaos.world.book.fault("the machine is back at its old state", machine.name)


def cloned(chaos: Chaos) -> str:
    """A disk is copied, and both copies run."""
    machine = chaos.machine()
    if machine is None or machine.doubtful or not machine.folder.is_dir() or chaos.clones >= 3:
        return ""
    chaos.clones += 1
    other = chaos.world.machine(
        machine.config.origin, tuple(url.split(".")[1].partition(":")[0] for url in machine.links),
        name=f"{machine.name}-clone",
    )  # fmt: skip
    other.on_end = machine.on_end
    other.retired = False
    machine.doubtful = other.doubtful = True
    machine.copy_disk(other.folder)
    other.start()
    return other.name


def clock_step(chaos: Chaos) -> str:
    machine = chaos.machine()
    if machine is None:
        return ""
    machine.skew = chaos.chance.uniform(-3, 3) * 24 * HOUR
    chaos.later(300, 2 * HOUR, setattr, machine, "skew", 0.0)
    return machine.name


def clock_of_1970(chaos: Chaos) -> str:
    machine = chaos.machine()
    if machine is None:
        return ""
    machine.skew = -1_764_000_000.0
    chaos.later(300, HOUR, setattr, machine, "skew", 0.0)
    return machine.name


# --- relays ---


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


# --- the collector ---


def collector_killed(chaos: Chaos) -> str:
    chaos.world.collector.crash()
    chaos.later(3, 900, chaos.world.collector.start)
    return ""


def collector_killed_before_commit(chaos: Chaos) -> str:
    return _collector_dies(chaos, after=False)


def collector_killed_after_commit(chaos: Chaos) -> str:
    return _collector_dies(chaos, after=True)


def _collector_dies(chaos: Chaos, *, after: bool) -> str:
    node = chaos.world.collector
    if node.app is None:
        return ""
    if after:
        node.app.journal.die_after = True  # type: ignore[attr-defined]
    else:
        node.app.journal.die_before = True  # type: ignore[attr-defined]
    chaos.later(30, 300, _collector_again, chaos)
    return "collector"


def _collector_again(chaos: Chaos) -> None:
    chaos.world.collector.crash()
    chaos.world.collector.start()


def collector_stopped(chaos: Chaos) -> str:
    chaos.world.task(chaos.world.collector.stop())
    chaos.later(5, 600, chaos.world.collector.start)
    return "collector"


def collector_disk_full(chaos: Chaos) -> str:
    chaos.world.collector.set_full(True)
    chaos.later(30, 1200, chaos.world.collector.set_full, False)
    return "collector"


def collector_suspended(chaos: Chaos) -> str:
    chaos.world.collector.frozen_until = chaos.lasting(30, 600)
    return "collector"


def collector_clock(chaos: Chaos) -> str:
    node = chaos.world.collector
    node.skew = chaos.chance.uniform(-3, 3) * 24 * HOUR
    chaos.later(300, 2 * HOUR, setattr, node, "skew", 0.0)
    return "collector"


def snapshot_lost(chaos: Chaos) -> str:
    """The collector dies, and what it had written down of the fleet is damaged."""
    node = chaos.world.collector
    node.crash()
    for path in sorted(node.folder.glob("fleet.*")):
        if chaos.chance.random() < 0.6:
            data = path.read_bytes()
            path.write_bytes(data[: chaos.chance.randrange(len(data))])
    chaos.later(3, 300, node.start)
    return "collector"


# --- those who want in ---


def edu_at_the_door_of_adm(chaos: Chaos) -> str:
    """A host of the schools brings its own, well signed lines to the other zone's address."""
    world = chaos.world
    origin = chaos.chance.choice([one for one, row in world.rows.items() if row.zone == "edu"])
    line = sign(world.key(origin), origin, 1, f"x{chaos.chance.randrange(10**6)}", 1, _report(chaos))
    _attack(chaos, "adm", [line], origin)
    return origin


def edu_forges_adm(chaos: Chaos) -> str:
    """It writes lines in the name of hosts of the other zone, signed with the keys that it has."""
    world = chaos.world
    mine = chaos.chance.choice([one for one, row in world.rows.items() if row.zone == "edu"])
    victim = chaos.chance.choice([one for one, row in world.rows.items() if row.zone == "adm"])
    epochs = [epoch for origin, epoch, _ in list(world.book.made)[-400:] if origin == victim] or ["x1"]
    lines = [
        sign(world.key(mine), victim, 1, chaos.chance.choice(epochs), chaos.chance.randrange(1, 500), _report(chaos))
        for _ in range(5)
    ]
    _attack(chaos, chaos.chance.choice(("adm", "edu")), lines, mine)
    return f"{mine} {victim}"


def edu_relay_brings_adm(chaos: Chaos) -> str:
    """The schools' relay carries lines in the name of the other zone, and signs that it did."""
    world = chaos.world
    relay = world.relays["edu"]
    victim = chaos.chance.choice([one for one, row in world.rows.items() if row.zone == "adm"])
    # Even with the right key, which it can't have, it is the wrong one to bring them.
    key = world.key(victim) if chaos.chance.random() < 0.5 else world.key(relay.name)
    body = sign(key, victim, 1, f"x{chaos.chance.randrange(10**6)}", 7, _report(chaos))
    text = signed(relay.name, 1, "1.000", body)
    word = b64encode(mac(pads(world.key(relay.name)), text)).decode()
    via = f"{relay.name} 1 1.000 {word}".encode()
    _attack(chaos, chaos.chance.choice(("adm", "edu")), [body], relay.name, via)
    return victim


def edu_by_way_of_its_relay(chaos: Chaos) -> str:
    """It gives forged lines of the other zone to its own relay, which has no keys to know them by."""
    world = chaos.world
    mine = chaos.chance.choice([one for one, row in world.rows.items() if row.zone == "edu" and one[0] == "a"])
    victim = chaos.chance.choice([one for one, row in world.rows.items() if row.zone == "adm"])
    line = sign(world.key(mine), victim, 1, f"x{chaos.chance.randrange(10**6)}", 3, _report(chaos))
    world.relays["edu"].take(Request(line), f"10.66.0.{chaos.chance.randrange(200)}", lambda _: None)
    return victim


def altered(chaos: Chaos) -> str:
    """Somebody on the way gives a line another number, or another content."""
    world = chaos.world
    made = list(world.book.made)
    if not made:
        return ""
    origin, epoch, seq = chaos.chance.choice(made[-500:])
    line = sign(world.key(origin), origin, 1, epoch, seq, _report(chaos))
    line = line.replace(b'"seq":%d,' % seq, b'"seq":%d,' % (seq + 1))
    _attack(chaos, world.rows[origin].zone, [line], "somebody")
    return origin


def _report(chaos: Chaos) -> bytes:
    return encode.report(1.764e9 + chaos.world.loop.time(), 5.0, 60.0, "b2:00ff", [666.0], {})


def _attack(chaos: Chaos, zone: str, lines: Sequence[bytes], who: str, via: bytes = b"") -> None:
    world = chaos.world
    world.book.count("lines forged", len(lines))

    def told(answer: object) -> None:
        world.book.note("forged", who, getattr(answer, "status", 0))

    body = b"\n".join(lines)
    world.collector.take(zone, Request(body, via=via), f"10.66.1.{chaos.chance.randrange(200)}", told)


class Fault(NamedTuple):
    """often: how many an hour in the whole city, on average."""

    name: str
    often: float
    work: Callable[[Chaos], str]


FAULTS = (
    Fault("a line cut for minutes", 40, cut_for_minutes),
    Fault("a line cut for hours", 6, cut_for_hours),
    Fault("a black hole", 20, black_hole),
    Fault("a line that carries one way only", 12, one_way),
    Fault("a bad line", 12, bad_line),
    Fault("a relay cut off from the collector", 1, relay_cut_off),
    Fault("everybody cut, and back at once", 0.5, everybody_returns),
    Fault("a zone in a black hole", 0.5, zone_cut),
    Fault("an agent killed", 20, killed),
    Fault("an agent killed at a call to its disk", 30, killed_at_its_disk),
    Fault("a machine without power", 10, power_cut),
    Fault("a machine without power at a call to its disk", 20, power_cut_at_its_disk),
    Fault("an agent stopped and started", 12, clean_stop),
    Fault("a machine suspended", 8, suspended),
    Fault("a machine's disk full", 8, disk_full),
    Fault("a machine's disk read-only", 6, disk_read_only),
    Fault("a machine's disk broken", 6, disk_broken),
    Fault("a spool deleted", 2, spool_deleted),
    Fault("a bit flipped in a spool", 6, bit_flip),
    Fault("the end of a spool lost", 4, tail_lost),
    Fault("a machine rolled back", 2, rolled_back),
    Fault("a machine cloned", 1, cloned),
    Fault("a machine's clock stepped", 8, clock_step),
    Fault("a machine in 1970", 2, clock_of_1970),
    Fault("a relay killed", 1.5, relay_killed),
    Fault("a relay killed before a commit", 1.5, relay_killed_before_commit),
    Fault("a relay killed after a commit", 1.5, relay_killed_after_commit),
    Fault("a relay stopped and started", 1, relay_stopped),
    Fault("a relay's disk fails", 1, relay_disk_fails),
    Fault("a relay without room", 1, relay_without_room),
    Fault("a relay's clock stepped", 1, relay_clock),
    Fault("a relay suspended", 1, relay_suspended),
    Fault("the collector killed", 1, collector_killed),
    Fault("the collector killed before a commit", 1, collector_killed_before_commit),
    Fault("the collector killed after a commit", 1, collector_killed_after_commit),
    Fault("the collector stopped and started", 1, collector_stopped),
    Fault("the collector's disk full", 1, collector_disk_full),
    Fault("the collector suspended", 0.5, collector_suspended),
    Fault("the collector's clock stepped", 0.5, collector_clock),
    Fault("the collector's snapshot damaged", 0.5, snapshot_lost),
    Fault("edu at the door of adm", 40, edu_at_the_door_of_adm),
    Fault("edu forges adm", 40, edu_forges_adm),
    Fault("edu's relay brings adm", 20, edu_relay_brings_adm),
    Fault("edu forges adm by way of its relay", 20, edu_by_way_of_its_relay),
    Fault("a line altered", 20, altered),
)
"""All of them."""
