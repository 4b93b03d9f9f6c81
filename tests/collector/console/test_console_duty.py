"""Who is on call stands on a page, and a site is silenced from one."""

import json
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from collecting import host_row, prepare
from starlette.applications import Starlette
from visitor import Outline, Visitor

from driftvakt_collector.__main__ import main
from driftvakt_collector.alert.mute_rows import mutes_of
from driftvakt_collector.alert.oncall import book
from driftvakt_collector.alert.oncall.days import SwedishDays
from driftvakt_collector.console.desk_pages import NO_DESK, Desk
from driftvakt_collector.console.routes import Console
from driftvakt_collector.fleet.state import Fleet
from driftvakt_collector.store import accounts, audit, hosts, logins, mutes
from driftvakt_collector.store.engine import Store

SECRET = "abcde-fghjk-mnpqr-stuvw"
HOSTILE = "<script>alert(1)</script>"
ROTA = """
name = "drift"
title = "Driftjouren"
[[layer]]
people = ["anna", "bo"]
start = 2026-01-05
every = "1 week"
"""


class Room:
    """A console over a data directory, with somebody who is logged in."""

    def __init__(self, folder: Path, said: pytest.CaptureFixture[str]) -> None:
        self.data, self._said = folder / "data", said
        prepare(self.data, [
            host_row(1, name="fil-1", site="Farsta"), host_row(2, name="fil-2", site="Farsta"),
            host_row(3, name="fil-3", site="Åkerö", administration="Idrott"),
        ])  # fmt: skip
        self.store = Store(f"sqlite:///{self.data / 'store.db'}")
        for name, role in (("admin", "admin"), ("eva", "executive")):
            self.store.write_now(lambda one, name=name: logins.set_secret(one, name, SECRET))  # type: ignore[misc]
            self.store.write_now(lambda one, name=name, role=role: accounts.change(one, name, 0.0, role=role))  # type: ignore[misc]
        fleet = Fleet(self.store.read(hosts.load), healthy_since=0.0)
        seams = Desk(NO_DESK.rules, rotas=lambda: self.store.read(lambda one: book.load(one, SwedishDays())))
        console = Console(fleet, self.store, now=lambda: 1.0, wall=time.time, secure=False, desk=seams)
        self.application = Starlette(routes=console.routes(), exception_handlers=console.errors())
        self.admin = self.person("admin")

    def person(self, name: str) -> Visitor:
        made = Visitor(self.application)
        assert made.post("/login", name=name, secret=SECRET).status == 303
        return made

    def command(self, *words: str) -> None:
        assert main([*words, "--data", str(self.data)]) == 0, self._said.readouterr()

    def apply(self, text: str) -> None:
        path = self.data.parent / "rota.toml"
        path.write_text(text, "utf-8")
        self.command("oncall", "apply", str(path))


