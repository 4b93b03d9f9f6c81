"""What servers, disk stations, hosts of virtual machines and cameras tell in their makers' own MIBs, held against

their recordings.
"""

import pytest
from recorded import made_up, recording, seen, series
from simulated import RECORDINGS

from driftvakt_collector.poll.snmp import facts
from driftvakt_collector.poll.snmp.driver import Value

recorded = pytest.mark.skipif(not RECORDINGS.is_dir(), reason=f"no recordings in {RECORDINGS}")
Series = dict[tuple[str, ...], float | None]
PART, WARM, FAN, WATTS = "part_ok", "sensor_celsius", "device_fan_rpm", "device_watts"
FAILING, LIFE, BAD, POOL = "device_disk_failing", "device_disk_life_ratio", "device_disk_bad_sectors", (
    "device_pool_used_ratio")  # fmt: skip
MEMORY = "device_memory_used_ratio"
NAMES = ("device_", "part_ok", "sensor_", "guest_")


def told_by(name: str) -> Series:
    return series(seen(recording(name)), *NAMES)


def known(told: Series) -> Series:
    return {key: value for key, value in told.items() if value is not None}


def drac(told: dict[str, Value]) -> Series:
    return series(seen(made_up("674.10892.5", "", {f"674.10892.{oid}": value for oid, value in told.items()})), *NAMES)


def ilo(told: dict[str, Value]) -> Series:
    made = {f"232.{oid}": value for oid, value in told.items()}
    return series(seen(made_up("232.9.4.11", "Integrated Lights-Out 5 2.44 May 13 2021", made)), *NAMES)


def dsm(told: dict[str, Value]) -> Series:
    made = {f"6574.{oid}": value for oid, value in told.items()}
    return series(seen(made_up("8072.3.2.10", "Linux nas0 3.2.101 #42962 Mon May 29 14:34:16 CST 2023 armv7l", made)),
                  *NAMES)  # fmt: skip


def nas(told: dict[str, Value]) -> Series:
    made = {f"50536.{oid}": value for oid, value in told.items()}
    return series(seen(made_up("50536.3.1", "TrueNAS-13.0-U6.1. Hardware: amd64", made)), *NAMES)


def linux(told: dict[str, Value]) -> Series:
    made = {f"2021.{oid}": value for oid, value in told.items()}
    return series(seen(made_up("8072.3.2.10", "Linux srv 6.1.0-18-amd64 #1 SMP Debian x86_64", made)), *NAMES)


@recorded
def test_an_idrac() -> None:
    disks = [f"Disk {n} in Backplane 1 of Integrated RAID Controller 1" for n in (0, 1, 2, 3, 4, 5, 6, 12, 13, 7)]
    rpm = (6240, 6240, 6360, 6360, 6360, 6480)

    assert known(told_by("drac_r540")) == pytest.approx({
        (PART, "system", "system"): 1, (PART, "casing", "casing 1.1"): 1, (PART, "power supply", "PS1 Status"): 1,
        (PART, "power supply", "PS2 Status"): 1, (PART, "battery", "PERC1 ROMB Battery"): 1,
        **{(PART, "fan", f"System Board Fan{n}"): 1 for n in range(1, 7)},
        **{(FAN, f"System Board Fan{n}"): turns for n, turns in enumerate(rpm, 1)},
        (WARM, "CPU1 Temp"): 46, (WARM, "CPU2 Temp"): 46, (WARM, "System Board Inlet Temp"): 23,
        (WARM, "System Board Exhaust Temp"): 32, (WATTS, "System Board Pwr Consumption"): 198,
        (PART, "processor", "CPU.Socket.1"): 1, (PART, "processor", "CPU.Socket.2"): 1,
        **{(PART, "memory module", f"DIMM.Socket.{slot}"): 1 for slot in ("A1", "A2", "B1", "B2")},
        (PART, "controller", "Integrated RAID Controller 1"): 1,
        **{(PART, "disk", disk): 1 for disk in disks}, **{(FAILING, disk): 0 for disk in disks},
        (LIFE, disks[7]): 0.99, (LIFE, disks[8]): 0.99,
        **{(PART, "RAID", f"Virtual Disk {n} on Integrated RAID Controller 1"): 1 for n in (0, 1, 2)},
    })  # fmt: skip


