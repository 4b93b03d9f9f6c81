"""Who is a guest of whom: by lists of hypervisors, as stores keep them, against what hosts say of themselves."""

import asyncio
import json
from collections.abc import Iterator

import pytest

from driftvakt_collector.alert.rootcause.guest_list import LATER, MOST_MACHINES, SECTIONS
from driftvakt_collector.alert.rootcause.guests import Guests
from driftvakt_collector.fleet.state import Fleet
from driftvakt_collector.store import feed, inventory
from driftvakt_collector.store.engine import Store
from driftvakt_collector.store.feed import Batch
from driftvakt_collector.store.hosts import QUARANTINED, REVOKED, HostRow
from driftvakt_collector.store.inventory import SectionRow
from driftvakt_wire.envelope import digest

UUID = "420b8b04-70bb-c0c8-0493-2707cfbf399e"
TURNED = "048b0b42-bb70-c8c0-0493-2707cfbf399e"
"""The same, of a firmware older than SMBIOS 2.6."""
OTHER = "5e3884eb-1c1f-4c8f-a0c4-50d7e1fbe0aa"
HEARD = 1_795_000_000.0


@pytest.fixture
def store(store_url: str) -> Iterator[Store]:
    store = Store(store_url)
    yield store
    store.close()


class Hall:
    """Hosts, all heard at one moment, and what they tell."""

    def __init__(self, store: Store) -> None:
        self.store = store
        self.fleet = Fleet([], 0.0)
        self.guests = Guests(store, self.fleet)

    def host(self, origin: str, class_: str = "server", zone: str = "adm", name: str = "", **told: str) -> None:
        host = self.fleet.enrol(HostRow(origin, 1, name or origin, zone, "SLK", "Stadshuset", class_, **told))
        host.received = host.received_wall = HEARD

    def section(self, origin: str, name: str, columns: list[str], *rows: list[str]) -> None:
        body = json.dumps({"columns": columns, "rows": rows}).encode()
        batch = Batch()
        batch.sections.append(SectionRow(origin, name, digest(body), body, 1.0))
        self.store.write_now(lambda one: feed.write(one, batch, 1))
        self.guests.changed([origin])

    def machine(self, origin: str, uuid: str = "", virtual: str = "kvm", zone: str = "adm", name: str = "") -> None:
        """A machine whose agent says what it runs on."""
        self.host(origin, zone=zone, name=name)
        self.section(origin, "system", ["uuid"], [uuid])
        self.section(origin, "operating_system", ["hostname", "virtual"], [name or origin, virtual])

    def lists(self, origin: str, *machines: tuple[str, str], kind: str = "libvirt") -> None:
        self.section(origin, "virtual_machines", ["name", "kind", "uuid"], *([one, kind, two] for one, two in machines))

    def look(self) -> dict[str, str]:
        asyncio.run(self.guests.refresh())
        return dict(self.guests.mapping())


@pytest.fixture
def hall(store: Store) -> Hall:
    hall = Hall(store)
    hall.host("esx", "hypervisor", keeper="p")
    return hall


def test_a_guest_is_known_by_its_uuid_in_whichever_case_and_order_of_bytes(hall: Hall) -> None:
    hall.lists("esx", ("something else", UUID), kind="vmware")
    for uuid in (UUID, UUID.upper(), TURNED):
        hall.machine("web", uuid)
        assert hall.look() == {"web": "esx"}, uuid


def test_a_uuid_that_boards_come_with_makes_nobody_a_guest(hall: Hall) -> None:
    for uuid in ("", "03000200-0400-0500-0006-000700080009", "ffffffff-ffff-ffff-ffff-ffffffffffff", "none"):
        hall.machine("web", uuid)
        hall.lists("esx", ("something else", uuid))
        assert hall.look() == {}, uuid


def test_where_no_uuid_fits_the_name_of_one_host_does(hall: Hall) -> None:
    for listed, called in (
        ("web1", "web1"), ("WEB1", "web1.stad.se"), ("web1.stad.se", "Web1"), ("web1.stad.se", "web1.stad.se"),
    ):  # fmt: skip
        hall.machine("a", UUID, name=called)
        hall.lists("esx", (listed, ""))
        assert hall.look() == {"a": "esx"}, (listed, called)


def test_a_name_that_two_hosts_have_or_that_is_of_another_domain_makes_nobody_a_guest(hall: Hall) -> None:
    hall.machine("a", name="web1.skola.se")
    hall.lists("esx", ("web1.stad.se", ""))
    assert hall.look() == {}

    hall.lists("esx", ("web1", ""))
    assert hall.look() == {"a": "esx"}
    hall.machine("b", name="web1.stad.se")
    assert hall.look() == {}


def test_a_host_of_that_name_with_another_uuid_is_another_machine(hall: Hall) -> None:
    hall.machine("web", OTHER)
    hall.lists("esx", ("web", UUID))
    assert hall.look() == {}


def test_hyper_v_numbers_its_machines_by_itself_so_the_name_tells(hall: Hall) -> None:
    hall.machine("web", OTHER, "microsoft")
    hall.lists("esx", ("web", UUID), kind="hyper-v")
    assert hall.look() == {"web": "esx"}


def test_of_copies_with_one_uuid_the_name_tells(hall: Hall) -> None:
    hall.machine("web1", UUID)
    hall.machine("web2", UUID)
    hall.lists("esx", ("web2", UUID))
    assert hall.look() == {"web2": "esx"}
    hall.lists("esx", ("web3", UUID))
    assert hall.look() == {}


def test_never_across_zones(hall: Hall) -> None:
    hall.machine("web", UUID, zone="edu")
    hall.lists("esx", ("web", UUID), ("web", ""))
    assert hall.look() == {}


