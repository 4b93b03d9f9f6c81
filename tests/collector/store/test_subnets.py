"""Networks and devices in the store, on SQLite and PostgreSQL: what was found outlives a change of the plan."""

from collections.abc import Iterator
from datetime import UTC, datetime

import pytest

from driftvakt_collector.store import devices, hosts, subnets
from driftvakt_collector.store.devices import CredentialRow, DeviceError, DeviceRow
from driftvakt_collector.store.engine import Store
from driftvakt_collector.store.hosts import HostRow
from driftvakt_collector.store.subnets import SubnetRow

ROW = SubnetRow("adm", "10.20.0.0/24", "Hägersten", "Idrott", "", 3600.0, 50.0, True, 1.7e9, "root")
NOW = datetime.fromtimestamp(1.7e9, UTC)


@pytest.fixture
def store(store_url: str) -> Iterator[Store]:
    made = Store(store_url)
    made.migrate()
    yield made
    made.close()


def device(number: int) -> tuple[HostRow, DeviceRow]:
    host = HostRow(f"d-{number}", 1, f"sw-{number}", "adm", "Idrott", "Hägersten", "switch", supplier="S:t Erik")
    row = DeviceRow(f"d-{number}", "adm", f"10.20.0.{number}", 161, "", 60.0, 1.7e9, "root")
    return host, row


def test_a_network_that_is_told_anew_keeps_what_was_found(store: Store) -> None:
    store.write_now(lambda one: subnets.keep(one, ROW))
    store.write_now(lambda one: subnets.tell(one, ROW, {"ended": 1.7e9 + 9, "known": 7, "said": ""}))
    store.write_now(lambda one: subnets.keep(one, ROW._replace(site="Älvsjö", adds=False, cron="0 20 * * *")))

    (found,) = store.read(subnets.load)

    assert (found.site, found.adds, found.cron) == ("Älvsjö", False, "0 20 * * *")
    assert (found.ended, found.known, found.added_by) == (1.7e9 + 9, 7, "root")
    assert store.write_now(lambda one: subnets.remove(one, "adm", "10.20.0.0/24"))
    assert not store.write_now(lambda one: subnets.remove(one, "adm", "10.20.0.0/24"))


def test_a_device_has_a_place_a_supplier_and_a_way_that_it_is_asked(store: Store) -> None:
    host, row = device(1)
    row = row._replace(how="ssh", host_key="ssh-ed25519 AAAA", port=22)
    store.write_now(lambda one: devices.add(one, host, row))

    ((found, whose),) = store.read(devices.load)

    assert found == row
    assert (whose.supplier, whose.class_, bool(whose.keeper)) == ("S:t Erik", "switch", True)
    with pytest.raises(DeviceError, match="port 22 is in zone adm already"):
        store.write_now(lambda one: devices.add(one, device(2)[0], row._replace(origin="d-2")))
    assert [one for one, _ in store.read(devices.load)] == [row]


def test_what_is_removed_is_asked_no_more_and_can_be_added_again(store: Store) -> None:
    store.write_now(lambda one: devices.add(one, *device(1)))

    assert store.write_now(lambda one: devices.remove(one, "d-1", NOW))
    assert not store.write_now(lambda one: devices.remove(one, "d-1", NOW))
    assert store.read(devices.load) == []
    assert store.read(devices.removed) == {("adm", "10.20.0.1")}
    gone = store.read(lambda one: hosts.find(one, "d-1"))
    assert gone is not None
    assert gone.state == hosts.REVOKED
    host, row = device(1)
    again = host._replace(origin="d-9"), row._replace(origin="d-9")
    store.write_now(lambda one: devices.add(one, *again))
    assert [one.origin for one, _ in store.read(devices.load)] == ["d-9"]
    assert store.read(devices.removed) == set()


def test_a_credential_is_of_its_zone(store: Store) -> None:
    rows = [CredentialRow(zone, "lan", "", "snmp", zone.encode(), 1.7e9) for zone in ("adm", "edu")]
    store.write_now(lambda one: devices.keep_credential(one, rows))

    assert store.write_now(lambda one: devices.remove_credential(one, "edu", "lan"))
    assert [(one.zone, one.sealed) for one in store.read(devices.credentials)] == [("adm", b"adm")]
