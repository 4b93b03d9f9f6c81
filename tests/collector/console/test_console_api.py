"""What programs read, and what people take away as a file: who may, what they get, and how it is searched."""

import csv
import io
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import quote

import openpyxl
import pytest
from sqlalchemy import Connection
from starlette.applications import Starlette
from town import NOW, WALL, town
from visitor import Answer, Visitor

from driftvakt_collector.console.routes import Console
from driftvakt_collector.console.sheet import Sheet, SheetError, as_csv, as_json, as_xlsx
from driftvakt_collector.fleet.book import SqlBook
from driftvakt_collector.fleet.identity.evidence import Evidence, write
from driftvakt_collector.fleet.identity.keys import Key
from driftvakt_collector.store import applications, inventory, logins
from driftvakt_collector.store.engine import Store
from driftvakt_collector.store.inventory import SectionRow
from driftvakt_collector.store.logins import ApiKey
from driftvakt_wire.envelope import digest

SECRET = "abcde-fghjk-mnpqr-stuvw"
TOWN = town(6)
HOSTS = sorted(TOWN.hosts)
ONE, OTHER, THIRD = HOSTS[:3]
HOSTILE = '=HYPERLINK("http://evil")'
DISKS = ["name", "model", "serial", "size_bytes", "type"]


def came(store: Store, origin: str, name: str, columns: list[str], rows: list[list[object]], at: float) -> None:
    text = json.dumps({"columns": columns, "rows": rows}).encode()
    row = SectionRow(origin, name, digest(text), text, at)
    store.write_now(lambda connection: inventory.write(connection, [row]))


@pytest.fixture(scope="module")
def store(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Store]:
    folder: Path = tmp_path_factory.mktemp("store")
    opened = Store(f"sqlite:///{folder / 'store.db'}")
    opened.migrate()
    opened.write_now(lambda one: logins.set_secret(one, "admin", SECRET))
    came(opened, ONE, "storage", DISKS, [["sda", "Samsung SSD 870", "S6B1", 500_107_862_016, "ssd"]], WALL - 9000)
    came(opened, ONE, "storage", DISKS, [["sda", "Samsung SSD 870", "S6B1", 500_107_862_016, "ssd"],
                                         ["sdb", HOSTILE, "", None, "hdd"]], WALL - 60)  # fmt: skip
    came(opened, OTHER, "storage", DISKS, [["nvme0n1", "SAMSUNG MZVL2", "S29N", 256_060_000_000, "nvme"]], WALL - 60)
    came(opened, ONE, "system", ["product", "serial"], [["PowerEdge", "3FHW8Z1"]], WALL - 60)
    came(opened, THIRD, "packages", ["source", "name", "architecture", "version"],
         [["dpkg", "openssl", "amd64", "3.0.11"]], WALL - 60)  # fmt: skip
    yield opened
    opened.close()


def application(store: Store) -> Starlette:
    console = Console(TOWN, store, now=lambda: NOW, wall=lambda: WALL, secure=False)
    return Starlette(routes=console.routes(), exception_handlers=console.errors())


@pytest.fixture(scope="module")
def key(store: Store) -> str:
    return store.write_now(lambda one: logins.open_key(one, ApiKey("billing"), WALL, 86_400.0))


@pytest.fixture
def program(store: Store, key: str) -> Any:
    visitor = Visitor(application(store))
    return lambda url: visitor.get(url, authorization=f"Bearer {key}")


@pytest.fixture
def person(store: Store) -> Visitor:
    visitor = Visitor(application(store))
    assert visitor.login(SECRET).status == 303
    return visitor


def told(answer: Answer) -> Any:
    assert answer.status == 200, answer.text
    return json.loads(answer.text)


def test_only_a_key_or_a_session_opens_it(store: Store, person: Visitor, program: Any) -> None:
    stranger = Visitor(application(store))
    for headers in ({}, {"authorization": "Bearer x"}, {"authorization": "Bearer "}, {"authorization": "Basic eDp5"}):
        answer = stranger.get("/api/v1/hosts", **headers)
        assert answer.status == 401
        assert answer.headers["www-authenticate"].startswith("Bearer")
        assert "error" in json.loads(answer.text)
    assert len(told(person.get("/api/v1/hosts"))) == len(told(program("/api/v1/hosts"))) == 6


