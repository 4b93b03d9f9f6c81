"""Handing incidents over to suppliers: evidence, what they answer, when they are late, and who of us hears of it."""

import json
import logging
import secrets
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol

from sqlalchemy import Connection

from driftvakt_collector.alert.alert import Alert
from driftvakt_collector.alert.oncall.contact import EMAIL, SMS, Contact
from driftvakt_collector.alert.oncall.person import Person
from driftvakt_collector.alert.words import Words
from driftvakt_collector.desk import casework
from driftvakt_collector.desk import incidents as desk
from driftvakt_collector.desk.casework import Clocks
from driftvakt_collector.desk.composing import Composer
from driftvakt_collector.desk.incidents import DeskError
from driftvakt_collector.desk.suppliers import keeping, leaving, token
from driftvakt_collector.desk.suppliers.evidence import Facts
from driftvakt_collector.desk.suppliers.gathering import gathered
from driftvakt_collector.desk.suppliers.handover import OPEN, Breach, Event, State, due
from driftvakt_collector.desk.suppliers.keeping import TIMERS, HandoverError, Told
from driftvakt_collector.desk.suppliers.leaving import Leave
from driftvakt_collector.desk.suppliers.supplier import Kind, Supplier, SupplierError, of_row
from driftvakt_collector.desk.texts.facts import SupplierNews
from driftvakt_collector.desk.texts.moment import ZONE, full
from driftvakt_collector.fleet.host import Host, Verdict
from driftvakt_collector.fleet.topology.tree import Tree
from driftvakt_collector.store import alerts, handovers, incidents, outbox, suppliers, timers
from driftvakt_collector.store.handovers import HandoverRow
from driftvakt_collector.store.incidents import ALIVE, CLOSED, RESOLVED, IncidentRow
from driftvakt_collector.store.outbox import OutboxRow
from driftvakt_collector.store.timers import TimerRow

log = logging.getLogger(__name__)

KINDS = (timers.HAND_OVER, *TIMERS.values())
"""Timers that are done here."""
_BREACHES = {kind: breach for breach, kind in TIMERS.items()}
_URGENT = (SupplierNews.LATE_ANSWER, SupplierNews.LATE_MEND, SupplierNews.FAILED)
_GONE = {
    "sv": "Enligt våra mätningar är felet borta sedan {time}. Har ni åtgärdat det, svara gärna med vad som var fel.",
    "en": "By our measurements the fault is gone since {time}. If you mended it, please tell us what was wrong.",
}

_BOUNCED = Words("mejlet kom tillbaka", "the mail came back")
_UNKNOWN = Words(
    "det finns ingen sådan leverantör (driftvakt supplier add)", "there is no such supplier (driftvakt supplier add)"
)
_NO_MAIL = Words(
    "e-post med svarsadress är inte inställd ([notify.email] reply)",
    "no mail with an address for answers is set up ([notify.email] reply)",
)


@dataclass(frozen=True)
class Surveyed:
    """What is known of the machines: who hangs behind whom, and who answers."""

    hosts: Callable[[], Mapping[str, Host]]
    tree: Callable[[], Tree]
    verdict: Callable[[Host], Verdict]


class Concerned(Protocol):
    """Says who of us hears of news about an incident; urgent: somebody must."""

    def __call__(self, incident: IncidentRow, now: float, *, urgent: bool) -> Sequence[Person]:
        """Return them."""
        ...


