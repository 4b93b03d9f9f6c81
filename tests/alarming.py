"""Alerts and changes for tests, in a few words."""

from typing import Any

from driftvakt_collector.alert.alert import Alert, Change, Severity, Source, What, fingerprint
from driftvakt_collector.alert.words import Words

NOON = 1_795_000_000.0


def alert(rule: str = "DiskFull", origin: str = "a-1", **told: Any) -> Alert:
    """Return a critical alert of a rule on a server."""
    source = told.pop("source", Source.RULE)
    labels = told.pop("labels", ())
    facts: dict[str, Any] = {
        "severity": Severity.CRITICAL, "summary": Words("Disken / är full", "Disk / is full"), "since": NOON,
        "subject": f"host-{origin}", "zone": "adm", "administration": "SLK", "site": "north", "class_": "server",
    }  # fmt: skip
    return Alert(fingerprint(source, rule, origin, labels), source, rule, origin=origin, labels=labels, **facts | told)


def raised(one: Alert, at: float = NOON) -> Change:
    return Change(What.RAISED, one, at)


def cleared(one: Alert, at: float = NOON) -> Change:
    return Change(What.CLEARED, one, at)
