"""The coverage ledger for programs: what differs, and the lists that they bring."""

import asyncio
from collections.abc import Callable, Mapping

from sqlalchemy import Connection
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Route

from driftvakt_collector.console import coverage_page
from driftvakt_collector.console.api_gate import PREFIX, ApiError, Gate, as_object, bound, only, table
from driftvakt_collector.console.coverage_page import CoverageQuery
from driftvakt_collector.console.sheet import Sheet
from driftvakt_collector.console.stamp import stamp
from driftvakt_collector.service.coverage import FINDINGS, LIST_NAME, LISTS, reading
from driftvakt_collector.service.coverage.ledger import as_list
from driftvakt_collector.service.coverage.reading.base import ListError
from driftvakt_collector.store import audit, coverage
from driftvakt_collector.store.engine import Store

_PATIENCE = 60.0
"""Seconds that a list may take to come; others wait meanwhile."""


class CoverageApi:
    """wall: seconds since the epoch. privacy: zone to its profile; no list is taken of another zone."""

    def __init__(self, store: Store, wall: Callable[[], float], privacy: Mapping[str, str]) -> None:
        self._store = store
        self._wall = wall
        self._privacy = privacy
        self._turn = asyncio.Semaphore(1)

    def routes(self, gate: Gate) -> list[BaseRoute]:
        """Return the routes for the application."""
        return [
            Route(f"{PREFIX}/coverage", gate.reading(self._findings)),
            Route(f"{PREFIX}/coverage/lists", gate.reading(self._lists)),
            Route(f"{PREFIX}/coverage/lists/{{name}}", gate.writing(self._list), methods=["PUT", "DELETE"]),
        ]

    async def _findings(self, request: Request) -> Response:
        told = only(request, ("kind", "owner", "zone", "q", "all", "format"))
        if told.get("kind") and told["kind"] not in FINDINGS:
            raise ApiError(400, f"'kind' is one of {', '.join(FINDINGS)}")
        if told.get("all", "1") not in ("1", "yes"):
            raise ApiError(400, "'all' is 1, or left out")
        query, now = CoverageQuery.read(told), self._wall()

        def work() -> Sheet:
            found = self._store.read(lambda one: coverage.findings(one, query.kind))
            return coverage_page.sheet(
                [row for row in found if query.fits(row) and (told.get("all") or row.accepted <= now)]
            )

        return await table(request, await asyncio.to_thread(work), "coverage")

    async def _lists(self, request: Request) -> Response:
        only(request, (), zoned=True)
        found, zone = await asyncio.to_thread(self._store.read, coverage.lists), bound(request)
        return await as_object(
            request, [{**one._asdict(), "at": stamp(one.at)} for one in found if not zone or one.zone == zone]
        )

    async def _list(self, request: Request, who: str) -> Response:
        """PUT a list in the place of the one that had its name, or DELETE it."""
        name = request.path_params["name"]
        if not LIST_NAME.fullmatch(name):
            raise ApiError(400, "a list's name is 1 to 48 of a-z, 0-9 and '-'")
        if request.method == "DELETE":
            if not await self._store.write(lambda one: self._forgot(one, name, who)):
                raise ApiError(404, f"{who} has brought no list {name}")
            return await as_object(request, {"removed": name})
        told = only(request, ("kind", "zone", "format"))
        if told.get("kind") not in LISTS:
            raise ApiError(400, f"'kind' is one of {', '.join(LISTS)}")
        if told.get("zone") and told["zone"] not in self._privacy:
            raise ApiError(400, f"there is no such zone; known are {', '.join(sorted(self._privacy))}")
        # One at a time: each is up to 200,000 rows for the one writer, and 32 MiB of memory.
        async with self._turn:
            return await self._bring(request, name, told, who)

    async def _bring(self, request: Request, name: str, told: Mapping[str, str], who: str) -> Response:
        body = bytearray()
        try:
            async with asyncio.timeout(_PATIENCE):
                async for chunk in request.stream():
                    body += chunk
                    if len(body) > reading.MAX_BYTES:
                        raise ApiError(413, f"a list is at most {reading.MAX_BYTES >> 20} MiB")
        except TimeoutError as e:
            raise ApiError(408, f"the list did not come within {_PATIENCE:.0f} s") from e
        try:
            found = await asyncio.to_thread(reading.read, bytes(body), told.get("format", ""))
        except ListError as e:
            raise ApiError(400, str(e)) from e
        zone = told.get("zone", "")
        private = self._privacy.get(zone) == "edu"
        info, rows = await asyncio.to_thread(
            as_list, name, told["kind"], zone, self._wall(), who, found.entries, private=private
        )
        try:
            await self._store.write(lambda one: self._replaced(one, info, rows))
        except coverage.ListsError as e:
            raise ApiError(409, str(e)) from e
        return await as_object(request, {"rows": len(rows), "twice": found.twice, "left_out": found.troubles})

    def _replaced(self, connection: Connection, info: coverage.ListInfo, rows: list[coverage.RowInfo]) -> None:
        coverage.replace(connection, info, rows, own=True)
        told = {"kind": info.kind, "rows": len(rows)}
        audit.write(connection, self._wall(), info.who, audit.API, "list.brought", info.name, told)

    def _forgot(self, connection: Connection, name: str, who: str) -> bool:
        done = coverage.forget(connection, name, who)
        if done:
            audit.write(connection, self._wall(), who, audit.API, "list.removed", name)
        return bool(done)
