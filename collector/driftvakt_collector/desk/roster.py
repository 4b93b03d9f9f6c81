"""Who is told: rotas, people and policies as they are now, and whose duty an incident is."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from sqlalchemy import Connection

from driftvakt_collector.alert.alert import Alert
from driftvakt_collector.alert.escalation import book as policies
from driftvakt_collector.alert.escalation.book import PolicyBook
from driftvakt_collector.alert.escalation.routes import Subject, choose
from driftvakt_collector.alert.oncall import book as rotas
from driftvakt_collector.alert.oncall.book import RotaBook
from driftvakt_collector.alert.oncall.person import Person
from driftvakt_collector.alert.surroundings import CalendarDays
from driftvakt_collector.store.incidents import IncidentRow

_AHEAD = 14 * 86_400.0


@dataclass(frozen=True)
class Book:
    """All that says who is told: a snapshot."""

    rotas: RotaBook
    policies: PolicyBook

    @property
    def people(self) -> Mapping[str, Person]:
        """Everybody by name."""
        return self.rotas.people


@dataclass
class Roster:
    """book: a snapshot, replaced as a whole. days: the calendars that count now."""

    book: Book
    days: Callable[[], CalendarDays]

    def policy(self, alert: Alert, at: float) -> str:
        """Return which policy an alert takes."""
        subject = Subject(
            alert.zone, alert.administration, alert.site, alert.service, alert.severity.value, alert.class_,
            alert.supplier,
        )  # fmt: skip
        known, days = self.book.policies, self.days()
        return choose(known.routes(at), subject, lambda name: days.is_open(name, at), known.at(at)).policy

    def called(self, name: str) -> str:
        """Return a person's full name, by the short one."""
        person = self.book.people.get(name)
        return person.called if person is not None else name

    def duty(self, incident: IncidentRow, person: str, now: float) -> tuple[str, float | None]:
        """Return by which rota a person has this incident, and until when."""
        book = self.book.rotas
        name = book.serving(incident.service, incident.zone, now)
        rota = book.at(now).get(name)
        if rota is None or person not in book.on_duty(name, now):
            return "", None
        shift = next((one for one in book.shifts(name, now, now + _AHEAD) if one.end > now), None)
        ends = shift is not None and shift.end < now + _AHEAD
        return rota.title or name, shift.end if shift is not None and ends else None

    def concerned(self, incident: IncidentRow, now: float, *, urgent: bool) -> list[Person]:
        """Return who is told of news about an incident: its owner, else the first on call for it.

        urgent: where that is nobody, everybody there is.
        """
        people, book = self.book.people, self.book.rotas
        owner = people.get(incident.owner)
        if owner is not None and owner.channels:
            return [owner]
        on_duty = book.on_duty(book.serving(incident.service, incident.zone, now), now)
        found = [people[name] for name in on_duty if name in people and people[name].channels]
        if not found and urgent:
            return [one for _, one in sorted(people.items()) if one.channels]
        return found[:1]


def read(connection: Connection, days: CalendarDays) -> Book:
    """Read rotas, people and policies."""
    return Book(rotas.load(connection, days), policies.load(connection))
