"""Alerts: what is wrong now, how each stands, and what became of those before."""

from collections.abc import Iterable, Sequence
from typing import Any, NamedTuple

from sqlalchemy import Connection, Row, Table, delete, func, select, update

from driftvakt_collector.store.alert_models import AlertEventTable, AlertTable
from driftvakt_collector.store.upsert import upsert

_ALERTS: Table = AlertTable.__table__  # type: ignore[attr-defined]
_EVENTS: Table = AlertEventTable.__table__  # type: ignore[attr-defined]
FIRING = "firing"
CLEARED = "cleared"
NOTE = 0
"""The generation of events of an alert that was not raised: why a host that was silent was not told of."""


class AlertRow(NamedTuple):
    """fingerprint: the alert, generation: how often it was raised. labels, summary, trace: JSON. state: firing or

    cleared. standing: what was decided of it: paged, joined, held, shown. started_at, changed_at, ended_at: seconds
    since the epoch. incident: which one it is on, None for none.
    """

    fingerprint: str
    generation: int
    source: str
    rule: str
    origin: str
    subject: str
    zone: str
    administration: str
    site: str
    class_: str
    service: str
    supplier: str
    runbook: str
    labels: str
    summary: str
    severity: str
    state: str
    standing: str
    trace: str
    value: float | None
    started_at: float
    changed_at: float
    ended_at: float | None
    incident: int | None


class AlertEventRow(NamedTuple):
    """what: raised, held, paged, joined, shown, cleared; of a note the code of its reason. trace: the reasons then,

    JSON; of a note also `by`, the fingerprint of the alert that it is counted under.
    """

    fingerprint: str
    generation: int
    at: float
    what: str
    standing: str
    trace: str


_COLUMNS = tuple(_ALERTS.c["class" if name == "class_" else name] for name in AlertRow._fields)


def _row(found: "Row[Any]") -> AlertRow:
    return AlertRow._make(found)


def firing(connection: Connection) -> list[AlertRow]:
    """Return all that is wrong now."""
    return [_row(one) for one in connection.execute(select(*_COLUMNS).where(_ALERTS.c.state == FIRING))]


def by_fingerprint(connection: Connection, fingerprint: str) -> AlertRow | None:
    """Return an alert as it is or last was."""
    found = connection.execute(select(*_COLUMNS).where(_ALERTS.c.fingerprint == fingerprint)).first()
    return _row(found) if found is not None else None


def of_incident(connection: Connection, incident: int) -> list[AlertRow]:
    """Return the alerts that are on an incident, the oldest first."""
    query = select(*_COLUMNS).where(_ALERTS.c.incident == incident).order_by(_ALERTS.c.started_at)
    return [_row(one) for one in connection.execute(query)]


def firing_on(connection: Connection, incident: int) -> int:
    """Return how many alerts of an incident still fire."""
    query = select(func.count()).select_from(_ALERTS)
    return connection.scalar(query.where(_ALERTS.c.incident == incident, _ALERTS.c.state == FIRING)) or 0


def joined_since(connection: Connection, incident: int, since: float) -> int:
    """Return how many alerts of an incident were raised after a moment."""
    query = select(func.count()).select_from(_ALERTS)
    return connection.scalar(query.where(_ALERTS.c.incident == incident, _ALERTS.c.changed_at >= since)) or 0


def recent(connection: Connection, limit: int, origin: str = "") -> list[AlertRow]:
    """Return alerts, what fires first, then the newest of the others."""
    query = select(*_COLUMNS).order_by((_ALERTS.c.state == FIRING).desc(), _ALERTS.c.changed_at.desc()).limit(limit)
    if origin:
        query = query.where(_ALERTS.c.origin == origin)
    return [_row(one) for one in connection.execute(query)]


def generations(connection: Connection, fingerprints: Iterable[str]) -> dict[str, tuple[int, str]]:
    """Return of each alert that was ever raised how often, and its state."""
    wanted, found = list(fingerprints), {}
    for start in range(0, len(wanted), 500):
        query = select(_ALERTS.c.fingerprint, _ALERTS.c.generation, _ALERTS.c.state)
        for key, generation, state in connection.execute(
            query.where(_ALERTS.c.fingerprint.in_(wanted[start : start + 500]))
        ):
            found[key] = (generation, state)
    return found


def save(connection: Connection, rows: Sequence[AlertRow]) -> None:
    """Write alerts as they are now."""
    upsert(connection, _ALERTS, [{**_named(row)} for row in rows])


def _named(row: AlertRow) -> dict[str, object]:
    told = row._asdict()
    told["class"] = told.pop("class_")
    return told


def clear(connection: Connection, fingerprint: str, at: float) -> AlertRow | None:
    """Write that an alert is over; return it, None where it was not firing."""
    done = connection.execute(
        update(_ALERTS).where(_ALERTS.c.fingerprint == fingerprint, _ALERTS.c.state == FIRING)
        .values(state=CLEARED, ended_at=at, changed_at=at)
    )  # fmt: skip
    return by_fingerprint(connection, fingerprint) if done.rowcount else None


def remember(connection: Connection, events: Sequence[AlertEventRow]) -> None:
    """Write what became of alerts."""
    if events:
        connection.execute(_EVENTS.insert(), [row._asdict() for row in events])


def events(connection: Connection, fingerprint: str, limit: int = 200) -> list[AlertEventRow]:
    """Return what became of an alert, the newest first."""
    columns = tuple(_EVENTS.c[name] for name in AlertEventRow._fields)
    query = select(*columns).where(_EVENTS.c.fingerprint == fingerprint)
    return [
        AlertEventRow(*row)
        for row in connection.execute(query.order_by(_EVENTS.c.at.desc(), _EVENTS.c.id.desc()).limit(limit))
    ]


def notes(connection: Connection, fingerprint: str, limit: int = 20) -> list[AlertEventRow]:
    """Return why the host of an alert was silent and not told of, the newest first."""
    columns = tuple(_EVENTS.c[name] for name in AlertEventRow._fields)
    query = select(*columns).where(_EVENTS.c.fingerprint == fingerprint, _EVENTS.c.generation == NOTE)
    found = connection.execute(query.order_by(_EVENTS.c.at.desc(), _EVENTS.c.id.desc()).limit(limit))
    return [AlertEventRow(*row) for row in found]


def forget_notes(connection: Connection, before: float, limit: int = 20_000) -> int:
    """Let go of the oldest notes of before a moment; return how many."""
    old = select(_EVENTS.c.id).where(_EVENTS.c.generation == NOTE, _EVENTS.c.at < before).limit(limit)
    return connection.execute(delete(_EVENTS).where(_EVENTS.c.id.in_(old))).rowcount
