"""What `driftvakt incident why HOST` prints: why nobody was paged about a host, on one screen."""

import argparse
from typing import TYPE_CHECKING

from driftvakt_collector.commands.common import moment, read_store, shown
from driftvakt_collector.config import ConfigError

if TYPE_CHECKING:
    from sqlalchemy import Connection

    from driftvakt_collector.alert.rootcause.answer import Line
    from driftvakt_collector.store.hosts import HostRow

_MOST = 3
"""Hosts of one name, in as many zones, that are answered for."""


def why(arguments: argparse.Namespace) -> int:
    """Answer for a host: its name or origin. Raises ConfigError where there is none."""
    found = read_store(arguments, lambda one: _answers(one, arguments.host))
    if not found:
        raise ConfigError(f"there is no host {arguments.host!r}: driftvakt host list shows what there is")
    for host, lines in found:
        print(shown(f"{host.name} ({host.origin}), {host.class_}, site {host.site}, zone {host.zone}"))
        for line in lines:
            when = moment(line.at) if line.at is not None else "always"
            print(shown(f"  {when:<20}  {line.words.of(arguments.language)}"))
    return 0


def _answers(connection: "Connection", name: str) -> "list[tuple[HostRow, list[Line]]]":
    from driftvakt_collector.alert.rootcause.answer import answer
    from driftvakt_collector.store import hosts

    one = hosts.find(connection, name)
    rows = [one] if one is not None else [row for row in hosts.load(connection) if row.name == name]
    return [(row, answer(connection, row)) for row in rows[:_MOST]]
