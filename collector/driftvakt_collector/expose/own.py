"""`/metrics`: the collector's own health and the fleet in aggregate; small, and always cheap."""

import time
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Protocol

from prometheus_client import CollectorRegistry, GCCollector, PlatformCollector, ProcessCollector
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, InfoMetricFamily, Metric, SummaryMetricFamily
from prometheus_client.registry import Collector

from driftvakt_collector.config import Zone
from driftvakt_collector.expose.own_alerts import AlertFigures, NoAlerts, of_alerts
from driftvakt_collector.expose.own_discovery import DiscoveryFigures, NoDiscovery, of_discovery
from driftvakt_collector.expose.own_polls import (
    CheckFigures,
    JobFigures,
    NoChecks,
    NoJobs,
    NoTraps,
    PollFigures,
    Told,
    TrapFigures,
    of_checks,
    of_jobs,
    of_polls,
)
from driftvakt_collector.expose.page import RenderCache
from driftvakt_collector.fleet.gaps import CAUSES
from driftvakt_collector.fleet.host import Verdict
from driftvakt_collector.fleet.state import Fleet
from driftvakt_collector.intake import Intake
from driftvakt_wire import RELEASE


class DoorFigures(Protocol):
    """What the HTTP door counts."""

    requests: dict[int, int]
    accepted: int
    duplicate: int
    rejected: dict[str, int]
    bytes: int
    gone: int


class Busy(Protocol):
    """Whose lines the door spends its time on."""

    def busy(self) -> Mapping[str, float]:
        """Return the part of one core's time by zone."""
        ...


class ListenerFigures(Protocol):
    """One zone's listener."""

    zone: Zone
    crowded: int
    failed: int

    @property
    def connections(self) -> int:
        """How many there are now."""
        ...


class ShareFigures(Protocol):
    """How much of a list reports."""

    @property
    def list(self) -> str: ...
    @property
    def kind(self) -> str: ...
    @property
    def rows(self) -> int: ...
    @property
    def known(self) -> int: ...
    @property
    def reporting(self) -> int: ...


class CoverageFigures(Protocol):
    """What the coverage ledger found last. counts: by kind and zone; oldest: by kind; brought: by list."""

    looked: float

    @property
    def shares(self) -> Sequence[ShareFigures]: ...
    @property
    def counts(self) -> Mapping[tuple[str, str], int]: ...
    @property
    def oldest(self) -> Mapping[str, float]: ...
    @property
    def brought(self) -> Mapping[str, float]: ...


class NotLooked:
    """A ledger before its first look."""

    looked = 0.0
    shares: Sequence[ShareFigures] = ()
    counts: Mapping[tuple[str, str], int] = {}
    oldest: Mapping[str, float] = {}
    brought: Mapping[str, float] = {}


class JournalFigures(Protocol):
    """What the journal counts."""

    commits: int
    commit_seconds: float
    lines: int
    bytes: int
    stored: int
    failures: int


