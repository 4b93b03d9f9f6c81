"""Timers: what is to be done for an incident at a time. They are rows, so no restart forgets or repeats one."""

from typing import NamedTuple

from sqlalchemy import Connection, Table, func, select, update

from driftvakt_collector.store.alert_models import TimerTable

_TIMERS: Table = TimerTable.__table__  # type: ignore[attr-defined]
WAITING, DONE, CANCELLED = "waiting", "done", "cancelled"
ESCALATE, TELL, CLOSE = "escalate", "tell", "close"
HAND_OVER = "supplier.open"
"""An incident is handed over to a supplier; `step` says by which of those who asked for it, the first is 0."""


class TimerRow(NamedTuple):
    """kind: what is done. step, round: of the escalation. due_at: seconds since the epoch."""

    id: int
    incident: int
    kind: str
    step: int
    round: int
    due_at: float


_COLUMNS = tuple(_TIMERS.c[name] for name in TimerRow._fields)


def add(
    connection: Connection, incident: int, kind: str, due_at: float, now: float, step: int = 0, round_: int = 0
) -> None:
    """Have something done at a time."""
    connection.execute(
        _TIMERS.insert().values(
            incident=incident, kind=kind, step=step, round=round_, due_at=due_at, state=WAITING, changed_at=now
        )
    )


def due(connection: Connection, now: float, limit: int) -> list[TimerRow]:
    """Return what is due, the longest overdue first."""
    query = select(*_COLUMNS).where(_TIMERS.c.state == WAITING, _TIMERS.c.due_at <= now)
    return [TimerRow(*row) for row in connection.execute(query.order_by(_TIMERS.c.due_at, _TIMERS.c.id).limit(limit))]


def waiting(connection: Connection, incident: int) -> list[TimerRow]:
    """Return what is still to be done for an incident, the next first."""
    query = select(*_COLUMNS).where(_TIMERS.c.state == WAITING, _TIMERS.c.incident == incident)
    return [TimerRow(*row) for row in connection.execute(query.order_by(_TIMERS.c.due_at))]


def ahead(connection: Connection, incident: int, kind: str) -> TimerRow | None:
    """Return what is to be done next of a kind, or was to be when it was cancelled; None where all of it was done."""
    here = _TIMERS.c
    query = select(*_COLUMNS, here.state).where(here.incident == incident, here.kind == kind)
    found = connection.execute(query.order_by(here.id.desc()).limit(1)).first()
    return TimerRow(*found[:-1]) if found is not None and found[-1] != DONE else None


def unreached(connection: Connection, incident: int, kind: str) -> TimerRow | None:
    """Return the furthest step that was to come and was not done, as it was first due; None where there is none."""
    here = _TIMERS.c
    mine = (here.incident == incident, here.kind == kind)
    done = select(func.max(here.id)).where(*mine, here.state == DONE, (here.step > 0) | (here.round > 0))
    query = select(*_COLUMNS).where(*mine, here.state != DONE, (here.step > 0) | (here.round > 0))
    query = query.where(here.id > (connection.scalar(done) or 0))
    found = connection.execute(
        query.order_by(here.round.desc(), here.step.desc(), here.due_at, here.id).limit(1)
    ).first()
    return TimerRow(*found) if found is not None else None


def finish(connection: Connection, timer: int, now: float) -> bool:
    """Mark one as done; say if it was still to be done."""
    query = update(_TIMERS).where(_TIMERS.c.id == timer, _TIMERS.c.state == WAITING)
    return bool(connection.execute(query.values(state=DONE, changed_at=now)).rowcount)


def put_off(connection: Connection, timer: int, due_at: float) -> None:
    """Have one done later."""
    connection.execute(update(_TIMERS).where(_TIMERS.c.id == timer, _TIMERS.c.state == WAITING).values(due_at=due_at))


def cancel(connection: Connection, incident: int, now: float, kinds: tuple[str, ...] = ()) -> int:
    """Do no more for an incident; return how many timers that were."""
    query = update(_TIMERS).where(_TIMERS.c.incident == incident, _TIMERS.c.state == WAITING)
    if kinds:
        query = query.where(_TIMERS.c.kind.in_(kinds))
    return connection.execute(query.values(state=CANCELLED, changed_at=now)).rowcount


def pass_by(connection: Connection, incident: int, timer: TimerRow, now: float) -> int:
    """Do no more the steps of an escalation before this timer's, and not that one again; return how many that were."""
    here = _TIMERS.c
    before = (here.round < timer.round) | ((here.round == timer.round) & (here.step <= timer.step))
    query = update(_TIMERS).where(
        here.incident == incident, here.state == WAITING, here.kind == timer.kind, here.id != timer.id, before
    )
    return connection.execute(query.values(state=CANCELLED, changed_at=now)).rowcount


def bring_forward(connection: Connection, incident: int, kind: str, now: float) -> bool:
    """Have what is to come done at once; say if there was anything."""
    query = update(_TIMERS).where(
        _TIMERS.c.incident == incident, _TIMERS.c.state == WAITING, _TIMERS.c.kind == kind, _TIMERS.c.due_at > now
    )
    return bool(connection.execute(query.values(due_at=now, changed_at=now)).rowcount)


def oldest_due(connection: Connection, now: float) -> float | None:
    """Return when the longest overdue was due, None where nothing is."""
    query = select(func.min(_TIMERS.c.due_at)).where(_TIMERS.c.state == WAITING, _TIMERS.c.due_at <= now)
    oldest: float | None = connection.scalar(query)
    return oldest
