"""/ping/SECRET[/start|/fail|/EXIT CODE]: a job tells how it goes, with curl, wget or PowerShell.

Neither the secret nor the path stands in a log or an answer.
"""

import asyncio
from collections.abc import Mapping
from typing import Any, Protocol

from driftvakt_collector.ingest.asgi import Receive, Send
from driftvakt_collector.ingest.body import RECEIVE_SECONDS
from driftvakt_collector.ingest.enrol import answer, network

PATH = "/ping/"
METHODS = ("GET", "HEAD", "POST")
_KEPT = 16 << 10
"""Bytes of a body that are held; the job's own bound is below."""
_PASSED_OVER = 8 << 20
"""Bytes of a body that are read and dropped, so that a job which prints much is answered all the same."""
_PLAIN = b"text/plain; charset=utf-8"


class Refused(Protocol):
    """Why a call was not taken. wait: seconds until it may come again, 0 for never."""

    @property
    def status(self) -> int:
        """As in HTTP."""

    @property
    def text(self) -> str:
        """A sentence."""

    @property
    def wait(self) -> float:
        """Seconds."""


class Jobs(Protocol):
    """Who hears jobs."""

    def refusal(self, secret: str, word: str, address: str, zone: str) -> Refused | None:
        """Return why a call is not taken, before its body is read."""

    async def take(self, secret: str, word: str, body: bytes, address: str, zone: str) -> Refused | None:
        """Keep what a job told, and return None; or why it can't be kept."""


async def ping(jobs: Jobs, zone: str, scope: Mapping[str, Any], receive: Receive, send: Send) -> None:
    """Answer one call. zone: whose listener it came to, empty for that of all."""
    address = network(scope["client"][0]) if scope.get("client") else ""
    extra: list[tuple[bytes, bytes]] = [(b"cache-control", b"no-store")]
    if scope["method"] not in METHODS:
        extra += [(b"allow", b", ".join(one.encode() for one in METHODS)), (b"connection", b"close")]
        await answer(send, 405, b"a job calls with GET, HEAD or POST\n", _PLAIN, extra)
        return
    secret, _, word = scope["path"].removeprefix(PATH).partition("/")
    word = word.rstrip("/")
    refused = jobs.refusal(secret, word, address, zone)
    if refused is not None:
        # What may still come of a body is not waited for.
        extra.append((b"connection", b"close"))
    else:
        refused = await jobs.take(secret, word, await beginning(receive), address, zone)
    if refused is not None and refused.wait > 0:
        extra.append((b"retry-after", b"%d" % (refused.wait + 1)))
    status, text = (200, "OK") if refused is None else (refused.status, refused.text)
    await answer(send, status, f"{text}\n".encode(), _PLAIN, extra)


async def beginning(receive: Receive) -> bytes:
    """Return the beginning of a body. One that does not come whole is no reason not to hear the rest of the call."""
    kept, size = b"", 0
    try:
        async with asyncio.timeout(RECEIVE_SECONDS):
            while size <= _PASSED_OVER:
                message = await receive()
                if message["type"] != "http.request":
                    break
                piece = bytes(message.get("body", b""))
                size += len(piece)
                kept = (kept + piece)[:_KEPT] if len(kept) < _KEPT else kept
                if not message.get("more_body", False):
                    break
    except TimeoutError:
        pass
    return kept
