"""Who has which software: kept in parts that hosts share, searched by name and version."""

import json
import random
from collections.abc import Iterator
from functools import partial
from itertools import pairwise

import pytest
from sqlalchemy import Connection, func, select
from sqlmodel import SQLModel

from driftvakt_collector.store import inventory, lists, software, sweep
from driftvakt_collector.store.engine import Store
from driftvakt_collector.store.inventory import SectionRow
from driftvakt_collector.store.models import SoftwareApartTable, SoftwareBaseTable, SoftwareTable
from driftvakt_collector.store.section import Body
from driftvakt_collector.store.version import Version
from driftvakt_wire.envelope import digest


@pytest.fixture
def store(store_url: str) -> Iterator[Store]:
    store = Store(store_url)
    store.migrate()
    yield store
    store.close()


def section(origin: str, versions: dict[str, str]) -> SectionRow:
    rows = [["dpkg", name, "amd64", version, "Debian"] for name, version in versions.items()]
    columns = ["source", "name", "architecture", "version", "publisher"]
    text = json.dumps({"columns": columns, "rows": rows}).encode()
    return SectionRow(origin, "packages", digest(text), text, 1.0)


def came(store: Store, origin: str, versions: dict[str, str]) -> str:
    row = section(origin, versions)
    store.write_now(lambda connection: inventory.write(connection, [row]))
    return row.digest


MANY = {f"package-{number}": "1.0" for number in range(800)}


def test_a_list_comes_back_as_it_was(store: Store) -> None:
    mark = came(store, "a-1", {"bash": "5.2", "åäö": "1\0"})

    found = store.read(lambda connection: lists.read(connection, mark))

    assert [(row[1], row[3]) for row in found.rows] == [("bash", "5.2"), ("åäö", "1\ufffd")]


def rows(store: Store, table: type[SQLModel]) -> int:
    query = select(func.count()).select_from(table.__table__)  # type: ignore[attr-defined]
    return int(store.read(lambda connection: connection.execute(query).scalar()) or 0)


def test_an_upgrade_costs_two_rows_and_a_fleet_of_equals_one_base(store: Store) -> None:
    came(store, "a-1", MANY)
    for number in range(2, 9):
        came(store, f"a-{number}", MANY | {f"package-{number}": "1.1"})

    assert rows(store, SoftwareBaseTable) == 800
    assert rows(store, SoftwareApartTable) == 2 * 7
    assert rows(store, SoftwareTable) == 800 + 7


def test_lists_within_one_batch_share_a_base(store: Store) -> None:
    fleet = [section(f"a-{number}", MANY | {"extra": f"1.{number}"}) for number in range(20)]
    store.write_now(lambda connection: inventory.write(connection, fleet))

    found = store.read(lambda connection: software.search(connection, "extra", ">=", "1.18"))

    assert rows(store, SoftwareBaseTable) == 801
    assert [(one.version, one.hosts) for one in found.releases] == [("1.19", 1), ("1.18", 1)]
    assert [one.origin for one in found.installed()] == ["a-18", "a-19"]


def test_a_list_that_is_like_no_other_becomes_a_base(store: Store) -> None:
    came(store, "a-1", MANY)
    mark = came(store, "a-2", {f"other-{number}": "1.0" for number in range(500)})

    assert rows(store, SoftwareBaseTable) == 1300
    assert rows(store, SoftwareApartTable) == 0
    assert len(store.read(lambda connection: lists.read(connection, mark)).rows) == 500


def test_a_fleet_that_was_upgraded_gets_a_base_of_its_own(store: Store) -> None:
    came(store, "a-1", MANY)
    upgraded = MANY | {f"package-{number}": "2.0" for number in range(200)}
    fleet = [section(f"b-{number}", upgraded | {"extra": str(number)}) for number in range(40)]

    store.write_now(lambda connection: inventory.write(connection, fleet))

    # Without one each would be 400 rows apart.
    assert rows(store, SoftwareApartTable) + rows(store, SoftwareBaseTable) < 40 * 400 / 2
    assert len(store.read(lambda connection: software.hosts_with(connection, "package-7", "=", "2.0"))) == 40


def test_who_makes_up_releases_of_a_name_hides_nobody(store: Store) -> None:
    rows: list[list[object]] = [["dpkg", "openssl", "amd64", f"9.{number}", "x"] for number in range(5000)]
    rows += [["dpkg", "bash", "amd64", "5.2", "x"]]
    text = json.dumps({"columns": ["source", "name", "architecture", "version", "publisher"], "rows": rows}).encode()
    row = SectionRow("a-1", "packages", digest(text), text, 1.0)
    store.write_now(lambda connection: inventory.write(connection, [row]))
    came(store, "a-2", {"openssl": "3.0"})

    found = store.read(lambda connection: software.search(connection, "openssl"))
    assert len(found.releases) == lists.MAX_OF_A_NAME + 1
    assert found.holders[-1] == ["a-2"]
    assert store.read(lambda connection: software.search(connection, "bash")).origins() == {"a-1"}


def test_a_machine_without_software_has_an_empty_list(store: Store) -> None:
    mark = came(store, "a-1", {})
    came(store, "a-1", {"bash": "5"})

    assert store.read(lambda connection: lists.read(connection, mark)).rows == []
    assert len(store.read(lambda connection: software.hosts_with(connection, "bash"))) == 1


def test_any_lists_come_back_and_are_found_as_they_are(store: Store) -> None:
    dice = random.Random(7)
    now: dict[str, dict[str, str]] = {}
    marks: dict[str, str] = {}
    for _ in range(60):
        origin = f"a-{dice.randrange(12)}"
        versions = dict(now.get(origin) or dice.choice([*now.values(), {"p-0": "1"}]))
        for _ in range(dice.choice((1, 2, 30))):
            versions[f"p-{dice.randrange(60)}"] = str(dice.randrange(4))
        for name in dice.sample(sorted(versions), min(len(versions), dice.randrange(3))):
            del versions[name]
        now[origin], marks[origin] = versions, came(store, origin, versions)
    store.write_now(sweep.whole)

    for origin, versions in now.items():
        body = store.read(partial(lists.read, digest=marks[origin]))
        assert {row[1]: row[3] for row in body.rows} == versions
    for name in ("p-0", "p-7", "p-31"):
        found = store.read(partial(software.search, name=name, compare=">=", version="2"))
        expected = sorted((origin, versions[name]) for origin, versions in now.items() if versions.get(name, "") >= "2")
        assert [(one.origin, one.version) for one in found.installed()] == expected
        assert sum(one.hosts for one in found.releases) == len(expected)


def test_what_is_the_same_is_not_looked_at(store: Store) -> None:
    old, new = came(store, "a-1", MANY), came(store, "a-2", MANY | {"package-7": "1.1"})

    def difference(connection: Connection) -> list[tuple[Body, Body]]:
        return lists.Lists(connection, (old, new)).differences([(old, new)])

    ((before, after),) = store.read(difference)

    assert [row[3] for row in before.rows] == ["1.0"]
    assert [row[3] for row in after.rows] == ["1.1"]


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

    gone = store.write_now(sweep.whole)

    # The list, the two releases in which it was apart, and the newer of them.
    assert gone == 1 + 2 + 1
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
