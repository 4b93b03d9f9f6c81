"""What becomes of incidents: opened, joined, taken, put right, closed. Each function is a part of one transaction.

An alert that pages joins the incident of its cause, or opens one. The escalation is a timer row, written with it.
"""

import json
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection

from driftvakt_collector.alert import decision
from driftvakt_collector.alert.alert import Alert, Severity, Source
from driftvakt_collector.alert.decision import Standing
from driftvakt_collector.alert.engine import CLEARED, RAISED, REASONED, WORSE, Judgement, Known
from driftvakt_collector.alert.words import Words
from driftvakt_collector.desk.suppliers.leaving import FALLBACK, Leave
from driftvakt_collector.store import alerts, handovers, incidents, outbox, timers
from driftvakt_collector.store.alerts import AlertEventRow, AlertRow
from driftvakt_collector.store.incidents import ACKNOWLEDGED, ALIVE, CLOSED, OPEN, RESOLVED, IncidentRow
from driftvakt_collector.store.timers import TimerRow

DRIFTVAKT = "driftvakt"
"""Who writes into a timeline what no person did."""
AGAIN = 900.0
"""Seconds after which what comes back is a new incident and no longer the old one."""
_STEADY = 3
"""How often an incident is opened before what comes and goes is told of less often."""
_LONGEST_PAUSE = 600.0
CLOSES = 86_400.0
"""Seconds after which an incident that is resolved is closed."""
_WORSE = {Severity.INFO.value: 0, Severity.WARNING.value: 1, Severity.CRITICAL.value: 2}


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


def apply(
    connection: Connection, judged: Sequence[Judgement], rules: Rules, now: float, muffled: Mapping[str, int]
) -> dict[str, int | None]:
    """Write judgements and all that follows from them; return the incident of each alert.

    muffled: by fingerprint, how many hosts are silent because of it.
    """
    on: dict[str, int | None] = {}
    events = []
    for one in judged:
        key = one.alert.fingerprint
        if one.what == CLEARED:
            on[key] = _cleared(connection, one, rules, now)
        else:
            on[key] = _placed(connection, one, rules, now, muffled.get(key, 0))
        what = one.what if one.what == CLEARED else one.decision.standing.value
        events.append(AlertEventRow(key, one.generation, one.at, what, one.decision.standing.value, one.decision.trace))
    alerts.remember(connection, events)
    return on


def recount(connection: Connection, firing: Iterable[Known], muffled: Mapping[str, int]) -> None:
    """Write how many hosts are silent because of each incident, where that grew: a site goes silent bit by bit."""
    for one in firing:
        count = muffled.get(one.alert.fingerprint, 0)
        if count and one.incident is not None:
            incidents.grow(connection, one.incident, count)


def cause_of(alert: Alert) -> str:
    """Return by what alerts find each other: the host, else what it is about."""
    if alert.source is Source.LIVENESS and not alert.origin:
        return f"{alert.rule}:{alert.zone}:{alert.site or alert.subject}"[:255]
    return (alert.origin or f"{alert.source.value}:{alert.zone}:{alert.rule}:{alert.subject}")[:255]


def _placed(connection: Connection, one: Judgement, rules: Rules, now: float, muffled: int) -> int | None:
    number, left = None, None
    if one.decision.standing is Standing.PAGED:
        left = rules.leave(connection, one.alert)
        number = _joined(connection, one, rules, now, muffled, left)
    elif one.what in (REASONED, WORSE):
        before = alerts.by_fingerprint(connection, one.alert.fingerprint)
        number = before.incident if before is not None else None
    alerts.save(connection, [_row(one, now, number, left)])
    return number


def _joined(
    connection: Connection, one: Judgement, rules: Rules, now: float, muffled: int, left: Leave | None
) -> int:  # fmt: skip
    alert, cause = one.alert, cause_of(one.alert)
    found = incidents.of_cause(connection, cause, now - rules.again)
    text = json.dumps({"sv": alert.summary.sv, "en": alert.summary.en}, ensure_ascii=False)
    if found is None:
        opened = incidents.add(connection, IncidentRow(
            0, rules.secret(), cause, text, alert.severity.value, OPEN, alert.zone, alert.administration, alert.site,
            alert.service, "", rules.policy(alert, now), None, muffled, 1, now, None, "", None, None,
        ))  # fmt: skip
        tell(connection, opened.number, now, "incident.opened", alert.summary)
        _begin(connection, opened.number, rules, left, now)
        return opened.number
    worse = _WORSE[alert.severity.value] > _WORSE.get(found.severity, 0)
    tell(connection, found.number, now, "alert.joined", alert.summary)
    told: dict[str, Any] = {"muffled": max(found.muffled, muffled)}
    if worse:
        told |= {"severity": alert.severity.value, "policy": rules.policy(alert, now), "summary": text}
    if found.state == RESOLVED:
        told |= {"state": OPEN, "generation": found.generation + 1, "resolved_at": None, "acknowledged_at": None}
        # Nobody has what came back until somebody says so.
        told |= {"owner": "", "acknowledged_by": ""}
        # What comes and goes must not begin with the first person for ever, where that one never answers.
        ahead = timers.unreached(connection, found.number, timers.ESCALATE) if found.acknowledged_at is None else None
        timers.cancel(connection, found.number, now)
        due = max(now, outbox.last_paged(connection, found.number) + _pause(found.generation + 1))
        tell(connection, found.number, now, "incident.reopened", _came_back(found.generation, due - now))
        if ahead is not None and ahead.due_at <= due:
            # Whoever was told before is told once more by a later step, if the policy says so.
            _begin(connection, found.number, rules, left, now, max(now, ahead.due_at), ahead)
        else:
            _begin(connection, found.number, rules, left, now, due)
            if ahead is not None:
                number = found.number
                timers.add(connection, number, timers.ESCALATE, ahead.due_at, now, ahead.step, ahead.round)
    elif worse:
        # What was no reason to wake anybody now is: the steps begin again, also for one that somebody took.
        told |= {"state": OPEN, "generation": found.generation + 1, "owner": ""}
        timers.cancel(connection, found.number, now, (timers.ESCALATE,))
        _begin(connection, found.number, rules, left, now)
    incidents.change(connection, found.number, **told)
    return found.number


