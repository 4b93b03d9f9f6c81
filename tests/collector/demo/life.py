"""Assets of a small city through a day, for the tests of this folder."""

from collections.abc import Iterator
from datetime import UTC, datetime

from driftvakt_collector.demo import sheet
from driftvakt_collector.demo.asset import Asset, Habit
from driftvakt_collector.demo.city import city
from driftvakt_collector.demo.measured.key import Key
from driftvakt_collector.demo.session import Session, session
from driftvakt_collector.demo.work import Weather, Work

SEED = 7
CITY = city(SEED, 2000)
TUESDAY = datetime(2026, 10, 13, tzinfo=UTC).timestamp() - 7200.0
"""Midnight of a school day in Stockholm, in summer time."""
WEATHER = Weather(SEED, TUESDAY)


def first(habit: Habit, *, healthy: bool = True) -> Asset:
    """Return an asset of a habit; its day is one that it is there."""
    return next(
        asset
        for asset in CITY
        if asset.habit is habit and (asset.fault is None or not healthy) and session(asset, TUESDAY + 11 * 3600.0)
    )


def work(asset: Asset, at: float, pace: float = 1.0) -> Work | None:
    """Return what it has done at a moment, None where it is off."""
    now = session(asset, at)
    return None if now is None else WEATHER.work(asset, now, at, at, pace)


def moments(
    asset: Asset, start: float, hours: float, step: float, weather: Weather = WEATHER
) -> Iterator[tuple[Session, dict[Key, float | None]]]:
    """Yield the session and the numbers of each step at which it runs."""
    keys = sheet.keys(asset)
    for number in range(int(hours * 3600 / step)):
        at = start + number * step
        now = session(asset, at)
        if now is not None:
            values = sheet.values(asset, weather.work(asset, now, at, at))
            yield now, dict(zip(keys, values, strict=True))
