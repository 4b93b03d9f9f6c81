"""What an alert is: something that a rule, a silence or another system says is wrong, and since when."""

import hashlib
import json
from dataclasses import dataclass
from enum import Enum

from driftvakt_collector.alert.words import Words

Labels = tuple[tuple[str, str], ...]


class Severity(Enum):
    """How bad it is. CRITICAL pages at any hour, WARNING in service hours, INFO is only shown."""

    INFO = "info"
    WARNING = "warning"
    CRITICAL = "critical"


class Source(Enum):
    """Who says so."""

    RULE = "rule"
    LIVENESS = "liveness"
    ALERTMANAGER = "alertmanager"
    GRAFANA = "grafana"
    SELF = "self"


class What(Enum):
    """What became of an alert."""

    RAISED = "raised"
    CLEARED = "cleared"


@dataclass(frozen=True)
class Alert:
    """fingerprint: the same for the same rule, host and labels, for ever. origin: the host, empty where there is none.

    subject: what people call it. service: of the catalogue, empty for none. value: what was measured. since: when it
    became true, seconds since the epoch. supplier: who delivers what is broken, empty for ourselves. runbook: a URL.
    """

    fingerprint: str
    source: Source
    rule: str
    severity: Severity
    summary: Words
    since: float
    origin: str = ""
    subject: str = ""
    zone: str = ""
    administration: str = ""
    site: str = ""
    class_: str = ""
    service: str = ""
    supplier: str = ""
    labels: Labels = ()
    value: float | None = None
    runbook: str = ""


@dataclass(frozen=True)
class Change:
    """An alert that was raised or cleared at `at`, seconds since the epoch."""

    what: What
    alert: Alert
    at: float


def fingerprint(source: Source, rule: str, origin: str, labels: Labels) -> str:
    """Return by what an alert is known: 32 hex digits."""
    told = json.dumps([source.value, rule, origin, sorted(labels)], ensure_ascii=False, separators=(",", ":"))
    return hashlib.sha256(told.encode("utf-8", "surrogatepass")).hexdigest()[:32]
