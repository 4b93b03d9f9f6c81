"""`driftvakt oncall`: who is on call now and in the weeks to come, and whether these hold."""

import argparse
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

from driftvakt_collector.commands import duty_changes
from driftvakt_collector.commands.common import add_data, read_store, shown, who, write_store
from driftvakt_collector.commands.span import USUAL_ZONE, read_at, since
from driftvakt_collector.config import ConfigError

if TYPE_CHECKING:
    from driftvakt_collector.alert.oncall.book import RotaBook
    from driftvakt_collector.alert.oncall.shift import Shift

_WEEK = 7 * 86_400.0
_MAX_WEEKS = 104.0
MAX_FILE = 1 << 18


def add(commands: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    """Declare the commands."""
    command = commands.add_parser(
        "oncall", help="who is on call: now, list, show, apply, check, shifts, override, swap, absence, ready, export",
        description="Rotas are files of TOML that are applied; the version that counted at a moment is kept. What"
        " differs for a time is an override, a swap or an absence.",
        epilog="Start: driftvakt oncall apply rota.toml --data DIR, then driftvakt oncall ready --data DIR",
    )  # fmt: skip
    whats = command.add_subparsers(required=True, metavar="WHAT")
    now = whats.add_parser("now", help="show who is on call, and who is next")
    now.set_defaults(run=_now)
    listing = whats.add_parser("list", help="show the rotas")
    listing.set_defaults(run=_list)
    showing = whats.add_parser("show", help="print a rota as it was applied")
    showing.add_argument("rota", metavar="ROTA")
    showing.set_defaults(run=_show)
    applying = whats.add_parser(
        "apply", help="let a rota count as a file says, from now or from a time on",
        epilog="Example of a file: name = \"natverk\" · [[layer]] · people = [\"anna\", \"bo\"] · start = 2026-01-05 ·"
        " every = \"1 week\" · see docs/oncall.md",
    )  # fmt: skip
    applying.add_argument("--from", dest="begin", default="", metavar="TIME", help="since when (default: now)")
    applying.add_argument("--note", default="", help="why, for those who read it later")
    applying.set_defaults(run=_apply)
    checking = whats.add_parser(
        "check", help="say what is wrong with a file, and show four weeks of it; nothing is kept"
    )
    checking.set_defaults(run=_check)
    for one in (applying, checking):
        one.add_argument("file", type=Path, metavar="FILE")
    shifting = whats.add_parser("shifts", help="show who has which shift in the weeks to come, and why")
    shifting.add_argument("rota", metavar="ROTA", nargs="?", default="", help="one of them (default: all)")
    shifting.add_argument("--weeks", type=float, default=4.0, help="how many weeks (default: 4)")
    shifting.set_defaults(run=_shifts)
    readying = whats.add_parser(
        "ready", help="say what is wrong in the weeks to come: gaps, no phone, holidays, too much; ends with 1 if a"
        " page would reach nobody",
    )  # fmt: skip
    readying.add_argument("--weeks", type=float, default=4.0, help="how many weeks (default: 4)")
    readying.add_argument("--language", choices=("sv", "en"), default="en", help="of the findings (default: en)")
    readying.set_defaults(run=_ready)
    exporting = whats.add_parser("export", help="print a rota, or somebody's shifts, as iCalendar")
    exporting.add_argument("name", metavar="NAME", help="of a rota, or of a person")
    exporting.add_argument("--ical", action="store_true", help="as iCalendar, the only form there is yet")
    exporting.set_defaults(run=_export)
    removing = whats.add_parser("remove", help="take a rota away from now on; what it was stays readable")
    removing.add_argument("rota", metavar="ROTA")
    removing.set_defaults(run=_remove)
    for one in (now, listing, showing, applying, checking, shifting, readying, exporting, removing):
        add_data(one)
    for one in (now, listing, shifting, readying, exporting):
        one.add_argument("--at", default="", metavar="TIME", help="as if it were then (default: now)")
    duty_changes.declare(whats)


def _now(arguments: argparse.Namespace) -> int:
    from driftvakt_collector.alert.oncall.feed import level_words
    from driftvakt_collector.alert.oncall.when import moment_words

    book, at = _book(arguments), read_at(arguments, ZoneInfo(USUAL_ZONE))
    if not book.at(at):
        print("no rota counts yet: driftvakt oncall apply FILE")
    for name, rota in book.at(at).items():
        there = [
            f"{_called(book, duty.person)} ({level_words(duty.level).en}, {duty.why.value})"
            for duty in book.duties(name, at)
        ]  # fmt: skip
        print(shown(f"{name:<16}  {', '.join(there) or 'NOBODY'}"))
        following = book.next_on_duty(name, at)
        if following is not None:
            people = ", ".join(_called(book, person) for person in following.people)
            print(shown(f"{'':<16}  next: {people}, {moment_words(following.begin, rota.zone).en}"))
    _tell_broken(book, at)
    return 0


def _list(arguments: argparse.Namespace) -> int:
    book, at = _book(arguments), read_at(arguments, ZoneInfo(USUAL_ZONE))
    for name, rota in book.at(at).items():
        services, zones = ", ".join(rota.services) or "all services", ", ".join(rota.zones) or "all zones"
        print(shown(f"{name:<16}  {rota.title or '-'}  {services}  {zones}  {', '.join(rota.people)}"))
    if not book.at(at):
        print("no rota counts yet: driftvakt oncall apply FILE")
    _tell_broken(book, at)
    return 0


def _show(arguments: argparse.Namespace) -> int:
    from driftvakt_collector.alert.oncall.book import KIND
    from driftvakt_collector.alert.oncall.when import moment_words
    from driftvakt_collector.store import plans

    rows = read_store(arguments, lambda one: plans.versions(one, KIND, arguments.rota))
    if not rows:
        raise ConfigError(f"there is no rota {arguments.rota!r}: driftvakt oncall list")
    for row in rows:
        when = moment_words(row.from_at, ZoneInfo(USUAL_ZONE)).en
        print(shown(f"# version {row.version}, from {when}, by {row.made_by}{f': {row.note}' if row.note else ''}"))
    print("\n".join(shown(line) for line in rows[-1].body.splitlines()) or "# taken away")
    return 0


def _apply(arguments: argparse.Namespace) -> int:
    from driftvakt_collector.alert.oncall.book import KIND
    from driftvakt_collector.alert.oncall.reading import read
    from driftvakt_collector.store import plans

    body, book = read_plan(arguments.file), _book(arguments)
    rota = read(body, _active(book), book.days.named())
    begin, now = since(arguments, rota.zone), time.time()
    row = write_store(
        arguments,
        lambda one: plans.save(
            one, KIND, rota.name, body, from_at=begin, now=now, who=who(), note=arguments.note[:500]
        ),
    )  # fmt: skip
    later = f" from {arguments.begin} on" if arguments.begin else ""
    print(shown(f"{rota.name}: version {row.version} counts{later}"))
    holes = [gap for gap in _book(arguments).gaps(rota.name, begin, begin + 4 * _WEEK) if gap.level == 0]
    if holes:
        print(f"it has {len(holes)} gaps within four weeks: driftvakt oncall ready", file=sys.stderr)
    return 0


def _check(arguments: argparse.Namespace) -> int:
    from driftvakt_collector.alert.oncall.reading import read
    from driftvakt_collector.alert.oncall.shift import gaps, shifts
    from driftvakt_collector.alert.oncall.when import span_words

    book = _book(arguments)
    rota = read(read_plan(arguments.file), _active(book), book.days.named())
    begin = time.time()
    changes = book.changes_of(rota)
    for one in shifts(rota, changes, begin, begin + 4 * _WEEK):
        print(shown(_line(book, one, rota.zone)))
    for gap in gaps(rota, changes, begin, begin + 4 * _WEEK):
        if not gap.level:
            print(shown(f"{span_words(gap.begin, gap.end, rota.zone).en}  NOBODY"))
    print(shown(f"{rota.name} can be applied; nothing was kept"))
    return 0


def _shifts(arguments: argparse.Namespace) -> int:
    book, at = _book(arguments), read_at(arguments, ZoneInfo(USUAL_ZONE))
    if arguments.rota:
        _known(book, arguments.rota)
    for name in [arguments.rota] if arguments.rota else book.names:
        rota = book.at(at).get(name)
        print(shown(f"{name}:"))
        for one in book.shifts(name, at, at + _weeks(arguments) * _WEEK):
            print(shown("  " + _line(book, one, rota.zone if rota else ZoneInfo(USUAL_ZONE))))
    return 0


def _ready(arguments: argparse.Namespace) -> int:
    from driftvakt_collector.alert.alert import Severity
    from driftvakt_collector.alert.oncall.readiness import findings

    book, at = _book(arguments), read_at(arguments, ZoneInfo(USUAL_ZONE))
    found = findings(book, at, at + _weeks(arguments) * _WEEK)
    for one in found:
        print(shown(f"{one.severity.value:<8}  {one.rota:<16}  {one.words.of(arguments.language)}"))
    bad = [one for one in found if one.severity is Severity.CRITICAL]
    if not book.at(at):
        print("no rota counts yet: driftvakt oncall apply FILE")
    print(f"{len(bad)} critical, {len(found)} in all, within {arguments.weeks:g} weeks")
    return 1 if bad or not book.at(at) else 0


def _export(arguments: argparse.Namespace) -> int:
    from driftvakt_collector.alert.oncall.feed import person_feed, rota_feed

    book, at = _book(arguments), read_at(arguments, ZoneInfo(USUAL_ZONE))
    if arguments.name in book.names:
        raw = rota_feed(book, arguments.name, at, "sv")
    elif arguments.name in book.people:
        raw = person_feed(book, book.people[arguments.name], at)
    else:
        raise ConfigError(f"there is no rota and no person {arguments.name!r}: driftvakt oncall list")
    # Lines end with CR LF, which a text stream of Windows would double.
    sys.stdout.write(raw.decode("utf-8").replace("\r\n", "\n") if sys.stdout.isatty() else raw.decode("utf-8"))
    return 0


def _remove(arguments: argparse.Namespace) -> int:
    from driftvakt_collector.alert.oncall.book import KIND
    from driftvakt_collector.store import plans

    now = time.time()
    if arguments.rota not in _book(arguments).at(now):
        raise ConfigError(f"there is no rota {arguments.rota!r}: driftvakt oncall list")
    write_store(arguments, lambda one: plans.save(one, KIND, arguments.rota, "", from_at=now, now=now, who=who()))
    print(shown(f"{arguments.rota} counts no more: driftvakt escalation list shows who leads there"))
    return 0


def read_plan(path: Path) -> str:
    """Return the text of a plan's file. Raises ConfigError."""
    try:
        raw = path.read_bytes()[: MAX_FILE + 1]
        if len(raw) > MAX_FILE:
            raise ConfigError(f"cannot read {path}: it has more than {MAX_FILE} bytes")
        return raw.decode("utf-8")
    except (OSError, UnicodeDecodeError) as e:
        raise ConfigError(f"cannot read {path}: {e}") from e


def _known(book: "RotaBook", name: str) -> None:
    """Raise ConfigError for a rota that is not there."""
    if name not in book.names:
        raise ConfigError(f"there is no rota {name!r}; known are {', '.join(book.names) or 'none yet'}")


def _book(arguments: argparse.Namespace) -> "RotaBook":
    from driftvakt_collector.alert.oncall import book, days

    return read_store(arguments, lambda one: book.load(one, days.load(one)))


def _active(book: "RotaBook") -> set[str]:
    return {name for name, person in book.people.items() if person.is_active}


def _line(book: "RotaBook", shift: "Shift", zone: ZoneInfo) -> str:
    from driftvakt_collector.alert.oncall.when import span_words

    people = ", ".join(
        _called(book, duty.person) + ("" if duty.why.value == "rotation" else f" ({duty.why.value})")
        for duty in shift.duties
    )
    return f"{span_words(shift.begin, shift.end, zone).en}  {people}"


def _called(book: "RotaBook", name: str) -> str:
    person = book.people.get(name)
    return person.called if person else name


def _weeks(arguments: argparse.Namespace) -> float:
    if not 0 < arguments.weeks <= _MAX_WEEKS:
        raise ConfigError(f"'--weeks' must be more than 0, and {_MAX_WEEKS:g} at most, got {arguments.weeks:g}")
    return float(arguments.weeks)


def _tell_broken(book: "RotaBook", at: float) -> None:
    for name, told in book.broken(at).items():
        print(shown(f"{name} can't be read: {told.splitlines()[0]}"), file=sys.stderr)
