"""The probes that go through psutil: with the real one, and with ones that lack, fail and lie."""

import math
from collections.abc import Callable
from importlib import import_module
from types import SimpleNamespace
from typing import Any

import pytest
from probing import shown

from driftvakt_agent.host import Host
from driftvakt_agent.probes import PROBES
from driftvakt_agent.sample import NoData
from driftvakt_wire.names import family

MEASURED = ("cpu", "load", "memory", "stat", "filesystem", "disk", "network", "processes", "users", "thermal", "power")
THING = SimpleNamespace


def probe(name: str) -> Any:
    return import_module(f"driftvakt_agent.probes.portable.{name}")


def psutil_like(**functions: Callable[..., object]) -> THING:
    return THING(**functions)


def test_every_line_of_the_table_has_a_module() -> None:
    for one in PROBES:
        if one.other:
            assert callable(import_module(one.module("win32")).collect)


@pytest.mark.parametrize("name", [*MEASURED, "time", "uname"])
def test_this_machine(name: str) -> None:
    try:
        samples = list(probe(name).collect(Host()))
    except NoData:
        return

    assert samples
    assert shown(samples)
    for sample in samples:
        declared = family(sample.name)
        assert declared is not None
        assert set(dict(sample.labels)) <= set(declared.labels)
        assert math.isfinite(sample.value)
        assert sample.value >= 0


@pytest.mark.parametrize("name", ["memory", "stat", "cpu"])
def test_what_one_rule_on_the_whole_fleet_needs_is_there(name: str) -> None:
    needed = {
        "memory": ("node_memory_MemTotal_bytes", "node_memory_MemAvailable_bytes"),
        "stat": ("node_boot_time_seconds",),
        "cpu": ('node_cpu_seconds_total{cpu="0",mode="idle"}',),
    }

    series = shown(probe(name).collect(Host()))

    for one in needed[name]:
        assert series[one] > 0


def fail(*_: object, **__: object) -> object:
    raise RuntimeError("GetLastError 0")


@pytest.mark.parametrize("name", MEASURED)
@pytest.mark.parametrize(
    "function",
    [
        pytest.param(None, id="lacks the function"),
        pytest.param(fail, id="raises"),
        pytest.param(lambda *_, **__: None, id="returns None"),
        pytest.param(lambda *_, **__: "text", id="returns something else"),
        pytest.param(lambda *_, **__: {"a": None, 3: object()}, id="returns a mapping of nothing"),
        pytest.param(lambda *_, **__: [None, object(), "x"], id="returns a list of nothing"),
        pytest.param(lambda *_, **__: THING(total="1", percent=math.nan), id="returns no numbers"),
    ],
)
def test_no_psutil_gets_a_probe_off_its_feet(name: str, function: Callable[..., object] | None) -> None:
    calls = ("cpu_times", "getloadavg", "virtual_memory", "swap_memory", "boot_time", "cpu_stats", "disk_partitions",
             "disk_usage", "disk_io_counters", "net_io_counters", "net_if_stats", "pids", "users",
             "sensors_temperatures", "sensors_battery")  # fmt: skip
    source = THING() if function is None else psutil_like(**dict.fromkeys(calls, function))

    try:
        samples = list(probe(name).collect(Host(), source))
    except NoData:
        return
    # Three things in a list are three users or processes, and a load is read where there are three numbers.
    assert name in ("users", "processes", "load")
    assert all(math.isfinite(sample.value) for sample in samples)


def test_windows_counts_interrupts_as_kernel_time() -> None:
    times = [THING(user=10.0, system=8.0, idle=80.0, interrupt=1.5, dpc=0.5)]

    assert shown(probe("cpu").collect(Host(), psutil_like(cpu_times=lambda percpu: times))) == {
        'node_cpu_seconds_total{cpu="0",mode="idle"}': 80,
        'node_cpu_seconds_total{cpu="0",mode="irq"}': 1.5,
        'node_cpu_seconds_total{cpu="0",mode="softirq"}': 0.5,
        'node_cpu_seconds_total{cpu="0",mode="system"}': 6,
        'node_cpu_seconds_total{cpu="0",mode="user"}': 10,
    }


def part(device: str, mountpoint: str, fstype: str, opts: str) -> THING:
    return THING(device=device, mountpoint=mountpoint, fstype=fstype, opts=opts)


