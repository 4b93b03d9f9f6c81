"""What timers bring: the next step of an escalation, word to those who were told, the end of a case.

Each is a part of one transaction: the timer is done, what it brings is written, or neither.
"""

import json
import logging
from collections.abc import Callable, Iterator, Sequence
from datetime import UTC, datetime
from zoneinfo import ZoneInfo

from sqlalchemy import Connection
from sqlalchemy.exc import InterfaceError, OperationalError

from driftvakt_collector.alert.alert import Severity
from driftvakt_collector.alert.escalation.decide import Decision, Notice, decide
from driftvakt_collector.alert.escalation.policy import Policy
from driftvakt_collector.alert.escalation.routes import DEFAULT
from driftvakt_collector.alert.escalation.situation import Situation
from driftvakt_collector.alert.oncall.book import RotaBook
from driftvakt_collector.alert.oncall.contact import EMAIL, SMS
from driftvakt_collector.alert.words import Words
from driftvakt_collector.desk import incidents as desk
from driftvakt_collector.desk.composing import Composer
from driftvakt_collector.desk.handing import KINDS, Handing
from driftvakt_collector.desk.roster import Book
from driftvakt_collector.desk.suppliers.channel import CHANNEL
from driftvakt_collector.store import alerts, incidents, outbox, timers
from driftvakt_collector.store.incidents import ACKNOWLEDGED, ALIVE, CLOSED, RESOLVED, IncidentRow
from driftvakt_collector.store.outbox import OutboxRow
from driftvakt_collector.store.timers import TimerRow

log = logging.getLogger(__name__)

BATCH = 50
"""Timers that one transaction does."""
_MINUTE = 60.0
_AGAIN = 30.0
_STOCKHOLM = ZoneInfo("Europe/Stockholm")


