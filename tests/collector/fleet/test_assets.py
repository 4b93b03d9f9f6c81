import asyncio
from collections.abc import Iterator
from typing import Any

import msgspec
import pytest
from sqlalchemy import Connection

from driftvakt_collector.fleet import succession
from driftvakt_collector.fleet.assets import PATIENCE, Assets
from driftvakt_collector.fleet.book import SqlBook
from driftvakt_collector.fleet.state import Fleet
from driftvakt_collector.store import inventory
from driftvakt_collector.store.engine import Store
from driftvakt_collector.store.hosts import HostRow
from driftvakt_collector.store.inventory import SectionRow
from driftvakt_wire.envelope import digest


class Town:
    """A fleet, its store, and a clock that is turned by hand."""

    def __init__(self, store: Store) -> None:
        self.store = store
        self.now = 1.7e9
        rows = [HostRow(f"a-{name}", 1, name, "adm", "skola", "hus", "server") for name in "xyz"]
        self.fleet = Fleet(rows, healthy_since=0.0)
        self.assets = Assets(self.fleet, store, lambda: self.now)

    def inventory(self, origin: str, **sections: dict[str, Any]) -> None:
        rows = []
        for name, row in sections.items():
            body = msgspec.json.encode({"columns": list(row), "rows": [list(row.values())]})
            rows.append(SectionRow(origin, name, digest(body), body, self.now))
        self.store.write_now(lambda connection: inventory.write(connection, rows))
        self.assets.changed([origin])

    def machine(self, origin: str, machine_id: str, serial: str = "4XK2P13", mac: str = "00:1b:21:00:00:01") -> None:
        self.inventory(
            origin,
            system={"serial": serial, "uuid": "4c4c4544-0058-4b10-8032-b4c04f503133"},
            operating_system={"hostname": "räv", "machine_id": machine_id, "virtual": ""},
            network_interfaces={"mac": mac, "permanent_mac": "", "type": "ethernet", "driver": "e1000e",
                                "bus_address": "0000:00:1f.6"},
        )  # fmt: skip

    def report(self, *origins: str) -> None:
        for origin in origins:
            host = self.fleet.hosts[f"a-{origin}"]
            if self.now - host.received_wall > 180:
                host.streak = self.now
            # What it says of itself is never believed.
            host.received, host.received_wall, host.up = self.now, self.now, 0.0

    def pass_time(self, seconds: float, *running: str) -> None:
        """Let time go on, with a report a minute of those that run."""
        for _ in range(int(seconds // 60)):
            self.now += 60
            self.report(*running)
            asyncio.run(self.assets.work())

    def told(self, origin: str) -> list[tuple[str, str, str, str, str]]:
        """Return what changed on a host, in the order in which it came."""
        rows = self.store.read(lambda one: inventory.recent_changes(one, [origin]))
        return [(one.section, one.kind, one.column, one.old, one.new) for one in reversed(rows)]

    def homes(self) -> dict[str, int]:
        def read(connection: Connection) -> dict[str, int]:
            return {origin: SqlBook(connection).home(origin) for origin in self.fleet.hosts}

        return {origin[2:]: number for origin, number in self.store.read(read).items() if number}


@pytest.fixture
def town(store_url: str) -> Iterator[Town]:
    store = Store(store_url)
    store.migrate()
    yield Town(store)
    store.close()


def test_a_machine_becomes_an_asset_and_stays_one_when_it_is_installed_anew(town: Town) -> None:
    town.report("x")
    town.machine("a-x", "id-1")
    town.pass_time(PATIENCE + 60, "x")
    assert town.homes() == {"x": 1}
    town.now += 3600
    town.report("y")
    town.machine("a-y", "id-2")
    town.pass_time(PATIENCE + 60, "y")

    assert town.homes() == {"x": 1, "y": 1}
    assert (town.assets.assets, town.assets.questions) == (1, 0)


def test_a_machine_that_is_installed_anew_is_known_at_once_and_what_is_different_is_told(town: Town) -> None:
    town.report("x")
    town.machine("a-x", "id-1")
    town.inventory("a-x", storage={"name": "sda", "serial": "S1", "model": "WD"})
    town.pass_time(PATIENCE + 60, "x")
    town.now += 600
    town.report("y")
    town.machine("a-y", "id-2")
    town.pass_time(60, "y")

    assert town.homes() == {"x": 1, "y": 1}
    assert town.told("a-y") == [
        ("installation", "changed", "host", "a-x", "a-y"),
        ("operating_system", "changed", "machine_id", "id-1", "id-2"),
    ]  # fmt: skip
    # Its disks are told later than the rest.
    town.inventory("a-y", storage={"name": "sda", "serial": "S2", "model": "WD"})
    town.pass_time(60, "y")
    assert [row[:2] for row in town.told("a-y")[2:]] == [("storage", "removed"), ("storage", "added")]
    town.pass_time(succession.PATIENCE, "y")
    assert len(town.told("a-y")) == 4


def test_one_that_may_run_beside_another_is_waited_for(town: Town) -> None:
    town.report("x")
    town.machine("a-x", "id-1")
    town.pass_time(PATIENCE + 60, "x")
    town.report("y")
    town.machine("a-y", "id-2")
    town.pass_time(60, "y")
    assert town.homes() == {"x": 1}

    town.pass_time(PATIENCE + 60, "y")
    assert town.homes() == {"x": 1, "y": 1}


def test_nobody_is_taken_for_silent_by_a_collector_that_has_just_started(town: Town) -> None:
    town.report("x")
    town.machine("a-x", "id-1")
    town.pass_time(PATIENCE + 60, "x")
    town.fleet.hosts["a-x"].received = None
    town.now += 3600
    town.report("y")
    town.machine("a-y", "id-2")
    town.pass_time(60, "y")
    assert town.homes() == {"x": 1}


def test_two_that_run_at_the_same_time_are_two_whatever_they_say(town: Town) -> None:
    town.report("x", "y")
    town.machine("a-x", "id-1")
    town.pass_time(PATIENCE + 60, "x", "y")
    town.machine("a-y", "id-2")
    town.pass_time(PATIENCE + 120, "x", "y")

    assert town.homes() == {"x": 1, "y": 2}


def test_one_whose_line_was_cut_comes_back_and_is_parted(town: Town) -> None:
    town.report("x")
    town.machine("a-x", "id-1")
    town.pass_time(PATIENCE + 60, "x")
    town.report("y")
    town.machine("a-y", "id-2")
    town.pass_time(PATIENCE + 60, "y")
    assert town.homes() == {"x": 1, "y": 1}
    town.pass_time(600, "x", "y")

    assert town.homes() == {"x": 1, "y": 2}


def test_what_an_earlier_run_did_not_come_to_is_done_after_the_start(town: Town) -> None:
    town.report("x")
    town.machine("a-x", "id-1")
    town.assets = Assets(town.fleet, town.store, lambda: town.now)
    town.pass_time(PATIENCE + 60, "x")
    assert town.homes() == {"x": 1}

    third = Assets(town.fleet, town.store, lambda: town.now)
    asyncio.run(third.work())
    assert not third._changed


def test_one_that_cannot_be_placed_keeps_nobody_from_their_place(town: Town, caplog: pytest.LogCaptureFixture) -> None:
    town.report("x", "y")
    town.machine("a-x", "id-1")
    town.machine("a-y", "id-2", serial="9ZZ8Q77", mac="00:1b:21:00:00:02")
    town.fleet.hosts["a-x"].streak = "no number"  # type: ignore[assignment]
    town.assets._met = dict.fromkeys(("a-x", "a-y"), 0.0)
    asyncio.run(town.assets.work())

    assert town.homes() == {"y": 1}
    assert "cannot say which asset host a-x is" in caplog.text
