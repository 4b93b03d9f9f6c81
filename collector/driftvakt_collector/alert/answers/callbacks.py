"""What SMS gateways tell us by HTTP: receipts and SMS that came in. 46elks signs nothing, so the path is the secret.

A path is derived from a secret of ours, the gateway and what it is for; a log of URLs that gets out gives away that one
path, and neither the secret nor the other path.
"""

import hashlib
import hmac
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime

from driftvakt_collector.alert.answers.receipts import Receipt, Told
from driftvakt_collector.alert.notify.letter import one_line

RECEIPT, INCOMING = "receipt", "incoming"
PREFIX = "/v1/sms/"
_TEXT = 2000


class MalformedError(Exception):
    """A callback that lacks what it must have. Answer 400: it is never better when it comes again."""


@dataclass(frozen=True)
class Incoming:
    """An SMS that came in. key: the provider's, so that none counts twice. at: seconds since the epoch."""

    key: str
    sender: str
    to: str
    text: str
    at: float


def segment(secret: str, way: str, what: str) -> str:
    """Return the secret part of a path: 40 hex digits."""
    return hmac.new(secret.encode(), f"callback\0{way}\0{what}".encode(), hashlib.sha256).hexdigest()[:40]


def path(way: str, what: str, secret: str) -> str:
    """Return where a gateway calls: /v1/sms/elks/receipt/1f0c…"""
    return f"{PREFIX}{way}/{what}/{segment(secret, way, what)}"


def is_known(given: str, secret: str, way: str, what: str) -> bool:
    """Say if the secret part of a path is right; takes the same time for each wrong one."""
    return bool(secret) and hmac.compare_digest(
        given.encode("utf-8", "surrogatepass"), segment(secret, way, what).encode()
    )


def take_receipt(form: Mapping[str, str], now: float, way: str = "elks") -> Told:
    """Return the receipt of a form that 46elks posts. Raises MalformedError."""
    id_, status = one_line(form.get("id", ""), 90), form.get("status", "")
    if not id_:
        raise MalformedError("a receipt without an id")
    try:
        receipt = Receipt(status) if status else None
    except ValueError:
        receipt = None
    if receipt is None:
        raise MalformedError(f"a receipt of the status {one_line(status, 40)!r}")
    return Told(
        "sms", f"{way}/{id_}", receipt, _moment(form.get("delivered", ""), now), one_line(form.get("reason", ""), 200)
    )


def take_sms(form: Mapping[str, str], now: float, way: str = "elks") -> Incoming:
    """Return the SMS of a form that 46elks posts. Raises MalformedError."""
    id_ = one_line(form.get("id", ""), 90)
    sender, text = one_line(form.get("from", ""), 40), form.get("message", "")[:_TEXT]
    if not id_ or not sender:
        raise MalformedError("an SMS without an id or a sender")
    if form.get("direction", "incoming") != "incoming":
        raise MalformedError("an SMS that did not come in")
    return Incoming(
        f"{way}/{id_}", sender, one_line(form.get("to", ""), 40), text, _moment(form.get("created", ""), now)
    )


def _moment(told: str, now: float) -> float:
    """Return a moment that 46elks tells: UTC without saying so. One that is far from now is not believed."""
    try:
        at = datetime.fromisoformat(told.strip().removesuffix("Z")[:40])
    except ValueError:
        return now
    moment = (at.replace(tzinfo=UTC) if at.tzinfo is None else at).timestamp()
    return moment if now - 7 * 86_400 < moment < now + 300 else now
