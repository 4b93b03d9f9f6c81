"""What providers say of a message after they took it: sent, delivered or failed; late, twice, out of order or never."""

from dataclasses import dataclass
from enum import Enum

LOST_AFTER = 600.0
"""Seconds without a word after which a receipt is taken for lost."""


class Receipt(Enum):
    """How far a message came. The values stand in `outbox.receipt`; NONE is empty."""

    NONE = ""
    CREATED = "created"
    SENT = "sent"
    DELIVERED = "delivered"
    FAILED = "failed"


@dataclass(frozen=True)
class Told:
    """A receipt that came in. provider: what `Sent.provider` was, as elks/s70df…. at: seconds since the epoch."""

    channel: str
    provider: str
    receipt: Receipt
    at: float
    reason: str = ""


_ORDER = (Receipt.NONE, Receipt.CREATED, Receipt.SENT)


def after(before: Receipt, told: Receipt) -> Receipt:
    """Return how far a message came, given what was known and what is told now.

    A receipt that says less than is known changes nothing. What arrived has arrived, whatever is said later; what is
    said to have failed may still turn out to have arrived, for telephones are off and come on again.
    """
    if before is Receipt.DELIVERED or told is Receipt.DELIVERED:
        return Receipt.DELIVERED
    if before is Receipt.FAILED or told is Receipt.FAILED:
        return Receipt.FAILED
    return max(before, told, key=_ORDER.index)


def is_lost(receipt: Receipt, sent_at: float | None, now: float, patience: float = LOST_AFTER) -> bool:
    """Say if a receipt that was asked for should have come by now: the next way is due as if it had failed."""
    return sent_at is not None and receipt in (*_ORDER,) and now - sent_at > patience
