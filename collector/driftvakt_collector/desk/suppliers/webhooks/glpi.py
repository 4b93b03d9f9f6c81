"""GLPI 10 and 11 over its REST API (apirest.php), and its webhooks.

Out: initSession with the application's and a user's token, then a Ticket with our token in `externalid`, ITILFollowup,
ITILSolution and status. In: webhooks of GLPI 11, signed in X-GLPI-signature as HMAC-SHA256 of body and timestamp; or of
a plug-in for GLPI 10, with the secret in X-Driftvakt-Token.
"""

import hmac
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager, suppress
from hashlib import sha256
from typing import Any

import httpx

from driftvakt_collector.alert.answers import markup
from driftvakt_collector.alert.notify.message import DeliveryError
from driftvakt_collector.desk.suppliers import token
from driftvakt_collector.desk.suppliers.handover import Event
from driftvakt_collector.desk.suppliers.outgoing import Do, Outgoing
from driftvakt_collector.desk.suppliers.supplier import Secrets, Supplier
from driftvakt_collector.desk.suppliers.update import Update, UpdateError
from driftvakt_collector.desk.suppliers.webhooks import body
from driftvakt_collector.desk.suppliers.webhooks.call import call
from driftvakt_collector.desk.texts.clean import block, line

_NEW, _ASSIGNED, _PLANNED, _WAITING, _SOLVED, _CLOSED = 1, 2, 3, 4, 5, 6
"""Its statuses (CommonITILObject)."""
_EVENTS = {_ASSIGNED: Event.ANSWER, _PLANNED: Event.WORK, _WAITING: Event.ANSWER, _SOLVED: Event.MEND,
           _CLOSED: Event.MEND}  # fmt: skip
_STATUS = {Do.REOPEN: _ASSIGNED, Do.CANCEL: _CLOSED, Do.ACCEPT: _CLOSED}
_URGENT, _ORDINARY = 5, 3
_INCIDENT = 1
_MOST_TITLE = 250
_MOST_ASKED = 200
_MOST_AGE = 2 * 86_400.0
"""Seconds; GLPI sends what it could not deliver again with the old timestamp."""


class Glpi:
    """The desk of a supplier that has GLPI. client: for HTTP."""

    def __init__(self, client: httpx.AsyncClient, supplier: Supplier, secrets: Secrets) -> None:
        self._client = client
        self._base = supplier.url.rstrip("/").removesuffix("/apirest.php") + "/apirest.php"
        self._settings = supplier.settings
        self._secrets = secrets

    async def send(self, told: Outgoing) -> str:
        """See Desk."""
        async with self._session() as headers:
            if told.do is Do.OPEN:
                known = told.their_key or await self._find(headers, told.token)
                return known or await self._open(headers, told)
            await self._look(headers, told.their_key)
            if not await self._is_told(headers, told):
                await self._follow_up(headers, told)
            if told.do in _STATUS:
                status = {"input": {"id": int(told.their_key), "status": _STATUS[told.do]}}
                await call(self._client, "PUT", f"{self._base}/Ticket/{told.their_key}", headers=headers, json=status)
            return told.their_key

    async def check(self) -> str:
        """See Desk."""
        async with self._session() as headers:
            url = f"{self._base}/getActiveEntities"
            answer = await call(self._client, "GET", url, headers=headers)
            entity = body.mapping(body.mapping(answer.told).get("active_entity")).get("id", "?")
            return f"GLPI lets us in; new tickets go to entity {self._settings.entity or entity}"

    @asynccontextmanager
    async def _session(self) -> AsyncIterator[dict[str, str]]:
        headers = {"App-Token": self._secrets.app} if self._secrets.app else {}
        answer = await call(
            self._client, "GET", f"{self._base}/initSession",
            headers={**headers, "Authorization": f"user_token {self._secrets.user}"},
        )  # fmt: skip
        session = body.mapping(answer.told).get("session_token")
        if not isinstance(session, str) or not session.isascii() or not session.isprintable():
            raise DeliveryError("GLPI gives no session: is --url that of its apirest.php?", broken=True)
        headers["Session-Token"] = session
        try:
            yield headers
        finally:
            # Where that fails it ends by itself after a while; what was done is done.
            with suppress(DeliveryError):
                await call(self._client, "GET", f"{self._base}/killSession", headers=headers, expects=False, whole=5.0)

    async def _find(self, headers: Mapping[str, str], one: str) -> str:
        """Return the ticket that has our token, empty for none. Its search is for parts, so each is looked at."""
        answer = await call(
            self._client, "GET", f"{self._base}/Ticket", headers=headers,
            query={"searchText[externalid]": one, "range": "0-9"},
        )  # fmt: skip
        for ticket in answer.told if isinstance(answer.told, list) else []:
            found = body.mapping(ticket)
            if found.get("externalid") == one and (key := body.number(found.get("id"))):
                return key
        return ""

    async def _open(self, headers: Mapping[str, str], told: Outgoing) -> str:
        ticket: dict[str, Any] = {
            "name": line(f"[{told.incident}] {told.title}", _MOST_TITLE), "content": _html(told), "type": _INCIDENT,
            "urgency": _URGENT if told.urgent else _ORDINARY, "externalid": told.token,
        }  # fmt: skip
        if self._settings.entity:
            ticket["entities_id"] = self._settings.entity
        if self._settings.category:
            ticket["itilcategories_id"] = self._settings.category
        answer = await call(
            self._client, "POST", f"{self._base}/Ticket", headers=headers, json={"input": ticket}
        )  # fmt: skip
        made = answer.told[0] if isinstance(answer.told, list) and answer.told else answer.told
        key = body.number(body.mapping(made).get("id"))
        if not key:
            raise DeliveryError("GLPI made a ticket and gives no number of it", unsure=True)
        return key

    async def _look(self, headers: Mapping[str, str], key: str) -> None:
        """Raise DeliveryError where the ticket is gone: deleted, or merged into another, which GLPI does alike."""
        if not body.number(key):
            raise DeliveryError("the case was never opened in their GLPI", permanent=True)
        answer = await call(self._client, "GET", f"{self._base}/Ticket/{key}", headers=headers)
        if body.mapping(answer.told).get("is_deleted") in (1, True, "1"):
            raise DeliveryError(
                f"their ticket {key} was deleted or merged into another: ask them for its number, and hand over anew",
                permanent=True,
            )

    async def _is_told(self, headers: Mapping[str, str], told: Outgoing) -> bool:
        url = f"{self._base}/Ticket/{told.their_key}/ITILFollowup"
        answer = await call(self._client, "GET", url, headers=headers, query={"range": "0-199"})
        rows = answer.told if isinstance(answer.told, list) else []
        return any(told.id in str(body.mapping(row).get("content", "")) for row in rows)

    async def _follow_up(self, headers: Mapping[str, str], told: Outgoing) -> None:
        note: dict[str, Any] = {"itemtype": "Ticket", "items_id": int(told.their_key), "content": _html(told)}
        if told.do is Do.REOPEN:
            note["add_reopen"] = 1
        await call(self._client, "POST", f"{self._base}/ITILFollowup", headers=headers, json={"input": note})


