"""One incident: what is wrong, who has it, what was said to whom and why, and what was done."""

import json
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass

from driftvakt_collector.alert.delivery import message_of
from driftvakt_collector.console.clock import Clock, Moment
from driftvakt_collector.console.incidents_page import AlertLine, IncidentLine, alert_line, incident_line
from driftvakt_collector.desk.suppliers import outgoing
from driftvakt_collector.desk.suppliers.channel import CHANNEL
from driftvakt_collector.desk.suppliers.handover import OPEN, Breach, State, due
from driftvakt_collector.desk.suppliers.keeping import of_row
from driftvakt_collector.fleet.host import Host
from driftvakt_collector.store import outbox
from driftvakt_collector.store.alerts import AlertRow
from driftvakt_collector.store.handovers import HandoverRow
from driftvakt_collector.store.incidents import ALIVE, RESOLVED, IncidentEventRow, IncidentRow
from driftvakt_collector.store.outbox import OutboxRow
from driftvakt_collector.store.timers import ESCALATE, TimerRow

_STATES = {
    outbox.WAITING: ("late", "waits"), outbox.LEASED: ("late", "is on its way"), outbox.SENT: ("ok", "was sent"),
    outbox.FAILED: ("fails", "did not go out"), outbox.SUPERSEDED: ("off", "was not needed"),
    outbox.DIGESTED: ("ok", "was told with others"),
}  # fmt: skip
_DUE = {Breach.ANSWER: "answers by", Breach.MEND: "mends by"}
_RECEIPTS = {"delivered": "and arrived", "failed": "and did not arrive", "created": "", "sent": "", "": ""}


@dataclass(frozen=True)
class MessageLine:
    """What was sent to somebody, how it went, and why to them."""

    person: str
    channel: str
    tone: str
    word: str
    at: Moment
    error: str
    subject: str
    text: str
    why: str


@dataclass(frozen=True)
class EventLine:
    """A line of the timeline."""

    at: Moment
    what: str
    who: str
    text: str


@dataclass(frozen=True)
class CaseLine:
    """A case that a supplier has. number: theirs. due: what they have to do by when. is_open, is_mended: its state."""

    supplier: str
    tone: str
    word: str
    number: str
    at: Moment
    due: Sequence[tuple[str, Moment]]
    is_open: bool
    is_mended: bool


@dataclass(frozen=True)
class IncidentView:
    """The page. next: when the next person is told, None where nobody is. changes: what changed there, as text.

    cases: of suppliers; suppliers: to whom it can be handed over.
    """

    line: IncidentLine
    alive: bool
    resolved: bool
    times: Sequence[tuple[str, Moment]]
    policy: str
    alerts: Sequence[AlertLine]
    messages: Sequence[MessageLine]
    events: Sequence[EventLine]
    next: Moment | None
    changes: Sequence[str]
    trouble: str = ""
    cases: Sequence[CaseLine] = ()
    suppliers: Sequence[str] = ()


def build(
    row: IncidentRow, alerts: Sequence[AlertRow], messages: Sequence[OutboxRow], events: Sequence[IncidentEventRow],
    timers: Sequence[TimerRow], hosts: Mapping[str, Host], now: float, clock: Clock, changes: Sequence[str] = (),
    trouble: str = "", cases: Sequence[HandoverRow] = (), suppliers: Sequence[str] = (),
) -> IncidentView:  # fmt: skip
    """Return the page of an incident."""
    named = (
        ("Opened", row.opened_at), ("Taken", row.acknowledged_at), ("Resolved", row.resolved_at),
        ("Closed", row.closed_at),
    )  # fmt: skip
    ahead = [one.due_at for one in timers if one.kind == ESCALATE]
    return IncidentView(
        incident_line(row, now, clock), row.state in ALIVE, row.state == RESOLVED,
        [(name, clock.moment(at, now)) for name, at in named if at is not None], row.policy,
        [alert_line(one, hosts, now, clock) for one in alerts],
        [_message(one, now, clock) for one in messages], [_event(one, now, clock) for one in reversed(events)],
        clock.moment(ahead[0], now) if ahead else None, tuple(changes), trouble,
        [_case(one, now, clock) for one in cases], handed_to(row, alerts, cases, suppliers),
    )  # fmt: skip


def handed_to(
    row: IncidentRow, alerts: Sequence[AlertRow], cases: Sequence[HandoverRow], suppliers: Sequence[str]
) -> list[str]:
    """Return to whom an incident can be handed over: the suppliers of its alerts, as far as they are set up.

    suppliers: the names of those. Not to one that has it.
    """
    if row.state not in ALIVE:
        return []
    has = {one.supplier for one in cases if State(one.state) in OPEN}
    known = {name.casefold(): name for name in suppliers}
    wanted = dict.fromkeys(one.supplier.casefold() for one in alerts if one.supplier)
    return [known[name] for name in wanted if name in known and known[name] not in has]


def _case(row: HandoverRow, now: float, clock: Clock) -> CaseLine:
    state = State(row.state)
    late = any(at <= now for _, at in due(of_row(row)))
    tone = "fails" if late else "ok" if state not in OPEN else "late"
    ends = [(_DUE[what], clock.moment(at, now)) for what, at in due(of_row(row))]
    return CaseLine(
        row.supplier, tone, row.state, row.their_key.partition("#")[0], clock.moment(row.opened_at, now), ends,
        state in OPEN, state is State.MENDED,
    )  # fmt: skip


def _message(row: OutboxRow, now: float, clock: Clock) -> MessageLine:
    told = message_of(row)
    tone, word = _STATES.get(row.state, ("off", row.state))
    receipt = _RECEIPTS.get(row.receipt, "")
    if row.receipt == "failed":
        tone = "fails"
    why = json.loads(row.why) if row.why.startswith("{") else {}
    text, whom = told.short if row.channel == "sms" else told.text, row.person
    if row.channel == CHANNEL:
        text, whom = outgoing.decode(told.text).text, row.address
    return MessageLine(
        whom, row.channel, tone, f"{word} {receipt}".strip(), clock.moment(row.sent_at or row.made_at, now),
        row.error.removeprefix("!") if row.state != outbox.SENT else "", told.subject,
        text, str(why.get("en", "")),
    )  # fmt: skip


def _event(row: IncidentEventRow, now: float, clock: Clock) -> EventLine:
    text = row.text
    if row.what != "note":
        with suppress(ValueError, KeyError, TypeError):
            text = str(json.loads(text)["en"])
    return EventLine(clock.moment(row.at, now, seconds=True), row.what.replace(".", " "), row.who, text)
