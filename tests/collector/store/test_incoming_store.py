"""Systems that send us alerts, in the store, on SQLite and PostgreSQL."""

from collections.abc import Iterator

import pytest

from driftvakt_collector.store import incoming
from driftvakt_collector.store.engine import Store
from driftvakt_collector.store.incoming import IncomingRow

ROW = IncomingRow("prometheus", "alertmanager", "adm", "Äldreförvaltningen", incoming.mark_of("t"), 1.7e9)


@pytest.fixture
def store(store_url: str) -> Iterator[Store]:
    made = Store(store_url)
    made.migrate()
    yield made
    made.close()


def test_a_name_is_given_once(store: Store) -> None:
    assert store.write_now(lambda one: incoming.add(one, ROW)) is True
    assert store.write_now(lambda one: incoming.add(one, ROW._replace(zone="edu"))) is False
    assert store.read(incoming.load) == [ROW]


def test_how_it_last_went_is_kept_over_a_new_token(store: Store) -> None:
    store.write_now(lambda one: incoming.add(one, ROW))
    store.write_now(lambda one: incoming.took(one, "prometheus", 1.8e9, "x" * 9000))
    store.write_now(lambda one: incoming.renew(one, "prometheus", "new", 1.9e9))
    (row,) = store.read(incoming.load)
    assert (row.mark, row.changed_at, row.last_at, len(row.last_error)) == ("new", 1.9e9, 1.8e9, 500)

    store.write_now(lambda one: incoming.failed(one, "prometheus", "no JSON"))
    (row,) = store.read(incoming.load)
    assert (row.last_at, row.last_error) == (1.8e9, "no JSON")
    assert store.write_now(lambda one: incoming.remove(one, "prometheus")) is True
    assert store.write_now(lambda one: incoming.remove(one, "prometheus")) is False
