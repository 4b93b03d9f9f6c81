"""Zammad over its REST API, and its webhooks.

Out: POST /api/v1/tickets with an article, /api/v1/ticket_articles, PUT for the state; the ticket is tagged with our
token. In: the webhook of a trigger, signed in X-Hub-Signature as HMAC-SHA1 of the body. `their_key` is `NUMBER#ID`:
what people call a ticket, and what the API does.
"""

import base64
import hmac
from collections.abc import Mapping
from hashlib import sha1
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

_EVENTS = {
    "open": Event.WORK, "pending reminder": Event.ANSWER, "pending close": Event.MEND, "closed": Event.MEND,
}  # fmt: skip
_STATES = {Do.REOPEN: "open", Do.ACCEPT: "closed", Do.CANCEL: "closed"}
_GONE = ("merged", "removed")
_MOST_TITLE = 200


class Zammad:
    """The desk of a supplier that has Zammad. client: for HTTP."""

    def __init__(self, client: httpx.AsyncClient, supplier: Supplier, secrets: Secrets) -> None:
        self._client = client
        self._base = supplier.url.rstrip("/").removesuffix("/api/v1") + "/api/v1"
        self._settings = supplier.settings
        self._headers = {"Authorization": f"Token token={secrets.user}"}

    async def send(self, told: Outgoing) -> str:
        """See Desk."""
        if told.do is Do.OPEN:
            known = told.their_key or await self._find(told.token)
            return known or await self._open(told)
        key = _id(told.their_key)
        if not key:
            raise DeliveryError("the case was never opened in their Zammad", permanent=True)
        await self._look(key, told.their_key)
        if not await self._is_told(key, told):
            article = {"ticket_id": int(key), **self._article(told)}
            await self._call("POST", "ticket_articles", json=article)
        if told.do in _STATES:
            await self._call("PUT", f"tickets/{key}", json={"state": _STATES[told.do]})
        return told.their_key

    async def check(self) -> str:
        """See Desk."""
        me = body.mapping(await self._call("GET", "users/me"))
        return f"Zammad lets us in as {line(str(me.get('login') or me.get('email') or '?'), 80)}"

    async def _open(self, told: Outgoing) -> str:
        article = self._article(told)
        article["attachments"] = [
            {"filename": f"{line(told.incident, 32)}.{kind}", "data": base64.b64encode(content.encode()).decode(),
             "mime-type": mime}
            for kind, mime, content in (("json", "application/json", told.evidence), ("csv", "text/csv", told.tries))
            if content
        ]  # fmt: skip
        ticket: dict[str, Any] = {
            "title": line(f"[{told.incident}] {told.title}", _MOST_TITLE), "group": self._settings.group,
            "article": article, "tags": _tag(told.token),
        }  # fmt: skip
        if told.urgent:
            ticket["priority"] = "3 high"
        ticket["customer" if self._settings.customer else "customer_id"] = self._settings.customer or body.mapping(
            await self._call("GET", "users/me")
        ).get("id")
        key = _key(await self._call("POST", "tickets", json=ticket))
        if not key:
            raise DeliveryError("Zammad made a ticket and gives no number of it", unsure=True)
        return key

    def _article(self, told: Outgoing) -> dict[str, Any]:
        mark = f"{told.incident} {token.mark(told.token)}\n{told.id}"
        return {
            "subject": line(told.title, _MOST_TITLE), "body": f"{told.text}\n\n{mark}", "content_type": "text/plain",
            "type": "note", "internal": False,
        }  # fmt: skip

    async def _find(self, one: str) -> str:
        """Return the ticket that has our tag, empty for none. What its search finds is looked at once more."""
        query = {"query": f'tags:"{_tag(one)}"', "limit": "5", "expand": "true"}
        told = await self._call("GET", "tickets/search", query=query)
        rows = told if isinstance(told, list) else []
        for row in rows:
            key = _key(row)
            if not key:
                continue
            tags = await self._call("GET", "tags", query={"object": "Ticket", "o_id": _id(key)})
            if _tag(one) in (body.mapping(tags).get("tags") or ()):
                return key
        return ""

    async def _look(self, key: str, shown: str) -> None:
        ticket = body.mapping(await self._call("GET", f"tickets/{key}", query={"expand": "true"}))
        state = _state(ticket)
        if state in _GONE:
            raise DeliveryError(
                f"their ticket {shown.partition('#')[0]} was {state}: ask them for the number of the one that took its"
                " place, and hand over anew",
                permanent=True,
            )

    async def _is_told(self, key: str, told: Outgoing) -> bool:
        rows = await self._call("GET", f"ticket_articles/by_ticket/{key}")
        return any(
            told.id in str(body.mapping(row).get("body", "")) for row in (rows if isinstance(rows, list) else [])
        )

    async def _call(self, method: str, path: str, *, json: Any = None, query: Mapping[str, str] | None = None) -> Any:
        answer = await call(
            self._client, method, f"{self._base}/{path}", headers=self._headers, json=json, query=query
        )  # fmt: skip
        return answer.told


def read(headers: Mapping[str, str], raw: bytes, secret: str, _now: float) -> Update | None:
    """Return what a webhook tells, None for nothing that matters. headers: by names in lower case.

    Zammad signs no time; that the same delivery comes again is harmless, for it is known again by what is in it.
    Raises UpdateError for what is not signed with the secret, or is no such thing.
    """
    if not secret:
        raise UpdateError("this supplier has no secret for webhooks: driftvakt supplier change --hook-file", 403)
    wanted = hmac.new(secret.encode(), raw, sha1).hexdigest()  # the algorithm that Zammad has
    if not body.same(wanted, headers.get("x-hub-signature", "").lower().removeprefix("sha1=")):
        raise UpdateError("the signature of Zammad's webhook is wrong", 401)
    told = body.decoded(raw)
    ticket, article = body.mapping(told.get("ticket")), body.mapping(told.get("article"))
    key = _key(ticket)
    if not key:
        raise UpdateError("Zammad's webhook has no ticket in it")
    state = _state(ticket)
    text = "" if article.get("internal") is True else _said(article)
    event = _EVENTS.get(state)
    if not (event or text):
        return None
    tags = ticket.get("tags")
    found = [one.removeprefix("driftvakt-") for one in tags if isinstance(one, str)] if isinstance(tags, list) else []
    seen = f"{key}:{body.number(article.get('id'))}:{state}:{line(str(ticket.get('updated_at', '')), 40)}"
    return Update(
        key=seen, token=next((one for one in map(token.found, found) if one), ""), their_key=key,
        event=event or Event.ANSWER, text=block(text, body.MOST_TEXT, body.MOST_LINES), sender="Zammad",
        number=key.partition("#")[0],
    )  # fmt: skip


def _said(article: Mapping[str, Any]) -> str:
    raw = body.text(article.get("body"))
    return body.theirs(raw if "plain" in body.text(article.get("content_type")) else markup.to_text(raw))


def _state(ticket: Mapping[str, Any]) -> str:
    state = ticket.get("state")
    return line(str(state.get("name", "")) if isinstance(state, dict) else body.text(state), 40).casefold()


def _key(ticket: object) -> str:
    told = body.mapping(ticket)
    number, key = body.number(told.get("number")), body.number(told.get("id"))
    return f"{number or key}#{key}" if key else ""


def _id(key: str) -> str:
    return body.number(key.rpartition("#")[2])


def _tag(one: str) -> str:
    return f"driftvakt-{one}"
