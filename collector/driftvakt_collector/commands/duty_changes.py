"""`driftvakt oncall override | swap | absence`: what differs from a rota for a time."""

import argparse
import time
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

from driftvakt_collector.commands.common import add_data, read_store, shown, who, write_store
from driftvakt_collector.commands.span import USUAL_ZONE, add_span, read_span
from driftvakt_collector.config import ConfigError

if TYPE_CHECKING:
    from driftvakt_collector.alert.oncall.book import RotaBook
    from driftvakt_collector.store.duty import DutyChangeRow

_HELP = {
    "override": "let somebody be on call in the place of another",
    "swap": "let two have each other's shifts",
    "absence": "say that somebody is away: rotas pass them over",
}
_EXAMPLES = {
    "override": "driftvakt oncall override add natverk bo --from 2026-12-24T17:00 --until 2026-12-25T08:00 --data DIR",
    "swap": "driftvakt oncall swap add natverk anna bo --from 2026-12-21 --until 2027-01-03 --data DIR",
    "absence": "driftvakt oncall absence add anna --from 2026-07-06 --until 2026-08-02 --note semester --data DIR",
}


def declare(whats: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    """Declare the commands of each kind below `driftvakt oncall`."""
    for kind, told in _HELP.items():
        command = whats.add_parser(kind, help=f"{told}: add, list, remove", epilog=f"Example: {_EXAMPLES[kind]}")
        hows = command.add_subparsers(required=True, metavar="WHAT")
        adding = hows.add_parser("add", help=told, epilog=f"Example: {_EXAMPLES[kind]}")
        add_data(adding)
        if kind != "absence":
            adding.add_argument("rota", metavar="ROTA")
        adding.add_argument("person", metavar="PERSON", help="who it is about")
        if kind == "swap":
            adding.add_argument("instead", metavar="OTHER", help="with whom they swap")
        if kind == "override":
            adding.add_argument("--instead", default="", metavar="OTHER",
                                help="whose place it is (default: whoever is primary then)")  # fmt: skip
        add_span(adding)
        adding.add_argument("--note", default="", help="why, for those who read it later")
        adding.set_defaults(run=_add, kind=kind)
        listing = hows.add_parser("list", help="show those that are not over")
        add_data(listing)
        listing.add_argument("--all", action="store_true", help="also those that are over or were taken away")
        listing.set_defaults(run=_list, kind=kind)
        removing = hows.add_parser("remove", help="take one away; it stays readable with --all")
        add_data(removing)
        removing.add_argument("number", type=int, metavar="NUMBER", help="as 'list' shows it")
        removing.set_defaults(run=_remove, kind=kind)


def _add(arguments: argparse.Namespace) -> int:
    from driftvakt_collector.alert.oncall import book, days
    from driftvakt_collector.alert.oncall.when import span_words
    from driftvakt_collector.store import duty
    from driftvakt_collector.store.duty import DutyChangeRow

    rotas = read_store(arguments, lambda one: book.load(one, days.load(one)))
    instead, rota, now = getattr(arguments, "instead", ""), getattr(arguments, "rota", ""), time.time()
    _check(arguments, rotas, rota, instead)
    known = rotas.at(now).get(rota)
    zone = known.zone if known else ZoneInfo(USUAL_ZONE)
    begin, end = read_span(arguments, zone)
    row = DutyChangeRow(arguments.kind, rota, arguments.person, instead, begin, end, now, who(), arguments.note[:500])
    number = write_store(arguments, lambda one: duty.add(one, row))
    print(shown(f"{arguments.kind} {number}: {_said(row)}, {span_words(begin, end, zone).en}"))
    after = read_store(arguments, lambda one: book.load(one, days.load(one)))
    for name in [rota] if rota else after.names:
        _tell(after, name, arguments.person if not rota else "", begin, end)
    return 0


def _check(arguments: argparse.Namespace, rotas: "RotaBook", rota: str, instead: str) -> None:
    """Raise ConfigError for who or what is not there."""
    for name in filter(None, (arguments.person, instead)):
        if name not in rotas.people:
            raise ConfigError(f"there is no person {name!r}; known are {', '.join(rotas.people) or 'none yet'}")
    if instead == arguments.person:
        raise ConfigError(f"{instead} can't take their own place: name two people")
    if arguments.kind == "absence":
        return
    if not rotas.people[arguments.person].is_active:
        raise ConfigError(f"{arguments.person} is not active: driftvakt person change {arguments.person} --active")
    if rota not in rotas.names:
        raise ConfigError(f"there is no rota {rota!r}; known are {', '.join(rotas.names) or 'none yet'}")


def _tell(rotas: "RotaBook", name: str, only: str, begin: float, end: float) -> None:
    """Show a rota as it is with the change; where it is one person's absence, only if they are in it."""
    from driftvakt_collector.alert.oncall.when import span_words

    rota = rotas.at(begin).get(name)
    if rota is None or (only and only not in rota.people):
        return
    for shift in rotas.shifts(name, begin, end):
        people = ", ".join(f"{one.person} ({one.why.value})" for one in shift.duties)
        print(shown(f"  {name}  {span_words(shift.begin, shift.end, rota.zone).en}  {people}"))
    for gap in rotas.gaps(name, begin, end):
        if gap.planned or not gap.level:
            print(shown(f"  {name}  {span_words(gap.begin, gap.end, rota.zone).en}  {_empty(gap.level)}"))


def _list(arguments: argparse.Namespace) -> int:
    from driftvakt_collector.alert.oncall.when import span_words
    from driftvakt_collector.store import duty

    since = 0.0 if arguments.all else time.time()
    rows = read_store(arguments, lambda one: duty.load(one, since, removed=arguments.all))
    mine = [row for row in rows if row.kind == arguments.kind]
    if not mine:
        print(f"none; example: {_EXAMPLES[arguments.kind]}")
    for row in mine:
        gone = f"; taken away by {row.removed_by}" if row.removed_at is not None else ""
        when = span_words(row.from_at, row.until_at, ZoneInfo(USUAL_ZONE)).en
        print(shown(f"{row.id:>5}  {when}  {_said(row)}  by {row.made_by}{f': {row.note}' if row.note else ''}{gone}"))
    return 0


def _remove(arguments: argparse.Namespace) -> int:
    from driftvakt_collector.store import duty

    there = read_store(arguments, lambda one: {row.id: row.kind for row in duty.load(one)})
    if there.get(arguments.number) != arguments.kind:
        raise ConfigError(f"there is no {arguments.kind} {arguments.number}: driftvakt oncall {arguments.kind} list")
    row = write_store(arguments, lambda one: duty.remove(one, arguments.number, time.time(), who()))
    print(shown(f"{arguments.kind} {arguments.number} taken away{f': {_said(row)}' if row else ' already'}"))
    return 0


def _said(row: "DutyChangeRow") -> str:
    if row.kind == "absence":
        return f"{row.person} is away"
    if row.kind == "swap":
        return f"{row.person} and {row.instead} have each other's shifts of {row.rota}"
    return f"{row.person} is on call of {row.rota}{f' instead of {row.instead}' if row.instead else ''}"


def _empty(level: int) -> str:
    from driftvakt_collector.alert.oncall.feed import level_words

    return f"NO {level_words(level).en}" if level else "NOBODY"
