"""The journal: every line that was ever answered `accepted`, on disk before the answer, read by whoever comes after."""

from collections.abc import Iterator, Sequence
from typing import NamedTuple, Protocol


class JournalError(Exception):
    """The journal could not keep lines, so nobody may be told that they were. The text says why and what to do."""


class Chunk(NamedTuple):
    """Lines that were synced together. position: greater for later ones; received: seconds since the epoch."""

    position: int
    received: float
    lines: list[bytes]


class Journal(Protocol):
    """What every journal does; one contract test suite runs against each implementation."""

    async def append(self, lines: Sequence[bytes]) -> int:
        """Keep the lines; return the position of their chunk once they are synced.

        No lines: return once all that was handed over before is settled. Raises JournalError: none of them is kept.
        """
        ...

    def read(self, after: int) -> Iterator[Chunk]:
        """Give the chunks past a position, oldest first, up to what was synced when the read began."""
        ...

    def end(self) -> int:
        """Return the position of the newest synced chunk, 0 when there is none."""
        ...

    async def forget(self, before: int) -> int:
        """Drop chunks before a position that are past retention; return how many went. Call again until 0."""
        ...

    async def close(self) -> None:
        """Sync what was handed over, then let go of the files."""
        ...
