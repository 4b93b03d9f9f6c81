"""Small desks of suppliers that answer as GLPI's apirest.php and Zammad's API do, in memory.

GLPI: errors are arrays of two texts, lists are 206 where there is more, what is in the trash is still given by its
number, HTML in `content`. Zammad: errors are objects with `error`, `expand=true` gives states by name.
"""

from typing import Any

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import HTMLResponse, JSONResponse, Response
from starlette.routing import Route


class FakeGlpi:
    """app_token, user_token: what it takes. trouble: a status that everything is answered with, or `html`."""

    def __init__(self, app_token: str = "APP", user_token: str = "USER") -> None:
        self.app_token, self.user_token = app_token, user_token
        self.tickets: dict[int, dict[str, Any]] = {}
        self.followups: list[dict[str, Any]] = []
        self.sessions: set[str] = set()
        self.killed = 0
        self.trouble: int | str = 0
        self.lose = ""
        self.asgi = Starlette(routes=[
            Route("/glpi/apirest.php/initSession", self.init),
            Route("/glpi/apirest.php/killSession", self.kill),
            Route("/glpi/apirest.php/getActiveEntities", self.entities),
            Route("/glpi/apirest.php/Ticket", self.ticket, methods=["GET", "POST"]),
            Route("/glpi/apirest.php/Ticket/{id:int}", self.one, methods=["GET", "PUT"]),
            Route("/glpi/apirest.php/Ticket/{id:int}/ITILFollowup", self.list_followups),
            Route("/glpi/apirest.php/ITILFollowup", self.follow_up, methods=["POST"]),
        ])  # fmt: skip

    def refused(self, request: Request, *, session: bool = True) -> Response | None:
        if self.trouble == "html":
            return HTMLResponse("<!DOCTYPE html><html><title>GLPI - Authentication</title></html>")
        if self.trouble:
            return JSONResponse(["ERROR_GLPI_LOGIN", "no"], int(self.trouble))
        if request.headers.get("App-Token") != self.app_token:
            return JSONResponse(["ERROR_WRONG_APP_TOKEN_PARAMETER", "parameter app_token seems wrong"], 400)
        if session and request.headers.get("Session-Token") not in self.sessions:
            return JSONResponse(["ERROR_SESSION_TOKEN_INVALID", "session_token seems invalid"], 401)
        return None

    async def init(self, request: Request) -> Response:
        if (no := self.refused(request, session=False)) is not None:
            return no
        if request.headers.get("Authorization") != f"user_token {self.user_token}":
            return JSONResponse(["ERROR_GLPI_LOGIN_USER_TOKEN", "parameter user_token seems invalid"], 401)
        session = f"s{len(self.sessions) + self.killed}"
        self.sessions.add(session)
        return JSONResponse({"session_token": session})

    async def kill(self, request: Request) -> Response:
        self.sessions.discard(request.headers.get("Session-Token", ""))
        self.killed += 1
        return Response(status_code=200)

    async def entities(self, request: Request) -> Response:
        return self.refused(request) or JSONResponse({"active_entity": {"id": 3, "active_entities": [{"id": 3}]}})

    async def ticket(self, request: Request) -> Response:
        if (no := self.refused(request)) is not None:
            return no
        if request.method == "GET":
            wanted = request.query_params.get("searchText[externalid]", "")
            rows = [one for one in self.tickets.values() if wanted in one.get("externalid", "")]
            return JSONResponse(rows, 206 if rows else 200)
        told = (await request.json())["input"]
        number = 40 + len(self.tickets)
        self.tickets[number] = {**told, "id": number, "status": 1, "is_deleted": 0}
        if self.lose == "ticket":
            self.lose = ""
            return JSONResponse(["ERROR_SQL", "gone away"], 500)
        return JSONResponse({"id": number, "message": ""}, 201)

    async def one(self, request: Request) -> Response:
        if (no := self.refused(request)) is not None:
            return no
        ticket = self.tickets.get(request.path_params["id"])
        if ticket is None:
            return JSONResponse(["ERROR_ITEM_NOT_FOUND", "Item not found"], 404)
        if request.method == "PUT":
            ticket.update((await request.json())["input"])
            return JSONResponse([{str(ticket["id"]): True, "message": ""}])
        return JSONResponse(ticket)

    async def list_followups(self, request: Request) -> Response:
        if (no := self.refused(request)) is not None:
            return no
        return JSONResponse([one for one in self.followups if one["items_id"] == request.path_params["id"]])

    async def follow_up(self, request: Request) -> Response:
        if (no := self.refused(request)) is not None:
            return no
        told = (await request.json())["input"]
        self.followups.append(told)
        if self.lose == "followup":
            self.lose = ""
            return JSONResponse(["ERROR_SQL", "gone away"], 500)
        return JSONResponse({"id": len(self.followups), "message": ""}, 201)


