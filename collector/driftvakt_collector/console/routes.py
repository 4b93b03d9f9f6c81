"""The console's routes: who may see which page, and what each is built from."""

import asyncio
import logging
from collections.abc import Callable, Mapping
from copy import copy
from http import HTTPStatus
from typing import Any

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Route

from driftvakt_collector.alert.oncall.book import RotaBook
from driftvakt_collector.console import (
    api_gate,
    applications_page,
    coverage_page,
    fleet_page,
    host_page,
    inventory_page,
    reply,
    search,
    software_page,
    thing,
    topology_page,
)
from driftvakt_collector.console.acceptance import Acceptances
from driftvakt_collector.console.acceptance_many import ManyAcceptances
from driftvakt_collector.console.access import TITLES, Handler, May, Routed, Viewer
from driftvakt_collector.console.answer_pages import AnswerPages
from driftvakt_collector.console.api import Api
from driftvakt_collector.console.api_gate import PREFIX
from driftvakt_collector.console.asked import asked
from driftvakt_collector.console.auth import Auth
from driftvakt_collector.console.behind import behind
from driftvakt_collector.console.clock import Clock
from driftvakt_collector.console.codes import Codes
from driftvakt_collector.console.desk_pages import NO_DESK, Desk, DeskPages
from driftvakt_collector.console.duty_pages import DutyPages
from driftvakt_collector.console.find_routes import Find
from driftvakt_collector.console.fleet_query import FleetQuery
from driftvakt_collector.console.hardware import HardwareNames
from driftvakt_collector.console.overview_routes import Overview
from driftvakt_collector.console.pages import Pages
from driftvakt_collector.console.people_pages import PeoplePages
from driftvakt_collector.console.topology_query import TopologyQuery
from driftvakt_collector.desk.answering import Answering
from driftvakt_collector.fleet.book import SqlBook
from driftvakt_collector.fleet.host import Host
from driftvakt_collector.fleet.identity import number
from driftvakt_collector.fleet.state import Fleet
from driftvakt_collector.fleet.topology.atlas import Atlas
from driftvakt_collector.service.applications.keeper import Keeper
from driftvakt_collector.service.coverage.ledger import Ledger
from driftvakt_collector.store import applications as applications_store
from driftvakt_collector.store import coverage as coverage_store
from driftvakt_collector.store import feed, forks, inventory, lookup, products, software
from driftvakt_collector.store.engine import Store

log = logging.getLogger(__name__)

_MACHINES = ("/v1/", "/metrics", "/sd/", "/api/")
"""Where no person is: an unknown path below these is answered in plain text."""

_CHANGES = 8
"""Changes on the page of a host; all of them stand on that of its inventory."""