def test_an_idrac_of_a_server_that_is_not_well() -> None:
    disk, raid = "5.5.1.20.130.4.1", "5.5.1.20.140.1.1"
    assert drac({
        "2.2.1.0": 5, "5.4.600.12.1.5.1.1": 5, "5.4.600.12.1.8.1.1": b"PS1 Status", "5.4.600.12.1.5.1.2": 2,
        "5.4.700.12.1.5.1.1": 4, "5.4.700.12.1.6.1.1": 0, "5.4.1100.50.1.5.1.3": 6, "5.4.600.50.1.5.1.1": 4,
        "5.4.600.30.1.6.1.1": 8, "5.4.600.30.1.7.1.1": 23, f"{disk}.24.1": 4, f"{disk}.31.1": 1, f"{disk}.49.1": 3,
        f"{disk}.55.1": b"Disk 0", f"{raid}.4.1": 4, f"{raid}.4.2": 1, f"{raid}.4.3": 3,
    }) == pytest.approx({
        (PART, "system", "system"): 0, (PART, "power supply", "PS1 Status"): 0,
        (PART, "power supply", "power supply 1.2"): None, (PART, "fan", "fan 1.1"): 0, (FAN, "fan 1.1"): 0,
        (PART, "memory module", "memory module 1.3"): 0, (PART, "battery", "battery 1.1"): 0,
        (PART, "disk", "Disk 0"): 0, (FAILING, "Disk 0"): 1, (LIFE, "Disk 0"): 0.03,
        (PART, "RAID", "RAID 1"): 0, (PART, "RAID", "RAID 2"): None, (PART, "RAID", "RAID 3"): 0,
    })  # fmt: skip


def test_an_ilo() -> None:
    disk = "3.2.5.1.1"
    found = ilo({
        "6.1.3.0": 3, "6.2.15.3.0": 84, "1.2.2.1.1.6.0": 2, "1.2.2.1.1.6.1": 4, "3.2.2.1.1.6.0": 2,
        "3.2.3.1.1.11.0.1": 3, f"{disk}.37.0.0": 2, f"{disk}.37.0.1": 4, f"{disk}.57.0.0": 2, f"{disk}.57.0.1": 3,
        f"{disk}.64.0.0": b"Port 1I Box 1 Bay 1", f"{disk}.64.0.1": b"Port 1I Box 1 Bay 2", f"{disk}.70.0.0": 31,
        f"{disk}.70.0.1": 0, "6.2.6.7.1.9.0.1": 2, "6.2.6.7.1.9.0.2": 1, "6.2.6.8.1.4.0.1": 21, "6.2.6.8.1.4.0.2": 0,
        "6.2.9.3.1.4.0.1": 2, "6.2.9.3.1.4.0.2": 4, "6.2.14.13.1.13.0": b"PROC 1 DIMM 3", "6.2.14.13.1.20.0": 2,
        "6.2.17.2.1.4.0.1": 3,
    })  # fmt: skip

    assert found == {
        (PART, "system", "system"): 0, (WATTS, "system"): 84, (PART, "processor", "processor 0"): 1,
        (PART, "processor", "processor 1"): 0, (PART, "controller", "controller 0"): 1, (PART, "RAID", "RAID 0.1"): 0,
        (PART, "disk", "Port 1I Box 1 Bay 1"): 1, (PART, "disk", "Port 1I Box 1 Bay 2"): 0,
        (FAILING, "Port 1I Box 1 Bay 1"): 0, (FAILING, "Port 1I Box 1 Bay 2"): 1, (WARM, "Port 1I Box 1 Bay 1"): 31,
        (PART, "fan", "fan 0.1"): 1, (PART, "fan", "fan 0.2"): None, (WARM, "sensor 0.1"): 21,
        (PART, "power supply", "power supply 0.1"): 1, (PART, "power supply", "power supply 0.2"): 0,
        (PART, "memory module", "PROC 1 DIMM 3"): 1, (PART, "battery", "battery 0.1"): 0,
    }  # fmt: skip


