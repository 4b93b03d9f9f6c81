"""Until when a host's operating system gets security updates, in words."""

from dataclasses import replace
from datetime import UTC, date, datetime

from driftvakt_collector.console.readings import Readings
from driftvakt_collector.fleet.lifecycle import Support, support

SOON = 180
"""Days before the end when it is worth a word: a budget's half year."""


def supported(readings: Readings) -> Support | None:
    """Return it as the host says itself (SUPPORT_END of os-release), else as the table knows it."""
    known = support(*(readings.fact("node_os_info", one) for one in ("id", "version_id", "variant_id")))
    told = readings.one("node_os_support_end_timestamp_seconds")
    try:
        end = None if told is None else datetime.fromtimestamp(told, UTC).date()
    except (OverflowError, OSError, ValueError):
        end = None
    if end is None:
        return known
    return Support(end) if known is None else replace(known, until=end)


def fact(found: Support | None) -> str:
    """Return the line of the host's description, empty where nothing is known."""
    if found is None:
        return ""
    return f"until {found.until}" + (f", with {found.seller} until {found.bought}" if found.bought else "")


def remark(found: Support | None, name: str, today: date) -> tuple[str, str] | None:
    """Return the tone, "bad" or "warn", and what to say of a system that is no longer supported, or soon is not."""
    if found is None:
        return None
    name = name or "The operating system"
    if today > found.until:
        if found.bought is not None and today <= found.bought:
            return "warn", f"{name} gets security updates only with {found.seller} since {found.until}"
        return "bad", f"{name} gets no security updates since {max(found.until, found.bought or found.until)}"
    if (found.until - today).days <= SOON:
        return "warn", f"{name} gets security updates until {found.until}: plan what follows it"
    return None
