"""How much anybody may bring or ask for: rates, one number a key."""

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
