"""What people sent back, and what was done with it."""

from typing import NamedTuple

from sqlalchemy import Connection, Table, func, select

from driftvakt_collector.store.alert_models import AnswerTable
from driftvakt_collector.store.upsert import insert_new

_ANSWERS: Table = AnswerTable.__table__  # type: ignore[attr-defined]


class AnswerRow(NamedTuple):
    """key: of the gateway or the mail, so that none counts twice. verdict: what was done, or why nothing was."""

    channel: str
    key: str
    at: float
    sender: str
    person: str
    incident: int | None
    action: str
    verdict: str
    text: str


def is_known(connection: Connection, channel: str, key: str) -> bool:
    """Say if an answer was taken before."""
    query = select(func.count()).select_from(_ANSWERS).where(_ANSWERS.c.channel == channel, _ANSWERS.c.key == key)
    return bool(connection.scalar(query))


def of_key(connection: Connection, channel: str, key: str) -> AnswerRow | None:
    """Return the answer that a gateway or mail calls so."""
    columns = (_ANSWERS.c[name] for name in AnswerRow._fields)
    found = connection.execute(select(*columns).where(_ANSWERS.c.channel == channel, _ANSWERS.c.key == key)).first()
    return AnswerRow(*found) if found is not None else None


def add(connection: Connection, row: AnswerRow) -> None:
    """Write an answer down, once."""
    insert_new(connection, _ANSWERS, [row._asdict()])


def wrong_since(connection: Connection, sender: str, since: float) -> int:
    """Return how many answers of a sender were refused after a moment."""
    here = _ANSWERS.c
    query = select(func.count()).select_from(_ANSWERS)
    return connection.scalar(query.where(here.sender == sender, here.at >= since, here.verdict == "wrong_code")) or 0


def since(connection: Connection, sender: str, at: float) -> int:
    """Return how many answers came from a sender after a moment."""
    query = select(func.count()).select_from(_ANSWERS).where(_ANSWERS.c.sender == sender, _ANSWERS.c.at >= at)
    return connection.scalar(query) or 0


def recent(connection: Connection, limit: int) -> list[AnswerRow]:
    """Return the newest answers, the newest first."""
    columns = (_ANSWERS.c[name] for name in AnswerRow._fields)
    return [AnswerRow(*row) for row in connection.execute(select(*columns).order_by(_ANSWERS.c.id.desc()).limit(limit))]
