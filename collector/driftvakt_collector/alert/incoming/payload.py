"""The body of a webhook, as Alertmanager and Grafana share it: a group of alerts. Unknown keys are passed over.

Sources: Alertmanager, notify/webhook/webhook.go (Message) and template/template.go (Data, Alert); Grafana, webhook
notifier. Bodies of old releases have no status, no fingerprint or no end in an alert, and numbers for texts.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import msgspec

MAX_ALERTS = 10_000
MAX_LABELS = 64
MAX_NAME = 128
MAX_TEXT = 1024


class PayloadError(Exception):
    """The body can't be used; the text is a sentence for whoever sent it."""


class _Body(msgspec.Struct, rename="camel"):
    """Only what is needed must be of its kind; old releases write numbers for texts."""

    alerts: list[msgspec.Raw]
    status: str = ""
    version: Any = None
    org_id: Any = None
    truncated_alerts: Any = 0
    common_annotations: Any = None


_NAMES = {
    "starts_at": "startsAt", "ends_at": "endsAt", "generator_url": "generatorURL", "silence_url": "silenceURL",
    "dashboard_url": "dashboardURL", "panel_url": "panelURL", "value_string": "valueString",
}  # fmt: skip


class Told(msgspec.Struct, rename=_NAMES):
    """One alert as it came, not cleaned. Only labels must be there: what is odd beside them loses no alert."""

    labels: dict[str, str]
    annotations: Any = None
    status: Any = ""
    starts_at: Any = ""
    ends_at: Any = ""
    generator_url: Any = ""
    fingerprint: Any = ""
    silence_url: Any = ""
    dashboard_url: Any = ""
    panel_url: Any = ""
    values: Any = None
    value_string: Any = ""


@dataclass(frozen=True)
class Payload:
    """status: of the group, firing or resolved. version: as text. truncated: alerts that the sender left out.

    refused: alerts that could not be read. over: alerts beyond the bound, which were not looked at.
    """

    alerts: tuple[Told, ...]
    status: str
    version: str
    is_grafana: bool
    truncated: int
    refused: int
    over: int
    common: Mapping[str, object]


_body = msgspec.json.Decoder(_Body)
_alert = msgspec.json.Decoder(Told)


def decode(body: bytes) -> Payload:
    """Read a body. A bad alert does not sink its neighbours. Raises PayloadError when there is nothing to be had."""
    try:
        told = _body.decode(body)
    except msgspec.ValidationError as e:
        raise PayloadError(f"this is no group of alerts: {str(e)[:200]}") from e
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError, ValueError) as e:
        raise PayloadError(f"this is no JSON: {str(e)[:200]}") from e
    alerts: list[Told] = []
    first = ""
    for raw in told.alerts[:MAX_ALERTS]:
        try:
            alert = _alert.decode(raw)
        except (msgspec.DecodeError, UnicodeDecodeError, RecursionError, ValueError) as e:
            first = first or str(e)[:200]
            continue
        if not alert.labels:
            first = first or "an alert needs labels"
            continue
        alerts.append(alert)
    looked_at = min(len(told.alerts), MAX_ALERTS)
    if looked_at and not alerts:
        raise PayloadError(f"none of the {looked_at} alerts can be read; the first: {first}")
    return Payload(
        tuple(alerts), word(told.status), str(told.version)[:8], told.org_id is not None,
        _count(told.truncated_alerts), looked_at - len(alerts), len(told.alerts) - looked_at,
        table(told.common_annotations),
    )  # fmt: skip


def _count(told: object) -> int:
    return told if isinstance(told, int) and not isinstance(told, bool) and 0 < told < 10**9 else 0


def word(told: object) -> str:
    """Return a word in lower case, empty for what is no text."""
    return told.strip().lower() if isinstance(told, str) and len(told) <= 64 else ""


def table(told: object) -> dict[str, object]:
    """Return an object's members, none of what is no object."""
    return told if isinstance(told, dict) else {}