def read(headers: Mapping[str, str], raw: bytes, secret: str, now: float) -> Update | None:
    """Return what a webhook tells, None for nothing that matters. headers: by names in lower case.

    Raises UpdateError for what is not signed with the secret, or is no such thing.
    """
    key = _verified(headers, raw, secret, now)
    told = body.decoded(raw)
    item = body.mapping(told.get("item")) or told
    parent = body.mapping(item.get("parent_item") or told.get("parent_item"))
    ticket = parent.get("id") or item.get("items_id") or item.get("id") or told.get("ticket")
    content = item.get("content") if parent or "items_id" in item else told.get("text")
    text = body.theirs(markup.to_text(content) if isinstance(content, str) else "")
    status = item.get("status")
    code = body.number(body.mapping(status).get("id") if isinstance(status, dict) else status)
    event = None if parent or "items_id" in item else _EVENTS.get(int(code or "0"))
    if not (event or text):
        return None
    one = item.get("external_id") or item.get("externalid") or ""
    return Update(
        key=key, token=token.found(str(one)), their_key=body.number(ticket), event=event or Event.ANSWER,
        text=block(text, body.MOST_TEXT, body.MOST_LINES), sender="GLPI",
    )  # fmt: skip


def challenge(asked: str, secret: str) -> str:
    """Return what GLPI 11 wants to hear when it asks who we are (`crc_token`), before it sends anything."""
    return hmac.new(secret.encode(), asked[:_MOST_ASKED].encode("utf-8", "replace"), sha256).hexdigest()


def _verified(headers: Mapping[str, str], raw: bytes, secret: str, now: float) -> str:
    """Return by what this delivery is known again."""
    if not secret:
        raise UpdateError("this supplier has no secret for webhooks: driftvakt supplier change --hook-file", 403)
    signature, stamp = headers.get("x-glpi-signature", ""), headers.get("x-glpi-timestamp", "")
    if signature:
        wanted = hmac.new(secret.encode(), raw + stamp.encode("utf-8", "replace"), sha256).hexdigest()
        if not body.same(wanted, signature.lower()):
            raise UpdateError("the signature of GLPI's webhook is wrong", 401)
        if not stamp.isdecimal() or len(stamp) > 12 or abs(now - float(stamp)) > _MOST_AGE:
            raise UpdateError("GLPI's webhook is too old", 401)
        return wanted
    if not body.same(secret, headers.get("x-driftvakt-token", "")):
        raise UpdateError("GLPI's webhook has neither a signature nor our token", 401)
    return sha256(raw).hexdigest()


def _html(told: Outgoing) -> str:
    return markup.to_html(f"{told.text}\n\n{told.incident} {token.mark(told.token)}\n{told.id}")