def test_a_key_is_no_session_and_a_session_no_key(store: Store, key: str, person: Visitor) -> None:
    thief = Visitor(application(store))
    thief.cookies = {"driftvakt": key}
    assert thief.get("/").status == 303
    cookie = person.cookies["driftvakt"]
    assert Visitor(application(store)).get("/api/v1/hosts", authorization=f"Bearer {cookie}").status == 401


def test_a_key_ends_when_it_is_revoked_or_old(store: Store) -> None:
    text = store.write_now(lambda one: logins.open_key(one, ApiKey("brief"), WALL, 60.0))
    with pytest.raises(logins.ApiKeyError, match="brief"):
        store.write_now(lambda one: logins.open_key(one, ApiKey("brief"), WALL, 60.0))
    asks = Visitor(application(store))
    assert asks.get("/api/v1/hosts", authorization=f"Bearer {text}").status == 200
    assert (ApiKey("brief"), WALL + 60.0) in store.read(lambda one: logins.keys(one, WALL))
    assert store.read(lambda one: logins.session_login(one, text, WALL + 61)) is None
    assert store.write_now(lambda one: logins.close_key(one, "brief"))
    assert asks.get("/api/v1/hosts", authorization=f"Bearer {text}").status == 401
    assert not store.write_now(lambda one: logins.close_key(one, "brief"))


def test_hosts_with_how_they_are(program: Any) -> None:
    rows = told(program("/api/v1/hosts"))
    assert set(rows[0]) == {"host", "origin", "administration", "site", "zone", "class", "vendor", "model", "state",
                            "last_report", "interval_seconds"}  # fmt: skip
    zone = rows[0]["zone"]
    assert {row["zone"] for row in told(program(f"/api/v1/hosts?zone={zone}"))} == {zone}
    one = told(program(f"/api/v1/hosts/{ONE}"))
    assert (one["origin"], one["asset"], one["installations"]) == (ONE, None, [])


@pytest.mark.parametrize("url", [
    "/api/v1/hosts?zoen=adm", "/api/v1/hosts?zone=", "/api/v1/hosts?zone=adm&zone=edu",
    "/api/v1/hosts?format=pdf", f"/api/v1/hosts/{ONE}/inventory?format=x",
    f"/api/v1/hosts/{ONE}/inventory?format=csv", f"/api/v1/hosts/{ONE}/changes?since=yesterday",
    "/api/v1/software", "/api/v1/software?q=%3C%203", "/api/v1/inventory/packages",
    "/api/v1/inventory/storage?q=mac:00", "/api/v1/inventory/storage?limit=-1", "/api/v1/software?q=bash&offset=x",
    f"/api/v1/hosts/{ONE}/changes?since=1e999",
])  # fmt: skip
def test_what_can_not_be_asked_is_said(program: Any, url: str) -> None:
    answer = program(url)
    assert answer.status == 400, answer.text
    assert json.loads(answer.text)["error"]


@pytest.mark.parametrize("url", ["/api/v1/hosts/a-9", "/api/v1/hosts/a-9/inventory", "/api/v1/inventory/nothing",
                                 f"/api/v1/hosts/{ONE}/inventory?section=nothing", "/api/v1/nowhere"])  # fmt: skip
def test_what_is_not_there_is_said(program: Any, url: str) -> None:
    answer = program(url)
    assert answer.status == 404
    assert json.loads(answer.text)["error"]


