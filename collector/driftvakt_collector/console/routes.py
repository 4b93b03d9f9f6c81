"""The console's routes."""

from collections.abc import Callable
from typing import Any

from starlette.routing import BaseRoute

from driftvakt_collector.fleet.state import Fleet
from driftvakt_collector.store.engine import Store


class Console:
    """Pages for people. secure: cookies only over TLS. now: monotonic; wall: seconds since the epoch."""

    def __init__(
        self, fleet: Fleet, store: Store, *, now: Callable[[], float], wall: Callable[[], float], secure: bool
    ) -> None:
        self._fleet = fleet
        self._store = store
        self._now = now
        self._wall = wall
        self._secure = secure

    def routes(self) -> list[BaseRoute]:
        """Return the routes for the application."""
        return []

    def errors(self) -> dict[Any, Any]:
        """Return the pages for what was not found or went wrong."""
        return {}
