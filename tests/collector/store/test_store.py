"""The store, on SQLite and on PostgreSQL: one code, one behaviour."""

import threading
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from alembic import command
from alembic.autogenerate import compare_metadata
from alembic.config import Config as AlembicConfig
from alembic.migration import MigrationContext
from collecting import host_row
from sqlalchemy import Connection, inspect
from sqlalchemy.exc import SQLAlchemyError
from sqlmodel import SQLModel

from driftvakt_collector.config import ConfigError
from driftvakt_collector.store import alert_models, feed, hosts, logins  # noqa: F401  its tables must be known
from driftvakt_collector.store.engine import MIGRATIONS, Store, StoreError
from driftvakt_collector.store.feed import Batch, EventRow

NOON = datetime(2026, 11, 23, 12, tzinfo=UTC)


@pytest.fixture
def store(empty_store_url: str) -> Iterator[Store]:
    store = Store(empty_store_url)
    store.migrate()
    yield store
    store.close()


def event(seq: int, **told: str) -> EventRow:
    facts: dict[str, str] = {"origin": "a-1", "epoch": "e1", "kind": "event", "name": "agent.start", "text": "", **told}
    return EventRow(seq=seq, at=1.5, received=2.5, **facts)


def batch(*events: EventRow) -> Batch:
    made = Batch()
    made.events.extend(events)
    return made


# --- migrations ---


def alembic(store: Store, connection: Connection) -> AlembicConfig:
    config = AlembicConfig()
    config.set_main_option("script_location", str(MIGRATIONS))
    config.set_main_option("path_separator", "os")
    config.attributes["connection"] = connection
    return config


def test_the_migrations_make_what_the_models_declare(store: Store) -> None:
    def differences(connection: Connection) -> list[object]:
        return list(compare_metadata(MigrationContext.configure(connection), SQLModel.metadata))

    assert store.read(differences) == []


def test_migrations_go_down_and_up_again(store: Store) -> None:
    def down(connection: Connection) -> None:
        command.downgrade(alembic(store, connection), "base")

    store.write_now(down)
    assert store.read(lambda connection: inspect(connection).get_table_names()) == ["alembic_version"]
    store.migrate()

    store.write_now(lambda connection: hosts.save(connection, [host_row(1)]))
    assert len(store.read(hosts.load)) == 1


def test_migrating_what_is_up_to_date_changes_nothing(store: Store) -> None:
    store.write_now(lambda connection: hosts.save(connection, [host_row(1)]))

    store.migrate()

    assert store.read(hosts.load) == [host_row(1)]


# --- hosts ---


def test_a_host_is_corrected_and_found_by_when_it_changed(store: Store) -> None:
    store.write_now(lambda connection: hosts.save(connection, [host_row(1), host_row(2)], NOON))
    store.write_now(
        lambda connection: hosts.save(connection, [host_row(1, name="Kök å\u2028")], NOON + timedelta(hours=1))
    )

    found = store.read(lambda connection: hosts.find(connection, "a-0001"))

    assert found == host_row(1, name="Kök å\u2028")
    assert store.read(lambda connection: hosts.load(connection, NOON + timedelta(seconds=1))) == [found]
    assert len(store.read(lambda connection: hosts.load(connection, NOON))) == 2
    assert store.read(lambda connection: hosts.find(connection, "a-none")) is None


def test_many_hosts_are_saved_at_once(store: Store) -> None:
    rows = [host_row(number) for number in range(1234)]

    store.write_now(lambda connection: hosts.save(connection, rows))

    assert sorted(store.read(hosts.load)) == sorted(rows)


def test_the_time_of_enrolment_does_not_depend_on_where_the_clock_stands(store: Store) -> None:
    store.write_now(lambda connection: hosts.save(connection, [host_row(1)], NOON))

    after = NOON.astimezone(datetime.now().astimezone().tzinfo) + timedelta(minutes=1)

    assert store.read(lambda connection: hosts.load(connection, after)) == []


