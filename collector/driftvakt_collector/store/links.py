"""Links that do one thing once."""

from typing import NamedTuple

from sqlalchemy import Connection, Table, delete, select, update

from driftvakt_collector.store.alert_models import LinkTable

_LINKS: Table = LinkTable.__table__  # type: ignore[attr-defined]


class LinkRow(NamedTuple):
    """mark: the hash of its secret. expires_at, used_at: seconds since the epoch, None for not used."""

    mark: str
    incident: int
    person: str
    action: str
    expires_at: float
    used_at: float | None


def add(connection: Connection, row: LinkRow) -> None:
    """Keep a link."""
    connection.execute(_LINKS.insert().values(row._asdict()))


def get(connection: Connection, mark: str) -> LinkRow | None:
    """Return the link of a hash."""
    found = connection.execute(select(_LINKS).where(_LINKS.c.mark == mark)).first()
    return LinkRow(*found) if found is not None else None


def use(connection: Connection, mark: str, now: float) -> bool:
    """Mark a link as used; say if it was not yet."""
    query = update(_LINKS).where(_LINKS.c.mark == mark, _LINKS.c.used_at.is_(None), _LINKS.c.expires_at > now)
    return bool(connection.execute(query.values(used_at=now)).rowcount)


def forget(connection: Connection, before: float) -> int:
    """Remove links that ended before then; return how many."""
    return connection.execute(delete(_LINKS).where(_LINKS.c.expires_at < before)).rowcount
