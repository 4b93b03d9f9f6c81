"""What `driftvakt maintenance`, `silence` and `freeze` share: what they are about, when they are, how they look."""

import argparse
import time
from dataclasses import replace
from typing import TYPE_CHECKING

from driftvakt_collector.commands import scoping
from driftvakt_collector.commands.common import add_data, read_store, shown, who, write_store
from driftvakt_collector.config import ConfigError

if TYPE_CHECKING:
    from driftvakt_collector.alert.mute import Mute
    from driftvakt_collector.alert.recurrence import Recurrence
    from driftvakt_collector.alert.span import Span

ZONE = "Europe/Stockholm"
WHEN = "as '2026-12-01 22:00', 'tomorrow 22:00', 'tue 22:00', 22:00, +2h or now"
_COMING = 4


def add_when(parser: argparse.ArgumentParser, *, lasts: str = "", recurs: bool = True) -> None:
    """Declare when it is. lasts: for how long where nobody says, empty where it must be said."""
    when = parser.add_argument_group("when it is")
    when.add_argument("--from", default="now", dest="begin", metavar="WHEN", help=f"when it begins, {WHEN}")
    when.add_argument(
        "--for", default="", dest="lasts", metavar="TIME",
        help="how long it lasts, as 30m, 4h or 2d" + (f" (default: {lasts})" if lasts else ""),
    )  # fmt: skip
    when.add_argument("--to", default="", dest="end", metavar="WHEN", help="when it ends, instead of --for")
    if recurs:
        when.add_argument("--every", default="", metavar="WHEN",
                          help="when it comes again: 'tue 22:00', 'mon-fri 20:00', 'monthly 2nd tue +1d 20:00', "
                          "'monthly last sun 20:00', 'monthly 25 06:00'")  # fmt: skip
        when.add_argument("--until", default="", metavar="WHEN", help="with --every: none begins from then on")
    when.add_argument("--time-zone", default=ZONE, metavar="ZONE", help=f"whose wall clock is meant (default: {ZONE})")


def add_why(parser: argparse.ArgumentParser) -> None:
    """Declare the reason and the owner."""
    parser.add_argument("--reason", required=True, help="why; it stands wherever something is held back for it")
    parser.add_argument("--owner", default="", help="who answers for it (default: your account)")


def add_rest(whats: "argparse._SubParsersAction[argparse.ArgumentParser]", kind: str) -> None:
    """Declare `list` and `end`."""
    listing = whats.add_parser("list", help="show those of now and of later")
    add_data(listing)
    listing.add_argument("--all", action="store_true", help="also those that are over")
    listing.set_defaults(run=lambda arguments: show(arguments, kind))
    ending = whats.add_parser("end", help="end one now, or take back one that has not begun; it stays in the history")
    add_data(ending)
    ending.add_argument("number", type=int, metavar="NUMBER", help=f"as 'driftvakt {kind} list' shows it")
    ending.set_defaults(run=lambda arguments: end(arguments, kind))


def made(arguments: argparse.Namespace, kind: str, *, lasts: str = "") -> "Mute":
    """Return the mute that the arguments ask for. Raises ConfigError."""
    from driftvakt_collector.alert import mute as mutes
    from driftvakt_collector.alert.span import Span
    from driftvakt_collector.alert.wall_clock import ZoneError, zone_of
    from driftvakt_collector.alert.when import WhenError, moment_of, seconds_of

    now = time.time()
    if arguments.lasts and arguments.end:
        raise ConfigError("say '--for' or '--to', not both")
    lasts = arguments.lasts or ("" if arguments.end else lasts)
    if not lasts and not arguments.end:
        raise ConfigError("say how long it lasts with '--for 4h', or when it ends with '--to'")
    every = getattr(arguments, "every", "")
    if every and not lasts:
        raise ConfigError("with '--every' say how long each time lasts with '--for 4h'")
    if getattr(arguments, "until", "") and not every:
        raise ConfigError("'--until' goes with '--every'; what comes once ends by '--to'")
    try:
        zone = zone_of(arguments.time_zone)
        begin = moment_of(arguments.begin, now, zone)
        end = begin + seconds_of(lasts) if lasts else moment_of(arguments.end, max(now, begin), zone)
        span, repeated = Span(begin, end), None
        if every:
            repeated = _repeated(arguments, span, now)
            span = repeated.first() or span
        owner = arguments.owner.strip() or who()
        mute = mutes.Mute(
            mutes.Kind(kind), scoping.of(arguments), span, arguments.reason.strip(), owner, now, repeated,
            arguments.time_zone,
        )  # fmt: skip
        mutes.check(mute)
    except (WhenError, ZoneError, mutes.MuteError) as e:
        raise ConfigError(str(e)) from e
    return mute


def keep(arguments: argparse.Namespace, mute: "Mute") -> "Mute":
    """Write a mute down; return it with its number."""
    from driftvakt_collector.alert.mute_rows import row_of
    from driftvakt_collector.store import mutes

    return replace(mute, id=write_store(arguments, lambda one: mutes.add(one, row_of(mute))))


def tell(arguments: argparse.Namespace, mute: "Mute") -> None:
    """Say what was understood, and of how many hosts it is."""
    print(shown(f"{mute.kind.value} {mute.id}: {_when(mute)}"))
    if mute.recurrence is not None:
        from driftvakt_collector.alert import when
        from driftvakt_collector.alert.wall_clock import zone_of

        coming = mute.between(mute.span.begin, mute.span.begin + 400 * 86400.0)
        times = [when.shown(one.begin, zone_of(mute.time_zone)) for one, _ in zip(coming, range(_COMING), strict=False)]
        print(shown(f"  next: {', '.join(times)}"))
    print(shown(f"  about {mute.scope.written()}: {scoping.hosts_of(arguments, mute.scope)}"))


