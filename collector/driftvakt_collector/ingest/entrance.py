"""One listener's way to the door: how much may be on its way in, and whose hosts may come."""

from collections.abc import Callable
from typing import Protocol

from driftvakt_collector.ingest.body import MAX_WIRE
from driftvakt_collector.ingest.carriage import Head

MAX_RECEIVING = 128 << 20
"""Bytes of requests that are on their way in, over all connections, above which new ones are told 503."""
RETRY_SECONDS = 10
_ADDRESS_PART = 8
"""One address may fill so small a part of a zone's room for what is on its way in."""
NOBODY = Head()

Reply = Callable[[int, bytes], None]
"""Is told the HTTP status and the JSON body of the answer, once. With 503 the sender shall wait RETRY_SECONDS."""


class DoorCounts:
    """What came to the door since the start, for /metrics."""

    __slots__ = ("accepted", "bytes", "duplicate", "gone", "rejected", "requests")

    def __init__(self) -> None:
        self.requests: dict[int, int] = {}
        self.accepted = 0
        self.duplicate = 0
        self.rejected: dict[str, int] = {}
        self.bytes = 0
        self.gone = 0


class Taking(Protocol):
    """What an entrance leads to. receiving: bytes that are on their way in, by all entrances."""

    receiving: int
    counts: DoorCounts

    def take(
        self, body: bytes, encoding: bytes, reply: Reply, head: Head = NOBODY, entrance: "Entrance | None" = None
    ) -> None:
        """Check a whole body and answer once it is on disk."""

    def refuse(self, status: int, reason: str, reply: Reply) -> None:
        """Answer a request of which no line was looked at."""


class Entrance:
    """One listener's way to the door. zone: the only one whose hosts may come here, None where all may.

    receiving, waiting: bytes that are on their way in, and to the disk; `share` bounds both.
    """

    __slots__ = ("_addresses", "door", "receiving", "share", "waiting", "zone")

    def __init__(self, door: Taking, zone: str | None = None, share: float = 1.0) -> None:
        self.door = door
        self.zone = zone
        self.share = share
        self.receiving = 0
        self.waiting = 0
        self._addresses: dict[str, int] = {}

    def crowded(self, more: int, address: str = "") -> bool:
        """Say if so many more bytes are too many to take in now, of all or of one address."""
        door = self.door
        if self._addresses.get(address, 0) + more > max(MAX_WIRE, MAX_RECEIVING * self.share // _ADDRESS_PART):
            return True
        return self.receiving + more > MAX_RECEIVING * self.share or door.receiving + more > MAX_RECEIVING

    def hold(self, size: int, address: str = "") -> None:
        """Count bytes of requests that came in, or, less than 0, that were let go."""
        held = self._addresses.get(address, 0) + size
        if held > 0:
            self._addresses[address] = held
        else:
            self._addresses.pop(address, None)
        self.receiving += size
        self.door.receiving += size

    def take(self, body: bytes, encoding: bytes, reply: Reply, head: Head = NOBODY) -> None:
        """See Door.take."""
        self.door.take(body, encoding, reply, head, self)

    def refuse(self, status: int, reason: str, reply: Reply) -> None:
        """See Door.refuse."""
        self.door.refuse(status, reason, reply)

    @property
    def counts(self) -> DoorCounts:
        """What came to the door, by all entrances."""
        return self.door.counts
