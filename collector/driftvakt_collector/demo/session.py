"""When a machine runs: from which start to which end, and if it says goodbye. Decided anew each day by its own dice."""

from datetime import datetime, timedelta
from random import Random
from typing import NamedTuple

from driftvakt_collector.demo.asset import Asset, Fault, Habit
from driftvakt_collector.demo.course import DAY, at, local
from driftvakt_collector.demo.dice import dice

PATCH_DAYS = 28
"""Servers are patched and started again each fourth week, in the small hours."""
_RESTART = 240.0
CRASH_EVERY, CRASH_UP = 1320.0, 1140.0
CUT_EVERY, CUT_SECONDS = 7200.0, 1500.0

_SATURDAY = 5
_WEEKEND = 0.03
_LEFT_ON = 0.06
_UNPLUGGED = 0.01


class Session(NamedTuple):
    """A time of running. clean: it ends with a goodbye. down: the seconds until a machine that restarts is back."""

    boot: float
    end: float
    clean: bool


def session(asset: Asset, t: float) -> Session | None:
    """Return the session that `t` falls into, None where the machine is off."""
    if asset.fault is Fault.CRASHING:
        return _crashing(asset, t)
    if asset.habit is Habit.SERVER:
        return _server(asset, t)
    return _computer(asset, t)


def is_cut(asset: Asset, t: float) -> bool:
    """Say if the line of the asset's place is broken: 25 minutes of each two hours."""
    return asset.place.cut and (t + 3000.0) % CUT_EVERY < CUT_SECONDS


def last_before(asset: Asset, t: float) -> Session | None:
    """Return the last session of a computer that ended before `t`, within two weeks."""
    if asset.class_ == "server":
        return None
    there = local(t)
    for back in range(14):
        found = _of_day(asset, there - timedelta(days=back))
        if found is not None and found.end <= t:
            return found
    return None


def patched(asset: Asset, t: float) -> float:
    """Return when a server's last patch night began."""
    there = local(t)
    back = (there.toordinal() + asset.number) % PATCH_DAYS
    hour = 3.0 + asset.traits.shift
    found = at(there - timedelta(days=back), hour)
    return found if found <= t else at(there - timedelta(days=back + PATCH_DAYS), hour)


def _crashing(asset: Asset, t: float) -> Session | None:
    start = t - (t + asset.number % 600) % CRASH_EVERY
    return Session(start, start + CRASH_UP, clean=False) if t < start + CRASH_UP else None


def _server(asset: Asset, t: float) -> Session | None:
    boot = patched(asset, t) + _RESTART
    if t < boot:
        return None
    # A patch night is never shorter than this before the next; the end itself is looked for when it is near.
    following = patched(asset, boot + PATCH_DAYS * DAY + 2 * 3600.0)
    return Session(boot, following, clean=True)


def _computer(asset: Asset, t: float) -> Session | None:
    there = local(t)
    if dice(asset.number, "left on").random() < _LEFT_ON:
        return _all_week(asset, there, t)
    found = _of_day(asset, there)
    return found if found is not None and found.boot <= t < found.end else None


def _all_week(asset: Asset, there: datetime, t: float) -> Session:
    """One that nobody switches off: it starts again each Monday, when updates are installed."""
    hour = 6.0 + asset.traits.shift
    monday = there - timedelta(days=there.weekday())
    boot = at(monday, hour)
    if boot > t:
        monday -= timedelta(days=7)
        boot = at(monday, hour)
    return Session(boot, at(monday + timedelta(days=7), hour) - _RESTART, clean=True)


def _of_day(asset: Asset, day: datetime) -> Session | None:
    chance = dice(asset.number, day.toordinal())
    here = chance.random() < (_WEEKEND if day.weekday() >= _SATURDAY else _PRESENT[asset.habit])
    first, last = _hours(asset.habit, chance)
    clean = chance.random() >= _UNPLUGGED
    return Session(at(day, first), at(day, last), clean) if here else None


_PRESENT = {Habit.OFFICE: 0.9, Habit.LAPTOP: 0.82, Habit.SCHOOL: 0.85, Habit.LAB: 0.97, Habit.SERVER: 1.0}


def _hours(habit: Habit, chance: Random) -> tuple[float, float]:
    """Return the hours when somebody switches on and off."""
    morning, evening = chance.gauss(0, 1), chance.gauss(0, 1)
    match habit:
        case Habit.LAB:
            return 7.7 + 0.1 * min(2.0, abs(morning)), 16.2 + 0.1 * max(-2.0, min(2.0, evening))
        case Habit.SCHOOL:
            return _within(8.1 + 0.5 * morning, 7, 10), _within(15.3 + 0.6 * evening, 13, 18)
        case Habit.OFFICE:
            return _within(7.8 + 0.6 * morning, 6, 10), _within(16.8 + 0.8 * evening, 14, 20)
        case _:
            return _within(8.3 + 0.8 * morning, 6, 11), _within(17.2 + 1.8 * evening, 13, 23)


def _within(hour: float, least: float, most: float) -> float:
    return max(least, min(most, hour))
