"""Our alerts to Alertmanagers, as Prometheus sends its own: each minute while they fire, and once more at the end.

Source: Alertmanager, api/v2/openapi.yaml (postableAlerts); Prometheus, notifier/ and rules/manager.go, for the times.
An alert that has ended without a word (we were killed) ends there by itself, four minutes after it was last sent.
"""

import logging
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import NamedTuple

import httpx

from driftvakt_collector.alert.alert import Alert
from driftvakt_collector.alert.incoming.foreign import OWN
from driftvakt_collector.alert.incoming.standing import FOREIGN
from driftvakt_collector.alert.notify.alertmanager_target import Target

log = logging.getLogger(__name__)

AGAIN_SECONDS = 60.0
LASTS_SECONDS = 240.0
BATCH = 64
TIMEOUT = 10.0
_SLACK = 1.0
"""Seconds that a sending may come early, so that a loop of a minute does not miss every other one."""
_FIRST_WAIT, _LONGEST_WAIT = 5.0, 60.0
_ENDS_FOR_SECONDS = 900.0
"""How long an end is tried to be told; by then it has long ended there by itself."""
_LABEL = re.compile(r"[^a-zA-Z0-9_]")
_MAX_TEXT = 1024
_OURS = frozenset({"sender"})


class Firing(NamedTuple):
    """An alert that fires. incident: the key of its incident, empty where there is none."""

    alert: Alert
    incident: str = ""


@dataclass
class Count:
    """sent: alerts that were taken, also repeated ones. refused: batches in which something was. failed: requests."""

    sent: int = 0
    refused: int = 0
    failed: int = 0
    error: str = ""


Labels = tuple[tuple[str, str], ...]


class AlertmanagerFeed:
    """Sends to each target on its own, so one that is down holds nobody up.

    console: how people reach the console, for links. client: closed by whoever made it. What fires is told by `offer`
    and kept nowhere else, so a restart loses nothing: the first run sends all of it.
    """

    def __init__(self, targets: Iterable[Target], console: str, client: httpx.AsyncClient) -> None:
        self._console = console.rstrip("/")
        self._client = client
        self._ways = [_Way(target) for target in targets]
        self._firing: dict[Labels, Firing] = {}

    def offer(self, alerts: Iterable[Firing]) -> None:
        """Say what fires now. What is missing that was there before has ended. Alerts of others are not passed on."""
        self._firing = {labels_of(one): one for one in alerts if one.alert.source not in FOREIGN}

    async def run_once(self, now: float) -> bool:
        """Send what is due; return whether there was something. now: seconds since the epoch. Raises nothing."""
        worked = False
        for way in self._ways:
            worked = await self._run(way, now) or worked
        return worked

    def counts(self) -> Mapping[str, Count]:
        """Return how each target does, by its URL."""
        return {way.target.url: way.count for way in self._ways}

    async def _run(self, way: "_Way", now: float) -> bool:
        # Never longer than the longest wait: a clock that was put back would hold it up for as long.
        if now < way.not_before <= now + _LONGEST_WAIT:
            return False
        due = way.due(self._firing, now)
        for start in range(0, len(due), BATCH):
            batch = due[start : start + BATCH]
            if not await self._post(way, batch, now):
                break
            way.sent(batch, now)
        return bool(due)

    async def _post(self, way: "_Way", batch: "list[_Due]", now: float) -> bool:
        """Send one batch; return whether it is done with."""
        target = way.target
        body = [self._told(one, now) for one in batch]
        try:
            reply = await self._client.post(
                f"{target.url.rstrip('/')}/api/v2/alerts", json=body, headers=target.authorization(), timeout=TIMEOUT
            )
        except (httpx.HTTPError, httpx.InvalidURL) as e:
            return way.failed(f"cannot reach {target.url}: {str(e) or type(e).__name__}", now)
        if reply.status_code in (400, 413, 422):
            # It takes the good ones of a batch and refuses the bad ones; sent again, they would be refused again.
            way.count.refused += 1
            way.count.error = f"{target.url} refused alerts: {_clean(reply.text)}"
            log.warning("%s", way.count.error)
            return True
        if not reply.is_success:
            return way.failed(f"{target.url} answered {reply.status_code}: {_clean(reply.text)}", now)
        way.wait = 0.0
        way.count.sent += len(batch)
        way.count.error = ""
        return True

    def _told(self, due: "_Due", now: float) -> dict[str, object]:
        firing = due.firing
        alert = firing.alert
        annotations = {
            "summary": alert.summary.en, "summary_sv": alert.summary.sv, "runbook_url": alert.runbook,
            "incident": firing.incident, "value": "" if alert.value is None else f"{alert.value:g}",
        }  # fmt: skip
        where = f"/hosts/{alert.origin}" if alert.origin else "/"
        return {
            "labels": dict(due.labels),
            "annotations": {name: _told(text) for name, text in annotations.items() if text},
            "startsAt": _moment(min(alert.since, now)),
            "endsAt": _moment(now if due.ended else now + LASTS_SECONDS),
            "generatorURL": f"{self._console}{where}" if self._console else "",
        }


