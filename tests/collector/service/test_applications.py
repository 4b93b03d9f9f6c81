"""Business applications: rules, what they recognise, and what is kept of it."""

import asyncio
import json
from collections.abc import Collection, Iterator, Sequence
from pathlib import Path

import pytest
from collecting import host_row
from sqlalchemy import Connection, delete

from driftvakt_collector.__main__ import main
from driftvakt_collector.config import ConfigError
from driftvakt_collector.fleet.state import Fleet
from driftvakt_collector.naming.product import RULES
from driftvakt_collector.service.applications import book, rule
from driftvakt_collector.service.applications.keeper import Keeper
from driftvakt_collector.service.applications.rule import Match, Recogniser, Rule
from driftvakt_collector.store import applications, inventory
from driftvakt_collector.store.applications import Package
from driftvakt_collector.store.engine import Store
from driftvakt_collector.store.inventory import SectionRow
from driftvakt_collector.store.models import HostSectionTable
from driftvakt_wire.envelope import digest

SHIPPED = Recogniser(book.load(None))
OWN = Rule("Eget", "own", any=(Match(package="eget-*"),))


def package(name: str, version: str = "1.0", source: str = "dpkg", product: str = "") -> Package:
    return Package(source, name, product or name, version)


@pytest.mark.parametrize(("packages", "services", "ports", "expected"), [
    pytest.param([package("postgresql-15", "15.6-0+deb12u1")], [], [], [("PostgreSQL", "15.6")], id="a database"),
    pytest.param([package("postgresql-client-15"), package("libpq5")], [], [], [], id="a client is no server"),
    pytest.param([package("Microsoft SQL Server 2019 (64-bit)", "15.0.2", "registry", "Microsoft SQL Server")],
                 ["MSSQLSERVER"], [], [("Microsoft SQL Server", "")], id="a service of Windows"),
    pytest.param([], ["MSSQL$VEEAMSQL2016"], [], [("Microsoft SQL Server", "")], id="an instance with a name"),
    pytest.param([], ["W3SVC", "NTDS", "DNS", "Spooler"], [], [
        ("Internet Information Services", ""), ("Active Directory Domain Controller", ""), ("Windows DNS Server", ""),
    ], id="roles of Windows"),
    pytest.param([package("postfix", "3.7.10")], ["postfix"], ["tcp/22"], [], id="a mailer for itself is none"),
    pytest.param([package("postfix", "3.7.10")], ["postfix"], ["tcp/25"], [("Postfix", "3.7.10")], id="a mail server"),
    pytest.param([package("TietoEVRY Procapita Klient 2023", "11.2", "registry")], [], [], [("Procapita", "11.2")],
                 id="a product for Swedish administrations, in any case"),
    pytest.param([package("Unit4 ERP 7.10", "7.10", "registry"), package("Skola24 Schemaklient", "5", "registry"),
                  package("CGI Treserva", "8", "registry"), package("Visma Proceedo", "1", "registry")], [], [],
                 [("Agresso", "7.10"), ("Visma Proceedo", "1"), ("Treserva", "8"), ("Skola24", "5")], id="several"),
    pytest.param([package("Evolution", "3.46"), package("evolution", "3.46")], [], [], [], id="a mail reader of GNOME"),
    pytest.param([package("bacula-fd", "11"), package("bacula-fd", "13.0.1-1")], [], [], [("Bacula Client", "13.0.1")],
                 id="the latest version"),
    pytest.param([], [], [], [], id="nothing"),
])  # fmt: skip
def test_what_a_host_is_for(
    packages: Sequence[Package], services: Sequence[str], ports: Sequence[str], expected: list[tuple[str, str]]
) -> None:
    assert SHIPPED.applications(packages, services, ports) == expected


