"""What becomes of an answer: who sent it, which incident it is about, and what is said back.

A sender is who the address belongs to, and nobody else: an SMS from a stranger does nothing, whatever its code.
"""

import json
import secrets
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace

from sqlalchemy import Connection

from driftvakt_collector.alert.alert import Severity
from driftvakt_collector.alert.answers import code as codes
from driftvakt_collector.alert.answers import link as links
from driftvakt_collector.alert.answers import reply as replies
from driftvakt_collector.alert.answers.reply import Action, parse
from driftvakt_collector.alert.answers.reply import Reply as Said
from driftvakt_collector.alert.oncall.person import Person
from driftvakt_collector.alert.words import Words
from driftvakt_collector.desk import incidents as desk
from driftvakt_collector.desk.incidents import DeskError
from driftvakt_collector.desk.texts import answers as texts
from driftvakt_collector.desk.texts.facts import Case, Link, Links, Reader, Reply, Text
from driftvakt_collector.store import alerts, answers, incidents, outbox, timers
from driftvakt_collector.store.answers import AnswerRow
from driftvakt_collector.store.incidents import ACKNOWLEDGED, CLOSED, OPEN, RESOLVED, IncidentRow

MOST_WRONG = 5
"""Wrong codes of one sender in WRONG_SECONDS; then nothing is said any more."""
WRONG_SECONDS = 900.0
_MOST_TEXT = 2000
_MEMORY = 7 * 86_400.0
"""Seconds after which an incident can't be answered any more."""


@dataclass(frozen=True)
class Answered:
    """verdict: what it came to. text: what is said back, None for nothing. incident: which one it was about."""

    verdict: str
    text: Text | None = None
    incident: int | None = None


