"""Who is looking: the login page, the session behind a cookie, and the way out."""

import asyncio
import logging
from collections.abc import Callable
from urllib.parse import quote

from starlette.requests import Request
from starlette.responses import Response

from driftvakt_collector.console import quantity, reply
from driftvakt_collector.console.form import FormError, local_path, read_form
from driftvakt_collector.console.guard import Guard
from driftvakt_collector.console.pages import Pages
from driftvakt_collector.store import logins
from driftvakt_collector.store.engine import Store
from driftvakt_collector.store.logins import ApiKey

log = logging.getLogger(__name__)

SESSION_SECONDS = 12 * 3600
_AT_ONCE = 2
"""Secrets that are checked at the same time; each takes 16 MiB and a tenth of a second of a processor."""
_IN_LINE = 20


class Auth:
    """Opens and closes sessions. secure: the cookie travels over TLS only."""

    def __init__(
        self, store: Store, pages: Pages, *, now: Callable[[], float], wall: Callable[[], float], secure: bool
    ) -> None:
        self._store = store
        self._pages = pages
        self._now = now
        self._wall = wall
        self._secure = secure
        self._cookie = "__Host-driftvakt" if secure else "driftvakt"
        self._guard = Guard()
        self._checking = asyncio.Semaphore(_AT_ONCE)
        self._in_line = 0

    async def who(self, request: Request) -> str | None:
        """Return whose session this is, None without one."""
        token = request.cookies.get(self._cookie, "")
        if not token or len(token) > 100:
            return None
        found = await self._session(token)
        return None if found is None or logins.key_of(found) is not None else found

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
        if not await self._right(name, secret):
            log.warning("a login from %s was refused", address)
            return await self._form(request, back, "That name and secret do not belong together.", 401, name)
        self._guard.succeeded(address)
        now = self._wall()
        old = request.cookies.get(self._cookie, "")
        if old:
            await self._store.write(lambda one: logins.close_session(one, old))
        token = await self._store.write(lambda one: logins.open_session(one, name, now, SESSION_SECONDS))
        log.info("%s logged in from %s", name, address)
        answer = reply.redirect(back)
        answer.set_cookie(
            self._cookie, token, max_age=SESSION_SECONDS, path="/", secure=self._secure, httponly=True, samesite="lax"
        )
        return answer

    async def logout(self, request: Request) -> Response:
        """POST /logout."""
        try:
            await read_form(request)
        except FormError as e:
            return reply.text(f"{e}\n", e.status)
        token = request.cookies.get(self._cookie, "")
        if token:
            await self._store.write(lambda one: logins.close_session(one, token))
        answer = reply.redirect("/login")
        answer.delete_cookie(self._cookie, path="/", secure=self._secure, httponly=True, samesite="lax")
        return answer

    async def _right(self, name: str, secret: str) -> bool:
        if not name or "\0" in name:
            return False
        self._in_line += 1
        try:
            await asyncio.sleep(self._guard.pause(self._now()))
            async with self._checking:
                return await asyncio.to_thread(
                    self._store.read, lambda one: logins.check_secret(one, name, secret.strip())
                )
        finally:
            self._in_line -= 1

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
