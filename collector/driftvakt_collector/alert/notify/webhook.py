"""A webhook: JSON by POST, signed, to the URL of a contact; into our own network only where that is meant."""

import asyncio
import hashlib
import hmac
import json
import time
from collections.abc import Callable
from dataclasses import dataclass
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address
from pathlib import Path
from urllib.parse import urlsplit

import httpx

from driftvakt_collector.alert.notify import dial, http
from driftvakt_collector.alert.notify.letter import one_line
from driftvakt_collector.alert.notify.message import DeliveryError, Message, Sent
from driftvakt_collector.config import ConfigError, read_secret

Network = IPv4Network | IPv6Network
SIGNATURE, TIMESTAMP = "X-Driftvakt-Signature", "X-Driftvakt-Timestamp"


@dataclass(frozen=True)
class WebhookSettings:
    """secret_file: of the signature. private: networks that are not public and may be called all the same.

    clear: whether plain http is allowed outside of those.
    """

    secret_file: Path
    private: tuple[Network, ...] = ()
    clear: bool = False
    seconds: float = 15.0


def signature(secret: str, timestamp: str, body: bytes) -> str:
    """Return what proves who sent it: HMAC-SHA256 over the timestamp, a dot and the body, as `sha256=` and hex."""
    return "sha256=" + hmac.new(secret.encode(), timestamp.encode() + b"." + body, hashlib.sha256).hexdigest()


def body(message: Message) -> bytes:
    """Return what is posted."""
    told = {
        "id": message.id, "incident": message.incident, "thread": message.thread, "subject": message.subject,
        "text": message.text, "short": message.short, "language": message.language, "at": message.at,
        "urgent": message.urgent, "links": dict(message.links),
    }  # fmt: skip
    return json.dumps(told, ensure_ascii=False).encode("utf-8", "replace")


def is_public(address: IPv4Address | IPv6Address) -> bool:
    """Say if an address is of the internet, and not of ours, of this machine or of none."""
    if isinstance(address, IPv6Address):
        # An IPv4 address in the clothes of IPv6 leads to where that leads.
        for inner in (address.ipv4_mapped, address.sixtofour, address.teredo and address.teredo[1]):
            if inner is not None:
                return is_public(inner)
        if address in IPv6Network("64:ff9b::/96"):
            return is_public(IPv4Address(int(address) & 0xFFFFFFFF))
    return address.is_global and not address.is_multicast


class Webhook:
    """Posts messages. now: seconds since the epoch."""

    channel = "webhook"

    def __init__(
        self, settings: WebhookSettings, now: Callable[[], float] = time.time, resolve: dial.Resolve = dial.resolve,
        client: httpx.AsyncClient | None = None,
    ) -> None:  # fmt: skip
        self._settings = settings
        self._now = now
        self._resolve = resolve
        self._client = client

    async def send(self, message: Message) -> Sent:
        """Post one message. Raises DeliveryError."""
        told = self._settings
        try:
            parts = urlsplit(message.to)
            host, port = parts.hostname or "", parts.port or (443 if parts.scheme == "https" else 80)
        except ValueError as e:
            raise DeliveryError(f"{one_line(message.to, 80)!r} is no URL: correct the contact", permanent=True) from e
        if parts.scheme not in ("http", "https") or not host or parts.username is not None:
            raise DeliveryError(
                f"{one_line(message.to, 80)!r} is no URL of http or https without a password", permanent=True
            )
        try:
            secret = read_secret(told.secret_file)
        except ConfigError as e:
            raise DeliveryError(str(e), broken=True) from e
        address = await self._allowed(host, port, is_clear=parts.scheme == "http")
        self._client = self._client or http.client(told.seconds)
        content, timestamp = body(message), str(int(self._now()))
        # The address that was looked at is the one that is called: a name may say another a moment later.
        where = f"[{address}]" if ":" in address else address
        url = httpx.URL(message.to).copy_with(host=where, port=port)
        request = self._client.build_request(
            "POST", url, content=content,
            headers={
                "Host": parts.netloc, "Content-Type": "application/json", TIMESTAMP: timestamp,
                SIGNATURE: signature(secret, timestamp, content), "Idempotency-Key": one_line(message.id, 128),
                "User-Agent": "driftvakt",
            },
            extensions={"sni_hostname": host},
        )  # fmt: skip
        response, text = await http.answered(self._client, request, f"the webhook of {host}")
        if not 200 <= response.status_code < 300:
            raise self._refusal(response, text, host)
        return Sent(one_line(response.headers.get("x-request-id", ""), 100))

    def _refusal(self, response: httpx.Response, text: str, host: str) -> DeliveryError:
        e = http.refusal(response, text, f"the webhook of {host}", self._now())
        # One receiver that refuses says nothing of the others.
        return DeliveryError(str(e), permanent=True) if e.broken else e

    async def _allowed(self, host: str, port: int, *, is_clear: bool) -> str:
        """Return the address to call. Raises DeliveryError where it is none that may be called."""
        try:
            async with asyncio.timeout(self._settings.seconds):
                addresses = await self._resolve(host, port)
            found = [ip_address(str(where[0]).partition("%")[0]) for _, where in addresses]
        except (OSError, ValueError) as e:
            raise DeliveryError(f"cannot look up {one_line(host, 80)}: {e}") from e
        for one in found:
            inside = any(one in network for network in self._settings.private)
            if not inside and not is_public(one):
                raise DeliveryError(
                    f"{one_line(host, 80)} is {one}, which is not public: add its network to 'private' if it is meant",
                    permanent=True,
                )
            if is_clear and not inside and not self._settings.clear:
                raise DeliveryError(f"{one_line(host, 80)} would be told in clear: write https", permanent=True)
        if not found:
            raise DeliveryError(f"{one_line(host, 80)} has no address")
        return str(found[0])

    async def close(self) -> None:
        """Let go of connections."""
        if self._client is not None:
            await self._client.aclose()
            self._client = None
