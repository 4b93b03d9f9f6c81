"""Who may ask the REST interface, and how it answers."""

import asyncio
from collections.abc import Awaitable, Callable, Mapping, Sequence

import msgspec
from starlette.requests import Request
from starlette.responses import Response

from driftvakt_collector.console import reply
from driftvakt_collector.console.access import May
from driftvakt_collector.console.auth import Auth
from driftvakt_collector.console.sheet import Sheet, SheetError, as_csv, as_json, as_xlsx
from driftvakt_collector.store import logins

PREFIX = "/api/v1"
MEDIA = {
    "json": "application/json",
    "csv": "text/csv; charset=utf-8",
    "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    "glpi": "application/json",
}
MAX_TEXT = 300
"""Characters of a parameter: one that is cut would ask for something else."""
_BEARER = {"www-authenticate": 'Bearer realm="driftvakt"'}

Handler = Callable[[Request], Awaitable[Response]]


class ApiError(Exception):
    """status: as in HTTP. The text is for who asked."""

    def __init__(self, status: int, reason: str) -> None:
        super().__init__(reason)
        self.status = status


class Gate:
    """Lets in who may read, and who may write."""

    def __init__(self, auth: Auth) -> None:
        self._auth = auth

    def reading(self, handler: Handler) -> Handler:
        """Let in a program with any key, and a person with a session."""

        async def answer(request: Request) -> Response:
            request.state.zone = ""
            who = await self._auth.who(request)
            if who is not None and not who.may(May.PROGRAMS):
                # A role that sees a part of the city has no interface yet that tells that part alone.
                return await error(request, 403, f"the role {who.role.value} does not have the REST interface")
            if who is None:
                key = await self._auth.program(request)
                if key is None:
                    return await _stranger(request)
                request.state.zone = key.zone
            try:
                return await handler(request)
            except ApiError as e:
                return await error(request, e.status, str(e))
            except SheetError as e:
                return await error(request, 400, str(e))

        return answer

    def writing(self, handler: Callable[[Request, str], Awaitable[Response]]) -> Handler:
        """Let in programs alone: what a browser sends along may be the wish of another page."""

        async def answer(request: Request) -> Response:
            key = await self._auth.program(request)
            if key is None:
                return await _stranger(request)
            if key.may != logins.LISTS:
                return await error(request, 403, f"the key {key.name} may only read; make one with --may lists")
            request.state.zone = key.zone
            try:
                return await handler(request, key._replace(may=logins.READ).login)
            except ApiError as e:
                return await error(request, e.status, str(e))

        return answer


def bound(request: Request) -> str:
    """Return the only zone that who asks may see, empty for all."""
    return str(request.state.zone)


def only(request: Request, known: Sequence[str], *, zoned: bool = False) -> dict[str, str]:
    """Return the parameters; who may see one zone alone is taken to have asked for it. Raises ApiError.

    An unknown one is an error: a filter that is passed over shows too much. zoned: the handler itself sees to it that
    nothing of another zone is told; what knows no `zone` is else refused to who may see one alone.
    """
    wrong = sorted(set(request.query_params) - set(known))
    if wrong:
        raise ApiError(400, f"{wrong[0][:64]!r} is no parameter here; there are {', '.join(known) or 'none'}")
    told: dict[str, str] = {}
    for name, value in request.query_params.multi_items():
        if name in told or not value:
            raise ApiError(400, f"{name!r} must stand there once, with a value")
        if len(value) > MAX_TEXT:
            raise ApiError(400, f"{name!r} is at most {MAX_TEXT} characters")
        if "\0" in value:
            # PostgreSQL has none in a text.
            raise ApiError(400, f"{name!r} holds a character that no name has")
        told[name] = value
    zone = bound(request)
    if not zone or zoned:
        return told
    if "zone" not in known:
        raise ApiError(403, f"this tells of all zones, and the key is for zone {zone} alone")
    if told.setdefault("zone", zone) != zone:
        raise ApiError(403, f"the key is for zone {zone} alone")
    return told


async def table(request: Request, sheet: Sheet, name: str, headers: Mapping[str, str] | None = None) -> Response:
    """Return a table in the form that was asked for. Raises ApiError."""
    kind = request.query_params.get("format", "json")
    if kind not in ("json", "csv", "xlsx"):
        raise ApiError(400, "'format' is json, csv or xlsx")
    if kind == "json":
        return await reply.packed(request, await asyncio.to_thread(as_json, sheet), MEDIA[kind], headers or {})
    content = await asyncio.to_thread(as_csv if kind == "csv" else lambda one: as_xlsx([one]), sheet)
    return file(content, kind, name, headers)


async def as_object(
    request: Request, told: object, status: int = 200, headers: Mapping[str, str] | None = None
) -> Response:
    """Return JSON."""
    return await reply.packed(request, msgspec.json.encode(told), MEDIA["json"], headers or {}, status)


async def error(request: Request, status: int, why: str, headers: Mapping[str, str] | None = None) -> Response:
    """Return why not."""
    return await as_object(request, {"error": why}, status, headers)


def file(content: bytes, kind: str, name: str, headers: Mapping[str, str] | None = None) -> Response:
    """Return a body; a browser saves what is no JSON under a name of harmless characters."""
    told = {**reply.HEADERS, **(headers or {}), "content-type": MEDIA[kind]}
    if kind in ("csv", "xlsx"):
        plain = "".join(char if char.isascii() and (char.isalnum() or char in "-.") else "-" for char in name)[:80]
        told["content-disposition"] = f'attachment; filename="{plain}.{kind}"'
    return Response(content, headers=told)


async def _stranger(request: Request) -> Response:
    return await error(request, 401, "show an API key: Authorization: Bearer KEY", _BEARER)
