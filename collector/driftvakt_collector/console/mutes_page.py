"""Maintenance, silences and freezes: what holds pages back now and later, and how one is made from a form. Pure."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from driftvakt_collector.alert import mute as mutes
from driftvakt_collector.alert.mute import Kind, Mute, MuteError
from driftvakt_collector.alert.scope import Scope
from driftvakt_collector.alert.span import Span
from driftvakt_collector.alert.wall_clock import STOCKHOLM, zone_of
from driftvakt_collector.alert.when import WhenError, lasting, moment_of, seconds_of, shown
from driftvakt_collector.fleet.host import Host

_YEAR = 420 * 86_400.0
_MOST = 300
TITLES = {Kind.SILENCE: "Silence", Kind.MAINTENANCE: "Maintenance", Kind.FREEZE: "Freeze"}


@dataclass(frozen=True)
class MuteLine:
    """One. when: in words. hosts: how many it is about now, None for a freeze. forgotten: whether it may be so."""

    number: int
    kind: str
    word: str
    when: str
    about: str
    hosts: int | None
    reason: str
    by: str
    is_now: bool
    forgotten: bool


@dataclass(frozen=True)
class MutesView:
    """The page. lines: what is on now first. sites, administrations: to choose from. told: the form as it was sent."""

    lines: Sequence[MuteLine]
    sites: Sequence[str]
    administrations: Sequence[str]
    told: Mapping[str, str]
    trouble: str = ""
    broken: Sequence[str] = ()


def build(
    found: Iterable[Mute], broken: Sequence[str], hosts: Sequence[Host], now: float, told: Mapping[str, str],
    trouble: str = "",
) -> MutesView:  # fmt: skip
    """Return the page. now: seconds since the epoch."""
    there = [one for one in found if not one.is_over(now)]
    lines = [_line(one, hosts, now) for one in sorted(there, key=lambda one: (_next(one, now), one.id))]
    return MutesView(
        sorted(lines, key=lambda one: not one.is_now), sorted({one.site for one in hosts if one.site}),
        sorted({one.administration for one in hosts if one.administration}), told, trouble, broken,
    )  # fmt: skip


def read(fields: Mapping[str, str], hosts: Iterable[Host], who: str, now: float) -> Mute:
    """Return the mute that a form asks for. Raises MuteError with what to write instead."""
    kind = {"silence": Kind.SILENCE, "maintenance": Kind.MAINTENANCE}.get(fields.get("kind", ""))
    if kind is None:
        raise MuteError("choose silence or maintenance")
    zone = zone_of(STOCKHOLM)
    try:
        begin = moment_of(fields.get("from", "").strip() or "now", now, zone)
        length = seconds_of(fields.get("for", "").strip() or "2h")
    except WhenError as e:
        raise MuteError(str(e)) from e
    name = fields.get("host", "").strip()
    origins: tuple[str, ...] = ()
    if name:
        fitting = sorted(one.origin for one in hosts if name in (one.name, one.origin))
        if not fitting:
            raise MuteError(f"there is no host {name[:100]!r}")
        origins = tuple(fitting)
    scope = Scope(
        site=fields.get("site", "").strip(), administration=fields.get("administration", "").strip(), origins=origins,
        below=bool(origins) and fields.get("below", "") == "1",
    )  # fmt: skip
    made = Mute(kind, scope, Span(begin, begin + length), fields.get("reason", "").strip(), who, now)
    mutes.check(made)
    if not any(scope.is_of(one) for one in hosts):
        raise MuteError(f"no host is of {scope.written()}: it would hold nothing back")
    return made


def _line(one: Mute, hosts: Sequence[Host], now: float) -> MuteLine:
    zone, running = zone_of(one.time_zone), one.at(now)
    if running is not None:
        when = f"now until {shown(running.end, zone)}, {lasting(max(round((running.end - now) / 60.0), 1) * 60.0)} more"
    elif one.recurrence is None:
        when = f"{shown(one.span.begin, zone)} to {shown(one.span.end, zone)}"
    else:
        begin = _next(one, now)
        when = f"next {shown(begin, zone)}, for {lasting(one.recurrence.seconds)}"
    if one.recurrence is not None:
        when += f"; {one.recurrence.told().en}"
    count = None if one.kind is Kind.FREEZE else sum(one.scope.is_of(host) for host in hosts)
    return MuteLine(
        one.id, one.kind.value, TITLES[one.kind], when, one.scope.written() or "everything", count, one.reason,
        one.made_by, running is not None, mutes.is_forgotten(one, now),
    )  # fmt: skip


def _next(one: Mute, now: float) -> float:
    """Return when the time of it begins that is now or comes next."""
    return next((span.begin for span in one.between(now, now + _YEAR)), one.span.begin)
