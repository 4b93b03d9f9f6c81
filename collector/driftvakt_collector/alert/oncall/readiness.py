"""Whether the weeks ahead hold: who is missing, can't be reached, or has too much. Pure.

What is too long or too often is said of the primary alone. A week counts for who has more than a day of it.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from enum import Enum
from itertools import combinations
from zoneinfo import ZoneInfo

from driftvakt_collector.alert.alert import Severity
from driftvakt_collector.alert.oncall.book import RotaBook
from driftvakt_collector.alert.oncall.changes import ChangeKind
from driftvakt_collector.alert.oncall.contact import SMS, channel_words
from driftvakt_collector.alert.oncall.feed import level_words
from driftvakt_collector.alert.oncall.hours import moment
from driftvakt_collector.alert.oncall.person import Person
from driftvakt_collector.alert.oncall.rota import PRIMARY, Rota, Why
from driftvakt_collector.alert.oncall.shift import Gap, Shift, Stint, stints
from driftvakt_collector.alert.oncall.when import moment_words, span_words
from driftvakt_collector.alert.words import Words

_DAY = 86_400.0
_ZONE = ZoneInfo("Europe/Stockholm")
"""In which times are told that are of more than one rota."""


class Lack(Enum):
    """What is not as it should be."""

    BROKEN = "broken plan"
    GAP = "gap"
    UNKNOWN = "unknown person"
    INACTIVE = "inactive person"
    NO_CONTACT = "no contact"
    NO_PHONE = "no phone"
    NOT_VERIFIED = "not verified"
    TWICE = "on two rotas"
    TOO_LONG = "too long"
    TOO_OFTEN = "too many weeks"
    ABSENT = "absent"
    NO_EFFECT = "no effect"
    HOLIDAY = "holiday"


@dataclass(frozen=True)
class Finding:
    """begin, end: seconds since the epoch. severity: CRITICAL where a page would reach nobody or not who is meant."""

    lack: Lack
    severity: Severity
    begin: float
    end: float
    words: Words
    rota: str = ""
    person: str = ""


def findings(book: RotaBook, begin: float, end: float) -> list[Finding]:
    """Return what is not as it should be within a time, the worst first."""
    found: list[Finding] = []
    ahead: list[tuple[str, Stint]] = []
    for name in book.names:
        rota = _latest(book, name, begin, end)
        if rota is None:
            continue
        # Who has been on duty for long already is so at the beginning, too.
        before = begin - max(rota.max_hours * 3600.0, rota.max_weeks * 7 * _DAY)
        shifts = book.shifts(name, before, end)
        later = [one for one in shifts if one.end > begin]
        mine = [one for person in dict.fromkeys(who for one in shifts for who in one.people)
                for one in stints(shifts, person)]  # fmt: skip
        ahead += [(name, one) for one in mine if one.end > begin]
        found += _gaps(book, rota, begin, end)
        found += _long(book, rota, mine, begin)
        found += _often(book, rota, mine, begin)
        found += _covered(book, rota, later)
        found += _feasts(book, rota, later, begin, end)
    found += _people(book, ahead, begin, end)
    found += _twice(book, ahead)
    found += _no_effect(book, begin, end)
    found += [
        Finding(
            Lack.BROKEN, Severity.CRITICAL, begin, end, Words(f"{name} kan inte läsas: {told}",
            f"{name} can't be read: {told}"), name,
        ) for name, told in book.broken(begin).items()
    ]  # fmt: skip
    worst = (Severity.CRITICAL, Severity.WARNING, Severity.INFO)
    return sorted(found, key=lambda one: (worst.index(one.severity), one.begin, one.rota, one.person, one.lack.value))


def _latest(book: RotaBook, name: str, begin: float, end: float) -> Rota | None:
    return book.at(end).get(name) or book.at(begin).get(name)


def _gaps(book: RotaBook, rota: Rota, begin: float, end: float) -> Iterator[Finding]:
    alone: dict[int, list[Gap]] = {}
    for gap in book.gaps(rota.name, begin, end):
        if gap.level and not gap.planned:
            alone.setdefault(gap.level, []).append(gap)
            continue
        span = span_words(gap.begin, gap.end, rota.zone)
        away = Words("", "")
        if gap.planned:
            names = ", ".join(_called(book, name) for name in gap.planned.split(", "))
            away = Words(f"; {names} är frånvarande", f"; {names} is absent")
        words = Words(f"ingen har jour {span.sv}{away.sv}", f"nobody is on call {span.en}{away.en}")
        if gap.level:
            level = level_words(gap.level)
            words = Words(f"ingen {level.sv} {span.sv}{away.sv}", f"no {level.en} {span.en}{away.en}")
        lack = Lack.ABSENT if gap.planned else Lack.GAP
        severity = Severity.WARNING if gap.level else Severity.CRITICAL
        yield Finding(lack, severity, gap.begin, gap.end, words, rota.name, gap.planned)
    for number, found in alone.items():
        # Another level is there and the plan may mean it so: said once, and not for each night.
        hours, level = sum(gap.end - gap.begin for gap in found) / 3600.0, level_words(number)
        first = moment_words(found[0].begin, rota.zone)
        words = Words(
            f"schemat har ingen {level.sv} {hours:.0f} timmar, första gången {first.sv}",
            f"the plan has no {level.en} for {hours:.0f} hours, at first {first.en}",
        )
        yield Finding(Lack.GAP, Severity.INFO, found[0].begin, found[-1].end, words, rota.name)


def _long(book: RotaBook, rota: Rota, mine: Iterable[Stint], begin: float) -> Iterator[Finding]:
    for one in mine:
        hours = (one.end - one.begin) / 3600.0
        if one.level == PRIMARY and hours > rota.max_hours and one.end > begin:
            span = span_words(one.begin, one.end, rota.zone)
            who = _called(book, one.person)
            words = Words(
                f"{who} har jour {hours:.0f} timmar i sträck, {span.sv}; högst {rota.max_hours:g} är avtalat",
                f"{who} is on call for {hours:.0f} hours in a row, {span.en}; {rota.max_hours:g} at most are agreed",
            )
            yield Finding(Lack.TOO_LONG, Severity.WARNING, one.begin, one.end, words, rota.name, one.person)


def _often(book: RotaBook, rota: Rota, mine: Iterable[Stint], begin: float) -> Iterator[Finding]:
    """Find who is on duty for more weeks in a row than agreed; weeks begin on Monday."""
    seconds: dict[str, dict[int, float]] = {}
    for one in mine:
        if one.level != PRIMARY:
            continue
        weeks = seconds.setdefault(one.person, {})
        for number, share in _by_week(one, rota.zone):
            weeks[number] = weeks.get(number, 0.0) + share
    for person, weeks in sorted(seconds.items()):
        busy = sorted(number for number, share in weeks.items() if share > _DAY)
        for run in _runs(busy):
            since, until = _monday(run[0], rota.zone), _monday(run[-1] + 1, rota.zone)
            if len(run) > rota.max_weeks and until > begin:
                first, who = moment_words(since, rota.zone), _called(book, person)
                words = Words(
                    f"{who} har jour {len(run)} veckor i rad från {first.sv[:14]}; högst {rota.max_weeks} är avtalat",
                    f"{who} is on call for {len(run)} weeks in a row from {first.en[:14]};"
                    f" {rota.max_weeks} at most are agreed",
                )
                yield Finding(Lack.TOO_OFTEN, Severity.WARNING, since, until, words, rota.name, person)


def _by_week(span: Stint, zone: ZoneInfo) -> Iterator[tuple[int, float]]:
    """Yield the number of each week that a span touches, and its seconds in it."""
    number = (datetime.fromtimestamp(span.begin, zone).toordinal() - 1) // 7
    while (since := _monday(number, zone)) < span.end:
        share = min(span.end, _monday(number + 1, zone)) - max(span.begin, since)
        if share > 0:
            yield number, share
        number += 1


def _monday(number: int, zone: ZoneInfo) -> float:
    """Return when a week begins; day 1 of the calendar was a Monday."""
    return moment(zone, date.fromordinal(number * 7 + 1), 0)


def _runs(numbers: Sequence[int]) -> Iterator[list[int]]:
    run: list[int] = []
    for number in numbers:
        if run and number != run[-1] + 1:
            yield run
            run = []
        run.append(number)
    if run:
        yield run


def _covered(book: RotaBook, rota: Rota, shifts: Iterable[Shift]) -> Iterator[Finding]:
    """Say who is on duty for whom, once for each two."""
    pairs: dict[tuple[str, str], list[Shift]] = {}
    for shift in shifts:
        for duty in shift.duties:
            if duty.why is Why.COVER:
                pairs.setdefault((duty.person, duty.planned), []).append(shift)
    for (person, planned), found in pairs.items():
        hours, first = sum(one.end - one.begin for one in found) / 3600.0, moment_words(found[0].begin, rota.zone)
        who, away = _called(book, person), _called(book, planned)
        words = Words(
            f"{who} ersätter {away} {hours:.0f} timmar, första gången {first.sv}",
            f"{who} covers for {away} for {hours:.0f} hours, at first {first.en}",
        )
        yield Finding(Lack.ABSENT, Severity.INFO, found[0].begin, found[-1].end, words, rota.name, planned)


def _feasts(book: RotaBook, rota: Rota, shifts: Sequence[Shift], begin: float, end: float) -> Iterator[Finding]:
    """Say who has each red day and each eve, for these are the days that people swap and forget."""
    day = datetime.fromtimestamp(begin, rota.zone).date()
    while (since := moment(rota.zone, day, 0)) < end:
        name, until = book.days.feast(day), moment(rota.zone, day, 24 * 60)
        if name is not None:
            there = dict.fromkeys(
                person for one in shifts if one.begin < until and one.end > since for person in one.people
            )
            who = ", ".join(_called(book, person) for person in there)
            words = Words(f"{name.sv} {day}: {who or 'ingen'}", f"{name.en} {day}: {who or 'nobody'}")
            severity = Severity.INFO if there else Severity.WARNING
            yield Finding(Lack.HOLIDAY, severity, since, until, words, rota.name)
        day += timedelta(days=1)


def _people(
    book: RotaBook, ahead: Iterable[tuple[str, Stint]], begin: float, end: float
) -> Iterator[Finding]:  # fmt: skip
    """Look at everybody who has duty ahead, or would have if they were there."""
    for name in book.names:
        rota = _latest(book, name, begin, end)
        for person in rota.people if rota else ():
            known = book.people.get(person)
            if known is None or not known.is_active:
                lack = Lack.UNKNOWN if known is None else Lack.INACTIVE
                who = _called(book, person)
                words = Words(
                    f"{who} står i schemat men {'är okänd' if known is None else 'är inte aktiv'}",
                    f"{who} is in the rota but {'unknown' if known is None else 'not active'}",
                )
                yield Finding(lack, Severity.WARNING, begin, end, words, name, person)
    first: dict[str, tuple[str, Stint]] = {}
    for name, one in sorted(ahead, key=lambda pair: pair[1].begin):
        first.setdefault(one.person, (name, one))
    for person, (name, one) in sorted(first.items()):
        if person in book.people:
            yield from _reachable(book.people[person], name, one)


def _reachable(person: Person, rota: str, one: Stint) -> Iterator[Finding]:
    when = moment_words(one.begin, _ZONE)
    since = Words(f"{person.called}, med jour från {when.sv},", f"{person.called}, on call from {when.en},")

    def told(lack: Lack, severity: Severity, sv: str, en: str) -> Finding:
        words = Words(f"{since.sv} {sv}", f"{since.en} {en}")
        return Finding(lack, severity, one.begin, one.end, words, rota, person.name)

    if not person.contacts:
        yield told(Lack.NO_CONTACT, Severity.CRITICAL, "kan inte nås alls", "can't be reached at all")
        return
    if not any(contact.channel == SMS for contact in person.contacts):
        yield told(Lack.NO_PHONE, Severity.CRITICAL, "har inget telefonnummer", "has no phone number")
    unproven = [channel_words(contact.channel) for contact in person.contacts if contact.verified_at is None]
    if unproven:
        sv, en = " och ".join(words.sv for words in unproven), " and ".join(words.en for words in unproven)
        yield told(Lack.NOT_VERIFIED, Severity.WARNING, f"har inte bekräftat {sv}", f"has not verified {en}")


def _twice(book: RotaBook, ahead: Iterable[tuple[str, Stint]]) -> Iterator[Finding]:
    of: dict[str, list[tuple[str, Stint]]] = {}
    for name, one in ahead:
        of.setdefault(one.person, []).append((name, one))
    for person, mine in sorted(of.items()):
        for (name, one), (other_name, other) in combinations(sorted(mine, key=lambda pair: pair[1].begin), 2):
            begin, end = max(one.begin, other.begin), min(one.end, other.end)
            if name != other_name and begin < end:
                span, both = span_words(begin, end, _ZONE), sorted((name, other_name))
                who = _called(book, person)
                words = Words(
                    f"{who} har jour i både {both[0]} och {both[1]} {span.sv}",
                    f"{who} is on call in both {both[0]} and {both[1]} {span.en}",
                )
                yield Finding(Lack.TWICE, Severity.WARNING, begin, end, words, both[0], person)


def _no_effect(book: RotaBook, begin: float, end: float) -> Iterator[Finding]:
    """Find who is to step in, or swap, and is away then."""
    away = [one for one in book.changes if one.kind is ChangeKind.ABSENCE]
    for one in book.changes:
        names = (one.person, one.instead) if one.kind is ChangeKind.SWAP else (one.person,)
        for gone in away if one.kind is not ChangeKind.ABSENCE else ():
            since, until = max(one.begin, gone.begin, begin), min(one.end, gone.end, end)
            if gone.person in names and since < until:
                rota = book.at(since).get(one.rota)
                span = span_words(since, until, rota.zone if rota else _ZONE)
                who = _called(book, gone.person)
                words = Words(
                    f"ändring {one.id} räknar med {who}, som är frånvarande {span.sv}",
                    f"change {one.id} counts on {who}, who is absent {span.en}",
                )
                yield Finding(Lack.NO_EFFECT, Severity.WARNING, since, until, words, one.rota, gone.person)


def _called(book: RotaBook, name: str) -> str:
    person = book.people.get(name)
    return person.called if person else name
