"""Lists of software by a base and what is apart from it; changes told once for all hosts that they happened to.

And hosts can be looked up by what their machine is known again by. What is there is written anew, for hosts are not
asked again for what has not changed.
"""

import json
import logging
from array import array
from collections.abc import Iterator
from hashlib import blake2b
from itertools import groupby

import msgspec
import sqlalchemy as sa
from alembic import op
from backports import zstd

log = logging.getLogger("driftvakt_collector.store")

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None

_BIG = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
_STEP = 2000
_TELL = 1_000_000
"""Changes after which the log says how far it has come: of ten millions it takes some ten minutes."""
_NEAR = 8
"""Bases that a list is held against here: those that the lists before it were kept by."""


def _number(name: str, *, key: bool = False) -> "sa.Column[int]":
    return sa.Column(name, sa.BigInteger(), primary_key=key, autoincrement=False, nullable=False)


def upgrade() -> None:
    op.drop_index("ix_software_list_part", "software_list")
    op.rename_table("software_list", "old_list")
    op.create_table("software_base", _number("base", key=True), _number("software", key=True), sqlite_with_rowid=False)
    op.create_table("software_band", _number("base", key=True), _number("band", key=True), sqlite_with_rowid=False)
    op.create_table(
        "software_contents",
        sa.Column("base", _BIG, primary_key=True, autoincrement=False),
        sa.Column("ids", sa.LargeBinary(), nullable=False),
    )
    op.create_table(
        "software_list",
        sa.Column("list", _BIG, primary_key=True, autoincrement=False),
        sa.Column("base", sa.BigInteger(), nullable=False),
    )
    op.create_table(
        "software_apart", _number("list", key=True), _number("software", key=True),
        sa.Column("has", sa.Boolean(), nullable=False), sqlite_with_rowid=False,
    )  # fmt: skip
    op.create_table(
        "software_host", sa.Column("origin", sa.String(64), primary_key=True), _number("list"), _number("base"),
        sqlite_with_rowid=False,
    )  # fmt: skip
    _keep_lists(op.get_bind())
    op.create_index("software_base_software", "software_base", ["software", "base"])
    op.create_index("software_band_band", "software_band", ["band", "base"])
    op.create_index("ix_software_list_base", "software_list", ["base"])
    op.create_index("software_apart_software", "software_apart", ["software", "has", "list"])
    op.create_index("software_host_base", "software_host", ["base", "origin"])
    op.create_index("software_host_list", "software_host", ["list", "origin"])
    op.drop_table("old_list")
    op.drop_table("software_part")
    op.drop_index("ix_host_section_number", "host_section")
    op.drop_column("host_section", "number")

    op.create_table(
        "host_fact", sa.Column("fact", sa.String(64), primary_key=True),
        sa.Column("origin", sa.String(64), primary_key=True, index=True), sqlite_with_rowid=False,
    )  # fmt: skip
    _keep_facts(op.get_bind())

    op.drop_index("change_origin_at", "change")
    op.rename_table("change", "old_change")
    op.create_table(
        "change",
        sa.Column("id", _BIG, primary_key=True, autoincrement=True),
        sa.Column("origin", sa.String(64), nullable=False),
        sa.Column("section", sa.String(64), nullable=False),
        sa.Column("at", sa.Float(), nullable=False),
        sa.Column("told", sa.BigInteger(), nullable=False),
    )
    op.create_table(
        "change_text",
        sa.Column("id", _BIG, primary_key=True, autoincrement=False),
        sa.Column("body", sa.LargeBinary(), nullable=False),
        sa.Column("last", sa.Float(), nullable=False, index=True),
    )
    _keep_changes(op.get_bind())
    op.create_index("change_origin_at", "change", ["origin", "at"])
    op.create_index("ix_change_at", "change", ["at"])
    op.drop_table("old_change")


def _keep_lists(connection: sa.Connection) -> None:
    near: dict[int, frozenset[int]] = {}
    for (number,) in connection.execute(sa.text("SELECT DISTINCT list FROM old_list ORDER BY list")).all():
        query = "SELECT p.software FROM old_list l JOIN software_part p ON p.part = l.part WHERE l.list = :one"
        ids = frozenset(connection.execute(sa.text(query), {"one": number}).scalars())
        base = min(near, key=lambda one: len(ids ^ near[one]), default=0)
        others = ids ^ near.get(base, frozenset())
        if len(others) > len(ids) // 8:
            base, others = number, frozenset()
            _insert(connection, "software_base", ("base", "software"), [(number, one) for one in ids])
            _insert(connection, "software_contents", ("base", "ids"), [(number, array("q", ids).tobytes())])
            _insert(connection, "software_band", ("base", "band"), [(number, one) for one in _bands(ids)])
        # The one that was of use moves to the end, and the first goes.
        near[base] = near.pop(base, ids)
        if len(near) > _NEAR:
            near.pop(next(iter(near)))
        _insert(connection, "software_list", ("list", "base"), [(number, base)])
        _insert(
            connection, "software_apart", ("list", "software", "has"), [(number, one, one in ids) for one in others]
        )
    connection.execute(sa.text(
        "INSERT INTO software_host (origin, list, base) SELECT h.origin, l.list, l.base FROM host_section h"
        " JOIN software_list l ON l.list = h.number WHERE h.name = 'packages'"
    ))  # fmt: skip


