"""The page behind a link in a message: it asks first, and does one thing once. Nobody has to log in for it.

Programs that look at mail open links, so opening one changes nothing: only the button does.
"""

import asyncio
import json
from collections.abc import Callable

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Route

from driftvakt_collector.alert.answers.link import PATH, TAKE
from driftvakt_collector.alert.oncall import feed
from driftvakt_collector.alert.oncall.book import RotaBook
from driftvakt_collector.console import reply
from driftvakt_collector.console.form import FormError, from_here
from driftvakt_collector.console.guard import Guard
from driftvakt_collector.desk.answering import Answering
from driftvakt_collector.store import people
from driftvakt_collector.store.engine import Store

_MOST_SECRET = 64


class AnswerPages:
    """answering: does what a link says. rotas: who is on call, for calendars of phones. now: monotonic."""

    def __init__(
        self, store: Store, answering: Answering, rotas: Callable[[], RotaBook], render: Callable[..., bytes],
        now: Callable[[], float], wall: Callable[[], float],
    ) -> None:  # fmt: skip
        self._store = store
        self._answering = answering
        self._rotas = rotas
        self._render = render
        self._now = now
        self._wall = wall
        self._guard = Guard()

    def routes(self) -> list[BaseRoute]:
        """Return the routes for the application."""
        return [
            Route(PATH + "{secret}", self._ask, methods=["GET"]),
            Route(PATH + "{secret}", self._do, methods=["POST"]),
            Route("/oncall/{token}.ics", self._feed, methods=["GET"]),
        ]

    async def _ask(self, request: Request) -> Response:
        secret, wall = request.path_params["secret"][:_MOST_SECRET], self._wall()
        found = await asyncio.to_thread(self._store.read, lambda one: self._answering.shown(one, secret, wall))
        if found is None:
            return await self._gone(request)
        incident, person, action = found
        language = "sv" if person.language == "sv" else "en"
        body = self._render(
            "answer.html", None, wall, language=language, key=incident.key, taking=action == TAKE,
            text=str(json.loads(incident.summary)[language]), name=person.called, told="",
        )  # fmt: skip
        return await reply.page(request, body)

    async def _do(self, request: Request) -> Response:
        if not from_here(request):
            e = FormError(403, "This was not sent from our own page, so it is not taken.")
            return reply.text(f"{e}\n", e.status)
        secret, wall = request.path_params["secret"][:_MOST_SECRET], self._wall()

        # Looked up first: a stranger's guess takes no turn of those who write.
        shown = await asyncio.to_thread(self._store.read, lambda one: self._answering.shown(one, secret, wall))
        if shown is None:
            return await self._gone(request)
        language = shown[1].language
        told = await self._store.write(lambda one: self._answering.press(one, secret, wall))
        if told.text is None:
            return await self._gone(request)
        body = self._render(
            "answer.html", None, wall, language="sv" if language == "sv" else "en", key=f"INC-{told.incident}",
            taking=False, text="", name="", told=told.text.text,
        )  # fmt: skip
        return await reply.page(request, body)

    async def _feed(self, request: Request) -> Response:
        mark, wall = feed.mark(request.path_params["token"][:_MOST_SECRET]), self._wall()
        person = await asyncio.to_thread(self._store.read, lambda one: people.of_feed(one, mark))
        found = await asyncio.to_thread(feed.feed, self._rotas(), person, wall) if person else None
        if found is None:
            refused = self._wait(request)
            if refused is not None:
                return refused
            self._guard.attempt(_address(request), self._now())
            return reply.text("There is no such calendar.\n", 404)
        headers = {"content-type": "text/calendar; charset=utf-8", "cache-control": "private, max-age=900"}
        return Response(found, 200, {**reply.HEADERS, **headers})

    def _wait(self, request: Request) -> Response | None:
        """Return what a stranger is told who came too often. A link that is right is never refused: behind a proxy

        all people have one address, and whoever tries wrong links must not keep others from answering.
        """
        wait = self._guard.wait(_address(request), self._now())
        if not wait:
            return None
        answer = reply.text("Too many wrong links came from this address. Try again later.\n", 429)
        answer.headers["retry-after"] = str(int(wait) + 1)
        return answer

    async def _gone(self, request: Request) -> Response:
        refused = self._wait(request)
        if refused is not None:
            return refused
        self._guard.attempt(_address(request), self._now())
        body = self._render(
            "message.html", None, self._wall(), title="Länken gäller inte · This link does nothing",
            words="Den är för gammal eller avklippt. It is too old, or cut short.", status=404,
        )  # fmt: skip
        return await reply.page(request, body, 404)


def _address(request: Request) -> str:
    return request.client.host if request.client is not None else ""
