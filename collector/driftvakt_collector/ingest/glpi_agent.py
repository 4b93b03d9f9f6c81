"""The door for GLPI Agents: they speak their own protocol, and what they bring becomes records as everybody's.

The first word of an agent is an XML `PROLOG`, and any JSON in answer tells it to go on in JSON:
    {"action":"contact","deviceid":"PC0815-2026-11-02-08-14-55",…}        -> {"status":"ok","expiration":24,…}
    {"action":"inventory","deviceid":…,"itemtype":"Computer","content":…} -> {"status":"ok"}
It shows a token as its HTTP password, and only once it was answered 401.

Source: glpi-agent, lib/GLPI/Agent.pm, HTTP/Client/GLPI.pm and Protocol/ (release 1.7); RFC 7617 for the password.
"""

import asyncio
import logging
import secrets
import time
from base64 import b64decode
from binascii import Error as Base64Error
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from typing import Any, NamedTuple

import msgspec
from sqlalchemy.exc import SQLAlchemyError

from driftvakt_collector.fleet.identity.keys import UUID, clean
from driftvakt_collector.fleet.state import Fleet
from driftvakt_collector.glpi import incoming, persons
from driftvakt_collector.glpi.incoming import InventoryError
from driftvakt_collector.glpi.kinds import text
from driftvakt_collector.ingest.asgi import Receive, Send, receive_all
from driftvakt_collector.ingest.body import MAX_PLAIN, BodyError, expand
from driftvakt_collector.ingest.carriage import Head
from driftvakt_collector.ingest.enrol import answer, network
from driftvakt_collector.ingest.entrance import Entrance
from driftvakt_collector.ingest.glpi_lines import lines
from driftvakt_collector.rate import Keys, Rate
from driftvakt_collector.store.engine import Store
from driftvakt_collector.store.hosts import APPROVED, PENDING, HostRow
from driftvakt_collector.trust.guest import Admitted, Guest, admit, barred, holds
from driftvakt_collector.trust.settle import Realm
from driftvakt_wire.enrolment import Token, TokenError, fact, read_token
from driftvakt_wire.privacy import Mask

log = logging.getLogger(__name__)

PATHS = frozenset(("/glpi", "/glpi/", "/front/inventory.php", "/marketplace/glpiinventory/", "/plugins/glpiinventory/"))
"""`/glpi`, and where an agent looks that was told of a server's name alone or of GLPI's own."""
_KINDS = {b"application/x-compress-zlib": b"deflate", b"application/x-compress-gzip": b"gzip"}
_REALM = b'Basic realm="driftvakt"'
_MAX_DEVICE = 255
_OFF = ("collect", "deploy", "esx", "netdiscovery", "netinventory", "remoteinventory", "wakeonlan")
"""Tasks that we have no work for."""
_PER_SECOND, _BURST = 5.0, 500
_ALL_PER_SECOND, _ALL_BURST = 20.0, 2000
"""Requests from one address, and from everywhere: a visit is six, with those that are answered 401."""
_AT_ONCE, _IN_LINE = 2, 50
"""Bodies that are looked at at once, and that wait for that."""
_RETRY_SECONDS = 60
_NOT_ACCEPTED = "not accepted; the operator sees why with: driftvakt token log"
_SAY_SECONDS = 60.0
_WAITS = "it waits for approval; an operator says so with: driftvakt host approve {}"


class _Asked(NamedTuple):
    token: Token
    address: str
    zone: str
    """Of the listener that it came to, empty for the collector's own."""


class _RefusedError(Exception):
    """status: as in HTTP. The text is for the agent's log."""

    def __init__(self, status: int, reason: str) -> None:
        super().__init__(reason)
        self.status = status