def test_the_inventory_of_a_host_in_every_form(program: Any) -> None:
    found = told(program(f"/api/v1/hosts/{ONE}/inventory"))
    assert found["sections"]["system"] == [{"product": "PowerEdge", "serial": "3FHW8Z1", "model_name": "PowerEdge"}]
    assert set(told(program(f"/api/v1/hosts/{ONE}/inventory?section=storage"))["sections"]) == {"storage"}

    glpi = told(program(f"/api/v1/hosts/{ONE}/inventory?format=glpi"))
    assert (glpi["deviceid"], glpi["itemtype"], glpi["content"]["bios"]["ssn"]) == (ONE, "Computer", "3FHW8Z1")
    assert "driftvakt" not in glpi["content"]
    whole = told(program(f"/api/v1/hosts/{ONE}/inventory?format=glpi&whole=1"))
    assert whole["content"]["driftvakt"]["system"]["rows"] == [["PowerEdge", "3FHW8Z1"]]

    answer = program(f"/api/v1/hosts/{ONE}/inventory?format=xlsx")
    assert "attachment" in answer.headers["content-disposition"]
    book = openpyxl.load_workbook(io.BytesIO(answer.content))
    assert book.sheetnames == ["system", "storage"]
    (cell,) = [row[1] for row in book["storage"].iter_rows(min_row=3)]
    assert (cell.value, cell.data_type) == (HOSTILE, "s")
    bare = told(program(f"/api/v1/hosts/{HOSTS[5]}/inventory"))
    assert bare["sections"] == {}
    assert program(f"/api/v1/hosts/{HOSTS[5]}/inventory?format=xlsx").status == 200


def test_what_changed_in_a_window(program: Any) -> None:
    url = f"/api/v1/hosts/{ONE}/changes"
    (row,) = told(program(url))
    assert (row["section"], row["kind"], row["key"]) == ("storage", "added", "sdb")
    assert told(program(f"{url}?until={int(WALL - 600)}")) == []
    assert told(program(f"{url}?since={quote(row['at'])}&until={int(WALL)}&upstream=no")) == [row]
    assert "sdb" in program(f"{url}?format=csv").text


def test_a_page_of_many_rows_says_how_many_there_are(program: Any) -> None:
    whole = told(program("/api/v1/inventory/storage"))

    answer = program("/api/v1/inventory/storage?offset=1&limit=1")

    assert told(answer) == whole[1:2]
    assert answer.headers["x-total-count"] == "3"
    assert told(program("/api/v1/inventory/storage?offset=7")) == []
    answer = program("/api/v1/software?q=openssl&limit=0")
    assert told(answer) == []
    assert answer.headers["x-total-count"] == "1"


def test_who_has_a_disk(program: Any) -> None:
    def origins(query: str) -> list[str]:
        return [row["origin"] for row in told(program(f"/api/v1/inventory/storage?{query}"))]

    assert origins("q=samsung") == sorted([ONE, OTHER], key=lambda one: TOWN.hosts[one].name)
    assert origins("q=type:nvme+samsung") == [OTHER]
    assert origins("q=serial:s6b1") == [ONE]
    assert origins("q=nothing") == []
    assert len(origins("")) == 3
    assert told(program("/api/v1/inventory"))[0]["name"] == "system"
    (row,) = told(program("/api/v1/software?q=" + quote("openssl < 3.0.14")))
    assert (row["origin"], row["version"]) == (THIRD, "3.0.11")
    assert told(program("/api/v1/software?q=" + quote("openssl > 3.0.14"))) == []


def test_csv_runs_nothing_and_keeps_its_letters() -> None:
    sheet = Sheet(
        "å", ["namn", "värde"], [["Förvaltning", 1], [HOSTILE, True], ["-1", None], ['a"b,c\n', -5], ["@x", ""]]
    )
    raw = as_csv(sheet)
    assert raw.startswith(b"\xef\xbb\xbf")
    rows = list(csv.reader(io.StringIO(raw.decode("utf-8-sig"), newline="")))
    assert rows[1:] == [["Förvaltning", "1"], ["'" + HOSTILE, "yes"], ["'-1", ""], ['a"b,c\n', "-5"], ["'@x", ""]]
    assert json.loads(as_json(sheet))[0] == {"namn": "Förvaltning", "värde": 1}
    # Where the comma is the decimal sign, a cell is divided at its semicolons.
    split = list(
        csv.reader(io.StringIO(as_csv(Sheet("x", ["=1+1"], [["a;=cmd|x"]])).decode("utf-8-sig")), delimiter=";")
    )
    assert not any(cell.startswith("=") for row in split for cell in row)


def test_a_workbook_that_is_too_large_is_refused() -> None:
    with pytest.raises(SheetError, match="at most"):
        as_xlsx([Sheet("x", ["a"] * 1000, [[1] * 1000] * 1001)])