class Console:
    """Pages for people, and the REST interface. secure: cookies only over TLS. now: monotonic; wall: seconds since the

    epoch. zone: of the clock. coverage: the ledger. applications: what recognises them. privacy: zone to its profile.
    atlas: who hangs behind whom. desk: of incidents. codes: checks one-time codes.
    """

    def __init__(
        self,
        fleet: Fleet,
        store: Store,
        *,
        now: Callable[[], float],
        wall: Callable[[], float],
        secure: bool,
        zone: str = "Europe/Stockholm",
        coverage: Ledger | None = None,
        applications: Keeper | None = None,
        privacy: Mapping[str, str] | None = None,
        atlas: Atlas | None = None,
        desk: Desk = NO_DESK,
        codes: Codes | None = None,
    ) -> None:
        self._fleet = fleet
        self._store = store
        self._now = now
        self._wall = wall
        self._clock = Clock(zone)
        self._coverage = coverage or Ledger(fleet, store, wall)
        self._applications = applications or Keeper(fleet, store, (), wall)
        self._atlas = atlas or Atlas(fleet, store, wall)
        self._pages = Pages()
        self._hardware = HardwareNames()
        self._auth = Auth(store, self._pages, now=now, wall=wall, secure=secure, codes=codes)
        self._acceptances = Acceptances(store, self._coverage, wall, self._clock, self._render, self._no_finding)
        self._many = ManyAcceptances(store, self._coverage, wall, self._render)
        self._find = Find(store, fleet, desk, now, wall, self._render)
        self._overview = Overview(store, fleet, desk, now, wall, self._clock, self._render)
        self._duty = DutyPages(store, fleet.hosts, desk.rotas, wall, self._render, self._no_mute)
        self._people = PeoplePages(store, wall, self._clock, self._render, self._no_account)
        self._desk = DeskPages(store, fleet.hosts, desk, wall, self._clock, self._render, self._no_incident)
        self._api = Api(fleet, store, self._auth, now, wall, privacy or {}, self._applications)

    def routes(self) -> list[BaseRoute]:
        """Return the routes for the application."""
        return [
            Route("/", self._for_people(self._show_fleet, May.FLEET)),
            Route("/hosts/{origin}", self._for_people(self._show_host, May.FLEET)),
            Route("/hosts/{origin}/inventory", self._for_people(self._show_inventory, May.INVENTORY)),
            Route("/search", self._for_people(self._show_search, May.CITY)),
            Route("/software", self._for_people(self._show_software, May.CITY)),
            Route("/applications", self._for_people(self._show_applications, May.CITY)),
            Route("/topology", self._for_people(self._show_topology, May.CITY)),
            Route("/coverage", self._for_people(self._show_coverage, May.COVERAGE)),
            *self._many.routes(self._for_people),
            *self._acceptances.routes(self._for_people),
            *self._desk.routes(self._for_people),
            *self._people.routes(self._for_people),
            *self._duty.routes(self._for_people),
            *self._overview.routes(self._for_people),
            *self._find.routes(self._for_people),
            *self._api.routes(),
            Route("/login", self._auth.ask, methods=["GET"]),
            Route("/login", self._auth.login, methods=["POST"]),
            Route("/logout", self._auth.logout, methods=["POST"]),
            Route("/static/{name}", self._pages.assets.serve),
        ]

    def answers(self, answering: Answering, rotas: Callable[[], RotaBook]) -> list[BaseRoute]:
        """Return the routes of links in messages, and of calendars that phones fetch; nobody logs in for these."""
        return AnswerPages(self._store, answering, rotas, self._render, self._now, self._wall).routes()

    def errors(self) -> dict[Any, Any]:
        """Return the pages for what was not found or went wrong."""
        return {HTTPException: self._refused, Exception: self._broken}

    def _for_people(self, handler: Handler, may: May) -> Routed:
        async def answer(request: Request) -> Response:
            who = await self._auth.who(request)
            if who is None:
                return self._auth.to_login(request)
            if not who.may(may):
                role = TITLES[who.role].lower()
                words = f"Your role here, {role}, does not have this page. Ask a platform administrator."
                return await self._say(request, who, 403, "Not for your role", words)
            return await handler(request, who)

        return answer

    async def _show_fleet(self, request: Request, who: Viewer) -> Response:
        query = FleetQuery.read(request.query_params)
        hosts = list(who.hosts(self._fleet.hosts).values())
        now, wall, since = self._now(), self._wall(), self._fleet.healthy_since

        def work() -> bytes:
            keys = number.keys_of(query.search)
            numbered = self._store.read(lambda one: SqlBook(one).found_by(keys)) if keys else set[str]()
            view = fleet_page.build(hosts, query, now, wall, since, self._clock, numbered)
            return self._render("fleet.html", who, wall, view=view)

        return await reply.page(request, await asyncio.to_thread(work))

    async def _show_host(self, request: Request, who: Viewer) -> Response:
        found = self._fleet.hosts.get(request.path_params["origin"])
        if found is None or not who.sees(found):
            words = "No host is enrolled under this name. It may have been removed, or the link may be cut short."
            return await self._say(request, who, 404, "No such host", words)
        # A report that comes meanwhile changes the series and then the values; the copy has both of the same report.
        host = copy(found)
        search = request.query_params.get("series", "")[:300]
        now, wall, since = self._now(), self._wall(), self._fleet.healthy_since
        gaps = self._fleet.gaps(found, wall)
        seen = who.hosts(self._fleet.hosts)

        def work() -> bytes:
            split = self._store.read(lambda one: forks.of(one, host.origin)) if not host.trusted else []
            events = self._store.read(lambda one: feed.recent_events(one, host.origin))
            home, installations = self._store.read(lambda one: thing.installations(one, host.origin))
            changes = self._store.read(lambda one: inventory.recent_changes(one, installations, _CHANGES))
            if not who.may(May.INVENTORY):
                # A change may name the people who use it.
                changes = []
            # What is above and below may be somebody else's.
            hangs = behind(host.origin, self._atlas.plan, seen) if who.sees_all else None
            how = self._store.read(lambda one: asked(one, host))
            view = host_page.build(
                host, events, now, wall, since, self._clock, search, gaps, split, changes, home, hangs, how,
                keeper.name if (keeper := seen.get(host.keeper)) is not None else "",
            )  # fmt: skip
            return self._render("host.html", who, wall, view=view)

        return await reply.page(request, await asyncio.to_thread(work))

    async def _show_inventory(self, request: Request, who: Viewer) -> Response:
        host = self._fleet.hosts.get(request.path_params["origin"])
        if host is None or not who.sees(host):
            words = "No host is enrolled under this name. It may have been removed, or the link may be cut short."
            return await self._say(request, who, 404, "No such host", words)
        find, wall = request.query_params.get("find", "")[:200], self._wall()
        seen = who.hosts(self._fleet.hosts)

        def work() -> bytes:
            sections = self._store.read(lambda one: inventory.of_host(one, host.origin))
            _, installations = self._store.read(lambda one: thing.installations(one, host.origin))
            changes = self._store.read(lambda one: inventory.recent_changes(one, installations))
            stands = self._store.read(lambda one: thing.read(one, host.origin, seen, wall, self._clock))
            does = self._store.read(lambda one: applications_store.installed(one, (host.origin,)))
            view = inventory_page.build(host, sections, changes, wall, self._clock, find, stands, self._hardware, does)
            return self._render("inventory.html", who, wall, view=view)

        return await reply.page(request, await asyncio.to_thread(work))

    async def _show_software(self, request: Request, who: Viewer) -> Response:
        asked, wall = request.query_params.get("q", "")[:200], self._wall()
        by, publisher = (
            request.query_params.get("by", ""),
            request.query_params.get("publisher", "").replace("\0", "")[:200],
        )
        question = software_page.read(asked)

        def work() -> bytes:
            found = software.NOBODY
            alike: list[str] = []
            named: list[products.ProductRow] = []
            one_product: products.ProductRow | None = None
            trouble = ""
            if question is not None and question.name:
                told = (question.name, question.compare, question.version)
                named = self._store.read(lambda one: products.exactly(one, question.name))
                try:
                    if by != "product":
                        found = self._store.read(lambda one: software.search(one, *told))
                    if not found.releases and named:
                        one_product = named[0]
                        names = {one.product for one in named}
                        found = self._store.read(lambda one: products.search(one, names, *told[1:]))
                except software.SoftwareError as e:
                    trouble = f"{e}."
                named = [*named, *self._store.read(lambda one: products.listing(one, question.name, limit=20))]
                alike = self._store.read(lambda one: software.names_like(one, question.name))
            elif publisher:
                named = self._store.read(lambda one: products.listing(one, publisher=publisher, limit=200))
            view = software_page.build(
                asked, question, found, alike, self._fleet.hosts, trouble, one_product,
                [one for one in dict.fromkeys(named) if one != one_product],
            )  # fmt: skip
            return self._render("software.html", who, wall, view=view)

        return await reply.page(request, await asyncio.to_thread(work))

    async def _show_search(self, request: Request, who: Viewer) -> Response:
        question, wall, hosts = search.read(request.query_params), self._wall(), dict(self._fleet.hosts)

        def work() -> bytes:
            chosen: list[lookup.Found] = []
            cut = False
            if question.section and not search.trouble(question):
                chosen, cut = self._store.read(lambda one: search.gather(one, hosts, question))
            view = search.build(question, chosen, hosts, cut=cut)
            return self._render("search.html", who, wall, view=view)

        return await reply.page(request, await asyncio.to_thread(work))

    async def _show_applications(self, request: Request, who: Viewer) -> Response:
        name, wall, hosts = request.query_params.get("name", "")[:64], self._wall(), dict(self._fleet.hosts)

        def work() -> bytes:
            found = self._store.read(applications_store.installed)
            keeper = self._applications
            view = applications_page.build(name, found, hosts, keeper.rules, wall, self._clock, ready=keeper.ready)
            return self._render("applications.html", who, wall, view=view)

        return await reply.page(request, await asyncio.to_thread(work))

    async def _show_topology(self, request: Request, who: Viewer) -> Response:
        query, plan, hosts = TopologyQuery.read(request.query_params), self._atlas.plan, dict(self._fleet.hosts)
        now, wall = self._now(), self._wall()

        def state(host: Host) -> str:
            return self._fleet.verdict(host, now).value

        def work() -> bytes:
            view = topology_page.build(query, plan, hosts, state, wall, self._clock)
            return self._render("topology.html", who, wall, view=view)

        return await reply.page(request, await asyncio.to_thread(work))

    async def _show_coverage(self, request: Request, who: Viewer) -> Response:
        query, wall, ledger = coverage_page.CoverageQuery.read(request.query_params), self._wall(), self._coverage

        def work() -> bytes:
            findings = self._store.read(coverage_store.findings)
            lists = self._store.read(coverage_store.lists)
            view = coverage_page.build(query, findings, lists, ledger.shares, ledger.looked, wall, self._clock)
            return self._render("coverage.html", who, wall, view=view)

        return await reply.page(request, await asyncio.to_thread(work))

    async def _no_mute(self, request: Request, who: Viewer) -> Response:
        words = "There is none of this number that has not ended. Somebody else may have ended it just now."
        return await self._say(request, who, 404, "Nothing to end", words)

    async def _no_account(self, request: Request, who: Viewer) -> Response:
        return await self._say(request, who, 404, "No such account", "Nobody has this login. It may be gone meanwhile.")

    async def _no_incident(self, request: Request, who: Viewer) -> Response:
        words = "There is no incident of this number. The link may be cut short."
        return await self._say(request, who, 404, "No such incident", words)

    async def _no_finding(self, request: Request, who: Viewer) -> Response:
        words = "There is no such finding. It may have been put right meanwhile, or the link may be cut short."
        return await self._say(request, who, 404, "No such finding", words)

    async def _refused(self, request: Request, error: Exception) -> Response:
        assert isinstance(error, HTTPException)
        if request.url.path.startswith(PREFIX):
            return await api_gate.error(request, error.status_code, error.detail, error.headers)
        if request.url.path.startswith(_MACHINES):
            return reply.text(f"{error.detail}\n", error.status_code)
        who = await self._auth.who(request)
        if who is None and error.status_code == HTTPStatus.NOT_FOUND:
            return self._auth.to_login(request)
        if error.status_code == HTTPStatus.NOT_FOUND:
            return await self._say(request, who, 404, "No such page", "There is nothing at this address.")
        answer = await self._say(request, who, error.status_code, error.detail, "The console has no answer to this.")
        answer.headers.update(error.headers or {})
        return answer

    async def _broken(self, request: Request, error: Exception) -> Response:
        log.error("cannot answer %s", request.url.path, exc_info=error)
        words = "The collector could not make this page. Its log says why. Reports are taken all the same."
        if request.url.path.startswith(_MACHINES):
            return reply.text(f"{words}\n", 500)
        return await self._say(request, None, 500, "Something went wrong here", words)

    async def _say(self, request: Request, who: Viewer | None, status: int, title: str, words: str) -> Response:
        body = self._render("message.html", who, self._wall(), title=title, words=words, status=status)
        return await reply.page(request, body, status)

    def _render(self, template: str, who: Viewer | None, wall: float, **context: object) -> bytes:
        stamp = self._clock.moment(wall, wall, seconds=True)
        may = frozenset(one.value for one in May if who is not None and who.may(one))
        name = None if who is None else who.name
        return self._pages.render(template, who=name, may=may, stamp=stamp, **context)