class GlpiAgents:
    """Answers them. known: is told of each host that came in. hours: how often they shall come."""

    def __init__(
        self,
        store: Store,
        realm: Realm,
        fleet: Fleet,
        known: Callable[[HostRow], object],
        *,
        hours: float = 24.0,
        now: Callable[[], float] = time.monotonic,
        wall: Callable[[], float] = time.time,
    ) -> None:
        self._store = store
        self._realm = realm
        self._fleet = fleet
        self._known = known
        self._hours = hours
        self._now = now
        self._wall = wall
        self._rates = Keys(Rate(_PER_SECOND, _BURST))
        self._all = Keys(Rate(_ALL_PER_SECOND, _ALL_BURST))
        self._busy: set[str] = set()
        self._turn = asyncio.Semaphore(_AT_ONCE)
        self._in_line = 0
        self._said = 0.0

    async def serve(
        self, entrance: Entrance, zone: str, scope: Mapping[str, Any], receive: Receive, send: Send
    ) -> None:
        """The ASGI side. zone: of the listener, empty for the collector's own."""
        address = scope["client"][0] if scope.get("client") else ""
        headers = dict(scope["headers"])
        extra: list[tuple[bytes, bytes]] = []
        try:
            if scope["method"] != "POST":
                extra.append((b"allow", b"POST"))
                raise _RefusedError(405, "a GLPI Agent posts here; there is nothing to see")
            now = self._now()
            wait = self._rates.take(network(address), now, 1) or self._all.take("", now, 1)
            if wait > 0:
                extra.append((b"retry-after", b"%d" % (wait + 1)))
                raise _RefusedError(429, "too many requests from here; come back later")
            token = _token(headers.get(b"authorization", b""))
            if token is None or not holds(self._realm, token, zone):
                extra.append((b"www-authenticate", _REALM))
                raise _RefusedError(401, "the password is no token of this collector: driftvakt token create")
            await self._look_at_token(token, address)
            body = await receive_all(entrance, address, receive)
            if body is None:
                return
            encoding = _KINDS.get(headers.get(b"content-type", b"").partition(b";")[0].strip().lower(), b"")
            told = await self._in_turn(body, encoding, _Asked(token, address, zone), entrance)
            status = 200
        except BodyError as e:
            status, told = e.status, _error(e.reason)
            if status in (429, 503):
                extra.append((b"retry-after", b"%d" % _RETRY_SECONDS))
        except _RefusedError as e:
            status, told = e.status, _error(str(e))
        except SQLAlchemyError:
            log.exception("cannot look up a GLPI Agent")
            status, told = 503, _error("the collector cannot write; come back later")
        await answer(send, status, msgspec.json.encode(told), b"application/json", extra)

    async def _look_at_token(self, token: Token, address: str) -> None:
        """Before anything is read: a token that was revoked buys nothing. Raises _RefusedError."""
        at = datetime.fromtimestamp(self._wall(), UTC)
        why = await asyncio.to_thread(self._store.read, lambda one: barred(one, token, address, at))
        if why:
            self._say(address, why)
            raise _RefusedError(403, _NOT_ACCEPTED)

    async def _in_turn(self, body: bytes, encoding: bytes, asked: _Asked, entrance: Entrance) -> dict[str, object]:
        """Answer a body when it is its turn, for each holds the interpreter. Raises BodyError, _RefusedError."""
        if self._in_line >= _IN_LINE:
            raise BodyError(503, "many inventories come in at once; come back later")
        self._in_line += 1
        entrance.hold(len(body), asked.address)
        try:
            async with self._turn:
                plain = await asyncio.to_thread(expand, body, encoding)
                if len(plain) > MAX_PLAIN:
                    raise BodyError(413, f"an inventory is at most {MAX_PLAIN} bytes")
                return await self._answer(plain, asked, entrance)
        finally:
            entrance.hold(-len(body), asked.address)
            self._in_line -= 1

    def _say(self, address: str, why: str) -> None:
        """Put a refusal into the log, once a minute."""
        if self._wall() - self._said >= _SAY_SECONDS:
            self._said = self._wall()
            clean = "".join(one if one.isprintable() else "?" for one in why)
            log.warning("refused a GLPI Agent from %s, %s; driftvakt token log", address, clean)

    async def _answer(self, body: bytes, asked: _Asked, entrance: Entrance) -> dict[str, object]:
        if body.lstrip()[:1] == b"<":
            if b"<QUERY>PROLOG</QUERY>" in body:
                return self._contact(asked)
            raise _RefusedError(400, "this agent sends XML; use GLPI Agent 1.0 or later")
        try:
            message = await asyncio.to_thread(msgspec.json.decode, body)
        except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as e:
            raise _RefusedError(400, f"this is no JSON: {e}") from e
        if not isinstance(message, dict):
            raise _RefusedError(400, "this is no message of a GLPI Agent")
        action = message.get("action", "inventory")
        if action == "contact":
            return self._contact(asked)
        if action != "inventory":
            shown = action[:40] if isinstance(action, str) else "that"
            raise _RefusedError(400, f"{shown!r} is nothing that is done here; only inventories are taken")
        if message.get("itemtype", "Computer") != "Computer":
            raise _RefusedError(400, "only inventories of computers are taken")
        await self._inventory(message, asked, entrance)
        return {"status": "ok"}

    def _contact(self, asked: _Asked) -> dict[str, object]:
        # The first GLPI that takes an inventory of what changed alone, and the last that does not: where names are
        # masked, who has an account must stand beside what is masked.
        release = "10.0.3" if self._is_private(asked.token.zone) else "10.0.4"
        return {
            "status": "ok", "message": "driftvakt", "expiration": round(self._hours),
            "disabled": list(_OFF), "tasks": {"inventory": {"server": "glpi", "version": release}},
        }  # fmt: skip

    def _is_private(self, zone: str) -> bool:
        return self._realm.profile(zone) == "edu"

    async def _inventory(self, message: Mapping[str, object], asked: _Asked, entrance: Entrance) -> None:
        """Bring an inventory through the door. Raises _RefusedError."""
        device, content = text(message.get("deviceid")), message.get("content")
        if device is None or len(device) > _MAX_DEVICE:
            raise _RefusedError(400, f"'deviceid' is 1 to {_MAX_DEVICE} characters")
        if not isinstance(content, dict):
            raise _RefusedError(400, "'content' is no object")
        mask = None
        if self._is_private(asked.token.zone):
            if message.get("partial") is True and not persons.tells_accounts(content):
                raise _RefusedError(400, "this zone takes whole inventories alone: glpi-agent --full")
            mask = await asyncio.to_thread(lambda: Mask(persons.names(content)))
        guest = await asyncio.to_thread(_guest, device, content, asked.token.zone, mask)
        at = datetime.fromtimestamp(self._wall(), UTC)
        come = await self._store.write(
            lambda connection: admit(connection, asked.token, guest, asked.address, asked.zone, at)
        )
        row = self._in(come, guest, asked)
        if row.origin in self._busy:
            raise _RefusedError(503, "its inventory is being written at this moment; come back later")
        self._busy.add(row.origin)
        try:
            await self._bring(row, message, content, mask, asked, entrance)
        finally:
            self._busy.discard(row.origin)

    def _in(self, come: Admitted, guest: Guest, asked: _Asked) -> HostRow:
        """Return the host, once it may bring something. Raises _RefusedError."""
        if come.host is None:
            self._say(asked.address, f"{guest.name}: {come.reason}")
            raise _RefusedError(403, _NOT_ACCEPTED)
        if come.fresh:
            log.info("enrolled %s as %s by its inventory: %s", come.host.name, come.host.origin, come.host.state)
            self._known(come.host)
        if come.host.state != APPROVED:
            reason = _WAITS.format(come.host.origin) if come.host.state == PENDING else "it is quarantined"
            raise _RefusedError(403, reason)
        return come.host

    async def _bring(
        self, row: HostRow, message: Mapping[str, object], content: Mapping[str, object], mask: Mask | None,
        asked: _Asked, entrance: Entrance,
    ) -> None:  # fmt: skip
        host = self._fleet.hosts.get(row.origin)
        if host is None:
            raise _RefusedError(503, "it is not known yet; come back later")
        have, partial = dict(host.have or {}), message.get("partial") is True
        try:
            sections = await asyncio.to_thread(incoming.sections, content, partial=partial, have=have)
        except InventoryError as e:
            raise _RefusedError(400, str(e)) from e
        if log.isEnabledFor(logging.DEBUG):
            log.debug("%s also told of %s", row.origin, ", ".join(incoming.passed_over(content))[:300])
        ledger = host.ledger
        epoch, seq = (ledger.epoch, ledger.span.high + 1) if ledger.epoch else (secrets.token_hex(8), 1)
        made = await asyncio.to_thread(
            lines, row, self._realm.masters[row.zone], epoch, seq, sections, have, self._wall(), self._hours * 3600.0,
            mask=mask,
        )  # fmt: skip
        done: asyncio.Future[tuple[int, bytes]] = asyncio.get_running_loop().create_future()
        entrance.take(b"\n".join(made), b"", lambda status, told: _resolve(done, (status, told)), Head(asked.address))
        status, told = await done
        if status != 200:
            log.warning(
                "the inventory of %s was not taken as a whole: %s", row.origin, told[:500].decode("utf-8", "replace")
            )
            raise _RefusedError(
                status if status >= 400 else 422, "it was not taken as a whole; the collector's log says why"
            )


