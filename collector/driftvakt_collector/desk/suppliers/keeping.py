"""Cases in suppliers' hands, in the store: handing over, what they answer, and our word on it.

Each function writes the case within the caller's transaction, and returns what else is to be written: lines of the
incident's timeline, a message for the outbox, times for timers, and what our own people are to be told.
"""

from dataclasses import dataclass

from sqlalchemy import Connection

from driftvakt_collector.alert.words import Words
from driftvakt_collector.desk.suppliers import evidence, wording
from driftvakt_collector.desk.suppliers.evidence import Facts
from driftvakt_collector.desk.suppliers.handover import (
    OPEN,
    Breach,
    Clock,
    Event,
    Finding,
    Handover,
    State,
    due,
    findings,
    may,
    opened,
    step,
)
from driftvakt_collector.desk.suppliers.outgoing import Do, Outgoing
from driftvakt_collector.desk.suppliers.supplier import Kind, Supplier
from driftvakt_collector.desk.suppliers.update import Update
from driftvakt_collector.desk.texts.clean import block
from driftvakt_collector.desk.texts.facts import SupplierCase, SupplierNews
from driftvakt_collector.store import handovers
from driftvakt_collector.store.handovers import HandoverRow

_DO = {Event.ACCEPT: Do.ACCEPT, Event.REOPEN: Do.REOPEN, Event.CANCEL: Do.CANCEL}
_MOST_NOTE = 4000
TIMERS = {Breach.ANSWER: "supplier.answer", Breach.MEND: "supplier.mend"}
"""What the timers of a case are called."""


class HandoverError(Exception):
    """It can't be handed over, or not changed so; the text says why, and what to do instead."""


@dataclass(frozen=True)
class Line:
    """A line for the timeline of the incident. what: `supplier.opened`, `supplier.note`, …; who: who did it."""

    at: float
    what: str
    who: str
    text: str


@dataclass(frozen=True)
class Told:
    """What came of it. row: the case as it is now. due: what they have to do by when, for timers; the old ones go.

    news: what our own people are to be told, None for nothing. said: the supplier's words.
    """

    row: HandoverRow
    lines: tuple[Line, ...] = ()
    outgoing: Outgoing | None = None
    due: tuple[tuple[Breach, float], ...] = ()
    news: SupplierNews | None = None
    said: str = ""


def start(
    connection: Connection, incident: int, supplier: Supplier, what: Words, facts: Facts, now: float, *, clock: Clock,
    token: str, who: str, note: str = "", urgent: bool = True,
) -> Told:  # fmt: skip
    """Hand an incident over. what: the fault in one line. facts: for the evidence; their key is the incident's.

    token: of the new case, from `token.made`. note: what one of us adds. Raises HandoverError where the supplier has
    the incident already.
    """
    for row in handovers.of_incident(connection, incident):
        if row.supplier == supplier.name and State(row.state) in OPEN:
            raise HandoverError(
                f"{facts.key} is with {supplier.name} already (case {row.id}, {row.state}):"
                f" driftvakt incident show {facts.key}"
            )
    case = opened(now, supplier.answer_minutes, supplier.mend_hours, clock)
    pack = evidence.pack(facts, supplier.language)
    row = handovers.add(connection, HandoverRow(
        incident, supplier.name, token, "", case.state.value, pack.json, case.opened_at, None, case.answer_due_at,
        case.mend_due_at, None, now,
    ))  # fmt: skip
    summary = evidence.scrub(what.of(supplier.language))
    text = wording.body(Do.OPEN, case, supplier.language, note=_clean(note), evidence=pack.text)
    told = Outgoing(
        _id(row, Do.OPEN, 0), Do.OPEN, supplier.name, token, facts.key,
        wording.title(Do.OPEN, summary, supplier.language), text, evidence=pack.json, tries=pack.csv, urgent=urgent,
    )  # fmt: skip
    lines = (Line(now, "supplier.opened", who, supplier.name),)
    return Told(row, lines, told, due(case), SupplierNews.OPENED)


def take(connection: Connection, update: Update, supplier: Supplier, now: float, *, clock: Clock) -> Told | None:
    """Take in what a supplier told. None: it is of no case of this supplier's, or it was told before."""
    row = find(connection, update, supplier)
    if row is None:
        return None
    before = of_row(row)
    event = None if update.is_automatic else update.event
    after = before if event is None else step(before, event, now, clock)
    verdict = "failed" if update.is_failure else "automatic" if update.is_automatic else after.state.value
    if not handovers.first_time(
        connection, row, update.key, now, sender=update.sender, action="update", verdict=verdict, text=update.text
    ):
        return None
    key = _their_key(row, update, supplier)
    row = handovers.change(connection, row, their_key=key, **_values(after))
    lines = [Line(now, "supplier.note", supplier.name, update.text)] if update.text else []
    if after.state is not before.state:
        lines.append(Line(now, "supplier.state", supplier.name, after.state.value))
    return Told(row, tuple(lines), None, due(after), _news(before, after, update), update.text)


