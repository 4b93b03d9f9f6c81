"""What people make of incidents: taken, handed on, silenced, put right, closed. `joining` has what alerts make of them.

Each function is a part of one transaction.
"""

import json
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection

from driftvakt_collector.alert.alert import Alert
from driftvakt_collector.alert.words import Words
from driftvakt_collector.desk.suppliers.leaving import Leave
from driftvakt_collector.store import alerts, handovers, incidents, outbox, timers
from driftvakt_collector.store.incidents import ACKNOWLEDGED, ALIVE, CLOSED, OPEN, RESOLVED, IncidentRow

DRIFTVAKT = "driftvakt"
"""Who writes into a timeline what no person did."""
AGAIN = 900.0
"""Seconds after which what comes back is a new incident and no longer the old one."""
_STEADY = 3
"""How often an incident is opened before what comes and goes is told of less often."""
_LONGEST_PAUSE = 600.0
CLOSES = 86_400.0
"""Seconds after which an incident that is resolved is closed."""


class DeskError(Exception):
    """What was asked can't be done to this incident; the text says why."""


@dataclass(frozen=True)
class Rules:
    """How the desk works. policy: which escalation an alert takes. secret: makes tokens. again, closes: see above.

    leave: whether what an alert tells is left to its supplier. order: has an incident handed over.
    """

    policy: Callable[[Alert, float], str]
    secret: Callable[[], str]
    leave: Callable[[Connection, Alert], Leave | None] = lambda _connection, _alert: None
    order: Callable[[Connection, int, Leave, float], None] = lambda _connection, _number, _leave, _now: None
    again: float = AGAIN
    closes: float = CLOSES


def settle(connection: Connection, number: int, who: str, rules: Rules, now: float) -> bool:
    """Write that an incident is over, and that those who were told hear of it; say if it was not over yet."""
    if not incidents.change(connection, number, ALIVE, state=RESOLVED, resolved_at=now):
        return False
    timers.cancel(connection, number, now)
    outbox.supersede(connection, number, now)
    timers.add(connection, number, timers.CLOSE, now + rules.closes, now)
    # Written as a step of its own, so that those who were told hear of it too. What comes and goes is not over yet.
    found = _found(connection, number)
    steady = pause(found.generation) if who == DRIFTVAKT else 0.0
    timers.add(connection, number, timers.TELL, now + steady, now)
    tell(connection, number, now, "incident.resolved", Words("Felet är borta", "It is over"), who)
    return True


def pause(generation: int) -> float:
    """Return the seconds between two pages of what comes and goes: none at first, then 2, 4, 8 and 10 minutes."""
    return 0.0 if generation <= _STEADY else min(120.0 * 2.0 ** min(generation - _STEADY - 1, 10), _LONGEST_PAUSE)


def acknowledge(connection: Connection, number: int, person: str, how: str, now: float) -> IncidentRow:
    """Let a person take an incident: nobody else is paged for it. Raises DeskError where that is not possible.

    how: the way it came, for the timeline: link, sms, email, console, command.
    """
    found = _found(connection, number)
    if found.state == ACKNOWLEDGED and found.owner == person:
        return found
    if found.state == ACKNOWLEDGED:
        raise DeskError(f"{found.key} is taken by {found.owner} already")
    if not incidents.change(
        connection, number, (OPEN,), state=ACKNOWLEDGED, owner=person, acknowledged_at=now, acknowledged_by=person
    ):
        raise DeskError(f"{found.key} is {found.state}: there is nothing to take")
    timers.cancel(connection, number, now, (timers.ESCALATE,))
    outbox.supersede(connection, number, now)
    timers.add(connection, number, timers.TELL, now, now)
    tell(connection, number, now, "incident.acknowledged", Words(f"Kvitterad ({how})", f"Acknowledged ({how})"), person)
    return _found(connection, number)


def escalate(connection: Connection, number: int, person: str, how: str, now: float) -> IncidentRow:
    """Have the next step done at once, also where somebody has taken it. Raises DeskError."""
    found = _found(connection, number)
    if found.state not in ALIVE:
        raise DeskError(f"{found.key} is {found.state}: there is nothing to hand on")
    # Where somebody took it, the steps go on where they were: those before were done, and are not done twice.
    step = timers.ahead(connection, number, timers.ESCALATE)
    again = {} if step is not None else {"generation": found.generation + 1}
    timers.cancel(connection, number, now, (timers.ESCALATE,))
    timers.add(
        connection, number, timers.ESCALATE, now, now, step.step if step else 0, step.round if step else 0
    )  # fmt: skip
    incidents.change(connection, number, ALIVE, state=OPEN, owner="", **again)
    tell(connection, number, now, "incident.escalated", Words(f"Lämnad vidare ({how})", f"Handed on ({how})"), person)
    return _found(connection, number)


