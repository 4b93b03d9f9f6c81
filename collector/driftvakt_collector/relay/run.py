"""Runs the relay in uvicorn until a signal ends it."""

import contextlib
import signal
import socket
import sys
from collections.abc import Iterator

import uvicorn

from driftvakt_collector.config import ConfigError
from driftvakt_collector.ingest.http import RecordsProtocol
from driftvakt_collector.journal import JournalError
from driftvakt_collector.relay.app import Relay, opened
from driftvakt_collector.relay.config import Config

_KEEP_ALIVE = 180
MAX_CONNECTIONS = 20_000


class Protocol(RecordsProtocol):
    """One connection, one of a bounded number."""

    def connection_made(self, transport: object) -> None:
        """Called by the loop."""
        super().connection_made(transport)  # type: ignore[arg-type]
        if len(self._state.connections) > MAX_CONNECTIONS and self._transport is not None:
            self._transport.abort()


async def serve(config: Config) -> int:
    """Serve until SIGINT or SIGTERM; return the exit code. Raises ConfigError for what can't be opened."""
    relay = opened(config)
    server = _Server(
        uvicorn.Config(
            relay,
            host=config.listen,
            port=config.port,
            loop="none",
            http=Protocol,
            ws="none",
            lifespan="off",
            access_log=False,
            log_config=None,
            server_header=False,
            proxy_headers=False,
            timeout_keep_alive=_KEEP_ALIVE,
            timeout_graceful_shutdown=10,
            h11_max_incomplete_event_size=None,
            ssl_certfile=config.tls_cert,
            ssl_keyfile=config.tls_key,
        ),
        relay,
    )
    relay.connections = lambda: len(server.server_state.connections)
    try:
        family = socket.AF_INET6 if ":" in config.listen else socket.AF_INET
        listener = socket.create_server((config.listen, config.port), family=family, backlog=8192)
    except OSError as e:
        await relay.stop()
        why = f"cannot listen on {config.listen} port {config.port}: {e.strerror}"
        raise ConfigError(f"{why}; stop what listens there, or set another 'port'") from e
    try:
        await relay.start()
    except JournalError as e:
        listener.close()
        await relay.stop()
        raise ConfigError(str(e)) from e
    try:
        await server.serve([listener])
    finally:
        listener.close()
        await relay.stop()
    return 0 if server.started else 1


class _Server(uvicorn.Server):
    """Says where it serves once the port is open, and ends on a signal with everything written down."""

    def __init__(self, settings: uvicorn.Config, relay: Relay) -> None:
        super().__init__(settings)
        self._relay = relay

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        """Open the port, then print the URL."""
        await super().startup(sockets)
        if self.started:
            config = self._relay.config
            scheme = "http" if config.tls_cert is None else "https"
            name = f"[{config.listen}]" if ":" in config.listen else config.listen
            port = self.servers[0].sockets[0].getsockname()[1]
            print(
                f"driftvakt relay {config.origin} serves on {scheme}://{name}:{port} and hands on to"
                f" {', '.join(config.upstreams)}",
                file=sys.stderr,
                flush=True,
            )

    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        """Take the signals as uvicorn 0.54 does, but do not raise them again: SIGTERM would end us before `stop`."""
        before = {one: signal.signal(one, self.handle_exit) for one in (signal.SIGINT, signal.SIGTERM)}
        try:
            yield
        finally:
            for one, handler in before.items():
                signal.signal(one, handler)
