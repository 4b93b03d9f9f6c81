"""Lists of what should be there, and what was found when they were held against what reports."""

from collections.abc import Iterable, Sequence
from typing import Any, NamedTuple

from sqlalchemy import Column, Connection, Float, Table, delete, func, insert, select, update
from sqlmodel import Field, SQLModel

from driftvakt_collector.store.upsert import upsert

STEP = 500
"""Rows that one statement, and one transaction of `settle`, writes: the one writer has other work."""
MAX_LISTS = 100
MAX_ROWS = 1_000_000
"""Of all lists: each row is held in memory during a look."""
_TOLD = ("kind", "subject", "asset", "list", "owner", "site", "zone", "text")


class ListTable(SQLModel, table=True):
    """A list as it was brought last. zone: whose things it speaks of, empty for all. at: seconds since the epoch."""

    __tablename__ = "coverage_list"

    name: str = Field(primary_key=True, max_length=64)
    kind: str = Field(max_length=16)
    zone: str = Field(max_length=64)
    at: float
    who: str = Field(max_length=64)
    rows: int


class ListRowTable(SQLModel, table=True):
    """A row of a list; `number` is made of what it says of which thing it is."""

    __tablename__ = "coverage_row"

    list: str = Field(primary_key=True, max_length=64)
    number: str = Field(primary_key=True, max_length=32)
    name: str = Field(max_length=255)
    serial: str = Field(max_length=255)
    uuid: str = Field(max_length=255)
    mac: str = Field(max_length=255)
    owner: str = Field(max_length=255)
    site: str = Field(max_length=255)
    at: float


class FindingTable(SQLModel, table=True):
    """Something that is not as it should be. accepted: until when somebody said that it is all right, and why."""

    __tablename__ = "coverage_finding"

    number: str = Field(primary_key=True, max_length=16)
    kind: str = Field(max_length=16)
    subject: str = Field(max_length=255)
    origin: str = Field(max_length=64)
    asset: int
    list: str = Field(max_length=64)
    owner: str = Field(max_length=255)
    site: str = Field(max_length=255)
    zone: str = Field(max_length=64)
    text: str
    since: float = Field(sa_column=Column(Float(), nullable=False, index=True))
    accepted: float
    who: str = Field(max_length=64)
    reason: str


_LISTS: Table = ListTable.__table__  # type: ignore[attr-defined]
_ROWS: Table = ListRowTable.__table__  # type: ignore[attr-defined]
_FINDINGS: Table = FindingTable.__table__  # type: ignore[attr-defined]


class ListInfo(NamedTuple):
    """A list without its rows, as in ListTable."""

    name: str
    kind: str
    zone: str
    at: float
    who: str
    rows: int


class RowInfo(NamedTuple):
    """A row, as in ListRowTable."""

    list: str
    number: str
    name: str
    serial: str
    uuid: str
    mac: str
    owner: str
    site: str
    at: float


class FindingRow(NamedTuple):
    """A finding, as in FindingTable."""

    number: str
    kind: str
    subject: str
    origin: str
    asset: int
    list: str
    owner: str
    site: str
    zone: str
    text: str
    since: float
    accepted: float = 0.0
    who: str = ""
    reason: str = ""


class ListsError(Exception):
    """The list is not kept; the text says why."""


def replace(connection: Connection, info: ListInfo, rows: Iterable[RowInfo], *, own: bool = False) -> None:
    """Put a list in the place of what was there under its name. Raises ListsError.

    own: only in the place of one that the same one brought.
    """
    known = {one.name: one for one in lists(connection)}
    before = known.pop(info.name, None)
    if own and before is not None and before.who != info.who:
        raise ListsError(f"{info.name} was brought by {before.who}; take another name")
    if len(known) >= MAX_LISTS or sum(one.rows for one in known.values()) + info.rows > MAX_ROWS:
        raise ListsError(f"there are {len(known)} lists already, and all together hold at most {MAX_ROWS} rows")
    connection.execute(delete(_ROWS).where(_ROWS.c.list == info.name))
    told = [row._asdict() for row in rows]
    for start in range(0, len(told), STEP):
        connection.execute(insert(_ROWS), told[start : start + STEP])
    upsert(connection, _LISTS, [info._asdict()])


