"""Signs what pollers say and brings it to the door, and hears what the door lacks."""

import asyncio
import logging
from collections.abc import Callable, Mapping, Sequence
from typing import Protocol

import msgspec

from driftvakt_collector.poll.pen import Pen
from driftvakt_collector.store.hosts import HostRow

log = logging.getLogger(__name__)

Bring = Callable[[Sequence[bytes]], "asyncio.Future[tuple[int, bytes]]"]
"""Takes lines to the door; the answer is its HTTP status and body."""


class Tells(Protocol):
    """Who speaks for pollers, whatever way the words then take."""

    def speaks_as(self, keeper: str) -> bool:
        """Say if it may speak as this host."""

    async def tell(self, keeper: str, about: str, records: Sequence[bytes]) -> list[str] | None:
        """Bring records about a thing; return the digests of what is lacking of it, None where nothing was taken."""


class _Answer(msgspec.Struct):
    want: dict[str, list[str]] = {}


_decoder = msgspec.json.Decoder(_Answer)


class Teller:
    """Speaks for a collector's own pollers, see Tells. refused: what the door did not take since the start."""

    def __init__(self, masters: Mapping[str, bytes], bring: Bring) -> None:
        self.refused = 0
        self._masters = masters
        self._bring = bring
        self._pens: dict[str, Pen] = {}

    def know(self, pollers: Mapping[str, HostRow]) -> None:
        """Take the hosts that speak for others, by origin."""
        for origin, row in pollers.items():
            if origin not in self._pens and row.zone in self._masters:
                self._pens[origin] = Pen(row, self._masters[row.zone])

    def speaks_as(self, keeper: str) -> bool:
        """See Tells.speaks_as."""
        return keeper in self._pens

    @property
    def pollers(self) -> list[str]:
        """The hosts that we speak as."""
        return list(self._pens)

    async def tell(self, keeper: str, about: str, records: Sequence[bytes]) -> list[str] | None:
        """See Tells.tell."""
        pen = self._pens[keeper]
        status, body = await self._bring([pen.line(record) for record in records])
        if status != 200:
            self.refused += 1
            log.warning("what %s told was not taken: %s", about, body[:300].decode("utf-8", "replace"))
            return None
        return _decoder.decode(body).want.get(about, [])