def act(
    connection: Connection, row: HandoverRow, event: Event, supplier: Supplier, key: str, what: Words, now: float, *,
    clock: Clock, who: str, note: str = "",
) -> Told:  # fmt: skip
    """Accept, reopen or cancel a case. key: of the incident. Raises HandoverError where its state does not allow it."""
    before = of_row(row)
    if event not in _DO or not may(before, event):
        raise HandoverError(
            f"the case of {key} at {supplier.name} is {before.state.value}, and can't be told to {event.value}"
        )
    after = step(before, event, now, clock)
    row = handovers.change(connection, row, **_values(after))
    told = _outgoing(row, _DO[event], after, supplier, key, what, now, note)
    return Told(row, (Line(now, "supplier.state", who, after.state.value),), told, due(after))


def add_note(
    connection: Connection, row: HandoverRow, supplier: Supplier, key: str, what: Words, now: float, *, who: str,
    note: str,
) -> Told:  # fmt: skip
    """Tell a supplier more. Raises HandoverError where the case is over, or the note empty."""
    case = of_row(row)
    if case.state not in OPEN:
        raise HandoverError(f"the case of {key} at {supplier.name} is {case.state.value}: hand the incident over anew")
    text = _clean(note)
    if not text:
        raise HandoverError("there is nothing in the note")
    row = handovers.change(connection, row, changed_at=max(row.changed_at, now))
    told = _outgoing(row, Do.NOTE, case, supplier, key, what, now, text)
    return Told(row, (Line(now, "supplier.told", who, text),), told, due(case))


def late(row: HandoverRow, breach: Breach, now: float) -> SupplierNews | None:
    """Return what our people are told when a timer of a case fires; None where it has been done since."""
    case = of_row(row)
    if any(what is breach and at <= now for what, at in due(case)):
        return SupplierNews.LATE_ANSWER if breach is Breach.ANSWER else SupplierNews.LATE_MEND
    return None


def breaches(row: HandoverRow, now: float, clock: Clock) -> tuple[Finding, ...]:
    """Return what was or is late in a case."""
    return findings(of_row(row), now, clock)


def find(connection: Connection, update: Update, supplier: Supplier) -> HandoverRow | None:
    """Return the case of an update: by its token, else by their own number; never one of another supplier."""
    row = handovers.by_token(connection, update.token)
    if row is None and not update.token:
        row = handovers.by_their_key(connection, supplier.name, update.their_key)
    if row is None and update.token:
        return None
    return row if row is not None and row.supplier == supplier.name else None


def of_row(row: HandoverRow) -> Handover:
    """Return a case as the state machine has it."""
    return Handover(
        State(row.state), row.opened_at, row.answered_at, row.answer_due_at, row.mend_due_at, row.mended_at,
        row.changed_at,
    )  # fmt: skip


def shown(row: HandoverRow, supplier: Supplier | None, *, said: str = "", works: bool | None = None) -> SupplierCase:
    """Return a case as messages tell of it. works: what our own measurements say of the fault, None for nothing."""
    return SupplierCase(
        row.supplier, row.their_key.partition("#")[0], row.opened_at, row.answer_due_at, row.mend_due_at, said, works,
        "" if supplier is None else supplier.settings.phone,
    )  # fmt: skip


def _outgoing(
    row: HandoverRow, do: Do, case: Handover, supplier: Supplier, key: str, what: Words, now: float, note: str
) -> Outgoing:
    number = max(1, int((now - row.opened_at) * 1000))
    summary = evidence.scrub(what.of(supplier.language))
    return Outgoing(
        _id(row, do, number), do, supplier.name, row.token, key, wording.title(do, summary, supplier.language),
        wording.body(do, case, supplier.language, note=_clean(note)), number, row.their_key,
    )  # fmt: skip


def _id(row: HandoverRow, do: Do, number: int) -> str:
    return f"handover-{row.id}-{do.value}-{number}"


def _values(case: Handover) -> dict[str, object]:
    return {
        "state": case.state.value, "answered_at": case.answered_at, "mend_due_at": case.mend_due_at,
        "mended_at": case.mended_at, "changed_at": case.changed_at,
    }  # fmt: skip


def _their_key(row: HandoverRow, update: Update, supplier: Supplier) -> str:
    """Return by what they know it. What an API is called with is only learned from their API."""
    if supplier.kind in (Kind.GLPI, Kind.ZAMMAD):
        return row.their_key or update.their_key[:255]
    return (update.number or update.their_key)[:255] or row.their_key


def _news(before: Handover, after: Handover, update: Update) -> SupplierNews | None:
    if update.is_failure:
        return SupplierNews.FAILED
    if update.is_automatic:
        return None
    if after.state is State.MENDED and before.state is not State.MENDED:
        return SupplierNews.MENDED
    if before.answered_at is None and after.answered_at is not None and not update.text:
        return SupplierNews.ANSWERED
    if update.text or after.state is not before.state:
        return SupplierNews.UPDATED
    return None


def _clean(note: str) -> str:
    return block(note, _MOST_NOTE, 100)
