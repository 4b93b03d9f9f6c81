"""`driftvakt freeze`: times in which nothing is changed: no maintenance is planned, and everything pages."""

import argparse

from driftvakt_collector.commands import muting, scoping
from driftvakt_collector.commands.common import add_data, shown

_KIND = "freeze"


def add(commands: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    """Declare the commands."""
    noun = commands.add_parser(
        _KIND, help="times in which nothing is changed, as elections and paydays: add, list, end",
        description="In a freeze no maintenance can be planned, and recurring maintenance rests. It holds no alert"
        " back. Without a scope it is of everything.",
    )  # fmt: skip
    whats = noun.add_subparsers(required=True, metavar="WHAT")
    adding = whats.add_parser(
        "add", help="plan a freeze",
        epilog="Examples: driftvakt freeze add --from '2026-12-18 17:00' --to '2027-01-07 08:00' --reason 'over"
        " Christmas' --data DIR · driftvakt freeze add --every 'monthly 25 00:00' --for 24h --service Lön --reason"
        " payday --data DIR",
    )  # fmt: skip
    add_data(adding)
    scoping.add(adding)
    muting.add_when(adding)
    muting.add_why(adding)
    adding.set_defaults(run=_add)
    muting.add_rest(whats, _KIND)


def _add(arguments: argparse.Namespace) -> int:
    from driftvakt_collector.alert import mute as mutes

    freeze = muting.made(arguments, _KIND)
    planned = mutes.conflicts(freeze, muting.known(arguments, "maintenance"))
    freeze = muting.keep(arguments, freeze)
    muting.tell(arguments, freeze)
    for window, span in planned:
        what = "rests in it" if window.recurrence is not None else f"stays: driftvakt maintenance end {window.id}"
        print(shown(f"  {muting.named(window, span)}: {what}"))
    return 0
