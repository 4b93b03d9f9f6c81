"""What other systems have said and not taken back: what is news of what they send, and what nobody repeats any more."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace

from driftvakt_collector.alert.alert import Alert, Change, Source, What
from driftvakt_collector.alert.words import Words

FOREIGN = (Source.ALERTMANAGER, Source.GRAFANA)
_SAME = 0.001
"""Seconds: a start that went through a float of a database is the same start."""


def news(changes: Iterable[Change], standing: Mapping[str, Alert]) -> list[Change]:
    """Return the changes that are news. standing: alerts that fire, by fingerprint.

    A group is sent again at each repeat_interval and whenever one of its alerts changes, so an alert is known by its
    fingerprint and its start: the same again is no news, and the end of an earlier time does not end a later one. An
    end is held against its own moment, for Alertmanager moves the start of an alert back where it learns of an earlier.
    """
    found = []
    for change in changes:
        known = standing.get(change.alert.fingerprint)
        if change.what is What.CLEARED:
            if known is not None and change.at >= known.since - _SAME:
                found.append(change)
        elif known is None or change.alert.since > known.since + _SAME or _differs(change.alert, known):
            found.append(change)
    return found


def bounded(
    changes: Sequence[Change], standing: Mapping[str, Alert], sender: str, most: int
) -> tuple[list[Change], int]:
    """Return the changes after which a sender has at most so many alerts that fire, and how many were left out."""
    fresh = sum(one.what is What.RAISED and one.alert.fingerprint not in standing for one in changes)
    if not fresh:
        return list(changes), 0
    mark = ("sender", sender)
    room = most - sum(one.source in FOREIGN and mark in one.labels for one in standing.values())
    kept, over = [], 0
    for one in changes:
        if one.what is What.RAISED and one.alert.fingerprint not in standing:
            if room <= 0:
                over += 1
                continue
            room -= 1
        kept.append(one)
    return kept, over


def _differs(told: Alert, known: Alert) -> bool:
    """Say if it says something else than before. A measured value alone is none: it changes each time."""
    if told.since < known.since - _SAME:
        return False
    return (told.severity, told.origin, told.service) != (known.severity, known.origin, known.service)


def expired(standing: Mapping[str, Alert], heard: Mapping[str, float], now: float, after: float) -> list[Change]:
    """Return the ends of alerts that were not sent again for `after` seconds. heard: when each last was.

    after: 0 for never. One whose time is not known is left alone: the caller begins to count with its own start.
    """
    if after <= 0:
        return []
    return [
        Change(What.CLEARED, replace(alert, summary=_unheard(alert.summary, after)), now)
        for mark, alert in standing.items()
        if alert.source in FOREIGN and mark in heard and now - heard[mark] > after
    ]


def _unheard(summary: Words, after: float) -> Words:
    hours = f"{after / 3600:g}"
    return Words(
        f"{summary.sv} (avslutat: har inte skickats igen på {hours.replace('.', ',')} h)",
        f"{summary.en} (ended: not sent again for {hours} h)",
    )
