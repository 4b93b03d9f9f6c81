"""What evaluating rules costs a line: of a server with four hundred series, nearly all of which is well."""

import random
import time
from array import array
from collections.abc import Callable, Sequence

from driftvakt_collector.alert.alert import Severity
from driftvakt_collector.alert.rules import book
from driftvakt_collector.alert.rules.evaluator import Evaluator
from driftvakt_collector.alert.rules.rule import WINDOWED, Condition, Op, Rule
from driftvakt_collector.alert.words import Words
from driftvakt_collector.fleet.host import Host
from driftvakt_collector.fleet.series import SeriesSet
from driftvakt_collector.store.hosts import HostRow
from driftvakt_wire import encode
from driftvakt_wire.envelope import digest

SERIES = 400
_LINES = 20_000
_ROUNDS = 20
_HOSTS = 50
Key = tuple[str, tuple[tuple[str, str], ...]]


def measure(scale: float = 1.0) -> dict[str, object]:
    """Return the figures; each is the best of many rounds over fifty hosts: others on the machine can only add."""
    lines = max(2000, int(_LINES * scale))
    shipped = [rule for rule in book.load().rules if rule.subject in ("servers", "clocks", "watch", "hardware")]
    series = {name for name, _ in _keys()}
    ours = [rule for rule in shipped if rule.series in series]
    thirty = ours[:30]
    plain = [rule for rule in ours if rule.function not in WINDOWED]
    bare = [_bare(number) for number in range(20)]
    found: dict[str, object] = {
        "series a host": SERIES,
        "20 bare thresholds: µs a line": _cost(bare, lines, _still),
        "30 shipped rules, nothing changes: µs a line": _cost(thirty, lines, _still),
        "30 shipped rules, every series changes: µs a line": _cost(thirty, lines, _lively),
        "of these rules with a window": sum(rule.function in WINDOWED for rule in thirty),
        f"{len(plain)} shipped rules without windows: µs a line": _cost(plain, lines, _lively),
        f"{len(ours)} shipped rules that fit a server: µs a line": _cost(ours, lines, _still),
        "30 shipped rules, one fires and one forecasts: µs a line": _cost(thirty, lines, _one_fires),
        "80 shipped rules, a PC of 60 series: µs a line": _cost(book.load().rules, lines, _still, "workstation", 60),
        "kB a host that is kept, after six hours": _memory(thirty),
    }
    return found


def _bare(number: int) -> Rule:
    return Rule(f"Bare{number}", f"bare_{number}", Condition(Op.ABOVE, 90.0), Severity.WARNING, Words("", ""))


def _keys() -> list[Key]:
    """Return the series of a server with four file systems, eight cores and twenty units."""
    keys: list[Key] = [(f"bare_{number}", ()) for number in range(20)]
    keys += [(f"node_load{minutes}", ()) for minutes in (1, 5, 15)]
    keys += [(f"node_memory_{name}_bytes", ()) for name in (
        "MemTotal", "MemFree", "MemAvailable", "Buffers", "Cached", "SwapTotal", "SwapFree", "Dirty", "Active",
        "Inactive", "Slab", "Mapped", "Shmem", "PageTables", "CommitLimit", "Committed_AS",
    )]  # fmt: skip
    for mount in ("/", "/boot", "/srv", "/var"):
        disk = (("device", f"/dev/sda{mount}"), ("fstype", "ext4"), ("mountpoint", mount))
        for what in ("avail_bytes", "device_error", "files", "files_free", "free_bytes", "readonly", "size_bytes"):
            keys.append((f"node_filesystem_{what}", disk))
    keys += [(f"node_pressure_{what}_seconds_total", ()) for what in (
        "cpu_waiting", "io_stalled", "io_waiting", "memory_stalled", "memory_waiting",
    )]  # fmt: skip
    keys += [
        (name, ()) for name in (
            "node_vmstat_oom_kill", "node_filefd_allocated", "node_filefd_maximum", "node_processes_threads",
            "node_processes_max_threads", "node_nf_conntrack_entries", "node_nf_conntrack_entries_limit",
            "node_boot_time_seconds", "node_reboot_required", "node_timex_sync_status", "node_timex_maxerror_seconds",
            "node_timex_offset_seconds", "node_time_seconds", "driftvakt_agent_dropped_records_total",
            "driftvakt_agent_spool_writable",
        )
    ]  # fmt: skip
    keys += [("node_systemd_unit_state", (("name", f"unit{number}.service"), ("state", "failed"), ("type", "simple")))
             for number in range(20)]  # fmt: skip
    for device in ("eth0", "eth1", "lo"):
        for way in ("receive", "transmit"):
            keys += [(f"node_network_{way}_{what}_total", (("device", device),)) for what in ("errs", "drop", "bytes")]
    keys += [("driftvakt_updates_pending", (("manager", "apt"), ("security", one))) for one in ("no", "yes")]
    keys += [("driftvakt_probe_success", (("probe", f"probe{number}"),)) for number in range(24)]
    keys += [("driftvakt_part_ok", (("kind", "fan"), ("part", f"{number}"))) for number in range(4)]
    keys += [("driftvakt_check_state", (("check", f"check{number}"),)) for number in range(4)]
    for number in range(6):
        labels = (("chip", "platform_coretemp_0"), ("sensor", f"temp{number}"))
        keys += [("node_hwmon_temp_celsius", labels), ("node_hwmon_temp_crit_celsius", labels)]
    modes = ("user", "nice", "system", "idle", "iowait", "irq", "softirq", "steal")
    keys += [("node_cpu_seconds_total", (("cpu", str(cpu)), ("mode", mode))) for cpu in range(8) for mode in modes]
    while len(keys) < SERIES:
        keys.append((f"node_netstat_Filler_{len(keys)}", ()))
    return sorted(keys)


