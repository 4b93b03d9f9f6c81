"""`driftvakt coverage`: lists of what should be there, and what is not as it should be."""

import argparse
import sys
import time
from pathlib import Path

from driftvakt_collector.commands.common import add_data, load, moment, read_store, shown, who, write_store
from driftvakt_collector.config import ConfigError

_MOST_DAYS = 3660


def add(commands: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    """Declare the commands."""
    from driftvakt_collector.service.coverage import FINDINGS, LISTS

    parser = commands.add_parser(
        "coverage", help="what should be there against what reports: bring lists, see what differs",
        description="Lists of others (contracts, Ansible, DHCP) are held against what reports. What differs is a "
        "finding, with its age and its owner: on the console's page Coverage, here, and in /metrics.",
    )  # fmt: skip
    whats = parser.add_subparsers(required=True, metavar="WHAT")
    bring = whats.add_parser(
        "import", help="bring a list, in the place of the one that had its name",
        epilog="A CSV needs a heading with name, serial, uuid or mac, and may have owner and site.",
    )  # fmt: skip
    add_data(bring)
    bring.add_argument("name", metavar="NAME", help="what the list is called, as contract-2026")
    bring.add_argument("file", metavar="FILE", help="CSV, output of 'ansible-inventory --list', or leases; - for stdin")
    bring.add_argument("--kind", choices=sorted(LISTS), required=True,
                       help="; ".join(f"{kind}: {text}" for kind, text in LISTS.items()))  # fmt: skip
    bring.add_argument("--zone", default="", help="the only zone that it speaks of (default: all)")
    bring.add_argument("--format", default="", help="ansible, leases or csv (default: found out)")
    bring.set_defaults(run=_import)
    lists = whats.add_parser("lists", help="show the lists, and how old they are")
    add_data(lists)
    lists.set_defaults(run=_lists)
    show = whats.add_parser("show", help="show what is not as it should be, the oldest first")
    add_data(show)
    show.add_argument("kind", nargs="?", choices=sorted(FINDINGS), help="this kind alone")
    show.add_argument("--all", action="store_true", help="also what was accepted")
    show.set_defaults(run=_show)
    accept = whats.add_parser("accept", help="say that a finding is all right for a while")
    add_data(accept)
    accept.add_argument("number", metavar="NUMBER", help="the finding's number, as 'coverage show' shows it")
    accept.add_argument("--days", type=int, default=90, help="for how long, 0 to take it back (default: 90)")
    accept.add_argument("--reason", default="", help="why, for whoever asks later; not needed to take it back")
    accept.set_defaults(run=_accept)
    forget = whats.add_parser("forget", help="remove a list")
    add_data(forget)
    forget.add_argument("name", metavar="NAME")
    forget.set_defaults(run=_forget)


def _import(arguments: argparse.Namespace) -> int:
    from driftvakt_collector.service.coverage import LIST_NAME, reading
    from driftvakt_collector.service.coverage.ledger import as_list
    from driftvakt_collector.service.coverage.reading.base import ListError
    from driftvakt_collector.store import coverage, zones

    if not LIST_NAME.fullmatch(arguments.name):
        raise ConfigError("a list's name is 1 to 48 of a-z, 0-9 and '-'")
    config = load(arguments)
    masters = zones.load(config.data)
    if arguments.zone and arguments.zone not in masters:
        raise ConfigError(f"there is no zone {arguments.zone!r}; known are {', '.join(sorted(masters))}")
    try:
        # One byte more than is taken, so that a file without an end is refused and not read.
        with sys.stdin.buffer if arguments.file == "-" else Path(arguments.file).open("rb") as file:
            raw = file.read(reading.MAX_BYTES + 1)
        found = reading.read(raw, arguments.format)
    except OSError as e:
        raise ConfigError(f"cannot read {arguments.file}: {e.strerror}") from e
    except ListError as e:
        raise ConfigError(f"cannot take {arguments.file} as a list: {e}") from e
    profiles = {zone.name: zone.privacy for zone in config.zones}
    private = profiles.get(arguments.zone, "edu" if arguments.zone == "edu" else "full") == "edu"
    info, rows = as_list(
        arguments.name, arguments.kind, arguments.zone, time.time(), who(), found.entries, private=private
    )
    try:
        write_store(arguments, lambda one: coverage.replace(one, info, rows))
    except coverage.ListsError as e:
        raise ConfigError(f"cannot keep {arguments.name}: {e}") from e
    for trouble in found.troubles:
        print(f"left out: {shown(trouble)}", file=sys.stderr)
    twice = f"; {found.twice} stood there twice" if found.twice else ""
    print(f"took {len(rows)} rows as {arguments.name}{twice}. The collector looks within a minute", file=sys.stderr)
    return 0


def _lists(arguments: argparse.Namespace) -> int:
    from driftvakt_collector.store import coverage

    found = read_store(arguments, coverage.lists)
    if not found:
        print("there is no list; bring one: driftvakt coverage import NAME FILE --kind contract", file=sys.stderr)
    for one in found:
        zone = one.zone or "all zones"
        print(f"{one.name:<32} {one.kind:<9} {zone:<10} {one.rows:>7} rows  {moment(one.at)} by {one.who}")
    return 0


def _show(arguments: argparse.Namespace) -> int:
    from driftvakt_collector.service.coverage import FINDINGS
    from driftvakt_collector.store import coverage

    now = time.time()
    found = read_store(arguments, lambda one: coverage.findings(one, arguments.kind or ""))
    told = [row for row in found if arguments.all or row.accepted <= now]
    for row in told:
        accepted = f" [accepted by {row.who} until {moment(row.accepted)}: {row.reason}]" if row.accepted > now else ""
        print(
            f"{row.number}  {FINDINGS[row.kind][0]:<11} {shown(row.subject):<28} {shown(row.owner):<24}"
            f" since {moment(row.since)}  {shown(row.text)}{shown(accepted)}"
        )
    if not told:
        print("nothing differs, as far as the lists tell", file=sys.stderr)
    return 0


def _accept(arguments: argparse.Namespace) -> int:
    from driftvakt_collector.store import coverage

    if not 0 <= arguments.days <= _MOST_DAYS:
        raise ConfigError(f"'--days' must be 0 to {_MOST_DAYS}, got {arguments.days}")
    if arguments.days and not arguments.reason.strip():
        raise ConfigError("say why with '--reason', for whoever asks later")
    until = time.time() + arguments.days * 86_400.0 if arguments.days else 0.0
    if not write_store(
        arguments, lambda one: coverage.accept(one, arguments.number, until, who(), arguments.reason[:500])
    ):
        raise ConfigError(f"there is no finding {arguments.number!r}; driftvakt coverage show")
    return 0


def _forget(arguments: argparse.Namespace) -> int:
    from driftvakt_collector.store import coverage

    if not write_store(arguments, lambda one: coverage.forget(one, arguments.name)):
        raise ConfigError(f"there is no list {arguments.name!r}; driftvakt coverage lists")
    return 0
