"""Shares of the collector's time that one zone can't take from another."""

from collections.abc import Mapping

_TURN = 0.25
"""Seconds between two looks at who took how much time."""
_FULL = 0.75
"""Part of one core's time above which the collector picks whom it listens to."""
_HALF = 0.5
_SLOW_SECONDS = 10.0
_IDLE = 0.01
"""Part of the time below which a zone asks for nothing."""


class Load:
    """Whose lines the collector spends its time on. shares: zone to the part that is its own when all want more."""

    def __init__(self, shares: Mapping[str, float]) -> None:
        self._shares = shares
        self._spent: dict[str, float] = {}
        self._busy: dict[str, float] = {}
        self._total = 0.0
        self._since = 0.0

    def spent(self, zone: str, seconds: float, now: float) -> None:
        """Count time that was spent on a zone."""
        self._spent[zone] = self._spent.get(zone, 0.0) + seconds
        if now - self._since >= _TURN:
            self._turn(now)

    def refuses(self, zone: str, now: float, *, backlog: bool) -> bool:
        """Say if a zone shall come later: with its backlog while we are busy, with all while it takes too much."""
        if now - self._since >= _TURN:
            self._turn(now)
        if self._total < _FULL:
            return False
        if backlog:
            return True
        mine = self._busy.get(zone, 0.0)
        wanted = any(busy > _IDLE for other, busy in self._busy.items() if other != zone)
        return wanted and mine > self._shares.get(zone, 1.0) * _FULL

    def pace(self) -> float:
        """Return the seconds to ask for between two bodies of backlog, 0 for what senders do by themselves."""
        return 0.0 if self._total < _HALF else _SLOW_SECONDS

    def busy(self) -> Mapping[str, float]:
        """Return the part of one core's time that each zone took of late."""
        return self._busy

    def _turn(self, now: float) -> None:
        seconds = now - self._since
        self._since = now
        zones = self._spent.keys() | self._busy.keys()
        # Half of what was, half of what is: a moment's pause is not yet peace.
        self._busy = {
            zone: busy
            for zone in zones
            if (busy := self._busy.get(zone, 0.0) / 2 + self._spent.get(zone, 0.0) / seconds / 2) > _IDLE / 10
        }
        self._spent = {}
        self._total = sum(self._busy.values())
