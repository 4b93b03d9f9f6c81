"""One call to a supplier's desk: bounded in time and size, and every way in which it can go wrong told as such."""

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

import httpx
import msgspec

from driftvakt_collector.alert.notify.message import DeliveryError
from driftvakt_collector.desk.texts.clean import line

CONNECT, READ, WHOLE = 10.0, 20.0, 45.0
"""Seconds to reach it, between two parts of an answer, and for all of it."""
MOST_BYTES = 1 << 20
_MOST_SAID = 160
_SOON = 60.0
_MOST_WAIT = 3600.0


@dataclass(frozen=True)
class Answer:
    """status: of HTTP. told: what its JSON holds, None for an empty body."""

    status: int
    told: Any


async def call(
    client: httpx.AsyncClient, method: str, url: str, *, headers: Mapping[str, str], json: Any = None,
    content: bytes | None = None, query: Mapping[str, str] | None = None, expects: bool = True, whole: float = WHOLE,
) -> Answer:  # fmt: skip
    """Call and return the answer. Raises DeliveryError, and nothing else; secrets stand in no text of it.

    expects: JSON must come back. A change whose answer never came may have been made all the same (`unsure`).
    """
    changes = method != "GET"
    name = _named(url)
    body = content if json is None else msgspec.json.encode(json)
    sent = {"Accept": "application/json", **headers}
    if body is not None:
        sent.setdefault("Content-Type", "application/json")
    try:
        async with asyncio.timeout(whole):
            request = client.build_request(
                method, url, headers=sent, content=body, params=query, timeout=httpx.Timeout(READ, connect=CONNECT)
            )
            response = await client.send(request, stream=True, follow_redirects=False)
            try:
                raw = await _read(response, name)
            finally:
                await response.aclose()
    except (TimeoutError, httpx.ReadTimeout, httpx.WriteTimeout) as e:
        raise DeliveryError(f"{name} did not answer in time", unsure=changes) from e
    except (httpx.ConnectError, httpx.ConnectTimeout, httpx.PoolTimeout) as e:
        raise DeliveryError(f"{name} can't be reached: {e.__class__.__name__}") from e
    except (httpx.InvalidURL, httpx.UnsupportedProtocol) as e:
        raise DeliveryError(f"{name} is no address that can be called", permanent=True, broken=True) from e
    except (httpx.HTTPError, UnicodeError, ValueError) as e:
        raise DeliveryError(f"{name} broke off: {e.__class__.__name__}", unsure=changes) from e
    return _judged(response, raw, name, expects=expects, changes=changes)


async def _read(response: httpx.Response, name: str) -> bytes:
    parts, size = [], 0
    async for part in response.aiter_bytes():
        size += len(part)
        if size > MOST_BYTES:
            raise DeliveryError(
                f"{name} answers with more than {MOST_BYTES} bytes: is it the right address?", broken=True
            )
        parts.append(part)
    return b"".join(parts)


def _judged(response: httpx.Response, raw: bytes, name: str, *, expects: bool, changes: bool) -> Answer:
    status = response.status_code
    said = _said(raw)
    if status in (401, 403):
        raise DeliveryError(f"{name} does not let us in ({status}{said}): set its secrets anew", broken=True)
    if 300 <= status < 400:
        raise DeliveryError(
            f"{name} sends us elsewhere ({status}): set the supplier's --url to where it is", broken=True
        )
    if status in (408, 425, 429):
        raise DeliveryError(f"{name} is busy ({status}{said})", after=_after(response))
    if status >= 500:
        raise DeliveryError(f"{name} failed ({status}{said})", unsure=changes, after=_after(response) if status == 503
                            else None)  # fmt: skip
    if status >= 400:
        raise DeliveryError(f"{name} refuses this ({status}{said})", permanent=True)
    if not raw.strip():
        if expects:
            raise DeliveryError(f"{name} answers {status} with nothing in it", broken=True, unsure=changes)
        return Answer(status, None)
    try:
        return Answer(status, msgspec.json.decode(raw))
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as e:
        if not expects:
            return Answer(status, None)
        what = "a web page" if raw.lstrip()[:1] == b"<" else "something else"
        raise DeliveryError(
            f"{name} answers with {what} and not with JSON: is it the right address, and is its API on?", broken=True,
            unsure=changes,
        ) from e  # fmt: skip


def _said(raw: bytes) -> str:
    """Return what an answer says in words, as `: message`; of a web page nothing."""
    text = raw[:2000].decode("utf-8", "replace").strip()
    return f": {line(text, _MOST_SAID)}" if text and not text.startswith("<") else ""


def _after(response: httpx.Response) -> float:
    """Return the seconds to wait (RFC 9110, section 10.2.3); a date counts as a minute."""
    told = response.headers.get("Retry-After", "").strip()
    return min(float(told), _MOST_WAIT) if told.isdecimal() and len(told) < 9 else _SOON


def _named(url: str) -> str:
    """Return an address without what may be secret in it: user, password and query."""
    try:
        parts = urlsplit(url)
        return line(f"{parts.hostname or '?'}{parts.path}", 120)
    except ValueError:
        return "the supplier's desk"
