"""A person looks through thousands of findings, says that one is all right, and takes that back."""

import asyncio
import json
import re
from collections.abc import Iterator
from typing import Any
from urllib.parse import quote

import pytest
from starlette.applications import Starlette
from town import NOW, WALL, town
from visitor import Outline, Visitor

from driftvakt_collector.console import coverage_page
from driftvakt_collector.console.clock import Clock
from driftvakt_collector.console.coverage_page import CoverageQuery
from driftvakt_collector.console.routes import Console
from driftvakt_collector.service.coverage.entry import Entry
from driftvakt_collector.service.coverage.ledger import Ledger, as_list
from driftvakt_collector.store import coverage, logins
from driftvakt_collector.store.engine import Store
from driftvakt_collector.store.logins import ApiKey

SECRET = "abcde-fghjk-mnpqr-stuvw"
FLEET = town(6)


@pytest.fixture
def store(store_url: str) -> Iterator[Store]:
    opened = Store(store_url)
    opened.migrate()
    opened.write_now(lambda one: logins.set_secret(one, "admin", SECRET))
    yield opened
    opened.close()


class Desk:
    """A console over some ghosts of two zones, and somebody who is logged in."""

    def __init__(self, store: Store, *, ghosts: int = 3) -> None:
        self.store = store
        self.ledger = Ledger(FLEET, store, lambda: WALL)
        self.bring(
            "adm-2026", "adm", [Entry(f"ghost-{one:05}", owner="Å" if one % 2 else "B") for one in range(ghosts)]
        )
        self.bring("edu-2026", "edu", [Entry("sal-12", owner="Skolan")])
        asyncio.run(self.ledger.look())
        console = Console(FLEET, store, now=lambda: NOW, wall=lambda: WALL, secure=False, coverage=self.ledger,
                          privacy={"adm": "full", "edu": "edu"})  # fmt: skip
        self.application = Starlette(routes=console.routes(), exception_handlers=console.errors())
        self.person = Visitor(self.application)
        assert self.person.login(SECRET).status == 303

    def bring(self, name: str, zone: str, entries: list[Entry], kind: str = "managed") -> None:
        info, rows = as_list(name, kind, zone, WALL, "anna", entries)
        self.store.write_now(lambda one: coverage.replace(one, info, rows))

    def row(self, subject: str) -> coverage.FindingRow:
        (found,) = [row for row in self.store.read(coverage.findings) if row.subject == subject]
        return found

    def get(self, key: str, url: str) -> Any:
        return Visitor(self.application).get(f"/api/v1/{url}", authorization=f"Bearer {key}")

    def key(self, name: str, may: str = logins.READ, zone: str = "") -> str:
        return self.store.write_now(lambda one: logins.open_key(one, ApiKey(name, may, zone), WALL, 1e6))


def test_a_finding_is_accepted_with_a_reason_and_a_name_and_taken_back(store: Store) -> None:
    desk = Desk(store)
    number = desk.row("ghost-00001").number
    page = desk.person.get("/coverage?kind=ghost&owner=%C3%85").text
    (link,) = re.findall(rf'href="(/coverage/{number}\?next=[^"]+)"', page)
    form = desk.person.get(link.replace("&amp;", "&")).text
    assert not Outline(form).wrong
    assert 'name="next" value="/coverage?kind=ghost&amp;owner=%C3%85"' in form

    done = desk.person.post(
        f"/coverage/{number}", reason="at the\0 repair  shop", days="30", next="/coverage?kind=ghost"
    )
    assert (done.status, done.headers["location"]) == (303, "/coverage?kind=ghost")
    row = desk.row("ghost-00001")
    assert (row.who, row.reason, row.accepted) == ("admin", "at the repair shop", WALL + 30 * 86_400)
    assert desk.ledger.counts[("ghost", "adm")] == 2
    page = desk.person.get("/coverage?kind=ghost").text
    assert "ghost-00001" not in page
    assert "Show the 1 that is accepted" in page
    page = desk.person.get("/coverage?kind=ghost&accepted=1").text
    assert "ghost-00001" in page
    assert "at the repair shop" in page
    assert "ghost-00000" not in page

    assert "admin" in desk.person.get(f"/coverage/{number}").text
    assert desk.person.post(f"/coverage/{number}", back="1").status == 303
    assert desk.row("ghost-00001").accepted == 0
    assert desk.ledger.counts[("ghost", "adm")] == 3
    assert "ghost-00001" in desk.person.get("/coverage?kind=ghost").text


