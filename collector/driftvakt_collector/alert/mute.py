"""Times in which something is not paged: maintenance, silences; and freezes, in which nothing is changed. Pure.

A freeze holds nothing back: what breaks in it is paged. In it no maintenance is planned, and recurring maintenance in
its scope rests: since nobody works then, what looks like that work is a fault.
"""

from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass
from enum import Enum

from driftvakt_collector.alert import scope as scopes
from driftvakt_collector.alert.alert import Alert
from driftvakt_collector.alert.recurrence import Recurrence
from driftvakt_collector.alert.scope import Scope
from driftvakt_collector.alert.span import Span
from driftvakt_collector.alert.wall_clock import STOCKHOLM, local, zone_of
from driftvakt_collector.alert.words import Words

SILENCE_SECONDS = 2 * 3600.0
"""How long a silence lasts where nobody says otherwise."""
MAX_REASON = 500
_DAY = 86400.0


class Kind(Enum):
    """What sort of time it is."""

    MAINTENANCE = "maintenance"
    SILENCE = "silence"
    FREEZE = "freeze"


MAX_SECONDS = {Kind.MAINTENANCE: 90 * _DAY, Kind.SILENCE: 30 * _DAY, Kind.FREEZE: 92 * _DAY}
"""How long one time may last, by kind; a recurring one 7 days."""


class MuteError(ValueError):
    """It can't be made. The text lists every mistake, each with what to write instead."""


@dataclass(frozen=True)
class Mute:
    """span: the only time, or the first where there is a recurrence. made_by: its owner. id: 0 before it is stored.

    time_zone: of whom it is shown to. ended: when somebody ended it before its time, None for nobody.
    """

    kind: Kind
    scope: Scope
    span: Span
    reason: str
    made_by: str
    made_at: float
    recurrence: Recurrence | None = None
    time_zone: str = STOCKHOLM
    ended: float | None = None
    ended_by: str = ""
    id: int = 0

    def at(self, at: float) -> Span | None:
        """Return the time of it that a moment lies in, cut where it was ended; None for none."""
        if self.ended is not None and at >= self.ended:
            return None
        if self.recurrence is not None:
            found = self.recurrence.at(at)
        elif self.span.holds(at):
            found = self.span
        else:
            return None
        return None if found is None else self._cut(found)

    def between(self, begin: float, end: float) -> Iterator[Span]:
        """Give in order its times that meet those between two moments, cut where it was ended."""
        asked = Span(begin, end)
        times = [self.span] if self.recurrence is None else self.recurrence.between(begin, end)
        for one in times:
            if self.ended is not None and one.begin >= self.ended:
                return
            if (cut := self._cut(one)).meets(asked):
                yield cut

    def last_until(self) -> float | None:
        """Return when its last time ends, None for never."""
        return self.span.end if self.recurrence is None else self.recurrence.last_end()

    def is_over(self, at: float) -> bool:
        """Say if none of its times is now or comes later."""
        last = self.last_until()
        return (self.ended is not None and self.ended <= at) or (last is not None and last <= at)

    def _cut(self, span: Span) -> Span:
        return span if self.ended is None else Span(span.begin, min(span.end, self.ended))


@dataclass(frozen=True)
class Held:
    """Why an alert is held back, and until when if nothing changes."""

    mute: Mute
    until: float
    reason: Words


Running = Sequence[tuple[Mute, Span]]
"""Mutes whose time it is, and that time."""


def check(mute: Mute) -> None:
    """Raise MuteError for a mute that must not be made."""
    wrong = scopes.check(mute.scope, may_be_empty=mute.kind is Kind.FREEZE)
    length = mute.span.end - mute.span.begin
    most = MAX_SECONDS[mute.kind]
    if length <= 0:
        wrong.append("it ends before it begins; write an end after the beginning, or how long it lasts")
    elif length > most:
        wrong.append(f"a {mute.kind.value} lasts at most {most / _DAY:g} days, got {length / _DAY:.3g}")
    if mute.kind is Kind.SILENCE and mute.recurrence is not None:
        wrong.append("a silence does not come again; what does is maintenance: driftvakt maintenance add --every")
    if not mute.reason.strip() or len(mute.reason) > MAX_REASON or not mute.reason.isprintable():
        wrong.append(f"it needs a reason, of at most {MAX_REASON} characters")
    if not mute.made_by.strip() or len(mute.made_by) > 64 or not mute.made_by.isprintable():
        wrong.append("it needs an owner, of at most 64 characters")
    if wrong:
        raise MuteError(f"cannot make the {mute.kind.value}:\n" + "\n".join(f"  - {one}" for one in wrong))


def running(mutes: Iterable[Mute], at: float) -> list[tuple[Mute, Span]]:
    """Return those whose time it is. Who decides about many alerts asks this once."""
    return [(mute, span) for mute in mutes if (span := mute.at(at)) is not None]


def covering(mutes: Iterable[Mute], alert: Alert, at: float, above: Collection[str] = ()) -> list[Held]:
    """Return what holds an alert back at a moment, the one that lasts longest first. above: as in Scope.matches."""
    return holding(running(mutes, at), alert, above)


def holding(now: Running, alert: Alert, above: Collection[str] = ()) -> list[Held]:
    """Return the same, of those that `running` gave."""
    found = [(mute, span) for mute, span in now if mute.scope.matches(alert, above)]
    is_frozen = any(mute.kind is Kind.FREEZE for mute, _ in found)
    held = [
        Held(mute, span.end, _words(mute, span.end))
        for mute, span in found
        if mute.kind is Kind.SILENCE
        or (mute.kind is Kind.MAINTENANCE and not (is_frozen and mute.recurrence is not None))
    ]
    return sorted(held, key=lambda one: (-one.until, one.mute.id))


def frozen(mutes: Iterable[Mute], at: float) -> list[Held]:
    """Return the freezes that are on, to be shown."""
    return [Held(mute, span.end, _words(mute, span.end)) for mute, span in running(mutes, at)
            if mute.kind is Kind.FREEZE]  # fmt: skip


def conflicts(mute: Mute, others: Iterable[Mute]) -> list[tuple[Mute, Span]]:
    """Return which of the others have time and scope in common with a mute's first time, and that time of theirs."""
    return [
        (other, time)
        for other in others
        if other.scope.may_meet(mute.scope)
        for time in list(other.between(*mute.span))[:1]
    ]


def is_forgotten(mute: Mute, at: float) -> bool:
    """Say if a silence is older than a day and has more than a day left: does anybody know of it still?"""
    return (
        mute.kind is Kind.SILENCE and not mute.is_over(at) and at - mute.made_at > _DAY and mute.span.end - at > _DAY
    )  # fmt: skip


def _words(mute: Mute, until: float) -> Words:
    end = f"{local(until, zone_of(mute.time_zone)):%Y-%m-%d %H:%M}"
    if mute.kind is Kind.MAINTENANCE:
        return Words(f"Underhåll till {end}: {mute.reason}", f"Maintenance until {end}: {mute.reason}")
    if mute.kind is Kind.SILENCE:
        return Words(f"Tystat av {mute.made_by} till {end}: {mute.reason}",
                     f"Silenced by {mute.made_by} until {end}: {mute.reason}")  # fmt: skip
    return Words(f"Ändringsstopp till {end}: {mute.reason}", f"Change freeze until {end}: {mute.reason}")
