"""POST /v1/incoming/alertmanager/NAME and /v1/incoming/grafana/NAME: alerts of other systems.

2xx is said when what came is written. Alertmanager tries again after a 5xx or a broken connection and after nothing
else, so whatever may be better in a moment is a 503, also what others would call 429.
"""

import asyncio
import hmac
import logging
import time
from base64 import b64decode
from binascii import Error as Base64Error
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import replace
from typing import Any

from sqlalchemy import Connection
from sqlalchemy.exc import SQLAlchemyError

from driftvakt_collector.alert.alert import Alert, Change
from driftvakt_collector.alert.incoming import alertmanager, grafana
from driftvakt_collector.alert.incoming.foreign import Find, Reading, Sender
from driftvakt_collector.alert.incoming.payload import PayloadError
from driftvakt_collector.alert.incoming.standing import bounded, expired, news
from driftvakt_collector.ingest.asgi import Receive, Send, receive_all
from driftvakt_collector.ingest.body import MAX_PLAIN, BodyError, expand
from driftvakt_collector.ingest.enrol import answer, network
from driftvakt_collector.ingest.entrance import Entrance
from driftvakt_collector.rate import Keys, Rate
from driftvakt_collector.store import incoming
from driftvakt_collector.store.engine import Store
from driftvakt_collector.store.incoming import IncomingRow

log = logging.getLogger(__name__)

PATH = "/v1/incoming/"
_READ = {incoming.ALERTMANAGER: alertmanager.read, incoming.GRAFANA: grafana.read}
_KNOWN_SECONDS = 1.0
"""How long what the store said of the systems is believed."""
_PER_SECOND, _BURST = 20.0, 400
_STRANGER_PER_SECOND, _STRANGER_BURST = 0.5, 20
_RETRY_SECONDS = 15
_FOUND_SECONDS = 10.0
"""How long a zone's hosts are taken for the same: to look through all of them at each body takes too long."""
_IN_LINE = 20
"""Bodies that wait for those before them to be written."""
_MOST_STANDING = 20_000
"""Alerts of one system that fire at once: whoever has its token fills neither memory nor store."""
_SAY_SECONDS = 60.0
_MAX_TOKEN = 256
_REFUSED = "this system or its token is not known here: driftvakt incoming list"
_PLAIN = b"text/plain; charset=utf-8"

Take = Callable[[list[Change]], Awaitable[None]]
"""Returns when the changes are written. Raises SQLAlchemyError or OSError where they are not."""


class _RefusedError(Exception):
    """status: as in HTTP. wait: seconds to come back after, 0 for none. The text is a sentence for the sender."""

    def __init__(self, status: int, reason: str, wait: float = 0.0) -> None:
        super().__init__(reason)
        self.status = status
        self.wait = wait