def test_the_nameplate_of_an_ilo() -> None:
    told: dict[str, Value] = {"232.2.2.4.2.0": b"ProLiant DL380 Gen10", "232.2.2.2.1.0": b"CZJ1234567 "}
    visited = seen(made_up("232.9.4.11", "Integrated Lights-Out 5 2.44 May 13 2021", told))

    assert (facts.model(visited)[0], facts.serial(visited)) == ("ProLiant DL380 Gen10", "CZJ1234567")


@recorded
def test_a_disk_station() -> None:
    assert known(told_by("dsm_ds214se-dsm7")) == {
        (PART, "system", "system"): 1, (PART, "power supply", "power"): 1, (PART, "fan", "system fan"): 1,
        (PART, "fan", "processor fan"): 1, (WARM, "system"): 34, ("device_update_available",): 0,
        (PART, "disk", "Disk 1"): 1, (PART, "disk", "Disk 2"): 1, (WARM, "Disk 1"): 31, (WARM, "Disk 2"): 33,
        (BAD, "Disk 1"): 0, (BAD, "Disk 2"): 511, (FAILING, "Disk 1"): 0, (FAILING, "Disk 2"): 0,
        (PART, "RAID", "Volume 1"): 1, (PART, "RAID", "Storage Pool 1"): 1,
    }  # fmt: skip


@pytest.mark.parametrize(("status", "expected"), [
    (1, 1), (2, 0), (8, 1), (11, 0), (12, 0), (13, 1), (18, 1), (21, None), (0, 0), (99, 0),
])  # fmt: skip
def test_what_a_raid_of_a_disk_station_does_while_it_is_whole(status: int, expected: float | None) -> None:
    assert dsm({"3.1.1.2.0": b"Volume 1", "3.1.1.3.0": status}) == {(PART, "RAID", "Volume 1"): expected}


def test_a_disk_station_that_is_not_well() -> None:
    told: dict[str, Value] = {
        "1.1.0": 2, "1.2.0": 0, "1.4.1.0": 2, "1.5.4.0": 1, "2.1.1.2.0": b"Disk 1", "2.1.1.2.1": b"Cache 1",
        "2.1.1.5.0": 5, "2.1.1.5.1": 2, "2.1.1.6.0": 0, "2.1.1.9.0": -1, "2.1.1.11.1": 7, "2.1.1.13.0": 4,
        "2.1.1.13.1": 1,
    }  # fmt: skip

    assert known(dsm(told)) == pytest.approx({
        (PART, "system", "system"): 0, (PART, "fan", "system fan"): 0, ("device_update_available",): 1,
        (PART, "disk", "Disk 1"): 0, (PART, "disk", "Cache 1"): 1, (LIFE, "Cache 1"): 0.07, (FAILING, "Disk 1"): 1,
        (FAILING, "Cache 1"): 0,
    })  # fmt: skip


def test_whether_there_is_newer_software_may_not_be_known() -> None:
    assert dsm({"1.5.4.0": 4}) == {("device_update_available",): None}


@recorded
def test_a_freenas() -> None:
    assert told_by("truenas_11-3") == pytest.approx({
        (PART, "pool", "freenas-boot"): 1, (POOL, "freenas-boot"): 262291 / 12976128,
    })  # fmt: skip