def test_all_of_a_match_and_all_of_all_must_hold() -> None:
    rule = Rule("x", "y", all=(Match(package="a", source="rpm"), Match(port="tcp/1")), any=(Match(service="s*"),))
    recogniser = Recogniser([rule])

    def there(source: str, services: list[str], ports: list[str]) -> bool:
        return bool(recogniser.applications([package("a", source=source)], services, ports))

    assert there("rpm", ["S1"], ["tcp/1"])
    assert not there("dpkg", ["S1"], ["tcp/1"])
    assert not there("rpm", ["x"], ["tcp/1"])
    assert not there("rpm", ["S1"], [])
    assert Recogniser([rule]).number == recogniser.number != SHIPPED.number


def test_every_mistake_of_a_file_is_told_at_once(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file = tmp_path / "own.toml"
    file.write_text(
        """
        other = 1
        [[application]]
        name = "A"
        any = [{ packages = "x" }, { package = "*" }, { port = "5432" }, { port = "tcp/70000" }, { source = "rpm" }]
        [[application]]
        name = "A"
        category = "c"
        any = [{ service = "a*b*c*d*e*f" }, { product = 7 }]
        [[application]]
        category = "c"
        [[application]]
        name = "B"
        category = "c"
        [[application]]
        name = "C"
        category = "c"
        all = "x"
        """,
        "utf-8",
    )

    assert main(["applications", "check", str(file)]) == 1

    told = capsys.readouterr().err
    for part in ("'other'", "'packages' is not known", "matches everything", "tcp/5432, got '5432'", "tcp/70000",
                 "'category' is missing", "at most 4 *", "'product' must be", "'name' must be", "would match every",
                 "must be a list of tables", "needs package", str(file)):  # fmt: skip
        assert part in told, part


@pytest.mark.parametrize("text", ["application = 1", "[[application", "application = [1]", "\x00", "a = " + "[" * 5000])
def test_what_is_no_file_of_rules(tmp_path: Path, text: str) -> None:
    file = tmp_path / "own.toml"
    file.write_text(text, "utf-8")

    with pytest.raises(ConfigError, match=r"own\.toml"):
        book.load(file)


def test_an_own_rule_takes_the_place_of_ours(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file = tmp_path / "own.toml"
    file.write_text('[[application]]\nname = "Squid"\ncategory = "proxy"\nany = [{ package = "squid-own" }]\n', "utf-8")

    assert {rule.name: rule for rule in book.load(file)}["Squid"].category == "proxy"
    assert main(["applications", "check", str(file)]) == 0
    assert "takes the place" in capsys.readouterr().out
    data = tmp_path / "data"
    data.mkdir()
    assert main(["applications", "list", "--rules", "--data", str(data)]) == 0
    assert "PostgreSQL" in capsys.readouterr().out


@pytest.fixture
def store(store_url: str) -> Iterator[Store]:
    store = Store(store_url)
    store.migrate()
    yield store
    store.close()


def came(store: Store, origin: str, name: str, columns: list[str], *rows: list[object]) -> None:
    text = json.dumps({"columns": columns, "rows": rows}).encode()
    store.write_now(lambda one: inventory.write(one, [SectionRow(origin, name, digest(text), text, 1.0)]))


def packages_came(store: Store, origin: str, *names: str) -> None:
    rows: list[list[object]] = [["dpkg", name, "amd64", "2.0-1"] for name in names]
    came(store, origin, "packages", ["source", "name", "architecture", "version"], *rows)


def has(store: Store, origin: str) -> dict[str, str]:
    return {one.name: one.version for one in store.read(lambda one: applications.installed(one, (origin,)))}


def told(store: Store) -> list[tuple[str, str, str]]:
    rows = store.read(lambda one: inventory.recent_changes(one, ("a-0001", "a-0002")))
    return [(row.origin, row.kind, row.key) for row in rows if row.section == applications.SECTION]


def test_what_came_and_went_is_told_and_other_rules_are_no_news(store: Store) -> None:
    fleet = Fleet([host_row(1), host_row(2)], 0.0)
    packages_came(store, "a-0001", "nginx", "bash", "eget-1")
    packages_came(store, "a-0002", "bash")
    keeper = Keeper(fleet, store, book.load(None), lambda: 50.0)
    asyncio.run(keeper.recognise())
    assert has(store, "a-0001") == {"nginx": "2.0"}
    assert (fleet.hosts["a-0001"].applications, fleet.hosts["a-0002"].applications) == (("nginx",), ())
    assert told(store) == []

    packages_came(store, "a-0001", "bash", "redis-server", "eget-1")
    came(store, "a-0002", "listening_sockets", ["protocol", "address", "port"], ["tcp", "0.0.0.0", 25])
    came(store, "a-0002", "services", ["name", "start"], ["NTDS.service", "enabled"], ["W3SVC", "disabled"])
    keeper.changed(["a-0001", "a-0002", "a-gone"])
    asyncio.run(keeper.recognise())
    assert has(store, "a-0002") == {"Active Directory Domain Controller": ""}
    assert sorted(told(store)) == [
        ("a-0001", "added", "Redis"), ("a-0001", "removed", "nginx"),
        ("a-0002", "added", "Active Directory Domain Controller"),
    ]  # fmt: skip

    fleet = Fleet([host_row(1), host_row(2)], 0.0)
    other = Keeper(fleet, store, [OWN], lambda: 60.0)
    asyncio.run(other.recognise())
    assert (has(store, "a-0001"), has(store, "a-0002")) == ({"Eget": "2.0"}, {})
    assert len(told(store)) == 3
    assert fleet.hosts["a-0001"].applications == ("Eget",)


def test_equal_lists_are_looked_at_once_and_a_start_looks_at_nothing_again(
    store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[Collection[int]] = []
    real = applications.packages

    def counting(connection: Connection, numbers: Collection[int]) -> dict[int, Package]:
        asked.append(numbers)
        return real(connection, numbers)

    monkeypatch.setattr(applications, "packages", counting)
    rows = [host_row(number) for number in range(1, 8)]
    for row in rows:
        packages_came(store, row.origin, "nginx")

    asyncio.run(Keeper(Fleet(rows, 0.0), store, [*book.load(None), OWN], lambda: 50.0).recognise())
    assert len(asked) == 1
    fleet = Fleet(rows, 0.0)
    asyncio.run(Keeper(fleet, store, [*book.load(None), OWN], lambda: 50.0).recognise())

    assert len(asked) == 1
    assert {host.applications for host in fleet.hosts.values()} == {("nginx",)}


def test_a_host_that_went_is_forgotten(store: Store) -> None:
    rows = [host_row(number) for number in range(1, 4)]
    for row in rows:
        packages_came(store, row.origin, "nginx")
    asyncio.run(Keeper(Fleet(rows, 0.0), store, book.load(None), lambda: 50.0).recognise())
    sections = HostSectionTable.__table__  # type: ignore[attr-defined]
    store.write_now(lambda one: one.execute(delete(sections).where(sections.c.origin != "a-0002")))

    assert [store.write_now(lambda one: applications.forget(one, 1)) for _ in range(3)] == [1, 1, 0]
    assert [has(store, row.origin) for row in rows] == [{}, {"nginx": "2.0"}, {}]


def test_other_names_of_products_are_other_rules(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(rule, "RULES", RULES ^ 1)

    assert Recogniser(book.load(None)).number != SHIPPED.number


def test_loopback_is_nobody_elses(store: Store) -> None:
    packages_came(store, "a-0001", "postfix")
    columns = ["protocol", "address", "port"]
    came(store, "a-0001", "listening_sockets", columns, ["tcp", "127.0.0.1", 25], ["tcp", "::1", 25])
    keeper = Keeper(Fleet([host_row(1)], 0.0), store, book.load(None), lambda: 50.0)
    asyncio.run(keeper.recognise())
    assert has(store, "a-0001") == {}
    came(store, "a-0001", "listening_sockets", columns, ["tcp", "::", 25])
    keeper.changed(["a-0001"])
    asyncio.run(keeper.recognise())
    assert has(store, "a-0001") == {"Postfix": "2.0"}
