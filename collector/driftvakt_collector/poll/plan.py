"""When a job should run: every so often, or at the times of a cron expression. Pure.

apscheduler's CronTrigger knows which times of the wall clock an expression names. Which moments these are is worked out
here, for the trigger (3.11) names a time that stands twice in autumn again and again, and one that spring leaves out
as if it were there. Its weekdays begin with Monday, those of cron with Sunday.
"""

import re
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import NamedTuple
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from apscheduler.triggers.cron import CronTrigger

EARLY = 60.0
"""Seconds that a run may come before its time: the clocks of machines differ."""
MAX_EXPRESSION = 200
_DAYS = ("sun", "mon", "tue", "wed", "thu", "fri", "sat")
_FIELD = re.compile(r"[0-9a-z*/,-]+")
_CALLED = {
    "@hourly": "0 * * * *", "@daily": "0 0 * * *", "@midnight": "0 0 * * *", "@weekly": "0 0 * * 0",
    "@monthly": "0 0 1 * *", "@yearly": "0 0 1 1 *", "@annually": "0 0 1 1 *",
}  # fmt: skip
_TURN = 3 * 3600.0
"""Seconds around a change of the clock within which a time of the wall clock may be two moments, or none."""


class PlanError(ValueError):
    """It is no plan; the text says why."""


class Slot(NamedTuple):
    """One run. begins, due: the first and last moment at which it is on time, seconds since the epoch.

    They differ where the clock is turned: at 02:30 that comes twice, and at 02:30 that does not come at all, one cron
    runs the job early and another an hour later, and both are right.
    """

    begins: float
    due: float


@dataclass(frozen=True, slots=True)
class Interval:
    """A run every so many seconds after the last one. early: seconds that it may come before."""

    seconds: float
    early: float

    def slot(self, since: float, later_than: float) -> Slot:
        """Return the first run after one at `since` that is due later than that moment."""
        number = max(1, int((later_than - since) // self.seconds) + 1)
        due = since + number * self.seconds
        return Slot(due - self.early, due)

    def shortest(self, _since: float) -> float:
        """Return the seconds between two runs."""
        return self.seconds


class Cron:
    """Runs at the times of an expression. zone: whose wall clock they are of."""

    def __init__(self, expression: str, zone: ZoneInfo) -> None:
        """Raise PlanError for what is no expression, or names no time that ever comes."""
        self.zone = zone
        self._triggers = _triggers(expression)
        if self._after(datetime(2024, 1, 1, tzinfo=UTC)) is None:
            raise PlanError(f"cron {expression!r} names no time that ever comes")

    def slot(self, since: float, later_than: float) -> Slot:
        """Return the first run after one at `since` that is due later than that moment.

        A run that came a little early counts for its time, so the next is sought from a little later.
        """
        moment = max(since + EARLY, later_than)
        wall = self._wall(moment)
        if self._wall(moment - _TURN) + timedelta(seconds=2 * _TURN) != self._wall(moment + _TURN):
            wall -= timedelta(seconds=_TURN)
        while True:
            found = self._after(wall)
            if found is None:
                # The year 9999: the check at the start saw that it comes at all.
                return Slot(float("inf"), float("inf"))
            slot = self._moments(found)
            if slot.begins > since + EARLY and slot.due > later_than:
                return slot
            wall = found + timedelta(seconds=1)

    def shortest(self, since: float) -> float:
        """Return the seconds between the two nearest of the next runs."""
        due, shortest = self.slot(since, since).due, float("inf")
        for _ in range(12):
            following = self.slot(since, due).due
            shortest, due = min(shortest, following - due), following
            if due == float("inf"):
                break
        return max(60.0, shortest)

    def _wall(self, moment: float) -> datetime:
        """Return what the wall clock shows, as if it were UTC: that one is never turned."""
        return datetime.fromtimestamp(moment, self.zone).replace(tzinfo=UTC, fold=0)

    def _after(self, wall: datetime) -> datetime | None:
        found = [one for trigger in self._triggers if (one := trigger.get_next_fire_time(None, wall)) is not None]
        return min(found, default=None)

    def _moments(self, wall: datetime) -> Slot:
        readings = [wall.replace(tzinfo=self.zone, fold=fold).timestamp() for fold in (0, 1)]
        return Slot(min(readings), max(readings))


Plan = Interval | Cron


def zone_of(name: str) -> ZoneInfo:
    """Return a time zone. Raises PlanError for a name that is none."""
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError) as e:
        raise PlanError(f"there is no time zone {name[:64]!r}; write one like Europe/Stockholm or UTC") from e


def _triggers(expression: str) -> list[CronTrigger]:
    """Return what fires at the times of an expression: minute, hour, day of the month, month, weekday."""
    text = expression.strip().lower()
    fields = _CALLED.get(text, text).split()
    if len(fields) != 5 or len(text) > MAX_EXPRESSION or not all(_FIELD.fullmatch(one) for one in fields):
        raise PlanError(
            f"cron {expression[:MAX_EXPRESSION]!r} must have five fields like '30 2 * * 1-5':"
            " minute, hour, day of the month, month, weekday"
        )
    minute, hour, day, month, weekday = fields
    days = [(day, _weekdays(weekday))]
    if not day.startswith("*") and not weekday.startswith("*"):
        # cron takes either then, and not both as the trigger would.
        days = [(day, "*"), ("*", _weekdays(weekday))]
    try:
        return [
            CronTrigger(month=month, day=one, day_of_week=two, hour=hour, minute=minute, timezone=UTC)
            for one, two in days
        ]
    except ValueError as e:
        raise PlanError(f"cron {expression!r}: {e}") from e


def _weekdays(field: str) -> str:
    """Return a field of weekdays by their names, for the trigger counts them from another day than cron."""
    if field == "*":
        return field
    found: set[int] = set()
    for part in field.split(","):
        span, slash, step = part.partition("/")
        first, dash, last = span.partition("-")
        try:
            low = 0 if first == "*" else _weekday(first)
            high = 6 if first == "*" else _weekday(last) if dash else 6 if slash else low
            stride = int(step) if slash else 1
        except ValueError as e:
            raise PlanError(f"cron: {part!r} is no weekday; write 0 to 7 (Sunday is 0 and 7) or sun to sat") from e
        # fri-sun is 5-0 where Sunday is written so; 7 at the end is that Sunday too.
        high = high + 7 if high < low else high
        if stride < 1 or high > 13:
            raise PlanError(f"cron: {part!r} is no range of weekdays")
        found.update(one % 7 for one in range(low, high + 1, stride))
    return ",".join(_DAYS[one] for one in sorted(found))


def _weekday(text: str) -> int:
    if text in _DAYS:
        return _DAYS.index(text)
    if not text.isdecimal() or int(text) > 7:
        raise ValueError(text)
    return int(text)
