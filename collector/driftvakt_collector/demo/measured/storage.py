"""File systems and disks."""

from collections.abc import Iterator

from driftvakt_collector.demo.asset import Asset, Fault
from driftvakt_collector.demo.course import DAY
from driftvakt_collector.demo.measured.key import Key, key, linux
from driftvakt_collector.demo.models import Volume
from driftvakt_collector.demo.work import Work

FILL_SECONDS = 8 * 3600.0
_PORTABLE = ("node_disk_reads_completed_total", "node_disk_writes_completed_total", "node_disk_read_bytes_total",
             "node_disk_written_bytes_total", "node_disk_read_time_seconds_total",
             "node_disk_write_time_seconds_total")  # fmt: skip
_LINUX = ("node_disk_io_now", "node_disk_io_time_seconds_total", "node_disk_io_time_weighted_seconds_total")
_SPACE = ("size_bytes", "free_bytes", "avail_bytes")
_STATE = ("readonly", "device_error")
_FILES = ("files", "files_free")


def keys(asset: Asset) -> Iterator[Key]:
    for volume in asset.model.volumes:
        for name in _SPACE + _STATE + (_FILES if linux(asset) else ()):
            labels = {"device": volume.device, "fstype": volume.fstype, "mountpoint": volume.mountpoint}
            yield key(f"node_filesystem_{name}", **labels)
    for disk in asset.model.disks:
        for name in _PORTABLE + (_LINUX if linux(asset) else ()):
            yield key(name, device=disk)


def values(asset: Asset, work: Work) -> Iterator[float]:
    for place, volume in enumerate(asset.model.volumes):
        used = used_share(asset, place, work.day)
        kept = 0.05 if volume.fstype == "ext4" else 0.0
        free = int(volume.size * (1.0 - used)) // 4096 * 4096
        yield volume.size
        yield free
        yield max(0, free - int(volume.size * kept))
        yield 0.0
        yield 0.0
        if linux(asset):
            files = 0 if volume.fstype == "vfat" else volume.size // 16384
            yield files
            yield int(files * (1.0 - 0.4 * used))
    for place in range(len(asset.model.disks)):
        yield from _traffic(asset, work, place)


def used_share(asset: Asset, place: int, day: float) -> float:
    """Return how full a file system is: it grows by the day, and by the quarter somebody tidies up."""
    volume = asset.model.volumes[place]
    if volume.fstype == "vfat":
        return 0.012
    if asset.fault is Fault.FILLING and volume is fullest(asset):
        return 0.62 + 0.372 * ((day + asset.number % FILL_SECONDS) % FILL_SECONDS / FILL_SECONDS)
    traits = asset.traits
    part = ((asset.number >> (6 * place)) & 63) / 63
    quarter = (day / DAY + 90 * traits.shift) % 90 / 90
    return 0.15 + 0.3 * part + 0.25 * traits.disk + 0.12 * traits.age * quarter


def fullest(asset: Asset) -> Volume:
    """Return the file system that fills up where one does: the last, which holds the data."""
    return asset.model.volumes[-1]


def _traffic(asset: Asset, work: Work, place: int) -> Iterator[float]:
    busy = (0.3 + asset.traits.disk) * (1.0 if place else 0.4)
    reads = busy * (1.5 * work.up + 30 * work.rhythm + 4 * work.bursts + 350 * work.night)
    writes = busy * (3.0 * work.up + 20 * work.rhythm + 5 * work.bursts + 40 * work.night)
    slow = asset.fault is Fault.SLOW_DISK and place == len(asset.model.disks) - 1
    # A read of a slow disk takes longer; what it can carry in a second is then nearly all used.
    patience = 6.0 if slow else 1.0
    yield int(reads)
    yield int(writes)
    yield int(reads * 24576) // 512 * 512
    yield int(writes * 16384) // 512 * 512
    yield round(reads * 0.0008 * patience, 3)
    yield round(writes * 0.0012 * patience, 3)
    if linux(asset):
        yield int(work.bursts_now * patience / 3)
        # No disk is busy for longer than there was time.
        used = min(0.0009 * (reads + writes) + (0.55 * work.up if slow else 0.0), work.up)
        yield round(used, 3)
        yield round(used * (1.4 + patience / 4), 3)
