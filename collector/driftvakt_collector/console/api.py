"""The REST interface: what the console shows, for programs and spreadsheets.

A program shows an API key (`driftvakt api-key create`) as a bearer token; a browser is known by its session.
"""

import asyncio
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime
from typing import TypeVar

import msgspec
from sqlalchemy import Connection
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Route

from driftvakt_collector.console import applications_page, search, sieve, software_page, thing
from driftvakt_collector.console.api_gate import MEDIA, PREFIX, ApiError, Gate, as_object, bound, file, only, table
from driftvakt_collector.console.auth import Auth
from driftvakt_collector.console.coverage_api import CoverageApi
from driftvakt_collector.console.fleet_page import shown_name
from driftvakt_collector.console.host_cells import HOST_COLUMNS, host_cells
from driftvakt_collector.console.sheet import Sheet, as_csv, as_xlsx
from driftvakt_collector.console.stamp import stamp
from driftvakt_collector.console.standing import State
from driftvakt_collector.fleet.book import SqlBook
from driftvakt_collector.fleet.host import Host, Verdict
from driftvakt_collector.fleet.identity import number
from driftvakt_collector.fleet.state import Fleet
from driftvakt_collector.glpi import outgoing
from driftvakt_collector.naming.part import EXTRA, MAKER, MODEL, PRODUCT, PUBLISHER, named
from driftvakt_collector.naming.product import product
from driftvakt_collector.service.applications.keeper import Keeper
from driftvakt_collector.store import applications, inventory, products, software
from driftvakt_collector.store.engine import Store
from driftvakt_collector.store.history import ChangeRow
from driftvakt_collector.store.section import Body, Cell, rows_of
from driftvakt_wire import RELEASE
from driftvakt_wire.sections import SECTIONS, Column

_CLIENT = f"driftvakt_v{RELEASE}"
_DIMENSIONS = search.DIMENSIONS
_MAX_CHANGES = 20_000
_PAGE = ("limit", "offset")
_OF_PACKAGE = ("name", "version", "architecture")
_DAY = 86_400.0
_ADDED = {
    MAKER: Column(MAKER, "Who made it, under one name however the machine writes it."),
    MODEL: Column(MODEL, "Model, without the maker's name and what differs from one to the next."),
    PRODUCT: Column(PRODUCT, "Product that the package belongs to, whatever it is called there."),
    PUBLISHER: Column(PUBLISHER, "Who publishes the product; a distribution or a shop is none."),
}
_NO_HOST = "no host is enrolled under this name"


T = TypeVar("T")