def resolve(connection: Connection, number: int, person: str, rules: Rules, now: float) -> IncidentRow:
    """Let a person say that it is over. Raises DeskError where it is already, or alerts of it still fire."""
    found = _found(connection, number)
    left = alerts.firing_on(connection, number)
    if left:
        raise DeskError(f"{found.key} has {left} alerts that still fire: silence them, or wait until they are over")
    if not settle(connection, number, person, rules, now):
        raise DeskError(f"{found.key} is {found.state} already")
    return _found(connection, number)


def close(connection: Connection, number: int, person: str, now: float) -> IncidentRow:
    """Close what is resolved. Raises DeskError where it is not."""
    found = _found(connection, number)
    if not incidents.change(connection, number, (RESOLVED,), state=CLOSED, closed_at=now):
        raise DeskError(f"{found.key} is {found.state}: only what is resolved can be closed")
    # Word that it is over is still to go out, where that waits.
    timers.cancel(connection, number, now, (timers.ESCALATE, timers.CLOSE))
    if handovers.of_incident(connection, number):
        # Suppliers that still have it hear of it.
        timers.add(connection, number, timers.TELL, now, now)
    tell(connection, number, now, "incident.closed", Words("Stängd", "Closed"), person)
    return _found(connection, number)


def note(connection: Connection, number: int, person: str, text: str, now: float) -> None:
    """Write a person's note into the timeline. Raises DeskError where it is empty, or there is no such incident."""
    _found(connection, number)
    clean = "".join(char if char.isprintable() or char == "\n" else "\ufffd" for char in text).strip()[:4000]
    if not clean:
        raise DeskError("the note is empty")
    incidents.tell(connection, number, now, "note", person, clean)


def silence(connection: Connection, number: int, person: str, seconds: float, now: float) -> None:
    """Page nobody for an incident until then; afterwards its steps go on. Raises DeskError where it is over."""
    found = _found(connection, number)
    if found.state not in ALIVE:
        raise DeskError(f"{found.key} is {found.state}: there is nothing to silence")
    for timer in timers.waiting(connection, number):
        if timer.kind == timers.ESCALATE:
            timers.put_off(connection, timer.id, max(timer.due_at, now + seconds))
    outbox.supersede(connection, number, now)
    minutes = round(seconds / 60.0)
    words = Words(f"Tyst i {minutes} minuter", f"Silent for {minutes} minutes")
    tell(connection, number, now, "incident.silenced", words, person)


def assign(connection: Connection, number: int, person: str, to: str, now: float) -> IncidentRow:
    """Give an incident another owner; whoever has it answers for it. Raises DeskError where it is over."""
    found = _found(connection, number)
    told: dict[str, Any] = {"owner": to}
    if found.state == OPEN:
        told |= {"state": ACKNOWLEDGED, "acknowledged_at": now, "acknowledged_by": person}
    if not incidents.change(connection, number, ALIVE, **told):
        raise DeskError(f"{found.key} is {found.state}: it needs no owner any more")
    timers.cancel(connection, number, now, (timers.ESCALATE,))
    outbox.supersede(connection, number, now)
    timers.add(connection, number, timers.TELL, now, now)
    tell(connection, number, now, "incident.assigned", Words(f"Ägare: {to}", f"Owner: {to}"), person)
    return _found(connection, number)


def attach(connection: Connection, number: int, parent: int, person: str, now: float) -> IncidentRow:
    """Say that an incident is a part of another. Raises DeskError where that would go round in a circle."""
    found, above = _found(connection, number), _found(connection, parent)
    seen, up = {number}, above
    while True:
        if up.number in seen:
            raise DeskError(f"{found.key} can't be a part of {above.key}, which is a part of it")
        seen.add(up.number)
        if up.parent is None:
            break
        up = _found(connection, up.parent)
    incidents.change(connection, number, parent=parent)
    words = Words(f"Del av {above.key}", f"Part of {above.key}")
    tell(connection, number, now, "incident.attached", words, person)
    tell(
        connection, parent, now, "incident.attached", Words(f"{found.key} hör hit", f"{found.key} belongs here"), person
    )
    return _found(connection, number)


def tell(connection: Connection, number: int, now: float, what: str, words: Words, who: str = DRIFTVAKT) -> None:
    """Write a line that reads in both languages into a timeline."""
    text = json.dumps({"sv": words.sv[:1000], "en": words.en[:1000]}, ensure_ascii=False)
    incidents.tell(connection, number, now, what, who, text)


def _found(connection: Connection, number: int) -> IncidentRow:
    found = incidents.get(connection, number)
    if found is None:
        raise DeskError(f"there is no incident {incidents.KEY}{number}")
    return found