class _Due(NamedTuple):
    labels: Labels
    firing: Firing
    ended: bool


class _Way:
    """What one target was told. told: what fires there by our word, with when it was last said."""

    def __init__(self, target: Target) -> None:
        self.target = target
        self.count = Count()
        self.not_before = 0.0
        self.wait = 0.0
        self._told: dict[Labels, tuple[float, Firing]] = {}
        self._ended: dict[Labels, tuple[float, Firing]] = {}

    def due(self, firing: Mapping[Labels, Firing], now: float) -> list[_Due]:
        """Return what to say now: ends first, for somebody may be on the way already."""
        for labels in [one for one in self._told if one not in firing]:
            self._ended[labels] = (now, self._told.pop(labels)[1])
        self._ended = {
            labels: one for labels, one in self._ended.items()
            if labels not in firing and 0 <= now - one[0] < _ENDS_FOR_SECONDS
        }  # fmt: skip
        found = [_Due(labels, one, ended=True) for labels, (_, one) in self._ended.items()]
        for labels, one in firing.items():
            last, known = self._told.get(labels, (float("-inf"), None))
            # A clock that was put back is no reason to be quiet for as long.
            if not 0 <= now - last < AGAIN_SECONDS - _SLACK or known is None or _differs(known, one):
                found.append(_Due(labels, one, ended=False))
        return found

    def sent(self, batch: Iterable[_Due], now: float) -> None:
        """Remember what was taken."""
        for one in batch:
            if one.ended:
                self._ended.pop(one.labels, None)
            else:
                self._told[one.labels] = (now, one.firing)

    def failed(self, why: str, now: float) -> bool:
        """Wait before the next try; longer each time. Return False."""
        self.wait = min(_LONGEST_WAIT, self.wait * 2 or _FIRST_WAIT)
        self.not_before = now + self.wait
        self.count.failed += 1
        if self.count.error != why:
            log.warning("alerts are not sent on: %s", why)
        self.count.error = why
        return False


def _differs(known: Firing, told: Firing) -> bool:
    """Say if people would read something else. A measured value alone waits for the next minute."""
    return (known.incident, known.alert.summary, known.alert.since) != (
        told.incident, told.alert.summary, told.alert.since,
    )  # fmt: skip


def labels_of(firing: Firing) -> Labels:
    """Return an alert's labels as Alertmanager takes them. They are what it is known by there.

    So an incident's number is an annotation: given later, as a label it would make a second alert of the same.
    """
    alert = firing.alert
    own = {
        "alertname": alert.rule, "severity": alert.severity.value, "instance": alert.subject, "zone": alert.zone,
        "site": alert.site, "administration": alert.administration, "class": alert.class_, "service": alert.service,
        OWN: alert.fingerprint,
    }  # fmt: skip
    others = {_name(name): text for name, text in alert.labels if name not in _OURS}
    found = {**{name: text for name, text in others.items() if name not in own}, **own}
    return tuple(sorted((name, _told(text)) for name, text in found.items() if text))


def _name(name: str) -> str:
    """Return a label's name as releases before 0.28 take it."""
    plain = _LABEL.sub("_", name)
    return f"_{plain}" if plain[:1].isdigit() or not plain else plain


def _moment(at: float) -> str:
    return datetime.fromtimestamp(at, UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def _told(text: str) -> str:
    """Return a text within bounds, without halves of characters, which JSON can't carry."""
    return text[:_MAX_TEXT].encode("utf-8", "replace").decode("utf-8")


def _clean(text: str) -> str:
    return "".join(one if one.isprintable() else " " for one in text[:300]).strip()