# --- what the journal brings ---


def test_a_batch_written_twice_changes_nothing(store: Store) -> None:
    made = batch(event(1), event(2), event(2, epoch="e2"), event(2, origin="a-2"))
    made.sets["b2:1"] = b"set"
    made.parts["a-1", "info"] = ("b2:2", b"\0\xff")

    for _ in range(2):
        store.write_now(lambda connection: feed.write(connection, made, 7))

    assert store.read(feed.position) == 7
    assert store.read(feed.count_events) == 4
    assert store.read(lambda c: feed.series_sets(c, ["b2:1", "b2:none"])) == {"b2:1": b"set"}
    assert [one.seq for one in store.read(lambda c: feed.recent_events(c, "a-1"))] == [2, 2, 1]


def test_the_newer_part_of_a_host_wins(store: Store) -> None:
    for place, body in enumerate([b"old", b"new"]):
        made = Batch()
        made.parts["a-1", "info"] = (f"b2:{place}", body)
        store.write_now(lambda connection, made=made: feed.write(connection, made, 1))  # type: ignore[misc]

    rows = store.read(lambda c: c.exec_driver_sql("SELECT digest, body FROM part").all())

    assert [(digest, bytes(body)) for digest, body in rows] == [("b2:1", b"new")]


def test_a_batch_that_fails_leaves_the_position_where_it_was(store: Store) -> None:
    store.write_now(lambda connection: feed.write(connection, batch(event(1)), 3))

    with pytest.raises(SQLAlchemyError):
        store.write_now(lambda c: feed.write(c, batch(event(2), event(3)._replace(name=None)), 4))  # type: ignore[arg-type]

    assert (store.read(feed.position), store.read(feed.count_events)) == (3, 1)


@pytest.mark.parametrize("text", ["", "å" * 4096, "a\ufffdb", "\u2028\u202e", "'; DROP TABLE event; --", "\U0001f9d1"])
def test_texts_come_back_as_they_were(store: Store, text: str) -> None:
    store.write_now(lambda connection: feed.write(connection, batch(event(1, text=text)), 1))

    assert store.read(lambda c: feed.recent_events(c, "a-1"))[0].text == text


@pytest.mark.parametrize("number", [0, 2**53 - 1])
def test_numbers_come_back_as_they_were(store: Store, number: int) -> None:
    row = event(number)._replace(at=1.7e308, received=1764000000.123456)
    store.write_now(lambda connection: feed.write(connection, batch(row), number))

    assert store.read(lambda c: feed.recent_events(c, "a-1")) == [row]
    assert store.read(feed.position) == number


def test_a_later_batch_goes_on_where_the_earlier_could_not_be_written() -> None:
    earlier, later = batch(event(1)), batch(event(2))
    earlier.parts["a-1", "info"] = ("b2:1", b"old")
    later.parts["a-1", "info"] = ("b2:2", b"new")

    earlier.extend(later)

    assert [one.seq for one in earlier.events] == [1, 2]
    assert earlier.parts["a-1", "info"] == ("b2:2", b"new")
    assert len(earlier) == 3


# --- logins ---


def test_a_login_is_let_in_with_its_secret_alone(store: Store) -> None:
    assert not store.read(logins.has_logins)
    secret = logins.new_secret()
    store.write_now(lambda connection: logins.set_secret(connection, "åsa", secret))

    checks = [("åsa", secret, True), ("åsa", secret + "x", False), ("åsa", "", False), ("eva", secret, False)]

    assert store.read(logins.has_logins)
    for name, given, expected in checks:
        assert store.read(lambda c, n=name, g=given: logins.check_secret(c, n, g)) is expected  # type: ignore[misc]