class Api:
    """now: monotonic; wall: seconds since the epoch. privacy: zone to its profile."""

    def __init__(
        self, fleet: Fleet, store: Store, auth: Auth, now: Callable[[], float], wall: Callable[[], float],
        privacy: Mapping[str, str], applications: Keeper,
    ) -> None:  # fmt: skip
        self._fleet = fleet
        self._store = store
        self._gate = Gate(auth)
        self._keeper = applications
        self._lists = CoverageApi(store, wall, privacy)
        self._now = now
        self._wall = wall

    def routes(self) -> list[BaseRoute]:
        """Return the routes for the application."""
        return [
            Route(f"{PREFIX}/hosts", self._gate.reading(self._hosts)),
            Route(f"{PREFIX}/hosts/{{origin}}", self._gate.reading(self._host)),
            Route(f"{PREFIX}/hosts/{{origin}}/inventory", self._gate.reading(self._inventory)),
            Route(f"{PREFIX}/hosts/{{origin}}/changes", self._gate.reading(self._changes)),
            Route(f"{PREFIX}/inventory", self._gate.reading(self._sections)),
            Route(f"{PREFIX}/inventory/{{section}}", self._gate.reading(self._rows)),
            Route(f"{PREFIX}/software", self._gate.reading(self._software)),
            Route(f"{PREFIX}/products", self._gate.reading(self._products)),
            Route(f"{PREFIX}/applications", self._gate.reading(self._applications)),
            Route(f"{PREFIX}/applications/hosts", self._gate.reading(self._application_hosts)),
            *self._lists.routes(self._gate),
        ]

    async def _hosts(self, request: Request) -> Response:
        told = only(request, ("q", *_DIMENSIONS, "format"))
        keys = number.keys_of(told.get("q", ""))
        numbered = await self._read(lambda one: SqlBook(one).found_by(keys)) if keys else set[str]()
        asked = [(host, State.NEW) for host in list(self._fleet.hosts.values()) if _is(host, told)]
        hosts = [host for host, _ in sieve.searched(asked, told.get("q", ""), numbered)]
        columns = [*HOST_COLUMNS, "vendor", "model", "state", "last_report", "interval_seconds"]

        def work() -> Sheet:
            return Sheet(
                "hosts",
                columns,
                [
                    [*host_cells(host), host.vendor, host.model, *self._standing(host)]
                    for host in sorted(hosts, key=shown_name)
                ],
            )

        return await table(request, await asyncio.to_thread(work), "hosts")

    async def _host(self, request: Request) -> Response:
        host = self._found(request)
        only(request, (), zoned=True)
        number, installed = await self._read(lambda one: thing.installations(one, host.origin))
        told = dict(zip(HOST_COLUMNS, host_cells(host), strict=True))
        state, last, every = self._standing(host)
        told |= {
            "vendor": host.vendor,
            "model": host.model,
            "state": state,
            "last_report": last,
            "interval_seconds": every,
        }
        lists = {"applications": list(host.applications), "installations": self._seen(request, installed[1:])}
        return await as_object(request, {**told, "asset": number or None, **lists})

    async def _inventory(self, request: Request) -> Response:
        host = self._found(request)
        told = only(request, ("format", "section", "whole"), zoned=True)
        kind, section = told.get("format", "json"), told.get("section", "")
        if kind not in MEDIA:
            raise ApiError(400, f"'format' is one of {', '.join(MEDIA)}")
        if section and section not in SECTIONS:
            raise ApiError(404, f"there is no section {section[:64]!r}; {PREFIX}/inventory lists them")
        if kind == "csv" and not section:
            raise ApiError(400, "CSV holds one table: say which with 'section', or take xlsx")
        bodies = await self._read(lambda one: inventory.of_host(one, host.origin, (section,) if section else ()))
        return await asyncio.to_thread(_whole, kind, host, bodies, section, whole=told.get("whole", "") in ("1", "yes"))

    async def _changes(self, request: Request) -> Response:
        """What changed on a host, on what else its machine was installed as, and on the relay between it and us."""
        host = self._found(request)
        told = only(request, ("since", "until", "upstream", "format"), zoned=True)
        end = _moment(told.get("until"), "until", self._wall())
        begin = _moment(told.get("since"), "since", end - _DAY)
        _, origins = await self._read(lambda one: thing.installations(one, host.origin))
        if told.get("upstream", "yes") not in ("no", "0"):
            origins = [*origins, *upstream(host, self._fleet.hosts)]
        shown = self._seen(request, origins)
        found = await self._read(lambda one: inventory.what_changed(one, shown, begin, end, _MAX_CHANGES + 1))
        if len(found) > _MAX_CHANGES:
            raise ApiError(400, f"more than {_MAX_CHANGES} things changed; ask for a shorter time")
        sheet = await asyncio.to_thread(changes_sheet, found, self._fleet.hosts)
        return await table(request, sheet, f"changes-{host.name}")

    async def _sections(self, request: Request) -> Response:
        only(request, (), zoned=True)
        told = [
            {"name": name, "title": one.title, "text": one.text, "columns": [
                {"name": column.name, "kind": column.kind, "key": column.key, "text": column.text}
                for column in (*one.columns, *(_ADDED[added] for added in EXTRA.get(name, ())))
            ]}
            for name, one in SECTIONS.items()
        ]  # fmt: skip
        return await as_object(request, told)

    async def _rows(self, request: Request) -> Response:
        section = request.path_params["section"]
        told = only(request, ("q", "format", *_PAGE, *_DIMENSIONS))
        question = search.read({**told, "in": section})
        if section not in SECTIONS:
            raise ApiError(404, f"there is no section {section[:64]!r}; {PREFIX}/inventory lists them")
        if why := search.trouble(question):
            raise ApiError(400, f"{why} Ask {PREFIX}/software" if section == "packages" else why)
        hosts = dict(self._fleet.hosts)
        chosen, cut = await self._read(lambda one: search.gather(one, hosts, question))
        if cut:
            raise ApiError(400, f"more than {search.MAX_FOUND} rows match; narrow the question")
        page, headers = _page(told, len(chosen))
        sheet = await asyncio.to_thread(search.sheet, question, chosen[page], hosts)
        return await table(request, sheet, section, headers)

    async def _software(self, request: Request) -> Response:
        narrowed = only(request, ("q", "by", "format", *_PAGE, *_DIMENSIONS))
        if narrowed.get("by", "package") not in ("package", "product"):
            raise ApiError(400, "'by' is package or product")
        question = software_page.read(narrowed.get("q", ""))
        if question is None or not question.name:
            raise ApiError(400, "'q' is a name, or a name and a version, as openssl < 3.0.14")
        told = (question.name, question.compare, question.version)
        by_product = narrowed.get("by") == "product"
        known = await self._read(lambda one: products.exactly(one, told[0])) if by_product else []
        try:
            if by_product:
                names = {one.product for one in known}
                found = await self._read(lambda one: products.search(one, names, *told[1:]))
            else:
                found = await self._read(lambda one: software.search(one, *told))
        except software.SoftwareError as e:
            raise ApiError(400, str(e)) from e
        hosts = dict(self._fleet.hosts)
        columns = ("product", "publisher", "version", "source", "package") if by_product else _OF_PACKAGE

        def work() -> tuple[Sheet, dict[str, str]]:
            there = [
                (origin, place) for place, origins in enumerate(found.holders) for origin in origins
                if origin in hosts and _is(hosts[origin], narrowed)
            ]  # fmt: skip
            there.sort()
            page, headers = _page(narrowed, len(there))
            rows: list[list[Cell]] = []
            for origin, place in there[page]:
                one = found.releases[place]
                of_package: list[Cell] = [question.name, one.version, one.architecture]
                # Whose a release is, that release says, and not the first of its name.
                by = product(one.source, one.name, one.publisher).publisher
                of_product: list[Cell] = [question.name, by, one.version, one.source, one.name]
                if known:
                    of_product[0] = known[0].product
                rows.append([*host_cells(hosts[origin]), *(of_product if by_product else of_package)])
            return Sheet("software", [*HOST_COLUMNS, *columns], rows), headers

        sheet, headers = await asyncio.to_thread(work)
        return await table(request, sheet, "software", headers)

    async def _products(self, request: Request) -> Response:
        told = only(request, ("q", "publisher", "format"))
        found = await self._read(lambda one: products.listing(one, told.get("q", ""), told.get("publisher", "")))
        rows: list[list[Cell]] = [list(one) for one in found]
        return await table(request, Sheet("products", list(products.ProductRow._fields), rows), "products")

    async def _applications(self, request: Request) -> Response:
        told = only(request, ("format", *_DIMENSIONS))
        hosts = {origin: host for origin, host in list(self._fleet.hosts.items()) if _is(host, told)}

        def work() -> Sheet:
            found = self._store.read(applications.installed)
            return applications_page.sheet(applications_page.lines(found, hosts, self._keeper.rules))

        return await table(request, await asyncio.to_thread(work), "applications")

    async def _application_hosts(self, request: Request) -> Response:
        """Who has an application, or which ones some hosts have."""
        told = only(request, ("name", "format", *_DIMENSIONS))
        hosts = {origin: host for origin, host in list(self._fleet.hosts.items()) if _is(host, told)}

        def work() -> Sheet:
            found = self._store.read(lambda one: applications.installed(one, name=told.get("name", "")))
            return applications_page.hosts_sheet(found, hosts, self._keeper.rules)

        return await table(request, await asyncio.to_thread(work), "applications")

    def _found(self, request: Request) -> Host:
        host = self._fleet.hosts.get(request.path_params["origin"])
        if host is None or not self._seen(request, [host.origin]):
            raise ApiError(404, _NO_HOST)
        return host

    def _seen(self, request: Request, origins: Sequence[str]) -> list[str]:
        """Return those hosts of which who asks may see something."""
        zone, hosts = bound(request), self._fleet.hosts
        return [one for one in origins if not zone or (one in hosts and hosts[one].zone == zone)]

    def _standing(self, host: Host) -> list[Cell]:
        state: Verdict = self._fleet.verdict(host, self._now())
        last = None if host.received is None else stamp(host.received_wall)
        return [state.value, last, None if host.received is None else host.every]

    async def _read(self, work: Callable[[Connection], T]) -> T:
        return await asyncio.to_thread(self._store.read, work)


