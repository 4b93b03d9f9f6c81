"""The ledger in a real store: what is found gets an age that lasts, and what is put right goes."""

import asyncio
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from prometheus_client import CollectorRegistry
from prometheus_client.exposition import generate_latest
from starlette.applications import Starlette
from town import NOW, WALL, town
from visitor import Visitor

from driftvakt_collector.__main__ import main
from driftvakt_collector.console import coverage_page
from driftvakt_collector.console.routes import Console
from driftvakt_collector.expose.own import _of_coverage
from driftvakt_collector.service.coverage.entry import Entry
from driftvakt_collector.service.coverage.ledger import EVERY, Ledger, as_list
from driftvakt_collector.store import audit, coverage, logins
from driftvakt_collector.store.engine import Store

SECRET = "abcde-fghjk-mnpqr-stuvw"


class Clock:
    def __init__(self) -> None:
        self.at = WALL

    def __call__(self) -> float:
        return self.at


@pytest.fixture
def store(store_url: str) -> Iterator[Store]:
    opened = Store(store_url)
    opened.migrate()
    yield opened
    opened.close()


def bring(store: Store, name: str, at: float, *entries: Entry, kind: str = "contract") -> None:
    info, rows = as_list(name, kind, "", at, "anna", entries)
    store.write_now(lambda one: coverage.replace(one, info, rows))


def kinds(store: Store) -> dict[str, str]:
    return {row.subject: row.kind for row in store.read(coverage.findings)}


def test_a_finding_keeps_its_age_and_goes_when_it_is_put_right(store: Store) -> None:
    clock, fleet = Clock(), town(6)
    names = sorted(host.name for host in fleet.hosts.values())
    ledger = Ledger(fleet, store, clock)
    bring(store, "c", WALL, Entry("ghost-1", owner="Å"), *(Entry(name) for name in names[1:]))
    asyncio.run(ledger.look())
    first = {row.subject: row for row in store.read(coverage.findings) if row.kind in ("ghost", "unbilled")}
    assert {(row.subject, row.kind) for row in first.values()} == {("ghost-1", "ghost"), (names[0], "unbilled")}
    assert first["ghost-1"].since == WALL

    clock.at += EVERY + 1
    bring(store, "c", clock.at, Entry("ghost-1", owner="Ö"), *(Entry(name) for name in names))
    asyncio.run(ledger.look())
    (row,) = [row for row in store.read(coverage.findings) if row.kind in ("ghost", "unbilled")]
    assert (row.subject, row.owner, row.since) == ("ghost-1", "Ö", WALL)

    assert store.write_now(lambda one: coverage.accept(one, row.number, clock.at + 1e6, "bo", "it is on its way"))
    clock.at += EVERY + 1
    asyncio.run(ledger.look())
    (row,) = [row for row in store.read(coverage.findings) if row.kind == "ghost"]
    assert (row.who, row.reason) == ("bo", "it is on its way")
    assert ("ghost", "") not in ledger.counts

    assert store.write_now(lambda one: coverage.forget(one, "c"))
    asyncio.run(ledger.look())
    assert "ghost" not in kinds(store).values()
    assert ledger.shares == []


def test_it_looks_when_a_list_comes_and_else_seldom(store: Store) -> None:
    clock = Clock()
    ledger = Ledger(town(2), store, clock)
    asyncio.run(ledger.look())
    looked = ledger.looked
    clock.at += 60
    asyncio.run(ledger.look())
    assert ledger.looked == looked
    bring(store, "c", clock.at, Entry("x"))
    asyncio.run(ledger.look())
    assert ledger.looked == clock.at


def test_the_series(store: Store) -> None:
    ledger = Ledger(town(3), store, Clock())
    bring(store, "c", WALL, Entry("ghost-1"), Entry("ghost-2"))
    asyncio.run(ledger.look())

    class Once:
        def collect(self) -> Any:
            return _of_coverage(ledger)

    made = CollectorRegistry()
    made.register(Once())
    text = generate_latest(made).decode()
    assert 'driftvakt_coverage_findings{kind="ghost",zone=""} 2.0' in text
    assert 'driftvakt_coverage_list_rows{kind="contract",list="c",what="all"} 2.0' in text
    assert "driftvakt_coverage_oldest_finding_timestamp_seconds" in text
    assert 'driftvakt_coverage_list_timestamp_seconds{list="c"} 1.79545e+09' in text


