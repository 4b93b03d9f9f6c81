"""Lines that the upstream does not accept yet, a row a stream: tried again seldom, given up after a day."""

from collections import OrderedDict
from collections.abc import Sequence
from typing import NamedTuple

from driftvakt_collector.journal.line import LineError, decode_envelope
from driftvakt_collector.relay.lane import Lane, Row
from driftvakt_collector.relay.standing import Standing

RETRY_SECONDS = 300.0
SOON_SECONDS = 60.0
MAX_SECONDS = 24 * 3600.0
MAX_ROWS = 50_000
_SCAN_BYTES = 4 << 20


class Due(NamedTuple):
    """A row to try. expired: whether it waited for too long."""

    stream: str
    row: Row
    expired: bool


class Held:
    """The index of the held lane: which rows are whose, and when they were tried."""

    def __init__(self, lane: Lane, standing: Standing) -> None:
        self._lane = lane
        self._standing = standing
        self._rows: OrderedDict[str, list[int]] = OrderedDict()
        self._tried: dict[str, float] = {}
        self._count = 0

    def __len__(self) -> int:
        """Return of how many streams lines are held."""
        return len(self._rows)

    @property
    def room(self) -> bool:
        """Say if one more row may be kept."""
        return self._count < MAX_ROWS

    async def start(self) -> None:
        """Read whose rows are there. Raises JournalError."""
        after = 0
        while rows := await self._lane.fetch(after, _SCAN_BYTES):
            for row in rows:
                self._note(_stream_of(row), row.position)
            after = rows[-1].position

    async def add(self, stream: str, lines: Sequence[bytes], now: float) -> None:
        """Keep lines of one stream that was tried now. Raises JournalError."""
        self._tried.setdefault(stream, now)
        # Awaited one by one, so that lines of two streams never share a row.
        self._note(stream, await self._lane.append(lines))

    async def due(self, now: float, steady: float) -> Due | None:
        """Return the next row that should be tried or given up. Raises JournalError."""
        for stream, positions in self._rows.items():
            held = self._standing.hold(stream, now) is not None
            if now - self._tried.get(stream, -RETRY_SECONDS) < (RETRY_SECONDS if held else SOON_SECONDS):
                continue
            self._rows.move_to_end(stream)
            found = await self._lane.fetch(positions[0] - 1, 1)
            if not found or found[0].position != positions[0]:
                self._forget(stream, positions[0])
                return await self.due(now, steady)
            row = found[0]
            return Due(stream, row, steady - row.received > MAX_SECONDS)
        return None

    def tried(self, stream: str, now: float) -> None:
        """Note that a row was tried."""
        self._tried[stream] = now

    def drop(self, due: Due) -> None:
        """Let go of a row: it was taken, or given up. The next one of its stream may follow at once."""
        self._lane.drop(due.row.position)
        self._forget(due.stream, due.row.position)
        self._tried.pop(due.stream, None)

    def _note(self, stream: str, position: int) -> None:
        self._rows.setdefault(stream, []).append(position)
        self._count += 1

    def _forget(self, stream: str, position: int) -> None:
        positions = self._rows.get(stream)
        if positions is not None and position in positions:
            positions.remove(position)
            self._count -= 1
            if not positions:
                del self._rows[stream]
                self._tried.pop(stream, None)


def _stream_of(row: Row) -> str:
    try:
        envelope = decode_envelope(row.lines[0]) if row.lines else None
    except LineError:
        envelope = None
    return "" if envelope is None else f"{envelope.origin} {envelope.gen} {envelope.epoch}"
