"""POST /v1/assignment, /v1/found: a relay asks what there is to watch, and tells what else it found. See

trust.assignment.
"""

import logging
from collections.abc import Awaitable, Callable, Mapping
from typing import Any

from sqlalchemy.exc import SQLAlchemyError

from driftvakt_collector.fleet.host import RELAY, Host
from driftvakt_collector.ingest.asgi import Receive, Send
from driftvakt_collector.ingest.enrol import answer, whole
from driftvakt_collector.rate import Keys, Rate
from driftvakt_collector.trust.assignment import (
    FOUND,
    MAX_FOUND,
    MAX_REQUEST,
    PATH,
    AssignmentError,
    is_signed,
    read,
    sealed,
)
from driftvakt_wire.envelope import Envelope, EnvelopeError, derive_key, digest, split

log = logging.getLogger(__name__)

__all__ = ["PATHS", "Assignments", "assignment"]

PATHS = (PATH, FOUND)
_REFUSED = b'{"error":"not accepted"}'
_TOO_MANY = b'{"error":"too many requests of this relay; come back later"}'

_PER_SECOND, _BURST = 0.1, 10
"""Of one relay: each is read from the store."""
_SAY_SECONDS = 60.0
_OCTETS = b"application/octet-stream"
_JSON = b"application/json"


class Assignments:
    """Answers relays. assign: gives what a relay (its origin and zone) has to do. masters: keys of zones.

    heard: takes what a relay found, and returns why that is wrong, empty where it is not.
    """

    def __init__(
        self, hosts: Mapping[str, Host], masters: Mapping[str, bytes], assign: Callable[[str, str], Awaitable[bytes]],
        heard: Callable[[str, str, bytes], Awaitable[str]], now: Callable[[], float],
    ) -> None:  # fmt: skip
        self._heard = heard
        self._hosts = hosts
        self._masters = masters
        self._assign = assign
        self._now = now
        self._rates = Keys(Rate(_PER_SECOND, _BURST))
        self._said = -_SAY_SECONDS

    async def ask(self, body: bytes, door: str) -> tuple[int, bytes]:
        """Return status and answer. door: the zone whose listener it came to, empty for that of all."""
        try:
            asked = read(body)
            host, key = self._signer(asked.envelope, door)
        except AssignmentError as e:
            self._say(str(e))
            return 403, _REFUSED
        if self._rates.take(host.origin, self._now(), 1) > 0:
            return 429, _TOO_MANY
        envelope = asked.envelope
        plain = await self._assign(host.origin, host.zone)
        if digest(plain) == asked.have:
            plain = b""
        return 200, sealed(key, envelope.origin, envelope.gen, envelope.epoch, plain)

    async def hear(self, body: bytes, door: str) -> tuple[int, bytes]:
        """Return status and answer to what a relay found."""
        try:
            envelope = split(body.strip())
            host, _ = self._signer(envelope, door)
        except (AssignmentError, EnvelopeError) as e:
            self._say(str(e))
            return 403, _REFUSED
        if self._rates.take(f"found {host.origin}", self._now(), 1) > 0:
            return 429, _TOO_MANY
        why = await self._heard(host.origin, host.zone, envelope.record)
        if why:
            log.warning("what relay %s found was not taken: %s", host.origin, why[:300])
        return (422, b'{"error":"not taken"}') if why else (200, b"{}")

    def _signer(self, envelope: Envelope, door: str) -> tuple[Host, bytes]:
        """Return the relay that signed this, and its key. Raises AssignmentError."""
        host, key = self._relay(envelope.origin, envelope.gen, door)
        if not is_signed(key, envelope):
            raise AssignmentError(f"it is not signed by {host.origin}")
        return host, key

    def _relay(self, origin: str, gen: int, door: str) -> tuple[Host, bytes]:
        """Return a relay of ours and its key. Raises AssignmentError."""
        host = self._hosts.get(origin)
        if host is None or host.class_ != RELAY or not host.trusted or not host.gen_floor <= gen <= host.gen:
            raise AssignmentError(f"{origin} is no approved relay of generation {gen}")
        if door not in ("", host.zone) or host.zone not in self._masters:
            raise AssignmentError(f"{origin} of zone {host.zone} came to zone {door}")
        return host, derive_key(self._masters[host.zone], origin, gen)

    def _say(self, why: str) -> None:
        if self._now() - self._said >= _SAY_SECONDS:
            self._said = self._now()
            log.warning("somebody asked what a relay has to watch: %s", why)


async def assignment(
    assignments: Assignments, door: str, scope: Mapping[str, Any], receive: Receive, send: Send
) -> None:
    """The ASGI side of both."""
    finds = scope["path"] == FOUND
    most = MAX_FOUND if finds else MAX_REQUEST
    extra: list[tuple[bytes, bytes]] = [(b"cache-control", b"no-store")]
    if scope["method"] != "POST":
        extra += [(b"allow", b"POST"), (b"connection", b"close")]
        await answer(send, 405, b'{"error":"requests are posted"}', _JSON, extra)
        return
    body = await whole(receive, most)
    if body is None:
        extra.append((b"connection", b"close"))
        status, text = 413, b'{"error":"a request is at most %d bytes"}' % most
    else:
        try:
            status, text = await (assignments.hear(body, door) if finds else assignments.ask(body, door))
        except SQLAlchemyError:
            log.exception("cannot answer a relay")
            status, text = 503, b'{"error":"the collector cannot read its store; come back later"}'
    if status in (429, 503):
        extra.append((b"retry-after", b"10"))
    await answer(send, status, text, _OCTETS if status == 200 and not finds else _JSON, extra)
