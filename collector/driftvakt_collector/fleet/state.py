"""The fleet: every host by its origin, the series sets they share, and what a report does to them."""

from array import array
from collections.abc import Iterable

from driftvakt_collector.fleet.gaps import Gap, Time, explained, remember
from driftvakt_collector.fleet.host import RELAY, Host, Verdict, verdict
from driftvakt_collector.fleet.hour import Hour, spark_of
from driftvakt_collector.fleet.series import SeriesSet, SetError, SetRegistry
from driftvakt_collector.journal.line import Report
from driftvakt_collector.store.hosts import APPROVED, QUARANTINED, HostRow

_SHOWN = (APPROVED, QUARANTINED)
_LATE_SECONDS = 30.0
"""A relay whose lines are older than this was cut off."""


class Fleet:
    """Everything that is known now. healthy_since: monotonic second from which the collector could hear everybody.

    sites: the hosts that are shown to Prometheus, by zone and site. relays: the hosts of that class. outages: when the
    collector could not hear.
    cuts: by relay, when what it carried came late.
    """

    def __init__(self, rows: Iterable[HostRow], healthy_since: float) -> None:
        self.hosts: dict[str, Host] = {}
        self.sites: dict[tuple[str, str], list[Host]] = {}
        self.relays: dict[str, Host] = {}
        self.sets = SetRegistry()
        self.healthy_since = healthy_since
        self.outages: list[Time] = []
        self.cuts: dict[str, list[Time]] = {}
        for row in rows:
            self.enrol(row)

    def enrol(self, row: HostRow) -> Host:
        """Take a host in, or give the one that is there its new facts."""
        found = self.hosts.get(row.origin)
        if found is not None:
            self._leave(found)
            found.know(row)
            found.version += 1
            found.info_lines = None
        else:
            found = self.hosts[row.origin] = Host(row)
        if row.class_ == RELAY:
            self.relays[row.origin] = found
        if row.state in _SHOWN:
            self.sites.setdefault((found.zone, found.site), []).append(found)
        return found

    def has_relay_at(self, address: str) -> bool:
        """Say if a relay that is trusted reports from this address."""
        return any(relay.trusted and relay.address == address for relay in self.relays.values())

    def distrust(self, host: Host) -> None:
        """Take no more of a host's lines, before the store says so too."""
        host.state, host.trusted = QUARANTINED, False
        host.version += 1

    def late(self, via: str, age: float, wall: float) -> None:
        """Remember that a relay's lines came late, so that holes of that time are known to be its."""
        if age > _LATE_SECONDS:
            remember(self.cuts.setdefault(via, []), wall - age, wall)

    def gaps(self, host: Host, wall: float) -> list[Gap]:
        """Return what is missing of a host, each with its cause, the newest epoch first."""
        if host.ledger.whole():
            return []
        cuts = self.cuts.get(host.via, []) if host.via else []
        relay = self.hosts.get(host.via) if host.via else None
        if relay is not None and relay.received is not None and wall - relay.received_wall > 2.5 * relay.every:
            cuts = [*cuts, Time(relay.received_wall, wall)]
        waiting = host.value("driftvakt_agent_spool_lines") > 0
        return [
            explained(epoch, hole, outages=self.outages, cuts=cuts, waiting=waiting, now=wall)
            for epoch, hole in host.ledger.holes()
        ]

    def verdict(self, host: Host, now: float) -> Verdict:
        """Say what a host's silence means at `now`, a monotonic second."""
        return verdict(host, now, self.healthy_since)

    def report(self, host: Host, report: Report, received: float, wall: float) -> None:
        """Make a report the host's newest. received: monotonic; wall: the same moment in seconds since the epoch."""
        quiet = wall - host.received_wall
        if quiet > 180.0 and quiet > 5 * host.every:
            host.streak = wall
        host.received = received
        host.received_wall = wall
        host.at = report.at
        host.up = report.up
        host.every = report.every
        host.off = False
        host.version += 1
        if report.sections:
            self._sections(host, report.sections)
        values: array[float] = report.values  # type: ignore[assignment]
        bound = host.series
        if bound is None or bound.digest != report.series:
            bound = self.sets.get(report.series)
            if bound is None:
                host.waiting = (report.series, values)
                return
        self._take(host, bound, values, wall)

    def bind(self, host: Host, digest: str, body: bytes, wall: float) -> SeriesSet:
        """Learn a series set, and use it if the host's newest report waits for it. Raises SetError."""
        bound = self.sets.add(digest, body)
        if host.waiting is not None and host.waiting[0] == digest:
            self._take(host, bound, host.waiting[1], wall)
        return bound

    def section(self, host: Host, name: str, digest: str, body: bytes) -> None:
        """Remember that this part of the host is known; `info` is kept at hand for the exposition."""
        host.have = {**(host.have or {}), name: digest}
        if host.want:
            host.want.pop(name, None)
        if name == "info":
            host.info, host.info_lines = body, None
            host.version += 1

    def _leave(self, host: Host) -> None:
        here = self.sites.get((host.zone, host.site))
        if here is not None and host in here:
            here.remove(host)

    def _sections(self, host: Host, sections: dict[str, str]) -> None:
        if sections == host.have:
            host.want = None
            return
        have = host.have or {}
        host.want = {name: digest for name, digest in sections.items() if have.get(name) != digest}

    def _take(self, host: Host, bound: SeriesSet, values: "array[float]", wall: float) -> None:
        host.waiting = None
        # What was rendered of the report before is no longer true, nor are its families.
        host.version += 1
        if len(values) != len(bound.names):
            return
        host.series = bound
        host.values = values
        if host.hour is None:
            host.hour = Hour()
        host.hour.add(wall, bound.spark or spark_of(bound), host.values)


__all__ = ["Fleet", "SetError"]