def test_the_page_and_the_interface(tmp_path: Path) -> None:
    store = Store(f"sqlite:///{tmp_path / 'store.db'}")
    store.migrate()
    store.write_now(lambda one: logins.set_secret(one, "admin", SECRET))
    may_write = store.write_now(lambda one: logins.open_key(one, logins.ApiKey("dhcp", logins.LISTS), WALL, 1e6))
    may_read = store.write_now(lambda one: logins.open_key(one, logins.ApiKey("bi"), WALL, 1e6))
    fleet = town(6)
    ledger = Ledger(fleet, store, lambda: WALL)
    console = Console(
        fleet, store, now=lambda: NOW, wall=lambda: WALL, secure=False, coverage=ledger,
        privacy={"adm": "full", "edu": "edu"},
    )  # fmt: skip
    application = Starlette(routes=console.routes(), exception_handlers=console.errors())
    person, program = Visitor(application), Visitor(application)
    assert person.login(SECRET).status == 303
    assert "There is no list yet" in person.get("/coverage").text

    def put(key: str, query: str, body: bytes, name: str = "contract") -> tuple[int, Any]:
        answer = program._ask("PUT", f"/api/v1/coverage/lists/{name}?{query}", body, {"authorization": f"Bearer {key}"})
        return answer.status, json.loads(answer.text)

    table = "name,owner\n<b>ghost</b>,Å\nghost-2,B\n,C\n".encode()
    assert put(may_read, "kind=contract", table)[0] == 403
    assert put("nobody", "kind=contract", table)[0] == 401
    assert person._ask("PUT", "/api/v1/coverage/lists/x?kind=contract", table, {}).status == 401
    for query, name in (
        ("kind=x", "c"),
        ("", "c"),
        ("kind=seen&zone=Å", "c"),
        ("kind=seen", "C_"),
        ("kind=seen&a=1", "c"),
    ):
        assert put(may_write, query, table, name)[0] == 400
    assert put(may_write, "kind=contract", b"price\n1\n")[0] == 400
    status, told = put(may_write, "kind=contract", table)
    assert (status, told["rows"], len(told["left_out"])) == (200, 2, 1)
    asyncio.run(ledger.look())

    page = person.get("/coverage?kind=ghost").text
    assert "&lt;b&gt;ghost&lt;/b&gt;" in page
    assert "<b>ghost" not in page
    assert "0 of 2 report, 0 %" in page
    assert "ghost-2" not in person.get("/coverage?kind=ghost&owner=%C3%85").text
    assert "Nothing like that" in person.get("/coverage?owner=nobody").text
    found = json.loads(program.get("/api/v1/coverage?kind=ghost", authorization=f"Bearer {may_read}").text)
    assert {row["subject"] for row in found} == {"<b>ghost</b>", "ghost-2"}
    assert program.get("/api/v1/coverage?kind=x", authorization=f"Bearer {may_read}").status == 400
    bring(store, "of-anna", WALL, Entry("x"))
    assert put(may_write, "kind=contract", table, "of-anna")[0] == 409
    theirs = program._ask("DELETE", "/api/v1/coverage/lists/of-anna", b"", {"authorization": f"Bearer {may_write}"})
    assert theirs.status == 404
    assert store.write_now(lambda one: coverage.forget(one, "of-anna"))
    (one,) = json.loads(program.get("/api/v1/coverage/lists", authorization=f"Bearer {may_read}").text)
    assert (one["name"], one["rows"], one["who"]) == ("contract", 2, "api:dhcp")
    gone = program._ask("DELETE", "/api/v1/coverage/lists/contract", b"", {"authorization": f"Bearer {may_write}"})
    assert gone.status == 200
    done = [(one.who, one.how, one.what, one.object) for one in store.read(lambda one: audit.listed(one, 2))]
    assert done == [("api:dhcp", "api", "list.removed", "contract"), ("api:dhcp", "api", "list.brought", "contract")]
    again = program._ask("DELETE", "/api/v1/coverage/lists/contract", b"", {"authorization": f"Bearer {may_write}"})
    assert again.status == 404
    store.close()


