"""The samples of a host that rules with a window need: a row a line, a column a series, no longer than the window.

Each host keeps one track for each length of window. A series that vanished keeps its column until its samples have
left the window, for until then Prometheus measures them too. NaN: the host said nothing of the series in that line.
"""

from array import array
from bisect import bisect_left, bisect_right
from collections.abc import Callable
from itertools import groupby, pairwise
from math import inf, isnan, nan
from struct import Struct

from driftvakt_collector.fleet.series import Labels

Key = tuple[str, Labels]
join = b"".join
MAX_ROWS = 2000
"""Of a window: a host that reports more often than that has lines that count for newest values only."""
_SLACK = 1_800_000.0
"""Milliseconds after which rows are removed that are too old, or an eighth of the reach where that is more."""


class Track:
    """reach: milliseconds that are kept. times: of the rows. keys, column: the series, and the column of each.

    hot: when a column last became another value; those that did not within the reach are not in it. It is kept up
    where somebody `watches`. gone: series that vanished, and when.
    """

    __slots__ = (
        "_holes", "_least", "_next", "_pick", "_pieces", "_row", "_rows", "_slack", "_trim_at", "_values", "column",
        "gone", "hot", "keys", "reach", "times", "watches",
    )  # fmt: skip

    def __init__(self, reach: float) -> None:
        self.reach = reach
        self._least = reach / MAX_ROWS
        self._slack = max(reach / 8, _SLACK)
        self._next = self._trim_at = -inf
        self._rows = 0
        self.watches = True
        self.keys: list[Key] = []
        self.column: dict[Key, int] = {}
        self.times: list[float] = []
        self.hot: dict[int, float] = {}
        self._values = array("d")
        self.gone: dict[Key, float] = {}
        self._row = b""
        self._pieces: tuple[bytes, ...] | None = None
        self._pick = picker([])
        self._holes = b""

    def bind(self, positions: dict[Key, int], now: float) -> None:
        """Take the columns from these positions of the lines to come."""
        here = {key: self.gone.get(key, now) for key in self.keys if key not in positions}
        self.gone = {key: at for key, at in here.items() if now - at <= self.reach}
        keys = [*sorted(positions, key=positions.__getitem__), *self.gone]
        if keys != self.keys:
            self._arrange(keys)
        self._pick = picker(sorted(positions.values()))
        self._flush()
        self._holes = array("d", [nan]).tobytes() * len(self.gone)
        self._pieces = None

    def add(self, now: float, values: "array[float]") -> None:
        """Take a line."""
        if now < self._next:
            return
        self._next = now + self._least
        pieces = self._pick(values)
        if pieces != self._pieces:
            self._flush()
            self._pieces = pieces
            self._turn(join(pieces) + self._holes, now)
        self.times.append(now)
        if now > self._trim_at:
            self._trim(now)

    def since(self, moment: float) -> int:
        """Return the first row that is not before a moment."""
        return bisect_left(self.times, moment)

    def samples(self, column: int, row: int) -> tuple[list[float], list[float]]:
        """Return the times and values of a series from a row on, without holes."""
        self._flush()
        width = len(self.keys)
        times = self.times[row:]
        values = self._values[row * width + column :: width].tolist()
        if any(value != value for value in values):
            both = [(at, value) for at, value in zip(times, values, strict=True) if not isnan(value)]
            return [at for at, _ in both], [value for _, value in both]
        return times, values

    def was_there(self, column: int, moment: float, look_back: float) -> bool:
        """Say if a series had a value at a moment: in the newest line of then, not older than `look_back`."""
        self._flush()
        row = bisect_right(self.times, moment) - 1
        if row < 0 or self.times[row] < moment - look_back:
            return False
        return not isnan(self._values[row * len(self.keys) + column])

    def shift(self, by: float) -> None:
        """Move all that is known in time."""
        self._next += by
        self._trim_at += by
        self.times = [at + by for at in self.times]
        self.hot = {column: at + by for column, at in self.hot.items()}
        self.gone = {key: at + by for key, at in self.gone.items()}

    def told(self) -> tuple[list[Key], bytes, bytes]:
        """Return what is kept, for a restart."""
        self._flush()
        return list(self.keys), array("d", self.times).tobytes(), self._values.tobytes()

    def restore(self, keys: list[Key], times: bytes, values: bytes) -> bool:
        """Take what was kept; False where the parts do not fit each other."""
        at, cells = array("d"), array("d")
        try:
            at.frombytes(times)
            cells.frombytes(values)
        except ValueError:
            return False
        if len(at) * len(keys) != len(cells) or len(at) > 2 * MAX_ROWS or any(not a < b for a, b in pairwise(at)):
            return False
        if len(set(keys)) != len(keys) or not all(0.0 <= one < inf for one in at):
            return False
        self.keys, self.column = list(keys), {key: column for column, key in enumerate(keys)}
        self.times, self._values, self._rows = at.tolist(), cells, len(at)
        self._next = self.times[-1] + self._least if at else -inf
        self.gone = dict.fromkeys(keys, at[-1]) if at else {}
        self._begin()
        return True

    def _flush(self) -> None:
        """Write down the rows that are the same as the newest one; most lines only add to their number."""
        waiting = len(self.times) - self._rows
        if waiting:
            self._values.frombytes(self._row * waiting)
            self._rows += waiting

    def _trim(self, now: float) -> None:
        self._flush()
        edge = now - self.reach
        surplus = bisect_left(self.times, edge)
        del self.times[:surplus]
        del self._values[: surplus * len(self.keys)]
        self._rows -= surplus
        self._trim_at = now + self._slack
        self.hot = {column: at for column, at in self.hot.items() if at > edge}

    def _turn(self, row: bytes, now: float) -> None:
        """Take a row that is another than the one before."""
        last, self._row = self._row, row
        if not self.watches:
            return
        if len(last) != len(row):
            self.hot = dict.fromkeys(range(len(self.keys)), now)
            return
        for column, place in enumerate(range(0, len(row), 8)):
            if row[place : place + 8] != last[place : place + 8]:
                self.hot[column] = now

    def _arrange(self, keys: list[Key]) -> None:
        """Move the columns; a new one has holes for what was."""
        self._flush()
        old, width, count = self._values, len(self.keys), len(self.times)
        columns = [
            old[self.column[key] :: width] if key in self.column and width else array("d", [nan]) * count
            for key in keys
        ]
        self._values = array("d", (cell for row in zip(*columns, strict=True) for cell in row))
        self.keys, self.column = keys, {key: column for column, key in enumerate(keys)}
        self._begin()

    def _begin(self) -> None:
        """Count everything as changed by the newest row: what changed when is not known of other columns."""
        self.hot = dict.fromkeys(range(len(self.keys)), self.times[-1] if self.times else -inf)
        self._row, self._pieces = b"", None


def picker(positions: list[int]) -> Callable[["array[float]"], tuple[bytes, ...]]:
    """Return what takes the bytes of these values out of a line: in pieces, neighbours in one, to be joined."""
    form, end = "=", 0
    for _, run in groupby(enumerate(sorted(positions)), key=lambda pair: pair[1] - pair[0]):
        here = [position for _, position in run]
        form += f"{8 * (here[0] - end)}x{8 * len(here)}s"
        end = here[-1] + 1
    # Reading past what is not wanted is what this does faster than anything else in Python.
    return Struct(form).unpack_from
