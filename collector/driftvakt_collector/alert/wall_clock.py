"""Which moment it is when a wall clock shows a time, also on the nights on which it is turned.

In Stockholm 02:30 does not come on the last Sunday of March, and comes twice on that of October. A time that is left
out is the moment at which the clock jumps over it; of one that comes twice, the first counts. So what follows upon each
other on the wall, as 22:00–02:30 and 02:30–06:00, does so in time: nothing is counted twice and nothing left out.
"""

from datetime import UTC, date, datetime, time, timedelta
from functools import lru_cache
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

STOCKHOLM = "Europe/Stockholm"
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


class ZoneError(ValueError):
    """It is no time zone; the text says what to write."""


@lru_cache(maxsize=64)
def zone_of(name: str) -> ZoneInfo:
    """Return a time zone. Raises ZoneError for a name that is none."""
    try:
        if not 0 < len(name) <= 64:
            raise ValueError(name)
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError) as e:
        raise ZoneError(f"there is no time zone {name[:64]!r}; write one like Europe/Stockholm or UTC") from e


def moment(day: date, minute: int, zone: ZoneInfo) -> float:
    """Return the first moment at which the clock shows that minute of a day, or has jumped over it.

    minute: counted from 00:00 as the wall shows them; 1440 and more are of the days after.
    """
    wall = datetime.combine(day, time()) + timedelta(minutes=minute)
    first = wall.replace(tzinfo=zone).timestamp()
    second = wall.replace(tzinfo=zone, fold=1).timestamp()
    if second >= first:
        return first
    # The clock jumps between the two: with the offset of after it is before the jump, with that of before after it.
    before, after = int(second), int(first)
    old = local(before, zone).utcoffset()
    while after - before > 1:
        middle = (before + after) // 2
        if local(middle, zone).utcoffset() == old:
            before = middle
        else:
            after = middle
    return float(after)


def local(at: float, zone: ZoneInfo) -> datetime:
    """Return what the wall clock shows at a moment. Moments before 1970 are right on every platform."""
    return (_EPOCH + timedelta(seconds=at)).astimezone(zone)


def day_of(at: float, zone: ZoneInfo) -> date:
    """Return the day that it is there."""
    return local(at, zone).date()


def clock(minute: int) -> str:
    """Return a minute of the day as 08:00; 24:00 is the end of the day."""
    return f"{minute // 60:02}:{minute % 60:02}"