def test_file_systems_of_a_windows_machine() -> None:
    partitions = [
        part("C:\\", "C:\\", "NTFS", "rw,fixed"),
        part("D:\\", "D:\\", "", "cdrom"),
        part("E:\\", "E:\\", "UDF", "ro,cdrom"),
        part("H:\\", "H:\\", "NTFS", "rw,remote"),
        part("F:\\", "F:\\", "exFAT", "ro,removable"),
    ]

    def disk_usage(path: str) -> object:
        if path == "F:\\":
            raise PermissionError(21, "The device is not ready")
        return THING(total=1000, used=400, free=600)

    source = psutil_like(disk_partitions=lambda **_: partitions, disk_usage=disk_usage)

    assert shown(probe("filesystem").collect(Host(), source)) == {
        'node_filesystem_readonly{device="C:\\",fstype="NTFS",mountpoint="C:\\"}': 0,
        'node_filesystem_device_error{device="C:\\",fstype="NTFS",mountpoint="C:\\"}': 0,
        'node_filesystem_size_bytes{device="C:\\",fstype="NTFS",mountpoint="C:\\"}': 1000,
        'node_filesystem_free_bytes{device="C:\\",fstype="NTFS",mountpoint="C:\\"}': 600,
        'node_filesystem_avail_bytes{device="C:\\",fstype="NTFS",mountpoint="C:\\"}': 600,
        'node_filesystem_readonly{device="F:\\",fstype="exFAT",mountpoint="F:\\"}': 1,
        'node_filesystem_device_error{device="F:\\",fstype="exFAT",mountpoint="F:\\"}': 1,
    }


def test_file_systems_of_a_mac() -> None:
    partitions = [
        part("/dev/disk3s1s1", "/", "apfs", "ro,local,rootfs"),
        part("devfs", "/dev", "devfs", "rw,local"),
        part("/dev/disk3s6", "/System/Volumes/VM", "apfs", "rw,local"),
        part("/dev/disk3s5", "/System/Volumes/Data", "apfs", "rw,local"),
        part("//anna@srv/home", "/Users/anna/srv", "smbfs", "rw"),
    ]
    source = psutil_like(disk_partitions=lambda **_: partitions, disk_usage=lambda path: THING(total=2, free=1))

    series = shown(probe("filesystem").collect(Host(), source))

    assert [key for key in series if "size_bytes" in key] == [
        'node_filesystem_size_bytes{device="/dev/disk3s1s1",fstype="apfs",mountpoint="/"}',
        'node_filesystem_size_bytes{device="/dev/disk3s5",fstype="apfs",mountpoint="/System/Volumes/Data"}',
    ]
    assert not any("anna" in key for key in series)


def test_disks_tell_seconds() -> None:
    counters = THING(read_count=1, write_count=2, read_bytes=3, write_bytes=4, read_time=5500, write_time=6)
    source = psutil_like(disk_io_counters=lambda perdisk, nowrap: {"PhysicalDrive0": counters})

    series = shown(probe("disk").collect(Host(), source))

    assert series['node_disk_read_time_seconds_total{device="PhysicalDrive0"}'] == 5.5
    assert series['node_disk_written_bytes_total{device="PhysicalDrive0"}'] == 4


def test_an_interface_that_carries_nothing_is_left_out_on_a_workstation() -> None:
    quiet, busy = THING(bytes_recv=0, bytes_sent=0), THING(bytes_recv=7, bytes_sent=9)
    state = THING(isup=True, speed=1000, mtu=1500)
    source = psutil_like(
        net_io_counters=lambda pernic, nowrap: {"utun0": quiet, "en0": busy},
        net_if_stats=lambda: {"utun0": state, "en0": state},
    )

    assert shown(probe("network").collect(Host(profile="workstation"), source)) == {
        'node_network_receive_bytes_total{device="en0"}': 7,
        'node_network_transmit_bytes_total{device="en0"}': 9,
        'node_network_up{device="en0"}': 1,
        'node_network_speed_bytes{device="en0"}': 125_000_000,
        'node_network_mtu_bytes{device="en0"}': 1500,
    }
    assert len(shown(probe("network").collect(Host(), source))) == 10


def test_users_are_a_count() -> None:
    people = [THING(name="anna"), THING(name="bo")]

    samples = list(probe("users").collect(Host(), psutil_like(users=lambda: people)))

    assert shown(samples) == {"driftvakt_users_logged_in": 2}


@pytest.mark.parametrize(
    ("battery", "expected"),
    [
        pytest.param(THING(percent=87, secsleft=9800, power_plugged=False), {"capacity": 87, "online": 0, "left": 9800},
                     id="on battery"),
        pytest.param(THING(percent=100, secsleft=-2, power_plugged=True), {"capacity": 100, "online": 1}, id="plugged"),
        pytest.param(THING(percent=50, secsleft=-1, power_plugged=None), {"capacity": 50}, id="it does not know"),
    ],
)  # fmt: skip
def test_a_battery(battery: THING, expected: dict[str, float]) -> None:
    series = shown(probe("power").collect(Host(), psutil_like(sensors_battery=lambda: battery)))

    assert series.get('node_power_supply_capacity{power_supply="battery"}') == expected["capacity"]
    assert series.get('node_power_supply_online{power_supply="mains"}') == expected.get("online")
    left = series.get('node_power_supply_time_to_empty_seconds{power_supply="battery"}')
    assert left == expected.get("left")


def test_temperatures() -> None:
    source = psutil_like(sensors_temperatures=lambda: {"acpitz": [THING(current=41.5), THING(current=None)]})

    assert shown(probe("thermal").collect(Host(), source)) == {'node_thermal_zone_temp{type="acpitz",zone="0"}': 41.5}