_WELL = {
    "node_filesystem_avail_bytes": 60.0, "node_filesystem_size_bytes": 100.0, "node_filesystem_files": 100.0,
    "node_filesystem_files_free": 60.0, "node_memory_MemTotal_bytes": 100.0, "node_memory_MemAvailable_bytes": 50.0,
    "node_memory_SwapTotal_bytes": 100.0, "node_memory_SwapFree_bytes": 90.0, "node_filefd_maximum": 1e6,
    "node_processes_max_threads": 1e5, "node_nf_conntrack_entries_limit": 1e5, "node_timex_sync_status": 1.0,
    "driftvakt_part_ok": 1.0,
    "driftvakt_probe_success": 1.0, "driftvakt_agent_spool_writable": 1.0, "node_hwmon_temp_celsius": 45.0,
    "node_hwmon_temp_crit_celsius": 100.0,
}  # fmt: skip


def _values(bound: SeriesSet) -> "array[float]":
    return array("d", [_WELL.get(name, 0.0) for name in bound.names])


Change = Callable[[SeriesSet, "array[float]", random.Random], "array[float]"]


def _still(_bound: SeriesSet, values: "array[float]", _pick: random.Random) -> "array[float]":
    return values[:]


def _lively(bound: SeriesSet, values: "array[float]", pick: random.Random) -> "array[float]":
    """Move what moves on a server that works: gauges wander, counters of bytes, time and pressure grow."""
    told = values[:]
    for position, name in enumerate(bound.names):
        if name.endswith("_total") and "errs" not in name and "dropped" not in name:
            told[position] += pick.random()
        elif name in ("node_filesystem_avail_bytes", "node_memory_MemAvailable_bytes", "node_hwmon_temp_celsius"):
            told[position] += pick.uniform(-0.1, 0.1)
    return told


def _one_fires(bound: SeriesSet, values: "array[float]", pick: random.Random) -> "array[float]":
    told = _lively(bound, values, pick)
    told[bound.index["node_filesystem_avail_bytes"][3]] = 1.0
    return told


def _hosts(class_: str, count: int) -> tuple[SeriesSet, list[Host]]:
    keys = _keys() if count == SERIES else random.Random(1).sample(_keys(), count)
    body = encode.series_set(keys, {})
    bound = SeriesSet(digest(body), body)
    hosts = [
        Host(HostRow(f"a-{number:016x}", 1, f"host-{number}", "adm", "F", "S", class_)) for number in range(_HOSTS)
    ]  # fmt: skip
    for host in hosts:
        host.series, host.values = bound, _values(bound)
    return bound, hosts


def _cost(
    rules: Sequence[Rule], lines: int, change: Change, class_: str = "server", count: int = SERIES
) -> float:  # fmt: skip
    """Return the microseconds that a line takes, without those of making its values."""
    bound, hosts = _hosts(class_, count)
    pick = random.Random(7)
    evaluator = Evaluator(rules)
    at = 1764000000.0
    took = []
    for number in range(_ROUNDS + 1):
        spent = 0.0
        for _ in range(lines // _HOSTS // _ROUNDS):
            at += 60.0
            told = [change(bound, host.values, pick) for host in hosts]
            for host, values in zip(hosts, told, strict=True):
                host.values = values
            began = time.perf_counter()
            for host in hosts:
                evaluator.line(host, at)
            spent += time.perf_counter() - began
        if number:
            took.append(spent / (lines // _HOSTS // _ROUNDS) / _HOSTS)
    return round(min(took) * 1e6, 2)


def _memory(rules: Sequence[Rule]) -> float:
    """Return what is kept of a host after six hours of lines, as the bytes of a dump that is not compressed."""
    bound, hosts = _hosts("server", SERIES)
    evaluator = Evaluator(rules)
    pick = random.Random(7)
    host = hosts[0]
    for number in range(400):
        host.values = _lively(bound, host.values, pick)
        evaluator.line(host, 1764000000.0 + 60 * number)
    tracks = evaluator._states[host.origin].tracks.values()
    return round(sum(len(part) for track in tracks for part in track.told()[1:]) / 1e3, 1)
