"""SMS by 46elks: one form to send, receipts and answers come back to URLs of ours (46elks.com/docs/send-sms)."""

import time
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import httpx

from driftvakt_collector.alert.notify import http, sms
from driftvakt_collector.alert.notify.letter import one_line
from driftvakt_collector.alert.notify.message import DeliveryError, Message, Sent
from driftvakt_collector.config import ConfigError, read_secret

BASE = "https://api.46elks.com/a1"
_SKEW = 30.0
"""Seconds by which its clock may be behind ours."""


@dataclass(frozen=True)
class ElksSettings:
    """account, secret_file: of the API. sender: a number, which can be answered, or 3 to 11 letters, which can't.

    receipts: the URL that receipts are sent to, empty for none. parts: SMS that a message becomes at most.
    """

    account: str
    secret_file: Path
    sender: str
    receipts: str = field(default="", repr=False)
    base_url: str = BASE
    parts: int = 2
    seconds: float = 20.0

    @property
    def can_be_answered(self) -> bool:
        """Say if people can reply to what is sent."""
        return sms.is_number(self.sender)


class Elks:
    """Sends SMS. now: seconds since the epoch."""

    channel = "sms"

    def __init__(self, settings: ElksSettings, now: Callable[[], float] = time.time) -> None:
        self._settings = settings
        self._now = now
        self._client: httpx.AsyncClient | None = None

    async def send(self, message: Message) -> Sent:
        """Send one SMS. Raises DeliveryError."""
        told = self._settings
        if not sms.is_number(message.to):
            raise DeliveryError(f"{one_line(message.to, 40)!r} is no number like +46701234567", permanent=True)
        form = {"from": told.sender, "to": message.to, "message": self._text(message)}
        if told.receipts:
            form["whendelivered"] = told.receipts
        request = self._request("POST", data=form)
        response, text = await http.answered(self._opened(), request, "46elks")
        if response.status_code not in (200, 201):
            raise self._refusal(response, text)
        answer = http.as_object(text)
        if answer is None or not isinstance(id_ := answer.get("id"), str) or not id_:
            raise DeliveryError(
                f"46elks answered {response.status_code} without an id, as something in between would:"
                f" {one_line(text, 120) or 'nothing'}", unsure=True,
            )  # fmt: skip
        if answer.get("status") == "failed":
            raise DeliveryError(f"46elks could not send to {message.to}", permanent=True)
        return Sent(one_line(id_, 90), receipted=bool(told.receipts))

    async def recall(self, message: Message) -> Sent | None:
        """Return what 46elks took of a message before, by its history (46elks.com/docs/sms-history).

        Raises DeliveryError.
        """
        # As it names them, what comes after `end` is told. Its clock and ours are not the same.
        since = datetime.fromtimestamp(message.at - _SKEW, UTC).replace(tzinfo=None).isoformat()
        request = self._request("GET", params={"to": message.to, "end": since, "limit": "100"})
        response, text = await http.answered(self._opened(), request, "46elks")
        if response.status_code != 200:
            raise self._refusal(response, text)
        wanted = self._text(message)
        rows = (http.as_object(text) or {}).get("data")
        for one in rows if isinstance(rows, list) else ():
            if not isinstance(one, dict) or not str(one.get("direction", "")).startswith("outgoing"):
                continue
            same = one.get("to") == message.to and one.get("message") == wanted and str(one.get("created", "")) >= since
            if same and one.get("status") != "failed" and isinstance(id_ := one.get("id"), str) and id_:
                return Sent(one_line(id_, 90), receipted=bool(self._settings.receipts))
        return None

    def _text(self, message: Message) -> str:
        return sms.fit(message.short, self._settings.parts, (message.incident, message.answer))

    def _opened(self) -> httpx.AsyncClient:
        self._client = self._client or http.client(self._settings.seconds)
        return self._client

    def _request(self, method: str, **told: Any) -> httpx.Request:
        try:
            auth = httpx.BasicAuth(self._settings.account, read_secret(self._settings.secret_file))
        except ConfigError as e:
            raise DeliveryError(str(e), broken=True) from e
        request = self._opened().build_request(method, f"{self._settings.base_url.rstrip('/')}/sms", **told)
        return next(auth.auth_flow(request))

    def _refusal(self, response: httpx.Response, text: str) -> DeliveryError:
        if response.status_code == 401:
            return DeliveryError(
                "46elks does not take the account and password (401): correct 'account' or the secret's file",
                broken=True,
            )
        if response.status_code == 403:
            return DeliveryError(
                f"46elks sends nothing (403): {http.reason(text)}; is there credit on the account?", broken=True
            )
        if response.status_code == 400 and "from" in (why := http.reason(text)).lower().split():
            return DeliveryError(f"46elks refuses the sender {self._settings.sender!r} (400): {why}", broken=True)
        return http.refusal(response, text, "46elks", self._now())

    async def close(self) -> None:
        """Let go of connections."""
        if self._client is not None:
            await self._client.aclose()
            self._client = None
