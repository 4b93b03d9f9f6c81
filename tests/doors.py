"""A door without a disk: a fleet, and a journal that syncs when the test says so."""

import json
from collections.abc import Iterable, Iterator, Sequence
from typing import Any

from collecting import MASTER, Sender, host_row

from driftvakt_collector.config import Zone
from driftvakt_collector.fleet.state import Fleet
from driftvakt_collector.ingest.door import Door
from driftvakt_collector.intake import Intake
from driftvakt_collector.journal import Chunk, JournalError, Tell
from driftvakt_collector.journal.line import Line, decode

Told = tuple[int, dict[str, Any]]


class Held:
    """A Journal in memory. `sync` does what the disk does; until then nobody is told."""

    def __init__(self) -> None:
        self.chunks: list[Chunk] = []
        self.handed: list[tuple[list[bytes], Tell]] = []

    def append(self, lines: Sequence[bytes], tell: Tell) -> None:
        self.handed.append((list(lines), tell))

    def sync(self, error: JournalError | None = None) -> None:
        """Settle all that was handed over as one group."""
        handed, self.handed = self.handed, []
        lines = [line for block, _ in handed for line in block]
        if lines and error is None:
            self.chunks.append(Chunk(self.end() + 1, 1000.0, lines))
        for _, tell in handed:
            tell(self.end() if error is None else 0, error)

    def read(self, after: int) -> Iterator[Chunk]:
        yield from (chunk for chunk in self.chunks if chunk.position > after)

    def end(self) -> int:
        return self.chunks[-1].position if self.chunks else 0

    async def forget(self, before: int) -> int:
        return 0

    async def close(self) -> None:
        self.sync()


class Gate:
    """A door with some hosts before it. `now` is what the collector's clocks say."""

    def __init__(self, hosts: int = 3, zones: Iterable[Zone] = ()) -> None:
        self.now = 1000.0
        self.fleet = Fleet([host_row(number) for number in range(hosts)], healthy_since=0.0)
        self.intake = Intake(self.fleet, lambda: self.now, lambda: self.now)
        self.journal = Held()
        self.door = Door(
            self.fleet, self.intake, self.journal, {"adm": MASTER}, zones=zones, wall=lambda: self.now,
            now=lambda: self.now,
        )  # fmt: skip
        self.senders = [Sender(origin) for origin in self.fleet.hosts]

    def knock(self, body: bytes, encoding: bytes = b"") -> list[Told]:
        """Bring a body; the list gets the answer once there is one."""
        told: list[Told] = []
        self.door.take(body, encoding, lambda status, text: told.append((status, json.loads(text))))
        return told

    def send(self, *lines: bytes) -> Told:
        """Bring lines, sync, and return the answer."""
        told = self.knock(b"\n".join(lines))
        self.journal.sync()
        (answer,) = told
        return answer

    def lines(self) -> list[bytes]:
        """Return what is in the journal."""
        return [line for chunk in self.journal.chunks for line in chunk.lines]


def decoded(fleet: Fleet, lines: Iterable[bytes]) -> list[tuple[Any, Line]]:
    """Return lines as the intake takes them."""
    return [(fleet.hosts[line.envelope.origin], line) for line in map(decode, lines)]
