"""Who is on call now, who is next, the shifts to come, and what is wrong with the weeks ahead. Pure."""

from collections.abc import Sequence
from dataclasses import dataclass

from driftvakt_collector.alert.alert import Severity
from driftvakt_collector.alert.oncall.book import RotaBook
from driftvakt_collector.alert.oncall.feed import level_words
from driftvakt_collector.alert.oncall.readiness import findings
from driftvakt_collector.alert.oncall.shift import Shift
from driftvakt_collector.alert.oncall.when import moment_words, span_words

_DAY = 86_400.0
AHEAD = 14 * _DAY
"""Seconds of shifts that are shown."""
READY = 28 * _DAY
"""Seconds that are looked at for gaps."""
TONES = {Severity.CRITICAL: "bad", Severity.WARNING: "warn", Severity.INFO: "new"}


@dataclass(frozen=True)
class DutyLine:
    """One person on call. how: primary, secondary …, and why, where it is not by the rota's own order."""

    person: str
    how: str
    reached: str


@dataclass(frozen=True)
class ShiftLine:
    """A shift in words. is_now: it has begun."""

    when: str
    people: str
    is_now: bool


@dataclass(frozen=True)
class RotaLine:
    """A rota. about: which services and zones. next: who comes after, and when; empty where nobody does."""

    name: str
    title: str
    about: str
    now: Sequence[DutyLine]
    next: str
    shifts: Sequence[ShiftLine]


@dataclass(frozen=True)
class FindingLine:
    """Something that is wrong with the weeks ahead."""

    tone: str
    severity: str
    rota: str
    text: str


@dataclass(frozen=True)
class OnCallView:
    """The page. people: how many can be told of anything. broken: plans that can't be read, and why."""

    rotas: Sequence[RotaLine]
    findings: Sequence[FindingLine]
    people: int
    broken: Sequence[tuple[str, str]]


def rota_lines(book: RotaBook, now: float) -> list[RotaLine]:
    """Return the rotas that count at a moment, seconds since the epoch."""
    rotas = []
    for name, rota in sorted(book.at(now).items()):
        following = book.next_on_duty(name, now)
        ahead = "" if following is None else (
            f"{_people(book, following)}, {moment_words(following.begin, rota.zone).en}"
        )  # fmt: skip
        duties = []
        for duty in book.duties(name, now):
            why = "" if duty.why.value == "rotation" else f", {duty.why.value}"
            person = book.people.get(duty.person)
            reached = ", ".join(person.channels) if person is not None else ""
            duties.append(DutyLine(_called(book, duty.person), f"{level_words(duty.level).en}{why}", reached))
        shifts = [
            ShiftLine(span_words(one.begin, one.end, rota.zone).en, _people(book, one) or "nobody", one.begin <= now)
            for one in book.shifts(name, now, now + AHEAD)
        ]  # fmt: skip
        about = f"{', '.join(rota.services) or 'all services'} in {', '.join(rota.zones) or 'all zones'}"
        rotas.append(RotaLine(name, rota.title or name, about, duties, ahead, shifts))
    return rotas


def build(book: RotaBook, now: float) -> OnCallView:
    """Return the page as it is at a moment, seconds since the epoch."""
    wrong = [
        FindingLine(TONES.get(one.severity, "warn"), one.severity.value, one.rota, one.words.en)
        for one in findings(book, now, now + READY)
    ]  # fmt: skip
    reachable = sum(bool(person.channels) for person in book.people.values())
    return OnCallView(rota_lines(book, now), wrong, reachable, sorted(book.broken(now).items()))


def _people(book: RotaBook, shift: Shift) -> str:
    return ", ".join(_called(book, person) for person in shift.people)


def _called(book: RotaBook, name: str) -> str:
    person = book.people.get(name)
    return person.called if person is not None else name
