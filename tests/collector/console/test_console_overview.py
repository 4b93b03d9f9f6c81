"""The overview: what is wrong first, each administration, and who is on call."""

from collections.abc import Iterator

import pytest
from alarming import alert
from collecting import host_row
from starlette.applications import Starlette
from visitor import Outline, Visitor

from driftvakt_collector.alert.alert import Severity
from driftvakt_collector.alert.decision import Situation, decide
from driftvakt_collector.alert.engine import RAISED, Judgement
from driftvakt_collector.alert.mute import Kind, Mute
from driftvakt_collector.alert.mute_rows import row_of
from driftvakt_collector.alert.scope import Scope
from driftvakt_collector.alert.span import Span
from driftvakt_collector.alert.words import Words
from driftvakt_collector.console.desk_pages import NO_DESK, Desk
from driftvakt_collector.console.routes import Console
from driftvakt_collector.desk import incidents as desk
from driftvakt_collector.desk import joining
from driftvakt_collector.fleet.state import Fleet
from driftvakt_collector.store import accounts, hosts, logins, mutes
from driftvakt_collector.store.engine import Store

SECRET = "abcde-fghjk-mnpqr-stuvw"
NOW, WALL = 100_000.0, 1_795_000_000.0
HOSTILE = "<script>alert(1)</script>"


class Room:
    """A console with a fleet of three administrations."""

    def __init__(self, store: Store) -> None:
        self.store = store
        rows = [
            *(host_row(number, administration="SLK") for number in range(4)),
            *(
                host_row(number, administration="Idrott", zone="adm" if number % 2 else "edu")
                for number in range(10, 14)
            ),
            host_row(20, administration=HOSTILE),
        ]
        store.write_now(lambda one: hosts.save(one, rows))
        for name, role in (("admin", "admin"), ("ida", "administration"), ("eva", "executive")):
            store.write_now(lambda one, name=name: logins.set_secret(one, name, SECRET))  # type: ignore[misc]
            told = {"role": role, "administrations": ("Idrott",) if role == "administration" else ()}
            store.write_now(lambda one, name=name, told=told: accounts.change(one, name, WALL, **told))  # type: ignore[misc]
        self.fleet = Fleet(rows, healthy_since=0.0)
        for number, host in enumerate(self.fleet.hosts.values()):
            # Two of them were not heard for long.
            host.received, host.received_wall = (
                (NOW - 10.0, WALL - 10.0) if number > 1 else (NOW - 9000.0, WALL - 9000.0)
            )
            host.every = 60.0
        seams = Desk(NO_DESK.rules, trouble=lambda: [f"Nothing goes out by sms: {HOSTILE}"])
        console = Console(self.fleet, store, now=lambda: NOW, wall=lambda: WALL, secure=False, desk=seams)
        self.application = Starlette(routes=console.routes(), exception_handlers=console.errors())

    def page(self, name: str = "admin") -> str:
        made = Visitor(self.application)
        assert made.post("/login", name=name, secret=SECRET).status == 303
        answer = made.get("/overview")
        assert answer.status == 200
        Outline(answer.text)
        assert HOSTILE not in answer.text
        return answer.text

    def fault(self, origin: str, administration: str, severity: Severity = Severity.CRITICAL) -> int:
        one = alert(
            origin=origin, administration=administration, severity=severity, summary=Words("Fel", f"Fault of {origin}")
        )
        found = [Judgement(RAISED, one, 1, decide(one, Situation()), WALL)]
        done = self.store.write_now(lambda it: joining.apply(it, found, NO_DESK.rules, WALL, {}))[one.fingerprint]
        assert done is not None
        return done


@pytest.fixture
def room(store_url: str) -> Iterator[Room]:
    opened = Store(store_url)
    opened.migrate()
    yield Room(opened)
    opened.close()


def test_what_is_wrong_comes_first_and_each_number_leads_to_what_it_counts(room: Room) -> None:
    room.fault("a-0010", "Idrott", Severity.WARNING)
    number = room.fault("a-0001", "SLK")
    room.store.write_now(lambda one: desk.acknowledge(one, number, "astrid", "sms", WALL))

    page = room.page()

    assert page.index("Fault of a-0001") < page.index("Fault of a-0010")
    assert "2 open incidents" in page
    assert "9</strong> hosts" in page
    assert 'href="/?state=problems&amp;zone=adm&amp;administration=SLK"' in page
    assert 'href="/?zone=edu&amp;administration=Idrott"' in page
    table = page.partition("<tbody>")[2]
    assert table.index(">SLK<") < table.index(">Idrott<")
    assert "1 critical" in table
    assert "astrid" in page
    assert "Nothing goes out by sms" in page
    assert "No rota counts yet" in page


def test_what_is_silenced_and_a_freeze_stand_on_it(room: Room) -> None:
    for kind, scope in ((Kind.SILENCE, Scope(site="site-1")), (Kind.FREEZE, Scope())):
        one = Mute(kind, scope, Span(WALL - 60, WALL + 3600), f"lönekörning {HOSTILE}", "anna", WALL)
        room.store.write_now(lambda it, one=one: mutes.add(it, row_of(one)))  # type: ignore[misc]

    page = room.page()

    assert "1 silenced" in page
    assert "Change freeze until" in page


def test_who_sees_a_part_sees_that_part_counted(room: Room) -> None:
    room.fault("a-0001", "SLK")
    room.fault("a-0010", "Idrott")

    page = room.page("ida")

    assert "4</strong> hosts" in page
    assert "SLK" not in page
    assert "1 open incident" in page
    assert "Fault of a-0001" not in page
    assert "On call now" not in page
    assert "Nothing goes out" not in page


def test_a_town_without_anything_says_so(store_url: str) -> None:
    store = Store(store_url)
    store.migrate()
    store.write_now(lambda one: logins.set_secret(one, "admin", SECRET))
    console = Console(Fleet([], healthy_since=0.0), store, now=lambda: NOW, wall=lambda: WALL, secure=False)
    person = Visitor(Starlette(routes=console.routes(), exception_handlers=console.errors()))
    assert person.post("/login", name="admin", secret=SECRET).status == 303

    page = person.get("/overview").text

    Outline(page)
    assert "No host is here to see yet" in page
    assert "nothing is open" in page
    store.close()