class Answering:
    """people: everybody by name. key: makes codes. url: of the console, empty where people do not reach it."""

    def __init__(self, people: Callable[[], Mapping[str, Person]], key: bytes, url: str = "") -> None:
        self._people = people
        self._key = key
        self._url = url

    def code(self, incident: int, person: str) -> str:
        """Return the code by which a person answers about an incident."""
        return codes.code(self._key, incident, person)

    def offered(self, connection: Connection, incident: IncidentRow, person: str, now: float) -> tuple[Links, str]:
        """Return the links and the code by which a person answers about an incident; the links are made here."""
        code = self.code(incident.number, person)
        if not self._url:
            return (), code
        made: Links = tuple(
            (what, links.make(connection, _secret, self._url, incident.number, person, action, now))
            for what, action in ((Link.TAKE, links.TAKE), (Link.PASS_ON, links.PASS_ON))
        )  # fmt: skip
        return made, code

    def take(
        self, connection: Connection, channel: str, sender: str, text: str, key: str, now: float,
        number: int | None = None,
    ) -> Answered:  # fmt: skip
        """Take an answer by SMS or mail. key: of the gateway or mail. number: the incident that its address names."""
        if answers.is_known(connection, channel, key):
            return Answered("again")
        person = self._of(channel, sender)
        told = self._do(connection, channel, sender, person, text, now, number)
        answers.add(connection, AnswerRow(
            channel, key[:255], now, sender[:320], person.name if person is not None else "", told.incident,
            "answer", told.verdict, "".join(char for char in text if char != "\0")[:_MOST_TEXT],
        ))  # fmt: skip
        return told

    def press(self, connection: Connection, secret: str, now: float) -> Answered:
        """Do what a link says, once."""
        found = links.find(connection, secret, now)
        person = self._people().get(found.person) if found is not None else None
        if found is None or person is None or not person.is_active:
            return Answered(Reply.EXPIRED.value)
        incident = incidents.get(connection, found.incident)
        if incident is None:
            return Answered(Reply.EXPIRED.value)
        if not links.spend(connection, secret, now) and found.action != links.TAKE:
            return self._said(Reply.EXPIRED, person, incident, now)
        meaning = Action.ACKNOWLEDGE if found.action == links.TAKE else Action.ESCALATE
        return self._act(connection, person, incident, meaning, "", "link", now)

    def shown(self, connection: Connection, secret: str, now: float) -> tuple[IncidentRow, Person, str] | None:
        """Return what a link is about: the incident, whose it is and what it does; None for one that does nothing."""
        found = links.find(connection, secret, now)
        person = self._people().get(found.person) if found is not None else None
        incident = incidents.get(connection, found.incident) if found is not None else None
        return (incident, person, found.action) if found and person and person.is_active and incident else None

    def name_of(self, channel: str, sender: str) -> str:
        """Return whose an address is, by their short name; empty for nobody's."""
        person = self._of(channel, sender)
        return person.name if person is not None else ""

    def _of(self, channel: str, sender: str) -> Person | None:
        """Return whose an address is. Mail addresses are compared without regard to capitals."""
        wanted = sender.strip().casefold()
        for person in self._people().values():
            if person.is_active and any(
                one.channel == channel and one.address.casefold() == wanted for one in person.contacts
            ):
                return person
        return None

    def _do(
        self, connection: Connection, channel: str, sender: str, person: Person | None, text: str, now: float,
        number: int | None,
    ) -> Answered:  # fmt: skip
        if person is None:
            return Answered("stranger")
        if answers.wrong_since(connection, sender[:320], now - WRONG_SECONDS) >= MOST_WRONG:
            return Answered("too many wrong codes")
        said = parse(replies.own_words(text))
        found: IncidentRow | None
        if number is not None:
            found = incidents.get(connection, number)
        else:
            meant = self._meant(connection, person, said, now)
            if isinstance(meant, Answered):
                return meant
            found = meant
        if found is None or found.state == CLOSED:
            return self._said(Reply.EXPIRED, person, found, now)
        return self._done(connection, person, found, said, text, channel, now)

    def _meant(self, connection: Connection, person: Person, said: Said, now: float) -> IncidentRow | Answered:
        """Return which incident an answer without an address of its own is about, or what is said where none is."""
        mine = self._incidents_of(connection, person, now)
        if said.code or said.incident is not None:
            for one in mine:
                if said.code == self.code(one.number, person.name) or (not said.code and one.number == said.incident):
                    return one
            return self._said(Reply.WRONG_CODE, person, None, now)
        if said.action is Action.STATUS:
            return self._status(connection, person, [one for one in mine if one.state != RESOLVED], now)
        return self._guess(connection, person, mine, said.action, now)

    def _done(
        self, connection: Connection, person: Person, found: IncidentRow, said: Said, text: str, channel: str,
        now: float,
    ) -> Answered:  # fmt: skip
        if said.action is Action.STATUS:
            return self._status(connection, person, [found], now)
        if said.action is Action.SILENCE:
            return self._silence(connection, person, found, said.seconds, now)
        if said.action is Action.UNCLEAR:
            # A code alone is what somebody sends who is half asleep.
            meaning = Action.ACKNOWLEDGE if said.code and not said.note else Action.NOTE
            return self._act(connection, person, found, meaning, said.note, channel, now)
        done = self._act(connection, person, found, said.action, said.note or text, channel, now)
        if said.note and said.action is not Action.NOTE:
            with suppress(DeskError):
                desk.note(connection, found.number, person.name, said.note, now)
        return done

    def _guess(
        self, connection: Connection, person: Person, mine: Sequence[IncidentRow], action: Action, now: float
    ) -> IncidentRow | Answered:
        """Return which incident an answer without a code is about; else what is said back."""
        free = [one for one in mine if one.state == OPEN]
        if action is not Action.ACKNOWLEDGE or not free:
            free += [one for one in mine if one.state == ACKNOWLEDGED and one.owner == person.name]
        if action is Action.UNCLEAR or not mine:
            return self._said(Reply.NOT_UNDERSTOOD, person, None, now)
        if not free:
            # Somebody was quicker, or it is over: that is what they want to know.
            over = mine[0].state == RESOLVED
            return self._said(Reply.OVER if over else Reply.ALREADY, person, mine[0], now)
        return free[0] if len(free) == 1 else self._which(connection, person, free, now)

    def _incidents_of(self, connection: Connection, person: Person, now: float) -> list[IncidentRow]:
        """Return the incidents of which a person was told lately, the newest first."""
        numbers = outbox.told_of(connection, person.name, now - _MEMORY)
        found = [incidents.get(connection, number) for number in numbers]
        return [one for one in found if one is not None and one.state != CLOSED]

    def _act(
        self, connection: Connection, person: Person, incident: IncidentRow, meaning: Action, note: str, how: str,
        now: float,
    ) -> Answered:  # fmt: skip
        if meaning is Action.NOTE:
            try:
                desk.note(connection, incident.number, person.name, note, now)
            except DeskError:
                return self._said(Reply.NOT_UNDERSTOOD, person, incident, now)
            return self._said(Reply.NOTED, person, incident, now)
        if incident.state in (RESOLVED, CLOSED):
            return self._said(Reply.OVER, person, incident, now)
        if meaning is Action.ACKNOWLEDGE:
            if incident.state == ACKNOWLEDGED and incident.owner == person.name:
                return self._said(Reply.YOURS, person, incident, now)
            if incident.state == ACKNOWLEDGED:
                return self._said(Reply.ALREADY, person, incident, now)
            taken = desk.acknowledge(connection, incident.number, person.name, how, now)
            return self._said(Reply.TAKEN, person, taken, now)
        before = [one for one in timers.waiting(connection, incident.number) if one.kind == timers.ESCALATE]
        if not before and incident.state != ACKNOWLEDGED:
            return self._said(Reply.NOBODY, person, incident, now)
        passed = desk.escalate(connection, incident.number, person.name, how, now)
        return self._said(Reply.PASSED, person, passed, now, name="")

    def _status(self, connection: Connection, person: Person, alive: Sequence[IncidentRow], now: float) -> Answered:
        if not alive:
            return Answered("status", texts.nothing(_reader(person)))
        if len(alive) > 1:
            return self._which(connection, person, alive, now)
        text = texts.status(self._case(alive[0]), self.code(alive[0].number, person.name), _reader(person), now)
        return Answered("status", text, alive[0].number)

    def _silence(
        self, connection: Connection, person: Person, incident: IncidentRow, seconds: float, now: float
    ) -> Answered:
        if incident.state in (RESOLVED, CLOSED):
            return self._said(Reply.OVER, person, incident, now)
        desk.silence(connection, incident.number, person.name, seconds, now)
        text = texts.silenced(self._case(incident), now + seconds, _reader(person), now)
        return Answered("silenced", text, incident.number)

    def _which(self, connection: Connection, person: Person, alive: Sequence[IncidentRow], now: float) -> Answered:
        choices = []
        for one in alive:
            # By the host: what is wrong often reads the same, and little of it fits.
            subject = next((row.subject for row in alerts.of_incident(connection, one.number) if row.subject), "")
            choices.append((self.code(one.number, person.name), replace(self._case(one), subject=subject)))
        text = texts.reply(Reply.WHICH, _reader(person), now, choices=choices)
        return Answered(Reply.WHICH.value, text)

    def _said(self, what: Reply, person: Person, incident: IncidentRow | None, now: float, name: str = "") -> Answered:
        if incident is None and what is Reply.EXPIRED:
            what = Reply.WRONG_CODE
        case = self._case(incident) if incident is not None else None
        if what is Reply.PASSED and not name:
            name = "nästa" if person.language == "sv" else "the next"
        text = texts.reply(what, _reader(person), now, case=case, name=name)
        return Answered(what.value, text, incident.number if incident is not None else None)

    def _case(self, incident: IncidentRow) -> Case:
        summary = json.loads(incident.summary)
        owner = self._people().get(incident.owner)
        return Case(
            incident.key, Words(str(summary["sv"]), str(summary["en"])), Severity(incident.severity),
            incident.opened_at, "", incident.site, incident.administration, incident.service, "", incident.muffled,
            owner.called if owner is not None else incident.owner, incident.acknowledged_at, incident.resolved_at,
        )  # fmt: skip


def _secret() -> str:
    return secrets.token_urlsafe(20)


def _reader(person: Person) -> Reader:
    return Reader(person.language, person.time_zone)