def test_the_same_columns_mean_something_else_in_a_truenas() -> None:
    told: dict[str, Value] = {
        "1.1.1.1.2.1": b"tank", "1.1.1.1.3.1": b"ONLINE", "1.1.1.1.4.1": 4000, "1.1.1.1.5.1": 3900, "1.1.1.1.7.1": 9,
        "1.1.1.1.2.2": b"spare", "1.1.1.1.3.2": b"DEGRADED", "1.1.1.1.7.2": 0, "3.1.2.1": b"ada0", "3.1.3.1": 31000,
        "3.1.2.2": b"ada1", "3.1.3.2": 0,
    }  # fmt: skip

    assert nas(told) == {(PART, "pool", "tank"): 1, (PART, "pool", "spare"): 0, (WARM, "ada0"): 31}


def test_a_pool_of_a_freenas_that_is_degraded_and_full() -> None:
    told: dict[str, Value] = {"1.1.1.1.2.1": b"tank", "1.1.1.1.3.1": 4096, "1.1.1.1.4.1": 100, "1.1.1.1.5.1": 95,
                              "1.1.1.1.7.1": 1}  # fmt: skip

    assert nas(told) == pytest.approx({(PART, "pool", "tank"): 0, (POOL, "tank"): 0.95})


@recorded
def test_an_esxi_and_its_machines() -> None:
    visited = seen(recording("vmware-esxi"))
    found = series(visited, *NAMES)
    running = [key[1] for key, value in found.items() if key[0] == "guest_running" and value]
    machines = facts.sections(visited)["virtual_machines"]

    assert found[MEMORY, "Real Memory"] == pytest.approx(98305080 / 201290968)
    # The recording has no names: all of them are "<private>".
    assert found["guest_running", "<private>"] == 0
    assert found["guest_memory_bytes", "<private> (7642)"] == 16384 * 1024 * 1024
    assert found["guest_cpus", "<private> (7092)"] == 2
    assert (len(running), sum(key[0] == "guest_running" for key in found)) == (29, 32)
    assert machines.columns == ["name", "kind", "uuid", "memory_bytes", "cpus"]


def test_the_machines_of_an_esxi_in_the_inventory() -> None:
    table = "6876.2.1.1"
    told: dict[str, Value] = {
        f"{table}.2.7": b"web01", f"{table}.5.7": 4096, f"{table}.6.7": b"suspended", f"{table}.9.7": 2,
        f"{table}.10.7": b"420b8b04-70bb-c0c8-0493-2707cfbf399e", f"{table}.2.8": b"db01",
        f"{table}.5.8": 2147483647, f"{table}.6.8": b"powered on", f"{table}.9.8": b"many",
    }  # fmt: skip
    visited = seen(made_up("6876.4.1", "VMware ESXi 7.0.0 build-15843807 VMware, Inc. x86_64", told))

    machines = facts.sections(visited)["virtual_machines"]

    assert [dict(zip(machines.columns, row, strict=True)) for row in machines.rows] == [
        {"name": "db01", "kind": "vmware", "uuid": "", "memory_bytes": None, "cpus": None},
        {"name": "web01", "kind": "vmware", "uuid": "420b8b04-70bb-c0c8-0493-2707cfbf399e",
         "memory_bytes": 4294967296, "cpus": 2},
    ]  # fmt: skip
    assert known(series(visited, "guest")) == {
        ("guest_running", "web01"): 0, ("guest_running", "db01"): 1, ("guest_memory_bytes", "web01"): 4294967296,
        ("guest_cpus", "web01"): 2,
    }  # fmt: skip


@recorded
def test_a_windows_server_tells_its_memory_and_a_linux_one_not_with_its_caches() -> None:
    assert told_by("windows_svr_2019_1809") == {(MEMORY, "Physical Memory"): pytest.approx(59527 / 262127)}
    assert told_by("sd_slackware") == {}


