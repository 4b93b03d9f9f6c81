"""What the relay itself says: signed, numbered, and put into the spool like any other line."""

import asyncio
import logging
from collections import deque
from collections.abc import Callable, Sequence

from driftvakt_collector.journal import JournalError
from driftvakt_collector.relay.own import Own
from driftvakt_collector.relay.spool import Spool

log = logging.getLogger(__name__)

_MAX_UNKEPT = 64
"""Lines that have a number and are on no disk yet; while there are more, nothing is said."""
_AT_ONCE = 500
"""Lines that are synced together, about: as many as go into one body."""


class _Said:
    """Records that wait for their turn. taken: None until it is known."""

    __slots__ = ("records", "taken")

    def __init__(self, records: Sequence[bytes]) -> None:
        self.records = records
        self.taken: bool | None = None


class Voice:
    """Speaks for the relay. wake: is told that there is something to hand on. now: monotonic seconds."""

    def __init__(self, own: Own, spool: Spool, wake: Callable[[], None], now: Callable[[], float]) -> None:
        self._own = own
        self._spool = spool
        self._wake = wake
        self._now = now
        self._waiting: deque[_Said] = deque()
        self._unkept: list[bytes] = []
        self._turn = asyncio.Lock()

    async def tell(self, *records: bytes) -> bool:
        """Say records; return whether they have their numbers. What can't be kept now is tried again with the next."""
        said = _Said(records)
        self._waiting.append(said)
        async with self._turn:
            # Whoever had the turn took along what others said meanwhile: many lines are one sync of the disk.
            while said.taken is None:
                await self._keep()
        return bool(said.taken)

    async def _keep(self) -> None:
        room = len(self._unkept) < _MAX_UNKEPT
        while self._waiting and (not room or len(self._unkept) < _AT_ONCE):
            said = self._waiting.popleft()
            # What is given up here has no number yet, so nothing is missing of it.
            said.taken = room and self._numbered(said.records)
        if not self._unkept:
            return
        lines, self._unkept = self._unkept, []
        try:
            position = await self._spool.live.append(lines)
        except JournalError as e:
            self._unkept = lines + self._unkept
            log.warning("cannot keep what the relay tells of itself: %s", e)
            return
        self._own.kept()
        self._spool.windows["live"].add(position, lines, self._now())
        self._wake()

    def _numbered(self, records: Sequence[bytes]) -> bool:
        try:
            for one in records:
                self._unkept.append(self._own.line(one))
        except OSError as e:
            log.warning("cannot write down the number of the relay's own lines: %s", e)
            return False
        return True
