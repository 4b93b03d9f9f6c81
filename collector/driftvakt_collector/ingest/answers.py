"""What gateways call with: an SMS that came in, and whether one arrived (46elks.com/docs). They sign nothing.

So a secret stands in the path. Nobody is told more than that there is nothing here.
"""

import logging
from collections.abc import Callable
from typing import Protocol
from urllib.parse import parse_qsl

from sqlalchemy.exc import SQLAlchemyError
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Route

from driftvakt_collector.alert.answers import callbacks
from driftvakt_collector.alert.answers.callbacks import INCOMING, RECEIPT, Incoming, MalformedError
from driftvakt_collector.alert.answers.receipts import Told

log = logging.getLogger(__name__)

MAX_BYTES = 16_384
_MOST_FIELDS = 40


class Inbox(Protocol):
    """Who takes answers in."""

    async def sms(self, told: Incoming) -> str:
        """Take an SMS; return what is said back."""
        ...

    async def receipt(self, told: Told) -> bool:
        """Take a receipt."""
        ...


class Answers:
    """secret: what the paths are made of. wall: seconds since the epoch."""

    def __init__(self, inbox: Inbox, secret: str, wall: Callable[[], float]) -> None:
        self._inbox = inbox
        self._secret = secret
        self._wall = wall

    def routes(self) -> list[BaseRoute]:
        """Return the routes for the application."""
        return [Route(callbacks.PREFIX + "{way}/{what}/{segment}", self._answer, methods=["POST"])]

    async def _answer(self, request: Request) -> Response:
        way, what = request.path_params["way"][:64], request.path_params["what"][:16]
        known = callbacks.is_known(request.path_params["segment"], self._secret, way, what)
        if not known or what not in (INCOMING, RECEIPT):
            return _plain("not found\n", 404)
        body = b""
        async for chunk in request.stream():
            body += chunk
            if len(body) > MAX_BYTES:
                return _plain("too large\n", 413)
        try:
            plain = body.decode("utf-8", "replace")
            # PostgreSQL keeps no NUL, and the gateway would call again for hours.
            fields = {name: text.replace("\0", "") for name, text in parse_qsl(plain, max_num_fields=_MOST_FIELDS)}
            if what == INCOMING:
                # What the answer to the call says is sent back as an SMS.
                return _plain(await self._inbox.sms(callbacks.take_sms(fields, self._wall(), way)), 200)
            await self._inbox.receipt(callbacks.take_receipt(fields, self._wall(), way))
        except (MalformedError, ValueError) as e:
            return _plain(f"{e}\n", 400)
        except (OSError, SQLAlchemyError):
            # The gateway tries again for hours.
            log.exception("cannot take in what the SMS gateway calls with; it will call again")
            return _plain("try again\n", 503)
        return Response(status_code=204)


def _plain(words: str, status: int) -> Response:
    return Response(words, status, {"content-type": "text/plain; charset=utf-8", "cache-control": "no-store"})
