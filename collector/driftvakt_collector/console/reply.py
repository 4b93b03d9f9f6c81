"""Answers of the console, and the headers that every one of them carries."""

import asyncio
import zlib
from collections.abc import Mapping

from starlette.requests import Request
from starlette.responses import Response

POLICY = (
    "default-src 'none'; style-src 'self'; script-src 'self'; img-src 'self' data:; connect-src 'self'; "
    "form-action 'self'; frame-ancestors 'none'; base-uri 'none'"
)
HEADERS = {
    "content-security-policy": POLICY,
    "x-content-type-options": "nosniff",
    "referrer-policy": "same-origin",
    "cache-control": "no-store",
}
_PACK_FROM = 1024
_THREAD_FROM = 1 << 16


async def page(request: Request, body: bytes, status: int = 200, headers: Mapping[str, str] | None = None) -> Response:
    """Return an HTML page."""
    return await packed(request, body, "text/html; charset=utf-8", headers or {}, status)


def redirect(url: str) -> Response:
    """Send the browser on, by GET."""
    return Response(status_code=303, headers={**HEADERS, "location": url})


def text(words: str, status: int) -> Response:
    """Return plain text."""
    return Response(words, status, {**HEADERS, "content-type": "text/plain; charset=utf-8"})


async def packed(request: Request, body: bytes, media: str, headers: Mapping[str, str], status: int = 200) -> Response:
    """Return a body, compressed where the browser can read that."""
    told = {**HEADERS, **headers, "content-type": media, "vary": "accept-encoding"}
    if len(body) >= _PACK_FROM and "gzip" in request.headers.get("accept-encoding", ""):
        body = await asyncio.to_thread(_gzip, body) if len(body) > _THREAD_FROM else _gzip(body)
        told["content-encoding"] = "gzip"
    return Response(body, status, told)


def _gzip(body: bytes) -> bytes:
    packer = zlib.compressobj(4, wbits=16 + zlib.MAX_WBITS)
    return packer.compress(body) + packer.flush()
