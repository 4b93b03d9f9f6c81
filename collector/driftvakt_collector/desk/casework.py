"""Cases of suppliers, as the desk writes them: asked for, told more, accepted, opened again, taken back.

Each is a part of one transaction, and needs nothing but the store: a command can do it beside the collector.
"""

import json
from collections.abc import Callable

from sqlalchemy import Connection

from driftvakt_collector.alert.delivery import body_of
from driftvakt_collector.alert.words import Words
from driftvakt_collector.desk import incidents as desk
from driftvakt_collector.desk.incidents import DeskError
from driftvakt_collector.desk.suppliers import channel, keeping, leaving
from driftvakt_collector.desk.suppliers.handover import OPEN, Clock, Event, State
from driftvakt_collector.desk.suppliers.keeping import TIMERS, HandoverError, Told
from driftvakt_collector.desk.suppliers.outgoing import Do
from driftvakt_collector.desk.suppliers.supplier import Supplier, SupplierError, of_row
from driftvakt_collector.store import handovers, incidents, outbox, suppliers, timers
from driftvakt_collector.store.handovers import HandoverRow
from driftvakt_collector.store.incidents import ALIVE, IncidentRow
from driftvakt_collector.store.outbox import OutboxRow

ASKED = "supplier.asked"
"""The line of a timeline by which a hand-over is asked for. Its JSON has the supplier and the note beside the words."""
_MOST_NOTE = 4000
_URGENT = (Do.OPEN, Do.REOPEN)
_KEPT = "supplier"
_STATES = {
    State.OPENED: Words("Leverantören har ärendet", "The supplier has the case"),
    State.ANSWERED: Words("Leverantören har svarat", "The supplier answered"),
    State.WORKING: Words("Leverantören arbetar med felet", "The supplier works on it"),
    State.MENDED: Words("Leverantören säger att felet är avhjälpt", "The supplier says that it is mended"),
    State.REOPENED: Words("Ärendet är öppnat igen hos leverantören", "The case is open again at the supplier"),
    State.ACCEPTED: Words("Felet är godkänt som avhjälpt", "It was accepted as mended"),
    State.CANCELLED: Words("Felanmälan är återtagen", "The report was taken back"),
}

Clocks = Callable[[Supplier, float], Clock]


def ask(connection: Connection, number: int, supplier: str, who: str, now: float, note: str = "",
        why: Words | None = None) -> IncidentRow:  # fmt: skip
    """Have an incident handed over: the collector does it within seconds, for it has the evidence.

    why: what the timeline says, None for who asks. Raises DeskError where it can't be.
    """
    incident = incidents.get(connection, number)
    if incident is None:
        raise DeskError(f"there is no incident {incidents.KEY}{number}")
    if incident.state not in ALIVE:
        raise DeskError(f"{incident.key} is {incident.state}: there is nothing to hand over")
    row = suppliers.get(connection, supplier)
    if row is None:
        known = ", ".join(one.name for one in suppliers.load(connection)[:20]) or "none"
        raise DeskError(f"there is no supplier {supplier!r}; there are: {known}. Add it with driftvakt supplier add")
    for case in handovers.of_incident(connection, number):
        if case.supplier == row.name and State(case.state) in OPEN:
            raise DeskError(f"{incident.key} is with {row.name} already: {case.state}")
    clean = _clean(note)
    words = why or Words(f"Lämnas till {row.name}", f"Is handed to {row.name}")
    order(connection, number, row.name, words, who, now, clean)
    return incident


def order(
    connection: Connection, number: int, supplier: str, words: Words, who: str, now: float, note: str = ""
) -> None:
    """Write a hand-over down as asked for, whatever there is of the supplier."""
    step = len(incidents.told(connection, number, ASKED))
    told = {"sv": words.sv[:1000], "en": words.en[:1000], "supplier": supplier, "note": note}
    incidents.tell(connection, number, now, ASKED, who, json.dumps(told, ensure_ascii=False))
    timers.add(connection, number, timers.HAND_OVER, now, now, step)


def case_of(connection: Connection, number: int, supplier: str = "") -> tuple[HandoverRow, Supplier, IncidentRow]:
    """Return the newest case of an incident, of a supplier where that is said. Raises DeskError for none."""
    incident = incidents.get(connection, number)
    if incident is None:
        raise DeskError(f"there is no incident {incidents.KEY}{number}")
    wanted = supplier.casefold()
    cases = [
        row for row in handovers.of_incident(connection, number) if not wanted or row.supplier.casefold() == wanted
    ]
    alive = [row for row in cases if State(row.state) in OPEN] or cases
    if not alive:
        whom = f" with {supplier}" if supplier else " with a supplier"
        raise DeskError(f"{incident.key} is not{whom}: driftvakt incident handover {incident.key} --to NAME")
    if len({row.supplier for row in alive}) > 1:
        names = ", ".join(sorted({row.supplier for row in alive}))
        raise DeskError(f"{incident.key} is with several suppliers ({names}): say which one with --to NAME")
    row = suppliers.get(connection, alive[-1].supplier)
    if row is None:
        raise DeskError(f"there is no supplier {alive[-1].supplier!r} any more")
    try:
        return alive[-1], of_row(row), incident
    except SupplierError as e:
        raise DeskError(str(e)) from e


