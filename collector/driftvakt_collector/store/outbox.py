"""The outbox: messages to people, written in the transaction that decided on them, sent at least once.

A row is claimed by a conditional update with a lease, and finished only under the same lease. Who dies in between has
sent once more than was written down; the second copy has the same id.
"""

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

from sqlalchemy import Connection, Table, bindparam, case, func, or_, select, update

from driftvakt_collector.store.alert_models import IncidentTable, OutboxTable
from driftvakt_collector.store.incidents import OPEN
from driftvakt_collector.store.upsert import insert_new

_OUTBOX: Table = OutboxTable.__table__  # type: ignore[attr-defined]
_INCIDENTS: Table = IncidentTable.__table__  # type: ignore[attr-defined]
WAITING, LEASED, SENT, FAILED, SUPERSEDED, DIGESTED = "waiting", "leased", "sent", "failed", "superseded", "digested"
PAGE = "page"
"""The kind of what wakes people: it is superseded when somebody took the incident."""
DIGEST = "digest"
"""The kind of what tells of many messages; its `why` are their ids."""
HANDOVER = "handover"
"""The kind of what a supplier has to act on."""


class OutboxRow(NamedTuple):
    """message: its stable id. incident: None for what is about none. generation, step: of the incident, back then.

    kind: page, taken, resolved, digest, handover, supplier, answer, test. body: JSON of subject, text, short and the
    rest. why: JSON, why this person. receipt: empty, created, sent, delivered, failed. error: how the last try ended.
    """

    id: int
    message: str
    incident: int | None
    generation: int
    step: int
    kind: str
    channel: str
    person: str
    address: str
    severity: str
    body: str
    why: str
    made_at: float
    not_before: float
    attempts: int
    lease_until: float
    lease_token: str
    state: str
    changed_at: float
    sent_at: float | None
    provider: str
    receipt: str
    error: str


_COLUMNS = tuple(_OUTBOX.c[name] for name in OutboxRow._fields)
_URGENT = case((_OUTBOX.c.severity == "critical", 0), else_=1)
_SEVERITIES = ("critical", "warning", "info", "")
_DUE = (
    select(_OUTBOX.c.id)
    .where(
        _OUTBOX.c.state == WAITING, _OUTBOX.c.channel == bindparam("channel_"),
        _OUTBOX.c.severity == bindparam("severity_"), _OUTBOX.c.not_before <= bindparam("now_"),
    ).order_by(_OUTBOX.c.step, _OUTBOX.c.not_before, _OUTBOX.c.id).limit(bindparam("limit_"))
)  # fmt: skip
_EXPIRED = (
    select(_OUTBOX.c.id)
    .where(
        _OUTBOX.c.state == LEASED, _OUTBOX.c.channel == bindparam("channel_"),
        _OUTBOX.c.lease_until <= bindparam("now_"),
    ).order_by(_OUTBOX.c.lease_until, _OUTBOX.c.id).limit(bindparam("limit_"))
)  # fmt: skip


def row(
    message: str, channel: str, person: str, address: str, body: str, now: float, *, kind: str,
    incident: int | None = None, generation: int = 0, step: int = 0, severity: str = "", why: str = "",
    not_before: float = 0.0,
) -> OutboxRow:  # fmt: skip
    """Return a message that waits to be sent."""
    return OutboxRow(
        0, message[:128], incident, generation, step, kind, channel, person, address, severity, body, why, now,
        max(now, not_before), 0, 0.0, "", WAITING, now, None, "", "", "",
    )  # fmt: skip


def add(connection: Connection, rows: Sequence[OutboxRow]) -> None:
    """Have messages sent. One whose id is there already is sent already, or will be."""
    told = []
    for one in rows:
        values = one._asdict()
        del values["id"]
        told.append(values)
    if told:
        insert_new(connection, _OUTBOX, told)


def claim(connection: Connection, channel: str, now: float, lease: float, token: str, limit: int) -> list[OutboxRow]:
    """Take messages to send: what is urgent first, then the first word of something, then what waits longest.

    For `lease` seconds they are ours.
    """
    here = _OUTBOX.c
    told: dict[str, Any] = {"channel_": channel, "now_": now}
    found = [number for (number,) in connection.execute(_EXPIRED, {**told, "limit_": limit})]
    # Severity by severity, so that an index gives each in its order: thousands may wait.
    for severity in _SEVERITIES:
        if len(found) < limit:
            asked = {**told, "severity_": severity, "limit_": limit - len(found)}
            found += [number for (number,) in connection.execute(_DUE, asked)]
    if not found:
        return []
    free = or_(here.state == WAITING, (here.state == LEASED) & (here.lease_until <= now))
    connection.execute(
        update(_OUTBOX).where(here.id.in_(found), free)
        .values(state=LEASED, lease_until=now + lease, lease_token=token, attempts=here.attempts + 1, changed_at=now)
    )  # fmt: skip
    mine = select(*_COLUMNS).where(here.id.in_(found), here.lease_token == token, here.state == LEASED)
    return [OutboxRow(*one) for one in connection.execute(mine.order_by(_URGENT, here.step, here.not_before, here.id))]


