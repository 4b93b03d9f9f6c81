"""Runs the relay in uvicorn until a signal ends it."""

import asyncio
import contextlib
import signal
import socket
import sys
import time
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from types import FrameType

import uvicorn

from driftvakt_collector.config import ConfigError
from driftvakt_collector.ingest.http import RecordsProtocol
from driftvakt_collector.journal import JournalError
from driftvakt_collector.relay.app import Relay, opened
from driftvakt_collector.relay.config import Config, load

_KEEP_ALIVE = 180
MAX_CONNECTIONS = 20_000
_BACKLOG = 8192
_DAY = 86_400.0


class Protocol(RecordsProtocol):
    """One connection, one of a bounded number."""

    def connection_made(self, transport: object) -> None:
        """Called by the loop."""
        super().connection_made(transport)  # type: ignore[arg-type]
        if len(self._state.connections) > MAX_CONNECTIONS and self._transport is not None:
            self._transport.abort()


async def serve(config: Config, path: Path | None = None) -> int:
    """Serve until SIGINT or SIGTERM; return the exit code. Raises ConfigError for what can't be opened.

    path: of the configuration, which names another key and certificate once they were renewed.
    """
    renewing = None if path is None else _Renewing(path)
    while True:
        code, port = await _serve_once(config, renewing)
        if not port or path is None:
            return code
        config = replace(load(path), port=port)


class _Renewing:
    """Gets the next key and certificate, at most once a day: a clock that is wrong must not begin anew for ever."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._last = -_DAY

    def __call__(self) -> None:
        """Renew. Raises ConfigError."""
        # Imported here: what makes keys and certificates is needed twice a year.
        from driftvakt_collector.relay.enrol import renew

        if time.monotonic() - self._last < _DAY:
            raise ConfigError("it was renewed within a day and is due again; is this machine's clock right?")
        # Before anything is asked for: with a mistake in it the relay could not begin anew.
        load(self._path)
        done = renew(self._path)
        if not done.whole:
            raise ConfigError(done.trouble or "the collector gave a key and no certificate")
        self._last = time.monotonic()


async def _serve_once(config: Config, renewing: _Renewing | None) -> tuple[int, int]:
    """Serve until a signal, or until the certificate was renewed; return the exit code and, then, the port."""
    relay = opened(config, renewing)
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
            backlog=_BACKLOG,
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
        listener = socket.create_server((config.listen, config.port), family=family, backlog=_BACKLOG)
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
    port = listener.getsockname()[1]
    ending = asyncio.create_task(server.end_when(relay.renewed))
    try:
        await server.serve([listener])
    finally:
        ending.cancel()
        listener.close()
        await relay.stop()
    again = relay.renewed.is_set() and not server.asked
    return 0 if server.started else 1, port if again else 0


class _Server(uvicorn.Server):
    """Says where it serves once the port is open, and ends on a signal with everything written down."""

    def __init__(self, settings: uvicorn.Config, relay: Relay) -> None:
        super().__init__(settings)
        self._relay = relay
        self.asked = False

    def handle_exit(self, sig: int, frame: FrameType | None) -> None:
        """Remember that somebody asked for the end."""
        self.asked = True
        super().handle_exit(sig, frame)

    async def end_when(self, happened: asyncio.Event) -> None:
        """End once this has happened."""
        await happened.wait()
        self.should_exit = True

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
