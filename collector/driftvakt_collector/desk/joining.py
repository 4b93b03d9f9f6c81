"""What alerts make of incidents: one that pages joins the incident of its cause, or opens one.

Each function is a part of one transaction. The escalation is a timer row, written with the incident.
"""

import json
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from sqlalchemy import Connection

from driftvakt_collector.alert import decision
from driftvakt_collector.alert.alert import Alert, Severity, Source
from driftvakt_collector.alert.decision import Standing
from driftvakt_collector.alert.engine import CLEARED, RAISED, REASONED, WORSE, Judgement, Known
from driftvakt_collector.alert.words import Words
from driftvakt_collector.desk.incidents import DRIFTVAKT, Rules, pause, settle, tell
from driftvakt_collector.desk.suppliers.leaving import FALLBACK, Leave
from driftvakt_collector.store import alerts, incidents, outbox, timers
from driftvakt_collector.store.alerts import AlertEventRow, AlertRow
from driftvakt_collector.store.incidents import OPEN, RESOLVED, IncidentRow
from driftvakt_collector.store.timers import TimerRow

_WEIGHT = {Severity.INFO.value: 0, Severity.WARNING.value: 1, Severity.CRITICAL.value: 2}


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
    worse = _WEIGHT[alert.severity.value] > _WEIGHT.get(found.severity, 0)
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
        due = max(now, outbox.last_paged(connection, found.number) + pause(found.generation + 1))
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
        settle(connection, row.incident, DRIFTVAKT, rules, now)
    return row.incident


def _came_back(times: int, wait: float) -> Words:
    if wait <= 0.0:
        return Words("Felet kom tillbaka", "It came back")
    minutes = max(1, round(wait / 60.0))
    return Words(
        f"Felet kom tillbaka för gång {times}: det kommer och går, så larm går om {minutes} min om det är kvar",
        f"It came back, time {times}: it comes and goes, so people are told in {minutes} min if it is still there",
    )


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
