"""An alert of another system as one of ours: by what it is known, what it is about, how bad it is, what it says."""

import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from urllib.parse import urlsplit

from driftvakt_collector.alert.alert import Alert, Change, Labels, Severity, Source, What, fingerprint
from driftvakt_collector.alert.incoming.payload import MAX_LABELS, MAX_NAME, MAX_TEXT, Payload, Told, table, word
from driftvakt_collector.alert.incoming.plain import link, moment, plain
from driftvakt_collector.alert.words import Words
from driftvakt_collector.fleet.host import Host

Find = Callable[[str], Host | None]
"""Return the one host that is called so or has that address, None where there is none or more than one."""

OWN = "driftvakt"
"""The label of alerts that we sent out ourselves. One that comes back with it is not taken in: it is known."""
MAX_SUMMARY = 500
_MARK = re.compile(r"[0-9a-f]{8,64}")
_PORT = re.compile(r":\d{1,5}$")
_WHERE = ("instance", "host", "hostname", "nodename", "node", "fqdn", "server", "target", "device", "ip", "address")
"""Labels that may name the host, the likeliest first."""
_SEVERITY = ("severity", "priority", "level")
_CRITICAL = frozenset({
    "critical", "crit", "page", "high", "disaster", "emergency", "emerg", "fatal", "p1", "sev1", "urgent", "kritisk",
    "kritiskt", "hög", "akut",
})  # fmt: skip
_INFO = frozenset({
    "info", "information", "informational", "none", "low", "notice", "debug", "ok", "p4", "p5", "sev4", "sev5", "låg",
})  # fmt: skip
_RUNBOOK = ("runbook_url", "runbook", "runbookUrl")
_TEXT = ("summary", "message", "title", "description", "name")
_SEPARATOR = b"\xff"


@dataclass(frozen=True)
class Sender:
    """A system that may tell us of alerts, as the operator calls it. zone: whose hosts its alerts may be about."""

    name: str
    zone: str
    administration: str = ""


@dataclass(frozen=True)
class Reading:
    """What a body said. truncated: alerts that the sender itself left out. over: those beyond what is taken at once.

    refused: those that could not be read. own: those that we sent out ourselves.
    """

    changes: tuple[Change, ...]
    truncated: int = 0
    over: int = 0
    refused: int = 0
    own: int = 0

    def note(self) -> str:
        """Return in a sentence what did not come through, empty where all did."""
        told = []
        if self.truncated:
            told.append(f"the sender left out {self.truncated} alerts; raise its max_alerts or group by more labels")
        if self.over:
            told.append(f"{self.over} alerts were more than are taken at once; group by more labels")
        if self.refused:
            told.append(f"{self.refused} alerts could not be read")
        return "; ".join(told)


def reading(payload: Payload, source: Source, sender: Sender, now: float, find: Find, value: "Value") -> Reading:
    """Return what a group says, one change a fingerprint. now: seconds since the epoch."""
    found: dict[str, Change] = {}
    own = 0
    for told in payload.alerts:
        if OWN in told.labels:
            own += 1
            continue
        change = _change(told, payload, source, sender, now, find, value)
        known = found.get(change.alert.fingerprint)
        if known is None or _rank(change) >= _rank(known):
            found[change.alert.fingerprint] = change
    return Reading(tuple(found.values()), payload.truncated, payload.over, payload.refused, own)


Value = Callable[[Told], float | None]


def _rank(change: Change) -> tuple[float, bool]:
    """Of two with the same labels the later one counts, and of the same moment the one that fires."""
    return change.alert.since, change.what is What.RAISED


def _change(
    told: Told, payload: Payload, source: Source, sender: Sender, now: float, find: Find, value: Value
) -> Change:
    ended = moment(told.ends_at)
    since = min(moment(told.starts_at) or now, now)
    host, place = _about(told.labels, find, sender.zone)
    name = plain(told.labels.get("alertname", ""), MAX_NAME) or "alert"
    words = {**payload.common, **table(told.annotations)}
    mark = told.fingerprint
    if not (isinstance(mark, str) and _MARK.fullmatch(mark)):
        mark = mark_of(told.labels)
    alert = Alert(
        # Not by the host: one that is enrolled, or renamed, while it fires would make a second alert.
        fingerprint=fingerprint(source, sender.name, "", (("fingerprint", mark),)),
        source=source,
        rule=name,
        severity=severity(told.labels),
        summary=_summary(words, name, place),
        since=since,
        origin="" if host is None else host.origin,
        subject=host.name if host is not None else place or name,
        zone=sender.zone,
        administration=sender.administration if host is None else host.administration,
        site="" if host is None else host.site,
        class_="" if host is None else host.class_,
        service=plain(told.labels.get("service", ""), 255),
        supplier="" if host is None else host.supplier,
        labels=_labels(told, sender),
        value=value(told),
        runbook=next((found for key in _RUNBOOK if (found := link(words.get(key)))), ""),
    )
    if _is_over(told, payload, ended, now):
        return Change(What.CLEARED, alert, max(since, min(ended or now, now)))
    return Change(What.RAISED, alert, now)


