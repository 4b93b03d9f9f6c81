"""Incidents in suppliers' hands: one row a case, found again by its token or by the supplier's own number."""

from collections.abc import Collection
from typing import Any, NamedTuple

from sqlalchemy import Connection, Table, insert, select, update

from driftvakt_collector.store.alert_models import AnswerTable, HandoverTable
from driftvakt_collector.store.upsert import insert_new

_HANDOVERS: Table = HandoverTable.__table__  # type: ignore[attr-defined]
_ANSWERS: Table = AnswerTable.__table__  # type: ignore[attr-defined]
CHANNEL = "supplier"
"""By what an update of a supplier is marked among all answers."""
_MOST_TEXT = 4000


class HandoverRow(NamedTuple):
    """token: unguessable, in mail addresses and webhooks. their_key: their number. evidence: JSON of what was sent.

    Times are seconds since the epoch. state: as `desk.suppliers.handover` has them.
    """

    incident: int
    supplier: str
    token: str
    their_key: str
    state: str
    evidence: str
    opened_at: float
    answered_at: float | None
    answer_due_at: float | None
    mend_due_at: float | None
    mended_at: float | None
    changed_at: float
    id: int = 0


_COLUMNS = [_HANDOVERS.c[name] for name in HandoverRow._fields]


def add(connection: Connection, row: HandoverRow) -> HandoverRow:
    """Write a new case down; return it with its number."""
    values = {name: value for name, value in row._asdict().items() if name != "id"}
    made = connection.execute(insert(_HANDOVERS).values(values)).inserted_primary_key
    return row._replace(id=int(made[0]) if made is not None else 0)


def by_token(connection: Connection, token: str) -> HandoverRow | None:
    """Return the case of a token."""
    return _one(connection, _HANDOVERS.c.token == token) if token else None


def by_their_key(connection: Connection, supplier: str, their_key: str) -> HandoverRow | None:
    """Return the newest case that a supplier knows by a number; never one of another supplier."""
    if not their_key:
        return None
    return _one(connection, _HANDOVERS.c.supplier == supplier, _HANDOVERS.c.their_key == their_key)


def of_incident(connection: Connection, incident: int) -> list[HandoverRow]:
    """Return the cases of an incident, the oldest first."""
    query = select(*_COLUMNS).where(_HANDOVERS.c.incident == incident).order_by(_HANDOVERS.c.id)
    return [HandoverRow(*row) for row in connection.execute(query)]


def of_incidents(connection: Connection, incidents: Collection[int]) -> dict[int, list[HandoverRow]]:
    """Return the cases of many incidents, by incident."""
    query = select(*_COLUMNS).where(_HANDOVERS.c.incident.in_(list(incidents))).order_by(_HANDOVERS.c.id)
    found: dict[int, list[HandoverRow]] = {}
    for row in connection.execute(query):
        one = HandoverRow(*row)
        found.setdefault(one.incident, []).append(one)
    return found


def in_states(connection: Connection, states: Collection[str]) -> list[HandoverRow]:
    """Return the cases in some states, the oldest first."""
    query = select(*_COLUMNS).where(_HANDOVERS.c.state.in_(list(states))).order_by(_HANDOVERS.c.opened_at)
    return [HandoverRow(*row) for row in connection.execute(query)]


def change(connection: Connection, row: HandoverRow, **values: Any) -> HandoverRow:
    """Write what is new of a case; return it."""
    connection.execute(update(_HANDOVERS).where(_HANDOVERS.c.id == row.id).values(**values))
    return row._replace(**values)


def count(connection: Connection, supplier: str, states: Collection[str]) -> int:
    """Return how many cases in some states a supplier has."""
    query = select(_HANDOVERS.c.id).where(_HANDOVERS.c.supplier == supplier, _HANDOVERS.c.state.in_(list(states)))
    return len(connection.execute(query).all())


def first_time(
    connection: Connection, row: HandoverRow, key: str, at: float, *, sender: str, action: str, verdict: str, text: str
) -> bool:
    """Write down what a supplier told; return whether it did so for the first time. key: of their delivery."""
    values = {
        "channel": CHANNEL, "key": f"{row.id}:{key}"[:255], "at": at, "sender": sender[:320], "person": "",
        "incident": row.incident, "action": action[:16], "verdict": verdict[:64], "text": text[:_MOST_TEXT],
    }  # fmt: skip
    known = select(_ANSWERS.c.id).where(_ANSWERS.c.channel == CHANNEL, _ANSWERS.c.key == values["key"])
    if connection.execute(known).first() is not None:
        return False
    insert_new(connection, _ANSWERS, [values])
    return True


def _one(connection: Connection, *where: Any) -> HandoverRow | None:
    query = select(*_COLUMNS).where(*where).order_by(_HANDOVERS.c.id.desc()).limit(1)
    row = connection.execute(query).first()
    return None if row is None else HandoverRow(*row)
