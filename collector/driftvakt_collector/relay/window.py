"""The newest lines, in memory as well as on disk, so that what comes in now is handed on without reading it again."""

from collections import OrderedDict
from collections.abc import Sequence


class Entry:
    """The lines of one row that still wait; count and size are of all that came. busy: some are on their way."""

    __slots__ = ("busy", "count", "lines", "position", "received", "size")

    def __init__(self, position: int, received: float) -> None:
        self.position = position
        self.received = received
        self.lines: list[bytes] = []
        self.count = self.size = 0
        self.busy = False


class Window:
    """Rows that came lately, by position. What is too much or too old leaves; then it is old, and only on disk.

    A row is in it as a whole or not at all, for whoever hands on all its lines drops it from the disk.
    """

    def __init__(self, limit: int, seconds: float) -> None:
        self._limit = limit
        self._seconds = seconds
        self._entries: OrderedDict[int, Entry] = OrderedDict()
        self._left = 0
        self.bytes = 0
        self.lines = 0

    def __len__(self) -> int:
        return len(self._entries)

    def __contains__(self, position: int) -> bool:
        return position in self._entries

    def add(self, position: int, lines: Sequence[bytes], now: float) -> None:
        """Take lines of a row that is on disk."""
        if position <= self._left:
            return
        entry = self._entries.get(position)
        if entry is None:
            entry = self._entries[position] = Entry(position, now)
        entry.lines += lines
        size = sum(map(len, lines))
        entry.size += size
        self.bytes += size
        self.lines += len(lines)
        entry.count += len(lines)
        self.trim(now)

    def trim(self, now: float) -> None:
        """Let go of what is too much or too old, oldest first."""
        while self._entries:
            entry = next(iter(self._entries.values()))
            if entry.busy or (self.bytes <= self._limit and now - entry.received <= self._seconds):
                return
            self.remove(entry)
            self._left = max(self._left, entry.position)

    def waiting(self) -> list[Entry]:
        """Return the entries, oldest first."""
        return list(self._entries.values())

    def remove(self, entry: Entry) -> None:
        """Forget an entry."""
        if self._entries.pop(entry.position, None) is not None:
            self.bytes -= entry.size
            self.lines -= entry.count
