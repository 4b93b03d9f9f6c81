"""What was read from and written to each disk since the start, and how long that took."""

from collections.abc import Iterator

from driftvakt_agent.host import Host
from driftvakt_agent.probes.portable.source import ask, entries, or_no_data, psutil_or, samples
from driftvakt_agent.sample import Sample

# psutil has milliseconds.
_FIELDS = (
    ("read_count", "node_disk_reads_completed_total", 1),
    ("write_count", "node_disk_writes_completed_total", 1),
    ("read_bytes", "node_disk_read_bytes_total", 1),
    ("write_bytes", "node_disk_written_bytes_total", 1),
    ("read_time", "node_disk_read_time_seconds_total", 1000),
    ("write_time", "node_disk_write_time_seconds_total", 1000),
)


def collect(_: Host, source: object | None = None) -> Iterator[Sample]:
    # nowrap would keep the last counters for ever, to mend counters of 32 bits that no platform has here.
    disks = ask(psutil_or(source), "disk_io_counters", perdisk=True, nowrap=False)
    found = (sample for device, one in entries(disks) for sample in samples(one, _FIELDS, (("device", device),)))
    return or_no_data(found, "this platform has no counters of its disks; on Windows `diskperf -y` turns them on")
