"""How much anybody may bring: rates a key, and shares of the collector's time that one zone can't take from another."""

from collections.abc import Mapping

_TURN = 0.25
"""Seconds between two looks at who took how much time."""
_FULL = 0.75
"""Part of one core's time above which the collector picks whom it listens to."""
_HALF = 0.5
_SLOW_SECONDS = 10.0
_IDLE = 0.01
"""Part of the time below which a zone asks for nothing."""
MAX_KEYS = 10_000
_LONGEST = 60.0


class Rate:
    """So many a second on average, and `burst` at once: GCRA (ITU-T I.371), which needs one number a key."""

    __slots__ = ("_each", "_slack")

    def __init__(self, per_second: float, burst: int) -> None:
        self._each = 1.0 / per_second
        self._slack = burst / per_second

    def take(self, until: float, now: float, count: int) -> tuple[float, float]:
        """Take `count`. Return the key's new number, and the seconds to wait: 0 when they are within the rate.

        until: the key's number, 0 at first. One who must wait has taken nothing.
        """
        after = max(until, now) + count * self._each
        wait = after - now - self._slack
        return (until, wait) if wait > 0 else (after, 0.0)

    def charge(self, until: float, now: float, count: int) -> float:
        """Return the number of a key that has taken `count`, whether it may or not; it waits a minute at most."""
        return min(max(until, now) + count * self._each, now + self._slack + _LONGEST)


class Keys:
    """The numbers of many keys, bounded: when there are too many, those with nothing to wait for are forgotten."""

    def __init__(self, rate: Rate, limit: int = MAX_KEYS) -> None:
        self._rate = rate
        self._limit = limit
        self._until: dict[str, float] = {}

    def take(self, key: str, now: float, count: int) -> float:
        """Take `count` for a key; return the seconds to wait, 0 for none."""
        self._make_room(key, now)
        self._until[key], wait = self._rate.take(self._until.get(key, 0.0), now, count)
        return wait

    def charge(self, key: str, now: float, count: int) -> None:
        """Count what a key has done already."""
        self._make_room(key, now)
        self._until[key] = self._rate.charge(self._until.get(key, 0.0), now, count)

    def _make_room(self, key: str, now: float) -> None:
        if key not in self._until and len(self._until) >= self._limit:
            self._until = {one: until for one, until in self._until.items() if until > now}
            if len(self._until) >= self._limit:
                # All of them are busy: no key is worth more than another, so the oldest goes.
                del self._until[next(iter(self._until))]

    def waits(self, key: str, now: float) -> float:
        """Return the seconds that a key would have to wait for one more."""
        return self._rate.take(self._until.get(key, 0.0), now, 1)[1]


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
