"""`driftvakt calendar`: when something is open, in versions; what counted in the past can be reckoned again."""

import argparse
import time
from datetime import date, timedelta
from pathlib import Path
from typing import TYPE_CHECKING

from driftvakt_collector.commands.common import add_data, read_store, shown, who, write_store
from driftvakt_collector.config import ConfigError

if TYPE_CHECKING:
    from driftvakt_collector.alert.calendars.book import Calendars
    from driftvakt_collector.alert.calendars.calendar import Calendar

_ZONE = "Europe/Stockholm"
_WHEN = "as '2026-12-24 10:00', 'tomorrow 08:00' or now"
_SOON = 120 * 86400.0
"""Seconds before the end of the last term at which we ask for the next."""


def add(commands: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    """Declare the commands."""
    noun = commands.add_parser(
        "calendar", help="when something is open: office hours, holidays, terms, standby; in versions",
        description="Calendars say when a service is open, when somebody is paged and when a PC is expected to be on."
        " Five are shipped; a file of yours with the name of one takes its place. See docs/calendars.md.",
    )  # fmt: skip
    whats = noun.add_subparsers(required=True, metavar="WHAT")
    listing = whats.add_parser("list", help="show the calendars, and which are open now")
    add_data(listing)
    listing.set_defaults(run=_list)
    show = whats.add_parser("show", help="print a calendar as TOML, to be edited and applied",
                            epilog="Example: driftvakt calendar show office --data DIR >office.toml")  # fmt: skip
    add_data(show)
    show.add_argument("name", metavar="NAME")
    show.add_argument("--version", type=int, metavar="NUMBER", help="an older or later version")
    show.set_defaults(run=_show)
    apply = whats.add_parser(
        "apply", help="let a file count as the next version of a calendar",
        epilog="Example: driftvakt calendar apply office.toml --note 'longer days' --data DIR",
    )  # fmt: skip
    add_data(apply)
    apply.add_argument("file", type=Path, metavar="FILE", help="TOML; its name is the calendar's")
    apply.add_argument("--name", default="", help="what the calendar is called, where the file has another name")
    apply.add_argument(
        "--from", default="now", dest="begin", metavar="WHEN",
        help=f"since when it counts, {_WHEN}; in the past it corrects what is reckoned of the past",
    )  # fmt: skip
    apply.add_argument("--note", default="", help="what changed, and who decided it")
    apply.set_defaults(run=_apply)
    check = whats.add_parser("check", help="read a file, say what is wrong with it, or which hours it means")
    check.add_argument("file", type=Path, metavar="FILE")
    check.set_defaults(run=_check)
    history = whats.add_parser("history", help="show the versions of a calendar")
    add_data(history)
    history.add_argument("name", metavar="NAME")
    history.set_defaults(run=_history)
    remove = whats.add_parser("remove", help="take a calendar away from now on; a shipped one counts again")
    add_data(remove)
    remove.add_argument("name", metavar="NAME")
    remove.set_defaults(run=_remove)
    test = whats.add_parser(
        "test", help="say if a calendar is open at a moment, why, and until when",
        epilog="Example: driftvakt calendar test office --at '2026-12-24 10:00' --data DIR",
    )  # fmt: skip
    add_data(test)
    test.add_argument("name", metavar="NAME")
    test.add_argument("--at", default="now", metavar="WHEN", help=_WHEN)
    test.add_argument("--days", type=int, default=7, help="days that are shown, 1 to 366 (default: 7)")
    test.set_defaults(run=_test)
    holidays = whats.add_parser("holidays", help="show the red days, eves and half days of a year")
    holidays.add_argument("year", type=int, metavar="YEAR")
    holidays.set_defaults(run=_holidays)


def _list(arguments: argparse.Namespace) -> int:
    from driftvakt_collector.alert.wall_clock import zone_of
    from driftvakt_collector.alert.when import shown as moment
    from driftvakt_collector.store import plans

    now = time.time()
    book = _book(arguments)
    for name in book.names():
        calendar = book.calendar(name, now)
        row = plans.at([one for one in book.rows if one.name == name], now).get(name)
        source = f"version {row.version}" if row is not None and row.body else "shipped"
        if calendar is None:
            print(f"{name:<16} counts for nothing now: driftvakt calendar history {name}")
            continue
        print(shown(f"{name:<16} {source:<11} {calendar.title.en:<24} {calendar.why(now).en}"))
        for later in book.rows:
            if later.name == name and later.from_at > now:
                what = "counts" if later.body else "takes it away"
                print(f"{'':<16} version {later.version} {what} from {moment(later.from_at, zone_of(_ZONE))}")
        if (ends := _ends(calendar, now)) is not None:
            print(f"{'':<16} ! its last term ends {ends}: add the next one")
    for (name, version), text in sorted(book.broken.items()):
        print(f"! version {version} of {shown(name)} can't be read, and the one before it counts: {shown(text)}")
    return 0


def _show(arguments: argparse.Namespace) -> int:
    from driftvakt_collector.alert.calendars import book as books
    from driftvakt_collector.store import plans

    book = _book(arguments)
    rows = [one for one in book.rows if one.name == arguments.name]
    if arguments.version is not None:
        rows = [one for one in rows if one.version == arguments.version]
        if not rows:
            raise ConfigError(
                f"there is no version {arguments.version} of {arguments.name}: driftvakt calendar history"
            )
        text = rows[0].body
    else:
        _known(book, arguments.name)
        found = plans.at(rows, time.time()).get(arguments.name)
        text = found.body if found is not None else ""
    if not text and arguments.name in books.SHIPPED:
        text = books.shipped_text(arguments.name)
    print(text.rstrip("\n") or f"# {arguments.name} was taken away")
    return 0


def _apply(arguments: argparse.Namespace) -> int:
    from driftvakt_collector.alert.calendars.book import KIND
    from driftvakt_collector.alert.wall_clock import zone_of
    from driftvakt_collector.alert.when import shown as moment
    from driftvakt_collector.store import plans

    now = time.time()
    text, calendar = _read(arguments.file, arguments.name)
    begin = _moment(arguments.begin, now)
    if len(arguments.note) > 500 or not arguments.note.isprintable():
        raise ConfigError("'--note' is at most 500 characters that can be printed")
    rows = read_store(arguments, lambda one: plans.versions(one, KIND, calendar.name))
    if rows and rows[-1].body == text and rows[-1].from_at <= begin:
        print(f"{calendar.name}: version {rows[-1].version} says the same already; nothing was changed")
        return 0
    row = write_store(
        arguments,
        lambda one: plans.save(
            one, KIND, calendar.name, text, from_at=begin, now=now, who=who(), note=arguments.note
        ),
    )  # fmt: skip
    print(f"{calendar.name}: version {row.version} counts from {moment(begin, zone_of(_ZONE))}")
    if begin < now:
        print("  it is in the past: what is reckoned of that time follows this version from now on")
    _week(calendar, now, 7)
    return 0


def _check(arguments: argparse.Namespace) -> int:
    _, calendar = _read(arguments.file, "")
    now = time.time()
    print(shown(f"{arguments.file} is fine: {calendar.title.en}, {calendar.time_zone}"))
    _week(calendar, now, 14)
    if (ends := _ends(calendar, now)) is not None:
        print(f"! its last term ends {ends}: add the next one")
    return 0


def _history(arguments: argparse.Namespace) -> int:
    from driftvakt_collector.alert.calendars.book import SHIPPED
    from driftvakt_collector.alert.wall_clock import zone_of
    from driftvakt_collector.alert.when import shown as moment

    book = _book(arguments)
    _known(book, arguments.name)
    if arguments.name in SHIPPED:
        print("shipped    counts before all others")
    zone = zone_of(_ZONE)
    for row in book.rows:
        if row.name == arguments.name:
            what = "" if row.body else "  taken away"
            what += "  can't be read" if (row.name, row.version) in book.broken else ""
            print(shown(f"version {row.version:<3}counts from {moment(row.from_at, zone)}; written"
                        f" {moment(row.made_at, zone)} by {row.made_by}{what}  {row.note}"))  # fmt: skip
    return 0


def _remove(arguments: argparse.Namespace) -> int:
    from driftvakt_collector.alert.calendars.book import KIND, SHIPPED
    from driftvakt_collector.store import plans

    rows = read_store(arguments, lambda one: plans.versions(one, KIND, arguments.name))
    if not rows or not rows[-1].body:
        raise ConfigError(f"there is no calendar {arguments.name!r} of yours: driftvakt calendar list")
    now = time.time()
    write_store(arguments, lambda one: plans.save(one, KIND, arguments.name, "", from_at=now, now=now, who=who()))
    after = "; the shipped one counts again" if arguments.name in SHIPPED else ""
    print(f"{arguments.name} is taken away from now on{after}; its versions stay in the history")
    return 0


def _test(arguments: argparse.Namespace) -> int:
    from driftvakt_collector.alert.when import shown as moment

    if not 1 <= arguments.days <= 366:
        raise ConfigError(f"'--days' must be 1 to 366, got {arguments.days}")
    book = _book(arguments)
    _known(book, arguments.name)
    at = _moment(arguments.at, time.time())
    calendar = book.calendar(arguments.name, at)
    if calendar is None:
        raise ConfigError(f"{arguments.name} did not count then: driftvakt calendar history {arguments.name}")
    why = calendar.why(at)
    print(shown(f"{moment(at, calendar.zone)}  {why.en} · {why.sv}"))
    following = calendar.closes(at) if calendar.is_open(at) else calendar.opens(at)
    if following is not None:
        print(f"  it {'closes' if calendar.is_open(at) else 'opens'} {moment(following, calendar.zone)}")
    _week(calendar, at, arguments.days)
    return 0


def _holidays(arguments: argparse.Namespace) -> int:
    from driftvakt_collector.alert.calendars.holidays import (
        FIRST_YEAR,
        HALF_DAYS,
        LAST_YEAR,
        half_days,
        holidays,
    )

    if not FIRST_YEAR <= arguments.year <= LAST_YEAR:
        raise ConfigError(f"the year must be {FIRST_YEAR} to {LAST_YEAR}, got {arguments.year}")
    lines = [(day, one.sort.value, one.name) for day, one in holidays(arguments.year).items()]
    lines += [(day, "half day", HALF_DAYS[name]) for day, names in half_days(arguments.year).items() for name in names]
    for day, sort, name in sorted(lines, key=lambda one: (one[0], one[1])):
        print(f"{day:%Y-%m-%d %a}  {sort:<8}  {name.sv} · {name.en}")
    return 0


def _book(arguments: argparse.Namespace) -> "Calendars":
    from driftvakt_collector.alert.calendars.book import KIND, Calendars
    from driftvakt_collector.store import plans

    return Calendars(read_store(arguments, lambda one: plans.versions(one, KIND)))


def _known(book: "Calendars", name: str) -> None:
    if name not in book.names():
        raise ConfigError(f"there is no calendar {name!r}; there are {', '.join(book.names())}")


def _read(path: Path, name: str) -> "tuple[str, Calendar]":
    """Return the text of a file, and its calendar. Raises ConfigError."""
    from driftvakt_collector.alert.calendars.calendar import PlanError
    from driftvakt_collector.alert.calendars.reading import MAX_TEXT, read
    from driftvakt_wire.envelope import is_id

    name = name or path.stem
    if not is_id(name):
        raise ConfigError(f"{name[:64]!r} is no name for a calendar: 1 to 64 of a-z, 0-9 and '-'; give one with --name")
    try:
        with path.open("rb") as file:
            text = file.read(4 * MAX_TEXT + 1).decode("utf-8")
        return text, read(text, name)
    except (OSError, UnicodeDecodeError) as e:
        raise ConfigError(f"cannot read {path}: {e}") from e
    except PlanError as e:
        raise ConfigError(str(e)) from e


def _moment(text: str, now: float) -> float:
    from driftvakt_collector.alert.wall_clock import zone_of
    from driftvakt_collector.alert.when import WhenError, moment_of

    try:
        return moment_of(text, now, zone_of(_ZONE))
    except WhenError as e:
        raise ConfigError(str(e)) from e


def _ends(calendar: "Calendar", now: float) -> date | None:
    """Return when the last term ends, where that is soon or was; None for else."""
    from driftvakt_collector.alert.wall_clock import day_of

    last = max((term.last for term in calendar.rules.terms), default=None)
    return last if last is not None and last < day_of(now + _SOON, calendar.zone) else None


def _week(calendar: "Calendar", at: float, days: int) -> None:
    """Print the hours of some days."""
    from driftvakt_collector.alert.wall_clock import day_of, local, moment

    day = day_of(at, calendar.zone)
    for _ in range(days):
        begin, end = (moment(day + timedelta(days=one), 0, calendar.zone) for one in (0, 1))
        spans = calendar.spans(begin, end)
        ends = ((local(one, calendar.zone) for one in span) for span in spans)
        hours = ", ".join(f"{first:%H:%M}–{'24:00' if last.date() > day else f'{last:%H:%M}'}" for first, last in ends)
        plan = calendar.plan(day)
        reasons = [plan.why.en] if plan.why is not None else []
        reasons += [reason.en for _, reason in (*plan.opened, *plan.closed) if reason.en not in reasons]
        print(shown(f"  {day:%a %Y-%m-%d}  {hours or 'closed':<13}  {', '.join(dict.fromkeys(reasons))}".rstrip()))
        day += timedelta(days=1)
