"""The inventory of a host, what changed in it, and who has which software, as pages."""

import json
from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import Connection
from starlette.applications import Starlette
from town import NOW, WALL, town
from visitor import Visitor

from driftvakt_collector.console import inventory_page, software_page, thing
from driftvakt_collector.console.clock import Clock
from driftvakt_collector.console.routes import Console
from driftvakt_collector.console.software_page import Question
from driftvakt_collector.fleet import register
from driftvakt_collector.fleet.book import SqlBook
from driftvakt_collector.fleet.identity.evidence import Evidence
from driftvakt_collector.fleet.identity.keys import MAC, NAME, SERIAL, Key
from driftvakt_collector.store import inventory, logins
from driftvakt_collector.store.engine import Store
from driftvakt_collector.store.inventory import SectionRow
from driftvakt_wire.envelope import digest
from driftvakt_wire.sections import SECTIONS

SECRET = "abcde-fghjk-mnpqr-stuvw"
TOWN = town(6)
ONE, OTHER, BARE = "a-000001", "a-000002", "a-000003"
HOSTILE = "<script>alert(1)</script>"


def body(columns: list[str], *rows: list[object]) -> bytes:
    return json.dumps({"columns": columns, "rows": rows}).encode()


def packages(*rows: tuple[str, str]) -> bytes:
    return body(["source", "name", "architecture", "version", "size_bytes"],
                *(["dpkg", name, "amd64", version, 2048] for name, version in rows))  # fmt: skip


def came(store: Store, origin: str, name: str, text: bytes, at: float) -> None:
    row = SectionRow(origin, name, digest(text), text, at)
    store.write_now(lambda connection: inventory.write(connection, [row]))


@pytest.fixture(scope="module")
def store(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Store]:
    folder: Path = tmp_path_factory.mktemp("store")
    opened = Store(f"sqlite:///{folder / 'store.db'}")
    opened.migrate()
    opened.write_now(lambda one: logins.set_secret(one, "admin", SECRET))
    system = body(["manufacturer", "product", "serial"], ["Dell Inc.", "PowerEdge R620", "3FHW8Z1"])
    came(opened, ONE, "system", system, WALL - 900)
    came(opened, ONE, "packages", packages(("openssl", "3.0.11"), (HOSTILE, "1")), WALL - 900)
    came(opened, ONE, "packages", packages(("openssl", "3.0.14"), (HOSTILE, HOSTILE)), WALL - 60)
    came(
        opened,
        OTHER,
        "packages",
        packages(*((f"package-{number}", "1") for number in range(400)), ("openssl", "3.0.9")),
        WALL,
    )
    yield opened
    opened.close()


@pytest.fixture
def visitor(store: Store) -> Visitor:
    console = Console(TOWN, store, now=lambda: NOW, wall=lambda: WALL, secure=False)
    made = Visitor(Starlette(routes=console.routes(), exception_handlers=console.errors()))
    assert made.login(SECRET).status == 303
    return made


@pytest.mark.parametrize("path", [f"/hosts/{ONE}/inventory", "/software?q=openssl"])
def test_a_stranger_sees_nothing_of_it(store: Store, path: str) -> None:
    console = Console(TOWN, store, now=lambda: NOW, wall=lambda: WALL, secure=False)

    answer = Visitor(Starlette(routes=console.routes())).get(path)

    assert answer.status == 303
    assert "openssl" not in answer.text


def test_the_inventory_and_what_changed(visitor: Visitor) -> None:
    text = visitor.get(f"/hosts/{ONE}/inventory").text

    assert "PowerEdge R620" in text
    assert "3FHW8Z1" in text
    assert "dpkg openssl amd64: version 3.0.11 → 3.0.14" in text
    assert "2\xa0KiB" in text


def test_what_changed_stands_on_the_page_of_the_host(visitor: Visitor) -> None:
    text = visitor.get(f"/hosts/{ONE}").text

    assert "dpkg openssl amd64: version 3.0.11 → 3.0.14" in text
    assert f'href="/hosts/{ONE}/inventory"' in text


def test_a_search_shows_the_rows_that_have_all_words(visitor: Visitor) -> None:
    text = visitor.get(f"/hosts/{OTHER}/inventory?find=PACKAGE-39+dpkg").text

    assert "11 rows" in text
    assert "package-399" in text
    assert "openssl" not in text


def test_a_search_that_finds_nothing_says_so(visitor: Visitor) -> None:
    assert "Nothing has these words" in visitor.get(f"/hosts/{ONE}/inventory?find=nowhere").text


