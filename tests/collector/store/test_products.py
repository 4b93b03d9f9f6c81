"""Who has a product, whatever packages it comes in."""

import json
from collections.abc import Iterator

import pytest
from sqlalchemy import update

from driftvakt_collector.store import inventory, products
from driftvakt_collector.store.engine import Store
from driftvakt_collector.store.inventory import SectionRow
from driftvakt_collector.store.models import SoftwareTable
from driftvakt_collector.store.products import Has, ProductRow
from driftvakt_wire.envelope import digest

FIREFOX = ProductRow("Mozilla Firefox", "Mozilla", 4, 4)


@pytest.fixture
def store(store_url: str) -> Iterator[Store]:
    store = Store(store_url)
    store.migrate()
    for origin, source, name, version, publisher in (
        ("a-1", "dpkg", "firefox-esr", "1:102.6.0esr-1~deb11u1", "Debian"),
        ("a-2", "registry", "Mozilla Firefox (x64 sv-SE)", "122.0", "Mozilla"),
        ("a-3", "snap", "firefox", "115.0-2", "mozilla✓"),
        ("a-4", "flatpak", "org.mozilla.firefox", "121.0", "flathub"),
        ("a-5", "registry", "Google Chrome", "120.0", "Google LLC"),
    ):
        rows = [[source, name, "", version, publisher]]
        text = json.dumps(
            {"columns": ["source", "name", "architecture", "version", "publisher"], "rows": rows}
        ).encode()
        row = SectionRow(origin, "packages", digest(text), text, 1.0)
        store.write_now(lambda connection, row=row: inventory.write(connection, [row]))  # type: ignore[misc]
    yield store
    store.close()


def test_one_answer_across_systems(store: Store) -> None:
    found = store.read(lambda one: products.hosts_with(one, "Mozilla Firefox"))

    assert [(row.origin, row.source) for row in found] == [
        ("a-1", "dpkg"), ("a-2", "registry"), ("a-3", "snap"), ("a-4", "flatpak"),
    ]  # fmt: skip
    versions = [row.version for row in store.read(lambda one: products.releases(one, "Mozilla Firefox"))]
    assert versions == ["122.0", "121.0", "115.0-2", "1:102.6.0esr-1~deb11u1"]


def test_versions_are_compared_as_the_publisher_writes_them(store: Store) -> None:
    old = store.read(lambda one: products.hosts_with(one, "Mozilla Firefox", "<", "115"))
    same = store.read(lambda one: products.hosts_with(one, "Mozilla Firefox", "=", "115.0"))

    assert old == [Has("a-1", "1:102.6.0esr-1~deb11u1", "dpkg", "firefox-esr")]
    assert [row.origin for row in same] == ["a-3"]
    assert store.read(lambda one: products.hosts_with(one, "Mozilla Firefox", origins={"a-4"}))[0].origin == "a-4"


def test_products_are_found_by_name_and_publisher(store: Store) -> None:
    for text in ("mozilla firefox", "Firefox", "Mozilla Firefox"):
        assert store.read(lambda one, text=text: products.exactly(one, text)) == [FIREFOX]  # type: ignore[misc]
    assert store.read(lambda one: products.exactly(one, "nothing")) == []
    assert store.read(lambda one: products.listing(one, publisher="google")) == [
        ProductRow("Google Chrome", "Google", 1, 1)
    ]
    assert store.read(lambda one: products.listing(one, "fire%")) == []
    assert len(store.read(products.listing)) == 2


def test_what_other_rules_named_is_named_anew_in_steps(store: Store) -> None:
    software = SoftwareTable.__table__  # type: ignore[attr-defined]
    store.write_now(lambda one: one.execute(update(software).values(product="", product_by="", rules=0)))
    assert store.read(products.listing) == []
    steps, after = 0, -1
    while (found := store.write_now(lambda one, after=after: products.rename(one, after, 2))) is not None:  # type: ignore[misc]
        steps, after = steps + 1, found

    assert steps == 3
    assert store.read(lambda one: products.exactly(one, "firefox")) == [FIREFOX]
    assert store.write_now(products.rename) is None
