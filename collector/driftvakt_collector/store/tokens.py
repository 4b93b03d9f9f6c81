"""Tokens: what may be enrolled with each, and how much of it is left. The secrets are derived and stand nowhere."""

from datetime import UTC, datetime
from typing import NamedTuple

from sqlalchemy import Connection, insert, select, update

from driftvakt_collector.store.models import TokenTable

_TABLE = TokenTable.__table__  # type: ignore[attr-defined]


class TokenRow(NamedTuple):
    """approve: its hosts need no operator. cidr: networks that it may be used from, all where empty. names: what a

    relay's certificate is for.
    """

    id: str
    zone: str
    administration: str
    site: str
    class_: str
    wave: str
    approve: bool
    uses: int
    used: int
    cidr: tuple[str, ...]
    names: tuple[str, ...]
    created_at: datetime
    expires_at: datetime
    revoked_at: datetime | None = None


def save(connection: Connection, row: TokenRow) -> None:
    """Keep a new token."""
    values = row._asdict()
    values |= {"class": values.pop("class_"), "cidr": ",".join(row.cidr), "names": ",".join(row.names)}
    connection.execute(insert(_TABLE).values(values))


def find(connection: Connection, token: str) -> TokenRow | None:
    """Return one token, None where there is none of that id."""
    row = connection.execute(select(_TABLE).where(_TABLE.c.id == token)).first()
    return None if row is None else _row(row)


def load(connection: Connection) -> list[TokenRow]:
    """Return all, the newest first."""
    return [_row(row) for row in connection.execute(select(_TABLE).order_by(_TABLE.c.created_at.desc(), _TABLE.c.id))]


def use(connection: Connection, token: str, now: datetime) -> bool:
    """Take one use of a token; return whether there was one left. Two at the same moment take two."""
    done = connection.execute(
        update(_TABLE)
        .where(
            _TABLE.c.id == token,
            _TABLE.c.used < _TABLE.c.uses,
            _TABLE.c.revoked_at.is_(None),
            _TABLE.c.expires_at > now,
        )
        .values(used=_TABLE.c.used + 1)
    )
    return done.rowcount > 0


def revoke(connection: Connection, token: str, now: datetime) -> bool:
    """Make a token useless; return whether it was good for anything."""
    done = connection.execute(
        update(_TABLE).where(_TABLE.c.id == token, _TABLE.c.revoked_at.is_(None)).values(revoked_at=now)
    )
    return done.rowcount > 0


def _row(row: object) -> TokenRow:
    told = dict(row._mapping)  # type: ignore[attr-defined]
    told["class_"] = told.pop("class")
    for name in ("cidr", "names"):
        told[name] = tuple(one for one in told[name].split(",") if one)
    for name in ("created_at", "expires_at", "revoked_at"):
        told[name] = None if told[name] is None else aware(told[name])
    return TokenRow(**told)


def aware(at: datetime) -> datetime:
    """Return the moment with its zone, which SQLite does not keep."""
    return at.replace(tzinfo=UTC) if at.tzinfo is None else at
