"""Makes what is sent: gathers the facts of an incident, has the texts say them, and adds how to answer."""

import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from sqlalchemy import Connection

from driftvakt_collector.alert import decision
from driftvakt_collector.alert.alert import Severity, Source
from driftvakt_collector.alert.delivery import body_of
from driftvakt_collector.alert.escalation.decide import Notice
from driftvakt_collector.alert.escalation.situation import Situation
from driftvakt_collector.alert.oncall.person import Person
from driftvakt_collector.alert.words import Words
from driftvakt_collector.desk.texts import after, duty, page
from driftvakt_collector.desk.texts import supplier as suppliers
from driftvakt_collector.desk.texts.facts import (
    Case,
    Collected,
    Link,
    Links,
    Page,
    Reader,
    SupplierCase,
    SupplierNews,
    Text,
    Why,
)
from driftvakt_collector.store import alerts, incidents, outbox
from driftvakt_collector.store.alerts import AlertRow
from driftvakt_collector.store.incidents import CLOSED, RESOLVED, IncidentRow
from driftvakt_collector.store.outbox import OutboxRow
from driftvakt_collector.store.timers import TimerRow

Changes = Callable[[Connection, Sequence[str], float], Sequence[Words]]
"""Says what changed on hosts and above them before a moment, the nearest first."""
Answers = Callable[[Connection, IncidentRow, str, float], tuple[Links, str]]
"""Makes the links and the code by which a person answers about an incident."""


