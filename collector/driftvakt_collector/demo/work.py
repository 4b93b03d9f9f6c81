"""What a machine has done since its start, as a few integrals that every counter is a sum of."""

from dataclasses import dataclass

from driftvakt_collector.demo.asset import Asset, Fault, Habit
from driftvakt_collector.demo.course import DAY, LESSONS, NIGHT, OFFICE, Bursts, Course, Square
from driftvakt_collector.demo.session import PATCH_DAYS, Session

BUSIEST = 0.9
"""The largest share of its processors that a machine uses when all comes together."""

_MONTHS = 4 * PATCH_DAYS * DAY
_SPREAD = 60000.0
"""Seconds by which the bursts of two machines are apart at most."""


@dataclass(slots=True)
class Work:
    """A machine at the moment `at`, by its own clock; `day` is the same moment in the life of the city (see Pace).

    up: seconds since its start. The rest in pairs: seconds of full work since then, and the share of full work now.
    rhythm: people; bursts: lumps; night: backup; trouble: what a fault adds. busy: all of it as the processors see it.
    averages: busy over the last 1, 5 and 15 minutes.
    """

    at: float
    day: float
    up: float
    pace: float
    rhythm: float
    rhythm_now: float
    bursts: float
    bursts_now: float
    night: float
    night_now: float
    trouble: float
    trouble_now: float
    busy: float
    busy_now: float
    averages: tuple[float, float, float]

    @property
    def boot(self) -> float:
        """When it started, by its own clock."""
        return self.at - self.up

    def ago(self, moment: float) -> float:
        """Return a moment in the life of the city by the machine's own clock."""
        return self.at - (self.day - moment) / self.pace


class Weather:
    """The courses that all assets share. start: about when the demo begins."""

    def __init__(self, seed: int, start: float) -> None:
        since = start - start % 3600.0 - _MONTHS
        self._office = Course(OFFICE, 0.05, since)
        self._lessons = Course(LESSONS, 0.03, since)
        self._night = Course(NIGHT, 1.0, since)
        self._bursts = Bursts(seed)
        self._runaway = Square(3 * 3600.0, 2400.0)

    def work(self, asset: Asset, session: Session, day: float, at: float, pace: float = 1.0) -> Work:
        """Return what the asset has done in its session until `day`. at: the same moment by its own clock."""
        course = self._lessons if asset.place.zone == "edu" and asset.habit is not Habit.LAPTOP else self._office
        boot = session.boot
        shift = asset.traits.shift * _SPREAD
        rhythm = course.total(day) - course.total(boot)
        bursts = self._bursts.total(day + shift) - self._bursts.total(boot + shift)
        night = night_now = trouble = trouble_now = 0.0
        if asset.habit is Habit.SERVER:
            night = self._night.total(day) - self._night.total(boot)
            night_now = self._night.rate(day)
        if asset.fault is Fault.BUSY:
            late = asset.number % 10800
            trouble = self._runaway.total(day + late) - self._runaway.total(boot + late)
            trouble_now = self._runaway.rate(day + late)
        up = day - boot
        rhythm_now, bursts_now = course.rate(day), self._bursts.rate(day + shift)
        busy_now = _busy(asset, 1.0, rhythm_now, bursts_now, night_now, trouble_now)
        one, five, fifteen = (self._average(course, asset, boot, day, span) or busy_now for span in (60, 300, 900))
        return Work(
            at, day, up / pace, pace, rhythm / pace, rhythm_now, bursts / pace, bursts_now, night / pace, night_now,
            trouble / pace, trouble_now, _busy(asset, up, rhythm, bursts, night, trouble) / pace, busy_now,
            (one, five, fifteen),
        )  # fmt: skip

    def _average(self, course: Course, asset: Asset, boot: float, day: float, seconds: float) -> float:
        shift = asset.traits.shift * _SPREAD
        since = max(boot, day - seconds)
        span = day - since
        if span <= 0:
            return 0.0
        rhythm = course.total(day) - course.total(since)
        bursts = self._bursts.total(day + shift) - self._bursts.total(since + shift)
        night = self._night.total(day) - self._night.total(since) if asset.habit is Habit.SERVER else 0.0
        trouble = 0.0
        if asset.fault is Fault.BUSY:
            late = asset.number % 10800
            trouble = self._runaway.total(day + late) - self._runaway.total(since + late)
        return _busy(asset, span, rhythm, bursts, night, trouble) / span


def _busy(asset: Asset, up: float, rhythm: float, bursts: float, night: float, trouble: float) -> float:
    """Return the work of the processors; at full rates and the largest bursts it stays below BUSIEST."""
    traits = asset.traits
    quiet = 0.005 + 0.03 * traits.quiet
    people = 0.05 + 0.2 * traits.busy
    lumps = 0.01 + 0.03 * traits.burst
    backup = 0.05 + 0.1 * traits.night
    own = quiet * up + people * rhythm + lumps * bursts + backup * night
    # A runaway program leaves the others less.
    return 0.5 * own + 0.6 * trouble if asset.fault is Fault.BUSY else own