def _begin(
    connection: Connection, number: int, rules: Rules, left: Leave | None, now: float, due: float = 0.0,
    first: TimerRow | None = None,
) -> None:  # fmt: skip
    """Have people told by the policy; or the supplier, and our own people only where that does not go well.

    due: not before then. first: the step to begin with, the first of all where None.
    """
    held = left is not None and left.is_left
    step, round_ = (first.step, first.round) if first is not None else (0, 0)
    timers.add(connection, number, timers.ESCALATE, max(due, now + FALLBACK if held else now), now, step, round_)
    if left is not None:
        rules.order(connection, number, left, now)


def _cleared(connection: Connection, one: Judgement, rules: Rules, now: float) -> int | None:
    row = alerts.clear(connection, one.alert.fingerprint, one.at)
    if row is None or row.incident is None:
        return None
    tell(connection, row.incident, now, "alert.cleared", one.alert.summary)
    if not alerts.firing_on(connection, row.incident):
        _resolve(connection, row.incident, DRIFTVAKT, rules, now)
    return row.incident


def _resolve(connection: Connection, number: int, who: str, rules: Rules, now: float) -> bool:
    if not incidents.change(connection, number, ALIVE, state=RESOLVED, resolved_at=now):
        return False
    timers.cancel(connection, number, now)
    outbox.supersede(connection, number, now)
    timers.add(connection, number, timers.CLOSE, now + rules.closes, now)
    # Written as a step of its own, so that those who were told hear of it too. What comes and goes is not over yet.
    found = _found(connection, number)
    pause = _pause(found.generation) if who == DRIFTVAKT else 0.0
    timers.add(connection, number, timers.TELL, now + pause, now)
    tell(connection, number, now, "incident.resolved", Words("Felet är borta", "It is over"), who)
    return True


def _pause(generation: int) -> float:
    """Return the seconds between two pages of what comes and goes: none at first, then 2, 4, 8 and 10 minutes."""
    return 0.0 if generation <= _STEADY else min(120.0 * 2.0 ** min(generation - _STEADY - 1, 10), _LONGEST_PAUSE)


def _came_back(times: int, wait: float) -> Words:
    if wait <= 0.0:
        return Words("Felet kom tillbaka", "It came back")
    minutes = max(1, round(wait / 60.0))
    return Words(
        f"Felet kom tillbaka för gång {times}: det kommer och går, så larm går om {minutes} min om det är kvar",
        f"It came back, time {times}: it comes and goes, so people are told in {minutes} min if it is still there",
    )


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
    if not _resolve(connection, number, person, rules, now):
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


def _row(one: Judgement, now: float, incident: int | None, left: Leave | None = None) -> AlertRow:
    alert, reasons = one.alert, one.decision.reasons
    trace = one.decision.trace if left is None else decision.told([left.reason, *reasons])
    return AlertRow(
        alert.fingerprint, one.generation, alert.source.value, alert.rule, alert.origin, alert.subject[:255],
        alert.zone, alert.administration, alert.site, alert.class_, alert.service[:255], alert.supplier[:255],
        alert.runbook, json.dumps(list(alert.labels), ensure_ascii=False),
        json.dumps({"sv": alert.summary.sv, "en": alert.summary.en}, ensure_ascii=False), alert.severity.value,
        alerts.FIRING, one.decision.standing.value, trace, alert.value, alert.since,
        one.at if one.what == RAISED else now, None, incident,
    )  # fmt: skip


def alert_of(row: AlertRow) -> Alert:
    """Return the alert that a row holds."""
    summary = json.loads(row.summary)
    labels = tuple((str(key), str(text)) for key, text in json.loads(row.labels))
    return Alert(
        row.fingerprint, Source(row.source), row.rule, Severity(row.severity), Words(summary["sv"], summary["en"]),
        row.started_at, row.origin, row.subject, row.zone, row.administration, row.site, row.class_, row.service,
        row.supplier, labels, row.value, row.runbook,
    )  # fmt: skip


def decision_of(row: AlertRow) -> decision.Decision:
    """Return what was decided of the alert of a row."""
    return decision.Decision(Standing(row.standing), tuple(decision.read(row.trace)))
