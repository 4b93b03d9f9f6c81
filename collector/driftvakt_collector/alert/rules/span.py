"""Spans of time as rules write them: 90s, 5m, 1h30m, 14d; those of Prometheus."""

import re

_FORM = re.compile(r"(?:(\d+)w)?(?:(\d+)d)?(?:(\d+)h)?(?:(\d+)m)?(?:(\d+)s)?")
_UNITS = (604_800, 86_400, 3_600, 60, 1)
MAX_SPAN = 366 * 86_400


class SpanError(Exception):
    """It is no span of time; the text says what to write."""


def read(text: object) -> float:
    """Return the seconds of a text like 1h30m. Raises SpanError."""
    found = _FORM.fullmatch(text) if isinstance(text, str) and 0 < len(text) <= 32 else None
    if found is None:
        raise SpanError(f"must be a span like 90s, 5m, 1h30m or 14d, got {str(text)[:40]!r}")
    seconds = sum(int(part or 0) * unit for part, unit in zip(found.groups(), _UNITS, strict=True))
    if seconds > MAX_SPAN:
        raise SpanError(f"must be a year at most, got {text!r}")
    return float(seconds)


def write(seconds: float) -> str:
    """Return a span in the largest units that tell it whole, as Prometheus reads it."""
    left, parts = round(seconds), []
    for unit, letter in zip(_UNITS[1:], "dhms", strict=True):
        count, left = divmod(left, unit)
        if count:
            parts.append(f"{count}{letter}")
    return "".join(parts) or "0s"