def _is_over(told: Told, payload: Payload, ended: float | None, now: float) -> bool:
    """Say if it is resolved. Each alert of a group has a status of its own; releases before 0.16 say none."""
    status = word(told.status)
    if status in ("resolved", "ok"):
        return True
    if status:
        return False
    return payload.status in ("resolved", "ok") or (ended is not None and ended <= now)


def _about(labels: Mapping[str, str], find: Find, zone: str) -> tuple[Host | None, str]:
    """Return the host that an alert is about, None where it is none of the zone's, and what the alert calls it."""
    places = [name for key in _WHERE if key in labels and (name := bare(labels[key]))]
    for name in places:
        host = find(name)
        if host is not None and host.zone == zone:
            return host, name
    return None, places[0] if places else ""


def bare(instance: str) -> str:
    """Return the name or address of an instance: without scheme, path and port."""
    name = plain(instance, 255)
    if "://" in name:
        try:
            name = urlsplit(name).hostname or ""
        except ValueError:
            return ""
    name = name.split("/", 1)[0]
    if name.startswith("["):
        return name[1:].partition("]")[0]
    return _PORT.sub("", name) if name.count(":") == 1 else name


def severity(labels: Mapping[str, str]) -> Severity:
    """Return how bad an alert is; WARNING for a word that we do not know, and for none."""
    word = next((text for key in _SEVERITY if (text := labels.get(key, "").strip().casefold())), "")
    if word in _CRITICAL:
        return Severity.CRITICAL
    return Severity.INFO if word in _INFO else Severity.WARNING


def _summary(words: Mapping[str, object], name: str, place: str) -> Words:
    def first(language: str) -> str:
        keys = [f"{key}_{language}" for key in _TEXT] + list(_TEXT)
        return next((text for key in keys if (text := plain(words.get(key), MAX_SUMMARY))), "")

    sv, en = first("sv"), first("en")
    return Words(sv or (f"{name} på {place}" if place else name), en or (f"{name} on {place}" if place else name))


def _labels(told: Told, sender: Sender) -> Labels:
    found = {
        name: plain(text, MAX_TEXT)
        for key, text in sorted(told.labels.items())[:MAX_LABELS]
        if (name := plain(key, MAX_NAME)) and not name.startswith("__")
    }
    links = {
        "generatorURL": link(told.generator_url), "dashboardURL": link(told.dashboard_url),
        "panelURL": link(told.panel_url), "silenceURL": link(told.silence_url),
    }  # fmt: skip
    return tuple(sorted({**found, **{key: url for key, url in links.items() if url}, "sender": sender.name}.items()))


def mark_of(labels: Mapping[str, str]) -> str:
    """Return by what Alertmanager knows these labels: FNV-1a of 64 bits over names and texts, in order.

    Source: prometheus/common, model/signature.go, labelSetToFingerprint.
    """
    told = b"".join(
        part.encode("utf-8", "surrogatepass") + _SEPARATOR for pair in sorted(labels.items()) for part in pair
    )
    mark = 14695981039346656037
    for byte in told:
        mark = ((mark ^ byte) * 1099511628211) & 0xFFFFFFFFFFFFFFFF
    return f"{mark:016x}"


def finder(hosts: Iterable[Host], zone: str, asked: Mapping[str, str] | None = None) -> Find:
    """Return who finds a zone's approved host: by its name, its address, or its name without the domain; each once.

    asked: by origin, the address at which a device without an agent is asked.
    """
    names: dict[str, list[Host]] = {}
    addresses: dict[str, list[Host]] = {}
    short: dict[str, list[Host]] = {}
    for host in hosts:
        if host.zone != zone or not host.trusted:
            continue
        name = host.name.casefold()
        names.setdefault(name, []).append(host)
        short.setdefault(name.partition(".")[0], []).append(host)
        # What came by a relay, or of a poller, came from that one's address.
        address = (asked or {}).get(host.origin) or ("" if host.via or host.keeper else host.address)
        if address:
            addresses.setdefault(address, []).append(host)

    def find(name: str) -> Host | None:
        plain_name = name.casefold().rstrip(".")
        found = names.get(plain_name) or addresses.get(plain_name)
        if not found and not plain_name.replace(".", "").isdigit():
            found = short.get(plain_name.partition(".")[0])
        return found[0] if found and len(found) == 1 else None

    return find
