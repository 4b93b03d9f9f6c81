"""The relay's own health as series: what is in a report, and its names."""

import resource
import time
from collections.abc import Iterable, Iterator

from driftvakt_collector.ingest.entrance import DoorCounts
from driftvakt_collector.relay.forward import Counts
from driftvakt_collector.relay.post import Post
from driftvakt_collector.relay.routes import Routes
from driftvakt_collector.relay.spool import Spool
from driftvakt_collector.relay.standing import Standing
from driftvakt_wire import RELEASE, encode
from driftvakt_wire.envelope import digest

Labels = tuple[tuple[str, str], ...]
Sample = tuple[str, Labels, float]

_STATUSES = (200, 207, 400, 401, 403, 408, 409, 413, 415, 422, 429, 431, 500, 503)
_REFUSED = (400, 409, 413, 415, 422)
_DROPPED = ("held", "closed", "damaged")


def samples(
    spool: Spool,
    door: DoorCounts,
    counts: Counts,
    post: Post,
    routes: Routes,
    standing: Standing,
    *,
    connections: int,
    oldest: float,
    polls: Iterable[Sample] = (),
) -> Iterator[Sample]:
    """Give the numbers of this moment, always in the same order. polls: of what the relay asks itself."""
    for name, lane in spool.lanes.items():
        yield "driftvakt_relay_spool_bytes", (("lane", name),), float(lane.size)
    for name, lane in spool.lanes.items():
        yield "driftvakt_relay_spool_lines", (("lane", name),), float(lane.lines)
    yield "driftvakt_relay_spool_limit_bytes", (), float(spool.limit)
    yield "driftvakt_relay_spool_oldest_seconds", (), round(oldest, 3)
    yield "driftvakt_relay_spool_full", (), float(bool(spool.trouble))
    yield "driftvakt_relay_disk_free_bytes", (), float(spool.free)
    yield "driftvakt_relay_received_lines_total", (), float(door.accepted)
    yield "driftvakt_relay_forwarded_lines_total", (), float(counts.forwarded)
    for status in _REFUSED:
        yield "driftvakt_relay_refused_lines_total", (("status", str(status)),), float(counts.refused.get(status, 0))
    for why in _DROPPED:
        yield "driftvakt_relay_dropped_lines_total", (("reason", why),), float(counts.dropped.get(why, 0))
    yield "driftvakt_relay_held_streams", (), float(len(standing.held))
    yield "driftvakt_relay_known_streams", (), float(len(standing.known))
    for status in _STATUSES:
        yield "driftvakt_relay_requests_total", (("status", str(status)),), float(door.requests.get(status, 0))
    yield "driftvakt_relay_connections", (), float(connections)
    journals = [lane.journal for lane in spool.lanes.values()]
    yield "driftvakt_relay_syncs_total", (), float(sum(one.commits for one in journals))
    yield "driftvakt_relay_sync_seconds_total", (), round(sum(one.commit_seconds for one in journals), 6)
    yield "driftvakt_relay_sync_failures_total", (), float(sum(one.failures for one in journals))
    for route in routes.routes:
        up = float(not route.error and route.answered > 0)
        yield "driftvakt_relay_upstream_up", (("upstream", route.url),), up
    yield "driftvakt_relay_deliveries_total", (), float(post.done)
    yield "driftvakt_relay_delivery_failures_total", (), float(post.failures)
    used = resource.getrusage(resource.RUSAGE_SELF)
    yield "driftvakt_relay_cpu_seconds_total", (), round(used.ru_utime + used.ru_stime, 3)
    yield "driftvakt_relay_resident_memory_bytes", (), float(_resident())
    yield from polls


def _resident() -> int:
    try:
        with open("/proc/self/statm", "rb") as file:
            return int(file.read().split()[1]) * resource.getpagesize()
    except (OSError, IndexError, ValueError):
        return 0


class Names:
    """The series set of the report and the `info` part, made again when they change."""

    def __init__(self, zone: str) -> None:
        self._zone = zone
        self._keys: list[tuple[str, Labels]] = []
        self._upstream: str | None = None
        self.set = self.info = b""
        self.set_digest = self.info_digest = ""

    def see(self, found: list[Sample], upstream: str) -> None:
        """Take the names of these samples, and the upstream that is used now."""
        keys = [(name, labels) for name, labels, _ in found]
        if keys != self._keys:
            self._keys = keys
            self.set = encode.series_set(keys, {})
            self.set_digest = digest(self.set)
        if upstream != self._upstream:
            self._upstream = upstream
            labels = (("upstream", upstream), ("version", RELEASE), ("zone", self._zone))
            self.info = encode.series_set([("driftvakt_relay_info", labels)], {})
            self.info_digest = digest(self.info)

    def wanted(self, marks: list[str]) -> list[bytes]:
        """Return the records of the parts that the upstream asked for."""
        records = []
        if self.set_digest in marks:
            records.append(encode.series(self.set_digest, self.set))
        if self.info_digest in marks:
            records.append(encode.section("info", self.info_digest, self.info))
        return records

    def report(self, found: list[Sample], at: float, every: float) -> bytes:
        """Return the report of these samples."""
        values = [value for _, _, value in found]
        up = round(time.clock_gettime(time.CLOCK_BOOTTIME), 3) if hasattr(time, "CLOCK_BOOTTIME") else time.monotonic()
        return encode.report(round(at, 3), up, every, self.set_digest, values, {"info": self.info_digest})
