"""Incidents to be followed up: read only, over administrations and times."""

from collections.abc import Collection
from typing import NamedTuple

from sqlalchemy import Connection, Table, select

from driftvakt_collector.store.alert_models import HandoverTable, IncidentTable

_INCIDENTS: Table = IncidentTable.__table__  # type: ignore[attr-defined]
_HANDOVERS: Table = HandoverTable.__table__  # type: ignore[attr-defined]


class FollowRow(NamedTuple):
    """An incident as it is followed up. Times are seconds since the epoch; summary is as it was written."""

    number: int
    administration: str
    site: str
    service: str
    severity: str
    summary: str
    state: str
    parent: int | None
    muffled: int
    opened_at: float
    acknowledged_at: float | None
    resolved_at: float | None
    closed_at: float | None


def incidents(
    connection: Connection, begin: float, end: float, administrations: Collection[str] | None, limit: int
) -> list[FollowRow]:
    """Return the incidents that opened from `begin` to before `end`, the oldest first.

    administrations: None for all.
    """
    query = (
        select(*(_INCIDENTS.c[name] for name in FollowRow._fields))
        .where(_INCIDENTS.c.opened_at >= begin, _INCIDENTS.c.opened_at < end)
        .order_by(_INCIDENTS.c.opened_at, _INCIDENTS.c.number)
        .limit(limit)
    )
    if administrations is not None:
        query = query.where(_INCIDENTS.c.administration.in_(list(administrations)))
    return [FollowRow(*row) for row in connection.execute(query)]


def suppliers(connection: Connection, begin: float, end: float) -> dict[int, list[str]]:
    """Return by incident to whom it was handed over, of those that opened from `begin` to before `end`."""
    query = (
        select(_HANDOVERS.c.incident, _HANDOVERS.c.supplier)
        .join(_INCIDENTS, _INCIDENTS.c.number == _HANDOVERS.c.incident)
        .where(_INCIDENTS.c.opened_at >= begin, _INCIDENTS.c.opened_at < end)
        .order_by(_HANDOVERS.c.id)
    )
    found: dict[int, list[str]] = {}
    for incident, supplier in connection.execute(query):
        names = found.setdefault(incident, [])
        if supplier not in names:
            names.append(supplier)
    return found
