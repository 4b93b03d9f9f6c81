"""Each host's vendor and model, taken from its inventory as it comes."""

import asyncio
import json
from collections.abc import Iterator

import pytest
from collecting import host_row

from driftvakt_collector.fleet.models import Models
from driftvakt_collector.fleet.state import Fleet
from driftvakt_collector.store import inventory
from driftvakt_collector.store.engine import Store
from driftvakt_collector.store.inventory import SectionRow
from driftvakt_wire.envelope import digest


@pytest.fixture
def store(store_url: str) -> Iterator[Store]:
    store = Store(store_url)
    store.migrate()
    yield store
    store.close()


def came(store: Store, origin: str, name: str, columns: list[str], row: list[object]) -> None:
    text = json.dumps({"columns": columns, "rows": [row]}).encode()
    store.write_now(lambda one: inventory.write(one, [SectionRow(origin, name, digest(text), text, 1.0)]))


def test_hosts_are_named_at_the_start_and_when_they_change(store: Store) -> None:
    fleet = Fleet([host_row(1), host_row(2), host_row(3)], 0.0)
    one, other, bare = (fleet.hosts[f"a-000{number}"] for number in (1, 2, 3))
    came(store, "a-0001", "system", ["manufacturer", "product", "version"], ["LENOVO", "20L7001PMX", "ThinkPad T480s"])
    came(store, "a-0002", "system", ["manufacturer", "product"], ["System manufacturer", "System Product Name"])
    came(store, "a-0002", "baseboard", ["manufacturer", "product"], ["ASUSTeK Computer INC.", "P5Q"])
    models = Models(fleet, store)

    asyncio.run(models.name())

    assert [(host.vendor, host.model) for host in (one, other, bare)] == [
        ("Lenovo", "ThinkPad T480s"), ("ASUS", "P5Q"), ("", ""),
    ]  # fmt: skip

    came(store, "a-0003", "system", ["manufacturer", "product"], ["Dell Inc.", "OptiPlex 7010"])
    asyncio.run(models.name())
    assert bare.model == ""
    models.changed(["a-0003", "a-gone"])
    asyncio.run(models.name())
    assert (bare.vendor, bare.model) == ("Dell", "OptiPlex 7010")


def test_hostile_sections_name_nothing_and_stop_nobody(store: Store) -> None:
    fleet = Fleet([host_row(1), host_row(2)], 0.0)
    came(store, "a-0001", "system", ["manufacturer", "product"], [None, 7])
    came(store, "a-0001", "baseboard", ["product"], [True])
    came(store, "a-0002", "system", ["manufacturer", "product"], ["HP", "inc,," * 170])

    asyncio.run(Models(fleet, store).name())

    assert (fleet.hosts["a-0001"].vendor, fleet.hosts["a-0001"].model) == ("", "")
    assert fleet.hosts["a-0002"].vendor == "HP"
    assert len(fleet.hosts["a-0002"].model) <= 200
