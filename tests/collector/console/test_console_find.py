"""One box finds hosts, incidents, software, places and people; each sees what is theirs."""

from collections.abc import Iterator

import pytest
from alarming import alert
from collecting import host_row
from starlette.applications import Starlette
from visitor import Outline, Visitor

from driftvakt_collector.alert.decision import Situation, decide
from driftvakt_collector.alert.engine import RAISED, Judgement
from driftvakt_collector.alert.oncall.book import RotaBook
from driftvakt_collector.alert.oncall.contact import Contact
from driftvakt_collector.alert.oncall.days import SwedishDays
from driftvakt_collector.alert.oncall.person import Person
from driftvakt_collector.alert.words import Words
from driftvakt_collector.console.desk_pages import NO_DESK, Desk
from driftvakt_collector.console.find_page import MOST
from driftvakt_collector.console.routes import Console
from driftvakt_collector.desk import joining
from driftvakt_collector.fleet.state import Fleet
from driftvakt_collector.store import accounts, hosts, logins
from driftvakt_collector.store.engine import Store

SECRET = "abcde-fghjk-mnpqr-stuvw"
NOW, WALL = 100_000.0, 1_795_000_000.0
HOSTILE = "<script>alert(1)</script>"
ROWS = [
    *(host_row(number, name=f"pc-{number:03}", administration="Idrott", site="Åkerö skola") for number in range(30)),
    host_row(40, name="fil-01", administration="SLK", site="Stadshuset"),
    host_row(41, name=f"srv {HOSTILE}"),
]
PEOPLE = {"astrid": Person("astrid", "Astrid Öman", "sv", contacts=(Contact("sms", "+46700000001"),))}


@pytest.fixture
def console(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Starlette]:
    store = Store(f"sqlite:///{tmp_path_factory.mktemp('find') / 'store.db'}")
    store.migrate()
    store.write_now(lambda one: hosts.save(one, ROWS))
    for name, role in (("admin", "admin"), ("ida", "administration")):
        store.write_now(lambda one, name=name: logins.set_secret(one, name, SECRET))  # type: ignore[misc]
        told = {"role": role, "administrations": ("Idrott",) if role == "administration" else ()}
        store.write_now(lambda one, name=name, told=told: accounts.change(one, name, WALL, **told))  # type: ignore[misc]
    one = alert(origin="a-0040", administration="SLK", summary=Words("Disken är full", f"The disk is full {HOSTILE}"))
    found = [Judgement(RAISED, one, 1, decide(one, Situation()), WALL)]
    store.write_now(lambda it: joining.apply(it, found, NO_DESK.rules, WALL, {}))
    seams = Desk(NO_DESK.rules, rotas=lambda: RotaBook((), (), PEOPLE, SwedishDays()))
    made = Console(Fleet(ROWS, 0.0), store, now=lambda: NOW, wall=lambda: WALL, secure=False, desk=seams)
    yield Starlette(routes=made.routes(), exception_handlers=made.errors())
    store.close()


def found(console: Starlette, asked: str, name: str = "admin") -> str:
    person = Visitor(console)
    assert person.post("/login", name=name, secret=SECRET).status == 303
    answer = person.get(f"/find?q={asked}")
    assert answer.status == 200
    Outline(answer.text)
    assert HOSTILE not in answer.text
    return answer.text.partition("<main")[2]


@pytest.mark.parametrize(("asked", "link"), [
    ("fil-01", "/hosts/a-0040"), ("FIL", "/hosts/a-0040"), ("INC-1", "/incidents/1"), ("1", "/incidents/1"),
    ("disk+full", "/incidents/1"), ("stadshuset", "/?site=Stadshuset"),
    ("%C3%85ker%C3%B6", "/?site=%C3%85ker%C3%B6+skola"),
    ("idrott", "/?administration=Idrott"), ("%C3%96man", "/oncall"), ("srv", "/hosts/a-0041"),
])  # fmt: skip
def test_what_is_typed_is_found(console: Starlette, asked: str, link: str) -> None:
    assert f'href="{link}"' in found(console, asked)


def test_who_is_called_so_comes_before_who_is_in_a_place_called_so(console: Starlette) -> None:
    page = found(console, "pc-007")

    assert page.count("/hosts/") == 1
    many = found(console, "pc")
    assert many.count("/hosts/") == MOST
    assert "All 30" in many


def test_what_was_typed_stays_in_the_box_and_only_what_is_there_is_found(console: Starlette) -> None:
    person = Visitor(console)
    person.post("/login", name="admin", secret=SECRET)

    page = person.get('/find?q="><b>postgresql').text

    Outline(page)
    assert 'value="&#34;&gt;&lt;b&gt;postgresql"' in page
    # There is a rule for it, and no host has it.
    assert "Nothing is called so" in person.get("/find?q=postgresql").text


def test_nothing_and_nonsense_get_an_answer(console: Starlette) -> None:
    assert "What do you look for" in found(console, "")
    assert "Nothing is called so" in found(console, "zzz")
    assert "Nothing is called so" in found(console, "%00%ff%E2%80%AE' OR 1=1 --")
    assert "Nothing is called so" in found(console, "z" * 5000)
    assert "Nothing is called so" in found(console, "INC-99999999999999999999")


def test_each_finds_what_is_theirs_alone(console: Starlette) -> None:
    assert "Nothing is called so" in found(console, "fil-01", "ida")
    assert "Nothing is called so" in found(console, "INC-1", "ida")
    assert "Nothing is called so" in found(console, "stadshuset", "ida")
    assert "Nothing is called so" in found(console, "astrid", "ida")
    assert "/hosts/a-0007" in found(console, "pc-007", "ida")
