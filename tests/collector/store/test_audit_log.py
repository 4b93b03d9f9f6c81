"""The audit log: what stands in it is never changed unseen, and never silently."""

from collections.abc import Iterator

import pytest
from alarming import NOON
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import Connection, text
from sqlalchemy.exc import DatabaseError

from driftvakt_collector.store import audit
from driftvakt_collector.store.engine import Store


@pytest.fixture
def store(store_url: str) -> Iterator[Store]:
    opened = Store(store_url)
    opened.migrate()
    yield opened
    opened.close()


def fill(store: Store, count: int = 5) -> None:
    for number in range(count):
        store.write_now(
            lambda one, number=number: audit.write(  # type: ignore[misc]
                one, NOON + number * 0.1, "åsa", audit.CONSOLE, "incident.changed", f"INC-{number}", {"do": "ack"}
            )
        )


def by_force(store: Store, *statements: str) -> None:
    """Change the log as whoever has the whole store in hand can."""

    def work(connection: Connection) -> None:
        if connection.dialect.name == "postgresql":
            connection.execute(text("ALTER TABLE audit DISABLE TRIGGER audit_kept"))
        else:
            connection.execute(text("DROP TRIGGER audit_no_update"))
            connection.execute(text("DROP TRIGGER audit_no_delete"))
        for one in statements:
            connection.execute(text(one))

    store.write_now(work)


def test_a_log_that_nobody_touched_is_whole(store: Store) -> None:
    assert store.read(audit.verify) == (0, audit.GENESIS, "")
    fill(store)

    verdict = store.read(audit.verify)

    assert (verdict.entries, verdict.wrong) == (5, "")
    assert store.read(audit.head) == (5, verdict.head)


@pytest.mark.parametrize("statement", [
    "UPDATE audit SET who = 'bo' WHERE seq = 3", "DELETE FROM audit WHERE seq = 5", "DELETE FROM audit",
])  # fmt: skip
def test_the_store_refuses_to_change_it(store: Store, statement: str) -> None:
    fill(store)

    with pytest.raises(DatabaseError, match="never changed and never removed"):
        store.write_now(lambda one: one.execute(text(statement)))

    assert store.read(audit.verify).entries == 5


@pytest.mark.parametrize(("statements", "sound", "said"), [
    (("UPDATE audit SET who = 'bo' WHERE seq = 3",), 2, "entry 3 is not as it was written"),
    (("UPDATE audit SET at = at + 1 WHERE seq = 1",), 0, "entry 1 is not as it was written"),
    (("UPDATE audit SET detail = '{}' WHERE seq = 5",), 4, "entry 5 is not as it was written"),
    (("DELETE FROM audit WHERE seq = 2",), 1, "entry 2 is missing"),
    (("DELETE FROM audit WHERE seq = 1",), 0, "entry 1 is missing"),
    (("DELETE FROM audit WHERE seq = 2", "UPDATE audit SET seq = seq - 1 WHERE seq > 2"), 1, "entry 2 is not"),
])  # fmt: skip
def test_what_was_changed_by_force_is_seen(store: Store, statements: tuple[str, ...], sound: int, said: str) -> None:
    fill(store)
    by_force(store, *statements)

    verdict = store.read(audit.verify)

    assert verdict.entries == sound
    assert said in verdict.wrong


def test_an_end_that_was_cut_off_is_seen_by_a_head_that_was_kept(store: Store) -> None:
    fill(store)
    kept = store.read(audit.head)
    by_force(store, "DELETE FROM audit WHERE seq > 3")

    assert store.read(audit.verify).wrong == ""
    assert "the end is missing" in store.read(lambda one: audit.verify(one, kept)).wrong


def test_a_log_that_was_written_anew_is_seen_by_a_head_that_was_kept(store: Store) -> None:
    fill(store)
    kept = store.read(audit.head)
    by_force(store, "DELETE FROM audit")
    fill(store, 4)
    store.write_now(lambda one: audit.write(one, NOON, "eve", audit.CONSOLE, "nothing"))

    assert "another than the one that was noted" in store.read(lambda one: audit.verify(one, kept)).wrong


def test_an_entry_is_written_with_what_it_tells_of_or_not_at_all(store: Store) -> None:
    def work(connection: Connection) -> None:
        audit.write(connection, NOON, "åsa", audit.CONSOLE, "user.made", "bo")
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        store.write_now(work)

    assert store.read(audit.count) == 0


def test_entries_are_found_by_who_what_and_to_what(store: Store) -> None:
    fill(store, 3)
    store.write_now(lambda one: audit.write(one, NOON + 99, "bo_1", audit.COMMAND, "user.made", "100%"))

    def found(**asked: object) -> list[int]:
        return [one.seq for one in store.read(lambda it: audit.listed(it, 10, **asked))]  # type: ignore[arg-type]

    assert found() == [4, 3, 2, 1]
    assert found(who="bo_1") == [4]
    assert found(what="incident") == [3, 2, 1]
    assert found(what="%") == []
    assert found(object_="INC-1") == [2]
    assert found(since=NOON + 50) == [4]
    assert found(before=2) == [1]


@given(
    st.lists(
        st.tuples(st.text(max_size=300), st.text(max_size=300), st.dictionaries(st.text(), st.text())), max_size=4
    ),
    st.floats(0, 4e9, allow_nan=False),
)
def test_whatever_stands_in_it_it_is_read_as_it_was_written(
    told: list[tuple[str, str, dict[str, str]]], at: float
) -> None:
    store = Store("sqlite://")
    try:
        with store._writer.begin() as connection:
            audit._AUDIT.create(connection)
            for who, what, detail in told:
                audit.write(connection, at, who, audit.API, what, "", detail)
            assert audit.verify(connection) == (len(told), audit.head(connection)[1], "")
    finally:
        store.close()
