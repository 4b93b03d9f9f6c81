"""Why nobody was paged about a host: what was decided of its alerts, and why its silence was none, on one screen."""

import json
from collections.abc import Iterable, Iterator
from typing import NamedTuple

from sqlalchemy import Connection

from driftvakt_collector.alert.alert import Source, fingerprint
from driftvakt_collector.alert.decision import PERSONAL, read
from driftvakt_collector.alert.rootcause.cause import Kind
from driftvakt_collector.alert.rootcause.record import NAMELESS
from driftvakt_collector.alert.words import Words
from driftvakt_collector.store import alerts
from driftvakt_collector.store.alerts import AlertEventRow, AlertRow
from driftvakt_collector.store.hosts import APPROVED, HostRow
from driftvakt_collector.store.incidents import KEY

MOST_ALERTS = 6
MOST_NOTES = 10
"""So that all of it fits on a screen of 24 lines."""


class Line(NamedTuple):
    """at: seconds since the epoch, None for what is always so."""

    at: float | None
    words: Words


def answer(connection: Connection, host: HostRow) -> list[Line]:
    """Return what is true of a host at all times, then what happened, the oldest first."""
    key = fingerprint(Source.LIVENESS, Kind.HOST_SILENT.value, host.origin, ())
    rows = alerts.recent(connection, MOST_ALERTS, host.origin)
    notes = alerts.notes(connection, key, MOST_NOTES)
    lines = [*(_of_alert(connection, row) for row in rows), *(_of_note(connection, note) for note in notes)]
    lines.sort(key=lambda one: one.at or 0.0)
    return [*_always(host, has_more=bool(lines)), *lines]


def _always(host: HostRow, *, has_more: bool) -> Iterator[Line]:
    if host.state != APPROVED:
        yield Line(None, Words(
            f"Dess rader tas inte emot ({host.state}), så att den är tyst säger ingenting",
            f"Its lines are not taken ({host.state}), so its silence says nothing",
        ))  # fmt: skip
    if host.class_ in PERSONAL:
        yield Line(None, Words(
            "En persons dator larmar aldrig ensam: bara när många på platsen saknas på en gång",
            "A person's computer never pages alone: only where many of a site are missing at once",
        ))  # fmt: skip
    if not has_more:
        yield Line(None, Words(
            "Inga larm, och ingen tystnad som hållits tillbaka, är antecknade",
            "No alert, and no silence that was held back, is written down",
        ))  # fmt: skip


def _of_alert(connection: Connection, row: AlertRow) -> Line:
    """Tell of an alert at the moment at which it was decided on, which is some minutes after the fault began."""
    told = json.loads(row.summary)
    sv, en = _standing(row.standing, row.incident, row.trace)
    raised = [one.at for one in alerts.events(connection, row.fingerprint) if one.generation == row.generation]
    if row.state == alerts.CLEARED:
        sv, en = f"{sv}; över sedan dess", f"{en}; over since then"
    at = min(raised, default=row.started_at)
    return Line(at, Words(f"{row.rule}: {told['sv']} – {sv}", f"{row.rule}: {told['en']} – {en}"))


def _standing(standing: str, incident: int | None, trace: str) -> tuple[str, str]:
    """Say in both languages what was decided of an alert."""
    if standing == "paged":
        number = f" ({KEY}{incident})" if incident is not None else ""
        return f"gick ut{number}", f"paged{number}"
    why = read(trace)
    sv = f"{'hölls tillbaka' if standing == 'held' else 'visades bara'}: {_joined(one.words.sv for one in why)}"
    return sv, f"{'held back' if standing == 'held' else 'only shown'}: {_joined(one.words.en for one in why)}"


def _of_note(connection: Connection, note: AlertEventRow) -> Line:
    told = json.loads(note.trace)[0]
    sv, en = told["sv"], told["en"]
    if by := told.get("by"):
        counted = _counted(connection, by, note.at)
        sv, en = f"{sv}; {counted.sv}", f"{en}; {counted.en}"
    return Line(note.at, Words(sv, en))


def _counted(connection: Connection, key: str, at: float) -> Words:
    """Say what became of the alert that a silence was counted under, as it stood then."""
    row = alerts.by_fingerprint(connection, key)
    began = [one for one in alerts.events(connection, key) if one.at <= at + NAMELESS]
    if row is None or not began:
        return Words("det räknades under ett annat larm", "it was counted under another alert")
    is_the_same = row.started_at <= at + NAMELESS and row.generation == began[0].generation
    sv, en = _standing(began[0].standing, row.incident if is_the_same else None, began[0].trace)
    return Words(f"larmet om det {sv}", f"that alert was {en}")


def _joined(words: Iterable[str]) -> str:
    return "; ".join(words)