def finish(connection: Connection, message: int, token: str, **told: Any) -> bool:
    """Write how a try ended, if the lease is still ours; say if it was. told: state, and what else changed."""
    here = _OUTBOX.c
    query = update(_OUTBOX).where(here.id == message, here.lease_token == token, here.state == LEASED)
    return bool(connection.execute(query.values(lease_token="", lease_until=0.0, **told)).rowcount)


def taken(connection: Connection, notes: Mapping[str, tuple[str, str]], now: float) -> int:
    """Mark messages as sent of which a note says so, for who noted it died before; return how many that were.

    notes: by message, what the other side calls it, and the receipt it has.
    """
    done, here = 0, _OUTBOX.c
    for message, (provider, receipt) in notes.items():
        query = update(_OUTBOX).where(here.message == message, here.state.in_((LEASED, WAITING)))
        done += connection.execute(query.values(
            state=SENT, sent_at=now, changed_at=now, provider=provider[:128], receipt=receipt[:16], error="",
            lease_token="", lease_until=0.0,
        )).rowcount  # fmt: skip
    return done


def release(connection: Connection, now: float) -> int:
    """Free what was claimed by who is no more: for a start, where nobody else sends. Returns how many that were."""
    query = update(_OUTBOX).where(_OUTBOX.c.state == LEASED)
    return connection.execute(query.values(state=WAITING, lease_token="", lease_until=0.0, changed_at=now)).rowcount


def supersede(connection: Connection, incident: int, now: float, kinds: Sequence[str] = (PAGE,)) -> int:
    """Send no more of these about an incident. What is on its way is sent all the same."""
    here = _OUTBOX.c
    query = update(_OUTBOX).where(here.incident == incident, here.kind.in_(kinds), here.state == WAITING)
    return connection.execute(query.values(state=SUPERSEDED, changed_at=now)).rowcount


def outdated(connection: Connection, now: float, messages: Sequence[int]) -> set[int]:
    """Send no page of these whose incident somebody took, is over, or began anew since; return which those are.

    What is on its way when that happens is not superseded with the others: it may fail, and be due again later.
    """
    here, about = _OUTBOX.c, _INCIDENTS.c
    query = select(here.id).join_from(_OUTBOX, _INCIDENTS, here.incident == about.number).where(
        here.id.in_(messages), here.kind == PAGE, (about.state != OPEN) | (about.generation != here.generation)
    )  # fmt: skip
    found = set(connection.execute(query).scalars())
    if found:
        told = update(_OUTBOX).where(here.id.in_(found))
        connection.execute(told.values(state=SUPERSEDED, lease_token="", lease_until=0.0, changed_at=now))
    return found


def hasten(connection: Connection, now: float, *, channel: str = "", incident: int | None = None) -> int:
    """Have sent at once what was put off: all of a channel that works again, or what of an incident waits for a digest.

    Returns how many that were.
    """
    here = _OUTBOX.c
    query = update(_OUTBOX).where(here.state == WAITING, here.not_before > now)
    if channel:
        query = query.where(here.channel == channel, here.error.startswith("!"))
    if incident is not None:
        query = query.where(here.incident == incident, here.kind == PAGE, here.error == "")
    return connection.execute(query.values(not_before=now)).rowcount


def alone(connection: Connection, messages: Sequence[int]) -> bool:
    """Say if one of these is the only page of its incident that went out or is just going."""
    here, other = _OUTBOX.c, _OUTBOX.alias().c
    gone = select(other.id).where(
        other.incident == here.incident, other.generation == here.generation, other.kind == PAGE,
        other.id.not_in(messages), other.state.in_((SENT, LEASED, DIGESTED)),
    )  # fmt: skip
    query = select(here.id).where(here.id.in_(messages), ~gone.exists()).limit(1)
    return connection.execute(query).first() is not None


def of_incident(connection: Connection, incident: int) -> list[OutboxRow]:
    """Return all messages about an incident, the oldest first."""
    query = select(*_COLUMNS).where(_OUTBOX.c.incident == incident).order_by(_OUTBOX.c.id)
    return [OutboxRow(*one) for one in connection.execute(query)]