def test_a_workbook_takes_any_name_and_any_number() -> None:
    names = ["a[b]:c*?/\\" * 5, "x" * 40, "X" * 40, "", "History'"]
    book = openpyxl.load_workbook(
        io.BytesIO(as_xlsx([Sheet(name, ["a", "b"], [[1 << 60, "\x01\ud800 å"], [True, 1.5]]) for name in names]))
    )
    assert len(set(book.sheetnames)) == 5
    page = book[book.sheetnames[1]]
    assert page["A2"].value == str(1 << 60)
    assert page["A3"].value is True


def test_the_search_page_and_its_facets(person: Visitor) -> None:
    empty = person.get("/search")
    assert empty.status == 200
    assert "Who has what?" in empty.text
    page = person.get("/search?in=storage&q=samsung").text
    assert "on <strong>2</strong> hosts" in page
    assert "SAMSUNG MZVL2" in page
    assert "/api/v1/inventory/storage?q=samsung&amp;format=xlsx" in page
    host = TOWN.hosts[ONE]
    narrowed = person.get(f"/search?in=storage&q=samsung&site={quote(host.site)}").text
    assert (
        narrowed.count("/inventory#s-storage") < page.count("/inventory#s-storage")
        or host.site == TOWN.hosts[OTHER].site
    )
    assert "Nobody has it" in person.get("/search?in=storage&q=zzz").text
    assert "There is no column mac" in person.get("/search?in=storage&q=mac:1").text
    assert "a page of its own" in person.get("/search?in=packages").text
    assert "There is no such section" in person.get("/search?in=%3Cscript%3E").text
    assert "<script>alert" not in person.get("/search?in=storage&q=%3Cscript%3Ealert").text
    assert 'href="/api/v1/hosts/' in person.get(f"/hosts/{ONE}/inventory").text


@pytest.mark.parametrize("form", ["json", "csv"])
def test_a_key_of_a_zone_sees_hosts_of_that_zone_alone(store: Store, form: str) -> None:
    schools = [host for host in TOWN.hosts.values() if host.zone == "edu"]
    others = [host for host in TOWN.hosts.values() if host.zone != "edu"]
    assert schools
    assert others
    came(store, schools[0].origin, "storage", DISKS, [["sda", "Samsung", "EDU1", 1, "ssd"]], WALL - 60)
    text = store.write_now(lambda one: logins.open_key(one, ApiKey(f"school-{form}", zone="edu"), WALL, 86_400.0))
    asks = Visitor(application(store))

    def ask(url: str) -> Answer:
        return asks.get(f"/api/v1/{url}", authorization=f"Bearer {text}")

    for url in (
        "hosts?",
        "inventory/storage?",
        "software?q=openssl&",
        "software?q=OpenSSL&by=product&",
        "applications?",
        "applications/hosts?",
        "inventory/system?",
        f"hosts/{schools[0].origin}/changes?",
    ):
        answer = ask(f"{url}format={form}")
        assert answer.status == 200, answer.text
        assert not [host.origin for host in others if host.origin in answer.text]
    assert schools[0].origin in ask("hosts").text
    assert "EDU1" in ask("inventory/storage").text
    for url in ("", "/inventory?format=xlsx", "/inventory?format=glpi&whole=1", "/changes"):
        assert ask(f"hosts/{others[0].origin}{url}").status == 404
        assert ask(f"hosts/{schools[0].origin}{url}").status == 200
    assert ask("hosts?zone=adm").status == 403
    assert ask("products").status == 403
    assert ask("inventory/storage?zone=adm").status == 403
    assert ask("inventory").status == 200


@pytest.mark.parametrize("question", ["+".join(["x"] * 11), "x" * 201])
def test_no_word_of_a_question_is_passed_over(program: Any, person: Visitor, question: str) -> None:
    assert program(f"/api/v1/inventory/storage?q={question}").status == 400
    assert "at most 10 words" in person.get(f"/search?in=storage&q={question}").text