def test_what_is_no_server_claims_nobody(hall: Hall) -> None:
    hall.machine("web", UUID)
    hall.lists("mallory", ("web", UUID))
    for class_ in ("workstation", "laptop", "switch", "printer", "relay", ""):
        hall.host("mallory", class_)
        assert hall.look() == {}, class_
    hall.host("mallory", "server")
    assert hall.look() == {"web": "mallory"}


def test_who_is_not_trusted_claims_nobody(hall: Hall) -> None:
    hall.machine("web", UUID)
    hall.lists("mallory", ("web", UUID))
    for state in (QUARANTINED, REVOKED):
        hall.host("mallory", state=state)
        assert hall.look() == {}, state

    # Somebody approves it, and nothing new comes of it.
    hall.host("mallory")
    assert hall.look() == {"web": "mallory"}


def test_a_machine_of_its_own_is_nobodys_guest_whatever_others_list(hall: Hall) -> None:
    hall.machine("db", UUID, virtual="")
    hall.host("fresh")
    hall.lists("esx", ("db", UUID), ("fresh", ""), ("esx", ""))
    assert hall.look() == {}


def test_a_device_that_is_asked_may_be_a_guest_by_its_name_but_no_printer(hall: Hall) -> None:
    hall.host("fw", "firewall", keeper="p")
    hall.host("mfp", "printer", keeper="p")
    hall.host("web", "service", keeper="p")
    hall.lists("esx", ("fw", ""), ("mfp", ""), ("web", ""))
    assert hall.look() == {"fw": "esx"}


def test_a_container_of_the_machine_under_it_is_known_by_its_name_alone(hall: Hall) -> None:
    hall.host("pve")
    hall.machine("ct", UUID, "lxc")
    hall.machine("grafana", OTHER, "kvm")
    hall.section("pve", "virtual_machines", ["name", "kind", "uuid"], ["ct", "lxc", ""], ["vm", "proxmox", UUID],
                 ["grafana", "docker", ""])  # fmt: skip
    assert hall.look() == {"ct": "pve"}


def test_whom_two_claim_by_uuid_is_nobodys_and_a_uuid_weighs_more_than_a_name(hall: Hall) -> None:
    hall.machine("web", UUID)
    hall.host("kvm")
    hall.lists("esx", ("web", UUID))
    hall.lists("kvm", ("web", ""))
    assert hall.look() == {"web": "esx"}
    hall.lists("kvm", ("web", UUID))
    assert hall.look() == {}


def test_who_was_heard_long_after_its_hypervisor_runs_elsewhere(hall: Hall) -> None:
    hall.machine("web", UUID)
    hall.host("kvm")
    hall.lists("esx", ("web", UUID))
    web = hall.fleet.hosts["web"]
    web.received_wall = HEARD + LATER
    assert hall.look() == {"web": "esx"}
    web.received_wall += 1.0
    assert hall.look() == {}

    # The one that took it over lists it; the old one comes back, and lists it no more.
    hall.fleet.hosts["kvm"].received_wall = web.received_wall
    hall.lists("kvm", ("web", UUID))
    assert hall.look() == {"web": "kvm"}
    hall.fleet.hosts["esx"].received_wall = web.received_wall
    assert hall.look() == {}
    hall.lists("esx", ("mail", ""))
    assert hall.look() == {"web": "kvm"}


def test_of_a_list_only_so_many_machines_are_taken(hall: Hall) -> None:
    hall.machine("zz", UUID)
    hall.lists("esx", *((f"m{at:05}", "") for at in range(MOST_MACHINES)), ("zz", UUID))
    assert hall.look() == {}


def test_what_stands_in_a_list_is_only_compared(hall: Hall) -> None:
    hall.machine("web", UUID)
    body = json.dumps({"columns": ["name", "uuid"], "rows": [[None, 7], [True, "{"], [".", ""], ["", ""]]}).encode()
    batch = Batch()
    batch.sections.append(SectionRow("esx", "virtual_machines", digest(body), body, 1.0))
    hall.store.write_now(lambda one: feed.write(one, batch, 1))
    hall.guests.changed(["esx"])
    assert hall.look() == {}


def test_only_what_changed_is_read_again(hall: Hall, monkeypatch: pytest.MonkeyPatch) -> None:
    hall.machine("web", UUID)
    hall.lists("esx", ("web", UUID))
    asked: list[list[str]] = []
    read = inventory.of_hosts

    def remember(connection: object, origins: list[str], names: tuple[str, ...]) -> object:
        assert names == SECTIONS
        asked.append(sorted(origins))
        return read(connection, origins, names)  # type: ignore[arg-type]

    monkeypatch.setattr(inventory, "of_hosts", remember)
    assert hall.look() == {"web": "esx"}
    kept = hall.guests.mapping()
    hall.look()
    assert hall.guests.mapping() is kept
    hall.lists("esx", ("web", UUID), ("mail", ""))
    hall.look()
    assert hall.guests.mapping() is kept
    assert asked == [["esx", "web"], ["esx"]]


def test_a_store_that_fails_is_asked_again(hall: Hall, monkeypatch: pytest.MonkeyPatch) -> None:
    hall.machine("web", UUID)
    hall.lists("esx", ("web", UUID))
    with monkeypatch.context() as broken:
        broken.setattr(inventory, "of_hosts", lambda *_: 1 / 0)
        with pytest.raises(ZeroDivisionError):
            hall.look()
    assert hall.look() == {"web": "esx"}


def test_after_a_start_all_hosts_are_read(hall: Hall) -> None:
    hall.machine("web", UUID)
    hall.lists("esx", ("web", UUID))
    hall.guests = Guests(hall.store, hall.fleet)
    assert hall.look() == {"web": "esx"}