class OwnCollector(Collector):
    """Turns plain counts into families when somebody asks, so that counting costs the hot path nothing.

    ages: what was last done, to the second since the epoch (as `snapshot`, `store_write`). free: bytes of the disk.
    register: how many assets and questions there are. coverage: the ledger, once there is one.
    """

    def __init__(
        self,
        fleet: Fleet,
        intake: Intake,
        door: DoorFigures,
        journal: JournalFigures,
        cache: RenderCache,
        now: Callable[[], float],
        stamps: Mapping[str, float],
        load: Busy | None = None,
        wall: Callable[[], float] = time.time,
        enrolments: Mapping[str, int] | None = None,
    ) -> None:
        self._fleet = fleet
        self._intake = intake
        self._door = door
        self._journal = journal
        self._cache = cache
        self._now = now
        self._stamps = stamps
        self._load = load
        self._wall = wall
        # Not `or {}`: what is counted in is empty when it is given.
        self._enrolments = {} if enrolments is None else enrolments
        self.listeners: Sequence[ListenerFigures] = ()
        self.free = 0
        self.register: Callable[[], tuple[int, int]] = lambda: (0, 0)
        self.coverage: CoverageFigures = NotLooked()
        self.polls: Sequence[PollFigures] = ()
        self.discovery: DiscoveryFigures = NoDiscovery()
        self.traps: TrapFigures = NoTraps()
        self.told: Told = NoTraps()
        self.checks: CheckFigures = NoChecks()
        self.jobs: JobFigures = NoJobs()
        self.alerts: AlertFigures = NoAlerts()

    def collect(self) -> Iterator[Metric]:
        """Give the families, in any order; the registry writes them out."""
        yield InfoMetricFamily("driftvakt_build", "Release of this collector.", value={"version": RELEASE})
        yield from self._of_the_door()
        yield from self._of_the_zones()
        yield from self._of_the_journal()
        yield from self._of_the_fleet()
        stamps = GaugeMetricFamily(
            "driftvakt_last_success_timestamp_seconds", "When this was last done without a fault.", labels=["what"]
        )
        for what, when in self._stamps.items():
            stamps.add_metric([what], when)
        yield stamps

    def _of_the_door(self) -> Iterator[Metric]:
        door = self._door
        lines = CounterMetricFamily(
            "driftvakt_ingest_lines", "Lines that came, by what was answered.", labels=["result"]
        )
        lines.add_metric(["accepted"], door.accepted)
        lines.add_metric(["duplicate"], door.duplicate)
        for status, count in sorted(door.rejected.items()):
            lines.add_metric([f"rejected_{status}"], count)
        yield lines
        requests = CounterMetricFamily(
            "driftvakt_ingest_requests", "Requests to /v1/records by HTTP status.", labels=["code"]
        )
        for code, count in sorted(door.requests.items()):
            requests.add_metric([str(code)], count)
        yield requests
        yield _counter("driftvakt_ingest_received_bytes", "Bytes of bodies, after expansion.", door.bytes)
        yield _counter("driftvakt_ingest_aborted_requests", "Senders that left in the middle of a body.", door.gone)
        kinds = CounterMetricFamily("driftvakt_intake_records", "Records that were applied, by kind.", labels=["kind"])
        kinds.add_metric(["report"], self._intake.counts.reports)
        for kind, count in sorted(self._intake.counts.kinds.items()):
            kinds.add_metric([kind], count)
        yield kinds
        ignored = CounterMetricFamily(
            "driftvakt_intake_ignored_records",
            "Records kept in the journal that changed nothing, by reason.",
            labels=["reason"],
        )
        for reason, count in sorted(self._intake.counts.ignored.items()):
            ignored.add_metric([reason], count)
        yield ignored
        yield _counter("driftvakt_intake_samples", "Values of reports that were applied.", self._intake.counts.samples)

    def _of_the_zones(self) -> Iterator[Metric]:
        connections = GaugeMetricFamily(
            "driftvakt_zone_connections", "Connections to a zone's listener.", labels=["zone"]
        )
        refused = CounterMetricFamily(
            "driftvakt_zone_refused_connections", "Connections that a zone's listener ended before the first request.",
            labels=["zone", "reason"],
        )  # fmt: skip
        for one in self.listeners:
            connections.add_metric([one.zone.name], one.connections)
            refused.add_metric([one.zone.name, "too many"], one.crowded)
            refused.add_metric([one.zone.name, "handshake"], one.failed)
        yield connections
        yield refused
        tries = CounterMetricFamily(
            "driftvakt_enrolments", "Requests to enrol, by what came of them.", labels=["result"]
        )
        for result, count in sorted(self._enrolments.items()):
            tries.add_metric([result], count)
        yield tries

    def _of_the_journal(self) -> Iterator[Metric]:
        journal = self._journal
        yield SummaryMetricFamily(
            "driftvakt_journal_commit_seconds", "Time to write and sync a group of lines.",
            count_value=journal.commits, sum_value=journal.commit_seconds,
        )  # fmt: skip
        yield _counter("driftvakt_journal_lines", "Lines that were synced.", journal.lines)
        yield _counter("driftvakt_journal_plain_bytes", "Bytes of synced lines before compression.", journal.bytes)
        yield _counter("driftvakt_journal_stored_bytes", "Bytes of synced lines as stored.", journal.stored)
        yield _counter("driftvakt_journal_failed_commits", "Groups that could not be written.", journal.failures)
        assets, questions = self.register()
        yield GaugeMetricFamily("driftvakt_assets", "Things that a host stands on.", assets)
        yield GaugeMetricFamily(
            "driftvakt_asset_questions", "Hosts of which an operator should say which asset they are.", questions
        )
        yield from _of_coverage(self.coverage)
        yield from of_polls(self.polls, self.traps, self.told)
        yield from of_discovery(self.discovery)
        yield from of_checks(self.checks)
        yield from of_jobs(self.jobs)
        yield from of_alerts(self.alerts)
        yield GaugeMetricFamily("driftvakt_disk_free_bytes", "What is free on the disk of the data.", self.free)
        yield GaugeMetricFamily(
            "driftvakt_store_waiting_rows", "Rows that wait to be written to the store.", len(self._intake.batch)
        )

    def _of_the_fleet(self) -> Iterator[Metric]:
        now, fleet = self._now(), self._fleet
        count: Counter[tuple[str, str, str, str]] = Counter()
        for host in fleet.hosts.values():
            count[host.administration, host.zone, host.class_, fleet.verdict(host, now).value] += 1
        labels = ["administration", "zone", "class", "state"]
        hosts = GaugeMetricFamily("driftvakt_hosts", "Enrolled hosts by what their silence means.", labels=labels)
        for key, number in sorted(count.items()):
            hosts.add_metric(key, number)
        yield hosts
        silent = sum(number for key, number in count.items() if key[3] == Verdict.SILENT.value)
        yield GaugeMetricFamily("driftvakt_hosts_silent", "Hosts that should report and do not.", silent)
        yield from self._of_trust()
        yield GaugeMetricFamily("driftvakt_series_sets", "Different series sets in use.", len(fleet.sets))
        yield GaugeMetricFamily("driftvakt_render_cache_bytes", "Memory of rendered host lines.", self._cache.used)

    def _of_trust(self) -> Iterator[Metric]:
        """Give what is missing, who is not trusted, and who takes our time."""
        fleet, wall = self._fleet, self._wall()
        missing: Counter[tuple[str, str]] = Counter()
        untrusted: Counter[tuple[str, str]] = Counter()
        for host in fleet.hosts.values():
            if not host.trusted:
                untrusted[host.zone, host.state] += 1
            if not host.ledger.whole():
                for gap in fleet.gaps(host, wall):
                    missing[host.zone, gap.cause] += gap.lines
        records = GaugeMetricFamily(
            "driftvakt_missing_records", "Records that hosts made and the collector does not have, by cause.",
            labels=["zone", "cause"],
        )  # fmt: skip
        for zone in sorted({host.zone for host in fleet.hosts.values()}):
            for cause in CAUSES:
                records.add_metric([zone, cause], missing[zone, cause])
        yield records
        hosts = GaugeMetricFamily(
            "driftvakt_untrusted_hosts", "Hosts whose records are not taken: pending, quarantined or revoked.",
            labels=["zone", "state"],
        )  # fmt: skip
        for key, number in sorted(untrusted.items()):
            hosts.add_metric(key, number)
        yield hosts
        busy = GaugeMetricFamily(
            "driftvakt_ingest_busy_ratio",
            "Part of one core's time that goes to the records of a zone.",
            labels=["zone"],
        )
        for zone, part in sorted(self._load.busy().items() if self._load is not None else ()):
            busy.add_metric([zone], part)
        yield busy
        outages = fleet.outages
        yield GaugeMetricFamily(
            "driftvakt_last_outage_timestamp_seconds", "When the collector could last hear again after it could not.",
            outages[-1].ended if outages else 0.0,
        )  # fmt: skip