@dataclass(frozen=True)
class Composer:
    """url: of the console, as people reach it, empty for unknown. called: a person's full name by the short one."""

    changes: Changes
    answers: Answers
    called: Callable[[str], str]
    until: Callable[[IncidentRow, str, float], tuple[str, float | None]]
    """Says by which rota a person is told of an incident, and until when their duty lasts."""
    code: Callable[[int, str], str]
    """Makes the code by which a person answers about an incident."""
    url: str = ""

    def page(
        self, connection: Connection, incident: IncidentRow, person: Person, notice: Notice,
        before: Sequence[OutboxRow], ahead: tuple[str, float | None], situation: Situation, now: float,
    ) -> str:  # fmt: skip
        """Return the body of a page."""
        found = alerts.of_incident(connection, incident.number)
        origins = list(dict.fromkeys(one.origin for one in found if one.origin))[:5]
        links, code = self.answers(connection, incident, person.name, now)
        here = [one for one in before if one.generation == incident.generation]
        asked = tuple(dict.fromkeys(situation.called(one.person) for one in here if one.person != person.name))
        first = min((one.made_at for one in here), default=now)
        rota, until = self.until(incident, person.name, now)
        why = Why(rota, until, asked[-1:], now - first, *ahead, handed=self._handed(connection, incident))
        told = Page(
            why, tuple(self.changes(connection, origins, incident.opened_at)) if origins else None, 0,
            _held(found), (*links, *self._shown(incident)), code, _runbook(found),
            sum(one.person == person.name and one.channel == notice.channels[0] for one in here),
        )  # fmt: skip
        text = page.page(self._case(incident, found), told, _reader(person), now)
        return _body(text, person, incident, code)

    def news(self, connection: Connection, incident: IncidentRow, person: Person, now: float) -> str:
        """Return the body of word that an incident is over, or that somebody has it."""
        case = self._case(incident, alerts.of_incident(connection, incident.number))
        make = after.resolved if incident.state in (RESOLVED, CLOSED) else after.acknowledged
        return _body(make(case, _reader(person), now), person, incident, "")

    def supplier(
        self, connection: Connection, incident: IncidentRow, what: SupplierNews, theirs: SupplierCase, person: Person,
        now: float,
    ) -> str:  # fmt: skip
        """Return the body of news of a case that a supplier has."""
        case = self._case(incident, alerts.of_incident(connection, incident.number))
        text = suppliers.supplier(what, case, theirs, self._shown(incident), _reader(person), now)
        return _body(text, person, incident, "")

    def digest(self, connection: Connection, rows: Sequence[OutboxRow], person: Person | None, now: float) -> str:
        """Return the body of one message that tells of many."""
        numbers = dict.fromkeys(row.incident for row in rows if row.incident is not None)
        found = [one for number in numbers if (one := incidents.get(connection, number)) is not None]
        cases = [self._case(one, []) for one in found]
        begin, end = min(row.made_at for row in rows), max(row.made_at for row in rows)
        why = Collected.OUTAGE if now - begin > _OUTAGE else Collected.STORM
        reader = _reader(person) if person is not None else Reader()
        links: Links = ((Link.SHOW_ALL, f"{self.url}/incidents"),) if self.url else ()
        by_key = {one.key: one for one in found}

        def code(case: Case) -> str:
            return self.answers(connection, by_key[case.key], rows[0].person, now)[1]

        text = duty.digest(
            cases, why, begin, now if why is Collected.OUTAGE else end, links, reader, now, code if person else None
        )
        return body_of(text.subject, text.text, text.short, reader.language, links=text.links)

    @staticmethod
    def said(text: Text, incident: IncidentRow, person: Person | None) -> str:
        """Return the body of what is said back to an answer."""
        language = person.language if person is not None else "sv"
        return body_of(text.subject, text.text, text.short, language, incident=incident.key, answer=incident.token)

    def webhook(
        self, connection: Connection, incident: IncidentRow, url: str, timer: TimerRow, at: int, now: float
    ) -> OutboxRow:
        """Return the call of a URL about an incident."""
        found = alerts.of_incident(connection, incident.number)
        case = self._case(incident, found)
        text = page.page(case, Page(links=self._shown(incident)), Reader("en"), now)
        body = body_of(text.subject, text.text, text.short, "en", incident=incident.key, links=text.links)
        message = f"inc{incident.number}-{incident.generation}-{timer.round}.{timer.step}-webhook-{at}"
        return outbox.row(
            message, "webhook", "", url, body, now, kind="hook", incident=incident.number,
            generation=incident.generation, step=timer.step, severity=incident.severity,
        )  # fmt: skip

    @staticmethod
    def plain(told: str) -> str:
        """Return the body of a message that says no more than this."""
        return body_of("driftvakt", told, told, "sv")

    @staticmethod
    def threaded(body: str, thread: str, answer: str = "") -> str:
        """Return a body as an answer to the message that began the thread. answer: by what a reply is known there."""
        changed = {**({"thread": thread} if thread else {}), **({"answer": answer} if answer else {})}
        return json.dumps(json.loads(body) | changed, ensure_ascii=False) if changed else body

    def _handed(self, connection: Connection, incident: IncidentRow) -> str:
        """Return who handed it on since anybody was paged for it, empty where nobody did."""
        for event in reversed(incidents.timeline(connection, incident.number, 50)):
            if event.what == "incident.escalated":
                return self.called(event.who)
            if event.what in ("page", "incident.opened", "incident.reopened"):
                break
        return ""

    def _shown(self, incident: IncidentRow) -> Links:
        return ((Link.SHOW, f"{self.url}/incidents/{incident.number}"),) if self.url else ()

    def _case(self, incident: IncidentRow, found: Sequence[AlertRow]) -> Case:
        summary = json.loads(incident.summary)
        worst = next((one for one in found if one.severity == incident.severity), None)
        # "40 of 40 computers of a site are silent" has counted them already.
        counted = worst is not None and worst.source == Source.LIVENESS.value and not worst.origin
        return Case(
            incident.key, Words(str(summary["sv"]), str(summary["en"])), Severity(incident.severity),
            _since(incident, found),
            worst.subject if worst is not None else "", incident.site, incident.administration, incident.service,
            worst.supplier if worst is not None else "", 0 if counted else incident.muffled,
            self.called(incident.owner) if incident.owner else "", incident.acknowledged_at, incident.resolved_at,
        )  # fmt: skip


_OUTAGE = 600.0


def _reader(person: Person) -> Reader:
    return Reader(person.language, person.time_zone)


def _body(text: Text, person: Person, incident: IncidentRow, code: str) -> str:
    return body_of(
        text.subject, text.text, text.short, person.language, incident=incident.key, links=text.links,
        answer=incident.token if code else "",
    )  # fmt: skip


def _held(found: Sequence[AlertRow]) -> tuple[Words, ...]:
    """Return what was kept back of this incident's alerts before."""
    return tuple(
        reason.words for one in found if one.standing == "held" for reason in decision.read(one.trace)[:1]
    )  # fmt: skip


def _since(incident: IncidentRow, found: Sequence[AlertRow]) -> float:
    """Return since when it has been so, or was: that was before anybody knew it."""
    firing = [one.started_at for one in found if one.state == alerts.FIRING]
    return min(firing or [one.started_at for one in found], default=incident.opened_at)


def _runbook(found: Sequence[AlertRow]) -> str:
    return next((one.runbook for one in found if one.runbook), "")
