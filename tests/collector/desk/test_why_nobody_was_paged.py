"""An operator asks the morning after why nobody was paged, and is told the truth on one screen."""

import asyncio
from collections.abc import Iterator
from functools import partial
from itertools import count
from pathlib import Path

import pytest

from driftvakt_collector.__main__ import main
from driftvakt_collector.alert.engine import Engine
from driftvakt_collector.alert.rootcause.answer import answer
from driftvakt_collector.alert.rootcause.survey import Survey
from driftvakt_collector.alert.surroundings import Surroundings
from driftvakt_collector.desk import joining
from driftvakt_collector.desk.incidents import Rules
from driftvakt_collector.fleet.state import Fleet
from driftvakt_collector.fleet.topology.atlas import Atlas, Plan
from driftvakt_collector.fleet.topology.tree import Tree
from driftvakt_collector.store import alerts, hosts
from driftvakt_collector.store.engine import Store
from driftvakt_collector.store.hosts import HostRow

WALL = 1_795_000_000.0
"""2026-11-18 11:06:40 UTC."""
SCREEN = 24


def row(origin: str, class_: str = "server", site: str = "Kista", **told: str) -> HostRow:
    return HostRow(origin, 1, f"name-{origin}", "adm", "SLK", site, class_, **told)


ROWS = [
    row("fw", "firewall"), row("sw", "switch"), row("srv"), row("pc", "laptop"), row("odd", state="quarantined"),
    *(row(f"o{at}", site="Farsta") for at in range(6)),
]  # fmt: skip


class Night:
    """Hosts that report each minute, what watches them, and a store that keeps what was decided."""

    def __init__(self, store: Store) -> None:
        self.store, self.wall = store, WALL
        store.write_now(lambda one: hosts.save(one, ROWS))
        self.fleet = Fleet(ROWS, 0.0)
        atlas = Atlas(self.fleet, store, lambda: self.wall)
        atlas.plan = Plan(tree=Tree({"srv": ("sw",), "pc": ("sw",), "sw": ("fw",)}), at=WALL)
        surroundings = Surroundings(store, lambda: self.wall)
        self.survey = Survey(self.fleet, atlas, lambda _host, _at: True, dict)
        surroundings.watcher = self.survey
        rules, numbers = Rules(lambda _alert, _at: "default", partial(next, map(str, count(1)))), self.survey

        async def write(judged: object) -> dict[str, int | None]:
            assert isinstance(judged, list)
            return store.write_now(lambda one: joining.apply(one, judged, rules, self.wall, numbers.muffled))

        self.engine = Engine(surroundings.of, write)
        self.silent: set[str] = set()

    def run(self, seconds: float) -> None:
        """Let time pass."""
        asyncio.run(self._run(seconds))

    async def _run(self, seconds: float) -> None:
        end = self.wall + seconds
        while self.wall < end:
            now = self.wall - WALL + 10_000.0
            if now % 60 == 0:
                for host in self.fleet.hosts.values():
                    if host.origin not in self.silent:
                        host.received, host.received_wall = now, self.wall
            self.engine.take(self.survey.look(now, self.wall))
            await self.engine.step(self.wall)
            notes = self.survey.record.take()
            self.store.write_now(partial(alerts.remember, events=notes))
            self.wall += 5.0

    def told(self, origin: str) -> list[str]:
        """Return what is answered, without the times."""
        found = self.store.read(lambda one: answer(one, next(row for row in ROWS if row.origin == origin)))
        return [one.words.en for one in found]


@pytest.fixture
def night(store_url: str) -> Iterator[Night]:
    store = Store(store_url)
    store.migrate()
    yield Night(store)
    store.close()


def test_what_hung_behind_a_firewall_says_so_and_that_people_were_told_of_that(night: Night) -> None:
    night.run(300)
    night.silent = {"fw", "sw", "srv", "pc"}
    night.run(1200)
    night.silent = set()
    night.run(900)

    assert night.told("srv") == [
        "Site Kista can't be reached; that alert was paged (INC-1)",
        "Is heard again",
    ]
    assert night.told("o1") == ["No alert, and no silence that was held back, is written down"]


def test_a_parent_is_named_with_what_became_of_its_alert(night: Night) -> None:
    night.run(300)
    night.silent = {"sw", "srv"}
    night.run(900)
    night.silent = {"srv"}
    night.run(1200)

    told = night.told("srv")
    assert told[:2] == [
        "Can't be reached, for name-sw is down; that alert was paged (INC-1)",
        "Has ten minutes: what it hangs behind has only just come back",
    ]
    assert sorted(told[2:]) == [
        "Has an alert of its own since then",
        "HostSilent: name-srv fell silent – paged (INC-2)",
    ]
    assert night.told("sw") == ["HostSilent: name-sw fell silent – paged (INC-1); over since then"]


def test_what_is_always_so_is_said_first(night: Night) -> None:
    assert night.told("pc") == [
        "A person's computer never pages alone: only where many of a site are missing at once",
        "No alert, and no silence that was held back, is written down",
    ]
    assert night.told("odd")[0] == "Its lines are not taken (quarantined), so its silence says nothing"


def test_a_host_that_came_and_went_all_night_still_fits_on_a_screen(night: Night) -> None:
    for _ in range(6):
        night.silent = {"sw", "srv"}
        night.run(300)
        night.silent = {"srv"}
        night.run(300)

    assert len(night.told("srv")) < SCREEN
    for words in (one.words for one in night.store.read(lambda one: answer(one, ROWS[2]))):
        assert words.sv != words.en


def test_notes_are_let_go_of_after_their_time_and_alerts_are_not(night: Night) -> None:
    night.run(300)
    night.silent = {"sw", "srv"}
    night.run(900)

    assert night.store.write_now(lambda one: alerts.forget_notes(one, WALL)) == 0
    assert night.store.write_now(lambda one: alerts.forget_notes(one, night.wall)) == 1
    assert night.told("srv") == ["No alert, and no silence that was held back, is written down"]
    assert night.told("sw") == ["HostSilent: name-sw fell silent – paged (INC-1)"]


def test_the_command_answers_by_name_in_both_languages(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["init", "--data", str(tmp_path / "data")]) == 0
    night = Night(Store(f"sqlite:///{tmp_path / 'data' / 'store.db'}"))
    night.run(300)
    night.silent = {"sw", "srv"}
    night.run(900)
    night.store.close()

    def asked(*words: str, code: int = 0) -> str:
        capsys.readouterr()
        assert main(["incident", "why", *words, "--data", str(tmp_path / "data")]) == code
        told = capsys.readouterr()
        return told.out + told.err

    assert asked("name-srv").splitlines() == [
        "name-srv (srv), server, site Kista, zone adm",
        "  2026-11-18 11:13 UTC  Can't be reached, for name-sw is down; that alert was paged (INC-1)",
    ]
    assert "Nås inte, för name-sw ligger nere; larmet om det gick ut (INC-1)" in asked("srv", "--language", "sv")
    assert "there is no host 'nobody': driftvakt host list shows what there is" in asked("nobody", code=1)
