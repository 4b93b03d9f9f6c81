"""How full each file system of a local disk is.

Example of what psutil returns:
    sdiskpart(device='C:\\\\', mountpoint='C:\\\\', fstype='NTFS', opts='rw,fixed')
    sdiskpart(device='/dev/disk3s5', mountpoint='/System/Volumes/Data', fstype='apfs', opts='rw,local,journaled')
"""

from collections.abc import Iterator

from driftvakt_agent.host import Host
from driftvakt_agent.probes.portable.source import ask, members, number, or_no_data, psutil_or, text
from driftvakt_agent.sample import Sample

_NO_STORAGE = frozenset(("", "autofs", "devfs", "nullfs", "CDFS", "UDF"))
_NOT_LOCAL = frozenset(("remote", "cdrom"))
# macOS mounts five volumes of its own beside the one with the data; a folder of a user is named after its owner.
_OUT, _BUT = ("/System/Volumes/", "/private/var/vm/", "/Users/"), "/System/Volumes/Data"


def collect(_: Host, source: object | None = None) -> Iterator[Sample]:
    return or_no_data(_collect(psutil_or(source)), "no file system of a local disk")


def _collect(source: object) -> Iterator[Sample]:
    seen = set()
    for partition in members(ask(source, "disk_partitions", all=False)):
        device, mountpoint, fstype = (text(partition, name) for name in ("device", "mountpoint", "fstype"))
        options = frozenset(text(partition, "opts").split(","))
        if fstype in _NO_STORAGE or options & _NOT_LOCAL or mountpoint in seen or _is_left_out(mountpoint):
            continue
        seen.add(mountpoint)
        labels = (("device", device), ("fstype", fstype), ("mountpoint", mountpoint))
        yield Sample("node_filesystem_readonly", float("ro" in options), labels)
        usage = ask(source, "disk_usage", mountpoint)
        total, free = number(usage, "total"), number(usage, "free")
        yield Sample("node_filesystem_device_error", float(total is None or free is None), labels)
        if total is not None and free is not None:
            yield Sample("node_filesystem_size_bytes", total, labels)
            yield Sample("node_filesystem_free_bytes", free, labels)
            yield Sample("node_filesystem_avail_bytes", free, labels)


def _is_left_out(mountpoint: str) -> bool:
    return mountpoint.startswith(_OUT) and mountpoint != _BUT
