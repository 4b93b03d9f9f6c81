"""psutil reads the same kernel in its own way: where it has the same number, both agree on this machine."""

import sys
from collections.abc import Callable

import psutil
import pytest
from probing import shown

from driftvakt_agent.host import Host
from driftvakt_agent.probes import cpu, disk, memory, network, processes, stat

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="the probes of Linux")

HOST = Host()
WORKSTATION = Host(profile="workstation")
TRIES = 20


def agree(measure: Callable[[], dict[str, float]], theirs: Callable[[], float], key: str) -> None:
    """Assert that psutil's number lies between what we measure before and after; other programs may disturb one try."""
    for _ in range(TRIES):
        before, number, after = measure()[key], theirs(), measure()[key]
        if min(before, after) <= number <= max(before, after):
            return
    pytest.fail(f"{key}: {before} before, {number} in psutil, {after} after")


@pytest.mark.parametrize("mode", ["user", "nice", "system", "idle", "iowait", "irq", "softirq", "steal"])
def test_time_of_the_processors(mode: str) -> None:
    key = f'node_cpu_seconds_total{{cpu="all",mode="{mode}"}}'

    agree(lambda: shown(cpu.collect(WORKSTATION)), lambda: float(getattr(psutil.cpu_times(), mode)), key)


@pytest.mark.parametrize(
    ("key", "field"),
    [
        ("MemTotal", "total"),
        ("MemAvailable", "available"),
        ("MemFree", "free"),
        ("Buffers", "buffers"),
        ("Active", "active"),
        ("Inactive", "inactive"),
        ("Shmem", "shared"),
        ("Slab", "slab"),
    ],
)
def test_memory(key: str, field: str) -> None:
    agree(
        lambda: shown(memory.collect(HOST)),
        lambda: float(getattr(psutil.virtual_memory(), field)),
        f"node_memory_{key}_bytes",
    )


def test_swap() -> None:
    agree(lambda: shown(memory.collect(HOST)), lambda: float(psutil.swap_memory().total), "node_memory_SwapTotal_bytes")


@pytest.mark.parametrize(
    ("key", "field", "factor"),
    [
        ("reads_completed_total", "read_count", 1),
        ("writes_completed_total", "write_count", 1),
        ("read_bytes_total", "read_bytes", 1),
        ("written_bytes_total", "write_bytes", 1),
        ("read_time_seconds_total", "read_time", 1000),
        ("write_time_seconds_total", "write_time", 1000),
        ("io_time_seconds_total", "busy_time", 1000),
    ],
)
def test_disks(key: str, field: str, factor: int) -> None:
    ours = {name for name in psutil.disk_io_counters(perdisk=True) if not disk.is_part_or_memory(name)}
    if not ours:
        pytest.skip("no disk on this machine")

    for name in ours:
        agree(
            lambda: shown(disk.collect(HOST)),
            lambda: getattr(psutil.disk_io_counters(perdisk=True)[name], field) / factor,  # noqa: B023  called at once
            f'node_disk_{key}{{device="{name}"}}',
        )


@pytest.mark.parametrize(
    ("key", "field"),
    [
        ("receive_bytes_total", "bytes_recv"),
        ("transmit_bytes_total", "bytes_sent"),
        ("receive_packets_total", "packets_recv"),
        ("transmit_packets_total", "packets_sent"),
        ("receive_errs_total", "errin"),
        ("transmit_errs_total", "errout"),
        ("receive_drop_total", "dropin"),
        ("transmit_drop_total", "dropout"),
    ],
)
def test_interfaces(key: str, field: str) -> None:
    for name in psutil.net_io_counters(pernic=True):
        agree(
            lambda: shown(network.collect(HOST)),
            lambda: float(getattr(psutil.net_io_counters(pernic=True)[name], field)),  # noqa: B023  called at once
            f'node_network_{key}{{device="{name}"}}',
        )


def test_whether_an_interface_is_set_up() -> None:
    series = shown(network.collect(HOST))

    for name, state in psutil.net_if_stats().items():
        assert series[f'node_network_mtu_bytes{{device="{name}"}}'] == state.mtu


@pytest.mark.parametrize("host", [HOST, WORKSTATION], ids=["server", "workstation"])
def test_processes(host: Host) -> None:
    agree(lambda: shown(processes.collect(host)), lambda: float(len(psutil.pids())), "node_processes_pids")


def test_boot() -> None:
    assert shown(stat.collect(HOST))["node_boot_time_seconds"] == psutil.boot_time()
