"""How a Linux machine is, as series with the names of node_exporter."""

import re
from collections.abc import Iterator, Mapping

from driftvakt_collector.poll.ssh.parsers import df, free, mount, os_release, proc, sysfs, systemctl, uname, uptime
from driftvakt_collector.poll.ssh.parsers.number import whole
from driftvakt_collector.poll.ssh.series import Sample

Told = Mapping[str, str]
"""What each command wrote, by its name; those that told nothing are not there."""

GUESTS = ("veth", "vnet", "tap", "cali", "lxc")
"""Ends of containers and guests, made anew at each of their starts."""
_TICKS_A_SECOND = 100
"""USER_HZ: the kernel's promise to programs, whatever rate it ticks at itself."""
_MODES = ("user", "nice", "system", "idle", "iowait", "irq", "softirq", "steal")
_COUNTS = (("intr", "node_intr_total"), ("ctxt", "node_context_switches_total"), ("processes", "node_forks_total"),
           ("btime", "node_boot_time_seconds"), ("procs_running", "node_procs_running"),
           ("procs_blocked", "node_procs_blocked"))  # fmt: skip
_NETWORK = tuple(
    f"node_network_{one}_total"
    for one in (
        *("receive_bytes", "receive_packets", "receive_errs", "receive_drop", "receive_fifo", "receive_frame"),
        *("receive_compressed", "receive_multicast", "transmit_bytes", "transmit_packets", "transmit_errs"),
        *("transmit_drop", "transmit_fifo", "transmit_colls", "transmit_carrier", "transmit_compressed"),
    )
)
_MS, _SECTOR = 0.001, 512
_DISK: tuple[tuple[str, float], ...] = (
    ("reads_completed_total", 1), ("reads_merged_total", 1), ("read_bytes_total", _SECTOR),
    ("read_time_seconds_total", _MS), ("writes_completed_total", 1), ("writes_merged_total", 1),
    ("written_bytes_total", _SECTOR), ("write_time_seconds_total", _MS), ("io_now", 1), ("io_time_seconds_total", _MS),
    ("io_time_weighted_seconds_total", _MS), ("discards_completed_total", 1), ("discards_merged_total", 1),
    ("discarded_sectors_total", 1), ("discard_time_seconds_total", _MS), ("flush_requests_total", 1),
    ("flush_requests_time_seconds_total", _MS),
)  # fmt: skip
_NO_DISK = re.compile(r"(?:z?ram|loop|fd|(?:h|s|v|xv)d[a-z]|nvme\d{1,4}n\d{1,4}p)\d{1,4}")
"""What node_exporter leaves out: memory and partitions."""
_NO_STORAGE = frozenset(
    (
        *("autofs", "binfmt_misc", "bpf", "cgroup", "cgroup2", "configfs", "debugfs", "devfs", "devpts", "devtmpfs"),
        *("fusectl", "hugetlbfs", "iso9660", "mqueue", "nsfs", "overlay", "proc", "procfs", "pstore", "rpc_pipefs"),
        *(
            "securityfs",
            "selinuxfs",
            "squashfs",
            "sysfs",
            "tracefs",
            "nullfs",
            "fdescfs",
            "linprocfs",
            "ahafs",
            "cdrfs",
        ),
    )
)
_OUT = ("/dev/", "/proc/", "/sys/", "/run/credentials/", "/var/lib/docker/", "/var/lib/containers/storage/",
        "/System/Volumes/", "/private/var/vm/")  # fmt: skip
_OS = ("build_id", "id", "id_like", "image_id", "image_version", "name", "pretty_name", "variant", "variant_id",
       "version", "version_codename", "version_id")  # fmt: skip
_STATES = ("active", "activating", "deactivating", "failed", "inactive")
_MEGABIT = 125_000


def linux(told: Told) -> Iterator[Sample]:
    """Give the series of a Linux machine."""
    yield from loads(told)
    yield from _memory(told)
    yield from _stat(told)
    for device, numbers in proc.parse_net_dev(told.get("net_dev", "")).items():
        if not device.startswith(GUESTS):
            yield from ((name, (("device", device),), one) for name, one in zip(_NETWORK, numbers, strict=True))
    yield from _set_up(told)
    for device, (_, _, numbers) in proc.parse_diskstats(told.get("diskstats", "")).items():
        if not _NO_DISK.fullmatch(device):
            for (name, factor), one in zip(_DISK, numbers, strict=False):
                # Divided, where the factor is a thousandth: 4.324 s, not 4.324000000000001.
                yield f"node_disk_{name}", (("device", device),), one / 1000 if factor == _MS else one * int(factor)
    yield from filesystems(told)
    yield from _units(told)
    yield from _names(told)


def seconds_up(told: Told) -> float | None:
    """Return for how long a machine runs, None where it does not say."""
    exact = proc.parse_uptime(told.get("uptime_seconds", ""))
    if exact is not None:
        return exact
    found = uptime.parse(told.get("uptime", ""))
    return None if found is None else float(found.seconds)


