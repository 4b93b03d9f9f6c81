"""Several ways of one channel: the next is tried where one can't, so that a page goes out while any of them works."""

import time
from collections.abc import Callable, Sequence

from driftvakt_collector.alert.notify.message import DeliveryError, Message, Notifier, Sent

REST = 120.0
"""Seconds for which a way that could not stands last."""


class Chain:
    """ways: name and way, in the order of preference. clock: monotonic seconds.

    What the provider calls a message is prefixed with the way's name, for two may use the same numbers.
    """

    def __init__(
        self, channel: str, ways: Sequence[tuple[str, Notifier]], clock: Callable[[], float] = time.monotonic
    ) -> None:
        self.channel = channel
        self._ways = tuple(ways)
        self._clock = clock
        self._failed: dict[str, float] = {}

    async def send(self, message: Message) -> Sent:
        """Send by the first way that can. Raises DeliveryError, permanent where none can send this message."""
        now = self._clock()
        failures: list[tuple[str, DeliveryError]] = []
        for name, way in sorted(self._ways, key=lambda one: now - self._failed.get(one[0], now - REST) < REST):
            try:
                sent = await way.send(message)
            except DeliveryError as e:
                failures.append((name, e))
                if not e.permanent:
                    self._failed[name] = now
                if e.unsure and not message.urgent:
                    # It may have arrived; only a page is worth a second copy by another way.
                    break
            else:
                self._failed.pop(name, None)
                return Sent(f"{name}/{sent.provider}" if sent.provider else "", sent.receipted)
        raise _joined(failures)

    async def recall(self, message: Message) -> Sent | None:
        """Return what one of the ways took of a message before. Raises DeliveryError where one can't say now."""
        for name, way in self._ways:
            recall = getattr(way, "recall", None)
            sent = await recall(message) if recall is not None else None
            if sent is not None:
                return Sent(f"{name}/{sent.provider}", sent.receipted)
        return None

    async def close(self) -> None:
        """Let go of the connections of all."""
        for _, way in self._ways:
            await way.close()


def _joined(failures: Sequence[tuple[str, DeliveryError]]) -> DeliveryError:
    told = [one for _, one in failures]
    waits = [one.after for one in told if one.after is not None]
    return DeliveryError(
        "; ".join(f"{name}: {one}" for name, one in failures) or "there is no way to send it",
        permanent=bool(told) and all(one.permanent for one in told),
        broken=all(one.broken for one in told),
        after=min(waits) if waits and len(waits) == len(told) else None,
        unsure=any(one.unsure for one in told),
    )
