"""One finding of the coverage ledger: somebody says that it is all right for a while, or takes that back."""

import asyncio
import logging
import re
from collections.abc import Awaitable, Callable
from dataclasses import dataclass

from sqlalchemy import Connection
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Route

from driftvakt_collector.console import coverage_page, reply
from driftvakt_collector.console.access import ForPeople, May, Viewer
from driftvakt_collector.console.clock import Clock
from driftvakt_collector.console.coverage_page import Line
from driftvakt_collector.console.form import FormError, local_path, read_form
from driftvakt_collector.service.coverage.ledger import Ledger
from driftvakt_collector.store import audit, coverage
from driftvakt_collector.store.coverage import FindingRow
from driftvakt_collector.store.engine import Store

log = logging.getLogger(__name__)

DAYS, MOST_DAYS = 90, 3660
MAX_REASON = 500
MAX_WHO = 64
_NUMBER = re.compile(r"[0-9a-f]{16}")
_DAY = 86_400.0


class AcceptanceError(ValueError):
    """The form can't be taken; the text says why."""


@dataclass(frozen=True)
class AcceptanceView:
    """The page of one finding. days, reason: as they were typed. trouble: why they were not taken."""

    line: Line
    back: str
    days: str
    reason: str
    trouble: str = ""
    most_days: int = MOST_DAYS
    max_reason: int = MAX_REASON


def until(days: str, reason: str, wall: float) -> tuple[float, str]:
    """Return until when a finding is all right, and why. Raises AcceptanceError."""
    # A form may hold what no keyboard types, and PostgreSQL has no NUL in a text.
    plain = " ".join("".join(char if char.isprintable() else " " for char in reason).split())
    if not plain:
        raise AcceptanceError("Say why, for whoever asks later.")
    if len(plain) > MAX_REASON:
        raise AcceptanceError(f"The reason has at most {MAX_REASON} characters.")
    if not (days.isascii() and days.isdecimal() and len(days) < 6 and 1 <= int(days) <= MOST_DAYS):
        raise AcceptanceError(f"It can be accepted for 1 to {MOST_DAYS} days.")
    return wall + int(days) * _DAY, plain


class Acceptances:
    """Shows a finding and takes what is said of it. render: makes a page. missing: the page for one that is gone."""

    def __init__(
        self, store: Store, ledger: Ledger, wall: Callable[[], float], clock: Clock, render: Callable[..., bytes],
        missing: Callable[[Request, Viewer], Awaitable[Response]],
    ) -> None:  # fmt: skip
        self._store = store
        self._ledger = ledger
        self._wall = wall
        self._clock = clock
        self._render = render
        self._missing = missing

    def routes(self, for_people: ForPeople) -> list[BaseRoute]:
        """Return the routes for the application."""
        return [
            Route("/coverage/{number}", for_people(self._show, May.ACCEPT), methods=["GET"]),
            Route("/coverage/{number}", for_people(self._take, May.ACCEPT), methods=["POST"]),
        ]

    async def _show(self, request: Request, who: Viewer) -> Response:
        row = await self._found(request)
        if row is None:
            return await self._missing(request, who)
        back = _back(request.query_params.get("next", ""))
        return await self._page(request, who, row, back, str(DAYS), "")

    async def _take(self, request: Request, who: Viewer) -> Response:
        try:
            fields = await read_form(request)
        except FormError as e:
            return reply.text(f"{e}\n", e.status)
        row, wall = await self._found(request), self._wall()
        if row is None:
            return await self._missing(request, who)
        back, days, reason = _back(fields.get("next", "")), fields.get("days", ""), fields.get("reason", "")
        try:
            end, why = (0.0, "") if "back" in fields else until(days, reason, wall)
        except AcceptanceError as e:
            return await self._page(request, who, row, back, days, reason, str(e), 422)
        by = who.name[:MAX_WHO]
        if not await self._store.write(lambda one: self._accepted(one, row.number, end, by, why)):
            return await self._missing(request, who)
        await self._ledger.recount()
        log.info("%s %s finding %s of the coverage", who.name, "accepted" if end else "took back", row.number)
        return reply.redirect(back)

    def _accepted(self, connection: Connection, number: str, end: float, by: str, why: str) -> bool:
        done = coverage.accept(connection, number, end, by, why)
        told = {"until": end, "why": why}
        audit.write(connection, self._wall(), by, audit.CONSOLE, "finding.accepted", number, told)
        return bool(done)

    async def _found(self, request: Request) -> FindingRow | None:
        number = request.path_params["number"]
        if not _NUMBER.fullmatch(number):
            return None
        return await asyncio.to_thread(self._store.read, lambda one: coverage.finding(one, number))

    async def _page(
        self, request: Request, who: Viewer, row: FindingRow, back: str, days: str, reason: str, trouble: str = "",
        status: int = 200,
    ) -> Response:  # fmt: skip
        wall = self._wall()
        line = coverage_page.line(row, wall, self._clock, back)
        view = AcceptanceView(line, back, days[:5], reason[:MAX_REASON], trouble)
        return await reply.page(request, self._render("coverage_finding.html", who, wall, view=view), status)


def _back(text: str) -> str:
    """Return the page of the ledger to go back to."""
    path = local_path(text)
    return path if path == "/coverage" or path.startswith("/coverage?") else "/coverage"