def by_provider(connection: Connection, channel: str, provider: str) -> OutboxRow | None:
    """Return the message that a gateway calls so."""
    here = _OUTBOX.c
    found = connection.execute(select(*_COLUMNS).where(here.channel == channel, here.provider == provider)).first()
    return OutboxRow(*found) if found is not None else None


def by_message(connection: Connection, message: str) -> OutboxRow | None:
    """Return the message of an id."""
    found = connection.execute(select(*_COLUMNS).where(_OUTBOX.c.message == message)).first()
    return OutboxRow(*found) if found is not None else None


def change(connection: Connection, message: int, **told: Any) -> None:
    """Change a message that nobody is sending: its receipt, its time."""
    connection.execute(update(_OUTBOX).where(_OUTBOX.c.id == message).values(told))


def put_off(connection: Connection, messages: Sequence[int], due: float) -> None:
    """Have messages wait until then, also those that are ours to send."""
    for start in range(0, len(messages), 500):
        query = update(_OUTBOX).where(_OUTBOX.c.id.in_(messages[start : start + 500]))
        connection.execute(query.values(state=WAITING, not_before=due, lease_token="", lease_until=0.0))


def paged(connection: Connection, incident: int) -> set[tuple[str, str, str]]:
    """Return who was told of an incident: person, channel and address."""
    here = _OUTBOX.c
    query = select(here.person, here.channel, here.address).distinct()
    told = query.where(here.incident == incident, here.kind == PAGE, here.state.in_((SENT, LEASED, DIGESTED)))
    return {(person, channel, address) for person, channel, address in connection.execute(told)}


def last_paged(connection: Connection, incident: int) -> float:
    """Return when the newest page about an incident was made, seconds since the epoch, 0 for never."""
    here = _OUTBOX.c
    return connection.scalar(select(func.max(here.made_at)).where(here.incident == incident, here.kind == PAGE)) or 0.0


def first_to(connection: Connection, incident: int, address: str) -> str:
    """Return the id of the first message about an incident to an address, empty for none."""
    here = _OUTBOX.c
    query = select(here.message).where(here.incident == incident, here.address == address).order_by(here.id).limit(1)
    return connection.scalar(query) or ""


def told_of(connection: Connection, person: str, since: float, limit: int = 200) -> list[int]:
    """Return the incidents of which a person was told after a moment, the newest first."""
    here = _OUTBOX.c
    query = select(here.incident).where(
        here.person == person, here.kind == PAGE, here.made_at >= since, here.incident.is_not(None)
    )
    return [number for (number,) in connection.execute(query.distinct().order_by(here.incident.desc()).limit(limit))]


def sent_since(connection: Connection, channel: str, address: str, since: float) -> int:
    """Return how many messages went to an address after a moment, with those that are on their way."""
    here = _OUTBOX.c
    counts = (here.sent_at >= since) | (here.state == LEASED)
    query = select(func.count()).where(here.channel == channel, here.address == address, counts)
    return connection.scalar(query) or 0


def last_digest(connection: Connection, channel: str, address: str) -> float:
    """Return when the newest digest to an address was made, seconds since the epoch, 0 for never."""
    here = _OUTBOX.c
    query = select(func.max(here.made_at)).where(here.channel == channel, here.address == address, here.kind == DIGEST)
    return connection.scalar(query) or 0.0


def waiting_for(
    connection: Connection, channel: str, address: str, now: float, kinds: Sequence[str], limit: int
) -> list[OutboxRow]:
    """Return what waits for an address and is due, the most urgent first."""
    here = _OUTBOX.c
    query = select(*_COLUMNS).where(
        here.channel == channel, here.address == address, here.state == WAITING, here.kind.in_(kinds),
        here.not_before <= now,
    )  # fmt: skip
    return [OutboxRow(*one) for one in connection.execute(query.order_by(_URGENT, here.id).limit(limit))]


def digest(connection: Connection, messages: Sequence[int], into: str, now: float) -> int:
    """Write that messages are told in another one, of that id; return how many were still waiting."""
    done, here = 0, _OUTBOX.c
    for start in range(0, len(messages), 500):
        query = update(_OUTBOX).where(here.id.in_(messages[start : start + 500]), here.state.in_((WAITING, LEASED)))
        done += connection.execute(query.values(state=DIGESTED, provider=into[:128], changed_at=now)).rowcount
    return done


def standing(connection: Connection, now: float) -> dict[str, tuple[int, float]]:
    """Return by channel how many messages are due, and since when the oldest is, seconds since the epoch."""
    here = _OUTBOX.c
    query = select(here.channel, func.count(), func.min(here.not_before)).group_by(here.channel)
    due = query.where(here.state.in_((WAITING, LEASED)), here.not_before <= now)
    return {channel: (count, oldest) for channel, count, oldest in connection.execute(due)}
