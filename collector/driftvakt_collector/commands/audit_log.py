"""`driftvakt audit`: who did what, and whether the log of it is whole."""

import argparse
import json
import re
import sys
import time
from pathlib import Path

from driftvakt_collector.commands.common import add_data, moment, read_store, shown
from driftvakt_collector.config import ConfigError

_HEAD = re.compile(r"\s*(\d{1,18})[ :]([0-9a-f]{64})\s*")


def add(commands: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    """Declare the commands."""
    audit = commands.add_parser("audit", help="who did what, and whether that log is whole")
    audits = audit.add_subparsers(required=True, metavar="WHAT")
    listing = audits.add_parser("list", help="show the newest entries")
    add_data(listing)
    listing.add_argument("--who", default="", metavar="LOGIN", help="only of this login, or who typed a command")
    listing.add_argument("--what", default="", metavar="WORD", help="only what begins so, as login or incident")
    listing.add_argument("--object", default="", metavar="NAME", help="only what was done to this, as INC-7")
    listing.add_argument("--days", type=float, default=0.0, help="only of so many days (default: all)")
    listing.add_argument("--limit", type=int, default=50, help="how many at most (default: 50)")
    listing.add_argument("--format", choices=("text", "json", "csv"), default="text")
    listing.set_defaults(run=_list)

    verify = audits.add_parser(
        "verify", help="read the whole log; exit code 1 where an entry was changed, taken out or cut off",
        epilog="Keep the line of 'driftvakt audit head' on another machine, and hold the log against it with --head.",
    )  # fmt: skip
    add_data(verify)
    verify.add_argument("--head", metavar="FILE", type=Path, help="a file with an earlier line of 'audit head'")
    verify.set_defaults(run=_verify)

    head = audits.add_parser("head", help="print number and hash of the newest entry, to be kept elsewhere")
    add_data(head)
    head.set_defaults(run=_print_head)


def _list(arguments: argparse.Namespace) -> int:
    from driftvakt_collector.store import audit

    since = time.time() - arguments.days * 86_400.0 if arguments.days > 0 else 0.0
    found = read_store(arguments, lambda one: audit.listed(
        one, max(1, arguments.limit), who=arguments.who, what=arguments.what, object_=arguments.object, since=since
    ))  # fmt: skip
    if arguments.format == "json":
        print(json.dumps([one._asdict() for one in found], ensure_ascii=False, indent=1))
    elif arguments.format == "csv":
        from driftvakt_collector.console.sheet import Sheet, as_csv

        print(as_csv(Sheet("audit", audit.Entry._fields, found)).decode("utf-8-sig"), end="")
    else:
        for one in found:
            detail = "" if one.detail == "{}" else f"  {one.detail}"
            print(shown(f"{one.seq}  {moment(one.at)}  {one.who}  {one.how}  {one.what}  {one.object}{detail}"))
        if not found:
            print("nothing was done that fits this", file=sys.stderr)
    return 0


def _verify(arguments: argparse.Namespace) -> int:
    from driftvakt_collector.store import audit

    kept = None
    if arguments.head is not None:
        try:
            match = _HEAD.fullmatch(arguments.head.read_text("ascii"))
        except (OSError, UnicodeDecodeError) as e:
            raise ConfigError(f"cannot read {arguments.head}: {e}") from e
        if match is None:
            raise ConfigError(f"{arguments.head} holds no line of 'driftvakt audit head'")
        kept = (int(match[1]), match[2])
    found = read_store(arguments, lambda one: audit.verify(one, kept))
    if found.wrong:
        print(f"THE AUDIT LOG IS NOT WHOLE: {found.wrong}; entries 1 to {found.entries} are sound", file=sys.stderr)
        return 1
    print(f"{found.entries} entries, none changed or missing; the newest is {found.head}")
    return 0


def _print_head(arguments: argparse.Namespace) -> int:
    from driftvakt_collector.store import audit

    number, hashed = read_store(arguments, audit.head)
    print(f"{number} {hashed}")
    return 0