def test_what_an_administrator_has_net_snmp_look_after() -> None:
    assert linux({
        "2.1.2.1": b"sshd", "2.1.100.1": 0, "2.1.2.2": b"nginx", "2.1.100.2": 1, "8.1.2.1": b"raid", "8.1.100.1": 2,
        "9.1.2.1": b"/srv", "9.1.100.1": 1, "13.16.2.1.2.1": b"Core 0", "13.16.2.1.3.1": 41000,
        "13.16.2.1.2.2": b"AUXTIN", "13.16.2.1.3.2": 0, "13.16.3.1.2.1": b"fan1", "13.16.3.1.3.1": 1205,
        "13.16.2.1.3.3": 4294967295,
    }) == {
        (PART, "process", "sshd"): 1, (PART, "process", "nginx"): 0, (PART, "script", "raid"): 0,
        (PART, "file system", "/srv"): 0, (WARM, "Core 0"): 41, (WARM, "sensor 3"): None, (FAN, "fan1"): 1205,
    }  # fmt: skip


@recorded
def test_a_camera() -> None:
    well: Series = {(PART, "temperature", f"sensor 1.{n}"): 1 for n in (1, 2, 3)}

    assert told_by("axiscam_box") == {
        **well,
        (WARM, "sensor 1.1"): 47, (WARM, "sensor 1.2"): 55, (WARM, "sensor 1.3"): 44,
    }  # fmt: skip


def test_a_camera_that_was_opened_and_gets_hot() -> None:
    video = "368.4.1"
    told: dict[str, Value] = {f"{video}.2.1.3.2.1": 2, f"{video}.3.1.3.1.1": 3, f"{video}.6.1.2.1": b"Housing",
                              f"{video}.6.1.3.1": 2, f"{video}.8.1.3.1": 2}  # fmt: skip

    assert series(seen(made_up("368.1.1", "AXIS Q1700", told)), *NAMES) == {
        (PART, "fan", "fan 2.1"): 0, (PART, "temperature", "sensor 1.1"): 0, (PART, "casing", "Housing"): 0,
    }  # fmt: skip


def test_others_are_not_asked_for_what_is_not_theirs() -> None:
    told: dict[str, Value] = {"674.10892.2.2.1.0": 5, "232.6.1.3.0": 4, "6574.1.1.0": 2, "50536.1.1.1.1.3.1": b"GONE",
                              "6876.2.1.1.6.1": b"powered on", "368.4.1.1.1.3.1.1": 2}  # fmt: skip

    assert series(seen(made_up("9.1.634", "Cisco IOS Software, C3560 Software", told)), *NAMES) == {}


@pytest.mark.parametrize(("object_id", "descr", "root", "most"), [
    ("674.10892.5", "", "674.10892.5.4.700.12.1", 40), ("674.10892.5", "", "674.10892.5.5.1.20.130.4.1", 60),
    ("232.9.4.11", "Integrated Lights-Out 5 2.44", "232.3.2.5.1.1", 75), ("232.9.4.11", "", "232.6.2.6.8.1", 9),
    ("50536.3.1", "TrueNAS-13.0", "50536.1.1.1.1", 16), ("6876.4.1", "VMware ESXi 7.0.0", "6876.2.1.1", 11),
    ("8072.3.2.10", "Linux nas0 3.2.101 #42962 x armv7l", "6574.2.1.1", 14), ("368.1.1", "", "368.4.1.3.1", 5),
    ("8072.3.2.10", "Linux srv 6.1.0 #1 SMP Debian", "2021.13.16.2.1", 4),
])  # fmt: skip
@pytest.mark.parametrize("value", [b"\xff" * 300, "1.3.6.1", -1, 1 << 80, float("nan")], ids=str)
def test_nonsense_in_every_column_is_no_trouble(object_id: str, descr: str, root: str, most: int, value: Value) -> None:
    told = {f"{root}.{one}.{at}": value for one in range(1, most) for at in ("1", "1.1")}
    visited = seen(made_up(object_id, descr, told))

    found = series(visited, *NAMES)

    assert [(key, one) for key, one in found.items() if one is not None and not 0 <= one <= 1] == []
    assert facts.sections(visited)
