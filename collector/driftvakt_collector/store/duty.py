"""What differs from rotas: overrides, swaps, absences. A line that was taken away stays, with who did it."""

from typing import NamedTuple

from sqlalchemy import Connection, Table, select, update

from driftvakt_collector.store.alert_models import DutyChangeTable

_CHANGES: Table = DutyChangeTable.__table__  # type: ignore[attr-defined]


class DutyChangeRow(NamedTuple):
    """kind: override, swap or absence. rota: empty for an absence. instead: of whom, or with whom. id: 0 for new."""

    kind: str
    rota: str
    person: str
    instead: str
    from_at: float
    until_at: float
    made_at: float
    made_by: str
    note: str = ""
    removed_at: float | None = None
    removed_by: str = ""
    id: int = 0


def add(connection: Connection, row: DutyChangeRow) -> int:
    """Write down a change; return its id."""
    told = row._asdict()
    told.pop("id")
    key = connection.execute(_CHANGES.insert().values(told)).inserted_primary_key
    return int(key[0]) if key else 0


def load(connection: Connection, ended_after: float = 0.0, *, removed: bool = False) -> list[DutyChangeRow]:
    """Return the changes that end later than a moment, in the order in which they were made; those taken away only

    where that is asked.
    """
    columns = (_CHANGES.c[name] for name in DutyChangeRow._fields)
    query = select(*columns).where(_CHANGES.c.until_at > ended_after).order_by(_CHANGES.c.id)
    if not removed:
        query = query.where(_CHANGES.c.removed_at.is_(None))
    return [DutyChangeRow(*row) for row in connection.execute(query)]


def remove(connection: Connection, number: int, now: float, who: str) -> DutyChangeRow | None:
    """Take a change away; return it as it was, None where there is none that counts."""
    columns = (_CHANGES.c[name] for name in DutyChangeRow._fields)
    where = (_CHANGES.c.id == number, _CHANGES.c.removed_at.is_(None))
    row = connection.execute(select(*columns).where(*where)).one_or_none()
    if row is None:
        return None
    connection.execute(update(_CHANGES).where(*where).values(removed_at=now, removed_by=who))
    return DutyChangeRow(*row)