def upstream(host: Host, hosts: Mapping[str, Host]) -> list[str]:
    """Return the relays between a host and us, the nearest first."""
    found: list[str] = []
    while host.via and host.via in hosts and host.via not in found:
        found.append(host.via)
        host = hosts[host.via]
    return found


def changes_sheet(rows: Sequence[ChangeRow], hosts: Mapping[str, Host]) -> Sheet:
    """Return changes as a table."""
    columns = ["at", "host", "origin", "section", "kind", "key", "column", "old", "new"]
    told: list[list[Cell]] = [
        [stamp(row.at), shown_name(hosts[row.origin]) if row.origin in hosts else row.origin, row.origin, row.section,
         row.kind, row.key, row.column, row.old, row.new]
        for row in rows
    ]  # fmt: skip
    return Sheet("changes", columns, told)


def _whole(kind: str, host: Host, bodies: Mapping[str, Body], section: str, *, whole: bool) -> Response:
    sheets = [_declared(name, bodies) for name in SECTIONS if name in bodies]
    if kind == "csv":
        columns = search.columns_of(section)
        content = as_csv(sheets[0] if sheets else Sheet(section, columns, []))
    elif kind == "xlsx":
        content = as_xlsx(sheets)
    elif kind == "glpi":
        # GLPI knows a machine again by its serial number and UUID; this is what it calls the sender.
        content = msgspec.json.encode(
            outgoing.inventory(host.origin, bodies, client=_CLIENT, tag=host.administration, whole=whole)
        )
    else:
        told = {one.name: [dict(zip(one.columns, row, strict=True)) for row in one.rows] for one in sheets}
        content = msgspec.json.encode({"origin": host.origin, "host": shown_name(host), "sections": told})
    return file(content, kind, f"{host.name}-{section or 'inventory'}")


