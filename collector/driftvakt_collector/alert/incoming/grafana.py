"""The webhook of Grafana's alerting, 9 and later: Alertmanager's, with version "1", links and what was measured."""

import re

from driftvakt_collector.alert.alert import Source
from driftvakt_collector.alert.incoming.alertmanager import nobody, number
from driftvakt_collector.alert.incoming.foreign import Find, Reading, Sender, reading
from driftvakt_collector.alert.incoming.payload import PayloadError, Told, decode, table

_VALUE = re.compile(r"\bvalue=([-+0-9.eE]{1,40})")
_TRUTH = frozenset({0.0, 1.0})


def read(body: bytes, sender: Sender, now: float, find: Find = nobody) -> Reading:
    """Return what a body says, at most one change a fingerprint. Raises PayloadError with a sentence for the sender."""
    payload = decode(body)
    if payload.version != "1" and not payload.is_grafana:
        raise PayloadError("this comes from an Alertmanager: send it to /v1/incoming/alertmanager/, with such a source")
    return reading(payload, Source.GRAFANA, sender, now, find, _value)


def _value(told: Told) -> float | None:
    """Return what was measured, None where that is not one number.

    A rule of Grafana has steps: what was asked, its reduction, and a threshold that is 0 or 1. The threshold is no
    measurement as long as there is another number.
    """
    found = [one for value in table(told.values).values() if (one := number(value)) is not None]
    if not found and isinstance(told.value_string, str):
        found = [one for text in _VALUE.findall(told.value_string[:4096]) if (one := number(text)) is not None]
    measured = [one for one in found if one not in _TRUTH] or found
    return measured[0] if len(set(measured)) == 1 else None
