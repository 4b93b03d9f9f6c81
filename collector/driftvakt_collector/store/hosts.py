"""Hosts as their enrolment described them."""

import json
from collections.abc import Iterable
from datetime import UTC, datetime
from typing import Any, NamedTuple

from sqlalchemy import ColumnElement, Connection, Table, delete, select, update

from driftvakt_collector.store.models import HostFactTable, HostTable
from driftvakt_collector.store.upsert import insert_new, upsert

_TABLE = HostTable.__table__  # type: ignore[attr-defined]
_FACTS: Table = HostFactTable.__table__  # type: ignore[attr-defined]


GUEST = "g-"
"""How the origin of a host begins that an agent of another kind brings: it holds no key, and comes seldom."""
APPROVED = "approved"
PENDING = "pending"
QUARANTINED = "quarantined"
REVOKED = "revoked"


class HostRow(NamedTuple):
    """The facts that a host's identity and labels come from; none of them ever from a payload.

    state: `approved` (its lines are taken), `pending` (waits for an operator), `quarantined` (one identity was seen
    twice), `revoked`. Lines of a generation from gen_floor to gen are taken. keeper: the origin that speaks for what
    has no agent, a poller or a relay; empty for a host that speaks for itself. supplier: who delivers it, and mends it
    when it fails; empty for ourselves.
    """

    origin: str
    gen: int
    name: str
    zone: str
    administration: str
    site: str
    class_: str
    state: str = APPROVED
    gen_floor: int = 1
    keeper: str = ""
    supplier: str = ""


def save(connection: Connection, rows: Iterable[HostRow], now: datetime | None = None) -> None:
    """Enrol hosts, or correct what is known of them."""
    at = now or datetime.now(UTC)
    values = [
        {
            "origin": row.origin, "gen": row.gen, "name": row.name, "zone": row.zone,
            "administration": row.administration, "site": row.site, "class": row.class_, "enrolled_at": at,
            "changed_at": at, "state": row.state, "gen_floor": row.gen_floor, "wave": "", "token": "", "facts": "{}",
            "note": "", "keeper": row.keeper, "supplier": row.supplier,
        }
        for row in rows
    ]  # fmt: skip
    upsert(connection, _TABLE, values, keep=("enrolled_at", "wave", "token", "facts", "note"))


def change(connection: Connection, origin: str, now: datetime, **told: object) -> bool:
    """Give a host other facts, named as its columns; return whether there is such a host."""
    values = {name.removesuffix("_") if name == "class_" else name: value for name, value in told.items()}
    done = connection.execute(update(_TABLE).where(_TABLE.c.origin == origin).values(changed_at=now, **values))
    if "facts" in told:
        connection.execute(delete(_FACTS).where(_FACTS.c.origin == origin))
        rows = [{"fact": one, "origin": origin} for one in sorted(_hashes(str(told["facts"])))]
        insert_new(connection, _FACTS, rows if done.rowcount else [])
    return done.rowcount > 0


def load(connection: Connection, since: datetime | None = None) -> list[HostRow]:
    """Return every host, or those changed since then. Texts that many hosts share are shared in memory too."""
    shared: dict[str, str] = {}
    query = select(*_columns())
    if since is not None:
        query = query.where(_TABLE.c.changed_at >= since)
    return [
        HostRow._make(
            (
                origin,
                gen,
                name,
                *(shared.setdefault(text, text) for text in texts),
                gen_floor,
                shared.setdefault(keeper, keeper),
                shared.setdefault(supplier, supplier),
            )
        )
        for origin, gen, name, *texts, gen_floor, keeper, supplier in connection.execute(query)
    ]


def listing(connection: Connection, state: str) -> list[tuple[HostRow, str, str]]:
    """Return the hosts of a state, or all, each with its wave and what an operator must know of it."""
    query = select(*_columns(), _TABLE.c.wave, _TABLE.c.note).order_by(_TABLE.c.zone, _TABLE.c.name, _TABLE.c.origin)
    if state:
        query = query.where(_TABLE.c.state == state)
    return [(HostRow(*row[:-2]), row[-2], row[-1]) for row in connection.execute(query)]


def find(connection: Connection, origin: str) -> HostRow | None:
    """Return one host, None where it is not enrolled."""
    row = connection.execute(select(*_columns()).where(_TABLE.c.origin == origin)).first()
    return None if row is None else HostRow(*row)


def facts(connection: Connection, origin: str) -> str:
    """Return what the machine of a host is known again by, as JSON."""
    return str(connection.execute(select(_TABLE.c.facts).where(_TABLE.c.origin == origin)).scalar() or "{}")


def token(connection: Connection, origin: str) -> str:
    """Return the id of the token that a host was enrolled with, empty where an operator did it."""
    return str(connection.execute(select(_TABLE.c.token).where(_TABLE.c.origin == origin)).scalar() or "")


def _columns() -> "list[ColumnElement[Any]]":
    """Return the columns of a HostRow, in its order."""
    return [_TABLE.c[name.removesuffix("_") if name == "class_" else name] for name in HostRow._fields]


def _hashes(text: str) -> set[str]:
    """Return the hashes in the facts of a host."""
    told = json.loads(text)
    found = [one for value in told.values() for one in (value if isinstance(value, list) else [value])]
    return {one[:64] for one in found if isinstance(one, str) and one}
