"""Who has a product, whatever packages it comes in."""

import json
from collections.abc import Iterator

import pytest
from sqlalchemy import update

from driftvakt_collector.store import inventory, products
from driftvakt_collector.store.engine import Store
from driftvakt_collector.store.inventory import SectionRow
from driftvakt_collector.store.models import SoftwareTable
from driftvakt_collector.store.products import ProductRow
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
        _write(store, origin, (source, name, version, publisher))
    yield store
    store.close()


def test_one_answer_across_systems(store: Store) -> None:
    found = store.read(lambda one: products.search(one, ["Mozilla Firefox"]))

    told = zip(found.releases, found.holders, strict=True)
    assert [(one.version, one.source, one.hosts, *having) for one, having in told] == [
        ("122.0", "registry", 1, "a-2"), ("121.0", "flatpak", 1, "a-4"), ("115.0-2", "snap", 1, "a-3"),
        ("1:102.6.0esr-1~deb11u1", "dpkg", 1, "a-1"),
    ]  # fmt: skip


def test_versions_are_compared_as_the_publisher_writes_them(store: Store) -> None:
    old = store.read(lambda one: products.search(one, ["Mozilla Firefox"], "<", "115"))
    same = store.read(lambda one: products.search(one, ["Mozilla Firefox"], "=", "115.0"))

    assert [(one.name, one.version) for one in old.releases] == [("firefox-esr", "1:102.6.0esr-1~deb11u1")]
    assert old.holders == [["a-1"]]
    assert same.holders == [["a-3"]]


def _write(store: Store, origin: str, *rows: tuple[str, str, str, str]) -> None:
    """Let a host tell its packages: source, name, version, publisher."""
    told = [[source, name, "", version, publisher] for source, name, version, publisher in rows]
    columns = ["source", "name", "architecture", "version", "publisher"]
    text = json.dumps({"columns": columns, "rows": told}).encode()
    store.write_now(lambda one: inventory.write(one, [SectionRow(origin, "packages", digest(text), text, 1.0)]))


def test_a_host_stands_once_with_the_latest_that_it_has(store: Store) -> None:
    _write(store, "a-6", *(("dpkg", f"libreoffice-{part}", "7.4.7", "") for part in ("core", "calc", "writer")))
    _write(store, "a-7", ("dpkg", "libreoffice-core", "7.4.7", ""), ("dpkg", "libreoffice-calc", "24.2", ""))

    found = store.read(lambda one: products.search(one, ["LibreOffice"]))

    told = zip(found.releases, found.holders, strict=True)
    assert [(one.name, one.version, one.hosts, sorted(having)) for one, having in told] == [
        ("libreoffice-calc", "24.2", 1, ["a-7"]), ("libreoffice-calc", "7.4.7", 1, ["a-6"]),
        ("libreoffice-core", "7.4.7", 2, []), ("libreoffice-writer", "7.4.7", 1, []),
    ]  # fmt: skip
    old = store.read(lambda one: products.search(one, ["LibreOffice"], "<", "24")).holders
    assert sorted(origin for having in old for origin in having) == ["a-6", "a-7"]


def test_all_spellings_of_a_product_are_one(store: Store) -> None:
    _write(store, "a-6", ("registry", "ekonomiRäknaren", "2.0", ""))
    _write(store, "a-7", ("registry", "EkonomiRäknaren", "1.0", ""), ("registry", "EkonomiRäknaren", "1.1", ""))
    _write(store, "a-8", ("registry", "EKONOMIRäknaren", "3.0", ""))

    named = store.read(lambda one: products.exactly(one, "ekonomiRäknaren"))
    assert [one.product for one in named] == ["ekonomiRäknaren", "EkonomiRäknaren", "EKONOMIRäknaren"]
    found = store.read(lambda one: products.search(one, {one.product for one in named}))
    assert [one.version for one in found.releases] == ["3.0", "2.0", "1.1", "1.0"]
    assert found.holders == [["a-8"], ["a-6"], ["a-7"], []]


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
