"""In a random graph of 10,000 hosts exactly those are told of that failed and are not cut off by others that did."""

from random import Random

import pytest
from silence import City, Thing

from driftvakt_collector.alert.rootcause.graph import build
from driftvakt_collector.alert.rootcause.judge import Judge
from driftvakt_collector.alert.rootcause.observation import Observation, State

START = 10_000.0
COUNT = 10_000


class Web:
    """Hosts that hang behind those of a lower number: by one cable or two, on a hypervisor, over a relay."""

    def __init__(self, random: Random) -> None:
        self.cables: dict[str, tuple[str, ...]] = {}
        self.guests: dict[str, str] = {}
        self.carriers: dict[str, tuple[str, ...]] = {}
        for at in range(1, COUNT):
            name, above = f"n{at}", [f"n{random.randrange(max(0, at - 400), at)}" for _ in range(4)]
            if random.random() < 0.9:
                self.cables[name] = tuple(dict.fromkeys(above[: random.choice([1, 1, 2])]))
            if random.random() < 0.1:
                self.guests[name] = above[2]
            if random.random() < 0.1:
                self.carriers[name] = (above[3],)

    def groups(self, name: str) -> list[tuple[str, ...]]:
        guest = self.guests.get(name)
        return [
            one for one in (self.cables.get(name, ()), (guest,) if guest else (), self.carriers.get(name, ())) if one
        ]

    def fallen(self, failed: set[str]) -> tuple[set[str], set[str]]:
        """Return who is down when these fail, and of those whom nothing above cuts off. By the definition alone."""
        down: set[str] = set()
        tops: set[str] = set()
        for at in range(COUNT):
            name = f"n{at}"
            is_cut = any(all(one in down for one in group) for group in self.groups(name))
            if is_cut or name in failed:
                down.add(name)
            if name in failed and not is_cut:
                tops.add(name)
        return down, tops


@pytest.mark.parametrize(("seed", "share"), [(1, 0.002), (2, 0.02), (3, 0.3)])
def test_exactly_those_are_told_of_that_nothing_above_them_cuts_off(seed: int, share: float) -> None:
    random = Random(seed)
    web = Web(random)
    # Each in a zone of its own, so that no site and no zone is to blame.
    things = [Thing(f"n{at}", random.choice([30.0, 60.0, 90.0]), zone=f"z{at}") for at in range(COUNT)]
    city = City(things, web.cables, guests=web.guests, carriers=web.carriers, seed=seed, look=25.0)
    down, tops = web.fallen({one.origin for one in things if random.random() < share})
    city.cut(down, START + 30.0)

    city.run(500)

    causes = city.judge.verdicts.causes.values()
    assert {what for _, what in city.told()} == tops
    assert len(city.told()) == len(tops)
    assert {one for cause in causes for one in cause.muffled} == down - tops
    assert sum(len(cause.muffled) for cause in causes) == len(down - tops)


def test_two_that_stand_in_for_each_other_do_not_hold_each_other_up() -> None:
    """m is reached over o or y, and o over m or x: when x and y fail, both are cut off, and what hangs behind them."""
    parents = {"m": ("o", "y"), "o": ("m", "x"), "c": ("o",)}
    city = City([Thing(name, zone=f"z-{name}") for name in "mxyoc"], parents, look=5.0)
    city.things["m"].every = city.things["o"].every = 300.0
    city.cut("mxyoc", START + 30.0)

    city.run(1500)

    assert sorted(what for _, what in city.told()) == ["x", "y"]


@pytest.mark.parametrize("state", [State.HELD, State.NEW])
def test_what_hangs_behind_a_switch_that_is_not_judged_hangs_behind_what_is_above_it(state: State) -> None:
    up = Observation("fw", "fw", State.SILENT, 0.0, 0.0, 60.0, "firewall", "adm", "centre")
    switch = Observation("sw", "sw", state, 0.0, 0.0, 60.0, "switch", "adm", "centre")
    server = Observation("a", "a", State.SILENT, 0.0, 0.0, 60.0, "server", "adm", "north")
    seen = {one.origin: one for one in (up, switch, server)}
    graph = build({"a": ("sw",), "sw": ("fw",)})

    judge = Judge()
    causes = judge.step(seen, graph, 160.0, -9000.0).causes

    assert [(one.origin, one.muffled) for one in causes.values()] == [("fw", frozenset({"a"}))]
    waits = judge.step(seen | {"fw": up._replace(state=State.UP)}, graph, 165.0, -9000.0)
    assert waits.ask == frozenset({"fw"})


def test_switches_that_are_not_judged_and_go_round_in_a_circle_hold_nothing() -> None:
    seen = {
        one: Observation(one, one, State.NEW, 0.0, 0.0, 60.0, "switch", "adm", "north") for one in ("s1", "s2", "s3")
    } | {"a": Observation("a", "a", State.SILENT, 0.0, 0.0, 60.0, "server", "adm", "north")}
    graph = build({"a": ("s1",), "s1": ("s2",), "s2": ("s3", "s1"), "s3": ("s1",)})

    assert list(Judge().step(seen, graph, 160.0, -9000.0).causes) == ["HostSilent:a"]