def _counter(name: str, help_: str, value: float) -> Metric:
    return CounterMetricFamily(name, help_, value)


def registry(own: OwnCollector) -> CollectorRegistry:
    """Return a registry of this collector and of its process; no global one is touched."""
    made = CollectorRegistry(auto_describe=False)
    ProcessCollector(registry=made)
    PlatformCollector(registry=made)
    GCCollector(registry=made)
    made.register(own)
    return made


def _of_coverage(ledger: CoverageFigures) -> Iterator[Metric]:
    findings = GaugeMetricFamily(
        "driftvakt_coverage_findings", "Things that the lists and the fleet tell differently.", labels=["kind", "zone"]
    )
    for key, count in sorted(ledger.counts.items()):
        findings.add_metric(key, count)
    yield findings
    oldest = GaugeMetricFamily(
        "driftvakt_coverage_oldest_finding_timestamp_seconds", "Since when the oldest of a kind is so.", labels=["kind"]
    )
    for kind, since in sorted(ledger.oldest.items()):
        oldest.add_metric([kind], since)
    yield oldest
    rows = GaugeMetricFamily(
        "driftvakt_coverage_list_rows", "Rows of a list: all, those that we have met, and those that report.",
        labels=["list", "kind", "what"],
    )  # fmt: skip
    for one in ledger.shares:
        for what, count in (("all", one.rows), ("known", one.known), ("reporting", one.reporting)):
            rows.add_metric([one.list, one.kind, what], count)
    yield rows
    brought = GaugeMetricFamily(
        "driftvakt_coverage_list_timestamp_seconds", "When a list was brought last.", labels=["list"]
    )
    for name, at in sorted(ledger.brought.items()):
        brought.add_metric([name], at)
    yield brought
    yield GaugeMetricFamily(
        "driftvakt_coverage_timestamp_seconds", "When the lists were held against the fleet last.", ledger.looked
    )
