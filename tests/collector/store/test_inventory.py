"""The inventory in the store, on SQLite and on PostgreSQL."""

import json
from collections.abc import Iterator

import pytest

from driftvakt_collector.store import feed, inventory, sweep
from driftvakt_collector.store.engine import Store
from driftvakt_collector.store.feed import Batch
from driftvakt_collector.store.inventory import SectionRow
from driftvakt_wire.envelope import digest


@pytest.fixture
def store(store_url: str) -> Iterator[Store]:
    store = Store(store_url)
    store.migrate()
    yield store
    store.close()


def packages(**versions: str) -> bytes:
    rows = [["dpkg", name, "amd64", version] for name, version in versions.items()]
    return json.dumps({"columns": ["source", "name", "architecture", "version"], "rows": rows}).encode()


def came(store: Store, origin: str, body: bytes, at: float, name: str = "packages") -> None:
    batch = Batch()
    batch.sections.append(SectionRow(origin, name, digest(body), body, at))
    store.write_now(lambda connection: feed.write(connection, batch, 1))


def changed(store: Store, origin: str = "a-1") -> list[tuple[str, str, str, str, float]]:
    rows = store.read(lambda connection: inventory.recent_changes(connection, (origin,)))
    return [(row.kind, row.key, row.old, row.new, row.at) for row in rows]


def test_the_first_inventory_is_no_change_and_the_next_is(store: Store) -> None:
    came(store, "a-1", packages(openssl="3.0.11"), 100.0)
    assert changed(store) == []

    came(store, "a-1", packages(openssl="3.0.14"), 200.0)

    assert changed(store) == [("changed", "dpkg openssl amd64", "3.0.11", "3.0.14", 200.0)]
    (body,) = store.read(lambda connection: inventory.of_host(connection, "a-1")).values()
    assert [row[:4] for row in body.rows] == [["dpkg", "openssl", "amd64", "3.0.14"]]


def test_the_same_again_changes_nothing(store: Store) -> None:
    for at in (100.0, 200.0, 300.0):
        came(store, "a-1", packages(openssl="3.0.14"), at)

    assert changed(store) == []


def test_three_within_one_batch_leave_each_their_trace(store: Store) -> None:
    batch = Batch()
    for at, version in enumerate(("1", "2", "3")):
        body = packages(openssl=version)
        batch.sections.append(SectionRow("a-1", "packages", digest(body), body, float(at)))

    store.write_now(lambda connection: feed.write(connection, batch, 1))

    assert [(old, new) for _, _, old, new, _ in changed(store)] == [("2", "3"), ("1", "2")]


def test_hosts_with_the_same_list_share_it(store: Store) -> None:
    for number in range(20):
        came(store, f"a-{number}", packages(bash="5"), 1.0)

    assert store.write_now(sweep.whole) == 0
    assert len(store.read(lambda connection: inventory.of_host(connection, "a-19"))["packages"].rows) == 1
    came(store, "a-3", packages(bash="6"), 2.0)
    assert [row[2:4] for row in changed(store, "a-3")] == [("5", "6")]
    assert changed(store, "a-4") == []


def test_a_list_that_nobody_has_any_more_goes(store: Store) -> None:
    came(store, "a-1", packages(bash="5"), 1.0)
    came(store, "a-1", packages(bash="6"), 2.0)

    # The list, what is in it, its band, it in one piece, and that release.
    assert store.write_now(sweep.whole) == 5
    assert store.write_now(sweep.whole) == 0
    assert store.read(lambda connection: inventory.of_host(connection, "a-1"))["packages"].rows[0][3] == "6"


def test_what_changed_on_some_hosts_between_two_moments(store: Store) -> None:
    for origin, at in (("a-1", 100.0), ("a-2", 200.0), ("a-3", 300.0)):
        came(store, origin, packages(bash="5"), 1.0)
        came(store, origin, packages(bash="6"), at)

    rows = store.read(lambda connection: inventory.what_changed(connection, ["a-1", "a-2", "a-3"], 150.0, 300.0))
    none = store.read(lambda connection: inventory.what_changed(connection, [], 0.0, 300.0))

    assert [(row.origin, row.at) for row in rows] == [("a-3", 300.0), ("a-2", 200.0)]
    assert none == []


def test_a_section_of_nobody_s_shape_stops_nothing(store: Store) -> None:
    came(store, "a-1", packages(bash="5"), 1.0)
    came(store, "a-1", b"{}", 2.0)
    came(store, "a-1", packages(bash="6"), 3.0)

    assert [row[2:] for row in changed(store)] == [("5", "6", 3.0)]
