"""The route of the box that finds everything: gathers what there is to look through."""

import asyncio
from collections.abc import Callable, Iterator

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Route

from driftvakt_collector.console import find_page, reply
from driftvakt_collector.console.access import ForPeople, May, Viewer
from driftvakt_collector.console.desk_pages import Desk, seen
from driftvakt_collector.console.find_page import Hits
from driftvakt_collector.fleet.book import SqlBook
from driftvakt_collector.fleet.identity import number
from driftvakt_collector.fleet.state import Fleet
from driftvakt_collector.store import applications, incidents, products
from driftvakt_collector.store.engine import Store

_RECENT = 1000
"""Incidents that are looked through by words, the newest; by its number any is found."""
_PRODUCTS = 50


class Find:
    """Finds everything that whoever asks may see. now: monotonic."""

    def __init__(
        self, store: Store, fleet: Fleet, desk: Desk, now: Callable[[], float], wall: Callable[[], float],
        render: Callable[..., bytes],
    ) -> None:  # fmt: skip
        self._store = store
        self._fleet = fleet
        self._desk = desk
        self._now = now
        self._wall = wall
        self._render = render

    def routes(self, for_people: ForPeople) -> list[BaseRoute]:
        """Return the routes for the application."""
        return [Route("/find", for_people(self._show, May.FLEET), methods=["GET"])]

    async def _show(self, request: Request, who: Viewer) -> Response:
        asked, wall = find_page.read(request.query_params), self._wall()
        people = list(self._desk.rotas().people.values()) if who.may(May.STAFF) else None

        def work() -> bytes:
            groups = list(self._groups(asked, who)) if asked else []
            if asked and people is not None:
                groups.append(find_page.people(asked, people))
            return self._render("find.html", who, wall, view=find_page.build(asked, groups))

        return await reply.page(request, await asyncio.to_thread(work))

    def _groups(self, asked: str, who: Viewer) -> Iterator[Hits]:
        keys = number.keys_of(asked)
        numbered = self._store.read(lambda one: SqlBook(one).found_by(keys)) if keys else set[str]()
        there = who.hosts(self._fleet.hosts)
        yield from find_page.hosts(asked, there.values(), numbered, self._now(), self._fleet.healthy_since)
        if who.may(May.INCIDENTS):
            states = (*incidents.ALIVE, incidents.RESOLVED, incidents.CLOSED)
            wanted = incidents.number_of(asked)
            before = wanted + 1 if wanted is not None else None
            rows = self._store.read(lambda one: incidents.listed(one, states, _RECENT, part=who.part))
            if before is not None:
                rows += [
                    row for row in self._store.read(lambda one: incidents.listed(one, states, 1, before, who.part))
                    if row.number not in {one.number for one in rows}
                ]  # fmt: skip
            yield find_page.incidents(asked, wanted, [seen(who, row) for row in rows])
        if who.may(May.CITY):
            yield find_page.software(asked, self._store.read(lambda one: products.listing(one, asked, limit=_PRODUCTS)))
            yield find_page.applications(asked, self._store.read(applications.names))
