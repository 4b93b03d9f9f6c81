"""Plans: calendars, rotas, escalation policies, in versions. What counted at a moment in the past can be read again."""

from typing import NamedTuple

from sqlalchemy import Connection, Table, func, select

from driftvakt_collector.store.alert_models import PlanTable

_PLANS: Table = PlanTable.__table__  # type: ignore[attr-defined]


class PlanRow(NamedTuple):
    """kind: calendar, rota or policy. from_at: since when it counts. body: TOML, empty where it was taken away."""

    kind: str
    name: str
    version: int
    from_at: float
    body: str
    made_at: float
    made_by: str
    note: str = ""


def versions(connection: Connection, kind: str, name: str = "") -> list[PlanRow]:
    """Return all versions of a kind's plans, or of one, the oldest first."""
    query = select(_PLANS).where(_PLANS.c.kind == kind).order_by(_PLANS.c.name, _PLANS.c.version)
    if name:
        query = query.where(_PLANS.c.name == name)
    return [PlanRow(*row) for row in connection.execute(query)]


def at(rows: list[PlanRow], moment: float) -> dict[str, PlanRow]:
    """Return by name the version that counts at a moment: the newest of those that have begun."""
    return {row.name: row for row in rows if row.from_at <= moment}


def save(
    connection: Connection, kind: str, name: str, body: str, *, from_at: float, now: float, who: str, note: str = ""
) -> PlanRow:
    """Write a new version of a plan. An empty body takes it away from then on."""
    newest = connection.scalar(
        select(func.max(_PLANS.c.version)).where(_PLANS.c.kind == kind, _PLANS.c.name == name)
    )  # fmt: skip
    row = PlanRow(kind, name, (newest or 0) + 1, from_at, body, now, who, note)
    connection.execute(_PLANS.insert().values(row._asdict()))
    return row
