"""Routes of accounts, of the sessions that are open, and of the audit log: for platform administrators."""

import asyncio
import json
import logging
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from urllib.parse import urlencode

from sqlalchemy import Connection
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Route

from driftvakt_collector.console import reply
from driftvakt_collector.console.access import TITLES, ForPeople, May, Role, Viewer
from driftvakt_collector.console.clock import Clock, Moment
from driftvakt_collector.console.form import FormError, read_form
from driftvakt_collector.store import accounts, audit
from driftvakt_collector.store.accounts import AccountRow, SessionRow
from driftvakt_collector.store.audit import Entry
from driftvakt_collector.store.engine import Store

log = logging.getLogger(__name__)

LIMIT = 100
_MOST_TEXT = 100
_DETAIL = 300


@dataclass(frozen=True)
class SessionLine:
    """One session. mark: what ends it. is_own: of the browser that looks."""

    mark: str
    login: str
    since: Moment | None
    until: Moment
    address: str
    browser: str


@dataclass(frozen=True)
class AccountLine:
    """One account. part: what it sees, where that is not all. can_end: whether it may be disabled from here."""

    name: str
    full_name: str
    role: str
    part: str
    codes: bool
    disabled: bool
    sessions: int
    audit: str


@dataclass(frozen=True)
class AccountsView:
    """The page of accounts."""

    lines: Sequence[AccountLine]
    sessions: Sequence[SessionLine]
    trouble: str = ""


@dataclass(frozen=True)
class EntryLine:
    """One entry of the audit log."""

    seq: int
    at: Moment
    who: str
    how: str
    what: str
    object: str
    detail: str


@dataclass(frozen=True)
class AuditView:
    """The page of the audit log. older: the URL of the next page, empty for none. head: hash of the newest entry."""

    lines: Sequence[EntryLine]
    who: str
    what: str
    object: str
    count: int
    head: str
    older: str


class PeoplePages:
    """Shows accounts and what was done. render: makes a page."""

    def __init__(
        self, store: Store, wall: Callable[[], float], clock: Clock, render: Callable[..., bytes],
        missing: Callable[[Request, Viewer], Awaitable[Response]],
    ) -> None:  # fmt: skip
        self._store = store
        self._wall = wall
        self._clock = clock
        self._render = render
        self._missing = missing

    def routes(self, for_people: ForPeople) -> list[BaseRoute]:
        """Return the routes for the application."""
        return [
            Route("/accounts", for_people(self._accounts, May.PEOPLE), methods=["GET"]),
            Route("/accounts/{name}", for_people(self._act, May.PEOPLE), methods=["POST"]),
            Route("/audit", for_people(self._audit, May.PEOPLE), methods=["GET"]),
        ]

    async def _accounts(self, request: Request, who: Viewer) -> Response:
        return await self._page(request, who)

    async def _page(self, request: Request, who: Viewer, trouble: str = "", status: int = 200) -> Response:
        wall = self._wall()

        def work() -> bytes:
            rows, open_ = self._store.read(lambda one: (accounts.load(one), accounts.sessions(one, wall)))
            view = AccountsView(
                [_account(row, open_) for row in rows], [self._session(one, wall) for one in open_[:LIMIT]], trouble
            )
            return self._render("accounts.html", who, wall, view=view)

        return await reply.page(request, await asyncio.to_thread(work), status)

    async def _act(self, request: Request, who: Viewer) -> Response:
        try:
            fields = await read_form(request)
        except FormError as e:
            return reply.text(f"{e}\n", e.status)
        name, do = request.path_params["name"][:64], fields.get("do", "")[:16]
        done = await self._store.write(lambda one: self._do(one, who, name, do, fields.get("session", "")[:64]))
        if done is None:
            return await self._missing(request, who)
        if done:
            return await self._page(request, who, done, 409)
        log.info("%s did %s to the account %s", who.name, do, name)
        return reply.redirect("/accounts")

    def _do(self, connection: Connection, who: Viewer, name: str, do: str, session: str) -> str | None:
        """Do it; return why not, empty where it was done, None where there is no such account."""
        row = accounts.find(connection, name)
        if row is None:
            return None
        now = self._wall()
        if do == "disable":
            if row.role == Role.ADMIN.value and accounts.is_last(connection, row):
                return f"{name} is the only platform administrator. Make another one first."
            accounts.change(connection, name, now, disabled=True)
            accounts.end_sessions(connection, name)
        elif do == "enable":
            accounts.change(connection, name, now, disabled=False)
        elif do == "end":
            accounts.end_sessions(connection, name, session)
        else:
            return "This form says nothing that can be done."
        audit.write(connection, now, who.name, audit.CONSOLE, f"account.{do}", name, {"session": session[:12]})
        return ""

    async def _audit(self, request: Request, who: Viewer) -> Response:
        told = {
            key: request.query_params.get(key, "").replace("\0", "")[:_MOST_TEXT] for key in ("who", "what", "object")
        }
        before = request.query_params.get("before", "")
        number = int(before) if before.isascii() and before.isdigit() and len(before) < 16 else None
        wall = self._wall()

        def read(connection: Connection) -> AuditView:
            rows = audit.listed(
                connection, LIMIT, before=number, who=told["who"], what=told["what"], object_=told["object"]
            )
            asked = {key: text for key, text in told.items() if text}
            older = f"/audit?{urlencode({**asked, 'before': rows[-1].seq})}" if len(rows) == LIMIT else ""
            return AuditView(
                [self._entry(row, wall) for row in rows], told["who"], told["what"], told["object"],
                audit.count(connection), audit.head(connection)[1], older,
            )  # fmt: skip

        def work() -> bytes:
            return self._render("audit.html", who, wall, view=self._store.read(read))

        return await reply.page(request, await asyncio.to_thread(work))

    def _session(self, row: SessionRow, wall: float) -> SessionLine:
        since = self._clock.moment(row.opened_at, wall) if row.opened_at else None
        until = self._clock.moment(row.expires, wall)
        return SessionLine(row.token[:12], row.login, since, until, row.address, row.browser[:120])

    def _entry(self, row: Entry, wall: float) -> EntryLine:
        at = self._clock.moment(row.at, wall, seconds=True)
        return EntryLine(row.seq, at, row.who, row.how, row.what, row.object, _words(row.detail))


def _account(row: AccountRow, sessions: Sequence[SessionRow]) -> AccountLine:
    try:
        role = TITLES[Role(row.role)]
    except ValueError:
        role = f"{row.role}, which this release does not know"
    count = sum(one.login == row.name for one in sessions)
    return AccountLine(
        row.name, row.full_name, role, ", ".join(row.administrations) or row.supplier, bool(row.totp), row.disabled,
        count, f"/audit?{urlencode({'who': row.name})}",
    )  # fmt: skip


def _words(detail: str) -> str:
    """Return what an entry adds, in a line: `do: acknowledge, supplier: LAN`."""
    try:
        told = json.loads(detail)
    except ValueError:
        return detail[:_DETAIL]
    if not isinstance(told, dict):
        return detail[:_DETAIL]
    return ", ".join(f"{key}: {value}" for key, value in told.items() if value not in ("", None))[:_DETAIL]