def act(
    connection: Connection, number: int, event: Event, who: str, now: float, clocks: Clocks, *, supplier: str = "",
    note: str = "",
) -> IncidentRow:  # fmt: skip
    """Accept a case, open it again, or take it back. Raises DeskError where its state does not allow it."""
    row, to, incident = case_of(connection, number, supplier)
    try:
        told = keeping.act(
            connection, row, event, to, incident.key, summary(incident), now, clock=clocks(to, now), who=who, note=note
        )
    except HandoverError as e:
        raise DeskError(str(e)) from e
    written(connection, told, to, incident, now)
    return incident


def say(
    connection: Connection, number: int, text: str, who: str, now: float, *, supplier: str = ""
) -> IncidentRow:  # fmt: skip
    """Tell a supplier more. Raises DeskError where its case is over, or there is nothing to say."""
    row, to, incident = case_of(connection, number, supplier)
    try:
        told = keeping.add_note(connection, row, to, incident.key, summary(incident), now, who=who, note=text)
    except HandoverError as e:
        raise DeskError(str(e)) from e
    written(connection, told, to, incident, now)
    return incident


def written(connection: Connection, told: Told, supplier: Supplier, incident: IncidentRow, now: float) -> None:
    """Write all that follows from what became of a case: the timeline, the message, its timers, and our own waiting."""
    for line in told.lines:
        words = _STATES[State(line.text)] if line.what == "supplier.state" else Words(line.text, line.text)
        text = json.dumps({"sv": words.sv[:_MOST_NOTE], "en": words.en[:_MOST_NOTE]}, ensure_ascii=False)
        incidents.tell(connection, incident.number, line.at, line.what, line.who, text)
    if told.outgoing is not None:
        outbox.add(connection, [_message(told, supplier, incident, now)])
    set_timers(connection, told, incident.number, now)
    hold(connection, told.row, incident.number, now)


def set_timers(connection: Connection, told: Told, number: int, now: float) -> None:
    """Have it noticed when a supplier is late. A time that has passed was noticed already."""
    waiting = {(one.kind, one.step, one.due_at) for one in timers.waiting(connection, number)}
    for breach, at in told.due:
        if at > now and (TIMERS[breach], told.row.id, at) not in waiting:
            timers.add(connection, number, TIMERS[breach], at, now, told.row.id)


def is_held(connection: Connection, number: int, now: float) -> bool:
    """Say if our own people are not told because a supplier has it: the policy waits with its first step."""
    return any(
        one.kind == timers.ESCALATE and one.step == 0 and one.round == 0 and one.due_at > now
        for one in timers.waiting(connection, number)
    )


def hold(connection: Connection, row: HandoverRow, number: int, now: float) -> None:
    """Have our own people told when the supplier is late, where they are not told yet."""
    if not is_held(connection, number, now):
        return
    until = leaving.waits_until(keeping.of_row(row), now)
    timers.cancel(connection, number, now, (timers.ESCALATE,))
    if until is not None:
        timers.add(connection, number, timers.ESCALATE, max(until, now), now)


def summary(incident: IncidentRow) -> Words:
    """Return what is wrong."""
    told = json.loads(incident.summary)
    return Words(str(told["sv"]), str(told["en"]))


def tell_failure(connection: Connection, incident: IncidentRow, supplier: str, why: Words, now: float) -> None:
    """Write down that a supplier does not have it, and have our own people told at once, where none of them was."""
    words = Words(f"Kom INTE fram till {supplier}: {why.sv}", f"Did NOT reach {supplier}: {why.en}")
    desk.tell(connection, incident.number, now, "supplier.failed", words)
    told = outbox.of_incident(connection, incident.number)
    if not any(one.kind == outbox.PAGE and one.generation == incident.generation for one in told):
        timers.bring_forward(connection, incident.number, timers.ESCALATE, now)


def _message(told: Told, supplier: Supplier, incident: IncidentRow, now: float) -> OutboxRow:
    assert told.outgoing is not None
    made = channel.message(told.outgoing, supplier.language, now)
    body = body_of(made.subject, made.text, made.short, made.language, incident=made.incident, answer=made.answer)
    return outbox.row(
        made.id, channel.CHANNEL, "", supplier.name, body, now,
        kind=outbox.HANDOVER if told.outgoing.do in _URGENT else _KEPT, incident=incident.number,
        generation=incident.generation, severity=incident.severity,
    )  # fmt: skip


def _clean(note: str) -> str:
    return "".join(char if char.isprintable() or char == "\n" else " " for char in note).strip()[:_MOST_NOTE]