@pytest.mark.parametrize(("fields", "status"), [
    pytest.param({"reason": " \0 ", "days": "9"}, 422, id="no reason"),
    pytest.param({"reason": "x" * 501, "days": "9"}, 422, id="a long one"),
    pytest.param({"reason": "x", "days": "0"}, 422, id="no time"),
    pytest.param({"reason": "x", "days": "3661"}, 422, id="ten years and more"),
    pytest.param({"reason": "x", "days": "٣"}, 422, id="a digit of another script"),
    pytest.param({}, 422, id="nothing"),
    pytest.param({"reason": "<b>x", "days": "x"}, 422, id="a word for a number"),
])  # fmt: skip
def test_a_form_that_says_nothing_is_shown_again(tmp_path: Any, fields: dict[str, str], status: int) -> None:
    store = Store(f"sqlite:///{tmp_path / 'store.db'}")
    store.migrate()
    store.write_now(lambda one: logins.set_secret(one, "admin", SECRET))
    desk = Desk(store)
    number = desk.row("ghost-00000").number

    answer = desk.person.post(f"/coverage/{number}", **fields)

    assert answer.status == status
    assert 'role="alert"' in answer.text
    assert "<b>x" not in answer.text
    assert desk.row("ghost-00000").accepted == 0
    store.close()


def test_only_our_own_page_and_somebody_logged_in_can_accept(store: Store) -> None:
    desk = Desk(store)
    number = desk.row("ghost-00000").number
    fields = {"reason": "x", "days": "9"}
    assert Visitor(desk.application).post(f"/coverage/{number}", **fields).headers["location"] == "/login"
    for headers in (
        {"origin": "http://evil.test"},
        {"origin": "http://console.test", "sec-fetch-site": "cross-site"},
        {},
    ):
        desk.person.headers = headers
        assert desk.person.post(f"/coverage/{number}", **fields).status == 403
    desk.person.headers = {"sec-fetch-site": "same-origin"}
    assert desk.row("ghost-00000").accepted == 0
    for back in ("https://evil.test", "//evil.test", "/logout", "/coverage/../logout", ""):
        assert desk.person.post(f"/coverage/{number}", **fields, next=back).headers["location"] == "/coverage"
    for gone in ("0123456789abcdef", "x", "%00", "A" * 16):
        assert desk.person.get(f"/coverage/{gone}").status == 404
        assert desk.person.post(f"/coverage/{gone}", **fields).status == 404


