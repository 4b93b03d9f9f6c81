"""Moments and spans as people type them: `2026-12-24`, `2026-12-24T17:00`."""

import argparse
import re
import time
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from driftvakt_collector.config import ConfigError

USUAL_ZONE = "Europe/Stockholm"
_LONGEST = 2 * 366 * 86_400.0


def add_span(parser: argparse.ArgumentParser) -> None:
    """Declare from when until when."""
    parser.add_argument("--from", dest="begin", required=True, metavar="TIME",
                        help="since when, as 2026-12-24 (that whole day) or 2026-12-24T17:00")  # fmt: skip
    parser.add_argument("--until", dest="end", required=True, metavar="TIME",
                        help="until when; a day alone is within")  # fmt: skip


def read_span(arguments: argparse.Namespace, zone: ZoneInfo) -> tuple[float, float]:
    """Return the span that was typed, seconds since the epoch. Raises ConfigError."""
    begin, end = read_moment("--from", arguments.begin, zone), read_moment("--until", arguments.end, zone, ends=True)
    if not begin < end <= begin + _LONGEST:
        raise ConfigError(f"'--until' must be later than '--from', and two years at most; got {arguments.end!r}")
    return begin, end


def read_moment(option: str, text: str, zone: ZoneInfo, *, ends: bool = False) -> float:
    """Return a moment on the wall clock of a zone; a day alone is its beginning, or where `ends` its end."""
    try:
        wall = datetime.fromisoformat(text.strip())
    except ValueError:
        raise ConfigError(f"'{option}' must be as 2026-12-24 or 2026-12-24T17:00, got {text[:40]!r}") from None
    if wall.tzinfo is None:
        if ends and re.fullmatch(r"\d{4}-?\d\d-?\d\d", text.strip()):
            wall += timedelta(days=1)
        wall = wall.replace(tzinfo=zone)
    return wall.timestamp()


def read_zone(text: str) -> ZoneInfo:
    """Return a time zone by its name. Raises ConfigError."""
    try:
        return ZoneInfo(text)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        raise ConfigError(f"there is no time zone {text[:64]!r}; write one like {USUAL_ZONE} or UTC") from None


def read_at(arguments: argparse.Namespace, zone: ZoneInfo) -> float:
    """Return the moment of `--at`, now where it is not told."""
    return read_moment("--at", arguments.at, zone) if arguments.at else time.time()


def since(arguments: argparse.Namespace, zone: ZoneInfo) -> float:
    """Return since when a plan counts: of `--from`, now where it is not told."""
    return read_moment("--from", arguments.begin, zone) if arguments.begin else time.time()
