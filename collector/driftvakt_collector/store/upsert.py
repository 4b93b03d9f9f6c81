"""Insert, or update what is there: the one statement where the two dialects need different imports."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from sqlalchemy import Connection, Table
from sqlalchemy.dialects import postgresql, sqlite

_ROWS = 500


def upsert(connection: Connection, table: Table, rows: Sequence[Mapping[str, Any]], keep: Iterable[str] = ()) -> None:
    """Insert rows; where the primary key is there already, overwrite all columns but it and `keep`."""
    keys = [column.name for column in table.primary_key]
    fixed = {*keys, *keep}
    for start in range(0, len(rows), _ROWS):
        statement = _insert(connection, table)
        changed = {
            c.name: statement.excluded[c.name] for c in table.columns if c.name not in fixed and c.name in rows[0]
        }
        connection.execute(
            statement.on_conflict_do_update(index_elements=keys, set_=changed), list(rows[start : start + _ROWS])
        )


def insert_new(connection: Connection, table: Table, rows: Sequence[Mapping[str, Any]]) -> None:
    """Insert rows; those that break a unique rule are there already and are left alone."""
    for start in range(0, len(rows), _ROWS):
        connection.execute(_insert(connection, table).on_conflict_do_nothing(), list(rows[start : start + _ROWS]))


def _insert(connection: Connection, table: Table) -> sqlite.Insert | postgresql.Insert:
    return postgresql.insert(table) if connection.dialect.name == "postgresql" else sqlite.insert(table)
