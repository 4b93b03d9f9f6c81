"""What the store lets go of: what happened long ago, and series sets that nobody uses any more.

In steps, each a transaction of its own: the one writer has other work, and a day's worth may be a million rows.
"""

from collections.abc import Set

from sqlalchemy import Connection, Table, delete, exists, select

from driftvakt_collector.store.assets import AssetDecisionTable, AssetMoveTable, AssetSourceTable
from driftvakt_collector.store.models import ChangeTable, ChangeTextTable, EventTable, OutageTable, SeriesSetTable

_EVENTS: Table = EventTable.__table__  # type: ignore[attr-defined]
_CHANGES: Table = ChangeTable.__table__  # type: ignore[attr-defined]
_TEXTS: Table = ChangeTextTable.__table__  # type: ignore[attr-defined]
_OUTAGES: Table = OutageTable.__table__  # type: ignore[attr-defined]
_DECISIONS: Table = AssetDecisionTable.__table__  # type: ignore[attr-defined]
_MOVES: Table = AssetMoveTable.__table__  # type: ignore[attr-defined]
_SOURCES: Table = AssetSourceTable.__table__  # type: ignore[attr-defined]
_SETS: Table = SeriesSetTable.__table__  # type: ignore[attr-defined]
_DAY = 86_400.0
STEP = 2000
"""Rows that one transaction removes at most."""


def old_rows(connection: Connection, before: float) -> int:
    """Remove a step of what happened before then, seconds since the epoch; return how many rows went."""
    kept = ((_EVENTS, "received"), (_OUTAGES, "ended"), (_CHANGES, "at"))
    return sum(_old(connection, table, column, before) for table, column in kept) + _old_texts(connection, before)


def old_decisions(connection: Connection, before: float, after: int = 0) -> int | None:
    """Look at a step of the decisions about assets that were made before then, and remove those that explain nothing

    any more: the last one of each host that is there says why it stands where it stands. after: the number of the last
    that was looked at. Returns the same for the next step, None where there is none.
    """
    query = select(_DECISIONS.c.id).where(_DECISIONS.c.id > after, _DECISIONS.c.at < before).order_by(_DECISIONS.c.id)
    old = list(connection.execute(query.limit(STEP)).scalars())
    if not old:
        return None
    later = _MOVES.alias()
    explains = (
        select(_MOVES.c.decision).join(_SOURCES, _SOURCES.c.source == _MOVES.c.source)
        .where(
            _MOVES.c.decision.in_(old),
            ~exists().where(later.c.source == _MOVES.c.source, later.c.decision > _MOVES.c.decision),
        )
    )  # fmt: skip
    gone = sorted(set(old) - set(connection.execute(explains).scalars()))
    if gone:
        connection.execute(delete(_MOVES).where(_MOVES.c.decision.in_(gone)))
        connection.execute(delete(_DECISIONS).where(_DECISIONS.c.id.in_(gone)))
    return int(old[-1])


def unused_sets(connection: Connection, used: Set[str]) -> int:
    """Remove a step of the series sets that are not among `used`; return how many went.

    One that is needed again is asked for again, from whoever reports with it.
    """
    known = connection.execute(select(_SETS.c.digest)).scalars()
    gone = [digest for digest in known if digest not in used][:STEP]
    if gone:
        connection.execute(delete(_SETS).where(_SETS.c.digest.in_(gone)))
    return len(gone)


def _old(connection: Connection, table: Table, column: str, before: float) -> int:
    # Rows come in the order of time, so the oldest have the lowest numbers, and no index by time is needed.
    oldest = connection.execute(select(table.c.id, table.c[column]).order_by(table.c.id).limit(STEP)).all()
    gone = [number for number, when in oldest if when < before]
    if gone:
        connection.execute(delete(table).where(table.c.id.in_(gone)))
    return len(gone)


def _old_texts(connection: Connection, before: float) -> int:
    # Their `last` is true within a day.
    query = select(_TEXTS.c.id).where(_TEXTS.c.last < before - _DAY).limit(STEP)
    gone = list(connection.execute(query).scalars())
    if gone:
        connection.execute(delete(_TEXTS).where(_TEXTS.c.id.in_(gone)))
    return len(gone)
