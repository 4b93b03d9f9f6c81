"""The journal: every line that was ever answered `accepted`, on disk before the answer, read by whoever comes after."""

from collections.abc import Callable, Iterator, Sequence
from typing import NamedTuple, Protocol


class JournalError(Exception):
    """The journal could not keep lines, so nobody may be told that they were. The text says why and what to do."""


class Chunk(NamedTuple):
    """Lines that were synced together. position: greater for later ones; received: seconds since the epoch."""

    position: int
    received: float
    lines: list[bytes]


Tell = Callable[[int, JournalError | None], None]


class Journal(Protocol):
    """What every journal does; one contract test suite runs against each implementation."""

    def append(self, lines: Sequence[bytes], tell: Tell) -> None:
        """Keep the lines; `tell` is called on the loop with the position of their chunk once they are synced.

        With an error none of them is kept. No lines: it is told once all that was handed over before is settled.
        Lines are told in the order in which they were handed over.
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
