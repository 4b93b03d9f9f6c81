"""Several ways to the collector: the next is tried at once when one fails, and the first again after a while.

Imported by an agent that was given more than one.
"""

import time
from collections.abc import Callable, Sequence

from driftvakt_agent.delivery import random
from driftvakt_agent.sender import Response, Sender, SendError, trusting

_RETURN = 600.0
"""Seconds after which the first is tried again, on average."""
_RETURN_PATIENCE = 5.0
"""It is only asked whether it is back: a black hole must not cost a report its time."""
_FOREVER = float("inf")


class Endpoints(Sender):
    """The senders of several URLs as one. url: of the one in use. jitter: a number from 0 to 1."""

    __slots__ = ("_back_at", "_current", "_jitter", "_senders")

    def __init__(
        self,
        urls: Sequence[str],
        ca_file: str = "",
        timeout: float = 15.0,
        monotonic: Callable[[], float] = time.monotonic,
        jitter: Callable[[], float] = random,
    ) -> None:
        context = trusting(ca_file) if any(url.startswith("https:") for url in urls) else None
        self._senders = [Sender(url, ca_file, timeout, monotonic, context) for url in urls]
        self._monotonic = monotonic
        self._jitter = jitter
        self._current = 0
        self._back_at = 0.0
        self._count()

    def post(self, body: bytes, *, backlog: bool = False, patience: float = _FOREVER) -> Response:
        """Post lines to the first that takes them. Raises SendError when none was reached."""
        refusal: Response | None = None
        errors: list[str] = []
        try:
            for place in self._order():
                first_again = place != self._current and not errors and refusal is None
                mine = min(patience, _RETURN_PATIENCE) if first_again else patience
                try:
                    response = self._senders[place].post(body, backlog=backlog, patience=mine)
                except SendError as e:
                    errors.append(str(e))
                    continue
                if response.status >= 500:
                    self._senders[place].close()
                    refusal = refusal or response
                    continue
                self._use(place)
                return response
        finally:
            self._count()
        if refusal is not None:
            return refusal
        raise SendError("; ".join(errors))

    def close(self) -> None:
        """Let go of all connections."""
        for sender in self._senders:
            sender.close()

    def _order(self) -> list[int]:
        """Return whom to try, in which order: the one in use, then the others; the first before it once it is time."""
        places = [self._current, *(place for place in range(len(self._senders)) if place != self._current)]
        if self._current and self._monotonic() >= self._back_at:
            self._stay()
            places.remove(0)
            places.insert(0, 0)
        return places

    def _use(self, place: int) -> None:
        if place != self._current:
            self._senders[self._current].close()
            self._current = place
            self._stay()

    def _stay(self) -> None:
        self._back_at = self._monotonic() + _RETURN * (0.75 + 0.5 * self._jitter())

    def _count(self) -> None:
        self.url = self._senders[self._current].url
        self.sent = sum(sender.sent for sender in self._senders)
        self.received = sum(sender.received for sender in self._senders)
