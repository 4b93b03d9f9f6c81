"""A site is cut, a server is switched off, computers go home: who is woken, and how often. Time is simulated."""

import asyncio
import random
from itertools import count
from pathlib import Path

import pytest
from collecting import host_row

from driftvakt_collector.alert.engine import Engine
from driftvakt_collector.alert.rootcause.survey import LOOK_SECONDS, Survey
from driftvakt_collector.alert.surroundings import Surroundings
from driftvakt_collector.desk import joining
from driftvakt_collector.desk.incidents import Rules
from driftvakt_collector.fleet.host import Host
from driftvakt_collector.fleet.state import Fleet
from driftvakt_collector.fleet.topology.atlas import Atlas
from driftvakt_collector.journal.line import Report
from driftvakt_collector.store import alerts, hosts, incidents
from driftvakt_collector.store.engine import Store
from driftvakt_collector.store.hosts import HostRow
from driftvakt_collector.store.incidents import IncidentRow

WEDNESDAY_17 = 1_764_172_800.0
"""2025-11-26 17:00 in Stockholm."""
_numbers = count(1)


class City:
    """Hosts that report each minute at a second of their own, and what watches them. wall runs as the test lets it."""

    def __init__(self, path: Path, rows: list[HostRow], seed: int, wall: float = WEDNESDAY_17 - 600.0) -> None:
        self.store = Store(f"sqlite:///{path}")
        self.store.migrate()
        self.store.write_now(lambda one: hosts.save(one, rows))
        self.wall = self.began = wall
        self.fleet = Fleet(rows, 0.0)
        self.surroundings = Surroundings(self.store, lambda: self.wall)
        self.survey = Survey(
            self.fleet, Atlas(self.fleet, self.store, lambda: self.wall), self.surroundings.expects, dict
        )
        self.surroundings.watcher = self.survey
        rules = Rules(lambda _alert, _at: "default", lambda: f"t{next(_numbers)}")

        async def write(judged: object) -> dict[str, int | None]:
            assert isinstance(judged, list)
            muffled = self.survey.muffled
            return self.store.write_now(lambda one: joining.apply(one, judged, rules, self.wall, muffled))

        self.engine = Engine(self.surroundings.of, write)
        self.dice = random.Random(seed)
        self.next = {row.origin: self.dice.uniform(0, 60) for row in rows}
        self.dead: set[str] = set()

    @property
    def now(self) -> float:
        return self.wall - self.began + 10_000.0

    def run(self, seconds: float) -> None:
        """Let time pass: hosts report, and it is looked every few seconds."""
        asyncio.run(self._run(seconds))

    async def _run(self, seconds: float) -> None:
        end = self.wall + seconds
        while self.wall < end:
            passed = self.wall - self.began
            for origin, due in self.next.items():
                if due <= passed:
                    self.next[origin] = due + 60.0
                    if origin not in self.dead:
                        report = Report(at=self.wall, up=1.0, series="b2:none", values=[])
                        self.fleet.report(self.host(origin), report, self.now, self.wall)
            self.engine.take(self.survey.look(self.now, self.wall))
            await self.engine.step(self.wall)
            firing = [*self.engine.firing.values()]
            self.store.write_now(lambda one: joining.recount(one, firing, self.survey.muffled))  # noqa: B023  done at once
            self.wall += LOOK_SECONDS

    def host(self, origin: str) -> Host:
        return self.fleet.hosts[origin]

    def open(self) -> list[IncidentRow]:
        return self.store.read(lambda one: incidents.listed(one, incidents.ALIVE, 100))

    def all(self) -> list[IncidentRow]:
        every = (*incidents.ALIVE, incidents.RESOLVED, incidents.CLOSED)
        return self.store.read(lambda one: incidents.listed(one, every, 100))


@pytest.fixture
def folder(tmp_path: Path, sqlite_template: Path) -> Path:
    path = tmp_path / "store.db"
    path.write_bytes(sqlite_template.read_bytes())
    return path


def rows(number: int, first: int = 0, **told: str) -> list[HostRow]:
    return [host_row(first + at, **told) for at in range(number)]


def test_a_site_of_500_hosts_that_is_cut_is_one_incident(folder: Path) -> None:
    city = City(folder, [*rows(500, site="Farsta"), *rows(100, 1000, site="Kista")], seed=7)
    city.run(900)
    assert city.all() == []
    cut = city.wall

    city.dead = {row for row in city.next if int(row[2:]) < 1000}
    city.run(900)

    (found,) = city.all()
    assert found.cause == "SiteUnreachable:adm:Farsta"
    assert found.severity == "critical"
    assert found.muffled == 500
    assert found.opened_at - cut <= 300
    quiet = city.store.read(alerts.firing)
    assert [row.rule for row in quiet] == ["SiteUnreachable"]

    city.dead = set()
    city.run(1200)
    assert [row.state for row in city.all()] == ["resolved"]


def test_four_hundred_computers_that_go_home_wake_nobody_and_a_server_does(folder: Path) -> None:
    machines = [*rows(400, class_="workstation", site="Farsta"), *rows(20, 1000, site="Farsta")]
    city = City(folder, machines, seed=11, wall=WEDNESDAY_17 - 1200.0)
    city.run(1200)

    city.dead = {row.origin for row in machines if row.class_ == "workstation"}
    city.run(1800)
    assert city.all() == []

    city.dead.add("a-1000")
    city.run(900)

    (found,) = city.all()
    assert (found.cause, found.severity) == ("a-1000", "critical")


def test_what_the_collector_could_not_hear_accuses_nobody(folder: Path) -> None:
    city = City(folder, rows(60, site="Farsta"), seed=3)
    city.run(900)

    # It stood still for an hour; every host reports again within a minute.
    city.wall += 3600.0
    city.fleet.healthy_since = city.now
    city.run(900)

    assert city.all() == []
