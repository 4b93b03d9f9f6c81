"""Takes traps and informs in, of SNMP 1, 2c and 3, by pysnmp's engine; a flood is cut before anything is decoded."""

import asyncio
import logging
import socket
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any

from pyasn1.error import PyAsn1Error
from pysnmp.carrier.asyncio.dgram import udp
from pysnmp.carrier.asyncio.dispatch import AsyncioDispatcher
from pysnmp.entity import config
from pysnmp.entity.engine import SnmpEngine
from pysnmp.entity.rfc3413 import ntfrcv
from pysnmp.error import PySnmpError

from driftvakt_collector.poll.snmp.driver import Credential, Value, Version
from driftvakt_collector.poll.snmp.pysnmp_terms import value_of
from driftvakt_collector.poll.snmp.users import Users
from driftvakt_collector.poll.snmp.usm import sender_of

log = logging.getLogger(__name__)

MAX_SIZE = 8192
"""Bytes of a trap; a larger one is dropped unread."""
_V3 = 3
_RECEIVED = "rfc3412.receiveMessage:request"

Take = Callable[[str, Credential, Sequence[tuple[str, Value]]], None]
"""Is told the address that a trap came from, with what it was let in, and its variables."""
Limit = Callable[[str], bool]
"""Says if one more may come from an address."""


class TrapReceiver:
    """Listens. credentials: whose communities and users are let in. take: gets what came."""

    def __init__(
        self, credentials: Iterable[Credential], take: Take, limit: Limit, now: Callable[[], float] = time.monotonic
    ) -> None:
        self._now = now
        self.dropped = 0
        self._take = take
        self._limit = limit
        self._engine = SnmpEngine()
        self._transport: _Transport | None = None
        told = list(credentials)
        self._users = Users(self._engine, [one for one in told if one.version is Version.V3])
        self._communities = {f"c{at}": one for at, one in enumerate(told) if one.version is not Version.V3}
        for name, one in self._communities.items():
            # As bytes: of a text the library takes the letters of Latin-1.
            config.add_v1_system(self._engine, name, one.community.encode())
        ntfrcv.NotificationReceiver(self._engine, self._came)

    def start(self, address: str, port: int) -> int:
        """Listen; return the port, which is a free one for 0. Raises OSError."""
        taken = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        try:
            taken.bind((address, port))
        except OSError:
            taken.close()
            raise
        loop = asyncio.get_running_loop()
        self._transport = _Transport(self, loop=loop)
        self._engine.register_transport_dispatcher(AsyncioDispatcher(loop=loop))
        config.add_transport(self._engine, udp.DOMAIN_NAME, self._transport.open_server_mode(sock=taken))
        return int(taken.getsockname()[1])

    def stop(self) -> None:
        """Listen no more."""
        self._engine.close_dispatcher()

    def lets_in(self, data: bytes, address: str) -> bool:
        """Say if a datagram is looked at at all."""
        if len(data) <= MAX_SIZE and self._limit(address):
            return True
        self.dropped += 1
        return False

    def meets(self, data: bytes) -> bool:
        """Say if a datagram may be one of ours, before it is decoded; of SNMP 3 its user is let in from its sender."""
        sender = sender_of(data)
        return sender is None or self._users.meet(sender, self._now())

    def _came(self, engine: Any, state: Any, _context: Any, _name: Any, binds: Any, _kept: Any) -> None:
        _, where = engine.message_dispatcher.get_transport_info(state)
        told = engine.observer.get_execution_context(_RECEIVED)
        credential = self._proved(told)
        if credential is None:
            self.dropped += 1
            log.warning("a trap from %s is not signed and encrypted as its user must: it is not taken", where[0])
            return
        try:
            variables = [(str(oid), value) for oid, raw in binds if (value := value_of(raw)) is not None]
        except (PyAsn1Error, PySnmpError, ValueError) as e:
            log.warning("a trap from %s can't be read: %s", where[0], e)
            return
        self._take(str(where[0]), credential, variables)

    def _proved(self, told: Mapping[str, Any]) -> Credential | None:
        """Return the credential that a message was sent with, None where it is not protected as that asks for.

        The library looks at the signature of a message that says that it has one; that it must is for us to say.
        """
        name = str(told["securityName"])
        if int(told["securityModel"]) != _V3:
            return self._communities.get(name)
        if int(told["securityLevel"]) < self._users.level(name):
            return None
        sender = sender_of(bytes(told["wholeMsg"]))
        if sender is not None:
            self._users.proved(sender)
        return self._users.credential(name)


class _Transport(udp.UdpAsyncioTransport):  # type: ignore[misc]
    """Drops what is too large or too much before it is decoded, and outlives what can't be."""

    def __init__(self, receiver: TrapReceiver, loop: asyncio.AbstractEventLoop) -> None:
        super().__init__(loop=loop)
        self._receiver = receiver

    def datagram_received(self, data: bytes, address: Any) -> None:
        """Called by the loop."""
        if not self._receiver.lets_in(data, str(address[0])):
            return
        try:
            if not self._receiver.meets(data):
                self._receiver.dropped += 1
                return
            super().datagram_received(data, address)
        except Exception as e:  # noqa: BLE001  what a stranger sends may make the library raise anything
            self._receiver.dropped += 1
            log.debug("a datagram from %s is no trap: %s", address[0], e)
