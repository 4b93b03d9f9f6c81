"""What services that take messages by HTTP have in common: bounded answers, and what a status means for a message."""

import email.utils
import json
from datetime import UTC, datetime

import httpx

from driftvakt_collector.alert.notify.letter import one_line
from driftvakt_collector.alert.notify.message import DeliveryError

_MOST = 65_536
_WAIT = 3600.0


def client(seconds: float) -> httpx.AsyncClient:
    """Return a client that follows no redirect, trusts no proxy of the environment, and waits so long at most."""
    return httpx.AsyncClient(
        timeout=httpx.Timeout(seconds, connect=min(seconds, 10.0)), follow_redirects=False, trust_env=False,
        limits=httpx.Limits(max_connections=20, keepalive_expiry=20),
    )  # fmt: skip


async def answered(client: httpx.AsyncClient, request: httpx.Request, who: str) -> tuple[httpx.Response, str]:
    """Return the answer and its text, of which a piece is enough. who: for the operator. Raises DeliveryError."""
    try:
        response = await client.send(request, stream=True)
        try:
            body = bytearray()
            async for piece in response.aiter_bytes(8192):
                body += piece
                if len(body) >= _MOST:
                    break
        finally:
            await response.aclose()
    except httpx.ConnectTimeout as e:
        raise DeliveryError(f"{who} does not answer: no connection in time") from e
    except httpx.PoolTimeout as e:
        raise DeliveryError(f"{who} is busy with what was sent before") from e
    except httpx.ConnectError as e:
        raise DeliveryError(f"cannot reach {who}: {one_line(str(e), 200)}") from e
    except httpx.TimeoutException as e:
        raise DeliveryError(f"{who} took the message and said nothing in time", unsure=True) from e
    except httpx.HTTPError as e:
        raise DeliveryError(f"lost {who} before it answered: {one_line(str(e), 200)}", unsure=True) from e
    except httpx.InvalidURL as e:
        raise DeliveryError(f"the address of {who} is none: {one_line(str(e), 200)}", broken=True) from e
    return response, bytes(body[:_MOST]).decode("utf-8", "replace")


def as_object(text: str) -> dict[str, object] | None:
    """Return the JSON object that a text is, None where it is none: gateways answer HTML and bare words too."""
    try:
        told = json.loads(text)
    except (ValueError, RecursionError):
        return None
    return told if isinstance(told, dict) else None


def reason(text: str) -> str:
    """Return what an answer says of why, in one line."""
    told = as_object(text) or {}
    for key in ("error", "message", "detail", "title"):
        if isinstance(one := told.get(key), str) and one:
            return one_line(one, 200)
    return one_line(text, 200) or "no reason given"


def refusal(response: httpx.Response, text: str, who: str, now: float) -> DeliveryError:
    """Return what an answer that is no success means. now: seconds since the epoch."""
    told = f"{who} answered {response.status_code}: {reason(text)}"
    match response.status_code:
        case 401 | 402 | 403 | 404 | 405 | 407:
            return DeliveryError(told, broken=True)
        case 408 | 425 | 429:
            return DeliveryError(told, after=_retry_after(response, now))
        case status if status >= 500:
            # A proxy in between answers these when what is behind it may have taken the message.
            return DeliveryError(told, after=_retry_after(response, now), unsure=status in (502, 504))
        case status if 300 <= status < 400:
            return DeliveryError(f"{who} answered {status}, to go elsewhere: correct its URL", broken=True)
        case _:
            return DeliveryError(told, permanent=True)


def _retry_after(response: httpx.Response, now: float) -> float | None:
    told = response.headers.get("retry-after", "").strip()
    if told.isdecimal() and len(told) < 9:
        return min(float(told), _WAIT)
    try:
        at = email.utils.parsedate_to_datetime(told)
    except (ValueError, TypeError, IndexError):
        return None
    at = at.replace(tzinfo=UTC) if at.tzinfo is None else at
    return min(max((at - datetime.fromtimestamp(now, UTC)).total_seconds(), 0.0), _WAIT)
