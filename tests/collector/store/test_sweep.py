"""What nobody needs any more goes, a bounded step at a time."""

import json
from collections.abc import Iterator
from functools import partial

import pytest

from driftvakt_collector.store import inventory, software, sweep
from driftvakt_collector.store.engine import Store
from driftvakt_collector.store.inventory import SectionRow
from driftvakt_wire.envelope import digest


@pytest.fixture
def store(store_url: str) -> Iterator[Store]:
    store = Store(store_url)
    store.migrate()
    yield store
    store.close()


def row(origin: str, name: str, told: dict[str, str]) -> SectionRow:
    keys = ("name", "version") if name == "packages" else ("name", "serial")
    body = json.dumps({"columns": keys, "rows": list(told.items())}).encode()
    return SectionRow(origin, name, digest(body), body, 1.0)


def test_a_step_removes_no_more_than_it_looks_at(store: Store) -> None:
    for version in ("1", "2"):
        disks = [row(f"a-{number}", "storage", {"sda": f"{number}-{version}"}) for number in range(2500)]
        store.write_now(partial(inventory.write, sections=disks))

    place: sweep.Place | None = sweep.Place()
    steps = []
    while place is not None and place.table == 0:
        before = place.gone
        place = store.write_now(partial(sweep.step, place=place))
        assert place is not None
        steps.append(place.gone - before)

    assert sum(steps) == 2500
    assert max(steps) <= 2000
    assert len(store.read(partial(inventory.of_host, origin="a-7"))["storage"].rows) == 1


def test_a_base_stays_as_long_as_a_list_is_kept_by_it(store: Store) -> None:
    many = {f"package-{number}": "1" for number in range(400)}
    store.write_now(partial(inventory.write, sections=[row("a-1", "packages", many)]))
    store.write_now(partial(inventory.write, sections=[row("a-2", "packages", many | {"extra": "1"})]))
    store.write_now(partial(inventory.write, sections=[row("a-1", "packages", {"other": "1"})]))

    store.write_now(sweep.whole)

    assert [one.origin for one in store.read(partial(software.hosts_with, name="package-7"))] == ["a-2"]
    store.write_now(partial(inventory.write, sections=[row("a-2", "packages", {"other": "1"})]))
    # The list of a-2 and its row of difference; the base, whole and by its bands; and every release but one.
    gone = store.write_now(sweep.whole)
    assert gone > 400 + 401
    assert store.read(partial(software.names_like, words="package")) == []
    assert store.write_now(sweep.whole) == 0
