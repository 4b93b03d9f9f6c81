from collections.abc import Callable, Iterator

import pytest
from machinery import World
from sqlalchemy import Connection

from driftvakt_collector.fleet import register
from driftvakt_collector.fleet.book import Question, SqlBook, name_of
from driftvakt_collector.fleet.identity.evidence import Evidence
from driftvakt_collector.fleet.identity.keys import DISK, MAC, NAME, SERIAL, UUID, Key
from driftvakt_collector.store.engine import Store


@pytest.fixture
def store(store_url: str) -> Iterator[Store]:
    found = Store(store_url)
    found.migrate()
    yield found
    found.close()


def told(source: str, *keys: tuple[str, str], zone: str = "adm", virtual: str = "") -> Evidence:
    return Evidence(source, zone, frozenset(Key(*key) for key in keys), virtual)


def learn(store: Store, *evidence: Evidence, at: float = 1000.0) -> None:
    def work(connection: Connection) -> None:
        for one in evidence:
            register.learn(SqlBook(connection), one, lambda _source: None, at)

    store.write_now(work)


def asked(store: Store, question: Callable[[SqlBook], object]) -> object:
    return store.read(lambda connection: question(SqlBook(connection)))


def test_the_store_decides_as_memory_does(store: Store) -> None:
    memory = World(11)
    memory.run(200)
    kept = store.write_now(lambda connection: _run(connection, 11))

    assert kept == {source: memory.book.home(source) for source in memory.installs}
    for number in list(memory.memory.things)[:40]:
        assert asked(store, lambda book, number=number: book.assets((number,))) == memory.book.assets((number,))  # type: ignore[misc]
    notes = [one for one in memory.memory.notes if any(1 in move[1:] for move in one.moves)]
    assert asked(store, lambda book: book.history(1)) == notes[::-1]


def _run(connection: Connection, seed: int) -> dict[str, int]:
    world = World(seed, SqlBook(connection))
    world.run(200)
    return {source: world.book.home(source) for source in world.installs}


def test_a_value_that_ten_thousand_have_is_looked_up_in_bounds(store: Store) -> None:
    learn(store, *(told(f"a-{number}", (UUID, "same"), (MAC, f"00:1b:21:00:00:{number:02x}")) for number in range(20)))

    assert asked(store, lambda book: len(book.holders([Key(UUID, "same")], "adm")[Key(UUID, "same")]) <= 10)
    assert asked(store, lambda book: book.crowd(Key(UUID, "same"), "adm")) == 5
    assert asked(store, lambda book: book.crowd(Key(UUID, "same"), "edu")) == 0
    assert asked(store, lambda book: book.count()) == (20, 0)


def test_what_is_asked_stands_there_until_it_is_answered(store: Store) -> None:
    learn(store, told("a", (SERIAL, "S111"), (NAME, "räv")), told("b", (SERIAL, "S111"), zone="edu"))

    assert asked(store, lambda book: book.questions()) == [Question("b", 2, 1, 1000.0)]
    assert asked(store, lambda book: book.count()) == (2, 1)
    store.write_now(lambda one: SqlBook(one).ask("b", (), 0.0))
    assert asked(store, lambda book: book.questions()) == []


def test_assets_are_found_by_a_part_of_what_they_are_known_by(store: Store) -> None:
    learn(store, told("a", (SERIAL, "4XK2P13"), (NAME, "pc-åsa")), told("b", (SERIAL, "100%"), (NAME, "other")))

    def found(text: str) -> object:
        return asked(store, lambda book: [name_of(asset) for asset in book.listing(text)])

    assert found("") == ["pc-åsa", "other"]
    assert found("xk2") == ["pc-åsa"]
    assert found("0%") == ["other"]
    assert found("'; drop table asset; --") == []


def test_a_machine_that_was_installed_anew_has_its_companion(store: Store) -> None:
    learn(store, told("a", (SERIAL, "S111"), (MAC, "m1"), (DISK, "d1")))
    learn(store, told("b", (SERIAL, "S111"), (MAC, "m1"), (DISK, "d1")), at=2000.0)

    assert asked(store, lambda book: book.companions("b")) == ["a"]
    assert asked(store, lambda book: book.companions("nobody")) == []
    assert asked(store, lambda book: book.crowded()) == [1]