def _bands(ids: frozenset[int]) -> set[int]:
    found = [0] * 64
    for one in ids:
        found[one % 64] ^= one
    return set(found) - {0}


def _keep_facts(connection: sa.Connection) -> None:
    for origin, text in connection.execute(sa.text("SELECT origin, facts FROM host")).all():
        try:
            told = json.loads(text).values()
        except (ValueError, AttributeError):
            continue
        found = [one for value in told for one in (value if isinstance(value, list) else [value])]
        hashes = {one[:64] for one in found if isinstance(one, str) and one}
        _insert(connection, "host_fact", ("fact", "origin"), [(one, origin) for one in sorted(hashes)])


def _keep_changes(connection: sa.Connection) -> None:
    known: set[int] = set()
    for (origin, section, at), rows in groupby(_old_changes(connection), key=lambda row: tuple(row[:3])):
        raw = msgspec.json.encode([tuple(row[3:8]) for row in rows])
        number = int.from_bytes(blake2b(raw, digest_size=8).digest(), "big") >> 1
        if number not in known:
            known.add(number)
            _insert(connection, "change_text", ("id", "body", "last"), [(number, zstd.compress(raw, 6), at)])
        connection.execute(sa.text("UPDATE change_text SET last = :at WHERE id = :id AND last < :at"),
                           {"at": at, "id": number})  # fmt: skip
        _insert(connection, "change", ("origin", "section", "at", "told"), [(origin, section, at, number)])


def _old_changes(connection: sa.Connection) -> Iterator[sa.Row[tuple[object, ...]]]:
    after = seen = 0
    columns = 'origin, section, at, kind, key, "column", old, new, id'
    query = sa.text(f"SELECT {columns} FROM old_change WHERE id > :after ORDER BY id LIMIT :step")  # noqa: S608  ours
    while rows := connection.execute(query, {"after": after, "step": _STEP}).all():
        after = rows[-1][8]
        yield from rows
        seen += len(rows)
        if seen % _TELL < len(rows):
            log.info("wrote %d million changes of the inventory anew", seen // _TELL)


def _insert(connection: sa.Connection, table: str, columns: tuple[str, ...], rows: list[tuple[object, ...]]) -> None:
    if rows:
        statement = sa.insert(sa.table(table, *(sa.column(name) for name in columns)))
        connection.execute(statement, [dict(zip(columns, row, strict=True)) for row in rows])


def downgrade() -> None:
    """Go back; the lists of software and the changes are lost."""
    for table in ("base", "contents", "band", "list", "apart", "host"):
        op.drop_table(f"software_{table}")
    for table in ("change", "change_text", "host_fact"):
        op.drop_table(table)
    op.execute("DELETE FROM host_section WHERE name = 'packages'")
    op.add_column("host_section", sa.Column("number", sa.BigInteger(), nullable=False, server_default="0"))
    op.create_index("ix_host_section_number", "host_section", ["number"])
    for table, column in (("software_part", "software"), ("software_list", "part")):
        op.create_table(
            table,
            sa.Column(table.removeprefix("software_"), sa.BigInteger(), primary_key=True, autoincrement=False),
            sa.Column(column, sa.BigInteger(), primary_key=True, autoincrement=False, index=True),
            sqlite_with_rowid=False,
        )
    op.create_table(
        "change",
        sa.Column("id", _BIG, primary_key=True, autoincrement=True),
        sa.Column("origin", sa.String(64), nullable=False),
        sa.Column("section", sa.String(64), nullable=False),
        sa.Column("at", sa.Float(), nullable=False),
        sa.Column("kind", sa.String(16), nullable=False),
        sa.Column("key", sa.String(), nullable=False),
        sa.Column("column", sa.String(64), nullable=False),
        sa.Column("old", sa.String(), nullable=False),
        sa.Column("new", sa.String(), nullable=False),
    )
    op.create_index("change_origin_at", "change", ["origin", "at"])
