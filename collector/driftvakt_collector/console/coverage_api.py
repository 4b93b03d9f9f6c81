"""The coverage ledger for programs: what differs, and the lists that they bring."""

import asyncio
from collections.abc import Callable

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Route

from driftvakt_collector.console import coverage_page
from driftvakt_collector.console.api_gate import PREFIX, ApiError, Gate, as_object, only, table
from driftvakt_collector.console.stamp import stamp
from driftvakt_collector.service.coverage import FINDINGS, LIST_NAME, LISTS, reading
from driftvakt_collector.service.coverage.ledger import as_list
from driftvakt_collector.service.coverage.reading.base import ListError
from driftvakt_collector.store import coverage
from driftvakt_collector.store.engine import Store
from driftvakt_wire.envelope import is_id


class CoverageApi:
    """wall: seconds since the epoch."""

    def __init__(self, store: Store, wall: Callable[[], float]) -> None:
        self._store = store
        self._wall = wall

    def routes(self, gate: Gate) -> list[BaseRoute]:
        """Return the routes for the application."""
        return [
            Route(f"{PREFIX}/coverage", gate.reading(self._findings)),
            Route(f"{PREFIX}/coverage/lists", gate.reading(self._lists)),
            Route(f"{PREFIX}/coverage/lists/{{name}}", gate.writing(self._list), methods=["PUT", "DELETE"]),
        ]

    async def _findings(self, request: Request) -> Response:
        told = only(request, ("kind", "owner", "all", "format"))
        if told.get("kind") and told["kind"] not in FINDINGS:
            raise ApiError(400, f"'kind' is one of {', '.join(FINDINGS)}")
        now, found = (
            self._wall(),
            await asyncio.to_thread(self._store.read, lambda one: coverage.findings(one, told.get("kind", ""))),
        )
        shown = [
            row for row in found
            if (told.get("all") or row.accepted <= now) and told.get("owner", row.owner) == row.owner
        ]  # fmt: skip
        return await table(request, coverage_page.sheet(shown), "coverage")

    async def _lists(self, request: Request) -> Response:
        only(request, ())
        found = await asyncio.to_thread(self._store.read, coverage.lists)
        return await as_object(request, [{**one._asdict(), "at": stamp(one.at)} for one in found])

    async def _list(self, request: Request, who: str) -> Response:
        """PUT a list in the place of the one that had its name, or DELETE it."""
        name = request.path_params["name"]
        if not LIST_NAME.fullmatch(name):
            raise ApiError(400, "a list's name is 1 to 48 of a-z, 0-9 and '-'")
        if request.method == "DELETE":
            if not await self._store.write(lambda one: coverage.forget(one, name)):
                raise ApiError(404, f"there is no list {name}")
            return await as_object(request, {"removed": name})
        told = only(request, ("kind", "zone", "format"))
        if told.get("kind") not in LISTS:
            raise ApiError(400, f"'kind' is one of {', '.join(LISTS)}")
        if told.get("zone") and not is_id(told["zone"]):
            raise ApiError(400, "'zone' is the name of a zone, as adm")
        body = bytearray()
        async for chunk in request.stream():
            body += chunk
            if len(body) > reading.MAX_BYTES:
                raise ApiError(413, f"a list is at most {reading.MAX_BYTES >> 20} MiB")
        try:
            found = await asyncio.to_thread(reading.read, bytes(body), told.get("format", ""))
        except ListError as e:
            raise ApiError(400, str(e)) from e
        info, rows = as_list(name, told["kind"], told.get("zone", ""), self._wall(), who, found.entries)
        await self._store.write(lambda one: coverage.replace(one, info, rows))
        return await as_object(request, {"rows": len(rows), "twice": found.twice, "left_out": found.troubles})
