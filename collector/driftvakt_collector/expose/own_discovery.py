"""`/metrics`: how looking through networks goes."""

from collections.abc import Iterator, Sequence
from typing import Protocol

from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, Metric


class Subnet(Protocol):
    """A network, and what was found the last time. ended: seconds since the epoch, 0 for never."""

    @property
    def zone(self) -> str:
        """Where it is."""

    @property
    def network(self) -> str:
        """As 10.20.0.0/24."""

    @property
    def ended(self) -> float:
        """When it was looked through last."""

    @property
    def known(self) -> int:
        """Things that were known."""

    @property
    def added(self) -> int:
        """Things that are asked since then."""

    @property
    def unknown(self) -> int:
        """Things of which nothing more is known."""


class DiscoveryFigures(Protocol):
    """Who looks. running: sweeps under way. failed: since the start."""

    running: int
    failed: int

    @property
    def rows(self) -> Sequence[Subnet]:
        """The networks."""


class NoDiscovery:
    """Nobody looks yet."""

    running = failed = 0

    def __init__(self) -> None:
        self.rows: list[Subnet] = []


def of_discovery(figures: DiscoveryFigures) -> Iterator[Metric]:
    """Give the figures."""
    by = ["zone", "subnet"]
    things = GaugeMetricFamily(
        "driftvakt_discovery_things", "Things that the last sweep of a network found.", labels=[*by, "state"]
    )
    last = GaugeMetricFamily(
        "driftvakt_discovery_last_success_timestamp_seconds", "When a network was looked through last.", labels=by
    )
    for one in figures.rows:
        if one.ended:
            last.add_metric([one.zone, one.network], one.ended)
            for state, count in (("known", one.known), ("added", one.added), ("unknown", one.unknown)):
                things.add_metric([one.zone, one.network, state], count)
    yield from (things, last)
    yield GaugeMetricFamily("driftvakt_discovery_running", "Sweeps that are under way.", figures.running)
    yield CounterMetricFamily("driftvakt_discovery_failures", "Sweeps that brought nothing.", figures.failed)
