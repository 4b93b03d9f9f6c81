"""Maintenance, silences and freezes. Nothing is deleted: what held a page back in the past can be read again."""

from typing import Any, NamedTuple

from sqlalchemy import Connection, Select, Table, insert, or_, select, update

from driftvakt_collector.store.alert_models import MuteTable

_TABLE: Table = MuteTable.__table__  # type: ignore[attr-defined]


class MuteRow(NamedTuple):
    """kind: maintenance, silence or freeze. scope: JSON. from_at, until_at: the first time; last_until: when the last

    ends, None for never. recurrence: JSON, empty for once. ended_at: when somebody ended it, None for nobody.
    """

    id: int
    kind: str
    scope: str
    from_at: float
    until_at: float
    last_until: float | None
    recurrence: str
    time_zone: str
    reason: str
    made_at: float
    made_by: str
    ended_at: float | None = None
    ended_by: str = ""


def add(connection: Connection, row: MuteRow) -> int:
    """Write a new one, whatever its id says; return the id that it got."""
    values = row._asdict()
    del values["id"]
    made = connection.execute(insert(_TABLE).values(values)).inserted_primary_key
    assert made is not None
    return int(made[0])


def end(connection: Connection, number: int, kind: str, at: float, who: str) -> bool:
    """End one at a moment; return whether there was one of that kind that nobody had ended."""
    where = (_TABLE.c.id == number, _TABLE.c.kind == kind, _TABLE.c.ended_at.is_(None))
    return connection.execute(update(_TABLE).where(*where).values(ended_at=at, ended_by=who)).rowcount > 0


def find(connection: Connection, number: int) -> MuteRow | None:
    """Return one."""
    row = connection.execute(_query().where(_TABLE.c.id == number)).one_or_none()
    return None if row is None else MuteRow(*row)


def load(connection: Connection, kind: str = "") -> list[MuteRow]:
    """Return all that there ever were, or those of a kind, the oldest first."""
    query = _query().where(_TABLE.c.kind == kind) if kind else _query()
    return [MuteRow(*row) for row in connection.execute(query)]


def between(connection: Connection, begin: float, end: float, kind: str = "") -> list[MuteRow]:
    """Return those that may have a time between two moments; of recurring ones the first and last are looked at."""
    query = _query().where(
        _TABLE.c.from_at < end,
        or_(_TABLE.c.last_until.is_(None), _TABLE.c.last_until > begin),
        or_(_TABLE.c.ended_at.is_(None), _TABLE.c.ended_at > begin),
    )
    if kind:
        query = query.where(_TABLE.c.kind == kind)
    return [MuteRow(*row) for row in connection.execute(query)]


def _query() -> "Select[Any]":
    return select(*(_TABLE.c[name] for name in MuteRow._fields)).order_by(_TABLE.c.id)
