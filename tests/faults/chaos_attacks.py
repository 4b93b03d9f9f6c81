"""Faults of the chaos run: those who want in, and may not."""

from base64 import b64encode
from collections.abc import Sequence

from chaos import Chaos
from world_net import Request

from driftvakt_collector.ingest.carriage import signed
from driftvakt_wire import encode
from driftvakt_wire.envelope import mac, pads, sign


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
