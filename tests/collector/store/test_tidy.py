"""What the store lets go of, on SQLite and on PostgreSQL."""

from collections.abc import Iterator

import pytest
from sqlalchemy import Connection

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
