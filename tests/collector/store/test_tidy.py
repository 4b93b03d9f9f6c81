"""What the store lets go of, on SQLite and on PostgreSQL."""

from collections.abc import Iterator
from functools import partial

import pytest
from sqlalchemy import Connection

from driftvakt_collector.fleet.book import SqlBook
from driftvakt_collector.fleet.identity.evidence import Evidence
from driftvakt_collector.fleet.identity.keys import Key
from driftvakt_collector.fleet.register import Moved
from driftvakt_collector.store import feed, tidy
from driftvakt_collector.store.engine import Store
from driftvakt_collector.store.feed import Batch, EventRow


@pytest.fixture
def store(store_url: str) -> Iterator[Store]:
    store = Store(store_url)
    store.migrate()
    yield store
    store.close()


def filled(store: Store, events: int) -> None:
    """One event a second, an outage every ten, and three series sets."""
    batch = Batch()
    batch.events = [EventRow("a-1", "e1", at, "event", at, at, "test", "") for at in range(events)]
    batch.outages = [(at, at + 5, "down") for at in range(0, events, 10)]
    batch.sets = {"b2:aa": b"[]", "b2:bb": b"[]", "b2:cc": b"[]"}
    store.write_now(lambda connection: feed.write(connection, batch, 1))


def steps(store: Store, before: float) -> list[int]:
    """Let go of it all; return how many rows went in each step."""
    told = []
    while gone := store.write_now(lambda connection: tidy.old_rows(connection, before)):
        told.append(gone)
    return told


def test_what_is_old_goes_in_steps_and_the_rest_stays(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tidy, "STEP", 25)
    filled(store, 100)

    assert sum(steps(store, 60.0)) == 60 + 6

    assert store.read(feed.count_events) == 40
    assert store.read(feed.outages)[0] == (60, 65)
    assert steps(store, 60.0) == []


def decisions(store: Store, *told: tuple[float, str]) -> list[int]:
    """Write down a decision about a source at each of these moments; return their numbers."""

    def work(connection: Connection) -> list[int]:
        book = SqlBook(connection)
        return [book.note(at, "move", [Moved(source, 1, 2)], f"because of {source}", "") for at, source in told]

    return store.write_now(work)


def _is_noted(connection: Connection, number: int) -> bool:
    return bool(SqlBook(connection).noted(number))


def test_old_decisions_go_but_the_last_of_each_host_explains_it(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tidy, "STEP", 2)
    numbers = decisions(store, (1.0, "a-1"), (2.0, "a-2"), (3.0, "a-gone"), (4.0, "a-1"), (5.0, "a-gone"), (9.0, "a-1"))
    evidence = [Evidence(one, "adm", frozenset({Key("serial", one)})) for one in ("a-1", "a-2")]
    for told in evidence:
        store.write_now(lambda one, told=told: SqlBook(one).settle(told, "x", 2, 1.0, pinned=False))  # type: ignore[misc]

    after: int | None = 0
    rounds = 0
    while after is not None:
        after = store.write_now(partial(tidy.old_decisions, before=8.0, after=after))
        rounds += 1

    kept = [number for number in numbers if store.read(partial(_is_noted, number=number))]
    assert kept == [numbers[1], numbers[5]]
    assert rounds == 4
    assert store.read(lambda one: SqlBook(one).moves("a-1", 0.0)) == 1


def test_a_store_without_anything_old_is_left_alone(store: Store) -> None:
    filled(store, 3)

    assert steps(store, 0.0) == []
    assert store.read(feed.count_events) == 3


def test_a_series_set_goes_when_nobody_uses_it(store: Store) -> None:
    filled(store, 1)

    def known(connection: Connection) -> set[str]:
        return set(feed.series_sets(connection, ["b2:aa", "b2:bb", "b2:cc"]))

    assert store.write_now(lambda connection: tidy.unused_sets(connection, {"b2:bb"})) == 2
    assert store.read(known) == {"b2:bb"}
    assert store.write_now(lambda connection: tidy.unused_sets(connection, {"b2:bb"})) == 0
