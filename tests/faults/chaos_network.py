"""Faults of the chaos run: lines that are cut, swallow, or carry one way only."""

from chaos import HOUR, Chaos


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
