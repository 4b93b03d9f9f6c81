"""An operator sees what is wrong and why nobody was told, takes an incident, and writes a note."""

import json
from collections.abc import Iterator

import pytest
from alarming import alert
from sqlalchemy import Connection
from starlette.applications import Starlette
from town import NOW, WALL, town
from visitor import Outline, Visitor

from driftvakt_collector.alert import delivery
from driftvakt_collector.alert.alert import Alert
from driftvakt_collector.alert.decision import Reason, Situation, decide
from driftvakt_collector.alert.engine import CLEARED, RAISED, Judgement
from driftvakt_collector.alert.words import Words
from driftvakt_collector.console.desk_pages import NO_DESK, Desk
from driftvakt_collector.console.routes import Console
from driftvakt_collector.desk import joining
from driftvakt_collector.store import incidents, logins, outbox
from driftvakt_collector.store.engine import Store

SECRET = "abcde-fghjk-mnpqr-stuvw"
FLEET = town(6)
HOSTILE = '<script>alert(1)</script>"&\u202e'
MUTED = Situation(muted=(Reason("maintenance", Words("Underhåll", f"Maintenance {HOSTILE}"), WALL + 3600),))


class Room:
    """A console over a store with alerts, and somebody who is logged in."""

    def __init__(self, store: Store) -> None:
        self.store = store

        def changes(_one: Connection, _origins: object, _before: float) -> list[str]:
            return [f"package openssl 3.0.1 → 3.0.2 {HOSTILE}"]

        seams = Desk(NO_DESK.rules, changes, lambda: ["No SMS can be sent: wrong password"])
        console = Console(FLEET, store, now=lambda: NOW, wall=lambda: WALL, secure=False, desk=seams)
        self.person = Visitor(Starlette(routes=console.routes(), exception_handlers=console.errors()))
        assert self.person.login(SECRET).status == 303

    def judge(self, one: Alert, situation: Situation | None = None, what: str = RAISED) -> int | None:
        found = [Judgement(what, one, 1, decide(one, situation or Situation()), WALL)]
        done = self.store.write_now(lambda it: joining.apply(it, found, NO_DESK.rules, WALL, {}))
        return done[one.fingerprint]


@pytest.fixture
def room(store_url: str) -> Iterator[Room]:
    opened = Store(store_url)
    opened.migrate()
    opened.write_now(lambda one: logins.set_secret(one, "admin", SECRET))
    yield Room(opened)
    opened.close()


def hostile(rule: str = "DiskFull", **told: object) -> Alert:
    return alert(rule, summary=Words(HOSTILE, f"Disk {HOSTILE}"), subject=HOSTILE, site=HOSTILE, **told)


def test_nobody_sees_incidents_without_a_session(room: Room) -> None:
    room.person.cookies.clear()

    for url in ("/incidents", "/incidents/1", "/alerts"):
        assert room.person.get(url).status == 303
    assert room.person.post("/incidents/1", do="acknowledge").status == 303


def test_pages_without_anything_say_so(room: Room) -> None:
    assert "Nothing is open" in room.person.get("/incidents").text
    assert "No rule has found anything yet" in room.person.get("/alerts").text
    assert "No incident is in this state" in room.person.get("/incidents?state=closed").text
    assert room.person.get("/incidents/99").status == 404
    assert room.person.get("/incidents/x").status == 404


def test_what_is_open_stands_in_a_list_and_on_a_page_of_its_own(room: Room) -> None:
    number = room.judge(hostile())
    room.judge(hostile("Held", origin="a-9"), MUTED)

    for url in ("/incidents", f"/incidents/{number}", "/alerts", "/alerts?standing=held"):
        page = room.person.get(url)
        assert page.status == 200, url
        assert "<script>alert" not in page.text
        Outline(page.text)
    listed = room.person.get("/incidents").text
    assert f"INC-{number}" in listed
    assert "1 alert held back" in listed
    assert "nobody has it" in listed
    assert "No SMS can be sent: wrong password" in listed
    assert "openssl 3.0.1" in room.person.get(f"/incidents/{number}").text


def test_why_nobody_was_paged_stands_there(room: Room) -> None:
    room.judge(alert(origin="a-9"), MUTED)

    page = room.person.get("/alerts?standing=held").text

    assert "Held back" in page
    assert "Maintenance" in page
    assert "until" in page


def test_an_incident_is_taken_noted_handed_on_and_closed(room: Room) -> None:
    number = room.judge(alert())
    url = f"/incidents/{number}"

    assert room.person.post(url, do="acknowledge").status == 303
    page = room.person.get(url).text
    assert "Taken" in page
    assert "admin" in page
    assert room.person.post(url, do="note", text="startade om <b>").status == 303
    assert "startade om &lt;b&gt;" in room.person.get(url).text
    assert room.person.post(url, do="escalate").status == 303
    refused = room.person.post(url, do="resolve")
    assert refused.status == 409
    assert "1 alerts that still fire" in refused.text
    room.judge(alert(), what=CLEARED)
    assert room.person.post(url, do="close").status == 303
    assert "Closed" in room.person.get(url).text
    assert room.person.post(url, do="dance").status == 409
    assert room.person.post("/incidents/x", do="close").status == 404


def test_a_form_from_elsewhere_is_not_taken(room: Room) -> None:
    number = room.judge(alert())
    room.person.headers = {"origin": "https://evil.example", "sec-fetch-site": "cross-site"}

    assert room.person.post(f"/incidents/{number}", do="acknowledge").status == 403


def test_who_was_told_and_how_that_went_stands_there(room: Room) -> None:
    number = room.judge(alert())
    body = delivery.body_of(f"[INC] {HOSTILE}", "lång", f"kort {HOSTILE}", "sv")
    why = json.dumps({"sv": "Du har jouren", "en": "You are on call"})
    row = outbox.row("m-1", "sms", "anna", "+46700000001", body, WALL, kind="page", incident=number, why=why)
    told = row._replace(state="sent", sent_at=WALL, receipt="failed")
    room.store.write_now(lambda one: outbox.add(one, [told, row._replace(message="m-2", error="!451 later")]))

    page = room.person.get(f"/incidents/{number}").text

    for words in ("was sent and did not arrive", "You are on call", "451 later", "waits", "anna"):
        assert words in page, words
    assert "!451" not in page


def test_long_lists_are_paged(room: Room) -> None:
    for number in range(203):
        room.judge(alert(origin=f"a-{number}"))

    first = room.person.get("/incidents").text
    rows = room.store.read(lambda one: incidents.listed(one, ("open",), 300))

    assert f"before={rows[199].number}" in first
    assert f"INC-{rows[202].number}<" in room.person.get(f"/incidents?before={rows[199].number}").text
