"""The route of the overview: gathers what stands on it."""

import asyncio
from collections.abc import Callable

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Route

from driftvakt_collector.alert.mute_rows import mutes_of
from driftvakt_collector.console import overview_page, reply
from driftvakt_collector.console.access import ForPeople, May, Viewer
from driftvakt_collector.console.clock import Clock
from driftvakt_collector.console.desk_pages import Desk, seen
from driftvakt_collector.fleet.state import Fleet
from driftvakt_collector.store import incidents, mutes
from driftvakt_collector.store.engine import Store

_MOST_OPEN = 10_000


class Overview:
    """Shows how all of it stands. now: monotonic; wall: seconds since the epoch."""

    def __init__(
        self, store: Store, fleet: Fleet, desk: Desk, now: Callable[[], float], wall: Callable[[], float], clock: Clock,
        render: Callable[..., bytes],
    ) -> None:  # fmt: skip
        self._store = store
        self._fleet = fleet
        self._desk = desk
        self._now = now
        self._wall = wall
        self._clock = clock
        self._render = render

    def routes(self, for_people: ForPeople) -> list[BaseRoute]:
        """Return the routes for the application."""
        return [Route("/overview", for_people(self._show, May.INCIDENTS), methods=["GET"])]

    async def _show(self, request: Request, who: Viewer) -> Response:
        hosts = list(who.hosts(self._fleet.hosts).values())
        now, wall, since = self._now(), self._wall(), self._fleet.healthy_since
        book = self._desk.rotas() if who.may(May.STAFF) else None
        trouble = list(self._desk.trouble()) if who.may(May.ACT) else []

        def work() -> bytes:
            rows = self._store.read(lambda one: incidents.listed(one, incidents.ALIVE, _MOST_OPEN, part=who.part))
            found, _ = mutes_of(self._store.read(mutes.load) if who.may(May.ALERTS) else [])
            view = overview_page.build(
                hosts, [seen(who, row) for row in rows], found, book, trouble, now, wall, since, self._clock
            )
            return self._render("overview.html", who, wall, view=view)

        return await reply.page(request, await asyncio.to_thread(work))
