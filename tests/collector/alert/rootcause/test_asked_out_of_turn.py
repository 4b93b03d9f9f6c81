"""Who others wait for is asked at once, and two visits that found nobody say more than that no report came."""

from dataclasses import dataclass
from math import inf
from random import Random

from silence import City, Thing, chain
from test_survey import NOW, WALL, Watched, row

from driftvakt_collector.alert.alert import What
from driftvakt_collector.alert.rootcause.observation import LEAST_PATIENCE, Observation, State
from driftvakt_collector.alert.rootcause.survey import ASK_AGAIN
from driftvakt_collector.store.feed import EventRow

START = 10_000.0
_VISIT = 6.0


@dataclass
class Polled(Thing):
    """A device that is asked each `every` seconds. failures: visits in a row that found nobody."""

    failures: int = 0
    gave_up: float = 0.0


class AskedCity(City):
    """Devices are visited in their turn, and out of it where somebody waits for them."""

    def _report(self) -> None:
        for one in self.things.values():
            if isinstance(one, Polled) and one.origin in self.judge.verdicts.ask:
                one.next = min(one.next, self.now)
            due = one.next
            if not isinstance(one, Polled) or due > self.now:
                continue
            if one.is_down(due + _VISIT):
                one.failures += 1
                one.gave_up = due + _VISIT if one.failures == 2 else one.gave_up
                one.next = due + max(one.every, _VISIT)
            else:
                one.failures, one.heard, one.next = 0, due, due + one.every
        turns = {one.origin: one.next for one in self.things.values() if isinstance(one, Polled)}
        for origin in turns:
            self.things[origin].next = inf
        super()._report()
        for origin, due in turns.items():
            self.things[origin].next = due

    def _observation(self, one: Thing) -> Observation:
        found = super()._observation(one)
        if not isinstance(one, Polled) or one.failures < 2:
            return found
        silent = self.now - one.heard > LEAST_PATIENCE
        return found._replace(state=State.SILENT if silent else State.UP, unanswered=one.gave_up)


def test_a_tower_with_slow_devices_is_one_page_within_minutes() -> None:
    """Cables and hypervisor are asked every five minutes, machines report every minute."""
    delays = []
    for seed in range(200):
        random = Random(seed)
        guests = {f"vm{at}": "esx" for at in range(10)}
        slow = {"fw": "firewall", "sw": "switch", "esx": "hypervisor"}
        things: list[Thing] = [Polled(name, 300.0, class_, f"site-{name}") for name, class_ in slow.items()]
        things += [Thing(name, site="vms") for name in guests] + [Thing(f"o{at}", site="vms") for at in range(20)]
        city = AskedCity(things, chain("fw", "sw", "esx"), guests=guests, seed=seed)
        cut = START + random.uniform(0, 300)
        city.cut([*slow, *guests], cut)

        city.run(1500)

        assert city.told() == [("HostSilent", "fw")], (seed, city.told())
        delays.append(city.raised[0].at - cut)
    delays.sort()
    print(f"p50 {delays[100]:.0f} s, p99 {delays[197]:.0f} s, most {delays[-1]:.0f} s")
    assert delays[100] <= 180
    assert delays[197] <= 240


def silent(origin: str, at: float, name: str = "poll.silent") -> EventRow:
    return EventRow(origin, "e", 1, "event", at, at, name, "does not answer")


def test_a_device_that_did_not_answer_twice_is_silent_before_its_reports_are_too_late() -> None:
    rows = [row("d", "switch", keeper="p"), row("p", "poller"), *(row(f"c{at}") for at in range(9))]
    watched = Watched(rows)
    watched.fleet.hosts["d"].every = 300.0
    watched.silent = {"d"}
    assert watched.run(300) == []

    watched.survey.heard([silent("d", WALL + watched.now - NOW)], watched.now, WALL + watched.now - NOW)

    # The poller that asked it is heard once more, and so are the others of the site.
    assert watched.run(70) == [(What.RAISED, "HostSilent", "d")]
    watched.silent = set()
    assert watched.run(120) == [(What.CLEARED, "HostSilent", "d")]


def test_what_a_host_says_of_itself_and_what_is_older_than_its_last_report_make_nobody_silent() -> None:
    watched = Watched(
        [row("d", "switch", keeper="p"), row("a"), row("p", "poller"), *(row(f"c{at}") for at in range(9))]
    )
    for origin in ("d", "a"):
        watched.fleet.hosts[origin].every = 300.0
    watched.run(60)
    watched.silent = {"d", "a"}
    wall = WALL + watched.now - NOW

    watched.survey.heard([silent("d", wall - 3600.0), silent("a", wall), silent("gone", wall)], watched.now, wall)
    watched.survey.heard([silent("d", wall, "poll.incomplete")], watched.now, wall)

    assert watched.run(600) == []


def test_a_parent_that_is_waited_for_is_asked_now_and_then_and_only_devices_are() -> None:
    rows = [row("sw", "switch", keeper="p"), row("p", "poller"), row("a"), row("b"), row("esx")]
    watched = Watched([*rows, *(row(f"c{at}") for at in range(9))], {"a": ("sw",), "b": ("esx",)})
    for origin in ("sw", "esx"):
        watched.fleet.hosts[origin].every = 600.0
    watched.silent = {"sw", "a", "b", "esx"}
    watched.run(160)

    assert watched.survey.ask(watched.now) == ["sw"]
    assert watched.survey.ask(watched.now + 1.0) == []
    assert watched.survey.ask(watched.now + ASK_AGAIN) == ["sw"]

    watched.silent = {"a"}
    watched.run(70)
    assert watched.survey.ask(watched.now + ASK_AGAIN) == []
