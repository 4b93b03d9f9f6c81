"""How often somebody may try a secret. Counted before the secret is looked at, so that many at once count too."""

from collections import OrderedDict, deque
from ipaddress import IPv6Address, ip_address

FREE = 5
"""Failures of an address before it must wait."""
_FIRST_WAIT = 30.0
_LONGEST_WAIT = 900.0
_FORGET = 3600.0
_ADDRESSES = 10_000
_CROWD = 20
_CROWD_SECONDS = 60.0
_CROWD_PAUSE = 2.0


class Guard:
    """Knows who failed lately. Times are monotonic seconds."""

    def __init__(self) -> None:
        self._failed: OrderedDict[str, tuple[int, float]] = OrderedDict()
        self._lately: deque[float] = deque(maxlen=_CROWD)

    def wait(self, address: str, now: float) -> float:
        """Return the seconds until this address may try again, 0 when it may now."""
        count, last = self._failed.get(network(address), (0, now))
        if count < FREE or now - last > _FORGET:
            return 0.0
        return max(0.0, last + wait_after(count) - now)

    def attempt(self, address: str, now: float) -> None:
        """Count an attempt as failed until `succeeded` says otherwise."""
        key = network(address)
        count, last = self._failed.pop(key, (0, now))
        self._failed[key] = (1 if now - last > _FORGET else count + 1, now)
        self._lately.append(now)
        if len(self._failed) > _ADDRESSES:
            self._failed.popitem(last=False)

    def succeeded(self, address: str) -> None:
        """Forget the failures of this address."""
        self._failed.pop(network(address), None)

    def pause(self, now: float) -> float:
        """Return the seconds that every attempt is held up while many addresses fail at once."""
        crowded = len(self._lately) == _CROWD and now - self._lately[0] < _CROWD_SECONDS
        return _CROWD_PAUSE if crowded else 0.0


def wait_after(count: int) -> float:
    """Return how long to wait after so many failures: 30 s, and twice as long with each further one."""
    if count < FREE:
        return 0.0
    return min(_LONGEST_WAIT, _FIRST_WAIT * 2.0 ** min(count - FREE, 10))


def network(address: str) -> str:
    """Return what counts as one address: whoever has an IPv6 address has its whole /64."""
    try:
        found = ip_address(address)
    except ValueError:
        return "unknown"
    if isinstance(found, IPv6Address):
        return str(found.ipv4_mapped) if found.ipv4_mapped else str(IPv6Address(int(found) >> 64 << 64))
    return str(found)
