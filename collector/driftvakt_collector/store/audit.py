"""Who did what, in a chain: each entry holds the hash of the one before it, so that none can be changed unseen.

hash = SHA-256(the hash before, as hexadecimal digits, then the entry's fields as a JSON list without blanks). The store
refuses to change or remove entries; who has the whole store in hand can still cut off the end, which only a head that
was kept elsewhere tells.
"""

import hashlib
import json
from collections.abc import Iterator, Mapping, Sequence
from typing import NamedTuple

from sqlalchemy import Connection, Table, func, select, text

from driftvakt_collector.store.models import AuditTable

_AUDIT: Table = AuditTable.__table__  # type: ignore[attr-defined]
GENESIS = "0" * 64
"""What the first entry follows."""
CONSOLE, COMMAND, API = "console", "command", "api"
_LOCK = 0x6472696674  # "drift"
_STEP = 2000
_MOST_TEXT = 255
_MOST_DETAIL = 4000


class Entry(NamedTuple):
    """seq: from 1, without holes. at: seconds since the epoch. who: a login, or who typed a command; how: the way.

    what: a word that stays the same, as login.made. object: what it was done to. detail: JSON.
    """

    seq: int
    at: float
    who: str
    how: str
    what: str
    object: str
    detail: str
    hash: str


class Verdict(NamedTuple):
    """entries: how many are sound, from the first. head: the hash of the last of these. wrong: what is not."""

    entries: int
    head: str
    wrong: str = ""


_COLUMNS = tuple(_AUDIT.c[name] for name in Entry._fields)


def write(
    connection: Connection, at: float, who: str, how: str, what: str, object_: str = "",
    detail: Mapping[str, object] | None = None,
) -> Entry:  # fmt: skip
    """Write an entry in the transaction that does what it tells of."""
    if connection.dialect.name == "postgresql":
        # SQLite has one writer; here the next one must wait until this one is written.
        connection.execute(text("SELECT pg_advisory_xact_lock(:key)"), {"key": _LOCK})
    last = connection.execute(select(_AUDIT.c.seq, _AUDIT.c.hash).order_by(_AUDIT.c.seq.desc()).limit(1)).first()
    seq, before = (int(last[0]) + 1, str(last[1])) if last is not None else (1, GENESIS)
    told = json.dumps(dict(detail or {}), ensure_ascii=False, sort_keys=True, default=str)
    if len(told) > _MOST_DETAIL:
        told = json.dumps({"cut": told[: _MOST_DETAIL // 2]}, ensure_ascii=False)
    made = Entry(seq, at, _plain(who), _plain(how), _plain(what), _plain(object_), _plain(told, _MOST_DETAIL), "")
    made = made._replace(hash=_hash(before, made))
    connection.execute(_AUDIT.insert().values(made._asdict()))
    return made


def listed(
    connection: Connection, limit: int, *, before: int | None = None, who: str = "", what: str = "", object_: str = "",
    since: float = 0.0,
) -> list[Entry]:  # fmt: skip
    """Return entries, the newest first. before: only of smaller numbers. what: how the word begins."""
    query = select(*_COLUMNS).where(_AUDIT.c.at >= since).order_by(_AUDIT.c.seq.desc()).limit(limit)
    if before is not None:
        query = query.where(_AUDIT.c.seq < before)
    if who:
        query = query.where(_AUDIT.c.who == who)
    if what:
        query = query.where(_AUDIT.c.what.startswith(what, autoescape=True))
    if object_:
        query = query.where(_AUDIT.c.object == object_)
    return [Entry(*row) for row in connection.execute(query)]


def head(connection: Connection) -> tuple[int, str]:
    """Return the number and the hash of the newest entry; 0 and GENESIS where there is none."""
    last = connection.execute(select(_AUDIT.c.seq, _AUDIT.c.hash).order_by(_AUDIT.c.seq.desc()).limit(1)).first()
    return (int(last[0]), str(last[1])) if last is not None else (0, GENESIS)


def verify(connection: Connection, kept: tuple[int, str] | None = None) -> Verdict:
    """Read the whole chain and say how far it is sound. kept: number and hash of an entry, noted elsewhere."""
    before, count = GENESIS, 0
    for one in _all(connection):
        if one.seq != count + 1:
            return Verdict(count, before, f"entry {count + 1} is missing: after {count} comes {one.seq}")
        if _hash(before, one) != one.hash:
            return Verdict(count, before, f"entry {one.seq} is not as it was written, or stands in another place")
        before, count = one.hash, one.seq
        if kept is not None and kept[0] == one.seq and kept[1] != one.hash:
            return Verdict(count - 1, before, f"entry {one.seq} is another than the one that was noted")
    if kept is not None and kept[0] > count:
        return Verdict(count, before, f"the end is missing: entry {kept[0]} was noted, and the last one is {count}")
    return Verdict(count, before)


def count(connection: Connection) -> int:
    """Return how many entries there are."""
    return connection.scalar(select(func.count()).select_from(_AUDIT)) or 0


def _all(connection: Connection) -> Iterator[Entry]:
    last = 0
    while rows := _after(connection, last):
        yield from rows
        last = rows[-1].seq


def _after(connection: Connection, seq: int) -> Sequence[Entry]:
    query = select(*_COLUMNS).where(_AUDIT.c.seq > seq).order_by(_AUDIT.c.seq).limit(_STEP)
    return [Entry(*row) for row in connection.execute(query)]


def _hash(before: str, one: Entry) -> str:
    # As it is read back: a float of a database is the float that was written.
    fields = [one.seq, repr(float(one.at)), one.who, one.how, one.what, one.object, one.detail]
    body = json.dumps(fields, ensure_ascii=False, separators=(",", ":"))
    return hashlib.sha256(before.encode() + body.encode("utf-8", "surrogatepass")).hexdigest()


def _plain(told: str, most: int = _MOST_TEXT) -> str:
    """Return a text as both stores keep it: bounded, of characters that can be written."""
    return told.replace("\0", "\ufffd").encode("utf-8", "replace").decode()[:most]