def forget(connection: Connection, name: str, who: str = "") -> bool:
    """Remove a list; return whether there was one. who: only if this one brought it, empty for whoever did."""
    if who and all(one.name != name or one.who != who for one in lists(connection)):
        return False
    connection.execute(delete(_ROWS).where(_ROWS.c.list == name))
    return connection.execute(delete(_LISTS).where(_LISTS.c.name == name)).rowcount > 0


def lists(connection: Connection) -> list[ListInfo]:
    """Return the lists, by name."""
    return [ListInfo(*row) for row in connection.execute(_of(_LISTS, ListInfo).order_by(_LISTS.c.name))]


def rows(connection: Connection) -> list[RowInfo]:
    """Return the rows of all lists."""
    return [RowInfo(*row) for row in connection.execute(_of(_ROWS, RowInfo).order_by(_ROWS.c.list, _ROWS.c.number))]


def difference(connection: Connection, found: Sequence[FindingRow]) -> tuple[list[str], list[FindingRow]]:
    """Return the numbers of the findings that are no longer so, and those that are new or say something else."""
    columns = [_FINDINGS.c[name] for name in ("number", *_TOLD)]
    known = {row[0]: tuple(row[1:]) for row in connection.execute(select(*columns))}
    gone = known.keys() - {row.number for row in found}
    fresh = [row for row in found if known.get(row.number) != tuple(getattr(row, name) for name in _TOLD)]
    return sorted(gone), fresh


def settle(connection: Connection, gone: Sequence[str], fresh: Sequence[FindingRow]) -> None:
    """Let findings go, and write others down: what is new gets its age from now on, what was there keeps its own."""
    if gone:
        connection.execute(delete(_FINDINGS).where(_FINDINGS.c.number.in_(gone)))
    if fresh:
        upsert(connection, _FINDINGS, [row._asdict() for row in fresh], keep=("since", "accepted", "who", "reason"))


def findings(connection: Connection, kind: str = "") -> list[FindingRow]:
    """Return what was found, the oldest first. kind: of this kind alone."""
    query = _of(_FINDINGS, FindingRow).order_by(_FINDINGS.c.since, _FINDINGS.c.subject, _FINDINGS.c.number)
    return [FindingRow(*row) for row in connection.execute(query.where(_FINDINGS.c.kind == kind) if kind else query)]


def finding(connection: Connection, number: str) -> FindingRow | None:
    """Return one finding, None for one that is no longer so."""
    row = connection.execute(_of(_FINDINGS, FindingRow).where(_FINDINGS.c.number == number)).first()
    return None if row is None else FindingRow(*row)


def accept(connection: Connection, number: str, until: float, who: str, reason: str) -> bool:
    """Say that a finding is all right until then (0: no longer); return whether there is one."""
    done = connection.execute(
        update(_FINDINGS).where(_FINDINGS.c.number == number).values(accepted=until, who=who, reason=reason)
    )
    return done.rowcount > 0


def accept_all(connection: Connection, numbers: Sequence[str], until: float, who: str, reason: str) -> None:
    """Say that some findings are all right until then."""
    connection.execute(
        update(_FINDINGS).where(_FINDINGS.c.number.in_(numbers)).values(accepted=until, who=who, reason=reason)
    )


def changed(connection: Connection) -> tuple[int, float]:
    """Return what is another once a list was brought or removed."""
    row = connection.execute(select(func.count(), func.max(_LISTS.c.at)).select_from(_LISTS)).one()
    return int(row[0]), float(row[1] or 0.0)


def _of(table: Table, kind: Any) -> Any:
    return select(*(table.c[name] for name in kind._fields))
