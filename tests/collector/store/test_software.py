"""Who has which software: kept in parts that hosts share, searched by name and version."""

import json
import random
from collections.abc import Iterator
from itertools import pairwise

import pytest
from sqlalchemy import func, select

from driftvakt_collector.store import inventory, software
from driftvakt_collector.store.engine import Store
from driftvakt_collector.store.inventory import SectionRow
from driftvakt_collector.store.models import SoftwarePartTable
from driftvakt_collector.store.version import Version
from driftvakt_wire.envelope import digest


@pytest.fixture
def store(store_url: str) -> Iterator[Store]:
    store = Store(store_url)
    store.migrate()
    yield store
    store.close()


def came(store: Store, origin: str, versions: dict[str, str]) -> str:
    rows = [["dpkg", name, "amd64", version, "Debian"] for name, version in versions.items()]
    columns = ["source", "name", "architecture", "version", "publisher"]
    text = json.dumps({"columns": columns, "rows": rows}).encode()
    row = SectionRow(origin, "packages", digest(text), text, 1.0)
    store.write_now(lambda connection: inventory.write(connection, [row]))
    return row.digest


MANY = {f"package-{number}": "1.0" for number in range(800)}


def test_a_list_comes_back_as_it_was(store: Store) -> None:
    mark = came(store, "a-1", {"bash": "5.2", "åäö": "1\0"})

    found = store.read(lambda connection: software.read(connection, mark))

    assert [(row[1], row[3]) for row in found.rows] == [("bash", "5.2"), ("åäö", "1\ufffd")]


def test_an_upgrade_makes_one_new_part(store: Store) -> None:
    def parts() -> int:
        query = select(func.count()).select_from(SoftwarePartTable.__table__)  # type: ignore[attr-defined]
        return int(store.read(lambda connection: connection.execute(query).scalar()) or 0)

    came(store, "a-1", MANY)
    before = parts()

    came(store, "a-2", MANY | {"package-7": "1.1"})

    assert before == 800
    assert 0 < parts() - before < 40


def test_what_is_the_same_is_not_looked_at(store: Store) -> None:
    old, new = came(store, "a-1", MANY), came(store, "a-2", MANY | {"package-7": "1.1"})

    before, after = store.read(lambda connection: software.read_difference(connection, old, new))

    assert len(before.rows) == len(after.rows) < 40


@pytest.mark.parametrize(
    ("compare", "version", "expected"),
    [
        pytest.param("", "", ["a-1", "a-2", "a-3"], id="any"),
        pytest.param("<", "3.0.14", ["a-1", "a-2"], id="older"),
        pytest.param("<=", "3.0.14", ["a-1", "a-2"], id="not later"),
        pytest.param("=", "3.0.9-1", ["a-1"], id="this"),
        pytest.param(">=", "3.0.13-1~deb12u1", ["a-2", "a-3"], id="not older"),
        pytest.param(">", "9", [], id="later"),
    ],
)
def test_who_has_it(store: Store, compare: str, version: str, expected: list[str]) -> None:
    for origin, told in (("a-1", "3.0.9-1"), ("a-2", "3.0.13-1~deb12u1"), ("a-3", "3.0.14-1")):
        came(store, origin, MANY | {"openssl": told})
    came(store, "a-4", MANY)

    found = store.read(lambda connection: software.hosts_with(connection, "openssl", compare, version))
    counts = store.read(lambda connection: software.releases(connection, "openssl", compare, version))

    assert [one.origin for one in found] == expected
    assert sum(one.hosts for one in counts) == len(expected)


def test_the_releases_of_a_name_are_counted_the_latest_first(store: Store) -> None:
    for number in range(5):
        came(store, f"a-{number}", {"bash": "5.2" if number else "5.10"})

    found = store.read(lambda connection: software.releases(connection, "bash"))

    assert [(one.version, one.hosts) for one in found] == [("5.10", 1), ("5.2", 4)]


def test_a_host_that_upgraded_has_the_old_release_no_more(store: Store) -> None:
    came(store, "a-1", {"bash": "5.1"})
    came(store, "a-1", {"bash": "5.2"})

    assert [one.version for one in store.read(lambda connection: software.hosts_with(connection, "bash"))] == ["5.2"]
    assert [one.version for one in store.read(lambda connection: software.releases(connection, "bash"))] == ["5.2"]


def test_only_some_hosts_are_looked_at(store: Store) -> None:
    for number in range(4):
        came(store, f"a-{number}", {"bash": "5.2"})

    found = store.read(lambda connection: software.hosts_with(connection, "bash", origins=["a-2", "a-9"]))

    assert [one.origin for one in found] == ["a-2"]


def test_names_that_begin_with_or_hold_a_text(store: Store) -> None:
    came(store, "a-1", {"openssl": "1", "libssl3": "1", "libssl_x": "1", "bash": "1", "100%": "1"})

    def like(text: str) -> list[str]:
        return store.read(lambda connection: software.names_like(connection, text))

    assert like("ssl") == ["libssl3", "libssl_x", "openssl"]
    assert like("open") == ["openssl"]
    assert like("_") == ["libssl_x"]
    assert like("%") == ["100%"]


def test_what_nobody_has_any_more_goes_and_the_rest_stays(store: Store) -> None:
    came(store, "a-1", MANY)
    came(store, "a-2", MANY | {"package-7": "1.1"})
    came(store, "a-2", MANY)

    while store.write_now(lambda connection: software.forget_unused(connection, 100)):
        pass

    assert store.read(lambda connection: software.hosts_with(connection, "package-7", "=", "1.1")) == []
    assert len(store.read(lambda connection: inventory.of_host(connection, "a-2"))["packages"].rows) == 800


ORDER = [
    "1.0~~", "1.0~beta1", "1.0~beta2", "1.0", "1.0-1~bpo1", "1.0-1", "1.0-1+deb12u1", "1.0-2", "1.0a", "1.0.1", "1.2",
    "1.10", "2", "1:0.5", "2:0.1",
]  # fmt: skip


def test_versions_are_in_debians_order() -> None:
    shuffled = random.Random(1).sample(ORDER, len(ORDER))

    assert sorted(shuffled, key=Version) == ORDER
    assert all(Version(one) < Version(other) for one, other in pairwise(ORDER))


@pytest.mark.parametrize(("one", "other"), [("1.0", "1.00"), ("0:1", "1"), ("1.0-0", "1.0"), ("01", "1"), ("", "0")])
def test_versions_that_are_the_same(one: str, other: str) -> None:
    assert Version(one) == Version(other)
