"""One host as the collector knows it now, and what its silence means."""

from array import array
from enum import Enum
from math import nan

from driftvakt_collector.fleet.hour import Hour
from driftvakt_collector.fleet.ledger import Ledger
from driftvakt_collector.fleet.series import SeriesSet, host_labels
from driftvakt_collector.store.hosts import APPROVED, HostRow

NO_VALUES: "array[float]" = array("d")
RELAY = "relay"
"""The class of a host that may bring the lines of others."""
JOB = "node"
"""The `job` label of host series: what dashboards and rules written for node_exporter select by."""
POLLED_JOB = "snmp"
"""The same of what is polled: by what those written for snmp_exporter select."""
CHECKED_JOB = "blackbox"
"""The same of services that are checked, as of blackbox_exporter."""
SERVICE = "service"
"""The class of a service that is checked."""
POLLER = "poller"
"""The class of who asks devices, in the collector itself."""


class Verdict(Enum):
    """What the collector says of a host's reports."""

    NEW = "new"
    OK = "ok"
    LATE = "late"
    SILENT = "silent"
    OFF = "off"
    HELD = "held"


class Host:
    """Facts of the enrolment, and the newest report.

    received: the collector's monotonic clock when the newest report came, None before the first. at, up: the sender's
    clocks in it. every: seconds until the next is due. waiting: values whose series set is not known yet. have:
    section name to the digest that the collector holds; want: the same for what it lacks. version: grows with each
    report, so that whoever renders can tell if what it kept still holds.

    trusted: whether its lines are taken now, as `state` says. gen_floor: the oldest generation whose lines are taken.
    heard: when the newest line came, seconds since the epoch; mac: that line's, so that another one of the same
    number is noticed. address: whom the newest report came from; via: the relay that brought it, empty when it came
    by itself. streak: since when it was heard without falling silent, seconds since the epoch. until: its rate
    (ingest.limits). vendor, model: of the machine, as `fleet.models` found them.
    keeper: who speaks for it, empty where it speaks for itself. supplier: who delivers it, empty for ourselves.
    applications: what it is for, as rules recognised it. closed: epochs that an operator closed
    after a fork, None for nearly all.
    """

    __slots__ = (
        "address", "administration", "applications", "at", "class_", "closed", "every", "gen", "gen_floor", "have",
        "heard", "hour", "info", "info_lines", "keeper", "key", "ledger", "mac", "model", "name", "off", "origin",
        "pieces", "pieces_version", "received", "received_wall", "series", "site", "state", "streak", "supplier",
        "trusted", "until", "up", "values", "vendor", "version", "via", "waiting", "want", "zone",
    )  # fmt: skip

    def __init__(self, row: HostRow) -> None:
        self.origin = row.origin
        self.ledger = Ledger()
        self.mac = self.address = self.via = ""
        self.vendor = self.model = ""
        self.applications: tuple[str, ...] = ()
        self.until = self.heard = 0.0
        self.closed: frozenset[str] | None = None
        self.know(row)
        self.series: SeriesSet | None = None
        self.values = NO_VALUES
        self.waiting: tuple[str, array[float]] | None = None
        self.have: dict[str, str] | None = None
        self.want: dict[str, str] | None = None
        self.info = b""
        self.info_lines: tuple[tuple[str, ...], list[bytes]] | None = None
        self.at = 0.0
        self.up = 0.0
        self.every = 60.0
        self.received: float | None = None
        self.received_wall = self.streak = 0.0
        self.off = False
        self.hour: Hour | None = None
        self.version = 0
        self.pieces: list[bytes] | None = None
        self.pieces_version = -1

    def know(self, row: HostRow) -> None:
        """Take the facts of its enrolment."""
        self.gen = row.gen
        self.gen_floor = row.gen_floor
        self.zone = row.zone
        self.administration = row.administration
        self.site = row.site
        self.class_ = row.class_
        self.name = row.name
        self.state = row.state
        self.trusted = row.state == APPROVED
        self.keeper = row.keeper
        self.supplier = row.supplier
        self.key: tuple[bytes, bytes] | None = None

    def labels(self) -> str:
        """Return the labels that the collector puts on each of this host's series, ready for a template."""
        job = JOB if not self.keeper else CHECKED_JOB if self.class_ == SERVICE else POLLED_JOB
        return host_labels(
            instance=self.name, job=job, administration=self.administration, zone=self.zone, site=self.site,
            class_=self.class_,
        )  # fmt: skip

    def value(self, name: str) -> float:
        """Return the newest value of its first series of that name, NaN when it has none."""
        if self.series is None:
            return nan
        try:
            return self.values[self.series.names.index(name)]
        except (ValueError, IndexError):
            return nan

    def wants(self) -> list[str]:
        """Return the digests of the parts that the next answer should ask for."""
        wanted = [self.waiting[0]] if self.waiting is not None else []
        if self.want:
            wanted.extend(self.want.values())
        return wanted


def verdict(host: Host, now: float, healthy_since: float) -> Verdict:
    """Say what a host's silence means at `now`, both on the collector's monotonic clock.

    Silence is counted from when the collector itself was able to listen, so a restart accuses nobody.
    """
    if not host.trusted:
        return Verdict.HELD
    if host.received is None:
        return Verdict.NEW
    if host.off:
        return Verdict.OFF
    quiet = now - max(host.received, healthy_since) if host.received >= 0 else float("inf")
    if quiet <= 2.5 * host.every:
        return Verdict.OK
    return Verdict.LATE if quiet <= silent_after(host.every) else Verdict.SILENT


def silent_after(every: float) -> float:
    """Return the seconds without a report after which a host is silent: five reports, and never under 3 minutes."""
    return max(5 * every, 180.0)
