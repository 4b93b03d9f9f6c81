"""What is measured at a point where the newest values don't tell it: over a window, against what is usual, long ago."""

from math import nan

from driftvakt_collector.alert.rules import functions
from driftvakt_collector.alert.rules.compiled import LOOK_BACK, window_of
from driftvakt_collector.alert.rules.functions import divided
from driftvakt_collector.alert.rules.point import Point, read
from driftvakt_collector.alert.rules.profile import Profile, slot
from driftvakt_collector.alert.rules.rule import COUNTED, Against, Function
from driftvakt_collector.alert.rules.state import HostState
from driftvakt_collector.alert.rules.track import Key, Track


def over_window(state: HostState, now: float, point: Point) -> float:
    """Return a function of the samples of a point's window, NaN where they are too few."""
    track = state.tracks.get(window_of(point.rule))
    if track is None:
        return nan
    value = _of(track, point, point.series, now)
    if value is None:
        return nan
    if not point.rule.per:
        return value
    if point.rule.function not in COUNTED:
        return divided(value, read(state.values, point.per if point.per is not None else -1))
    by = _of(track, point, point.divisor, now)
    return nan if by is None else divided(value, by)


def _of(track: Track, point: Point, key: Key, now: float) -> float | None:
    column = track.column.get(key)
    if column is None:
        return None
    start = now - point.rule.window * 1000.0
    times, values = track.samples(column, track.since(start))
    function = point.rule.function
    if function is Function.RATE:
        return functions.rate(times, values, start, now)
    if function is Function.INCREASE:
        return functions.increase(times, values, start, now)
    if function is Function.FORECAST:
        return functions.forecast(times, values, now, point.rule.ahead)
    if function is Function.AVERAGE:
        return functions.average(values)
    if function is Function.MAX:
        return functions.highest(values)
    if function is Function.MIN:
        return functions.lowest(values)
    return functions.changes(values)


def against_usual(state: HostState, now: float, point: Point) -> float:
    """Return a value against what is usual now, NaN before that is known; the value is learnt from."""
    profile = state.profiles.get(point.key)
    if profile is None:
        profile = state.profiles[point.key] = Profile()
    hour = slot(now, point.rule.time_zone)
    value = read(state.values, point.position)
    if now == state.at:
        profile.learn(hour, value)
    usual = profile.expected(hour)
    return divided(value, usual) if point.rule.against is Against.RATIO else value - usual


def was_there(state: HostState, now: float, point: Point) -> bool:
    """Say if a point's series had a value as long ago as its rule wants."""
    track = state.tracks.get(window_of(point.rule))
    column = None if track is None else track.column.get(point.series)
    if track is None or column is None:
        return False
    return track.was_there(column, now - point.rule.history * 1000.0, LOOK_BACK * 1000.0)
