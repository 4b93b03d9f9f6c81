"""Numbers that are not told as they stand: scaled, a share of something, a word, or unpacked from octets."""

import re
from collections.abc import Sequence
from dataclasses import dataclass

from driftvakt_collector.poll.snmp.driver import Value
from driftvakt_collector.poll.snmp.mib import Key, Packed, Reading, Wanted
from driftvakt_collector.poll.snmp.text import text_of


@dataclass(frozen=True, slots=True)
class Scaled:
    """A reading's number. at: where its value stands; whole, rest, proof: where those columns do, -1 for none."""

    at: int
    reading: Reading
    whole: int = -1
    rest: int = -1
    proof: int = -1

    def value(self, values: Sequence[Value]) -> float | None:
        """Return the number, None where it is not known."""
        value, reading = values[self.at], self.reading
        if not is_told(value, reading) or value in reading.unknown:
            return None
        if self.proof >= 0 and not is_above_zero(values[self.proof]):
            return None
        if reading.words:
            return float(value in reading.words)
        share = self._share(value, values)
        if share is None:
            return None
        found = (1.0 - share if reading.left else share) * reading.scale
        return found if reading.low <= found <= reading.high else None

    def _share(self, value: Value, values: Sequence[Value]) -> float | None:
        if not isinstance(value, int | float):
            return None
        if self.whole < 0 and self.rest < 0:
            return value
        whole = values[self.whole] if self.whole >= 0 else _sum(value, values[self.rest])
        return value / whole if isinstance(whole, int | float) and whole > 0 else None


@dataclass(frozen=True, slots=True)
class Unpacked:
    """What is packed into a variable. at, beside: where it stands, and what says how it is read, -1 for nothing.

    found: the series that were in it when it was first read. keys: those of them that nothing else tells.
    """

    at: int
    beside: int
    packed: Packed
    found: frozenset[Key] = frozenset()
    keys: tuple[Key, ...] = ()

    def read(self, values: Sequence[Value]) -> dict[Key, float]:
        """Return the numbers that are in it now."""
        octets = values[self.at]
        if not isinstance(octets, bytes):
            return {}
        return dict(self.packed.unpack(octets, text_of(values[self.beside]) if self.beside >= 0 else ""))

    def fits(self, values: Sequence[Value]) -> bool:
        """Say if there is nothing new in it."""
        return self.found.issuperset(self.read(values))

    def values(self, values: Sequence[Value]) -> list[float | None]:
        """Return a number for each key."""
        found = self.read(values)
        return [found.get(key) for key in self.keys]


def is_told(value: Value, reading: Reading) -> bool:
    """Say if a value is what a reading can be made of: a number, or a word where the maker writes words out."""
    if isinstance(value, bytes):
        return any(isinstance(word, bytes) for word in reading.words)
    return isinstance(value, int | float) and not all(isinstance(word, bytes) for word in reading.words or (0,))


def holds(value: Value, wanted: Wanted) -> bool:
    """Say if a column holds what it must for its row to count."""
    if isinstance(wanted, re.Pattern):
        return wanted.search(text_of(value)) is not None
    return value in wanted if isinstance(wanted, frozenset) else value == wanted


def label_of(reading: Reading, text: str, index: str) -> str:
    """Return what a row is called. text: what the device calls it, empty where it has no name for it."""
    if reading.cut is not None:
        text = reading.cut.sub("", text).strip()
    return text if text and not (reading.named and text.isdecimal()) else f"{reading.named}{text or index}"


def is_above_zero(value: Value) -> bool:
    """Say if there is something to measure, by a column that proves it."""
    return isinstance(value, int | float) and value > 0


def _sum(value: float, rest: Value) -> float | None:
    # A part below 0 is a counter of 32 bits that has run over: its share would be any number.
    return value + rest if isinstance(rest, int | float) and rest >= 0 and value >= 0 else None