def _declared(name: str, bodies: Mapping[str, Body]) -> Sheet:
    """Return a section as a table of the columns that we know; what a host calls others is its own affair.

    Behind what it told stands what we call its makers and models.
    """
    body = bodies[name]
    columns = [column.name for column in SECTIONS[name].columns if column.name in body.columns]
    extra = EXTRA.get(name, ())
    board = next(rows_of(bodies["baseboard"]), None) if "baseboard" in bodies else None
    rows = list(rows_of(body))
    ours = [named(name, row, board) for row in rows] if extra else [{}] * len(rows)
    added = [column for column in extra if any(column in one for one in ours)]
    return Sheet(name, [*columns, *added], [
        [*(row[column] for column in columns), *(one.get(column) for column in added)]
        for row, one in zip(rows, ours, strict=True)
    ])  # fmt: skip


def _is(host: Host, told: Mapping[str, str]) -> bool:
    return all(told[name] in search.texts_of(host, name) for name in _DIMENSIONS if told.get(name))


def _page(told: Mapping[str, str], total: int) -> tuple[slice, dict[str, str]]:
    """Return which rows were asked for, and the header that says how many there are in all. Raises ApiError."""
    numbers = []
    for name, otherwise in (("offset", "0"), ("limit", str(total))):
        text = told.get(name, otherwise)
        if not text.isascii() or not text.isdecimal() or len(text) > 9:
            raise ApiError(400, f"{name!r} is a number of rows")
        numbers.append(int(text))
    return slice(numbers[0], sum(numbers)), {"x-total-count": str(total)}


def _moment(text: str | None, name: str, otherwise: float) -> float:
    """Return a moment of a query: RFC 3339, or seconds since the epoch. Raises ApiError."""
    if not text:
        return otherwise
    try:
        if text.replace(".", "", 1).isdecimal():
            return float(text)
        found = datetime.fromisoformat(text.replace(" ", "+"))
        return (found if found.tzinfo else found.replace(tzinfo=UTC)).timestamp()
    except (ValueError, OverflowError) as e:
        raise ApiError(400, f"{name!r} is a moment as 2026-11-26T08:00:00Z, or seconds since 1970") from e
