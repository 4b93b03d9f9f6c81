"""What was read from and written to each disk, and how long it took.

Example:
    $ cat /proc/diskstats
       7       0 loop0 0 0 0 0 0 0 0 0 0 0 0 0 0 0 0 0 0
     254       0 vda 33526 9228 2373810 8784 11267 22798 3190632 6494 0 4324 15604 4499 7 125128 262 1619 63
    $ cat /run/udev/data/b8:0
    E:ID_MODEL=TOSHIBA_KSDB4U86

Source: Documentation/admin-guide/iostats.rst of the kernel, udevadm(8).
"""

import os
from collections.abc import Iterator

from driftvakt_agent.host import Host, read_or_no_data, read_text
from driftvakt_agent.sample import Sample

# The kernel counts sectors of 512 bytes whatever the disk's own are, and milliseconds.
_SECTOR = 512
_MS = 1 / 1000

# Series, and what the kernel's number is multiplied with, in the order of the columns after the name. Linux 4.18 added
# the discards, 5.5 the flushes.
_COLUMNS: tuple[tuple[str, float], ...] = (
    ("node_disk_reads_completed_total", 1),
    ("node_disk_reads_merged_total", 1),
    ("node_disk_read_bytes_total", _SECTOR),
    ("node_disk_read_time_seconds_total", _MS),
    ("node_disk_writes_completed_total", 1),
    ("node_disk_writes_merged_total", 1),
    ("node_disk_written_bytes_total", _SECTOR),
    ("node_disk_write_time_seconds_total", _MS),
    ("node_disk_io_now", 1),
    ("node_disk_io_time_seconds_total", _MS),
    ("node_disk_io_time_weighted_seconds_total", _MS),
    ("node_disk_discards_completed_total", 1),
    ("node_disk_discards_merged_total", 1),
    ("node_disk_discarded_sectors_total", 1),
    ("node_disk_discard_time_seconds_total", _MS),
    ("node_disk_flush_requests_total", 1),
    ("node_disk_flush_requests_time_seconds_total", _MS),
)
# Major and minor number and name come before them.
_NAMES = 3
_WORKSTATION = (0, 2, 4, 6, 9)

# Label of node_disk_info, and the properties of udev that it is taken from, the first that is there.
_PROPERTIES = (
    ("model", ("ID_MODEL",)),
    ("path", ("ID_PATH",)),
    ("revision", ("ID_REVISION",)),
    # What is printed on the disk; else what udev has made of it; else what virtio has.
    ("serial", ("SCSI_IDENT_SERIAL", "ID_SERIAL_SHORT", "ID_SERIAL")),
    ("wwn", ("ID_WWN",)),
)


def collect(host: Host) -> Iterator[Sample]:
    brief = host.profile == "workstation"
    text = read_or_no_data(host.proc + "/diskstats", "no /proc/diskstats here")
    for line in text.splitlines():
        fields = line.split()
        if len(fields) < _NAMES:
            continue
        (major, minor, device), numbers = fields[:_NAMES], fields[_NAMES:]
        if is_part_or_memory(device) or (brief and not _is_whole(host.sys, device)):
            continue
        labels = (("device", device),)
        yield from parse(numbers, labels, brief=brief)
        if not brief:
            try:
                properties = read_text(f"{host.root}/run/udev/data/b{major}:{minor}")
            except OSError:
                properties = ""
            yield Sample("node_disk_info", 1, (*labels, ("major", major), ("minor", minor), *describe(properties)))


def parse(numbers: list[str], labels: tuple[tuple[str, str], ...], *, brief: bool) -> Iterator[Sample]:
    """Yield the columns of a line that this kernel has; the five that tell a busy disk where `brief`."""
    if brief:
        columns = [(_COLUMNS[at], numbers[at]) for at in _WORKSTATION if at < len(numbers)]
    else:
        columns = list(zip(_COLUMNS, numbers, strict=False))
    for (name, factor), number in columns:
        # Divided where the factor is a thousandth: 4.324 s, not 4.324000000000001.
        yield Sample(name, int(number) / 1000 if factor == _MS else int(number) * factor, labels)


def describe(properties: str) -> Iterator[tuple[str, str]]:
    """Yield the labels that udev's properties of a disk give; empty where it does not know."""
    known = dict(line[2:].partition("=")[::2] for line in properties.splitlines() if line.startswith("E:"))
    for label, names in _PROPERTIES:
        yield label, next((known[name] for name in names if known.get(name)), "")


def is_part_or_memory(device: str) -> bool:
    """Say if node_exporter leaves this one out: `^(z?ram|loop|fd|(h|s|v|xv)d[a-z]|nvme\\d+n\\d+p)\\d+$`."""
    stem = device.rstrip("0123456789")
    if stem == device:
        return False
    if stem in ("ram", "zram", "loop", "fd"):
        return True
    if stem.startswith("nvme"):
        controller, n, namespace = stem[4:-1].partition("n")
        return stem[-1] == "p" and bool(n) and controller.isdecimal() and namespace.isdecimal()
    return stem[:-1] in ("hd", "sd", "vd", "xvd") and "a" <= stem[-1] <= "z"


def _is_whole(sys: str, device: str) -> bool:
    # A partition is not in /sys/block; a mapped or memory disk has no device behind it; sr0 is a CD.
    return not device.startswith("sr") and os.path.exists(f"{sys}/block/{device}/device")
