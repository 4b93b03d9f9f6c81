"""Runs the application in uvicorn until a signal ends it: the console's listener, and one for each zone."""

import asyncio
import contextlib
import logging
import signal
import socket
import sys
from collections.abc import Callable, Iterator

import uvicorn

from driftvakt_collector.app import App
from driftvakt_collector.config import Config, ConfigError
from driftvakt_collector.ingest.http import RecordsProtocol
from driftvakt_collector.journal import JournalError
from driftvakt_collector.listening import BACKLOG, Listener
from driftvakt_collector.store.engine import StoreError

log = logging.getLogger(__name__)

_KEEP_ALIVE = 180
"""Seconds that an idle connection is held: three reports at the usual pace, so that agents need no new handshake."""
_DAY = 86_400.0


async def serve(config: Config) -> int:
    """Serve until SIGINT or SIGTERM; return the exit code. Raises ConfigError for what can't be opened."""
    try:
        app = App(config)
    except (JournalError, StoreError) as e:
        raise ConfigError(str(e)) from e
    listeners: list[Listener] = []
    try:
        listeners += [Listener(config, zone, lambda zone: _settings(app.zone(zone), config)) for zone in config.zones]
        listener = _listen(config)
    except ConfigError:
        for one in listeners:
            one.close()
        await app.stop()
        raise
    settings = _settings(app, config)
    settings.ssl_certfile, settings.ssl_keyfile = config.tls_cert, config.tls_key
    server = _Server(settings, config, listeners)
    app.figures.listeners = listeners
    await app.start()
    renewing = asyncio.create_task(_renew(listeners, app.daily))
    try:
        await server.serve([listener])
    finally:
        renewing.cancel()
        listener.close()
        await app.stop()
    return 0 if server.started else 1


def _listen(config: Config) -> socket.socket:
    try:
        return socket.create_server((config.listen, config.port), family=_family(config.listen), backlog=BACKLOG)
    except OSError as e:
        why = f"cannot listen on {config.listen} port {config.port}: {e.strerror}"
        raise ConfigError(f"{why}; stop what listens there, or name another with --port") from e


def _settings(app: object, config: Config) -> uvicorn.Config:
    return uvicorn.Config(
        app,  # type: ignore[arg-type]
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
        backlog=BACKLOG,
        timeout_keep_alive=_KEEP_ALIVE,
        timeout_graceful_shutdown=10,
        h11_max_incomplete_event_size=None,
    )


async def _renew(listeners: list[Listener], daily: Callable[[], object]) -> None:
    """Look after certificates once a day, and whatever else grows old."""
    while True:
        for work in (daily, *(one.renew for one in listeners)):
            try:
                await asyncio.to_thread(work)
            except Exception:
                log.exception("cannot renew; it is tried again tomorrow")
        await asyncio.sleep(_DAY)


def _family(listen: str) -> socket.AddressFamily:
    return socket.AF_INET6 if ":" in listen else socket.AF_INET


class _Server(uvicorn.Server):
    """Says where it serves once the port is open, and ends on a signal with everything written down."""

    def __init__(self, settings: uvicorn.Config, config: Config, listeners: list[Listener]) -> None:
        super().__init__(settings)
        self._told = config
        self._zones = listeners

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        """Open the ports, then print the URLs."""
        await super().startup(sockets)
        if self.started:
            for one in self._zones:
                one.open()
                print(f"driftvakt takes zone {one.zone.name} on {one.url}", file=sys.stderr, flush=True)
            _announce(self, self._told)

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        """End every connection, of the zones too, after the answers that are being made."""
        for one in self._zones:
            one.close()
        await super().shutdown(sockets)
        for one in self._zones:
            await one.drained()

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
