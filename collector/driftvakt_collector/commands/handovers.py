"""`driftvakt incident handover` and `driftvakt incident supplier …`: incidents in suppliers' hands."""

import argparse
import time
from typing import TYPE_CHECKING

from driftvakt_collector.commands.common import add_data, shown, who, write_store
from driftvakt_collector.config import ConfigError

if TYPE_CHECKING:
    from collections.abc import Callable

    from sqlalchemy import Connection

    from driftvakt_collector.desk.casework import Clocks
    from driftvakt_collector.store.incidents import IncidentRow

_ABOUT = """What a supplier was told and answered stands in the timeline: driftvakt incident show INC-12.

  driftvakt incident supplier note INC-12 "Nyckel hos vaktmästaren"
  driftvakt incident supplier accept INC-12     they mended it
  driftvakt incident supplier reopen INC-12     they say so, and it is not
  driftvakt incident supplier cancel INC-12     they need not do anything
"""


def add(nouns: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    """Declare the commands below `driftvakt incident`."""
    handed = _one(
        nouns, "handover", "hand it over to a supplier, with evidence", _handover,
        "Example: driftvakt incident handover INC-12 --to 'S:t Erik' --note 'Ring porten' --data DIR. The running"
        " collector sends it within seconds: it knows what was measured.",
    )  # fmt: skip
    handed.add_argument("--to", required=True, metavar="NAME", help="the supplier: driftvakt supplier list")
    handed.add_argument("--note", default="", metavar="TEXT", help="what you want them to know; it is sent as it is")
    supplier = nouns.add_parser(
        "supplier", help="tell its supplier more, accept what it mended, or open it again", description=_ABOUT,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )  # fmt: skip
    whats = supplier.add_subparsers(required=True, metavar="WHAT")
    for name, about, run in (
        ("accept", "confirm that it is mended", _accept), ("reopen", "say that it is not mended", _reopen),
        ("cancel", "take it back", _cancel), ("note", "tell them more", _note),
    ):  # fmt: skip
        one = _one(whats, name, about, run)
        one.add_argument("--to", default="", metavar="NAME", help="which one, where several have it")
        if name == "note":
            one.add_argument("text", help="what they are told, as it is")
        else:
            one.add_argument("--note", default="", metavar="TEXT", help="what you want them to know")


def _one(
    nouns: "argparse._SubParsersAction[argparse.ArgumentParser]", name: str, about: str,
    run: "Callable[[argparse.Namespace], int]", epilog: str = "",
) -> argparse.ArgumentParser:  # fmt: skip
    parser = nouns.add_parser(name, help=about, description=about, epilog=epilog)
    parser.add_argument("incident", metavar="INC-12", help="its number")
    add_data(parser)
    parser.set_defaults(run=run)
    return parser


def _do(arguments: argparse.Namespace, work: "Callable[[Connection, int, Clocks, float], IncidentRow]") -> int:
    from driftvakt_collector.alert.calendars.book import Calendars
    from driftvakt_collector.desk.incidents import DeskError
    from driftvakt_collector.desk.suppliers import service_time
    from driftvakt_collector.store import plans
    from driftvakt_collector.store.incidents import number_of

    number = number_of(arguments.incident)
    if number is None:
        raise ConfigError(f"{arguments.incident!r} is no incident: write INC-12 or 12")

    def written(connection: "Connection") -> "IncidentRow":
        calendars = Calendars(plans.versions(connection, "calendar"))
        return work(connection, number, lambda one, at: service_time.clock(calendars, one, at), time.time())

    try:
        row = write_store(arguments, written)
    except DeskError as e:
        raise ConfigError(str(e)) from e
    print(shown(f"{row.key}: the collector tells them within seconds; driftvakt incident show {row.key}"))
    return 0


def _handover(arguments: argparse.Namespace) -> int:
    from driftvakt_collector.desk import casework

    return _do(arguments, lambda one, number, _clocks, now: casework.ask(
        one, number, arguments.to, who(), now, arguments.note))  # fmt: skip


def _accept(arguments: argparse.Namespace) -> int:
    return _act(arguments, "accept")


def _reopen(arguments: argparse.Namespace) -> int:
    return _act(arguments, "reopen")


def _cancel(arguments: argparse.Namespace) -> int:
    return _act(arguments, "cancel")


def _act(arguments: argparse.Namespace, what: str) -> int:
    from driftvakt_collector.desk import casework
    from driftvakt_collector.desk.suppliers.handover import Event

    return _do(arguments, lambda one, number, clocks, now: casework.act(
        one, number, Event(what), who(), now, clocks, supplier=arguments.to, note=arguments.note))  # fmt: skip


def _note(arguments: argparse.Namespace) -> int:
    from driftvakt_collector.desk import casework

    return _do(arguments, lambda one, number, _clocks, now: casework.say(
        one, number, arguments.text, who(), now, supplier=arguments.to))  # fmt: skip
