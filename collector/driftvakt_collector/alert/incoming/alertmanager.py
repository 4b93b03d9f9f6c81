"""The webhook of Alertmanager, version 4, and those of old releases (3 and 0).

Example:
    {"version":"4","groupKey":"{}:{alertname=\"x\"}","status":"firing","receiver":"driftvakt","alerts":[
      {"status":"firing","labels":{"alertname":"x","instance":"web1:9100","severity":"critical"},"annotations":{},
       "startsAt":"2026-11-27T08:46:00.123456789+01:00","endsAt":"0001-01-01T00:00:00Z","fingerprint":"c6eadffa33fcdf37"}]}
"""

from driftvakt_collector.alert.alert import Source
from driftvakt_collector.alert.incoming.foreign import Find, Reading, Sender, reading
from driftvakt_collector.alert.incoming.payload import PayloadError, Told, decode, table

VERSIONS = frozenset({"4", "3", "2", "1", "0", "None"})


def nobody(_name: str) -> None:
    """Find no host."""


def read(body: bytes, sender: Sender, now: float, find: Find = nobody) -> Reading:
    """Return what a body says, at most one change a fingerprint. Raises PayloadError with a sentence for the sender."""
    payload = decode(body)
    if payload.is_grafana:
        raise PayloadError("this comes from Grafana: send it to /v1/incoming/grafana/, with a source of that kind")
    if payload.version not in VERSIONS:
        raise PayloadError(f"version {payload.version!r} of Alertmanager's webhook is not known here; 4 is")
    return reading(payload, Source.ALERTMANAGER, sender, now, find, _value)


def _value(told: Told) -> float | None:
    """Return what was measured, where the rule says it in an annotation `value`."""
    return number(table(told.annotations).get("value", ""))


def number(told: object) -> float | None:
    """Return a finite number, also one that is written as text; None for all else."""
    if isinstance(told, bool) or not isinstance(told, str | int | float):
        return None
    try:
        found = float(told) if not isinstance(told, str) or len(told) <= 64 else float("nan")
    except (ValueError, OverflowError):
        return None
    return found if abs(found) < float("inf") else None
