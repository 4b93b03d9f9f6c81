import re
from pathlib import Path

import pytest
from probing import VM, machine, shown

from driftvakt_agent.probes import disk

# The default of --collector.diskstats.device-exclude in node_exporter.
OUT = re.compile(r"^(z?ram|loop|fd|(h|s|v|xv)d[a-z]|nvme\d+n\d+p)\d+$")

UDEV = (
    "S:disk/by-id/wwn-0x5\nI:1234\nE:ID_MODEL=Skåp_1\nE:ID_WWN=0x5=6\nE:ID_SERIAL=long_SHORT\nE:ID_SERIAL_SHORT=SHORT\n"
)


@pytest.mark.parametrize(
    "device",
    [
        *("ram0", "zram0", "loop7", "fd0", "hda1", "sda", "sda1", "sdz15", "sdaa1", "sda1p2", "vda", "vda3", "xvda1"),
        *("xvd1", "nvme0n1", "nvme0n1p1", "nvme12n3p10", "nvmen1p1", "nvme0np1", "nvme0n1p", "nvme0c0n1p1", "nvme1"),
        *("mmcblk0", "mmcblk0p1", "dm-0", "md127", "sr0", "nbd1", "rbd0", "loop", "0", "d1", "sd1", "drbd1", "sdå1"),
    ],
)
def test_the_same_are_left_out_as_in_node_exporter(device: str) -> None:
    assert disk.is_part_or_memory(device) == bool(OUT.match(device))


def test_a_server_tells_all_columns() -> None:
    series = shown(disk.collect(machine(VM)))

    assert len(series) == 18
    assert (
        series['node_disk_info{device="vda",major="254",minor="0",model="",path="",revision="",serial="",wwn=""}'] == 1
    )
    assert 'node_disk_flush_requests_time_seconds_total{device="vda"}' in series


def test_sectors_are_512_bytes_and_times_milliseconds() -> None:
    numbers = ["33526", "9228", "2373810", "8784", "11267", "22798", "3190632", "6494", "0", "4324", "15604"]

    series = shown(disk.parse(numbers, (("device", "vda"),), brief=False))

    assert list(series.values()) == [
        *(33526, 9228, 1215390720, 8.784, 11267, 22798, 1633603584, 6.494, 0, 4.324, 15.604),
    ]


def test_a_workstation_tells_five_numbers_of_whole_disks(tmp_path: Path) -> None:
    line = "33526 9228 2373810 8784 11267 22798 3190632 6494 0 4324 15604 4499 7 125128 262 1619 63"
    devices = ("nvme0n1", "mmcblk0p1", "dm-0", "sr0")
    files = {
        "proc/diskstats": "".join(f" 259 {at} {device} {line}\n" for at, device in enumerate(devices)),
        "sys/block/nvme0n1/device/model": "",
        "sys/block/dm-0/size": "",
        "sys/block/sr0/device/model": "",
    }

    series = shown(disk.collect(machine(tmp_path, files, profile="workstation")))

    assert series == {
        'node_disk_reads_completed_total{device="nvme0n1"}': 33526,
        'node_disk_read_bytes_total{device="nvme0n1"}': 1215390720,
        'node_disk_writes_completed_total{device="nvme0n1"}': 11267,
        'node_disk_written_bytes_total{device="nvme0n1"}': 1633603584,
        'node_disk_io_time_seconds_total{device="nvme0n1"}': 4.324,
    }


def test_what_udev_knows_of_a_disk(tmp_path: Path) -> None:
    files = {"proc/diskstats": "   8  0 sda 1 2\n", "run/udev/data/b8:0": UDEV}

    series = shown(disk.collect(machine(tmp_path, files)))

    udev = 'model="Skåp_1",path="",revision="",serial="SHORT",wwn="0x5=6"'
    assert series == {
        'node_disk_reads_completed_total{device="sda"}': 1,
        'node_disk_reads_merged_total{device="sda"}': 2,
        f'node_disk_info{{device="sda",major="8",minor="0",{udev}}}': 1,
    }


def test_a_machine_without_disks(tmp_path: Path) -> None:
    assert list(disk.collect(machine(tmp_path, {"proc/diskstats": "\n 8 0\n"}))) == []
