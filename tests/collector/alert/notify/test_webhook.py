"""Webhooks: signed, bounded, and no way into our own network."""

import asyncio
import hashlib
import hmac
import json
import socket
from ipaddress import ip_address, ip_network
from pathlib import Path
from typing import Any

import httpx
import pytest
from paging import AT, message

from driftvakt_collector.alert.notify.message import DeliveryError, Sent
from driftvakt_collector.alert.notify.webhook import Webhook, WebhookSettings, is_public


@pytest.fixture
def secret(tmp_path: Path) -> Path:
    (tmp_path / "hook.secret").write_text("hemligt")
    return tmp_path / "hook.secret"


def posted(
    secret: Path, url: str, addresses: tuple[str, ...] = ("93.184.216.34",), status: int = 200, **told: Any
) -> tuple[Sent | DeliveryError, list[httpx.Request]]:
    asked: list[httpx.Request] = []

    def handler(request: httpx.Request) -> httpx.Response:
        asked.append(request)
        return httpx.Response(status, headers={"Location": "http://127.0.0.1/"}, text="<h1>no</h1>")

    async def resolve(_host: str, port: int) -> Any:
        return [(socket.AF_INET6 if ":" in one else socket.AF_INET, (one, port)) for one in addresses]

    async def work() -> Sent | DeliveryError:
        hook = Webhook(
            WebhookSettings(secret, **told), now=lambda: AT, resolve=resolve,
            client=httpx.AsyncClient(transport=httpx.MockTransport(handler)),
        )  # fmt: skip
        try:
            return await hook.send(message(to=url))
        except DeliveryError as e:
            return e
        finally:
            await hook.close()

    return asyncio.run(work()), asked


def test_a_message_is_posted_with_a_signature_that_its_receiver_can_check(secret: Path) -> None:
    outcome, (asked,) = posted(secret, "https://chatt.stad.example/hook?x=1")

    body = asked.content
    stamp = asked.headers["x-driftvakt-timestamp"]
    wanted = hmac.new(b"hemligt", f"{stamp}.".encode() + body, hashlib.sha256).hexdigest()
    assert isinstance(outcome, Sent)
    assert asked.headers["x-driftvakt-signature"] == f"sha256={wanted}"
    assert stamp == str(int(AT))
    assert asked.headers["idempotency-key"] == "m-1042-1-astrid"
    assert json.loads(body)["subject"] == "INC-1042 Kritiskt: UPS på batteri i Åkerö skola"


def test_the_address_that_was_looked_at_is_the_one_that_is_called(secret: Path) -> None:
    _, (asked,) = posted(secret, "https://chatt.stad.example/hook")

    assert asked.url.host == "93.184.216.34"
    assert asked.headers["host"] == "chatt.stad.example"
    assert asked.extensions["sni_hostname"] == "chatt.stad.example"


@pytest.mark.parametrize(
    "addresses",
    [
        ("127.0.0.1",), ("10.1.2.3",), ("192.168.0.1",), ("169.254.169.254",), ("0.0.0.0",), ("100.64.0.1",), ("::1",),
        ("fe80::1",), ("fd00::1",), ("::ffff:10.0.0.1",), ("64:ff9b::a00:1",), ("2002:7f00:1::",), ("224.0.0.1",),
        ("93.184.216.34", "10.0.0.1"),
    ],
)  # fmt: skip
def test_an_address_of_our_own_network_is_not_called(secret: Path, addresses: tuple[str, ...]) -> None:
    outcome, asked = posted(secret, "https://inside.example/", addresses)

    assert isinstance(outcome, DeliveryError)
    assert outcome.permanent
    assert asked == []


def test_a_network_that_is_meant_may_be_called_in_clear_too(secret: Path) -> None:
    outcome, _ = posted(secret, "http://chatt.stad.example/", ("10.1.2.3",), private=(ip_network("10.1.0.0/16"),))

    assert isinstance(outcome, Sent)


@pytest.mark.parametrize(
    "url",
    ["http://chatt.stad.example/", "ftp://a.example/", "file:///etc/passwd", "https://", "chatt",
     "https://u:p@a.example/",
     "https://a.example:99999/", "https://[::1/"],
)  # fmt: skip
def test_a_url_that_may_not_be_called_is_given_up(secret: Path, url: str) -> None:
    outcome, asked = posted(secret, url)

    assert isinstance(outcome, DeliveryError)
    assert outcome.permanent
    assert asked == []


@pytest.mark.parametrize(("status", "permanent"), [(301, True), (401, True), (404, True), (429, False), (500, False)])
def test_a_receiver_that_refuses_says_nothing_of_the_others(secret: Path, status: int, permanent: bool) -> None:
    outcome, asked = posted(secret, "https://chatt.stad.example/", status=status)

    assert isinstance(outcome, DeliveryError)
    assert (outcome.permanent, outcome.broken) == (permanent, False)
    assert len(asked) == 1


def test_public_addresses_are_public() -> None:
    assert is_public(ip_address("93.184.216.34"))
    assert is_public(ip_address("2606:2800:220:1::1"))