@pytest.fixture
def room(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> Iterator[Room]:
    made = Room(tmp_path, capsys)
    yield made
    made.store.close()


def test_who_is_on_call_is_said_with_who_comes_next(room: Room) -> None:
    page = room.admin.get("/oncall")
    assert page.status == 200
    assert "No rota yet" in page.text
    for name, full in (("anna", "Anna Ek"), ("bo", f"Bo {HOSTILE}")):
        room.command("person", "add", name, "--full-name", full, "--phone", f"+4670000000{len(name)}")
    room.apply(ROTA)

    page = room.admin.get("/oncall")

    Outline(page.text)
    assert "Driftjouren" in page.text
    assert HOSTILE not in page.text
    assert "2 people can be told" in page.text
    now = page.text.partition('<ul class="duty">')[2].partition("</ul>")[0]
    assert ("Anna Ek" in now) != ("Bo &lt;script&gt;" in now)
    assert "by sms" in now
    assert "Next:" in page.text
    assert page.text.count("<li aria-current") == 1


def test_a_rota_that_reaches_nobody_says_so(room: Room) -> None:
    for name in ("anna", "bo"):
        room.command("person", "add", name, "--phone", f"+4670000000{len(name)}")
    room.apply(ROTA)
    for name in ("anna", "bo"):
        room.command("person", "change", name, "--inactive")

    page = room.admin.get("/oncall").text

    assert "Nobody is on call now" in page
    assert "critical" in page


def test_a_site_is_silenced_seen_and_taken_back(room: Room) -> None:
    assert "Nothing is silenced" in room.admin.get("/maintenance").text
    assert 'value="Farsta"' in room.admin.get("/maintenance?site=Farsta").text

    told = {"kind": "maintenance", "site": "Farsta", "for": "3h", "reason": f"ny switch {HOSTILE}"}
    assert room.admin.post("/maintenance", **told).status == 303

    (made,), _ = mutes_of(room.store.read(mutes.load))
    assert (made.kind.value, made.scope.site, made.made_by) == ("maintenance", "Farsta", "admin")
    assert made.span.end - made.span.begin == 3 * 3600.0
    page = room.admin.get("/maintenance")
    Outline(page.text)
    assert "site Farsta" in page.text
    assert "2 hosts" in page.text
    assert "End it" in page.text
    assert HOSTILE not in page.text
    assert room.admin.post(f"/maintenance/{made.id}").status == 303
    assert room.admin.post(f"/maintenance/{made.id}").status == 404
    assert "Nothing is silenced" in room.admin.get("/maintenance").text
    entries = room.store.read(lambda one: audit.listed(one, 2))
    assert [(one.what, one.object) for one in entries] == [("maintenance.ended", "1"), ("maintenance.made", "1")]
    assert json.loads(entries[1].detail)["about"] == "site Farsta"


def test_a_host_is_silenced_later_and_that_can_be_taken_back(room: Room) -> None:
    assert 'href="/maintenance?host=a-0003"' in room.admin.get("/hosts/a-0003").text
    assert 'value="a-0003"' in room.admin.get("/maintenance?host=a-0003").text
    assert "/maintenance?host" not in room.person("eva").get("/hosts/a-0003").text
    assert room.admin.post("/maintenance", **{
        "kind": "silence", "host": "fil-3", "from": "tomorrow 22:00", "reason": "känt fel"
    }).status == 303  # fmt: skip

    (made,), _ = mutes_of(room.store.read(mutes.load))
    assert made.scope.origins == ("a-0003",)
    assert made.span.begin > time.time()
    page = room.admin.get("/maintenance").text
    assert "1 host" in page
    assert "Take it back" in page


@pytest.mark.parametrize(("told", "said"), [
    ({"kind": "silence", "reason": "x"}, "cannot make the silence"),
    ({"kind": "x", "site": "Farsta", "reason": "x"}, "choose"),
    ({"kind": "silence", "site": "Farsta"}, "it needs a reason"),
    ({"kind": "silence", "site": "Farsta", "reason": "x", "for": "soon"}, "soon"),
    ({"kind": "silence", "site": "Farsta", "reason": "x", "from": "32:00"}, "32:00"),
    ({"kind": "silence", "site": "Farsta", "reason": "x", "for": "99d"}, "lasts at most 30 days"),
    ({"kind": "silence", "host": HOSTILE, "reason": "x"}, "there is no host"),
    ({"kind": "silence", "site": "Månen", "reason": "x"}, "no host is of"),
    ({"kind": "silence", "site": "Farsta", "administration": "Idrott", "reason": "x"}, "no host is of"),
])  # fmt: skip
def test_what_can_not_be_silenced_is_said_and_the_form_keeps_what_was_typed(
    room: Room, told: dict[str, str], said: str
) -> None:
    answer = room.admin.post("/maintenance", **told)

    assert answer.status == 422
    assert said in answer.text
    assert HOSTILE not in answer.text
    if told.get("site"):
        assert f'value="{told["site"]}"' in answer.text
    assert room.store.read(mutes.load) == []


def test_who_only_looks_sees_what_is_silenced_and_changes_nothing(room: Room) -> None:
    room.command("silence", "add", "--site", "Farsta", "--reason", "känt")
    eva = room.person("eva")

    page = eva.get("/maintenance")
    assert page.status == 200
    assert "site Farsta" in page.text
    assert "<form" not in page.text.partition("<main")[2]
    assert eva.post("/maintenance", kind="silence", site="Farsta", reason="x").status == 403
    assert eva.post("/maintenance/1").status == 403
    assert eva.get("/oncall").status == 403
