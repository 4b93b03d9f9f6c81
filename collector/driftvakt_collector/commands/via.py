"""`--via RELAY`: who asks a device or a service, where the collector itself does not reach it."""

import argparse
from typing import TYPE_CHECKING

from driftvakt_collector.config import ConfigError

if TYPE_CHECKING:
    from sqlalchemy import Connection

    from driftvakt_collector.store.hosts import HostRow

COLLECTOR = "collector"
"""What `--via` says for the collector itself."""


def add(parser: argparse.ArgumentParser) -> None:
    """Declare the option."""
    parser.add_argument(
        "--via", default="", metavar="RELAY",
        help="relay that asks it, by name or origin, where the collector can't reach it (default: the collector)",
    )  # fmt: skip


def keeper(connection: "Connection", told: str, zone: str) -> str:
    """Return the origin of a zone's relay, empty for the collector itself. Raises ConfigError."""
    if told in ("", COLLECTOR):
        return ""
    row = _relay(connection, told, zone)
    if row.zone != zone:
        raise ConfigError(f"relay {row.name} stands in zone {row.zone}, and asks nothing in zone {zone}")
    return row.origin


def suffix(relays: dict[str, str], keeper: str) -> str:
    """Return ', via NAME' for what a relay asks. relays: their names, by origin."""
    return f", via {relays[keeper]}" if keeper in relays else ""


def names(connection: "Connection") -> dict[str, str]:
    """Return the names of all relays, by origin."""
    return {row.origin: row.name for row in _relays(connection)}


def _relays(connection: "Connection") -> "list[HostRow]":
    from driftvakt_collector.fleet.host import RELAY
    from driftvakt_collector.store import hosts

    return [row for row in hosts.load(connection) if row.class_ == RELAY]


def _relay(connection: "Connection", told: str, zone: str) -> "HostRow":
    from driftvakt_collector.store import hosts

    relays = _relays(connection)
    found = [row for row in relays if told in (row.origin, row.name) and row.state == hosts.APPROVED]
    if len(found) > 1:
        raise ConfigError(f"{len(found)} relays are called {told!r}: say which by its origin, as 'host list' shows it")
    if not found:
        known = ", ".join(sorted(row.name for row in relays if (row.state, row.zone) == (hosts.APPROVED, zone)))
        raise ConfigError(f"there is no approved relay {told!r}; zone {zone} has: {known or 'none yet'}")
    return found[0]