class Handing:
    """concerned: who of us hears of news. clocks: of suppliers. has_mail: whether one can be written to, and answer.

    contact: what our desk is called.
    """

    def __init__(
        self, composer: Composer, surveyed: Surveyed, concerned: Concerned,
        clocks: Clocks, *, has_mail: bool, contact: str = "",
    ) -> None:  # fmt: skip
        self._composer = composer
        self._surveyed = surveyed
        self._concerned = concerned
        self._contact = contact
        self._has_mail = has_mail
        self.clocks = clocks

    def leave(self, connection: Connection, alert: Alert) -> Leave | None:
        """Say if an incident that an alert opens is handed over by itself; see `leaving`."""
        row = suppliers.get(connection, alert.supplier) if alert.supplier else None
        if row is None:
            return None
        try:
            return leaving.leave(of_row(row), has_mail=self._has_mail)
        except SupplierError as e:
            log.warning("%s", e)
            return None

    def asked(self, connection: Connection, incident: IncidentRow, supplier: str, now: float) -> None:
        """Take in that the policy hands an incident over."""
        words = Words(f"Lämnas till {supplier} av larmplanen", f"Is handed to {supplier} by the policy")
        casework.order(connection, incident.number, supplier, words, desk.DRIFTVAKT, now)

    def timer(self, connection: Connection, incident: IncidentRow, timer: TimerRow, now: float) -> None:
        """Do what a timer of KINDS brings."""
        if timer.kind != timers.HAND_OVER:
            self._late(connection, incident, timer, now)
        elif incident.state in ALIVE:
            asked = incidents.told(connection, incident.number, casework.ASKED)
            if timer.step < len(asked):
                told = json.loads(asked[timer.step].text)
                self._open(connection, incident, told["supplier"], asked[timer.step].who, told.get("note", ""), now)

    def took(self, connection: Connection, told: Told, now: float) -> None:
        """Write down what a supplier told, and tell our own people."""
        incident = incidents.get(connection, told.row.incident)
        row = suppliers.get(connection, told.row.supplier)
        if incident is None or row is None:
            return
        supplier = of_row(row)
        casework.written(connection, told, supplier, incident, now)
        if told.news is SupplierNews.FAILED:
            casework.tell_failure(connection, incident, supplier.name, _BOUNCED, now)
        if told.news is not None:
            self._news(connection, incident, told.news, told.row, supplier, told.said, now)
        if told.row.state == State.MENDED.value and incident.state not in ALIVE:
            self.over(connection, incident, now)

    def over(self, connection: Connection, incident: IncidentRow, now: float) -> None:
        """Tell suppliers that an incident is over. What they call mended is accepted then, for we measured it;

        the rest is taken back when the incident is closed.
        """
        if incident.state not in (RESOLVED, CLOSED):
            return
        for row in handovers.of_incident(connection, incident.number):
            state = State(row.state)
            if state not in OPEN:
                continue
            try:
                if state is State.MENDED or incident.state == CLOSED:
                    event = Event.ACCEPT if state is State.MENDED else Event.CANCEL
                    casework.act(
                        connection, incident.number, event, desk.DRIFTVAKT, now, self.clocks, supplier=row.supplier
                    )
                else:
                    self._say_gone(connection, incident, row, now)
            except DeskError as e:
                log.warning("cannot tell %s that %s is over: %s", row.supplier, incident.key, e)

    def lost(self, connection: Connection, row: OutboxRow, now: float) -> None:
        """Tell our own people that word to a supplier did not go out."""
        case = handovers.by_token(connection, json.loads(row.body).get("answer", ""))
        incident = incidents.get(connection, row.incident) if row.incident is not None else None
        if case is None or incident is None:
            return
        why = row.error.removeprefix("!")
        casework.tell_failure(connection, incident, case.supplier, Words(why, why), now)
        self._news(connection, incident, SupplierNews.FAILED, case, _known(connection, case.supplier), why, now)

    def _open(
        self, connection: Connection, incident: IncidentRow, name: str, who: str, note: str, now: float
    ) -> None:  # fmt: skip
        row = suppliers.get(connection, name)
        supplier = _known(connection, name)
        if row is None or supplier is None:
            casework.tell_failure(connection, incident, name, _UNKNOWN, now)
            return
        if supplier.kind is Kind.EMAIL and not self._has_mail:
            casework.tell_failure(connection, incident, supplier.name, _NO_MAIL, now)
            return
        has = [one for one in handovers.of_incident(connection, incident.number) if one.supplier == supplier.name]
        last = has[-1] if has and State(has[-1].state) in OPEN else None
        if last is not None and last.state == State.MENDED.value:
            casework.act(connection, incident.number, Event.REOPEN, who, now, self.clocks, supplier=supplier.name,
                         note=note)  # fmt: skip
            return
        if last is not None:
            # It has it still: its times count on, and so does our waiting.
            casework.set_timers(connection, Told(last, due=due(keeping.of_row(last))), incident.number, now)
            casework.hold(connection, last, incident.number, now)
            return
        try:
            told = keeping.start(
                connection, incident.number, supplier, casework.summary(incident),
                self._facts(connection, incident, supplier, now), now, clock=self.clocks(supplier, now),
                token=token.made(secrets.token_bytes(16)), who=who, note=note,
            )  # fmt: skip
        except HandoverError as e:
            casework.tell_failure(connection, incident, supplier.name, Words(str(e), str(e)), now)
            return
        casework.written(connection, told, supplier, incident, now)
        if incident.owner and incident.owner != who:
            self._news(connection, incident, SupplierNews.OPENED, told.row, supplier, "", now)

    def _facts(self, connection: Connection, incident: IncidentRow, supplier: Supplier, now: float) -> Facts:
        found = alerts.of_incident(connection, incident.number)
        mine = [one for one in found if one.supplier.casefold() == supplier.name.casefold()]
        root = next((one for one in (*mine, *found) if one.origin), None)
        events = [(one.at, one.what) for one in incidents.timeline(connection, incident.number)]
        return gathered(
            incident.key, casework.summary(incident), root.origin if root is not None else "",
            min((one.started_at for one in found), default=incident.opened_at), now, supplier=supplier,
            tree=self._surveyed.tree(), hosts=dict(self._surveyed.hosts()), verdict=self._surveyed.verdict,
            events=events, contact=self._contact,
        )  # fmt: skip

    def _late(self, connection: Connection, incident: IncidentRow, timer: TimerRow, now: float) -> None:
        breach = _BREACHES[timer.kind]
        row = next(
            (one for one in handovers.of_incident(connection, incident.number) if one.id == timer.step), None
        )  # fmt: skip
        news = keeping.late(row, breach, now) if row is not None else None
        if row is None or news is None or incident.state not in ALIVE:
            return
        words = Words(f"{row.supplier} har inte svarat i tid", f"{row.supplier} did not answer in time")
        if breach is Breach.MEND:
            words = Words(f"{row.supplier} har inte avhjälpt felet i tid", f"{row.supplier} did not mend it in time")
        desk.tell(connection, incident.number, now, "supplier.late", words)
        self._news(connection, incident, news, row, _known(connection, row.supplier), "", now)

    def _say_gone(self, connection: Connection, incident: IncidentRow, row: HandoverRow, now: float) -> None:
        supplier = _known(connection, row.supplier)
        at = full(incident.resolved_at or now, ZONE)
        text = _GONE["sv" if supplier is None or supplier.language == "sv" else "en"].format(time=at)
        casework.say(connection, incident.number, text, desk.DRIFTVAKT, now, supplier=row.supplier)

    def _news(
        self, connection: Connection, incident: IncidentRow, what: SupplierNews, row: HandoverRow,
        supplier: Supplier | None, said: str, now: float,
    ) -> None:  # fmt: skip
        works = None
        if alerts.of_incident(connection, incident.number):
            works = not alerts.firing_on(connection, incident.number)
        theirs = keeping.shown(row, supplier, said=said, works=works)
        for person in self._concerned(incident, now, urgent=what in _URGENT):
            body = self._composer.supplier(connection, incident, what, theirs, person, now)
            for one in ways(what, person.contacts):
                thread = outbox.first_to(connection, incident.number, one.address) if one.channel == EMAIL else ""
                outbox.add(connection, [outbox.row(
                    f"case{row.id}-{what.value}-{int(now * 1000)}-{person.name}-{one.channel}-{one.position}",
                    one.channel, person.name, one.address, self._composer.threaded(body, thread), now,
                    kind="supplier", incident=incident.number, generation=incident.generation,
                    severity=incident.severity if what in _URGENT else "",
                )])  # fmt: skip


def ways(what: SupplierNews, contacts: Sequence[Contact]) -> list[Contact]:
    """Return by which contacts news goes: what has to be done now by all of them, the rest by mail alone;

    by SMS for who has no mail.
    """
    mails = [one for one in contacts if one.channel == EMAIL]
    phones = [one for one in contacts if one.channel == SMS]
    if what in _URGENT:
        return list(contacts)
    return mails or phones or list(contacts)


def _known(connection: Connection, name: str) -> Supplier | None:
    row = suppliers.get(connection, name)
    try:
        return None if row is None else of_row(row)
    except SupplierError as e:
        log.warning("%s", e)
        return None
