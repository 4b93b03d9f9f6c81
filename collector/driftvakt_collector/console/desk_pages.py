"""Routes of incidents and alerts: lists, one incident, and what a person does to it."""

import asyncio
import logging
import secrets
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass

from sqlalchemy import Connection
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Route

from driftvakt_collector.alert.oncall.book import RotaBook
from driftvakt_collector.alert.oncall.days import SwedishDays
from driftvakt_collector.console import incident_page, incidents_page, reply
from driftvakt_collector.console.access import ForPeople, May, Viewer
from driftvakt_collector.console.clock import Clock
from driftvakt_collector.console.form import FormError, read_form
from driftvakt_collector.console.incident_page import IncidentView
from driftvakt_collector.desk import casework
from driftvakt_collector.desk import incidents as desk
from driftvakt_collector.desk.casework import Clocks
from driftvakt_collector.desk.incidents import DeskError, Rules
from driftvakt_collector.desk.suppliers.handover import Always, Event
from driftvakt_collector.fleet.host import Host
from driftvakt_collector.store import alerts, audit, handovers, incidents, outbox, suppliers, timers
from driftvakt_collector.store.engine import Store
from driftvakt_collector.store.incidents import IncidentRow

log = logging.getLogger(__name__)

Changes = Callable[[Connection, Sequence[str], float], Sequence[str]]
"""Says what changed on hosts and above them before a moment, as lines."""
_MOST_ALERTS = 5000
_IMPERSONAL = frozenset((
    "incident.opened", "incident.reopened", "incident.resolved", "incident.closed", "alert.joined", "alert.cleared",
))  # fmt: skip
"""Lines of a timeline in which nobody of ours is named."""


def _no_changes(_connection: Connection, _origins: Sequence[str], _before: float) -> Sequence[str]:
    return ()


def _same(_connection: Connection, login: str) -> str:
    return login


@dataclass(frozen=True)
class Desk:
    """rules: how the desk works. changes: what changed on hosts. trouble: why nobody could be told now, in sentences.

    person: whom a login is. clocks: of suppliers. rotas: who is on call.
    """

    rules: Rules
    changes: Changes = _no_changes
    trouble: Callable[[], Sequence[str]] = tuple
    person: Callable[[Connection, str], str] = _same
    clocks: Clocks = lambda _supplier, _at: Always()
    rotas: Callable[[], RotaBook] = lambda: RotaBook((), (), {}, SwedishDays())


NO_DESK = Desk(Rules(lambda _alert, _at: "", lambda: secrets.token_hex(10)))


