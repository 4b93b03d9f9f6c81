"""Who is looking: the login page, the session behind a cookie, and the way out."""

import asyncio
import logging
from collections.abc import Callable
from urllib.parse import quote

from sqlalchemy import Connection
from starlette.requests import Request
from starlette.responses import Response

from driftvakt_collector.console import quantity, reply
from driftvakt_collector.console.access import Viewer, viewer_of
from driftvakt_collector.console.codes import Codes
from driftvakt_collector.console.form import FormError, local_path, read_form
from driftvakt_collector.console.guard import Guard
from driftvakt_collector.console.pages import Pages
from driftvakt_collector.store import accounts, audit, logins
from driftvakt_collector.store.engine import Store
from driftvakt_collector.store.logins import ApiKey
from driftvakt_collector.trust.vault import VaultError

log = logging.getLogger(__name__)

SESSION_SECONDS = 12 * 3600
_AT_ONCE = 2
"""Secrets that are checked at the same time; each takes 16 MiB and a tenth of a second of a processor."""
_IN_LINE = 20
_NOT_TOGETHER = "That name and secret do not belong together."


class Auth:
    """Opens and closes sessions. secure: the cookie travels over TLS only. codes: checks one-time codes."""

    def __init__(
        self, store: Store, pages: Pages, *, now: Callable[[], float], wall: Callable[[], float], secure: bool,
        codes: Codes | None = None,
    ) -> None:  # fmt: skip
        self._store = store
        self._pages = pages
        self._now = now
        self._wall = wall
        self._secure = secure
        self._codes = codes
        self._cookie = "__Host-driftvakt" if secure else "driftvakt"
        self._guard = Guard()
        self._checking = asyncio.Semaphore(_AT_ONCE)
        self._in_line = 0

    async def who(self, request: Request) -> Viewer | None:
        """Return whose session this is, None without one, or where the account may no longer."""
        token = request.cookies.get(self._cookie, "")
        if not token or len(token) > 100:
            return None
        now = self._wall()

        def read(connection: Connection) -> Viewer | None:
            login = logins.session_login(connection, token, now)
            if login is None or logins.key_of(login) is not None:
                return None
            row = accounts.find(connection, login)
            return viewer_of(row) if row is not None else None

        return await asyncio.to_thread(self._store.read, read)

    async def program(self, request: Request) -> ApiKey | None:
        """Return the API key that a program shows, None without one."""
        scheme, _, token = request.headers.get("authorization", "").partition(" ")
        if scheme.lower() != "bearer" or not token or len(token) > 100:
            return None
        found = await self._session(token.strip())
        return logins.key_of(found) if found is not None else None

    async def _session(self, token: str) -> str | None:
        now = self._wall()
        return await asyncio.to_thread(self._store.read, lambda one: logins.session_login(one, token, now))

    def to_login(self, request: Request) -> Response:
        """Send a stranger to the login page, and back here afterwards."""
        path = request.url.path + (f"?{request.url.query}" if request.url.query else "")
        back = f"?next={quote(path, safe='')}" if request.method == "GET" and path != "/" else ""
        return reply.redirect(f"/login{back}")

    async def ask(self, request: Request) -> Response:
        """GET /login."""
        back = local_path(request.query_params.get("next", "/"))
        if await self.who(request) is not None:
            return reply.redirect(back)
        return await self._form(request, back)

    async def login(self, request: Request) -> Response:
        """POST /login."""
        try:
            fields = await read_form(request)
        except FormError as e:
            return await self._form(request, "/", str(e), e.status)
        name, secret, back = fields.get("name", ""), fields.get("secret", ""), local_path(fields.get("next", "/"))
        address = "" if request.client is None else request.client.host
        wait = self._guard.wait(address, self._now())
        if wait > 0:
            return await self._later(request, back, name, wait, "Too many wrong secrets came from your address.")
        if self._in_line >= _IN_LINE:
            return await self._later(request, back, name, 5.0, "Too many people are logging in at this moment.")
        self._guard.attempt(address, self._now())
        trouble = await self._wrong(name, secret, fields.get("code", ""))
        if trouble:
            log.warning("a login from %s was refused", address)
            known = await asyncio.to_thread(self._store.read, lambda one: accounts.find(one, name) is not None)
            if known:
                told = {"address": address, "why": trouble}
                await self._store.write(lambda one: audit.write(
                    one, self._wall(), name, audit.CONSOLE, "login.refused", name, told
                ))  # fmt: skip
            return await self._form(request, back, trouble, 401, name)
        self._guard.succeeded(address)
        token = await self._store.write(lambda one: self._opened(one, request, name, secret, address))
        log.info("%s logged in from %s", name, address)
        answer = reply.redirect(back)
        answer.set_cookie(
            self._cookie, token, max_age=SESSION_SECONDS, path="/", secure=self._secure, httponly=True, samesite="lax"
        )
        return answer

    def _opened(self, connection: Connection, request: Request, name: str, secret: str, address: str) -> str:
        """Open a session in place of the one that the browser has."""
        old, now = request.cookies.get(self._cookie, ""), self._wall()
        if old:
            logins.close_session(connection, old)
        logins.renew_hash(connection, name, secret.strip())
        audit.write(connection, now, name, audit.CONSOLE, "login.made", name, {"address": address})
        browser = request.headers.get("user-agent", "")
        return logins.open_session(connection, name, now, SESSION_SECONDS, address, browser)

    async def logout(self, request: Request) -> Response:
        """POST /logout."""
        try:
            await read_form(request)
        except FormError as e:
            return reply.text(f"{e}\n", e.status)
        token = request.cookies.get(self._cookie, "")
        who = await self.who(request)
        if token and who is not None:

            def end(connection: Connection) -> None:
                logins.close_session(connection, token)
                audit.write(connection, self._wall(), who.name, audit.CONSOLE, "login.ended", who.name)

            await self._store.write(end)
        answer = reply.redirect("/login")
        answer.delete_cookie(self._cookie, path="/", secure=self._secure, httponly=True, samesite="lax")
        return answer

    async def _wrong(self, name: str, secret: str, code: str) -> str:
        """Return why somebody is not let in, empty where they are."""
        if not name or "\0" in name:
            return _NOT_TOGETHER
        self._in_line += 1
        try:
            await asyncio.sleep(self._guard.pause(self._now()))
            async with self._checking:
                right, row = await asyncio.to_thread(
                    self._store.read,
                    lambda one: (logins.check_secret(one, name, secret.strip()), accounts.find(one, name)),
                )
        finally:
            self._in_line -= 1
        if not right or row is None or viewer_of(row) is None:
            return _NOT_TOGETHER
        return await self._wrong_code(name, row.totp, code) if row.totp else ""

    async def _wrong_code(self, name: str, sealed: str, code: str) -> str:
        if not code.strip():
            return "Now the code from your app, please: type the secret once more, with the code below."
        try:
            step = self._codes.step(name, sealed, code, self._wall()) if self._codes is not None else None
        except VaultError as e:
            log.error("cannot check a one-time code: %s", e)
            step = None
        if step is None or not await self._store.write(lambda one: accounts.use_code(one, name, step)):
            return "That code is not good, or was used already. Wait for the next one."
        return ""

    async def _later(self, request: Request, back: str, name: str, wait: float, why: str) -> Response:
        seconds = int(wait) + 1
        words = f"{why} Try again in {quantity.duration(seconds)}."
        return await self._form(request, back, words, 429, name, {"retry-after": str(seconds)})

    async def _form(
        self, request: Request, back: str, trouble: str = "", status: int = 200, name: str = "admin",
        headers: dict[str, str] | None = None,
    ) -> Response:  # fmt: skip
        body = self._pages.render("login.html", back=back, trouble=trouble, name=name[:64])
        return await reply.page(request, body, status, headers)
