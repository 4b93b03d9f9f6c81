"""Who may tell how a job went: whoever knows its secret, and not too often. Nobody finds a secret by trying."""

from collections.abc import Callable
from typing import NamedTuple

from driftvakt_collector.rate import Keys, Rate

UNKNOWN = "no job has this address: it was removed or has a new secret, or the address is cut short"
_MISSES = Rate(0.2, 20)
"""Of one address: tries with a secret that is none."""
_CALLS = Rate(0.5, 60)
"""Of one job."""


class Refusal(NamedTuple):
    """status: as in HTTP. wait: seconds until it may try again, 0 for never. result: what it is counted as."""

    status: int
    text: str
    wait: float = 0.0
    result: str = "unknown"


class Gate:
    """Counts who tries and who calls."""

    def __init__(self, now: Callable[[], float]) -> None:
        self._now = now
        self._misses = Keys(_MISSES)
        self._calls = Keys(_CALLS)

    def refusal(self, address: str, origin: str, last: str) -> Refusal | None:
        """Return why a call is not taken. origin: of the job that it is about, empty where there is none.

        last: the address that told of the job last. From an address that tried too often a right secret is answered
        like a wrong one, so that trying on finds nothing; but a job that is known there goes on.
        """
        now = self._now()
        wait = self._misses.waits(address, now)
        if wait > 0 and (not origin or address != last):
            return Refusal(429, "too many wrong addresses were tried from here; come back later", wait, "limited")
        if not origin:
            self._misses.take(address, now, 1)
            return Refusal(404, UNKNOWN)
        wait = self._calls.take(origin, now, 1)
        if wait > 0:
            return Refusal(429, "this job tells too often; come back later", wait, "limited")
        return None