def known(arguments: argparse.Namespace, kind: str = "") -> "list[Mute]":
    """Return all mutes, or those of a kind, and say which can't be read."""
    from driftvakt_collector.alert.mute_rows import mutes_of
    from driftvakt_collector.store import mutes

    found, wrong = mutes_of(read_store(arguments, lambda one: mutes.load(one, kind)))
    for text in wrong:
        print(shown(f"! {text}; it holds nothing back"))
    return found


def show(arguments: argparse.Namespace, kind: str) -> int:
    """Show those of a kind, the next to come first."""
    from driftvakt_collector.alert import mute as mutes
    from driftvakt_collector.alert.when import lasting

    now = time.time()
    everything = known(arguments)
    freezes = [one for one in everything if one.kind is mutes.Kind.FREEZE and not one.is_over(now)]
    ours = [one for one in everything if one.kind.value == kind and (arguments.all or not one.is_over(now))]
    if not ours:
        print(f"there is no {kind} now or later: driftvakt {kind} add --help")
    for one in sorted(ours, key=lambda one: (_next(one, now), one.id)):
        over = ", over" if one.is_over(now) and one.ended is None else ""
        print(shown(f"{one.id:>4}  {_when(one, now)}{over}  {one.scope.written()}  {one.reason}  ({one.made_by})"))
        if mutes.is_forgotten(one, now):
            print(f"      ! it is older than a day and has {lasting(one.span.end - now)} left: is it still needed?"
                  f" driftvakt silence end {one.id}")  # fmt: skip
        if one.recurrence is not None and one.kind is mutes.Kind.MAINTENANCE:
            for freeze in freezes:
                if freeze.scope.may_meet(one.scope) and any(one.between(*freeze.span)):
                    print(f"      rests in freeze {freeze.id}, {_when(freeze, now)}")
    return 0


def end(arguments: argparse.Namespace, kind: str) -> int:
    """End one now."""
    from driftvakt_collector.store import mutes

    now = time.time()
    row = read_store(arguments, lambda one: mutes.find(one, arguments.number))
    if row is None:
        raise ConfigError(f"there is no {kind} {arguments.number}: driftvakt {kind} list")
    if row.kind != kind:
        raise ConfigError(f"{row.id} is a {row.kind}: driftvakt {row.kind} end {row.id}")
    if row.ended_at is not None:
        raise ConfigError(f"{kind} {row.id} was ended already, by {shown(row.ended_by)}")
    if row.last_until is not None and row.last_until <= now:
        raise ConfigError(f"{kind} {row.id} is over already: driftvakt {kind} list --all")
    if not write_store(arguments, lambda one: mutes.end(one, row.id, kind, now, who())):
        raise ConfigError(f"{kind} {row.id} was ended by somebody else just now")
    print(f"{kind} {row.id} " + ("is taken back before it began" if row.from_at > now else "ends now"))
    return 0


def named(mute: "Mute", span: "Span") -> str:
    """Return a mute in a sentence: maintenance 3 (new switch), Tue … to …"""
    return f"{mute.kind.value} {mute.id} ({mute.reason}), {_spanned(span, mute.time_zone)}"


def _repeated(arguments: argparse.Namespace, span: "Span", now: float) -> "Recurrence":
    from driftvakt_collector.alert import recurrence
    from driftvakt_collector.alert.wall_clock import zone_of
    from driftvakt_collector.alert.when import moment_of

    zone = zone_of(arguments.time_zone)
    until = moment_of(arguments.until, now, zone) if arguments.until else None
    try:
        return recurrence.read(
            arguments.every, seconds=span.end - span.begin, time_zone=arguments.time_zone, since=span.begin, until=until
        )
    except recurrence.RecurrenceError as e:
        raise ConfigError(f"'--every': {e}") from e


def _next(mute: "Mute", now: float) -> float:
    """Return when the time of it begins that is now or comes next."""
    return next((span.begin for span in mute.between(now, now + 420 * 86400.0)), mute.span.begin)


def _when(mute: "Mute", now: float | None = None) -> str:
    from driftvakt_collector.alert.wall_clock import zone_of
    from driftvakt_collector.alert.when import lasting, shown

    zone = zone_of(mute.time_zone)
    if mute.recurrence is None:
        text = _spanned(mute.span, mute.time_zone)
    else:
        text = f"{mute.recurrence.told().en} for {lasting(mute.recurrence.seconds)}, {mute.time_zone}, from"
        text += f" {shown(mute.span.begin, zone)}"
        if mute.recurrence.until is not None:
            text += f", until {shown(mute.recurrence.until, zone)}"
    if mute.ended is not None:
        text += f", ended {shown(mute.ended, zone)} by {mute.ended_by}"
    elif now is not None and (running := mute.at(now)) is not None:
        text = f"now until {shown(running.end, zone)}" + (f", {text}" if mute.recurrence is not None else "")
    return text


def _spanned(span: "Span", time_zone: str) -> str:
    from driftvakt_collector.alert.wall_clock import zone_of
    from driftvakt_collector.alert.when import lasting, shown

    zone = zone_of(time_zone)
    return f"{shown(span.begin, zone)} to {shown(span.end, zone)} ({lasting(span.end - span.begin)}, {time_zone})"
