"""Lists and changes that an earlier release kept in its own way are there after the upgrade."""

from collections.abc import Iterator

import pytest
from alembic import command
from alembic.config import Config
from sqlalchemy import text

from driftvakt_collector.store import inventory, lists, software
from driftvakt_collector.store.engine import MIGRATIONS, Store

DIGESTS = {f"a-{number}": f"b2:{number * 2:016x}{'0' * 16}" for number in range(10, 40)}


@pytest.fixture
def store(empty_store_url: str) -> Iterator[Store]:
    """Return a store of the release before, with thirty hosts of 40 packages; each lacks one of another release."""
    store = Store(empty_store_url)
    with store._writer.begin() as connection:
        config = Config()
        config.set_main_option("script_location", str(MIGRATIONS))
        config.set_main_option("path_separator", "os")
        config.attributes["connection"] = connection
        command.upgrade(config, "0005")
        for one in range(80):
            connection.execute(
                text("INSERT INTO software VALUES (:id, 'dpkg', :name, 'amd64', :version, '', NULL, '')"),
                {"id": one, "name": f"p-{one % 40}", "version": str(1 + one // 40)},
            )
            connection.execute(text("INSERT INTO software_part VALUES (:id, :id)"), {"id": one})
        for number, (origin, digest) in enumerate(DIGESTS.items()):
            told = {"origin": origin, "digest": digest, "number": lists.number_of(digest)}
            connection.execute(text("INSERT INTO host_section VALUES (:origin, 'packages', :digest, :number, 1)"), told)
            for one in (*range(number), number + 40, *range(number + 1, 40)):
                connection.execute(
                    text("INSERT INTO software_list VALUES (:list, :part)"), {"list": told["number"], "part": one}
                )
            for at, old in ((5.0, "1"), (5.0, "2"), (6.0, "3")):
                connection.execute(
                    text(
                        'INSERT INTO change (origin, section, at, kind, key, "column", old, new)'
                        " VALUES (:origin, 'packages', :at, 'changed', 'p', 'version', :old, 'x')"
                    ),
                    {"origin": origin, "at": at, "old": old},
                )
    store.migrate()
    yield store
    store.close()


def test_every_host_has_what_it_had(store: Store) -> None:
    for number, (origin, digest) in enumerate(DIGESTS.items()):
        body = store.read(lambda connection, one=digest: lists.read(connection, one))  # type: ignore[misc]
        assert {row[1]: row[3] for row in body.rows} == {f"p-{one}": "2" if one == number else "1" for one in range(40)}
        found = store.read(lambda connection, one=number: software.hosts_with(connection, f"p-{one}", "=", "2"))  # type: ignore[misc]
        assert [one.origin for one in found] == [origin]
    assert len(store.read(lambda connection: software.hosts_with(connection, "p-35", "=", "1"))) == 30


def test_lists_are_kept_by_bases_and_changes_told_once(store: Store) -> None:
    def count(table: str) -> int:
        return int(store.read(lambda one: one.execute(text(f"SELECT count(*) FROM {table}")).scalar()) or 0)

    assert count("software_base") == 40
    assert count("change") == 60
    assert count("change_text") == 2


def test_the_changes_are_what_they_were(store: Store) -> None:
    rows = store.read(lambda connection: inventory.recent_changes(connection, ["a-17"]))

    assert [(row.at, row.kind, row.key, row.column, row.old, row.new) for row in rows] == [
        (6.0, "changed", "p", "version", "3", "x"),
        (5.0, "changed", "p", "version", "2", "x"),
        (5.0, "changed", "p", "version", "1", "x"),
    ]
