"""Many findings at once: all that a question to the ledger finds are said to be all right, with one reason."""

import asyncio
import logging
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial

from sqlalchemy import Connection
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Route

from driftvakt_collector.console import reply
from driftvakt_collector.console.acceptance import (
    DAYS,
    MAX_REASON,
    MAX_WHO,
    MOST_DAYS,
    AcceptanceError,
    until,
)
from driftvakt_collector.console.access import ForPeople, May, Viewer
from driftvakt_collector.console.coverage_page import CoverageQuery
from driftvakt_collector.console.form import FormError, read_form
from driftvakt_collector.service.coverage import FINDINGS
from driftvakt_collector.service.coverage.ledger import Ledger
from driftvakt_collector.store import audit, coverage
from driftvakt_collector.store.coverage import FindingRow
from driftvakt_collector.store.engine import Store

log = logging.getLogger(__name__)

_EXAMPLES = 10


@dataclass(frozen=True)
class ManyView:
    """The page. asked: what they are, in words. examples: what some of them are about. days, reason: as typed."""

    query: CoverageQuery
    asked: Sequence[tuple[str, str]]
    count: int
    examples: Sequence[str]
    back: str
    days: str
    reason: str
    trouble: str = ""
    most_days: int = MOST_DAYS
    max_reason: int = MAX_REASON


class ManyAcceptances:
    """Shows what would be accepted, and accepts just that. render: makes a page."""

    def __init__(self, store: Store, ledger: Ledger, wall: Callable[[], float], render: Callable[..., bytes]) -> None:
        self._store = store
        self._ledger = ledger
        self._wall = wall
        self._render = render

    def routes(self, for_people: ForPeople) -> list[BaseRoute]:
        """Return the routes for the application."""
        return [
            Route("/coverage/all", for_people(self._show, May.ACCEPT), methods=["GET"]),
            Route("/coverage/all", for_people(self._take, May.ACCEPT), methods=["POST"]),
        ]

    async def _show(self, request: Request, who: Viewer) -> Response:
        query = CoverageQuery.read(request.query_params)
        rows = await asyncio.to_thread(self._found, query)
        return await self._page(request, who, query, rows, str(DAYS), "")

    async def _take(self, request: Request, who: Viewer) -> Response:
        try:
            fields = await read_form(request)
        except FormError as e:
            return reply.text(f"{e}\n", e.status)
        query, days, reason = CoverageQuery.read(fields), fields.get("days", ""), fields.get("reason", "")
        rows = await asyncio.to_thread(self._found, query)
        try:
            end, why = until(days, reason, self._wall())
            if fields.get("count") != str(len(rows)):
                # Somebody accepts what was seen, and not what came meanwhile.
                raise AcceptanceError(f"There are {len(rows)} by now; look again.")
        except AcceptanceError as e:
            return await self._page(request, who, query, rows, days, reason, str(e), 422)
        numbers, by = [row.number for row in rows], who.name[:MAX_WHO]
        for at in range(0, len(numbers), coverage.STEP):
            step = numbers[at : at + coverage.STEP]
            await self._store.write(partial(self._accepted, step=step, end=end, by=by, why=why))
        await self._ledger.recount()
        log.info("%s accepted %d findings of the coverage", who.name, len(numbers))
        return reply.redirect(query.url())

    def _accepted(self, connection: Connection, step: Sequence[str], end: float, by: str, why: str) -> None:
        coverage.accept_all(connection, step, end, by, why)
        told = {"until": end, "why": why, "count": len(step), "first": step[0]}
        audit.write(connection, self._wall(), by, audit.CONSOLE, "findings.accepted", "", told)

    def _found(self, query: CoverageQuery) -> list[FindingRow]:
        wall = self._wall()
        found = self._store.read(lambda one: coverage.findings(one, query.kind))
        return [row for row in found if row.accepted <= wall and query.fits(row)]

    async def _page(
        self, request: Request, who: Viewer, query: CoverageQuery, rows: Sequence[FindingRow], days: str, reason: str,
        trouble: str = "", status: int = 200,
    ) -> Response:  # fmt: skip
        kind = FINDINGS[query.kind][0] if query.kind else ""
        told = (("Kind", kind), ("Owner", query.owner), ("Zone", query.zone), ("Words", query.words))
        view = ManyView(query, [one for one in told if one[1]], len(rows), [row.subject for row in rows[:_EXAMPLES]],
                        query.url(), days[:5], reason[:MAX_REASON], trouble)  # fmt: skip
        body = await asyncio.to_thread(self._render, "coverage_many.html", who, self._wall(), view=view)
        return await reply.page(request, body, status)
