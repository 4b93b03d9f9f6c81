"""What changed: told once for all hosts that it happened to, found by host and by time, let go of when it is old."""

from collections.abc import Iterator

import pytest
from sqlalchemy import text

from driftvakt_collector.store import history, tidy
from driftvakt_collector.store.engine import Store
from driftvakt_collector.store.history import Changed
from driftvakt_collector.store.section import Change

DAY = 86_400.0
UPGRADE = [
    Change("changed", "dpkg openssl amd64", "version", "3.0.11", "3.0.14"),
    Change("added", "dpkg bash amd64", "", "", "5.2"),
]


@pytest.fixture
def store(store_url: str) -> Iterator[Store]:
    store = Store(store_url)
    store.migrate()
    yield store
    store.close()


def happened(store: Store, at: float, *origins: str, changes: list[Change] | None = None) -> None:
    told = [Changed(origin, "packages", at, UPGRADE if changes is None else changes) for origin in origins]
    store.write_now(lambda connection: history.write(connection, told))


def count(store: Store, table: str) -> int:
    return int(store.read(lambda one: one.execute(text(f"SELECT count(*) FROM {table}")).scalar()) or 0)


def test_what_happened_to_many_is_told_once(store: Store) -> None:
    happened(store, 100.0, *(f"a-{number}" for number in range(50)))
    happened(store, 200.0, "a-51")

    assert (count(store, "change"), count(store, "change_text")) == (51, 1)
    rows = store.read(lambda connection: history.recent(connection, ["a-7"], 10))
    assert [(row.at, row.kind, row.key, row.new) for row in rows] == [
        (100.0, "added", "dpkg bash amd64", "5.2"),
        (100.0, "changed", "dpkg openssl amd64", "3.0.14"),
    ]


def test_nothing_is_no_change(store: Store) -> None:
    happened(store, 100.0, "a-1", changes=[])

    assert (count(store, "change"), count(store, "change_text")) == (0, 0)


def test_no_host_writes_without_end(store: Store) -> None:
    long = [Change("added", f"{number} {'x' * 1000}", "", "", "å" * 1000) for number in range(1000)]
    happened(store, 100.0, "a-1", changes=long)
    happened(store, 200.0, "a-2", changes=[Change("added", "x" * 2 * history.MAX_BYTES, "", "", "")])

    rows = store.read(lambda connection: history.recent(connection, ["a-1"], 10_000))
    assert 50 < len(rows) < 100
    assert len(store.read(lambda connection: history.recent(connection, ["a-2"], 10))) == 1


def test_of_the_whole_fleet_between_two_moments_the_newest_first(store: Store) -> None:
    for at in (100.0, 200.0, 300.0):
        happened(store, at, "a-1", "a-2")

    rows = store.read(lambda connection: history.between(connection, None, 150.0, 300.0, 100))
    some = store.read(lambda connection: history.between(connection, None, 150.0, 300.0, 3))

    assert [(row.at, row.origin) for row in rows[::2]] == [
        (300.0, "a-1"),
        (300.0, "a-2"),
        (200.0, "a-1"),
        (200.0, "a-2"),
    ]
    assert some == rows[:3]


def test_more_hosts_may_be_named_than_a_question_to_the_database_holds(store: Store) -> None:
    happened(store, 100.0, "a-1", "b-1", "a-69999")

    named = [f"a-{number}" for number in range(70_000)]
    rows = store.read(lambda connection: history.between(connection, named, 0.0, 200.0, 100))

    assert {row.origin for row in rows} == {"a-1", "a-69999"}


def test_old_changes_go_and_their_words_with_the_last_of_them(store: Store) -> None:
    happened(store, 10 * DAY, "a-1")
    happened(store, 20 * DAY, "a-2")
    happened(store, 10 * DAY, "a-3", changes=UPGRADE[:1])

    for _ in range(3):
        store.write_now(lambda connection: tidy.old_rows(connection, 15 * DAY))

    assert (count(store, "change"), count(store, "change_text")) == (1, 1)
    rows = store.read(lambda connection: history.recent(connection, ["a-1", "a-2", "a-3"], 10))
    assert {row.origin for row in rows} == {"a-2"}
    assert len(rows) == 2
