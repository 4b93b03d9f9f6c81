"""Shifts as an iCalendar feed (RFC 5545; refresh hints of RFC 7986)."""

import hashlib
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime

_OCTETS = 75
"""Of a line, RFC 5545 section 3.1."""
_ESCAPES = {"\\": "\\\\", ";": "\\;", ",": "\\,", "\n": "\\n"}


@dataclass(frozen=True)
class Event:
    """key: what it is about and since when; one with the same key is the same event, moved. begin, end: seconds."""

    key: tuple[str, ...]
    begin: float
    end: float
    summary: str
    description: str = ""


def calendar(name: str, events: Iterable[Event], now: float, refresh_minutes: int = 60) -> bytes:
    """Return a feed. now: when it is made. refresh_minutes: how often it should be fetched."""
    lines = [
        "BEGIN:VCALENDAR", "VERSION:2.0", "PRODID:-//driftvakt//on-call//SV", "CALSCALE:GREGORIAN", "METHOD:PUBLISH",
        f"NAME:{_text(name)}", f"X-WR-CALNAME:{_text(name)}",
        f"REFRESH-INTERVAL;VALUE=DURATION:PT{refresh_minutes}M", f"X-PUBLISHED-TTL:PT{refresh_minutes}M",
    ]  # fmt: skip
    for event in events:
        lines += [
            "BEGIN:VEVENT", f"UID:{uid(event.key)}", f"DTSTAMP:{_utc(now)}", f"DTSTART:{_utc(event.begin)}",
            f"DTEND:{_utc(event.end)}", f"SUMMARY:{_text(event.summary)}",
            *([f"DESCRIPTION:{_text(event.description)}"] if event.description else []),
            # Who is on call can meet people: it does not show as busy.
            "TRANSP:TRANSPARENT", "END:VEVENT",
        ]  # fmt: skip
    lines.append("END:VCALENDAR")
    return b"".join(part + b"\r\n" for line in lines for part in _folded(line))


def uid(key: tuple[str, ...]) -> str:
    """Return the identity of an event, the same at each fetch."""
    return f"{hashlib.sha256(chr(0).join(key).encode('utf-8', 'surrogatepass')).hexdigest()[:32]}@driftvakt"


def _utc(at: float) -> str:
    return f"{datetime.fromtimestamp(at, UTC):%Y%m%dT%H%M%SZ}"


def _text(told: str) -> str:
    """Return a TEXT value: what could end the line or begin another one is escaped or left out."""
    plain = told.replace("\r\n", "\n").replace("\r", "\n")
    kept = "".join(char for char in plain if char.isprintable() or char == "\n")
    return "".join(_ESCAPES.get(char, char) for char in kept)


def _folded(line: str) -> Iterator[bytes]:
    """Yield a line in parts of at most 75 octets, never cut within a letter; each further one begins with a space."""
    part = b""
    for char in line:
        raw = char.encode("utf-8", "replace")
        if len(part) + len(raw) > _OCTETS:
            yield part
            part = b" "
        part += raw
    yield part
