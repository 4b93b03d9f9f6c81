"""Who hangs behind whom follows what the store brings: sections, forwarding tables, and what is revoked."""

import asyncio
import json
from collections.abc import Iterator

import pytest
from collecting import host_row

from driftvakt_collector.fleet.state import Fleet
from driftvakt_collector.fleet.topology import part
from driftvakt_collector.fleet.topology.atlas import ALL, REST, Atlas
from driftvakt_collector.fleet.topology.link import How
from driftvakt_collector.fleet.topology.part import Forwarding, Seen
from driftvakt_collector.store import devices, feed, parts
from driftvakt_collector.store.devices import DeviceRow
from driftvakt_collector.store.engine import Store
from driftvakt_collector.store.feed import Batch
from driftvakt_collector.store.hosts import REVOKED, HostRow
from driftvakt_collector.store.inventory import SectionRow
from driftvakt_wire.envelope import digest

MAC = "00:1b:a9:00:00:01"


@pytest.fixture
def store(store_url: str) -> Iterator[Store]:
    store = Store(store_url)
    store.migrate()
    yield store
    store.close()


class Town:
    """A switch that is asked, a machine, and a clock."""

    def __init__(self, store: Store) -> None:
        self.store = store
        self.now = 1000.0
        switch = HostRow("d-sw", 1, "sw", "adm", "SLK", "Stadshuset", "switch")
        asked = DeviceRow("d-sw", "adm", "10.20.0.7", 161, "", 60.0, 1.0, "anna")
        switch = store.write_now(lambda one: devices.add(one, switch, asked))
        self.fleet = Fleet([switch, host_row(1), host_row(2)], 0.0)
        self.atlas = Atlas(self.fleet, store, lambda: self.now)

    def section(self, origin: str, name: str, columns: list[str], *rows: list[str]) -> None:
        body = json.dumps({"columns": columns, "rows": rows}).encode()
        batch = Batch()
        batch.sections.append(SectionRow(origin, name, digest(body), body, 1.0))
        self.store.write_now(lambda one: feed.write(one, batch, 1))

    def table(self, origin: str, body: bytes) -> None:
        batch = Batch()
        batch.parts[origin, part.NAME] = (digest(body), body)
        self.store.write_now(lambda one: feed.write(one, batch, 1))

    def look(self, *origins: str, after: float = REST) -> list[tuple[str, str, How]]:
        self.now += after
        self.atlas.changed(origins)
        asyncio.run(self.atlas.survey())
        return [(link.one.origin, link.other.origin, link.how) for link in self.atlas.plan.solution.links]


def test_a_machine_is_found_behind_its_switch_and_moves_when_the_table_does(store: Store) -> None:
    town = Town(store)
    town.section("a-0001", "network_interfaces", ["name", "mac"], ["eth0", MAC])
    town.table("d-sw", part.write(Forwarding("00:1b:a9:00:00:ff", (Seen(MAC, "7", 1),))))

    before = town.atlas.ready
    assert town.look() == [("d-sw", "a-0001", How.FDB)]
    assert (before, town.atlas.ready) == (False, True)
    assert town.atlas.plan.tree.path("a-0001") == ["d-sw"]

    town.table("d-sw", part.write(Forwarding("", ())))
    assert town.look("d-sw", after=REST / 2) == [("d-sw", "a-0001", How.FDB)]
    assert town.look() == []


def test_the_address_that_a_device_is_asked_at_is_its_own(store: Store) -> None:
    town = Town(store)
    town.table("a-0001", part.write(Forwarding(gateway="10.20.0.7")))

    assert town.look() == [("d-sw", "a-0001", How.GATEWAY)]


def test_no_computer_says_that_others_hang_behind_it(store: Store) -> None:
    town = Town(store)
    town.section("a-0001", "network_interfaces", ["name", "mac"], ["eth0", MAC])
    town.table("a-0002", part.write(Forwarding("", (Seen(MAC, "7", 1),))))

    assert town.look() == []


def test_garbage_and_what_is_gone_stop_nobody(store: Store, caplog: pytest.LogCaptureFixture) -> None:
    town = Town(store)
    town.section("a-0001", "network_interfaces", ["name", "mac"], ["eth0", MAC])
    town.table("d-sw", part.write(Forwarding("", (Seen(MAC, "7", 1),))))
    town.table("a-0002", b'{"rows":7}')

    assert town.look("a-gone") == [("d-sw", "a-0001", How.FDB)]
    assert "what host a-0002 sees behind its ports is passed over" in caplog.text
    town.fleet.hosts["a-0001"].state = REVOKED
    assert town.look(after=REST) == [("d-sw", "a-0001", How.FDB)]
    assert town.look(after=ALL) == []


def test_what_the_supplier_delivers_is_told_apart(store: Store) -> None:
    town = Town(store)
    town.fleet.hosts["d-sw"].supplier = "S:t Erik Kommunikation"
    town.section("d-sw", "neighbours", ["port", "chassis", "name", "protocol"], ["1", "x", "x", "lldp"])

    town.look()

    assert [link.supplier for link in town.atlas.plan.solution.links] == [True]


def test_parts_are_read_for_many_hosts_and_only_of_that_name(store: Store) -> None:
    batch = Batch()
    for number in range(1201):
        batch.parts[f"a-{number}", "forwarding"] = (f"{number}", f"{number}".encode())
        batch.parts[f"a-{number}", "info"] = ("x", b"x")
    store.write_now(lambda one: feed.write(one, batch, 1))

    found = store.read(lambda one: parts.bodies(one, "forwarding", [f"a-{number}" for number in range(1200)]))

    assert len(found) == 1200
    assert found["a-1199"] == b"1199"
    assert store.read(lambda one: parts.bodies(one, "forwarding", [])) == {}
