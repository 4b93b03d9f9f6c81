"""A moment for programs."""

from datetime import UTC, datetime


def stamp(at: float) -> str:
    """Return seconds since the epoch as RFC 3339 has them, nothing for a moment that no calendar has."""
    try:
        return datetime.fromtimestamp(at, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
    except (OverflowError, OSError, ValueError):
        return ""