def test_all_that_a_question_finds_are_accepted_at_once(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(coverage, "STEP", 2)
    desk = Desk(store, ghosts=9)
    page = desk.person.get("/coverage?kind=ghost&owner=%C3%85").text
    assert "Accept all 4" in page
    (link,) = re.findall(r'href="(/coverage/all[^"]*)"', page)
    form = desk.person.get(link.replace("&amp;", "&")).text
    assert not Outline(form).wrong
    assert "Accept 4 findings" in form
    told = {"kind": "ghost", "owner": "Å", "reason": "a new school", "days": "30"}
    assert desk.person.post("/coverage/all", **told, count="5").status == 422
    assert desk.person.post("/coverage/all", **{**told, "reason": ""}, count="4").status == 422
    assert Visitor(desk.application).post("/coverage/all", **told, count="4").headers["location"] == "/login"
    assert not any(row.accepted for row in store.read(coverage.findings))

    done = desk.person.post("/coverage/all", **told, count="4")

    assert (done.status, done.headers["location"]) == (303, "/coverage?kind=ghost&owner=%C3%85")
    accepted = [row for row in store.read(coverage.findings) if row.accepted]
    assert {(row.owner, row.who, row.reason) for row in accepted} == {("Å", "admin", "a new school")}
    assert len(accepted) == 4
    assert desk.ledger.counts[("ghost", "adm")] == 5
    desk.person.headers = {"origin": "http://evil.test", "sec-fetch-site": "cross-site"}
    assert desk.person.post("/coverage/all", reason="x", days="1", count="6").status == 403


def test_thousands_of_findings_are_all_reached(tmp_path: Any) -> None:
    store = Store(f"sqlite:///{tmp_path / 'store.db'}")
    store.migrate()
    store.write_now(lambda one: logins.set_secret(one, "admin", SECRET))
    desk = Desk(store, ghosts=950)
    url, met = "/coverage?zone=adm&kind=ghost", set()
    while url:
        page = desk.person.get(url).text
        met |= set(re.findall(r"<bdi>(ghost-\d+)</bdi>", page))
        following = re.findall(r'rel="next" href="([^"]+)"', page)
        url = following[0].replace("&amp;", "&") if following else ""
    assert len(met) == 950
    assert 'rel="prev"' in page
    assert "ghost-00007" in desk.person.get("/coverage?q=00007+GHOST").text
    assert "ghost-00008" not in desk.person.get("/coverage?q=00007+GHOST").text
    assert "ghost-00949" in desk.person.get("/coverage?page=99999&zone=adm&q=ghost-00949").text
    assert "Nothing like that" in desk.person.get("/coverage?q=zzz").text
    key = desk.key("bi")
    assert len(json.loads(desk.get(key, "coverage?kind=ghost&zone=adm&q=ghost-000").text)) == 100
    store.close()


@pytest.mark.parametrize("page", ["-1", "x", "٣", "9" * 500, "1e3"])
def test_a_page_that_is_none_is_the_first(page: str) -> None:
    assert CoverageQuery.read({"page": page}).page == 0


def test_a_key_of_a_zone_sees_nothing_of_another(store: Store) -> None:
    desk = Desk(store)
    edu, every = desk.key("school", logins.LISTS, "edu"), desk.key("all")
    assert {row["zone"] for row in json.loads(desk.get(every, "coverage?all=1").text)} >= {"adm", "edu"}
    assert {row["zone"] for row in json.loads(desk.get(edu, "coverage?all=1").text)} == {"edu"}
    assert [one["name"] for one in json.loads(desk.get(edu, "coverage/lists").text)] == ["edu-2026"]
    assert desk.get(edu, "coverage?zone=adm").status == 403
    assert desk.get(edu, "coverage?all=0").status == 400
    refused = desk.get(edu, "coverage/lists/edu-2026")
    assert (refused.status, json.loads(refused.text)) == (405, {"error": "Method Not Allowed"})
    assert "PUT" in refused.headers["allow"]

    def put(query: str, name: str = "dhcp") -> int:
        told = {"authorization": f"Bearer {edu}"}
        return (
            Visitor(desk.application)
            ._ask("PUT", f"/api/v1/coverage/lists/{name}?kind=seen{query}", b"name\nannas-iphone\nsal-9\n", told)
            .status
        )

    assert put("&zone=adm") == 403
    assert put("", "edu-2026") == 409
    assert put("") == 200
    (one,) = [one for one in store.read(coverage.lists) if one.name == "dhcp"]
    assert (one.zone, one.rows, one.who) == ("edu", 1, "api@edu:school")


def test_a_page_of_a_hundred_thousand_is_made_of_what_it_shows() -> None:
    rows = [
        coverage.FindingRow(f"{n:016x}", "ghost", f"g{n}", "", 0, "c", "Å", "s", "adm", "t", WALL) for n in range(999)
    ]
    clock = Clock("Europe/Stockholm")
    view = coverage_page.build(CoverageQuery(page=4), rows, [], [], WALL, WALL, clock)
    assert (len(view.lines), view.first, view.after) == (199, 801, "")
    assert quote("/coverage?page=4", safe="") in view.lines[0].decide


@pytest.mark.parametrize(
    "url",
    [
        "/software?q=%00",
        "/software?q=a%00b",
        "/software?publisher=%00",
        "/applications?name=%00",
        "/search?in=storage&q=%00",
        "/coverage?q=%00",
    ],
)
def test_what_no_keyboard_types_breaks_no_page(store: Store, url: str) -> None:
    desk = Desk(store)
    assert desk.person.get(url).status == 200
    assert desk.person.get(f"/api/v1{url.replace('/search?in=storage&', '/inventory/storage?')}").status in (200, 400)
