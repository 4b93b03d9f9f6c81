"""How a try to send ended, and what follows. Pure."""

import json
from dataclasses import dataclass

from driftvakt_collector.alert.notify.message import DeliveryError, Message, Sent
from driftvakt_collector.store import outbox
from driftvakt_collector.store.outbox import OutboxRow

_WAITS = (5.0, 15.0, 30.0, 60.0, 120.0, 300.0)
"""Seconds between tries, by how many there were."""
RESTS = (5.0, 15.0, 30.0, 60.0)
"""Seconds until a channel that is broken is tried again, by how often it was found so."""
GIVE_UP = 86_400.0
"""Seconds after which what nobody takes is given up."""
LATE = 120.0
"""Seconds after which a page, or a case for a supplier, is no longer waited for: the next person is told."""
_MOST_ERROR = 500


@dataclass(frozen=True)
class Outcome:
    """state, not_before: of the row from now on. lost: nobody should wait for this message any longer."""

    state: str
    error: str = ""
    not_before: float | None = None
    provider: str = ""
    receipt: str = ""
    lost: bool = False
    broken: bool = False


def went(sent: Sent) -> Outcome:
    """Return what follows where it was taken."""
    return Outcome(outbox.SENT, provider=sent.provider[:128], receipt="created" if sent.receipted else "")


def failed(row: OutboxRow, error: DeliveryError, now: float) -> Outcome:
    """Return what follows where it was not. A page that is late is `lost` once, and is tried on all the same."""
    told = str(error)[:_MOST_ERROR]
    if error.permanent or now - row.made_at > GIVE_UP:
        return Outcome(outbox.FAILED, told, lost=True)
    wait = error.after if error.after is not None else _WAITS[min(max(row.attempts, 1), len(_WAITS)) - 1]
    if error.broken and error.after is None:
        wait = RESTS[-1]
    pages = row.kind in (outbox.PAGE, outbox.DIGEST, outbox.HANDOVER)
    late = pages and row.error[:1] != "!" and (error.broken or now + wait - row.made_at > LATE)
    # The mark in front says that the next person was told of it already.
    mark = "!" if late or row.error[:1] == "!" else ""
    return Outcome(outbox.WAITING, mark + told, now + max(wait, 1.0), lost=late, broken=error.broken)


def message_of(row: OutboxRow) -> Message:
    """Return what a row says, for the one who sends it."""
    body = json.loads(row.body)
    return Message(
        row.message, row.address, body["subject"], body["text"], body["short"], body["language"], row.made_at,
        body.get("incident", ""), body.get("thread", ""),
        tuple((str(name), str(url)) for name, url in body.get("links", ())), body.get("answer", ""),
        row.kind == outbox.PAGE,
    )  # fmt: skip


def body_of(
    subject: str, text: str, short: str, language: str, *, incident: str = "", thread: str = "",
    links: tuple[tuple[str, str], ...] = (), answer: str = "",
) -> str:  # fmt: skip
    """Return what a row's body holds."""
    told = {
        "subject": subject, "text": text, "short": short, "language": language, "incident": incident, "thread": thread,
        "links": links, "answer": answer,
    }  # fmt: skip
    return json.dumps(told, ensure_ascii=False)
