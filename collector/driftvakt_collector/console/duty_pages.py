"""Routes of on-call, and of maintenance, silences and freezes."""

import asyncio
import logging
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import replace

from sqlalchemy import Connection
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Route

from driftvakt_collector.alert.mute import MuteError
from driftvakt_collector.alert.mute_rows import mutes_of, row_of
from driftvakt_collector.alert.oncall.book import RotaBook
from driftvakt_collector.console import mutes_page, oncall_page, reply
from driftvakt_collector.console.access import ForPeople, May, Viewer
from driftvakt_collector.console.form import FormError, read_form
from driftvakt_collector.fleet.host import Host
from driftvakt_collector.store import audit, mutes
from driftvakt_collector.store.engine import Store
from driftvakt_collector.store.hosts import APPROVED

log = logging.getLogger(__name__)

_NOTHING: Mapping[str, str] = {}


class DutyPages:
    """Shows who is on call and what holds pages back, and takes a silence or maintenance. rotas: a snapshot of them."""

    def __init__(
        self, store: Store, hosts: Mapping[str, Host], rotas: Callable[[], RotaBook], wall: Callable[[], float],
        render: Callable[..., bytes], missing: Callable[[Request, Viewer], Awaitable[Response]],
    ) -> None:  # fmt: skip
        self._store = store
        self._hosts = hosts
        self._rotas = rotas
        self._wall = wall
        self._render = render
        self._missing = missing

    def routes(self, for_people: ForPeople) -> list[BaseRoute]:
        """Return the routes for the application."""
        return [
            Route("/oncall", for_people(self._oncall, May.STAFF), methods=["GET"]),
            Route("/maintenance", for_people(self._mutes, May.ALERTS), methods=["GET"]),
            Route("/maintenance", for_people(self._add, May.ACT), methods=["POST"]),
            Route("/maintenance/{number:int}", for_people(self._end, May.ACT), methods=["POST"]),
        ]

    async def _oncall(self, request: Request, who: Viewer) -> Response:
        book, wall = self._rotas(), self._wall()

        def work() -> bytes:
            return self._render("oncall.html", who, wall, view=oncall_page.build(book, wall))

        return await reply.page(request, await asyncio.to_thread(work))

    async def _mutes(self, request: Request, who: Viewer) -> Response:
        # A page of a host or of a site leads here, with the form filled in.
        told = {key: request.query_params.get(key, "")[:300] for key in ("site", "host", "administration", "kind")}
        return await self._page(request, who, {key: text for key, text in told.items() if text})

    async def _page(
        self, request: Request, who: Viewer, told: Mapping[str, str], trouble: str = "", status: int = 200
    ) -> Response:
        wall, hosts = self._wall(), self._approved()

        def work() -> bytes:
            found, broken = mutes_of(self._store.read(mutes.load))
            view = mutes_page.build(found, broken, hosts, wall, told, trouble)
            return self._render("maintenance.html", who, wall, view=view)

        return await reply.page(request, await asyncio.to_thread(work), status)

    async def _add(self, request: Request, who: Viewer) -> Response:
        try:
            fields = await read_form(request)
        except FormError as e:
            return reply.text(f"{e}\n", e.status)
        wall = self._wall()
        try:
            made = mutes_page.read(fields, self._approved(), who.name, wall)
        except MuteError as e:
            told = {key: text[:600] for key, text in fields.items()}
            return await self._page(request, who, told, f"{e}", 422)

        def keep(connection: Connection) -> int:
            number = mutes.add(connection, row_of(replace(made, made_by=who.name)))
            detail = {"about": made.scope.written(), "until": made.span.end, "reason": made.reason}
            audit.write(connection, wall, who.name, audit.CONSOLE, f"{made.kind.value}.made", str(number), detail)
            return number

        number = await self._store.write(keep)
        log.info("%s made %s %d", who.name, made.kind.value, number)
        return reply.redirect("/maintenance")

    async def _end(self, request: Request, who: Viewer) -> Response:
        try:
            await read_form(request)
        except FormError as e:
            return reply.text(f"{e}\n", e.status)
        number, wall = int(request.path_params["number"]), self._wall()

        def end(connection: Connection) -> bool:
            row = mutes.find(connection, number) if number < 1 << 62 else None
            if row is None or not mutes.end(connection, number, row.kind, wall, who.name):
                return False
            audit.write(connection, wall, who.name, audit.CONSOLE, f"{row.kind}.ended", str(number))
            return True

        if not await self._store.write(end):
            return await self._missing(request, who)
        return reply.redirect("/maintenance")

    def _approved(self) -> list[Host]:
        return [host for host in self._hosts.values() if host.state == APPROVED]
