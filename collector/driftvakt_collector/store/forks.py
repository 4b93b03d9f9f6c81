"""Identities that were seen twice: what is known of both sides, and what an operator decided."""

from datetime import datetime
from typing import NamedTuple

from sqlalchemy import Connection, select, update

from driftvakt_collector.store.models import ForkTable

_TABLE = ForkTable.__table__  # type: ignore[attr-defined]
RELEASED = "released"


class Fork(NamedTuple):
    """known, other: both sides as JSON. decision: empty until there is one."""

    id: int
    origin: str
    found_at: datetime
    epoch: str
    seq: int
    known: str
    other: str
    decision: str
    decided_at: datetime | None


def of(connection: Connection, origin: str = "", *, limit: int = 100) -> list[Fork]:
    """Return the forks of a host, or of all; newest first."""
    query = select(*(_TABLE.c[name] for name in Fork._fields)).order_by(_TABLE.c.id.desc()).limit(limit)
    if origin:
        query = query.where(_TABLE.c.origin == origin)
    return [Fork(*row) for row in connection.execute(query)]


def decide(connection: Connection, origin: str, decision: str, now: datetime) -> int:
    """Write down a decision on every open fork of a host; return how many these were."""
    query = update(_TABLE).where(_TABLE.c.origin == origin, _TABLE.c.decision == "")
    return connection.execute(query.values(decision=decision, decided_at=now)).rowcount


def closed(connection: Connection) -> dict[str, frozenset[str]]:
    """Return, by origin, the epochs that no longer count: those in which a fork was found and then released."""
    query = select(_TABLE.c.origin, _TABLE.c.epoch).where(_TABLE.c.decision == RELEASED)
    found: dict[str, frozenset[str]] = {}
    for origin, epoch in connection.execute(query):
        found[origin] = found.get(origin, frozenset()) | {epoch}
    return found
