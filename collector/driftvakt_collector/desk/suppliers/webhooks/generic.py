"""A desk of any kind that takes JSON: signed with a shared secret, both ways.

Out, and in:
    POST URL
    X-Driftvakt-Timestamp: 1800000000
    X-Driftvakt-Signature: sha256=HMAC-SHA256(secret, TIMESTAMP + "." + BODY), in hexadecimal
    X-Driftvakt-Delivery: the same for each try of one message

    {"version": 1, "do": "open", "token": "…", "incident": "INC-1042", "their_key": "", "title": "…", "text": "…", …}
    {"token": "…", "status": "mended", "text": "…", "number": "SR-1"}
"""

import hmac
from collections.abc import Callable, Mapping
from hashlib import sha256
from typing import Any

import httpx
import msgspec

from driftvakt_collector.alert.notify.message import DeliveryError
from driftvakt_collector.desk.suppliers import token
from driftvakt_collector.desk.suppliers.handover import Event
from driftvakt_collector.desk.suppliers.outgoing import Outgoing
from driftvakt_collector.desk.suppliers.supplier import Secrets, Supplier
from driftvakt_collector.desk.suppliers.update import Update, UpdateError
from driftvakt_collector.desk.suppliers.webhooks import body
from driftvakt_collector.desk.suppliers.webhooks.call import call
from driftvakt_collector.desk.texts.clean import block, line

MOST_AGE = 300.0
"""Seconds that a signature holds: an old delivery can't be played back later."""
_EVENTS = {"answered": Event.ANSWER, "working": Event.WORK, "mended": Event.MEND}
_NOTE = "note"
_MOST_KEY = 200


class Generic:
    """The desk of a supplier that takes JSON. client: for HTTP; clock: seconds since the epoch."""

    def __init__(
        self, client: httpx.AsyncClient, supplier: Supplier, secrets: Secrets, clock: Callable[[], float]
    ) -> None:
        self._client = client
        self._url = supplier.url
        self._secret = secrets.hook
        self._clock = clock

    async def send(self, told: Outgoing) -> str:
        """See Desk."""
        case: dict[str, Any] = {
            "version": 1, "do": told.do.value, "token": told.token, "incident": told.incident,
            "their_key": told.their_key, "title": told.title, "text": told.text, "urgent": told.urgent,
        }  # fmt: skip
        if told.evidence:
            case["evidence"] = msgspec.Raw(told.evidence.encode())
        answer = await self._post(case, told.id)
        key = body.mapping(answer).get("key") or body.mapping(answer).get("number")
        return told.their_key or (line(str(key), _MOST_KEY) if isinstance(key, str | int) else "")

    async def check(self) -> str:
        """See Desk."""
        await self._post({"version": 1, "do": "test"}, f"test-{self._clock():.0f}")
        return "it took a test"

    async def _post(self, told: Mapping[str, Any], delivery: str) -> Any:
        if not self._secret:
            raise DeliveryError(
                "the supplier has no secret to sign with: driftvakt supplier change --hook-file", broken=True
            )
        raw = msgspec.json.encode(told)
        stamp = f"{self._clock():.0f}"
        headers = {
            "X-Driftvakt-Timestamp": stamp, "X-Driftvakt-Signature": f"sha256={signature(self._secret, stamp, raw)}",
            "X-Driftvakt-Delivery": delivery,
        }  # fmt: skip
        answer = await call(self._client, "POST", self._url, headers=headers, content=raw, expects=False)
        return answer.told


def signature(secret: str, stamp: str, raw: bytes) -> str:
    """Return what signs a body: hexadecimal. stamp: seconds since the epoch."""
    return hmac.new(secret.encode(), stamp.encode("utf-8", "replace") + b"." + raw, sha256).hexdigest()


def read(headers: Mapping[str, str], raw: bytes, secret: str, now: float) -> Update | None:
    """Return what a webhook tells. headers: by names in lower case.

    Raises UpdateError for what is not signed with the secret, too old, or is no such thing.
    """
    if not secret:
        raise UpdateError("this supplier has no secret for webhooks: driftvakt supplier change --hook-file", 403)
    stamp = headers.get("x-driftvakt-timestamp", "")
    wanted = signature(secret, stamp, raw)
    if not body.same(wanted, headers.get("x-driftvakt-signature", "").lower().removeprefix("sha256=")):
        raise UpdateError("the signature of a supplier's webhook is wrong", 401)
    if not stamp.isdecimal() or len(stamp) > 12 or abs(now - float(stamp)) > MOST_AGE:
        raise UpdateError(f"a supplier's webhook is older than {MOST_AGE:.0f} s, or its clock is wrong", 401)
    told = body.decoded(raw)
    status = body.text(told.get("status"))
    if status not in _EVENTS and status != _NOTE:
        raise UpdateError(f"'status' must be one of {', '.join([*_EVENTS, _NOTE])}, got {line(status, 40)!r}")
    one, key = token.found(body.text(told.get("token"))), line(body.text(told.get("their_key")), _MOST_KEY)
    if not (one or key):
        raise UpdateError("a webhook must say which case it is about: 'token', as it was sent")
    return Update(
        key=line(headers.get("x-driftvakt-delivery", ""), _MOST_KEY) or wanted, token=one, their_key=key,
        event=_EVENTS.get(status), text=block(body.text(told.get("text")), body.MOST_TEXT, body.MOST_LINES),
        sender="webhook", number=line(body.text(told.get("number")), _MOST_KEY),
    )  # fmt: skip