def _resolve(done: "asyncio.Future[tuple[int, bytes]]", result: tuple[int, bytes]) -> None:
    if not done.done():
        done.set_result(result)


def _error(reason: str) -> dict[str, object]:
    return {"status": "error", "message": reason, "expiration": 24}


def _token(header: bytes) -> Token | None:
    """Return the token that is the password, None where there is none."""
    scheme, _, coded = header.partition(b" ")
    if scheme.lower() != b"basic":
        return None
    try:
        _, found, password = b64decode(coded.strip(), validate=True).decode("utf-8").partition(":")
        return read_token(password) if found else None
    except (Base64Error, ValueError, TokenError):
        return None


def _guest(device: str, content: Mapping[str, object], zone: str, mask: Mask | None) -> Guest:
    """Return who it is, and its firmware's number. mask: by which a name that is a person's is not taken."""
    told = {str(key).lower(): value for key, value in content.items()}
    hardware = told.get("hardware")
    plain = {str(key).lower(): value for key, value in hardware.items()} if isinstance(hardware, dict) else {}
    uuid = text(plain.get("uuid"))
    name = text(plain.get("name")) or device
    if mask and mask.names_person(name):
        name = ""
    # What makers write into every board is by nobody to be known by: a school full of them would wait for approval.
    return Guest(device, name.lower(), {"uuid": fact(zone, uuid)} if uuid and clean(UUID, uuid) else {})
