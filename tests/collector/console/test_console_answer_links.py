"""A link in a message works for who has it, whatever strangers try from the same address."""

from collections.abc import Iterator

import pytest
from alarming import NOON, alert
from starlette.applications import Starlette
from town import NOW, town
from visitor import Visitor

from driftvakt_collector.alert.answers import link
from driftvakt_collector.alert.decision import Situation, decide
from driftvakt_collector.alert.engine import RAISED, Judgement
from driftvakt_collector.alert.oncall.book import RotaBook
from driftvakt_collector.alert.oncall.contact import Contact
from driftvakt_collector.alert.oncall.days import SwedishDays
from driftvakt_collector.alert.oncall.person import Person
from driftvakt_collector.console.desk_pages import NO_DESK
from driftvakt_collector.console.guard import FREE
from driftvakt_collector.console.routes import Console
from driftvakt_collector.desk import joining
from driftvakt_collector.desk.answering import Answering
from driftvakt_collector.store import incidents
from driftvakt_collector.store.engine import Store

SECRET = "a-long-secret-of-a-link"
ANNA = Person("anna", "Anna", "en", contacts=(Contact("sms", "+46700000001"),))


@pytest.fixture
def store(store_url: str) -> Iterator[Store]:
    opened = Store(store_url)
    opened.migrate()
    yield opened
    opened.close()


def test_wrong_links_from_the_same_address_keep_nobody_from_answering(store: Store) -> None:
    one = alert()
    judged = [Judgement(RAISED, one, 1, decide(one, Situation()), NOON)]
    number = store.write_now(lambda it: joining.apply(it, judged, NO_DESK.rules, NOON, {}))[one.fingerprint]
    assert number is not None
    store.write_now(lambda it: link.make(it, lambda: SECRET, "", number, "anna", link.TAKE, NOON))
    console = Console(town(1), store, now=lambda: NOW, wall=lambda: NOON, secure=False)
    answering = Answering(lambda: {"anna": ANNA}, b"key")
    routes = console.answers(answering, lambda: RotaBook([], [], {"anna": ANNA}, SwedishDays()))
    visitor = Visitor(Starlette(routes=routes))

    tried = [visitor.get(f"/a/wrong-{at}").status for at in range(FREE + 3)]
    assert tried == [404] * FREE + [429] * 3

    assert visitor.get(f"/a/{SECRET}").status == 200
    assert visitor.post(f"/a/{SECRET}").status == 200
    found = store.read(lambda it: incidents.get(it, number))
    assert found is not None
    assert (found.state, found.owner) == ("acknowledged", "anna")
