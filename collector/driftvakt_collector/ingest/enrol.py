"""POST /v1/enrol: a host asks for its key. Whoever is refused learns nothing; the operator reads why."""

import asyncio
import logging
import time
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from ipaddress import ip_address
from typing import Any

from sqlalchemy.exc import SQLAlchemyError

from driftvakt_collector.ingest.asgi import Receive, Send
from driftvakt_collector.ingest.body import RECEIVE_SECONDS
from driftvakt_collector.journal.line import LineError
from driftvakt_collector.rate import Keys, Rate
from driftvakt_collector.store.engine import Store
from driftvakt_collector.store.hosts import HostRow
from driftvakt_collector.trust.asking import MAX_BODY, read
from driftvakt_collector.trust.settle import Came, Realm, settle

log = logging.getLogger(__name__)

_NOT_ACCEPTED = b'{"error":"not accepted"}'
_PER_SECOND = 2.0
_BURST = 100
"""From one address: a school's room of PCs that is switched on at once must come in."""
_RELAY_PER_SECOND = 20.0
_RELAY_BURST = 500
"""From one relay, which passes on those of a whole site and bounds each of them itself."""
_ALL_PER_SECOND = 50.0
_ALL_BURST = 1000
"""From everywhere: each try is a commit of the store, which has other work."""
_SAY_SECONDS = 60.0
_RETRY_SECONDS = 10
CLIENT = b"driftvakt-client"


class Enrolment:
    """Takes requests. known: is told of each host that came in, so that its first report finds it known.

    relay: says if an address is that of a relay of ours.
    """

    def __init__(
        self,
        store: Store,
        realm: Realm,
        known: Callable[[HostRow], object],
        *,
        relay: Callable[[str], bool] = lambda _: False,
        now: Callable[[], float] = time.monotonic,
        wall: Callable[[], float] = time.time,
    ) -> None:
        self._store = store
        self._realm = realm
        self._known = known
        self._is_relay = relay
        self._now = now
        self._wall = wall
        self._rates = Keys(Rate(_PER_SECOND, _BURST))
        self._relayed = Keys(Rate(_RELAY_PER_SECOND, _RELAY_BURST))
        self._all = Keys(Rate(_ALL_PER_SECOND, _ALL_BURST))
        self._refused = 0
        self._said = 0.0
        self.counts: dict[str, int] = {}

    async def ask(self, body: bytes, address: str, door: str, told: str = "") -> tuple[int, bytes]:
        """Return status and answer. door: the zone whose listener it came to. told: the header Driftvakt-Client."""
        asked: Any
        try:
            asked = read(body)
        except LineError as e:
            asked = f"what came is no request: {e.reason}"
        came = Came(address, door, told, datetime.fromtimestamp(self._wall(), UTC))
        settled = await self._store.write(lambda connection: settle(connection, self._realm, asked, came))
        result = settled.row.result
        self.counts[result] = self.counts.get(result, 0) + 1
        if settled.host is None:
            self._say_refusal(settled.row.address, settled.row.reason)
            return 403, _NOT_ACCEPTED
        log.info("enrolled %s as %s, %s: %s", settled.host.name, settled.host.origin, result, settled.row.reason)
        self._known(settled.host)
        return 200, settled.line

    def wait(self, address: str) -> float:
        """Return the seconds that this address must wait before it may ask, 0 for none."""
        rates = self._relayed if self._is_relay(address) else self._rates
        return rates.take(network(address), self._now(), 1) or self._all.take("", self._now(), 1)

    def _say_refusal(self, address: str, reason: str) -> None:
        self._refused += 1
        if self._wall() - self._said >= _SAY_SECONDS:
            self._said = self._wall()
            clean = "".join(one if one.isprintable() else "?" for one in reason)
            log.warning("refused to enrol %d times since the last such message, the newest from %s: %s",
                        self._refused, address, clean)  # fmt: skip
            self._refused = 0


def network(address: str) -> str:
    """Return what one who asks too often is known by: its address, or the /64 that an IPv6 host has to itself."""
    try:
        there = ip_address(address)
    except ValueError:
        return address
    return address if there.version == 4 else str(int(there) >> 64)


async def enrol(enrolment: Enrolment, door: str, scope: Mapping[str, Any], receive: Receive, send: Send) -> None:
    """The ASGI side."""
    address = scope["client"][0] if scope.get("client") else ""
    extra: list[tuple[bytes, bytes]] = []
    if scope["method"] != "POST":
        status, text = 405, b'{"error":"requests are posted"}'
        extra.append((b"allow", b"POST"))
    elif (wait := enrolment.wait(address)) > 0:
        status, text = 429, b'{"error":"too many requests from here; come back later"}'
        extra.append((b"retry-after", b"%d" % (wait + 1)))
    elif (body := await whole(receive, MAX_BODY)) is None:
        status, text = 413, b'{"error":"a request is at most 16 KiB"}'
    else:
        told = dict(scope["headers"]).get(CLIENT, b"").decode("latin-1")
        try:
            status, text = await enrolment.ask(body, address, door, told)
        except SQLAlchemyError:
            log.exception("cannot write an enrolment")
            status, text = 503, b'{"error":"the collector cannot write; come back later"}'
            extra.append((b"retry-after", b"%d" % _RETRY_SECONDS))
    await answer(send, status, text, b"application/json", extra)


async def answer(
    send: Send, status: int, text: bytes, kind: bytes, extra: list[tuple[bytes, bytes]] | None = None
) -> None:
    """Answer a request as a whole."""
    headers = [(b"content-type", kind), (b"content-length", b"%d" % len(text)), *(extra or ())]
    await send({"type": "http.response.start", "status": status, "headers": headers})
    await send({"type": "http.response.body", "body": text})


async def whole(receive: Receive, most: int) -> bytes | None:
    """Return the body of a request, None when it is larger than so many bytes, slow, or the sender left."""
    try:
        async with asyncio.timeout(RECEIVE_SECONDS):
            return await _whole(receive, most)
    except TimeoutError:
        return None


async def _whole(receive: Receive, most: int) -> bytes | None:
    body = b""
    while True:
        message = await receive()
        if message["type"] != "http.request":
            return None
        body += bytes(message.get("body", b""))
        if len(body) > most:
            return None
        if not message.get("more_body", False):
            return body
