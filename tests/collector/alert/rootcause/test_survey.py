"""The real fleet, looked at as a whole."""

import asyncio
import gc
import threading
import time
from zlib import crc32

import pytest

from driftvakt_collector.alert.alert import Change, What
from driftvakt_collector.alert.rootcause.judge import Judge, Verdicts
from driftvakt_collector.alert.rootcause.survey import STEP, Survey
from driftvakt_collector.fleet.state import Fleet
from driftvakt_collector.fleet.topology.atlas import Atlas, Plan
from driftvakt_collector.fleet.topology.tree import Tree
from driftvakt_collector.store.engine import Store
from driftvakt_collector.store.hosts import REVOKED, HostRow

NOW, WALL = 100_000.0, 1_795_000_000.0


def row(origin: str, class_: str = "server", site: str = "north", **told: str) -> HostRow:
    return HostRow(origin, 1, f"name-{origin}", "adm", "SLK", site, class_, **told)


class Watched:
    """A fleet whose hosts report every minute, but for those that are silent."""

    def __init__(self, rows: list[HostRow], parents: dict[str, tuple[str, ...]] | None = None) -> None:
        self.fleet = Fleet(rows, 0.0)
        self.atlas = atlas = Atlas(self.fleet, Store.__new__(Store), lambda: WALL)
        atlas.plan = Plan(tree=Tree(parents or {}), at=WALL)
        self.guests: dict[str, str] = {}
        self.survey = Survey(self.fleet, atlas, lambda _host, _at: True, lambda: self.guests)
        self.silent: set[str] = set()
        self.now = NOW
        self.hear()

    def hear(self) -> None:
        for host in self.fleet.hosts.values():
            if host.origin not in self.silent:
                host.received, host.received_wall = self.now, WALL + self.now - NOW

    def run(self, seconds: float) -> list[tuple[What, str, str]]:
        found = []
        for _ in range(int(seconds // 10)):
            self.now += 10.0
            if self.now % 60 == 0:
                self.hear()
            changes = self.survey.look(self.now, WALL + self.now - NOW)
            found += [(one.what, one.alert.rule, one.alert.origin or one.alert.site) for one in changes]
        return found


def test_devices_are_muffled_under_the_relay_that_asks_them() -> None:
    devices = [row(f"d{at}", "switch", keeper="r") for at in range(5)]
    others = [row(f"a{at}") for at in range(20)]
    watched = Watched([row("r", "relay", site="centre"), *devices, *others])
    watched.silent = {"r", *(one.origin for one in devices)}

    assert watched.run(600) == [(What.RAISED, "RelaySilent", "r")]
    explained = watched.survey.explain("d1")
    assert explained is not None
    assert (explained.code, explained.words.en) == ("parent", "Can't be reached, for name-r is down")
    assert list(watched.survey.muffled.values()) == [5]
    assert watched.survey.explain("a1") is None

    watched.silent = set()
    assert watched.run(120) == [(What.CLEARED, "RelaySilent", "r")]
    assert watched.survey.muffled == {}


def test_hosts_whose_lines_a_relay_brings_are_muffled_under_it() -> None:
    watched = Watched([row("r", "relay", site="centre"), *(row(f"a{at}") for at in range(30))])
    for at in range(10):
        watched.fleet.hosts[f"a{at}"].via = "r"
    watched.silent = {"r", *(f"a{at}" for at in range(10))}

    assert watched.run(600) == [(What.RAISED, "RelaySilent", "r")]
    assert list(watched.survey.muffled.values()) == [10]


def test_all_that_a_host_is_reached_over() -> None:
    rows = [row("vm"), row("esx"), row("sw", "switch", keeper="p"), row("fw", "firewall"), row("p", "poller")]
    watched = Watched(rows, {"esx": ("sw",), "sw": ("?adm/unknown",), "?adm/unknown": ("fw",)})
    watched.guests = {"vm": "esx"}

    assert watched.survey.above("vm") == {"esx", "sw", "fw", "p"}


def test_an_alert_tells_whom_and_since_when() -> None:
    watched = Watched([row("fw", "firewall", supplier="Netbolaget"), *(row(f"a{at}", site="south") for at in range(9))])
    watched.silent = {"fw"}

    for _ in range(30):
        watched.now += 10.0
        if watched.now % 60 == 0:
            watched.hear()
        if found := watched.survey.look(watched.now, WALL + watched.now - NOW):
            break

    alert = found[0].alert
    assert (alert.subject, alert.zone, alert.site, alert.class_) == ("name-fw", "adm", "north", "firewall")
    assert (alert.supplier, alert.administration) == ("Netbolaget", "SLK")
    assert alert.since == WALL
    assert alert.summary.sv == "name-fw har tystnat"


def test_what_we_do_not_trust_or_never_heard_or_revoked_is_not_judged() -> None:
    watched = Watched([row("a", state="quarantined"), row("b", state=REVOKED), *(row(f"c{at}") for at in range(9))])
    watched.silent = {"a", "b"}
    watched.fleet.enrol(row("new"))
    watched.silent.add("new")

    assert watched.run(900) == []


def test_a_host_that_was_silent_before_a_restart_is_told_of_when_all_could_be_heard() -> None:
    watched = Watched([row("a"), *(row(f"c{at}") for at in range(9))])
    watched.fleet.healthy_since = watched.now
    watched.fleet.hosts["a"].received = -1.0
    watched.fleet.hosts["a"].received_wall = WALL - 7200.0
    watched.silent = {"a"}

    assert watched.run(140) == []
    assert watched.run(120) == [(What.RAISED, "HostSilent", "a")]
    assert next(iter(watched.survey.verdicts.causes.values())).alert(WALL - NOW).since == WALL - 7200.0


class Turns:
    """Counts the hosts that are looked at between two turns of the loop, and who judges."""

    def __init__(self, watched: Watched, monkeypatch: pytest.MonkeyPatch) -> None:
        self.most = self.now = 0
        self.judged_by: list[int] = []
        watched.survey = Survey(watched.fleet, watched.atlas, self.expected, dict)
        step = Judge.step

        def judge(one: Judge, *told: object) -> Verdicts:
            self.judged_by.append(threading.get_ident())
            return step(one, *told)  # type: ignore[arg-type]

        monkeypatch.setattr(Judge, "step", judge)

    def expected(self, _host: object, _at: float) -> bool:
        self.now += 1
        self.most = max(self.most, self.now)
        return True

    async def turn(self) -> None:
        while True:
            self.now = 0
            await asyncio.sleep(0)


def test_the_loop_has_its_turn_while_all_are_looked_at_and_a_thread_judges(monkeypatch: pytest.MonkeyPatch) -> None:
    watched = Watched([row(f"a{at}") for at in range(5 * STEP)])
    turns = Turns(watched, monkeypatch)
    watched.silent = set(watched.fleet.hosts)
    watched.now += 600.0

    async def look_twice_at_once() -> list[list[Change]]:
        loop = asyncio.create_task(turns.turn())
        found = await asyncio.gather(*(
            watched.survey.alook(watched.now + more, WALL + watched.now + more - NOW) for more in (0.0, 120.0)
        ))  # fmt: skip
        loop.cancel()
        return found

    first, second = asyncio.run(look_twice_at_once())

    assert 0 < turns.most <= STEP
    assert len(turns.judged_by) == 2
    assert threading.get_ident() not in turns.judged_by
    assert gc.isenabled()
    # One waits for the other: what was told of is told once.
    assert [one.alert.rule for one in (*first, *second)] == ["SiteUnreachable"]


def test_a_look_in_steps_finds_what_a_look_at_once_finds() -> None:
    rows = [
        row("fw", "firewall"),
        *(row(f"a{at}") for at in range(STEP)),
        *(row(f"b{at}", site="b") for at in range(9)),
    ]
    told = []
    for is_stepwise in (False, True):
        watched = Watched(rows, {f"a{at}": ("fw",) for at in range(STEP)})
        watched.silent = {"fw", "b1", *(f"a{at}" for at in range(STEP))}
        if is_stepwise:
            survey = watched.survey
            survey.look = lambda now, wall, one=survey: asyncio.run(one.alook(now, wall))  # type: ignore[method-assign]
        told.append((watched.run(900), dict(watched.survey.muffled)))

    assert told[0] == told[1]
    assert told[0][0]


def test_who_speaks_while_we_look_is_not_silent() -> None:
    watched = Watched([row(f"a{at}") for at in range(3 * STEP)])
    watched.silent = {"a0"}
    watched.run(300)
    watched.silent = set()

    async def hear_meanwhile() -> None:
        look = asyncio.create_task(watched.survey.alook(watched.now, WALL + watched.now - NOW))
        await asyncio.sleep(0)
        watched.now += 1.0
        watched.hear()
        assert await look == []

    asyncio.run(hear_meanwhile())
    assert [what for what, *_ in watched.run(60)] == [What.CLEARED]


def test_a_look_at_a_city_takes_less_than_half_a_second() -> None:
    rows, parents = [], {}
    for site in range(200):
        rows.append(row(f"fw{site}", "firewall", f"s{site}"))
        for at in range(294):
            class_ = "server" if at < 60 else "workstation"
            rows.append(row(f"h{site}-{at}", class_, f"s{site}"))
            parents[f"h{site}-{at}"] = (f"fw{site}",)
    watched = Watched(rows, parents)
    assert len(watched.fleet.hosts) == 59_000
    gc.freeze()

    calm = _seconds(watched)
    watched.silent = {one for one in watched.fleet.hosts if crc32(one.encode()) % 3 == 0}
    watched.now += 200.0
    watched.hear()
    third = _seconds(watched)
    watched.silent = set(watched.fleet.hosts)
    watched.now += 200.0
    everything = _seconds(watched)
    gc.unfreeze()

    # The machine that tests run on is shared; what counts is the order of size.
    print(f"all well {calm:.2f} s, a third silent {third:.2f} s, all silent {everything:.2f} s")
    assert calm < 0.5 * 3
    assert third < 0.5 * 3
    assert everything < 1.0 * 3


def _seconds(watched: Watched) -> float:
    times = []
    for _ in range(3):
        watched.now += 5.0
        began = time.process_time()
        watched.survey.look(watched.now, WALL + watched.now - NOW)
        times.append(time.process_time() - began)
    return min(times)
