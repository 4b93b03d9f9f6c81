"""The zones' own listeners: accept, cap, shake hands, and hand each connection to the protocol of its zone.

Connections are accepted here and not by the loop's own server, so that one over the cap costs nothing, and a renewed
certificate serves the next connection.
"""

import asyncio
import logging
import socket
import ssl
from collections.abc import Callable
from datetime import UTC, datetime
from functools import partial

import uvicorn
from uvicorn.server import ServerState

from driftvakt_collector.config import Config, ConfigError, Zone
from driftvakt_collector.ingest.enrol import network
from driftvakt_collector.ingest.http import RecordsProtocol
from driftvakt_collector.trust.keeping import context, make_certificate, names_of

log = logging.getLogger(__name__)

HANDSHAKE_SECONDS = 10.0
_AT_ONCE = 64
"""Connections that are accepted in one turn of the loop."""
BACKLOG = 8192
"""Connections that may wait to be accepted; the system takes fewer where `net.core.somaxconn` says so."""
_REST_SECONDS = 0.5
"""Pause when the system gives no more file descriptors."""
_PATIENCE_SECONDS = 10.0
_ADDRESS_PART, _ADDRESS_LEAST = 8, 64
"""One address may have so small a part of a zone's connections, or so many, once half of the zone's are taken."""


class Listener:
    """One zone's socket. crowded: connections that were closed because there were too many; failed: handshakes.

    Raises ConfigError for what can't be opened.
    """

    def __init__(self, config: Config, zone: Zone, settings: Callable[[Zone], uvicorn.Config]) -> None:
        self.zone = zone
        self.crowded = 0
        self.failed = 0
        self._data = config.data
        self._settings_of = settings
        self._settings: uvicorn.Config | None = None
        self._tasks: set[asyncio.Task[None]] = set()
        self._held = 0
        self._addresses: dict[str, int] = {}
        self.state = ServerState()
        self._context = self._load()
        family = socket.AF_INET6 if ":" in zone.listen else socket.AF_INET
        try:
            self._socket = socket.create_server((zone.listen, zone.port), family=family, backlog=BACKLOG)
        except OSError as e:
            why = f"zone {zone.name}: cannot listen on {zone.listen} port {zone.port}: {e.strerror}"
            raise ConfigError(f"{why}; stop what listens there, or set another 'port' in [zones.{zone.name}]") from e
        self._socket.setblocking(False)  # noqa: FBT003  its signature

    @property
    def url(self) -> str:
        """Return where it listens."""
        name = f"[{self.zone.listen}]" if ":" in self.zone.listen else self.zone.listen
        return f"https://{name}:{self._socket.getsockname()[1]}"

    @property
    def connections(self) -> int:
        """Return how many there are now, with those that shake hands."""
        return self._held

    def open(self) -> None:
        """Begin to accept."""
        self._settings = self._settings_of(self.zone)
        self._settings.load()
        asyncio.get_running_loop().add_reader(self._socket, self._accept)

    def renew(self) -> None:
        """Look after the certificate; what was made or replaced serves the connections that come from now on."""
        self._context = self._load()

    def close(self) -> None:
        """Accept no more, and end what is idle."""
        if self._socket.fileno() >= 0:
            asyncio.get_running_loop().remove_reader(self._socket)
            self._socket.close()
        for task in self._tasks:
            task.cancel()
        for connection in list(self.state.connections):
            connection.shutdown()

    async def drained(self) -> None:
        """Wait until the last answer is out, and no longer than is decent."""
        end = asyncio.get_running_loop().time() + _PATIENCE_SECONDS
        # uvicorn keeps sets of them, and tells nobody when they are empty.
        while (self.state.connections or self.state.tasks) and asyncio.get_running_loop().time() < end:  # noqa: ASYNC110
            await asyncio.sleep(0.05)

    def _load(self) -> ssl.SSLContext:
        zone = self.zone
        if zone.tls_cert is None:
            try:
                make_certificate(self._data, zone.name, names_of(zone), datetime.now(UTC))
            except (OSError, ValueError) as e:
                raise ConfigError(f"zone {zone.name}: cannot make its certificate: {e}") from e
        return context(self._data, zone)

    def _accept(self) -> None:
        for _ in range(_AT_ONCE):
            try:
                connection, peer = self._socket.accept()
            except (BlockingIOError, InterruptedError, ConnectionAbortedError):
                return
            except OSError as e:
                log.warning("zone %s: cannot accept: %s", self.zone.name, e.strerror)
                self._rest()
                return
            address = network(str(peer[0]))
            if self._is_crowded(address):
                self.crowded += 1
                connection.close()
                continue
            connection.setblocking(False)  # noqa: FBT003  its signature
            assert self._settings is not None
            protocol = RecordsProtocol(self._settings, self.state, {}, asyncio.get_running_loop())
            self._held += 1
            self._addresses[address] = self._addresses.get(address, 0) + 1
            protocol.when_lost = partial(self._forget, protocol, address)
            task = asyncio.get_running_loop().create_task(self._shake(connection, protocol))
            self._tasks.add(task)
            task.add_done_callback(self._tasks.discard)

    def _is_crowded(self, address: str) -> bool:
        """Say if there is no room for one more connection, of all or of this address."""
        most, held = self.zone.connections, self._held
        return held >= most or (
            held >= most // 2 and self._addresses.get(address, 0) >= max(_ADDRESS_LEAST, most // _ADDRESS_PART)
        )

    def _forget(self, protocol: RecordsProtocol, address: str) -> None:
        """Count a connection no more. Once only: a handshake that fails may be told of twice."""
        protocol.when_lost = None
        self._held -= 1
        left = self._addresses.get(address, 0) - 1
        if left > 0:
            self._addresses[address] = left
        else:
            self._addresses.pop(address, None)

    def _rest(self) -> None:
        loop = asyncio.get_running_loop()
        loop.remove_reader(self._socket)

        def again() -> None:
            if self._socket.fileno() >= 0:
                loop.add_reader(self._socket, self._accept)

        loop.call_later(_REST_SECONDS, again)

    async def _shake(self, connection: socket.socket, protocol: RecordsProtocol) -> None:
        """Make a connection of what was accepted; one who does not speak TLS, or takes long, is let go."""
        try:
            connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            await asyncio.get_running_loop().connect_accepted_socket(
                lambda: protocol, connection, ssl=self._context, ssl_handshake_timeout=HANDSHAKE_SECONDS
            )
        except (OSError, asyncio.IncompleteReadError):
            self.failed += 1
            self._drop(connection, protocol)
        except BaseException:
            self._drop(connection, protocol)
            raise

    def _drop(self, connection: socket.socket, protocol: RecordsProtocol) -> None:
        connection.close()
        if protocol.when_lost is not None:
            protocol.when_lost()