def test_the_commands(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    data = str(tmp_path / "data")
    assert main(["init", "--data", data]) == 0
    path = tmp_path / "datorer.csv"
    path.write_bytes("Namn;Förvaltning\nPC1;Stadsdel 3\n;x\n".encode("cp1252"))
    capsys.readouterr()
    assert main(["coverage", "lists", "--data", data]) == 0
    assert "there is no list" in capsys.readouterr().err
    assert main(["coverage", "import", "c-1", str(path), "--kind", "contract", "--data", data]) == 0
    said = capsys.readouterr().err
    assert "took 1 rows as c-1" in said
    assert "left out: line 3" in said
    assert main(["coverage", "lists", "--data", data]) == 0
    assert "contract" in capsys.readouterr().out
    for wrong in (
        ["C", str(path)],
        ["c", "/nowhere"],
        ["c", str(path), "--zone", "x"],
        ["c", str(path), "--format", "x"],
    ):
        assert main(["coverage", "import", *wrong, "--kind", "seen", "--data", data]) == 1
    assert main(["coverage", "import", "c", "/dev/zero", "--kind", "seen", "--data", data]) == 1
    assert "at most 32 MiB" in capsys.readouterr().err
    assert main(["coverage", "show", "--data", data]) == 0
    assert main(["coverage", "accept", "0", "--reason", "x", "--data", data]) == 1
    capsys.readouterr()
    assert main(["coverage", "accept", "0", "--data", data]) == 1
    assert "--reason" in capsys.readouterr().err
    assert main(["coverage", "accept", "0", "--days", "0", "--data", data]) == 1
    assert "there is no finding" in capsys.readouterr().err
    assert main(["coverage", "forget", "c-1", "--data", data]) == 0
    assert main(["coverage", "forget", "c-1", "--data", data]) == 1


def test_what_is_a_persons_is_not_kept_of_a_schools_list() -> None:
    told = [Entry("annas-iphone", mac="3c:52:82:6a:11:0e"), Entry("annas-iphone"), Entry("sal-12", site="/home/anna")]
    info, rows = as_list("dhcp", "seen", "edu", WALL, "x", told, private=True)
    assert [(row.name, row.mac) for row in rows] == [("", "3c:52:82:6a:11:0e"), ("sal-12", "")]
    assert info.rows == 2
    assert "anna" not in str(rows)


@pytest.mark.parametrize(("name", "kept"), [
    ("Annas-Galaxy-S21", ""), ("kalles-laptop", ""), ("Anna-s-Pixel", ""), ("johans-ipad", ""), ("OLLES-PC", ""),
    ("sal-12", "sal-12"), ("EDU-UTB-0017", "EDU-UTB-0017"), ("ls-pc", "ls-pc"), ("gs1-laptop", "gs1-laptop"),
    ("bibliotek-pc3", "bibliotek-pc3"),
])  # fmt: skip
def test_what_is_called_after_whose_it_is(name: str, kept: str) -> None:
    _, rows = as_list("dhcp", "seen", "edu", WALL, "x", [Entry(name, mac="3c:52:82:6a:11:0e")], private=True)
    assert [row.name for row in rows] == [kept]


def test_lists_are_bounded(store: Store) -> None:
    for number in range(coverage.MAX_LISTS):
        bring(store, f"list-{number}", WALL, Entry("x"))
    bring(store, "list-0", WALL, Entry("y"))
    with pytest.raises(coverage.ListsError):
        bring(store, "one-more", WALL, Entry("x"))


def test_a_moment_that_no_calendar_has_stops_nothing(store: Store) -> None:
    ledger = Ledger(town(1), store, Clock())
    bring(store, "dhcp", WALL, Entry(mac="3c:52:82:6a:11:0e", at=1e14), kind="seen")
    asyncio.run(ledger.look())
    rows = store.read(lambda one: coverage.findings(one, "unmanaged"))
    assert [row.since for row in rows] == [WALL]
    assert coverage_page.sheet([rows[0]._replace(since=1e14)]).rows[0][10] == ""


def test_many_findings_are_written_in_steps(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(coverage, "STEP", 10)
    clock, fleet = Clock(), town(2)
    ledger = Ledger(fleet, store, clock)
    bring(store, "c", WALL, *(Entry(f"ghost-{number}") for number in range(35)), kind="managed")
    asyncio.run(ledger.look())
    assert list(kinds(store).values()).count("ghost") == 35
    clock.at += 1
    bring(store, "c", clock.at, *(Entry(f"ghost-{number}") for number in range(33, 36)), kind="managed")
    asyncio.run(ledger.look())
    ghosts = {row.subject: row.since for row in store.read(lambda one: coverage.findings(one, "ghost"))}
    assert ghosts == {"ghost-33": WALL, "ghost-34": WALL, "ghost-35": clock.at}


def test_a_laptop_that_comes_and_goes_keeps_its_age_and_what_was_said_of_it(store: Store) -> None:
    clock = Clock()
    ledger = Ledger(town(1), store, clock)
    bring(store, "c", WALL, Entry("pc9"), kind="managed")
    asyncio.run(ledger.look())
    (row,) = store.read(lambda one: coverage.findings(one, "ghost"))
    store.write_now(lambda one: coverage.accept(one, row.number, WALL + 1e6, "bo", "it is a loan"))
    clock.at += 60
    bring(store, "dhcp", clock.at, Entry("pc9", mac="3c:52:82:6a:11:0e"), kind="seen")
    asyncio.run(ledger.look())
    (row,) = store.read(lambda one: coverage.findings(one, "unmanaged"))
    assert (row.since, row.who, row.reason) == (WALL, "bo", "it is a loan")
    assert not store.read(lambda one: coverage.findings(one, "ghost"))