def test_a_machine_is_found_by_a_number_on_it(store: Store, program: Any, person: Visitor) -> None:
    found = Evidence(ONE, TOWN.hosts[ONE].zone, frozenset({Key("serial", "FIND4711"), Key("mac", "00:1b:21:0a:0b:0c")}))

    def place(one: Connection) -> None:
        number = SqlBook(one).create(found.zone, WALL)
        SqlBook(one).settle(found, write(found), number, WALL, pinned=False)

    store.write_now(place)
    for asked in ("find4711", "001B.210A.0B0C"):
        assert [row["origin"] for row in told(program(f"/api/v1/hosts?q={asked}"))] == [ONE]
        assert f"/hosts/{ONE}" in person.get(f"/?q={asked}").text
    assert told(program("/api/v1/hosts?q=find4712")) == []
    other = next(host.zone for host in TOWN.hosts.values() if host.zone != TOWN.hosts[ONE].zone)
    assert told(program(f"/api/v1/hosts?q=find4711&zone={other}")) == []
    assert program("/api/v1/hosts?q=%00").status == 400
    assert person.get("/?q=%00").status == 200


def test_a_filter_that_would_be_cut_is_refused(program: Any) -> None:
    assert program("/api/v1/hosts?site=" + "x" * 301).status == 400


