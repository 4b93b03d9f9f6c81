"""People, contacts and changes of duty in the store, on SQLite and PostgreSQL."""

from collections.abc import Iterator

import pytest

from driftvakt_collector.alert.oncall import book, feed
from driftvakt_collector.alert.oncall.changes import ChangeKind
from driftvakt_collector.alert.oncall.days import SwedishDays
from driftvakt_collector.store import duty, people, plans
from driftvakt_collector.store.duty import DutyChangeRow
from driftvakt_collector.store.engine import Store
from driftvakt_collector.store.people import ContactRow, PersonRow

NOW = 1.79e9
ANNA = PersonRow("anna", "Anna Ängström", "sv", "Europe/Stockholm", "anna", True, "", NOW)
ROTA = 'name = "natverk"\n[[layer]]\npeople = ["anna", "bo"]\nstart = 2026-01-05\n'


@pytest.fixture
def store(store_url: str) -> Iterator[Store]:
    made = Store(store_url)
    made.migrate()
    yield made
    made.close()


def test_people_and_the_order_of_ways_to_them_are_kept(store: Store) -> None:
    store.write_now(lambda one: people.keep(one, ANNA))
    for address, first in (("+4670", False), ("+4671", False), ("+4672", True)):
        assert store.write_now(lambda one, a=address, f=first: people.add_contact(one, "anna", "sms", a, first=f))
    store.write_now(lambda one: people.add_contact(one, "anna", "email", "anna@example.se"))

    assert store.read(people.load) == [ANNA]
    assert [one.address for one in store.read(people.contacts)] == ["+4672", "+4670", "+4671", "anna@example.se"]
    assert store.read(book.people_of)["anna"].channels == ("sms", "email")
    assert store.write_now(lambda one: people.verify(one, "anna", "sms", "+4670", NOW))
    assert not store.write_now(lambda one: people.verify(one, "bo", "sms", "+4670", NOW))
    assert ContactRow("anna", "sms", "+4670", 1, NOW) in store.read(people.contacts)
    assert store.write_now(lambda one: people.remove_contact(one, "anna", "sms", "+4672"))
    assert not store.write_now(lambda one: people.remove_contact(one, "anna", "sms", "+4672"))


def test_an_address_belongs_to_one_person(store: Store) -> None:
    assert store.write_now(lambda one: people.add_contact(one, "anna", "sms", "+4670"))

    assert not store.write_now(lambda one: people.add_contact(one, "bo", "sms", "+4670"))
    assert store.read(lambda one: people.holder(one, "sms", "+4670")) == "anna"


def test_who_is_forgotten_is_reached_no_more(store: Store) -> None:
    store.write_now(lambda one: people.keep(one, ANNA))
    store.write_now(lambda one: people.add_contact(one, "anna", "sms", "+4670"))

    assert store.write_now(lambda one: people.remove(one, "anna"))

    assert not store.write_now(lambda one: people.remove(one, "anna"))
    assert store.read(people.contacts) == []
    assert store.read(lambda one: people.find(one, "anna")) is None


def test_a_feed_is_found_by_the_hash_of_its_secret_alone(store: Store) -> None:
    token = feed.new_token()
    store.write_now(lambda one: people.keep(one, ANNA._replace(feed=feed.mark(token))))
    store.write_now(lambda one: people.keep(one, ANNA._replace(name="bo")))

    assert store.read(lambda one: people.of_feed(one, feed.mark(token))) == "anna"
    for wrong in ("", "x", token[:-1], feed.mark(token), "x" * 10_000):
        assert store.read(lambda one, w=wrong: people.of_feed(one, feed.mark(w))) == ""


def test_an_address_serves_the_shifts_of_its_owner_or_of_a_rota(store: Store) -> None:
    token = feed.new_token()
    store.write_now(lambda one: people.keep(one, ANNA._replace(feed=feed.mark(token))))
    store.write_now(lambda one: people.keep(one, ANNA._replace(name="bo", full_name="Bo")))
    store.write_now(lambda one: plans.save(one, "rota", "natverk", ROTA, from_at=0.0, now=NOW, who="root"))

    mine = store.read(lambda one: feed.serve(one, token, NOW)) or b""
    whole = store.read(lambda one: feed.serve(one, token, NOW, "natverk")) or b""

    assert "SUMMARY:Jour: natverk (förstajour)" in mine.decode()
    assert "SUMMARY:natverk: Bo" in whole.decode()
    assert store.read(lambda one: feed.serve(one, token, NOW, "other")) is None
    assert store.read(lambda one: feed.serve(one, "x", NOW)) is None
    store.write_now(lambda one: people.keep(one, ANNA._replace(feed=feed.mark(token), is_active=False)))
    assert store.read(lambda one: feed.serve(one, token, NOW)) is None


def test_a_change_that_was_taken_away_stays_readable(store: Store) -> None:
    row = DutyChangeRow("override", "natverk", "anna", "", NOW, NOW + 9, NOW, "root", "läkarbesök")
    number = store.write_now(lambda one: duty.add(one, row))
    other = store.write_now(lambda one: duty.add(one, row._replace(kind="absence", rota="")))

    assert other > number > 0
    assert store.read(duty.load) == [row._replace(id=number), row._replace(kind="absence", rota="", id=other)]
    assert store.read(lambda one: duty.load(one, NOW + 9)) == []
    assert store.write_now(lambda one: duty.remove(one, number, NOW + 1, "bo")) == row._replace(id=number)
    assert store.write_now(lambda one: duty.remove(one, number, NOW + 2, "eva")) is None
    assert [one.id for one in store.read(duty.load)] == [other]
    (gone,) = [one for one in store.read(lambda one: duty.load(one, removed=True)) if one.id == number]
    assert (gone.removed_at, gone.removed_by) == (NOW + 1, "bo")


def test_a_book_is_what_stands_in_the_store(store: Store) -> None:
    for name in ("anna", "bo"):
        store.write_now(lambda one, n=name: people.keep(one, ANNA._replace(name=n)))
    store.write_now(lambda one: plans.save(one, "rota", "natverk", ROTA, from_at=0.0, now=NOW, who="root"))
    store.write_now(lambda one: duty.add(one, DutyChangeRow("absence", "", "anna", "", NOW, NOW + 86_400, NOW, "root")))

    found = store.read(lambda one: book.load(one, SwedishDays()))

    assert found.names == ["natverk"]
    assert found.changes[0].kind is ChangeKind.ABSENCE
    assert found.on_duty("natverk", NOW) == ("bo",)
    assert found.on_duty("unknown", NOW) == ()
