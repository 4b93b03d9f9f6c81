"""What is so around an alert at a moment: service hours, what is muted, and what it hangs behind."""

import asyncio
import logging
from collections.abc import Callable, Collection, Mapping, Sequence
from datetime import date
from typing import Protocol

from sqlalchemy import Connection

from driftvakt_collector.alert import mute
from driftvakt_collector.alert.alert import Alert, Change
from driftvakt_collector.alert.calendars.book import Calendars
from driftvakt_collector.alert.calendars.calendar import Calendar
from driftvakt_collector.alert.decision import PERSONAL, Reason, Situation
from driftvakt_collector.alert.mute import Mute, Running
from driftvakt_collector.alert.mute_rows import mutes_of
from driftvakt_collector.alert.oncall.days import SWEDEN, SwedishDays
from driftvakt_collector.alert.oncall.hours import IsRed
from driftvakt_collector.alert.words import Words
from driftvakt_collector.fleet.host import Host
from driftvakt_collector.store import mutes, plans
from driftvakt_collector.store.engine import Store

log = logging.getLogger(__name__)

OFFICE, SCHOOL = "office", "school"
"""Calendars in whose time warnings page and computers run; those of pupils in zone edu."""
_EDU = "edu"
_RUNNING_SECONDS = 1.0
_FOREVER = 1e12


class Watcher(Protocol):
    """Who finds what is silent, and what is to blame."""

    @property
    def muffled(self) -> Mapping[str, int]:
        """By fingerprint of its alerts, how many hosts are silent because of each."""
        ...

    def look(self, now: float, wall: float) -> Sequence[Change]:
        """Return what changed. now: monotonic; wall: seconds since the epoch."""
        ...

    def explain(self, origin: str) -> Reason | None:
        """Return why what is wrong with a host is another's fault, or not sure yet; None where it is its own."""
        ...

    def above(self, origin: str) -> Collection[str]:
        """Return all hosts that a host is reached over."""
        ...


class CalendarDays:
    """The calendars of a store, as on-call asks for them."""

    def __init__(self, calendars: Calendars) -> None:
        self.calendars = calendars
        self._sweden = SwedishDays()

    def named(self) -> Mapping[str, IsRed]:
        """Return by name of each calendar which days are red."""
        found = {name: self.calendars.newest(name) for name in self.calendars.names()}
        return {
            **self._sweden.named(),
            **{name: one.is_red for name, one in found.items() if one is not None},
        }

    def is_open(self, calendar: str, at: float) -> bool:
        """Say whether a calendar is open at a moment. One that is not known is open: that holds nothing back."""
        found = self.calendars.calendar(calendar, at)
        if found is not None:
            return found.is_open(at)
        return self._sweden.is_open(calendar, at) if calendar == SWEDEN else True

    def feast(self, day: date) -> Words | None:
        """Return what a red day or an eve is called, None for any other day."""
        return self._sweden.feast(day)


class Surroundings:
    """store: where calendars and mutes stand. wall: seconds since the epoch."""

    def __init__(self, store: Store, wall: Callable[[], float]) -> None:
        self.watcher: Watcher | None = None
        self.days = CalendarDays(Calendars([]))
        self._store = store
        self._wall = wall
        self._mutes: list[Mute] = []
        self._running: tuple[float, Running] = (0.0, [])
        self._said: set[str] = set()
        store.read(self._read)
        # Holidays take half a second the first time, and nobody should wait for them in the loop.
        self.days.is_open(OFFICE, wall())

    async def refresh(self) -> None:
        """Read what changed in the store."""
        await asyncio.to_thread(self._store.read, self._read)

    def of(self, alert: Alert, at: float) -> Situation:
        """Return what is so around an alert at a moment."""
        watcher = self.watcher
        above = watcher.explain(alert.origin) if watcher is not None and alert.origin else None
        upstream = watcher.above(alert.origin) if watcher is not None and alert.origin and self._mutes else ()
        muted = [
            Reason(one.mute.kind.value, one.reason, one.until)
            for one in mute.holding(self._now_running(at), alert, upstream)
        ]
        office = self.days.calendars.calendar(OFFICE, at)
        if office is None or office.is_open(at):
            return Situation(muted, above)
        return Situation(muted, above, is_open=False, closed=office.why(at), opens=office.opens(at))

    def expects(self, host: Host, at: float) -> bool:
        """Say if a host is meant to run: a person's computer in office hours, a pupil's in those of school."""
        if host.class_ not in PERSONAL:
            return True
        calendar: Calendar | None = self.days.calendars.calendar(SCHOOL if host.zone == _EDU else OFFICE, at)
        return calendar is None or calendar.expects(at)

    def _now_running(self, at: float) -> Running:
        """Return the mutes that run now. Thousands of alerts are decided on in one moment."""
        if not 0.0 <= at - self._running[0] < _RUNNING_SECONDS:
            self._running = (at, mute.running(self._mutes, at))
        return self._running[1]

    def _read(self, connection: Connection) -> None:
        rows = plans.versions(connection, "calendar")
        if rows != self.days.calendars.rows:
            self.days = CalendarDays(Calendars(rows))
            broken = self.days.calendars.broken
            self._say([f"calendar {name}, version {number}: {told}" for (name, number), told in broken.items()])
        self._mutes, wrong = mutes_of(mutes.between(connection, self._wall(), _FOREVER))
        self._running = (0.0, [])
        self._say(wrong)

    def _say(self, told: Collection[str]) -> None:
        for one in told:
            if one not in self._said:
                self._said.add(one)
                log.error("%s", one)
