"""`driftvakt host change`: what people decided about a host. What it reports of itself changes none of it."""

import argparse
from datetime import UTC, datetime
from functools import partial
from typing import TYPE_CHECKING

from driftvakt_collector.commands import via
from driftvakt_collector.commands.common import add_data, read_store, shown, write_store
from driftvakt_collector.config import ConfigError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from sqlalchemy import Connection

    from driftvakt_collector.store.hosts import HostRow

_FIELDS = {
    "name": "what it is called; becomes the label 'instance'",
    "administration": "who it belongs to",
    "site": "where it stands",
    "supplier": "who delivers it and mends it, as the supplier of the network; '' for ourselves",
}
_MOST = 255


def add(hosts: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    """Declare the command."""
    change = hosts.add_parser(
        "change", help="correct a host's name, administration, site or supplier, or who asks it",
        epilog="What changes here changes the labels of its series from now on; those of before keep the old ones.",
    )  # fmt: skip
    add_data(change)
    change.add_argument("origins", nargs="+", metavar="ORIGIN", help="the hosts, as 'host list' shows them")
    for field, help_ in _FIELDS.items():
        change.add_argument(f"--{field}", default=None, help=help_)
    change.add_argument(
        "--via", default="", metavar="RELAY",
        help=f"of a device or a service: relay that asks it from now on; '{via.COLLECTOR}' for the collector itself",
    )  # fmt: skip
    change.set_defaults(run=_change)


def _change(arguments: argparse.Namespace) -> int:
    from driftvakt_collector.store import hosts

    told = {field: value.strip() for field in _FIELDS if (value := getattr(arguments, field)) is not None}
    if not told and not arguments.via:
        raise ConfigError(f"say what to change: {', '.join(f'--{field}' for field in (*_FIELDS, 'via'))}")
    if "name" in told and len(arguments.origins) > 1:
        raise ConfigError("one name can't be that of several hosts: name them one by one")
    for field, value in told.items():
        if len(value) > _MOST or not value.isprintable() or (not value and field != "supplier"):
            raise ConfigError(f"'--{field}' is 1 to {_MOST} characters that can be printed")
    known = {row.origin: row for row, _, _ in read_store(arguments, lambda one: hosts.listing(one, ""))}
    for origin in arguments.origins:
        if origin not in known:
            raise ConfigError(f"there is no host {origin}: driftvakt host list. Nothing was changed")
    now = datetime.now(UTC)
    keepers = _keepers(arguments, [known[origin] for origin in arguments.origins], now) if arguments.via else {}
    for origin in arguments.origins:
        facts = {**told, "keeper": keepers[origin]} if origin in keepers else told
        write_store(arguments, partial(hosts.change, origin=origin, now=now, **facts))
        said = ", ".join(f"{field} {value or 'ourselves'}" for field, value in told.items())
        said += f"{', ' if said else ''}asked by {arguments.via}" if keepers else ""
        print(shown(f"{origin}  {known[origin].name}: {said}"))
    return 0


def _keepers(arguments: argparse.Namespace, rows: "Sequence[HostRow]", now: datetime) -> dict[str, str]:
    """Return who asks each of these from now on. Raises ConfigError where one of them is asked by nobody."""
    from driftvakt_collector.store import devices, jobs

    hearing = read_store(arguments, jobs.load)
    for row in rows:
        if not row.keeper or row.origin in hearing:
            what = "a job, which calls by itself" if row.origin in hearing else "asked by nobody: it reports by itself"
            raise ConfigError(f"{row.origin}  {row.name} is {what}. Nothing was changed")

    def work(connection: "Connection") -> dict[str, str]:
        return {
            row.origin: via.keeper(connection, arguments.via, row.zone)
            or devices.poller(connection, row.zone, now).origin
            for row in rows
        }

    return write_store(arguments, work)
