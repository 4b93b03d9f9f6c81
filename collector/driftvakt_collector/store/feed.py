"""What the store keeps of the journal, written in one transaction with the position that it reaches."""

from collections.abc import Iterable
from datetime import datetime
from typing import NamedTuple

from sqlalchemy import Connection, func, insert, select

from driftvakt_collector.store import hosts, inventory
from driftvakt_collector.store.models import (
    EventTable,
    ForkTable,
    OutageTable,
    PartTable,
    ReaderTable,
    SeriesSetTable,
)
from driftvakt_collector.store.upsert import insert_new, upsert

_READER = ReaderTable.__table__  # type: ignore[attr-defined]
_SETS = SeriesSetTable.__table__  # type: ignore[attr-defined]
_PARTS = PartTable.__table__  # type: ignore[attr-defined]
_FORKS = ForkTable.__table__  # type: ignore[attr-defined]
_OUTAGES = OutageTable.__table__  # type: ignore[attr-defined]
_EVENTS = EventTable.__table__  # type: ignore[attr-defined]
_NAME = "store"


class EventRow(NamedTuple):
    """One line that happened once: `kind` as in the record, `at` the sender's clock, `received` ours."""

    origin: str
    epoch: str
    seq: int
    kind: str
    at: float
    received: float
    name: str
    text: str


class ForkRow(NamedTuple):
    """One identity that was seen twice. known, other: both sides as JSON, to show an operator."""

    origin: str
    epoch: str
    seq: int
    found_at: datetime
    known: str
    other: str


class Batch:
    """What one transaction will write."""

    def __init__(self) -> None:
        self.sets: dict[str, bytes] = {}
        self.parts: dict[tuple[str, str], tuple[str, bytes]] = {}
        self.sections: list[inventory.SectionRow] = []
        self.events: list[EventRow] = []
        self.forks: list[ForkRow] = []
        self.outages: list[tuple[float, float, str]] = []

    def extend(self, later: "Batch") -> None:
        """Add what came after this batch; the newer part of a host wins."""
        self.sets.update(later.sets)
        self.parts.update(later.parts)
        self.sections.extend(later.sections)
        self.events.extend(later.events)
        self.forks.extend(later.forks)
        self.outages.extend(later.outages)

    def __len__(self) -> int:
        kept = (self.sets, self.parts, self.sections, self.events, self.forks, self.outages)
        return sum(len(one) for one in kept)


def write(connection: Connection, batch: Batch, position: int) -> None:
    """Write a batch, and that the store has read the journal up to `position`. Writing one twice changes nothing."""
    if batch.sets:
        insert_new(connection, _SETS, [{"digest": key, "body": body} for key, body in batch.sets.items()])
    if batch.parts:
        upsert(connection, _PARTS, [
            {"origin": origin, "name": name, "digest": digest, "body": body}
            for (origin, name), (digest, body) in batch.parts.items()
        ])  # fmt: skip
    inventory.write(connection, batch.sections)
    if batch.events:
        insert_new(connection, _EVENTS, [row._asdict() for row in batch.events])
    for fork in batch.forks:
        hosts.change(
            connection, fork.origin, fork.found_at, state=hosts.QUARANTINED, note="one identity was seen twice"
        )
        connection.execute(insert(_FORKS).values(**fork._asdict(), decision=""))
    if batch.outages:
        rows = [{"began": began, "ended": ended, "why": why} for began, ended, why in batch.outages]
        connection.execute(insert(_OUTAGES), rows)
    upsert(connection, _READER, [{"name": _NAME, "position": position}])


def position(connection: Connection) -> int:
    """Return how far the store has read the journal."""
    found = connection.execute(select(_READER.c.position).where(_READER.c.name == _NAME)).scalar()
    return int(found or 0)


def series_sets(connection: Connection, digests: Iterable[str]) -> dict[str, bytes]:
    """Return the bodies of the sets that are known."""
    wanted = list(digests)
    rows = connection.execute(select(_SETS.c.digest, _SETS.c.body).where(_SETS.c.digest.in_(wanted)))
    return {digest: bytes(body) for digest, body in rows}


def recent_events(connection: Connection, origin: str, limit: int = 20) -> list[EventRow]:
    """Return what happened to a host last, newest first."""
    columns = [_EVENTS.c[name] for name in EventRow._fields]
    query = select(*columns).where(_EVENTS.c.origin == origin).order_by(_EVENTS.c.id.desc()).limit(limit)
    return [EventRow(*row) for row in connection.execute(query)]


def count_events(connection: Connection) -> int:
    """Return how many events are kept."""
    return int(connection.execute(select(func.count()).select_from(_EVENTS)).scalar() or 0)


def outages(connection: Connection, limit: int = 256) -> list[tuple[float, float]]:
    """Return when the collector itself could not hear, the newest last; seconds since the epoch."""
    query = select(_OUTAGES.c.began, _OUTAGES.c.ended).order_by(_OUTAGES.c.id.desc()).limit(limit)
    return [(began, ended) for began, ended in connection.execute(query)][::-1]
