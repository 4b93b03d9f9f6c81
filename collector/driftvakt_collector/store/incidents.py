"""Incidents and their timelines."""

from typing import Any, NamedTuple

from sqlalchemy import ColumnElement, Connection, Table, func, select, true, update

from driftvakt_collector.store.alert_models import HandoverTable, IncidentEventTable, IncidentTable

_INCIDENTS: Table = IncidentTable.__table__  # type: ignore[attr-defined]
_EVENTS: Table = IncidentEventTable.__table__  # type: ignore[attr-defined]
_HANDOVERS: Table = HandoverTable.__table__  # type: ignore[attr-defined]
OPEN, ACKNOWLEDGED, RESOLVED, CLOSED = "open", "acknowledged", "resolved", "closed"
ALIVE = (OPEN, ACKNOWLEDGED)
KEY = "INC-"


class IncidentRow(NamedTuple):
    """number: its key without INC-. token: what replies carry. cause: what alerts join it by. summary: JSON.

    owner: person who has it, empty for none. generation: how often it was opened. muffled: hosts that are silent
    because of it. Times are seconds since the epoch.
    """

    number: int
    token: str
    cause: str
    summary: str
    severity: str
    state: str
    zone: str
    administration: str
    site: str
    service: str
    owner: str
    policy: str
    parent: int | None
    muffled: int
    generation: int
    opened_at: float
    acknowledged_at: float | None
    acknowledged_by: str
    resolved_at: float | None
    closed_at: float | None

    @property
    def key(self) -> str:
        """What people and other systems call it."""
        return f"{KEY}{self.number}"


class IncidentEventRow(NamedTuple):
    """A line of a timeline. what: a word with dots; who: person or `driftvakt`; text: for people, or JSON of Words."""

    incident: int
    at: float
    what: str
    who: str
    text: str


_COLUMNS = tuple(_INCIDENTS.c[name] for name in IncidentRow._fields)


def number_of(key: str) -> int | None:
    """Return the number of INC-12, inc12 or 12; None for what is none."""
    told = key.strip().upper().removeprefix("INC").removeprefix("-").strip()
    return int(told) if told.isascii() and told.isdigit() and len(told) < 16 else None


def get(connection: Connection, number: int) -> IncidentRow | None:
    """Return an incident."""
    found = connection.execute(select(*_COLUMNS).where(_INCIDENTS.c.number == number)).first()
    return IncidentRow(*found) if found is not None else None


def by_token(connection: Connection, token: str) -> IncidentRow | None:
    """Return the incident of a token."""
    found = connection.execute(select(*_COLUMNS).where(_INCIDENTS.c.token == token)).first()
    return IncidentRow(*found) if found is not None else None


def of_cause(connection: Connection, cause: str, resolved_since: float) -> IncidentRow | None:
    """Return the incident that an alert of a cause joins: one that is open, else one resolved after that moment."""
    here = _INCIDENTS.c
    query = (
        select(*_COLUMNS)
        .where(
            here.cause == cause,
            here.state.in_(ALIVE) | ((here.state == RESOLVED) & (here.resolved_at >= resolved_since)),
        )
        .order_by(here.state.in_(ALIVE).desc(), here.number.desc())
    )
    found = connection.execute(query).first()
    return IncidentRow(*found) if found is not None else None


def add(connection: Connection, row: IncidentRow) -> IncidentRow:
    """Open an incident; its number is given here."""
    told = row._asdict()
    del told["number"]
    done = connection.execute(_INCIDENTS.insert().values(told))
    assert done.inserted_primary_key is not None
    return row._replace(number=int(done.inserted_primary_key[0]))


def change(connection: Connection, number: int, states: tuple[str, ...] = (), **told: Any) -> bool:
    """Change an incident, if it is in one of these states; say if it was."""
    query = update(_INCIDENTS).where(_INCIDENTS.c.number == number)
    if states:
        query = query.where(_INCIDENTS.c.state.in_(states))
    return bool(connection.execute(query.values(told)).rowcount)


def grow(connection: Connection, number: int, muffled: int) -> None:
    """Write how many hosts are silent because of an incident, if that is more than before."""
    query = update(_INCIDENTS).where(_INCIDENTS.c.number == number, _INCIDENTS.c.muffled < muffled)
    connection.execute(query.values(muffled=muffled))


class Part(NamedTuple):
    """The incidents that somebody may see. administrations: of these; supplier: who has a case of it."""

    administrations: tuple[str, ...] = ()
    supplier: str = ""


def listed(
    connection: Connection, states: tuple[str, ...], limit: int, before: int | None = None, part: Part | None = None
) -> list[IncidentRow]:
    """Return incidents in these states, the newest first. before: only those of smaller numbers. part: None for all."""
    query = select(*_COLUMNS).where(_INCIDENTS.c.state.in_(states), _of(part)).order_by(_INCIDENTS.c.number.desc())
    if before is not None:
        query = query.where(_INCIDENTS.c.number < before)
    return [IncidentRow(*row) for row in connection.execute(query.limit(limit))]


def counts(connection: Connection, part: Part | None = None) -> dict[tuple[str, str], int]:
    """Return how many there are by state and severity, without closed ones. part: None for all."""
    here = _INCIDENTS.c
    query = select(here.state, here.severity, func.count()).where(here.state != CLOSED, _of(part))
    query = query.group_by(here.state, here.severity)
    return {(state, severity): count for state, severity, count in connection.execute(query)}


def _of(part: Part | None) -> ColumnElement[bool]:
    if part is None:
        return true()
    if part.supplier:
        cases = select(_HANDOVERS.c.incident).where(_HANDOVERS.c.supplier == part.supplier)
        return _INCIDENTS.c.number.in_(cases)
    return _INCIDENTS.c.administration.in_(part.administrations)


def tell(connection: Connection, incident: int, at: float, what: str, who: str, text: str) -> None:
    """Write a line into a timeline."""
    connection.execute(_EVENTS.insert().values(incident=incident, at=at, what=what, who=who, text=text))


def told(connection: Connection, incident: int, what: str, limit: int = 1000) -> list[IncidentEventRow]:
    """Return the lines of one kind of a timeline, the oldest first."""
    columns = tuple(_EVENTS.c[name] for name in IncidentEventRow._fields)
    query = select(*columns).where(_EVENTS.c.incident == incident, _EVENTS.c.what == what).order_by(_EVENTS.c.id)
    return [IncidentEventRow(*row) for row in connection.execute(query.limit(limit))]


def timeline(connection: Connection, incident: int, limit: int = 500) -> list[IncidentEventRow]:
    """Return the newest lines of a timeline, the oldest of them first."""
    columns = tuple(_EVENTS.c[name] for name in IncidentEventRow._fields)
    query = select(*columns).where(_EVENTS.c.incident == incident).order_by(_EVENTS.c.at.desc(), _EVENTS.c.id.desc())
    return [IncidentEventRow(*row) for row in connection.execute(query.limit(limit))][::-1]
