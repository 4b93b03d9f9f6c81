"""The HTTP routes of exposition: who may read, in which format, compressed or not."""

import asyncio
import hmac
import time
import zlib
from collections.abc import Callable
from ipaddress import ip_address

from prometheus_client import CollectorRegistry, generate_latest
from prometheus_client.openmetrics.exposition import generate_latest as generate_openmetrics
from starlette.requests import Request
from starlette.responses import JSONResponse, PlainTextResponse, Response
from starlette.routing import Route

from driftvakt_collector.expose.page import OPENMETRICS, TEXT, RenderCache, page
from driftvakt_collector.expose.sd import shards
from driftvakt_collector.fleet.host import Host
from driftvakt_collector.fleet.state import Fleet

_THREAD_BYTES = 1 << 16
_FILTERS = ("zone", "site", "administration", "class", "instance", "origin")


class Exposition:
    """Answers /metrics, /metrics/hosts, /sd/hosts, /healthz and /readyz.

    token: bearer token for readers on other machines; without one only this machine may read. ready: "" when the
    collector does its work, else why not.
    """

    def __init__(
        self,
        fleet: Fleet,
        cache: RenderCache,
        own: CollectorRegistry,
        ready: Callable[[], str],
        *,
        token: str = "",
        now: Callable[[], float] = time.monotonic,
    ) -> None:
        self._fleet = fleet
        self._cache = cache
        self._own = own
        self._ready = ready
        self._token = token
        self._now = now

    def routes(self) -> list[Route]:
        """Return the routes for the application."""
        return [
            Route("/metrics", self.own),
            Route("/metrics/hosts", self.hosts),
            Route("/sd/hosts", self.discovery),
            Route("/healthz", self.health),
            Route("/readyz", self.readiness),
        ]

    async def own(self, request: Request) -> Response:
        """The collector's own metrics."""
        refused = self._refused(request)
        if refused is not None:
            return refused
        if _wants_openmetrics(request):
            return await _packed(request, generate_openmetrics(self._own), OPENMETRICS)  # type: ignore[no-untyped-call]
        return await _packed(request, generate_latest(self._own), TEXT)

    async def hosts(self, request: Request) -> Response:
        """The series of the hosts that the query names; all of them without a query."""
        refused = self._refused(request)
        if refused is not None:
            return refused
        unknown = sorted(set(request.query_params) - set(_FILTERS))
        if unknown:
            return PlainTextResponse(f"{unknown[0]!r} is not a filter; use {', '.join(_FILTERS)}\n", 400)
        openmetrics = _wants_openmetrics(request)
        chosen = self._chosen(dict(request.query_params))
        body = await page(self._fleet, chosen, self._cache, self._now(), openmetrics=openmetrics)
        return await _packed(request, body, OPENMETRICS if openmetrics else TEXT)

    async def discovery(self, request: Request) -> Response:
        """The shards of /metrics/hosts for Prometheus' HTTP service discovery."""
        refused = self._refused(request)
        if refused is not None:
            return refused
        return JSONResponse(shards(self._fleet, request.headers.get("host", ""), request.url.scheme))

    async def health(self, _request: Request) -> Response:
        """200 as long as the process answers."""
        return PlainTextResponse("ok\n")

    async def readiness(self, _request: Request) -> Response:
        """200 when records are taken and kept, else 503 with the reason."""
        why = self._ready()
        return PlainTextResponse(f"{why or 'ready'}\n", 503 if why else 200)

    def _chosen(self, query: dict[str, str]) -> list[Host]:
        if "origin" in query:
            found = self._fleet.hosts.get(query.pop("origin"))
            hosts = [] if found is None else [found]
        elif "zone" in query and "site" in query:
            hosts = list(self._fleet.sites.get((query.pop("zone"), query.pop("site")), ()))
        else:
            hosts = list(self._fleet.hosts.values())
        attributes = {"class": "class_", "instance": "name"}
        for key, text in query.items():
            attribute = attributes.get(key, key)
            hosts = [host for host in hosts if getattr(host, attribute) == text]
        return hosts

    def _refused(self, request: Request) -> Response | None:
        given = request.headers.get("authorization", "").removeprefix("Bearer ")
        if self._token and hmac.compare_digest(given.encode(), self._token.encode()):
            return None
        if not self._token and request.client is not None and _is_loopback(request.client.host):
            return None
        return PlainTextResponse(
            "send the bearer token of 'metrics_token_file'\n", 401, {"www-authenticate": 'Bearer realm="driftvakt"'}
        )


def _is_loopback(address: str) -> bool:
    try:
        return ip_address(address).is_loopback
    except ValueError:
        return False


def _wants_openmetrics(request: Request) -> bool:
    return "application/openmetrics-text" in request.headers.get("accept", "")


async def _packed(request: Request, body: bytes, media: str) -> Response:
    headers = {"content-type": media, "vary": "accept, accept-encoding"}
    if "gzip" in request.headers.get("accept-encoding", ""):
        body = await asyncio.to_thread(_gzip, body) if len(body) > _THREAD_BYTES else _gzip(body)
        headers["content-encoding"] = "gzip"
    return Response(body, headers=headers)


def _gzip(body: bytes) -> bytes:
    packer = zlib.compressobj(1, wbits=16 + zlib.MAX_WBITS)
    return packer.compress(body) + packer.flush()
