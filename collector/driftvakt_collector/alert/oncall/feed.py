"""What stands behind the secret address of somebody's iCalendar feed: their own shifts, or those of one rota."""

import hashlib
import secrets
from collections.abc import Iterator
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from sqlalchemy import Connection

from driftvakt_collector.alert.oncall import days
from driftvakt_collector.alert.oncall.book import RotaBook, load
from driftvakt_collector.alert.oncall.ical import Event, calendar
from driftvakt_collector.alert.oncall.person import Person
from driftvakt_collector.alert.oncall.shift import Shift, stints
from driftvakt_collector.alert.oncall.when import span_words
from driftvakt_collector.alert.words import Words
from driftvakt_collector.store import people

BEHIND, AHEAD = 28 * 86_400.0, 183 * 86_400.0
"""Seconds of the past and of the future that a feed shows."""
MAX_TOKEN = 128
_LEVELS = {1: Words("förstajour", "primary"), 2: Words("bakjour", "secondary"), 3: Words("tredjejour", "tertiary")}


def new_token() -> str:
    """Return a new secret for an address."""
    return secrets.token_urlsafe(24)


def mark(token: str) -> str:
    """Return what is kept of a secret: its hash, empty for what can be none."""
    if not 0 < len(token) <= MAX_TOKEN:
        return ""
    return hashlib.sha256(token.encode("utf-8", "replace")).hexdigest()


def serve(connection: Connection, token: str, now: float, rota: str = "") -> bytes | None:
    """Return what stands behind an address: a person's feed, or with `rota` that of a rota. None: there is none."""
    person = people.of_feed(connection, mark(token))
    return feed(load(connection, days.load(connection)), person, now, rota) if person else None


def feed(book: RotaBook, person: str, now: float, rota: str = "") -> bytes | None:
    """Return the feed of a person who is active, or with `rota` that of a rota; None where there is no such thing."""
    who = book.people.get(person)
    if who is None or not who.is_active or (rota and rota not in book.names):
        return None
    return rota_feed(book, rota, now, who.language) if rota else person_feed(book, who, now)


def person_feed(book: RotaBook, person: Person, now: float) -> bytes:
    """Return a feed with all shifts of a person."""
    name = Words(f"Jour: {person.called}", f"On call: {person.called}").of(person.language)
    found = [event for rota in book.names for event in _of_person(book, rota, person, now)]
    return calendar(name, sorted(found, key=lambda event: event.begin), now)


def rota_feed(book: RotaBook, rota: str, now: float, language: str) -> bytes:
    """Return a feed with all shifts of a rota."""
    title = _title(book, rota, now)
    return calendar(
        Words(f"Jour: {title}", f"On call: {title}").of(language),
        [
            Event(
                ("rota", rota, _since(one.begin, now)), one.begin, one.end,
                f"{title}: {', '.join(_called(book, person) for person in one.people)}",
                _told(book, one, language),
            )
            for one in book.shifts(rota, now - BEHIND, now + AHEAD)
        ],
        now,
    )  # fmt: skip


def level_words(level: int) -> Words:
    """Return a level for people."""
    return _LEVELS.get(level, Words(f"nivå {level}", f"level {level}"))


def _of_person(book: RotaBook, rota: str, person: Person, now: float) -> Iterator[Event]:
    title = _title(book, rota, now)
    for one in stints(book.shifts(rota, now - BEHIND, now + AHEAD), person.name):
        role = level_words(one.level)
        summary = Words(f"Jour: {title} ({role.sv})", f"On call: {title} ({role.en})").of(person.language)
        span = span_words(one.begin, one.end, _zone(person)).of(person.language)
        key = ("person", person.name, rota, str(one.level), _since(one.begin, now))
        yield Event(key, one.begin, one.end, summary, span)


def _since(begin: float, now: float) -> str:
    """Return by when a shift is known again; one that the feed's own beginning cuts would be another at each fetch."""
    return "open" if begin <= now - BEHIND else f"{begin:.0f}"


def _told(book: RotaBook, shift: Shift, language: str) -> str:
    return "\n".join(
        f"{_called(book, one.person)}: {level_words(one.level).of(language)}, {one.why.words.of(language)}"
        for one in shift.duties
    )


def _title(book: RotaBook, rota: str, now: float) -> str:
    found = book.at(now).get(rota) or book.at(now + AHEAD).get(rota)
    return (found.title if found else "") or rota


def _called(book: RotaBook, name: str) -> str:
    person = book.people.get(name)
    return person.called if person else name


def _zone(person: Person) -> ZoneInfo:
    try:
        return ZoneInfo(person.time_zone)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        return ZoneInfo("Europe/Stockholm")