class DeskPages:
    """Shows incidents and alerts, and takes what is done to them."""

    def __init__(
        self, store: Store, hosts: Mapping[str, Host], desk: Desk, wall: Callable[[], float], clock: Clock,
        render: Callable[..., bytes], missing: Callable[[Request, Viewer], Awaitable[Response]],
    ) -> None:  # fmt: skip
        self._store = store
        self._hosts = hosts
        self._rules = desk.rules
        self._wall = wall
        self._clock = clock
        self._render = render
        self._missing = missing
        self._changes = desk.changes
        self._trouble = desk.trouble
        self._person = desk.person
        self._clocks = desk.clocks

    def routes(self, for_people: ForPeople) -> list[BaseRoute]:
        """Return the routes for the application."""
        return [
            Route("/alerts", for_people(self._alerts, May.ALERTS)),
            Route("/incidents", for_people(self._list, May.INCIDENTS)),
            Route("/incidents/{number}", for_people(self._show, May.INCIDENTS), methods=["GET"]),
            Route("/incidents/{number}", for_people(self._act, May.ACT), methods=["POST"]),
        ]

    async def _list(self, request: Request, who: Viewer) -> Response:
        state = request.query_params.get("state", incidents.OPEN)
        state = state if state in dict(incidents_page.TABS) else incidents.OPEN
        before = request.query_params.get("before", "")
        limit = int(before) if before.isascii() and before.isdigit() and len(before) < 16 else None
        wall = self._wall()

        def work() -> bytes:
            def read(one: Connection) -> bytes:
                rows = [
                    seen(who, row) for row in incidents.listed(one, (state,), incidents_page.LIMIT, limit, who.part)
                ]
                held = sum(row.standing == "held" for row in alerts.firing(one)) if who.may(May.ALERTS) else 0
                view = incidents_page.incidents_view(
                    rows,
                    state,
                    incidents.counts(one, who.part),
                    held,
                    wall,
                    self._clock,
                    self._trouble() if who.may(May.ACT) else (),
                )
                return self._render("incidents.html", who, wall, view=view)

            return self._store.read(read)

        return await reply.page(request, await asyncio.to_thread(work))

    async def _alerts(self, request: Request, who: Viewer) -> Response:
        standing, wall = request.query_params.get("standing", "")[:16], self._wall()

        def work() -> bytes:
            rows = self._store.read(lambda one: alerts.recent(one, _MOST_ALERTS))
            view = incidents_page.alerts_view(rows, standing, self._hosts, wall, self._clock)
            return self._render("alerts.html", who, wall, view=view)

        return await reply.page(request, await asyncio.to_thread(work))

    async def _show(self, request: Request, who: Viewer) -> Response:
        return await self._page(request, who)

    async def _page(self, request: Request, who: Viewer, trouble: str = "", status: int = 200) -> Response:
        number, wall = incidents.number_of(request.path_params["number"]), self._wall()

        def work() -> bytes | None:
            view = self._store.read(lambda one: self._view(one, who, number or 0, wall, trouble))
            return None if view is None else self._render("incident.html", who, wall, view=view)

        body = await asyncio.to_thread(work)
        return await self._missing(request, who) if body is None else await reply.page(request, body, status)

    def _view(self, connection: Connection, who: Viewer, number: int, wall: float, trouble: str) -> IncidentView | None:
        row, cases = incidents.get(connection, number), handovers.of_incident(connection, number)
        if row is None or not who.sees_incident(row, frozenset(one.supplier for one in cases)):
            return None
        found = alerts.of_incident(connection, number)
        origins = list(dict.fromkeys(one.origin for one in found if one.origin))[:5]
        events, messages = incidents.timeline(connection, number), outbox.of_incident(connection, number)
        if not who.may(May.STAFF):
            events, messages = [one for one in events if one.what in _IMPERSONAL], []
        return incident_page.build(
            seen(who, row), found, messages, events, timers.waiting(connection, number), who.hosts(self._hosts), wall,
            self._clock, self._changes(connection, origins, row.opened_at), trouble, cases,
            [one.name for one in suppliers.load(connection)],
        )  # fmt: skip

    async def _act(self, request: Request, who: Viewer) -> Response:
        try:
            fields = await read_form(request)
        except FormError as e:
            return reply.text(f"{e}\n", e.status)
        number = incidents.number_of(request.path_params["number"])
        if number is None:
            return await self._missing(request, who)
        try:
            await self._store.write(lambda one: self._do(one, number, who.name, fields))
        except DeskError as e:
            return await self._page(request, who, f"{e}.", 409)
        log.info("%s did %s to INC-%d", who.name, fields.get("do", "")[:16], number)
        return reply.redirect(f"/incidents/{number}")

    def _do(self, connection: Connection, number: int, who: str, fields: Mapping[str, str]) -> None:
        person, now = self._person(connection, who), self._wall()
        told = {key: text[:500] for key, text in fields.items() if key in ("do", "text", "supplier")}
        audit.write(connection, now, who, audit.CONSOLE, "incident.changed", f"{incidents.KEY}{number}", told)
        match fields.get("do"):
            case "acknowledge":
                desk.acknowledge(connection, number, person, "console", now)
            case "escalate":
                desk.escalate(connection, number, person, "console", now)
            case "resolve":
                desk.resolve(connection, number, person, self._rules, now)
            case "close":
                desk.close(connection, number, person, now)
            case "note":
                desk.note(connection, number, person, fields.get("text", ""), now)
            case "handover":
                casework.ask(connection, number, fields.get("supplier", ""), person, now)
            case "supplier-note":
                casework.say(
                    connection, number, fields.get("text", ""), person, now, supplier=fields.get("supplier", "")
                )
            case "supplier-accept" | "supplier-reopen" | "supplier-cancel" as what:
                casework.act(
                    connection, number, Event(what.removeprefix("supplier-")), person, now, self._clocks,
                    supplier=fields.get("supplier", ""), note=fields.get("text", ""),
                )  # fmt: skip
            case _:
                raise DeskError("this form says nothing that can be done")


def seen(who: Viewer, row: IncidentRow) -> IncidentRow:
    """Return an incident without names of our people, where they are not for whoever looks."""
    return row if who.may(May.STAFF) else row._replace(owner="", acknowledged_by="")