def test_a_long_section_is_cut_and_says_how_much(visitor: Visitor) -> None:
    text = visitor.get(f"/hosts/{OTHER}/inventory").text

    assert f"and {401 - inventory_page.MAX_ROWS} more" in text


def test_a_host_without_an_inventory_says_why(visitor: Visitor) -> None:
    text = visitor.get(f"/hosts/{BARE}/inventory").text

    assert "No inventory yet" in text
    assert "What changed" not in text
    assert visitor.get("/hosts/a-nobody/inventory").status == 404


def test_what_a_machine_says_is_shown_as_text(visitor: Visitor) -> None:
    for path in (
        f"/hosts/{ONE}/inventory",
        f"/hosts/{ONE}",
        f"/software?q={HOSTILE}",
        f"/hosts/{ONE}/inventory?find={HOSTILE}",
    ):
        assert HOSTILE not in visitor.get(path).text, path


@pytest.mark.parametrize(
    ("asked", "expected"),
    [
        pytest.param("", Question(), id="nothing"),
        pytest.param(" openssl ", Question("openssl"), id="a name"),
        pytest.param("openssl < 3.0.14", Question("openssl", "<", "3.0.14"), id="a name and a version"),
        pytest.param("openssl>=1:3.0", Question("openssl", ">=", "1:3.0"), id="without blanks"),
        pytest.param("libstdc++6", Question("libstdc++6"), id="signs in a name"),
        pytest.param("openssl <", None, id="no version"),
        pytest.param("two words < 3", Question("two words", "<", "3"), id="a product"),
        pytest.param("a<b c", None, id="no question"),
    ],
)
def test_a_question_is_read(asked: str, expected: Question | None) -> None:
    assert software_page.read(asked) == expected


@pytest.mark.parametrize(
    ("asked", "there", "absent"),
    [
        pytest.param("openssl", [ONE, OTHER, "3.0.14", "3.0.9"], [BARE], id="any"),
        pytest.param("openssl+<+3.0.10", [OTHER], [ONE], id="older"),
        pytest.param("ssl", ["Nobody has it", "/software?q=openssl"], [], id="a part of a name"),
        pytest.param("a%3Cb+c", ["can not be asked"], [], id="no question"),
        pytest.param("", ["Who has what?"], [], id="nothing asked"),
    ],
)
def test_who_has_it(visitor: Visitor, asked: str, there: list[str], absent: list[str]) -> None:
    text = visitor.get(f"/software?q={asked}").text

    assert [one for one in there if one not in text] == []
    assert [one for one in absent if f"/hosts/{one}" in text] == []


def test_each_column_has_a_name_for_a_reader() -> None:
    labels = {column.name: inventory_page.label(column.name) for one in SECTIONS.values() for column in one.columns}

    assert (labels["size_bytes"], labels["speed_mhz"], labels["uuid"], labels["vendor_id"]) == (
        "Size", "Speed", "UUID", "Vendor id",
    )  # fmt: skip
    assert all(label[:1].isupper() for label in labels.values())


def test_the_page_says_which_machine_it_is_and_what_was_on_it_before(store: Store, visitor: Visitor) -> None:
    def work(connection: Connection) -> None:
        book = SqlBook(connection)
        for origin, name, at in ((BARE, HOSTILE, WALL - 86_400), (ONE, "pc-åsa", WALL - 900)):
            keys = frozenset({Key(SERIAL, "3FHW8Z1"), Key(MAC, "00:1b:21:00:00:01"), Key(NAME, name)})
            register.learn(book, Evidence(origin, "adm", keys), lambda _source: None, at)

    store.write_now(work)
    page = visitor.get(f"/hosts/{ONE}/inventory").text

    assert "Asset 1" in page
    assert "3FHW8Z1" in page
    assert f'href="/hosts/{BARE}"' in page
    assert "same serial number, network card; other name: the same thing" in page
    assert HOSTILE not in page
    assert f"/hosts/{ONE}/inventory#asset" in visitor.get(f"/hosts/{ONE}").text
    before = visitor.get(f"/hosts/{BARE}").text
    assert "on an earlier installation" in before
    assert "3.0.11 → 3.0.14" in before


def test_a_host_that_is_no_asset_yet_has_no_such_part(store: Store) -> None:
    assert store.read(lambda one: thing.read(one, "a-9", {}, WALL, Clock("Europe/Stockholm"))) is None