def test_a_new_secret_replaces_the_old(store: Store) -> None:
    for secret in ("first", "second"):
        store.write_now(lambda c, s=secret: logins.set_secret(c, "admin", s))  # type: ignore[misc]

    assert not store.read(lambda c: logins.check_secret(c, "admin", "first"))
    assert store.read(lambda c: logins.check_secret(c, "admin", "second"))


def test_a_session_ends_by_itself_or_when_it_is_closed(store: Store) -> None:
    token = store.write_now(lambda c: logins.open_session(c, "admin", 1000.0, 60.0))
    other = store.write_now(lambda c: logins.open_session(c, "admin", 1000.0, 60.0))

    def login(token: str, now: float) -> str | None:
        return store.read(lambda c: logins.session_login(c, token, now))

    assert (login(token, 1060.0), login(token, 1061.0), login("guessed", 1000.0)) == ("admin", None, None)
    store.write_now(lambda c: logins.close_session(c, token))
    assert (login(token, 1000.0), login(other, 1000.0)) == (None, "admin")
    store.write_now(lambda c: logins.open_session(c, "admin", 1061.0, 60.0))
    assert login(other, 1000.0) is None, "old sessions are swept out"


def test_neither_secret_nor_token_stands_in_the_store(store: Store) -> None:
    store.write_now(lambda c: logins.set_secret(c, "admin", "much-secret"))
    token = store.write_now(lambda c: logins.open_session(c, "admin", 0.0, 60.0))

    rows = [str(store.read(lambda c, t=t: c.exec_driver_sql(f"SELECT * FROM {t}").all())) for t in ("login", "session")]  # type: ignore[misc]

    assert "much-secret" not in rows[0]
    assert token not in rows[1]


# --- what cannot be opened ---


@pytest.mark.parametrize(
    ("url", "said"),
    [
        pytest.param("mysql://root:hemligt@db/x", "SQLite or PostgreSQL, not mysql", id="another database"),
        pytest.param("hemligt", "the store's URL is none", id="no URL"),
        pytest.param("", "the store's URL is none", id="nothing"),
        pytest.param("sqlite:////nowhere/at/all/store.db", "cannot open the store", id="a folder that is not there"),
        pytest.param(
            "postgresql+psycopg://u:hemligt@127.0.0.1:1/x?connect_timeout=2", "cannot open the store", id="nobody there"
        ),
    ],
)  # fmt: skip
def test_a_store_that_cannot_be_opened_is_said_without_its_secret(url: str, said: str) -> None:
    with pytest.raises(StoreError, match=said) as found:
        Store(url).migrate()

    assert "hemligt" not in str(found.value)
    assert isinstance(found.value, ConfigError)


def test_a_file_that_is_no_database_is_said(tmp_path: Path) -> None:
    (tmp_path / "store.db").write_bytes(b"letters " * 1000)
    store = Store(f"sqlite:///{tmp_path / 'store.db'}")

    with pytest.raises(StoreError, match=r"cannot open the store .*not a database"):
        store.migrate()
    store.close()


def test_a_command_that_writes_meanwhile_breaks_no_transaction(tmp_path: Path) -> None:
    """What was looked at before the first change counts still, whoever else writes to the file."""
    one, other = (Store(f"sqlite:///{tmp_path / 'store.db'}") for _ in range(2))
    one.migrate()
    began, done = threading.Event(), threading.Event()

    def slow(connection: Connection) -> None:
        with connection.begin_nested():
            assert hosts.load(connection) == []
            began.set()
            # It has to wait for us.
            assert not done.wait(0.1)
            hosts.save(connection, [host_row(1)])

    def quick() -> None:
        began.wait(10)
        other.write_now(lambda connection: hosts.save(connection, [host_row(2)]))
        done.set()

    thread = threading.Thread(target=quick)
    thread.start()
    one.write_now(slow)
    thread.join(40)
    assert [row.origin for row in one.read(hosts.load)] == ["a-0001", "a-0002"]
    for store in (one, other):
        store.close()