def test_makers_and_models_have_one_name_beside_what_the_host_wrote(
    program: Any, person: Visitor, store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    came(store, HOSTS[4], "storage", DISKS, [["sda", "WDC WD10EZEX-08WN4A0", "WD-1", 10**12, "hdd"]], WALL - 60)
    monkeypatch.setattr(TOWN.hosts[HOSTS[4]], "vendor", "Fujitsu")
    monkeypatch.setattr(TOWN.hosts[HOSTS[4]], "model", "Esprimo")
    monkeypatch.setattr(TOWN.hosts[ONE], "vendor", "Dell")

    (disk,) = told(program(f"/api/v1/inventory/storage?q={quote('maker:western')}"))
    assert (disk["model"], disk["maker"], disk["model_name"]) == ("WDC WD10EZEX-08WN4A0", "Western Digital", "WD10EZEX")
    assert [row["origin"] for row in told(program("/api/v1/hosts?vendor=Fujitsu&model=Esprimo"))] == [HOSTS[4]]
    assert told(program("/api/v1/inventory/storage?vendor=Fujitsu")) == [disk]
    assert told(program(f"/api/v1/hosts/{HOSTS[4]}/inventory?section=storage"))["sections"]["storage"][0]["maker"] == (
        "Western Digital"
    )
    columns = {one["name"]: one for one in told(program("/api/v1/inventory"))}["storage"]["columns"]
    assert [one["name"] for one in columns][-2:] == ["maker", "model_name"]
    page = person.get("/search?in=storage&q=western").text
    assert "WDC WD10EZEX-08WN4A0" in page
    assert "/search?in=storage&amp;vendor=Fujitsu" in person.get("/search?in=storage").text
    assert "<bdi>Western Digital</bdi>" in person.get(f"/hosts/{HOSTS[4]}/inventory").text
    assert "Fujitsu (1)" in person.get("/").text
    assert "Fujitsu Esprimo" in person.get(f"/hosts/{HOSTS[4]}").text


def test_who_has_a_product(program: Any, person: Visitor, store: Store) -> None:
    columns = ["source", "name", "architecture", "version", "publisher"]
    came(store, HOSTS[3], "packages", columns, [["dpkg", "firefox-esr", "amd64", "1:102.6.0esr-1", "Debian"]], WALL)
    came(store, HOSTS[4], "packages", columns, [["registry", "Mozilla Firefox (x64 sv-SE)", "", "122.0", "Mozilla"],
                                                ["registry", HOSTILE, "", "1", "<b>Evil"]], WALL)  # fmt: skip

    rows = told(program(f"/api/v1/software?by=product&q={quote('mozilla firefox < 115')}"))
    assert [(row["origin"], row["product"], row["publisher"], row["package"]) for row in rows] == [
        (HOSTS[3], "Mozilla Firefox", "Mozilla", "firefox-esr")
    ]
    assert told(program("/api/v1/software?by=product&q=unheard-of")) == []
    assert program("/api/v1/software?by=maker&q=x").status == 400
    assert told(program("/api/v1/products?publisher=mozilla")) == [
        {"product": "Mozilla Firefox", "publisher": "Mozilla", "packages": 2, "releases": 2}
    ]
    came(store, HOSTS[5], "packages", columns, [["registry", "Nyttan 2.0", "", "2.0", "Staden"]], WALL)
    came(store, HOSTS[2], "packages", columns, [["registry", "nyttan 3.0", "", "3.0", "Andra"]], WALL)
    rows = told(program("/api/v1/software?by=product&q=Nyttan"))
    assert {row["origin"]: row["publisher"] for row in rows} == {HOSTS[5]: "Staden", HOSTS[2]: "Andra"}
    page = person.get("/software?q=Mozilla+Firefox").text
    assert "1:102.6.0esr-1" in page
    assert "Mozilla Firefox (x64 sv-SE)" in page
    assert "Mozilla Firefox" in person.get("/software?q=firefox-esr").text
    assert "Mozilla Firefox" in person.get("/software?publisher=Mozilla").text
    assert "<b>Evil" not in person.get("/software?publisher=%3Cb%3EEvil").text
    assert "Who has what?" in person.get("/software?publisher=nobody").text


def test_which_applications_there_are_and_who_has_them(
    program: Any, person: Visitor, store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    evil = "<script>alert(1)</script>"
    store.write_now(lambda one: applications.settle(
        one, {HOSTS[3]: [("PostgreSQL", "15.6"), (evil, HOSTILE)], HOSTS[4]: [("PostgreSQL", "16.1")], "a-gone":
              [("PostgreSQL", "1")]}, {HOSTS[3]: 1, HOSTS[4]: 1, "a-gone": 1}, 7, WALL - 60))  # fmt: skip
    store.write_now(lambda one: applications.settle(one, {HOSTS[4]: []}, {HOSTS[4]: 2}, 7, WALL - 30))
    monkeypatch.setattr(TOWN.hosts[HOSTS[3]], "applications", ("PostgreSQL", evil))
    came(store, HOSTS[3], "storage", DISKS, [["sda", "Disk", "D1", 1, "hdd"]], WALL - 60)

    found = {row["name"]: row for row in told(program("/api/v1/applications"))}
    assert (found["PostgreSQL"]["hosts"], found["PostgreSQL"]["versions"]) == (1, "15.6 (1)")
    (row,) = told(program("/api/v1/applications/hosts?name=PostgreSQL"))
    assert (row["origin"], row["application"], row["version"]) == (HOSTS[3], "PostgreSQL", "15.6")
    assert [one["origin"] for one in told(program("/api/v1/hosts?application=PostgreSQL"))] == [HOSTS[3]]
    assert told(program(f"/api/v1/hosts/{HOSTS[3]}"))["applications"] == ["PostgreSQL", evil]
    assert HOSTILE not in program("/api/v1/applications/hosts?format=csv").text.replace(f"'{HOSTILE}", "")
    assert "/search?in=storage&amp;application=PostgreSQL" in person.get("/search?in=storage").text
    assert f"/hosts/{HOSTS[3]}/inventory" in person.get("/search?in=storage&application=PostgreSQL").text
    for path in ("/applications", "/applications?name=PostgreSQL", f"/hosts/{HOSTS[3]}/inventory"):
        page = person.get(path).text
        assert "PostgreSQL" in page
        assert evil not in page
    assert "15.6" in person.get("/applications?name=PostgreSQL").text
    assert "No host has it" in person.get(f"/applications?name={quote(evil)}x").text
    assert "PostgreSQL: gone (16.1)" in person.get(f"/hosts/{HOSTS[4]}/inventory").text


def test_without_an_application_the_page_says_how_to_get_one(tmp_path: Path) -> None:
    opened = Store(f"sqlite:///{tmp_path / 'store.db'}")
    opened.migrate()
    opened.write_now(lambda one: logins.set_secret(one, "admin", SECRET))
    visitor = Visitor(application(opened))
    visitor.login(SECRET)

    assert "None is recognised yet" in visitor.get("/applications").text
    opened.close()
