"""What changed in the inventory, and when. An upgrade of ten thousand hosts is told once, and who had it ten thousand

times: of a patch day a row a host is kept, and of thirteen months of them some hundred megabytes.
"""

from collections.abc import Collection, Iterable, Sequence
from hashlib import blake2b
from itertools import islice
from typing import NamedTuple

import msgspec
from backports import zstd
from sqlalchemy import Connection, Row, Select, Table, bindparam, insert, select, update

from driftvakt_collector.store.models import ChangeTable, ChangeTextTable
from driftvakt_collector.store.section import Change
from driftvakt_collector.store.upsert import insert_new

_CHANGES: Table = ChangeTable.__table__  # type: ignore[attr-defined]
_TEXTS: Table = ChangeTextTable.__table__  # type: ignore[attr-defined]
_LEVEL = 6
_STEP = 5000
_PART = 250
"""Rows whose texts are unpacked at once: a machine may have made each as large as it could."""
_DAY = 86_400.0
MAX_CHANGES = 2000
"""Changes of one section that are kept of one moment; an upgrade of a whole system has a thousand."""
MAX_BYTES = 256 << 10
"""Bytes of them; a machine may write each cell as long as it can."""
_encode = msgspec.json.Encoder().encode
Text = tuple[str, str, str, str, str]
_decoder = msgspec.json.Decoder(list[Text])


class Changed(NamedTuple):
    """A section of a host that changed. at: when the collector heard of it, seconds since the epoch."""

    origin: str
    section: str
    at: float
    changes: Sequence[Change]


class ChangeRow(NamedTuple):
    """One change, as `store.section.Change` says it. at: when the collector heard of it, seconds since the epoch."""

    origin: str
    section: str
    at: float
    kind: str
    key: str
    column: str
    old: str
    new: str


def write(connection: Connection, changed: Sequence[Changed]) -> None:
    """Write down what changed."""
    rows: list[dict[str, object]] = []
    texts: dict[int, bytes] = {}
    lasts: dict[int, float] = {}
    for one in changed:
        if not one.changes:
            continue
        raw = _bounded([tuple(change) for change in one.changes[:MAX_CHANGES]])
        number = int.from_bytes(blake2b(raw, digest_size=8).digest(), "big") >> 1
        texts[number] = raw
        lasts[number] = max(one.at, lasts.get(number, 0.0))
        rows.append({"origin": one.origin, "section": one.section, "at": one.at, "told": number})
    if not rows:
        return
    known: dict[int, float] = {}
    numbers = list(texts)
    for start in range(0, len(numbers), _STEP):
        query = select(_TEXTS.c.id, _TEXTS.c.last).where(_TEXTS.c.id.in_(numbers[start : start + _STEP]))
        known.update((number, last) for number, last in connection.execute(query))
    insert_new(connection, _TEXTS, [
        {"id": number, "body": zstd.compress(raw, _LEVEL), "last": lasts[number]}
        for number, raw in texts.items() if number not in known
    ])  # fmt: skip
    again = [{"number": number, "last": lasts[number]} for number, last in known.items() if lasts[number] > last + _DAY]
    if again:
        connection.execute(update(_TEXTS).where(_TEXTS.c.id == bindparam("number")), again)
    connection.execute(insert(_CHANGES), rows)


def _bounded(changes: list[tuple[str, ...]]) -> bytes:
    while len(raw := _encode(changes)) > MAX_BYTES and len(changes) > 1:
        changes = changes[: len(changes) // 2]
    return raw


def recent(connection: Connection, origins: Collection[str], limit: int) -> list[ChangeRow]:
    """Return what changed on some hosts last, the newest first."""
    query = _query().where(_CHANGES.c.origin.in_(list(origins))).order_by(_CHANGES.c.id.desc()).limit(limit)
    return _told(connection, connection.execute(query), limit, backwards=True)


def between(
    connection: Connection, origins: Collection[str] | None, begin: float, end: float, limit: int,
    sections: Collection[str] = (),
) -> list[ChangeRow]:  # fmt: skip
    """Return what changed between two moments, the newest first. origins: on these hosts; None for all.

    sections: in these; empty for all.
    """
    query = _query().where(_CHANGES.c.at >= begin, _CHANGES.c.at <= end).order_by(_CHANGES.c.at.desc(), _CHANGES.c.id)
    if sections:
        query = query.where(_CHANGES.c.section.in_(list(sections)))
    if origins is None:
        return _told(connection, connection.execute(query.limit(limit)), limit)
    if len(origins) <= _STEP:
        return _told(
            connection, connection.execute(query.where(_CHANGES.c.origin.in_(list(origins))).limit(limit)), limit
        )
    # More than a question can name.
    wanted = frozenset(origins)
    rows = connection.execution_options(yield_per=_STEP).execute(query)
    return _told(connection, (row for row in rows if row[0] in wanted), limit)


def _query() -> Select[str, str, float, int]:
    return select(_CHANGES.c.origin, _CHANGES.c.section, _CHANGES.c.at, _CHANGES.c.told)


def _told(
    connection: Connection, rows: Iterable[Row[str, str, float, int]], limit: int, *, backwards: bool = False
) -> list[ChangeRow]:
    """Return the changes themselves, so many at most. Each row stands for one at least."""
    texts: dict[int, list[Text]] = {}
    found: list[ChangeRow] = []
    left = iter(rows)
    while len(found) < limit and (part := list(islice(left, min(_PART, limit)))):
        texts |= _texts(connection, {row[3] for row in part} - texts.keys())
        for origin, section, at, number in part:
            changes = texts.get(number, [])
            found += [ChangeRow(origin, section, at, *one) for one in (reversed(changes) if backwards else changes)]
    return found[:limit]


def _texts(connection: Connection, numbers: Collection[int]) -> dict[int, list[Text]]:
    query = select(_TEXTS.c.id, _TEXTS.c.body).where(_TEXTS.c.id.in_(list(numbers)))
    return {number: _decoder.decode(zstd.decompress(bytes(body))) for number, body in connection.execute(query)}