class Incoming:
    """Takes them in. standing: the alerts that fire, by fingerprint. find: makes who finds the hosts of a zone.

    expire: seconds after which an alert that nobody sends again has ended, 0 for never. known: reads the systems.
    """

    def __init__(
        self,
        store: Store,
        take: Take,
        standing: Callable[[], Mapping[str, Alert]],
        find: Callable[[str], Find],
        *,
        expire: float = 0.0,
        now: Callable[[], float] = time.monotonic,
        wall: Callable[[], float] = time.time,
    ) -> None:
        self._store = store
        self._take = take
        self._standing = standing
        self._find = find
        self._expire = expire
        self._now = now
        self._wall = wall
        self._rates = Keys(Rate(_PER_SECOND, _BURST))
        self._strangers = Keys(Rate(_STRANGER_PER_SECOND, _STRANGER_BURST))
        self._known: dict[str, IncomingRow] = {}
        self._known_until = 0.0
        self._heard: dict[str, float] = {}
        self._told: dict[str, tuple[float, str]] = {}
        self._finders: dict[str, tuple[float, Find]] = {}
        self._turn = asyncio.Lock()
        self._in_line = 0
        self._said = 0.0

    async def serve(
        self, entrance: Entrance, zone: str, scope: Mapping[str, Any], receive: Receive, send: Send
    ) -> None:
        """The ASGI side. zone: of the listener, empty for the collector's own."""
        address = network(scope["client"][0]) if scope.get("client") else ""
        extra: list[tuple[bytes, bytes]] = [(b"cache-control", b"no-store")]
        try:
            status, text = await self._answer(entrance, zone, address, scope, receive)
        except _RefusedError as e:
            status, text = e.status, str(e)
            if e.wait > 0:
                extra.append((b"retry-after", b"%d" % (e.wait + 1)))
            if status == 405:
                extra.append((b"allow", b"POST"))
            if status == 401:
                extra.append((b"www-authenticate", b'Bearer realm="driftvakt", Basic realm="driftvakt"'))
            # What may still come of a body is not waited for.
            extra.append((b"connection", b"close"))
        if status:
            await answer(send, status, f"{text}\n".encode(), _PLAIN, extra)

    async def _answer(
        self, entrance: Entrance, zone: str, address: str, scope: Mapping[str, Any], receive: Receive
    ) -> tuple[int, str]:
        if scope["method"] != "POST":
            raise _RefusedError(405, "alerts are posted")
        headers = dict(scope["headers"])
        row = await self._who(scope["path"], zone, address, headers.get(b"authorization", b""))
        # The address is one for all that are behind one gateway, so a system that is known waits for its own name.
        if (wait := self._rates.take(row.name, self._now(), 1)) > 0:
            raise _RefusedError(503, "too many requests of this system; come back later", wait)
        if self._in_line >= _IN_LINE:
            raise _RefusedError(503, "many alerts come in at once; come back later", _RETRY_SECONDS)
        self._in_line += 1
        try:
            body = await self._body(entrance, address, headers.get(b"content-encoding", b""), receive)
            if body is None:
                return 0, ""
            async with self._turn:
                return 200, await self._bring(row, body)
        except BodyError as e:
            if e.status in (408, 429, 503):
                raise _RefusedError(503, e.reason, _RETRY_SECONDS) from e
            await self._tell(row, f"not taken: {e.reason}", taken=False)
            raise _RefusedError(e.status, e.reason) from e
        finally:
            self._in_line -= 1

    async def _body(self, entrance: Entrance, address: str, encoding: bytes, receive: Receive) -> bytes | None:
        """Return the plain body, None when the sender left. Raises BodyError."""
        body = await receive_all(entrance, address, receive)
        if body is None:
            return None
        plain = await asyncio.to_thread(expand, body, encoding.strip().lower())
        if len(plain) > MAX_PLAIN:
            raise BodyError(413, f"a body is at most {MAX_PLAIN} bytes; group by more labels, or set max_alerts")
        return plain

    async def _who(self, path: str, zone: str, address: str, header: bytes) -> IncomingRow:
        """Return whose token this is. Whatever is wrong, the answer is the same. Raises _RefusedError."""
        if self._strangers.waits(address, self._now()) > 0 and not header:
            raise _RefusedError(429, "too many requests from here; come back later", _RETRY_SECONDS)
        kind, _, name = path.removeprefix(PATH).partition("/")
        known = await self._systems()
        row = known.get(name)
        mark = incoming.mark_of(_token(header))
        right = hmac.compare_digest(mark, row.mark if row is not None else "0" * 64)
        if row is None or not right or row.kind != kind or (zone and row.zone != zone):
            self._strangers.charge(address, self._now(), 1)
            if self._now() - self._said >= _SAY_SECONDS:
                self._said = self._now()
                log.warning("refused alerts from %s: its system or token is not known", address)
            raise _RefusedError(401, _REFUSED)
        return row

    async def _systems(self) -> dict[str, IncomingRow]:
        if self._now() >= self._known_until:
            try:
                rows = await asyncio.to_thread(self._store.read, incoming.load)
            except SQLAlchemyError as e:
                log.exception("cannot read which systems may send alerts")
                raise _RefusedError(503, "the collector cannot read its store; come back later", _RETRY_SECONDS) from e
            self._known = {row.name: row for row in rows}
            self._known_until = self._now() + _KNOWN_SECONDS
        return self._known

    async def _bring(self, row: IncomingRow, body: bytes) -> str:
        """Read a body and have its news written; return what to say. Raises _RefusedError."""
        wall = self._wall()
        sender = Sender(row.name, row.zone, row.administration)
        find = self._finder(row.zone)
        try:
            told = await asyncio.to_thread(_READ[row.kind], body, sender, wall, find)
        except PayloadError as e:
            log.warning("alerts of %s were not taken: %s", row.name, e)
            await self._tell(row, f"not taken: {e}", taken=False)
            raise _RefusedError(400, str(e)) from e
        changes, over = bounded(news(told.changes, self._standing()), self._standing(), row.name, _MOST_STANDING)
        told = replace(told, over=told.over + over)
        try:
            if changes:
                await self._take(changes)
        except (SQLAlchemyError, OSError) as e:
            log.exception("cannot write %d alerts of %s", len(changes), row.name)
            raise _RefusedError(503, "the collector cannot write; come back later", _RETRY_SECONDS) from e
        self._heard.update((change.alert.fingerprint, self._now()) for change in told.changes)
        await self._tell(row, told.note(), taken=True)
        return _summary(told, len(changes))

    def _finder(self, zone: str) -> Find:
        until, find = self._finders.get(zone, (float("-inf"), alertmanager.nobody))
        if self._now() >= until:
            find = self._find(zone)
            self._finders[zone] = (self._now() + _FOUND_SECONDS, find)
        return find

    async def _tell(self, row: IncomingRow, error: str, *, taken: bool) -> None:
        """Write down how it went, at most once a minute for the same. It is not worth refusing alerts for."""
        last, said = self._told.get(row.name, (float("-inf"), ""))
        if self._now() - last < _SAY_SECONDS and error == said:
            return
        self._told[row.name] = (self._now(), error)
        wall = self._wall()

        def work(connection: Connection) -> None:
            if taken:
                incoming.took(connection, row.name, wall, error)
            else:
                incoming.failed(connection, row.name, error)

        try:
            await self._store.write(work)
        except SQLAlchemyError:
            log.exception("cannot write down how the alerts of %s came in", row.name)

    async def forget(self) -> int:
        """End what nobody sends any more; return how many that were. To be called once a minute. Raises as `take`."""
        standing, now = self._standing(), self._now()
        self._heard = {mark: self._heard.get(mark, now) for mark in standing}
        # The moment that is told is of the wall clock, how long it was quiet of the monotonic one.
        ended = [Change(one.what, one.alert, self._wall()) for one in expired(standing, self._heard, now, self._expire)]
        if ended:
            await self._take(ended)
        return len(ended)


def _token(header: bytes) -> str:
    """Return the token that is shown, as Bearer or as the password of Basic; empty where there is none."""
    scheme, _, rest = header.strip().partition(b" ")
    rest = rest.strip()
    try:
        if scheme.lower() == b"bearer":
            found = rest.decode("ascii")
        elif scheme.lower() == b"basic" and len(rest) <= 4 * _MAX_TOKEN:
            found = b64decode(rest, validate=True).decode("utf-8").partition(":")[2]
        else:
            return ""
    except (Base64Error, ValueError):
        return ""
    return found if len(found) <= _MAX_TOKEN else ""


def _summary(told: Reading, fresh: int) -> str:
    words = f"{len(told.changes)} alerts, {fresh} of them news"
    if told.own:
        words += f"; {told.own} were our own and are known"
    note = told.note()
    return f"{words}; {note}" if note else words
