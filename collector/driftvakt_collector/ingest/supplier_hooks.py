"""Where suppliers' desks call: their webhooks, and GLPI's question who we are.

Whose a call is is said by its signature alone. Who asks learns neither which suppliers there are nor what was wrong.
"""

import asyncio
import logging
from collections.abc import Mapping
from typing import Protocol

from sqlalchemy.exc import SQLAlchemyError
from starlette.requests import ClientDisconnect, Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Route

from driftvakt_collector.desk.suppliers.update import UpdateError
from driftvakt_collector.desk.suppliers.webhooks.body import MOST_BYTES
from driftvakt_collector.trust.vault import Vault

log = logging.getLogger(__name__)

PATH = "/v1/suppliers/"
AT_ONCE = 8
"""Calls that are read at one time: each may take a megabyte."""
SECONDS = 20.0
"""In which a call must be here."""
_MOST_NAME = 255
_MOST_HEADERS = 64
_MOST_ASKED = 512
_WORDS = {401: "not allowed", 404: "not found", 413: "too large", 429: "too many at once", 503: "try again"}


class Inbox(Protocol):
    """Who takes webhooks in."""

    async def hook(self, vault: Vault, name: str, headers: Mapping[str, str], raw: bytes) -> None:
        """Take one. Raises UpdateError."""
        ...

    async def challenged(self, vault: Vault, name: str, asked: str) -> str:
        """Return what is said to who asks who we are. Raises UpdateError."""
        ...


class SupplierHooks:
    """vault: opens the secrets that sign."""

    def __init__(self, inbox: Inbox, vault: Vault) -> None:
        self._inbox = inbox
        self._vault = vault
        self._here = 0

    def routes(self) -> list[BaseRoute]:
        """Return the routes for the application."""
        return [
            Route(PATH + "{name:path}", self._take, methods=["POST"]),
            Route(PATH + "{name:path}", self._challenge, methods=["GET"]),
        ]

    async def _take(self, request: Request) -> Response:
        if self._here >= AT_ONCE:
            return _plain(429)
        self._here += 1
        try:
            async with asyncio.timeout(SECONDS):
                raw = await _body(request)
            if raw is None:
                return _plain(413)
            headers = {name: value[:1000] for name, value in request.headers.items()[:_MOST_HEADERS]}
            await self._inbox.hook(self._vault, request.path_params["name"][:_MOST_NAME], headers, raw)
        except TimeoutError:
            return _plain(408)
        except ClientDisconnect:
            return _plain(400)
        except UpdateError as e:
            return _refused(request, e)
        except (OSError, SQLAlchemyError):
            # Their desk tries again.
            log.exception("cannot take a supplier's webhook in; it is sent again")
            return _plain(503)
        finally:
            self._here -= 1
        return Response(status_code=204)

    async def _challenge(self, request: Request) -> Response:
        asked = request.query_params.get("crc_token", "")[:_MOST_ASKED]
        try:
            told = await self._inbox.challenged(self._vault, request.path_params["name"][:_MOST_NAME], asked)
        except UpdateError as e:
            return _refused(request, e)
        except (OSError, SQLAlchemyError):
            log.exception("cannot answer a supplier's desk")
            return _plain(503)
        # GLPI compares the whole body (Webhook::validateCRAChallenge), so no line end.
        return Response(told, 200, {"content-type": "text/plain; charset=utf-8", "cache-control": "no-store"})


async def _body(request: Request) -> bytes | None:
    """Return the body, None for one that is too large."""
    parts, size = [], 0
    async for chunk in request.stream():
        size += len(chunk)
        if size > MOST_BYTES:
            return None
        parts.append(chunk)
    return b"".join(parts)


def _refused(request: Request, error: UpdateError) -> Response:
    peer = request.client.host if request.client is not None else "?"
    log.warning("a webhook for supplier %r from %s was refused: %s", request.path_params["name"][:64], peer, error)
    # Unknown, without a secret or wrongly signed: all the same from outside.
    return _plain(401 if error.status in (401, 403, 404) else error.status)


def _plain(status: int) -> Response:
    words = _WORDS.get(status, "can't be read")
    return Response(f"{words}\n", status, {"content-type": "text/plain; charset=utf-8", "cache-control": "no-store"})
