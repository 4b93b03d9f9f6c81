"""Requests to enrol are told on /metrics from the first one on."""

from prometheus_client import generate_latest

from driftvakt_collector.expose.own import OwnCollector, registry
from driftvakt_collector.expose.page import RenderCache
from driftvakt_collector.fleet.state import Fleet
from driftvakt_collector.ingest.entrance import DoorCounts
from driftvakt_collector.intake import Intake


class _Journal:
    commits = lines = bytes = stored = failures = 0
    commit_seconds = 0.0


def test_enrolments_are_counted_though_there_were_none_at_the_start() -> None:
    fleet, counts = Fleet([], 0.0), dict[str, int]()
    own = OwnCollector(
        fleet, Intake(fleet, float, float), DoorCounts(), _Journal(), RenderCache(0), float, {}, enrolments=counts
    )
    counts["approved"] = 2

    page = generate_latest(registry(own)).decode()

    assert 'driftvakt_enrolments_total{result="approved"} 2.0' in page