class Escalation:
    """book: what is so now. composer: makes the texts. handing: does what is to be done with suppliers."""

    def __init__(self, book: Callable[[], Book], composer: Composer, handing: Handing) -> None:
        self._book = book
        self._composer = composer
        self._handing = handing

    def run(self, connection: Connection, now: float) -> int:
        """Do what is due, at most BATCH timers; return how many there were."""
        due = timers.due(connection, now, BATCH)
        for timer in due:
            try:
                with connection.begin_nested():
                    self._do(connection, timer, now)
            except (OperationalError, InterfaceError):
                raise
            except Exception:
                # One that can't be done must keep no other from being done.
                log.exception(
                    "cannot do timer %d (%s) of INC-%d; it is tried again", timer.id, timer.kind, timer.incident
                )
                timers.put_off(connection, timer.id, now + _AGAIN)
        return len(due)

    def _do(self, connection: Connection, timer: TimerRow, now: float) -> None:
        incident = incidents.get(connection, timer.incident)
        if timers.finish(connection, timer.id, now) and incident is not None:
            if timer.kind == timers.ESCALATE and incident.state in ALIVE:
                self._step(connection, incident, timer, now)
            elif timer.kind == timers.TELL:
                self._tell(connection, incident, now)
                self._handing.over(connection, incident, now)
            elif timer.kind == timers.CLOSE and incident.state == RESOLVED:
                desk.close(connection, incident.number, desk.DRIFTVAKT, now)
            elif timer.kind in KINDS:
                self._handing.timer(connection, incident, timer, now)

    def lost(self, connection: Connection, row: OutboxRow, now: float) -> None:
        """Have the next person told at once, where a page is late or did not go out; so for all that a digest holds.

        Or say that word to a supplier did not go out.
        """
        if row.channel == CHANNEL:
            self._handing.lost(connection, row, now)
            return
        if row.kind == outbox.DIGEST:
            for message in json.loads(row.why):
                told = outbox.by_message(connection, message)
                if told is not None and told.kind == outbox.PAGE:
                    outbox.change(connection, told.id, error=row.error)
                    self.lost(connection, told._replace(error=row.error), now)
            return
        if row.incident is None or row.kind != outbox.PAGE:
            return
        error = row.error.removeprefix("!")
        words = Words(
            f"{row.person} nåddes inte via {row.channel}: {error}",
            f"{row.person} was not reached by {row.channel}: {error}",
        )
        desk.tell(connection, row.incident, now, "page.lost", words)
        here = [one for one in outbox.of_incident(connection, row.incident) if one.generation == row.generation]
        if row.error[:1] == "!" and any(one.made_at < row.made_at and _hurried(one) for one in here):
            # Somebody heard of it, or a step was hurried already because a way is broken or slow, and this one went the
            # same way: from here on the steps keep their times, or all of them would stand in the outbox at once.
            return
        others = [
            one for one in here
            if one.kind == outbox.PAGE and one.step == row.step and one.id != row.id and one.error == ""
            and one.state in (outbox.SENT, outbox.WAITING, outbox.LEASED) and one.receipt != "failed"
        ]  # fmt: skip
        # Where this very SMS can't arrive, a mail wakes nobody. Where the channel is broken all others are, too.
        if row.channel == SMS and row.error[:1] != "!" and row.severity == Severity.CRITICAL.value:
            others = [one for one in others if one.channel != EMAIL]
        incident = incidents.get(connection, row.incident)
        if not others and incident is not None and incident.generation == row.generation:
            timers.bring_forward(connection, row.incident, timers.ESCALATE, now)

    def _step(self, connection: Connection, incident: IncidentRow, timer: TimerRow, now: float) -> None:
        # Of what came back, the steps go on where they were while they begin anew: those that were passed are not done.
        timers.pass_by(connection, incident.number, timer, now)
        book = self._book()
        policy = self._policy(book, incident, now)
        situation = self._situation(connection, book, incident, now)
        done = decide(policy, timer.step, timer.round, now, situation)
        ahead = self._next(policy, done, situation)
        found = list(self._pages(connection, book, incident, timer, done.notify, ahead, situation, now))
        outbox.add(connection, found)
        for words in done.trace:
            desk.tell(connection, incident.number, now, "escalation.step", words)
        for notice in done.notify:
            who = situation.called(notice.person)
            ways = ", ".join(notice.channels)
            words = Words(f"{who} larmas ({ways}). {notice.why.sv}", f"{who} is told ({ways}). {notice.why.en}")
            desk.tell(connection, incident.number, now, "page", words)
        for supplier in done.suppliers:
            self._handing.asked(connection, incident, supplier, now)
        if done.webhooks:
            outbox.add(connection, [
                self._composer.webhook(connection, incident, url, timer, at, now)
                for at, url in enumerate(done.webhooks)
            ])  # fmt: skip
        if done.lost:
            log.error("nobody can be told of %s: add people with contacts (driftvakt person add)", incident.key)
        if done.next_at is not None:
            timers.add(connection, incident.number, timers.ESCALATE, done.next_at, now, done.next_step, done.next_round)

    @staticmethod
    def _policy(book: Book, incident: IncidentRow, now: float) -> Policy:
        known = book.policies.at(now)
        return known.get(incident.policy) or known[DEFAULT]

    @staticmethod
    def _situation(connection: Connection, book: Book, incident: IncidentRow, now: float) -> Situation:
        rotas = book.rotas

        def next_on_duty(rota: str) -> tuple[str, ...]:
            shift = rotas.next_on_duty(rota, now)
            return tuple(one.person for one in shift.duties) if shift is not None else ()

        def everyone(rota: str) -> tuple[str, ...]:
            found = rotas.at(now).get(rota)
            return tuple(sorted(found.people)) if found is not None else ()

        def titled(rota: str) -> str:
            found = rotas.at(now).get(rota)
            return found.title or rota if found is not None else rota

        def channels(person: str) -> tuple[str, ...]:
            found = rotas.people.get(person)
            return found.channels if found is not None else ()

        def called(person: str) -> str:
            found = rotas.people.get(person)
            return found.called if found is not None else person

        pages = [one for one in outbox.of_incident(connection, incident.number) if one.kind == outbox.PAGE]
        suppliers = [one.supplier for one in alerts.of_incident(connection, incident.number) if one.supplier]
        return Situation(
            severity=Severity(incident.severity), on_duty=lambda rota: rotas.on_duty(rota, now), channels=channels,
            next_on_duty=next_on_duty, everyone=everyone, titled=titled, called=called,
            is_open=lambda calendar: rotas.days.is_open(calendar, now),
            alerts=lambda minutes: alerts.joined_since(connection, incident.number, now - minutes * _MINUTE),
            is_workday=_is_workday(rotas, now), acknowledged=incident.state == ACKNOWLEDGED,
            resolved=incident.state == RESOLVED, told=len(pages),
            rota=rotas.serving(incident.service, incident.zone, now), supplier=suppliers[0] if suppliers else "",
            everybody=tuple(name for name, one in sorted(rotas.people.items()) if one.channels),
        )  # fmt: skip

    @staticmethod
    def _next(policy: Policy, done: Decision, situation: Situation) -> tuple[str, float | None]:
        """Return who is told next, and when, as it looks now; empty where that is nobody."""
        if done.next_at is None:
            return "", None
        ahead = decide(policy, done.next_step, done.next_round, done.next_at, situation)
        names = [situation.called(one.person) for one in ahead.notify]
        return (names[0], done.next_at) if names else ("", None)

    def _pages(
        self, connection: Connection, book: Book, incident: IncidentRow, timer: TimerRow, notices: Sequence[Notice],
        ahead: tuple[str, float | None], situation: Situation, now: float,
    ) -> Iterator[OutboxRow]:  # fmt: skip
        before = [one for one in outbox.of_incident(connection, incident.number) if one.kind == outbox.PAGE]
        for notice in notices:
            person = book.people[notice.person]
            body = self._composer.page(connection, incident, person, notice, before, ahead, situation, now)
            code = self._composer.code(incident.number, person.name)
            for channel in notice.channels:
                for contact in person.contacts:
                    if contact.channel != channel:
                        continue
                    message = f"inc{incident.number}-{incident.generation}-{timer.round}.{timer.step}.{notice.step}"
                    thread = next((one.message for one in before if one.address == contact.address), "")
                    yield outbox.row(
                        f"{message}-{person.name}-{channel}-{contact.position}", channel, person.name, contact.address,
                        self._composer.threaded(body, *((thread, "") if channel == EMAIL else ("", code))), now,
                        kind=outbox.PAGE,
                        incident=incident.number, generation=incident.generation, step=timer.step,
                        severity=incident.severity,
                        why=json.dumps({"sv": notice.why.sv, "en": notice.why.en}, ensure_ascii=False),
                    )  # fmt: skip

    def _tell(self, connection: Connection, incident: IncidentRow, now: float) -> None:
        """Tell those who were paged that it is over, or that somebody has it."""
        kind = {RESOLVED: "resolved", CLOSED: "resolved", ACKNOWLEDGED: "taken"}.get(incident.state)
        if kind is None:
            return
        people = self._book().people
        # Who takes it after another, within one generation, is told of too.
        told = f"inc{incident.number}-{incident.generation}-{kind}" + (f"-{incident.owner}" if kind == "taken" else "")
        rows = []
        for name, channel, address in sorted(outbox.paged(connection, incident.number)):
            person = people.get(name)
            if person is None or (kind == "taken" and name == incident.owner):
                continue
            thread = outbox.first_to(connection, incident.number, address)
            body = self._composer.news(connection, incident, person, now)
            rows.append(outbox.row(
                f"{told}-{name}-{channel}-{address}", channel, name, address,
                self._composer.threaded(body, thread if channel == EMAIL else ""), now, kind=kind,
                incident=incident.number, generation=incident.generation, severity=incident.severity,
            ))  # fmt: skip
        outbox.add(connection, rows)


def _hurried(page: OutboxRow) -> bool:
    """Say if an earlier page gives no reason to hurry with the next."""
    heard = page.state == outbox.SENT and page.receipt != "failed"
    return page.kind == outbox.PAGE and (heard or page.error[:1] == "!")


def _is_workday(rotas: RotaBook, now: float) -> bool:
    day = datetime.fromtimestamp(now, UTC).astimezone(_STOCKHOLM).date()
    return day.weekday() < 5 and rotas.days.feast(day) is None
