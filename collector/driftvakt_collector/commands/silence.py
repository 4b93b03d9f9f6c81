"""`driftvakt silence`: something that somebody knows of pages nobody for a while."""

import argparse

from driftvakt_collector.commands import muting, scoping
from driftvakt_collector.commands.common import add_data

_KIND = "silence"


def add(commands: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    """Declare the commands."""
    noun = commands.add_parser(
        _KIND, help="let something that somebody knows of page nobody for a while: add, list, end",
        description="A silence has an owner, a reason and an end: two hours where nothing else is said, 30 days at"
        " most. What it holds back is recorded and shown.",
    )  # fmt: skip
    whats = noun.add_subparsers(required=True, metavar="WHAT")
    adding = whats.add_parser(
        "add", help="silence something from now on",
        epilog="Example: driftvakt silence add --host db-7 --rule DiskFull --for 8h --reason 'disk is ordered,"
        " case 4711' --data DIR",
    )  # fmt: skip
    add_data(adding)
    scoping.add(adding)
    muting.add_when(adding, lasts="2h", recurs=False)
    muting.add_why(adding)
    adding.set_defaults(run=_add)
    muting.add_rest(whats, _KIND)


def _add(arguments: argparse.Namespace) -> int:
    muting.tell(arguments, muting.keep(arguments, muting.made(arguments, _KIND, lasts="2h")))
    return 0
