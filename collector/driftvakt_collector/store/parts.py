"""Parts of a host that are no inventory: only the newest of each is kept, and it has no history (see `feed.Batch`)."""

from collections.abc import Collection

from sqlalchemy import Connection, Table, select

from driftvakt_collector.store.models import PartTable

_PARTS: Table = PartTable.__table__  # type: ignore[attr-defined]
_STEP = 500
"""Origins that one query asks for: SQLite takes no more than some thousand parameters."""


def bodies(connection: Connection, name: str, origins: Collection[str]) -> dict[str, bytes]:
    """Return a part of some hosts, as it came, by origin."""
    found: dict[str, bytes] = {}
    wanted = list(origins)
    for start in range(0, len(wanted), _STEP):
        query = select(_PARTS.c.origin, _PARTS.c.body).where(
            _PARTS.c.name == name, _PARTS.c.origin.in_(wanted[start : start + _STEP])
        )
        found |= {origin: bytes(body) for origin, body in connection.execute(query)}
    return found
