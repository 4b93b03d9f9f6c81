"""An operator hands an incident over to a supplier from its page, and answers what the supplier says."""

from collections.abc import Iterator

import pytest
from alarming import alert
from sqlalchemy import Connection
from starlette.applications import Starlette
from town import NOW, WALL, town
from visitor import Outline, Visitor

from driftvakt_collector.alert.decision import Situation, decide
from driftvakt_collector.alert.engine import RAISED, Judgement
from driftvakt_collector.alert.words import Words
from driftvakt_collector.console.desk_pages import NO_DESK
from driftvakt_collector.console.routes import Console
from driftvakt_collector.desk import casework, joining
from driftvakt_collector.desk.suppliers import keeping, token
from driftvakt_collector.desk.suppliers.evidence import Facts
from driftvakt_collector.desk.suppliers.handover import Always, Event
from driftvakt_collector.desk.suppliers.supplier import Kind, Secrets, Supplier, to_row
from driftvakt_collector.desk.suppliers.update import Update
from driftvakt_collector.store import handovers, incidents, logins, outbox, suppliers, timers
from driftvakt_collector.store.engine import Store
from driftvakt_collector.trust.vault import Vault

SECRET = "abcde-fghjk-mnpqr-stuvw"
NAME = "S:t <b>Erik</b>"
LAN = Supplier(NAME, Kind.EMAIL, "noc@sterik.example", answer_minutes=30)


@pytest.fixture
def store(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Store]:
    opened = Store(f"sqlite:///{tmp_path_factory.mktemp('data') / 'store.db'}")
    opened.migrate()
    opened.write_now(lambda one: logins.set_secret(one, "admin", SECRET))
    opened.write_now(lambda one: suppliers.keep(one, to_row(LAN, Secrets(), Vault(bytes(32)), WALL)))
    one = alert(supplier=NAME.upper())
    found = [Judgement(RAISED, one, 1, decide(one, Situation()), WALL)]
    opened.write_now(lambda it: joining.apply(it, found, NO_DESK.rules, WALL, {}))
    yield opened
    opened.close()


@pytest.fixture
def person(store: Store) -> Visitor:
    console = Console(town(6), store, now=lambda: NOW, wall=lambda: WALL, secure=False, desk=NO_DESK)
    made = Visitor(Starlette(routes=console.routes(), exception_handlers=console.errors()))
    assert made.login(SECRET).status == 303
    return made


def mended(connection: Connection) -> None:
    """Let the supplier have the case, and say that it mended it."""
    incident = incidents.get(connection, 1)
    assert incident is not None
    told = keeping.start(
        connection, 1, LAN, Words("fel", "fault"), Facts("INC-1", "x", "y", WALL, WALL), WALL, clock=Always(),
        token=token.made(bytes(16)), who="bo", note="<script>alert(1)</script>",
    )  # fmt: skip
    casework.written(connection, told, LAN, incident, WALL)
    keeping.take(connection, Update("k", told.row.token, event=Event.MEND), LAN, WALL, clock=Always())


def test_it_is_handed_over_with_a_button_to_the_supplier_of_what_is_broken(person: Visitor, store: Store) -> None:
    page = person.get("/incidents/1").text
    assert "Hand over to <bdi>S:t &lt;b&gt;Erik" in page
    Outline(page)

    assert person.post("/incidents/1", do="handover", supplier=NAME).status == 303
    assert person.post("/incidents/1", do="handover", supplier="Annan").status == 409

    assert timers.HAND_OVER in [one.kind for one in store.read(lambda one: timers.waiting(one, 1))]
    assert "supplier asked" in person.get("/incidents/1").text


def test_what_a_supplier_mended_is_answered_on_the_page(person: Visitor, store: Store) -> None:
    store.write_now(mended)
    page = person.get("/incidents/1").text
    Outline(page)
    assert "Hand over to" not in page
    assert "With suppliers" in page
    assert "It is not mended" in page
    assert "<script>alert" not in page
    assert "Vårt ärende: INC-1" in page

    assert person.post("/incidents/1", do="supplier-reopen", supplier=NAME, text="Tyst än").status == 303
    assert person.post("/incidents/1", do="supplier-note", supplier=NAME, text="").status == 409
    assert person.post("/incidents/1", do="supplier-accept", supplier=NAME).status == 409
    assert person.post("/incidents/1", do="supplier-cancel", supplier=NAME).status == 303

    assert [one.state for one in store.read(lambda one: handovers.of_incident(one, 1))] == ["cancelled"]
    told = store.read(lambda one: outbox.of_incident(one, 1))
    assert [row.channel for row in told] == ["supplier"] * 3
    assert "Tyst än" in told[1].body