class FakeZammad:
    """token: what it takes. trouble: as of FakeGlpi."""

    def __init__(self, token: str = "ZTOKEN") -> None:
        self.token = token
        self.tickets: dict[int, dict[str, Any]] = {}
        self.articles: list[dict[str, Any]] = []
        self.trouble: int | str = 0
        self.lose = ""
        self.asgi = Starlette(routes=[
            Route("/api/v1/users/me", self.me),
            Route("/api/v1/tickets", self.create, methods=["POST"]),
            Route("/api/v1/tickets/search", self.search),
            Route("/api/v1/tickets/{id:int}", self.one, methods=["GET", "PUT"]),
            Route("/api/v1/tags", self.tags),
            Route("/api/v1/ticket_articles", self.article, methods=["POST"]),
            Route("/api/v1/ticket_articles/by_ticket/{id:int}", self.of_ticket),
        ])  # fmt: skip

    def refused(self, request: Request) -> Response | None:
        if self.trouble == "html":
            return HTMLResponse("<html><body>Zammad</body></html>")
        if self.trouble:
            return JSONResponse({"error": "down for maintenance"}, int(self.trouble), {"Retry-After": "120"})
        if request.headers.get("Authorization") != f"Token token={self.token}":
            return JSONResponse({"error": "Can't find User for Token", "error_human": "no"}, 401)
        return None

    async def me(self, request: Request) -> Response:
        return self.refused(request) or JSONResponse({"id": 7, "login": "driftvakt@stad.example"})

    async def create(self, request: Request) -> Response:
        if (no := self.refused(request)) is not None:
            return no
        told = await request.json()
        if not (told.get("customer") or told.get("customer_id")):
            return JSONResponse({"error": "Need at least article: { customer_id: }"}, 422)
        key = 80 + len(self.tickets)
        article = told.pop("article")
        self.articles.append({**article, "id": len(self.articles) + 1, "ticket_id": key})
        self.tickets[key] = {**told, "id": key, "number": f"31{key:03}", "state": "new"}
        if self.lose == "ticket":
            self.lose = ""
            return JSONResponse({"error": "timeout"}, 502)
        return JSONResponse({"id": key, "number": f"31{key:03}", "state_id": 1}, 201)

    async def search(self, request: Request) -> Response:
        if (no := self.refused(request)) is not None:
            return no
        wanted = request.query_params["query"].removeprefix('tags:"').removesuffix('"')
        return JSONResponse([one for one in self.tickets.values() if wanted in one.get("tags", "")])

    async def one(self, request: Request) -> Response:
        if (no := self.refused(request)) is not None:
            return no
        ticket = self.tickets.get(request.path_params["id"])
        if ticket is None:
            return JSONResponse({"error": "Couldn't find Ticket", "error_human": "not found"}, 404)
        if request.method == "PUT":
            ticket.update(await request.json())
        return JSONResponse(ticket)

    async def tags(self, request: Request) -> Response:
        ticket = self.tickets[int(request.query_params["o_id"])]
        return self.refused(request) or JSONResponse({"tags": ticket.get("tags", "").split(",")})

    async def article(self, request: Request) -> Response:
        if (no := self.refused(request)) is not None:
            return no
        self.articles.append({**await request.json(), "id": len(self.articles) + 1})
        if self.lose == "article":
            self.lose = ""
            return JSONResponse({"error": "timeout"}, 504)
        return JSONResponse({"id": len(self.articles)}, 201)

    async def of_ticket(self, request: Request) -> Response:
        key = request.path_params["id"]
        return self.refused(request) or JSONResponse([one for one in self.articles if one["ticket_id"] == key])
