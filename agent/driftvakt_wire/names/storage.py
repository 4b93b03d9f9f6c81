"""File systems and disks, under the names that node_exporter gave them."""

from driftvakt_wire.names.family import COUNTER, GAUGE, INFO, Family

_MOUNT = ("device", "fstype", "mountpoint")
_DISK = ("device",)

FAMILIES: tuple[Family, ...] = (
    Family("node_filesystem_size_bytes", GAUGE, "bytes", _MOUNT, "Filesystem size in bytes."),
    Family("node_filesystem_free_bytes", GAUGE, "bytes", _MOUNT, "Filesystem free space in bytes."),
    Family(
        "node_filesystem_avail_bytes",
        GAUGE,
        "bytes",
        _MOUNT,
        "Filesystem space available to non-root users in bytes.",
    ),
    Family("node_filesystem_files", GAUGE, "", _MOUNT, "Filesystem total file nodes."),
    Family("node_filesystem_files_free", GAUGE, "", _MOUNT, "Filesystem total free file nodes."),
    Family("node_filesystem_readonly", GAUGE, "", _MOUNT, "Filesystem read-only status."),
    Family(
        "node_filesystem_device_error",
        GAUGE,
        "",
        _MOUNT,
        "Whether an error occurred while getting statistics for the given device.",
    ),
    Family(
        "node_disk_reads_completed_total",
        COUNTER,
        "",
        _DISK,
        "The total number of reads completed successfully.",
    ),
    Family("node_disk_reads_merged_total", COUNTER, "", _DISK, "The total number of reads merged."),
    Family("node_disk_read_bytes_total", COUNTER, "bytes", _DISK, "The total number of bytes read successfully."),
    Family(
        "node_disk_read_time_seconds_total",
        COUNTER,
        "seconds",
        _DISK,
        "The total number of seconds spent by all reads.",
    ),
    Family(
        "node_disk_writes_completed_total",
        COUNTER,
        "",
        _DISK,
        "The total number of writes completed successfully.",
    ),
    Family("node_disk_writes_merged_total", COUNTER, "", _DISK, "The number of writes merged."),
    Family(
        "node_disk_written_bytes_total",
        COUNTER,
        "bytes",
        _DISK,
        "The total number of bytes written successfully.",
    ),
    Family(
        "node_disk_write_time_seconds_total",
        COUNTER,
        "seconds",
        _DISK,
        "This is the total number of seconds spent by all writes.",
    ),
    Family("node_disk_io_now", GAUGE, "", _DISK, "The number of I/Os currently in progress."),
    Family("node_disk_io_time_seconds_total", COUNTER, "seconds", _DISK, "Total seconds spent doing I/Os."),
    Family(
        "node_disk_io_time_weighted_seconds_total",
        COUNTER,
        "seconds",
        _DISK,
        "The weighted # of seconds spent doing I/Os.",
    ),
    Family(
        "node_disk_discards_completed_total",
        COUNTER,
        "",
        _DISK,
        "The total number of discards completed successfully.",
    ),
    Family("node_disk_discards_merged_total", COUNTER, "", _DISK, "The total number of discards merged."),
    Family(
        "node_disk_discarded_sectors_total",
        COUNTER,
        "",
        _DISK,
        "The total number of sectors discarded successfully.",
    ),
    Family(
        "node_disk_discard_time_seconds_total",
        COUNTER,
        "seconds",
        _DISK,
        "This is the total number of seconds spent by all discards.",
    ),
    Family(
        "node_disk_flush_requests_total",
        COUNTER,
        "",
        _DISK,
        "The total number of flush requests completed successfully.",
    ),
    Family(
        "node_disk_flush_requests_time_seconds_total",
        COUNTER,
        "seconds",
        _DISK,
        "This is the total number of seconds spent by all flush requests.",
    ),
    Family(
        "node_disk_info",
        INFO,
        "",
        ("device", "major", "minor", "model", "path", "revision", "serial", "wwn"),
        "Info of /sys/block/<block_device>.",
    ),
)

PREFIXES: tuple[Family, ...] = ()
