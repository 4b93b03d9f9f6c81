"""Runs the application in uvicorn until a signal ends it."""

import contextlib
import signal
import socket
import sys
from collections.abc import Iterator

import uvicorn

from driftvakt_collector.app import App
from driftvakt_collector.config import Config, ConfigError
from driftvakt_collector.ingest.http import RecordsProtocol
from driftvakt_collector.journal import JournalError
from driftvakt_collector.store.engine import StoreError

_KEEP_ALIVE = 180
"""Seconds that an idle connection is held: three reports at the usual pace, so that agents need no new handshake."""


async def serve(config: Config) -> int:
    """Serve until SIGINT or SIGTERM; return the exit code. Raises ConfigError for what can't be opened."""
    try:
        app = App(config)
    except (JournalError, StoreError) as e:
        raise ConfigError(str(e)) from e
    server = _Server(
        uvicorn.Config(
            app,
            host=config.listen,
            port=config.port,
            loop="none",
            http=RecordsProtocol,
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
        config,
    )
    try:
        listener = socket.create_server((config.listen, config.port), family=_family(config.listen), backlog=8192)
    except OSError as e:
        await app.stop()
        why = f"cannot listen on {config.listen} port {config.port}: {e.strerror}"
        raise ConfigError(f"{why}; stop what listens there, or name another with --port") from e
    await app.start()
    try:
        await server.serve([listener])
    finally:
        listener.close()
        await app.stop()
    return 0 if server.started else 1


def _family(listen: str) -> socket.AddressFamily:
    return socket.AF_INET6 if ":" in listen else socket.AF_INET


class _Server(uvicorn.Server):
    """Says where it serves once the port is open, and ends on a signal with everything written down."""

    def __init__(self, settings: uvicorn.Config, config: Config) -> None:
        super().__init__(settings)
        self._told = config

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        """Open the port, then print the URLs."""
        await super().startup(sockets)
        if self.started:
            _announce(self, self._told)

    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        """Take the signals as uvicorn 0.54 does, but do not raise them again: SIGTERM would end us before `stop`."""
        before = {one: signal.signal(one, self.handle_exit) for one in (signal.SIGINT, signal.SIGTERM)}
        try:
            yield
        finally:
            for one, handler in before.items():
                signal.signal(one, handler)


def _announce(server: uvicorn.Server, config: Config) -> None:
    scheme = "http" if config.tls_cert is None else "https"
    port = server.servers[0].sockets[0].getsockname()[1]
    name = f"[{config.listen}]" if ":" in config.listen else config.listen
    base = f"{scheme}://{name}:{port}"
    print(f"driftvakt serves on {base} (console), {base}/metrics, {base}/metrics/hosts", file=sys.stderr, flush=True)