def loads(told: Told) -> Iterator[Sample]:
    """Give how busy a machine is."""
    found = uptime.parse(told.get("uptime", ""))
    spoken = found.loads if found is not None else None
    for name, load in zip(("node_load1", "node_load5", "node_load15"), _loads(told) or spoken or (), strict=False):
        yield name, (), load


def filesystems(told: Told) -> Iterator[Sample]:
    """Give how full each local file system is, and whether it can be written to."""
    mounts = {one.mountpoint: one for one in _mounts(told)}
    files = {one.mountpoint: one for one in df.parse(told.get("df_inodes", ""))}
    for one in df.parse(told.get("df", told.get("df_all", ""))):
        there = mounts.get(one.mountpoint)
        kind = there.type if there is not None else one.type
        if kind in _NO_STORAGE or not one.size or one.mountpoint == "/dev" or one.mountpoint.startswith(_OUT):
            continue
        labels = (("device", one.device), ("fstype", kind), ("mountpoint", one.mountpoint))
        if there is not None:
            yield "node_filesystem_readonly", labels, int(bool({"ro", "read-only"} & set(there.options)))
        yield "node_filesystem_size_bytes", labels, one.size
        yield "node_filesystem_free_bytes", labels, None if one.used is None else max(one.size - one.used, 0)
        yield "node_filesystem_avail_bytes", labels, one.available
        inodes = files.get(one.mountpoint)
        if inodes is not None and inodes.files:
            yield "node_filesystem_files", labels, inodes.files
            yield "node_filesystem_files_free", labels, inodes.files_free
        elif one.files_used is not None and one.files_free is not None:
            yield "node_filesystem_files", labels, one.files_used + one.files_free
            yield "node_filesystem_files_free", labels, one.files_free


def _mounts(told: Told) -> list[mount.Mount]:
    return mount.parse_proc(told["mounts"]) if "mounts" in told else mount.parse(told.get("mount", ""))


def _loads(told: Told) -> list[float]:
    return proc.parse_loadavg(told.get("loadavg", ""))


def _memory(told: Told) -> Iterator[Sample]:
    found = proc.parse_meminfo(told.get("meminfo", ""))
    for name, (number, is_kibibytes) in found.items():
        # Spelled as node_exporter does: Active(anon) is Active_anon.
        plain = name.removesuffix(")").replace("(", "_")
        if plain.replace("_", "a").isalnum():
            yield f"node_memory_{plain}{'_bytes' * is_kibibytes}", (), number * (1024 if is_kibibytes else 1)
    if found:
        return
    rows = free.parse(told.get("free", ""))
    for row, column, name in (
        ("Mem", "total", "MemTotal"), ("Mem", "free", "MemFree"), ("Mem", "available", "MemAvailable"),
        ("Mem", "buffers", "Buffers"), ("Swap", "total", "SwapTotal"), ("Swap", "free", "SwapFree"),
    ):  # fmt: skip
        yield f"node_memory_{name}_bytes", (), rows.get(row, {}).get(column)


def _stat(told: Told) -> Iterator[Sample]:
    found = proc.parse_stat(told.get("stat", ""))
    for line, ticks in found.items():
        if line.startswith("cpu") and line != "cpu":
            cpu = ("cpu", line[3:])
            for mode, spent in zip(_MODES, ticks, strict=False):
                yield "node_cpu_seconds_total", (cpu, ("mode", mode)), spent / _TICKS_A_SECOND
            for mode, spent in zip(("user", "nice"), ticks[len(_MODES) :], strict=False):
                yield "node_cpu_guest_seconds_total", (cpu, ("mode", mode)), spent / _TICKS_A_SECOND
    for line, name in _COUNTS:
        if line in found:
            yield name, (), found[line][0]


def _set_up(told: Told) -> Iterator[Sample]:
    for device, files in sysfs.parse(told.get("net_class", "")).items():
        if device.startswith(GUESTS):
            continue
        labels = (("device", device),)
        if "operstate" in files:
            yield "node_network_up", labels, int(files["operstate"] == "up")
        yield "node_network_mtu_bytes", labels, whole(files.get("mtu", ""))
        speed = whole(files.get("speed", ""))
        # -1 where it is not known: a virtual interface, or no cable.
        yield "node_network_speed_bytes", labels, None if speed is None or speed < 0 else speed * _MEGABIT


def _units(told: Told) -> Iterator[Sample]:
    units = systemctl.parse_units(told["systemctl"]) if "systemctl" in told else []
    for state in _STATES if units else ():
        yield "node_systemd_units", (("state", state),), sum(one.active == state for one in units)


def _names(told: Told) -> Iterator[Sample]:
    kernel = uname.parse(told.get("uname", ""))
    if kernel is not None:
        labels = (("domainname", "(none)"), ("machine", kernel.machine), ("nodename", kernel.node),
                  ("release", kernel.release), ("sysname", kernel.kernel), ("version", kernel.version))  # fmt: skip
        yield "node_uname_info", labels, 1
    release = os_release.parse(told.get("os_release", ""))
    if release:
        yield "node_os_info", tuple((name, release.get(name.upper(), "")) for name in _OS), 1
