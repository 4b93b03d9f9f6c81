"""How machines of FreeBSD, macOS, AIX and Windows are, under the names that the agent gives the same there."""

from collections.abc import Iterator

from driftvakt_collector.poll.ssh.health import GUESTS, Told, filesystems, loads
from driftvakt_collector.poll.ssh.parsers import bsd, cim, netstat_i
from driftvakt_collector.poll.ssh.parsers.number import whole
from driftvakt_collector.poll.ssh.series import Sample

_NETWORK = (
    ("Ibytes", "receive_bytes"), ("Ipkts", "receive_packets"), ("Ierrs", "receive_errs"), ("Idrop", "receive_drop"),
    ("Obytes", "transmit_bytes"), ("Opkts", "transmit_packets"), ("Oerrs", "transmit_errs"), ("Coll", "transmit_colls"),
)  # fmt: skip
_PAGES = (("free", "MemFree"), ("active", "active"), ("inactive", "inactive"), ("wired down", "wired"))
_FREEBSD_PAGES = (("free", "MemFree"), ("active", "active"), ("inactive", "inactive"), ("wire", "wired"))


def unix(told: Told) -> Iterator[Sample]:
    """Give the series of a FreeBSD, a macOS or an AIX."""
    yield from loads(told)
    control = bsd.parse_sysctl(told.get("sysctl", ""))
    yield "node_boot_time_seconds", (), bsd.boot_time(control)
    yield "node_memory_MemTotal_bytes", (), whole(control.get("hw.physmem", control.get("hw.memsize", "")))
    pages = bsd.parse_vm_stat(told.get("vm_stat", ""))
    names = _PAGES
    if not pages:
        names, size = _FREEBSD_PAGES, whole(control.get("hw.pagesize", "")) or 0
        pages = {
            one: count * size for one, _ in names
            if (count := whole(control.get(f"vm.stats.vm.v_{one}_count", ""))) is not None
        }  # fmt: skip
    for one, name in names:
        yield f"node_memory_{name}_bytes", (), pages.get(one)
    if "free" in pages and "inactive" in pages:
        yield "node_memory_MemAvailable_bytes", (), pages["free"] + pages["inactive"]
    for row in netstat_i.parse(told.get("netstat_i", "")):
        if row.is_link and not row.name.startswith(GUESTS):
            labels = (("device", row.name),)
            yield from ((f"node_network_{name}_total", labels, row.counters.get(column)) for column, name in _NETWORK)
            yield "node_network_mtu_bytes", labels, row.mtu
    yield from filesystems(told)


def windows(told: Told) -> Iterator[Sample]:
    """Give the series of a Windows."""
    for row in cim.parse(told.get("cim", ""))[:1]:
        total, free = cim.number(row, "TotalVisibleMemorySize"), cim.number(row, "FreePhysicalMemory")
        yield "node_memory_MemTotal_bytes", (), None if total is None else total * 1024
        # Free there is what programs can have, the pages that only remember files among it.
        for name in ("MemFree", "MemAvailable"):
            yield f"node_memory_{name}_bytes", (), None if free is None else free * 1024
        yield "node_boot_time_seconds", (), cim.moment(row, "LastBootUpTime")
    for row in cim.parse(told.get("volumes", "")):
        drive = cim.text(row, "DeviceID")
        size, free = cim.number(row, "Size"), cim.number(row, "FreeSpace")
        if drive and size and free is not None:
            place = drive + "\\"
            labels = (("device", place), ("fstype", cim.text(row, "FileSystem")), ("mountpoint", place))
            yield "node_filesystem_size_bytes", labels, size
            yield "node_filesystem_free_bytes", labels, free
            yield "node_filesystem_avail_bytes", labels, free


def windows_up(told: Told) -> float | None:
    """Return for how long a Windows runs, None where it does not say."""
    for row in cim.parse(told.get("cim", ""))[:1]:
        now, start = cim.moment(row, "LocalDateTime"), cim.moment(row, "LastBootUpTime")
        if now is not None and start is not None and now >= start:
            return now - start
    return None
