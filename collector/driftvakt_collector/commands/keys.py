"""`driftvakt api-key`: with what programs read the REST interface."""

import argparse
import re
import sys
import time
from pathlib import Path

from driftvakt_collector.commands.common import add_data, load, moment, read_store, write_private, write_store
from driftvakt_collector.config import ConfigError

_NAME = re.compile(r"[a-z0-9][a-z0-9-]{0,47}")
_MOST_DAYS = 3660


def add(commands: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    """Declare the commands."""
    key = commands.add_parser("api-key", help="make a key with which a program reads /api, list them, revoke one")
    keys = key.add_subparsers(required=True, metavar="WHAT")
    create = keys.add_parser(
        "create", help="make a key; its text is written once and kept nowhere",
        epilog='Then: curl -H "Authorization: Bearer $(cat FILE)" http://127.0.0.1:8180/api/v1/hosts',
    )  # fmt: skip
    add_data(create)
    create.add_argument("name", metavar="NAME", help="what it is for, as billing")
    create.add_argument("--days", type=int, default=365, help="how long it may be used (default: 365)")
    create.add_argument("--may", choices=("read", "lists"), default="read",
                        help="read, or also bring lists for the coverage ledger (default: read)")  # fmt: skip
    create.add_argument("--zone", default="", help="the only zone that it sees, and brings lists of (default: all)")
    create.add_argument("--out", required=True, metavar="FILE", help="file for the key's text, - to print it")
    create.set_defaults(run=_create)

    listing = keys.add_parser("list", help="show every key that is good for something, and until when")
    add_data(listing)
    listing.set_defaults(run=_list)

    revoke = keys.add_parser("revoke", help="make a key useless at once")
    add_data(revoke)
    revoke.add_argument("name", metavar="NAME")
    revoke.set_defaults(run=_revoke)


def _create(arguments: argparse.Namespace) -> int:
    from driftvakt_collector.store import logins, zones

    if not _NAME.fullmatch(arguments.name):
        raise ConfigError("a key's name is 1 to 48 of a-z, 0-9 and '-'")
    if not 1 <= arguments.days <= _MOST_DAYS:
        raise ConfigError(f"'--days' must be 1 to {_MOST_DAYS}, got {arguments.days}")
    known = zones.load(load(arguments).data) if arguments.zone else {}
    if arguments.zone and arguments.zone not in known:
        raise ConfigError(f"there is no zone {arguments.zone!r}; known are {', '.join(sorted(known))}")
    now, seconds = time.time(), arguments.days * 86_400.0
    key = logins.ApiKey(arguments.name, arguments.may, arguments.zone)
    try:
        text = write_store(arguments, lambda one: logins.open_key(one, key, now, seconds))
    except logins.ApiKeyError as e:
        raise ConfigError(f"cannot make the key: {e}") from e
    if arguments.out != "-":
        try:
            write_private(Path(arguments.out), text + "\n")
        except OSError as e:
            # Nobody will ever know its text.
            write_store(arguments, lambda one: logins.close_key(one, key.name))
            raise ConfigError(f"cannot write the key to {arguments.out}: {e.strerror}; no key was made") from e
    where = f" for zone {key.zone} alone" if key.zone else ""
    print(f"made the key {key.name}{where}, good until {moment(now + seconds)}", file=sys.stderr)
    if arguments.out == "-":
        print(text)
    else:
        print(f"its text stands in {arguments.out}", file=sys.stderr)
    return 0


def _list(arguments: argparse.Namespace) -> int:
    from driftvakt_collector.store import logins

    found = read_store(arguments, lambda one: logins.keys(one, time.time()))
    if not found:
        print("there is no key; make one: driftvakt api-key create NAME --out FILE", file=sys.stderr)
    for key, until in found:
        print(f"{key.name:<48} {key.may:<6} {key.zone or 'all zones':<10} until {moment(until)}")
    return 0


def _revoke(arguments: argparse.Namespace) -> int:
    from driftvakt_collector.store import logins

    if not write_store(arguments, lambda one: logins.close_key(one, arguments.name)):
        raise ConfigError(f"there is no key {arguments.name!r}; driftvakt api-key list")
    print(f"revoked {arguments.name}", file=sys.stderr)
    return 0
