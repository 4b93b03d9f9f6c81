import os
import re
import threading
from pathlib import Path

import pytest
from probing import machine, shown

from driftvakt_agent.host import Host
from driftvakt_agent.probes import filesystem

# The default of --collector.filesystem.mount-points-exclude in node_exporter.
OUT = re.compile(r"^/(dev|proc|run/credentials/.+|sys|var/lib/docker/.+|var/lib/containers/storage/.+)($|/)")


@pytest.mark.parametrize(
    "mountpoint",
    [
        *("/", "/dev", "/dev/shm", "/developer", "/proc", "/process", "/proc/fs/nfsd", "/sys", "/sys/fs", "/system"),
        *("/run", "/run/lock", "/run/credentials", "/run/credentials/", "/run/credentials/x", "/run/credentials/x/y"),
        *("/var/lib/docker", "/var/lib/docker/", "/var/lib/docker/overlay2/x", "/var/lib/dockerå", "/srv/dev"),
        *("/var/lib/containers/storage", "/var/lib/containers/storage/a", "/home", "/mnt/räka"),
    ],
)
def test_the_same_mount_points_are_left_out_as_in_node_exporter(mountpoint: str) -> None:
    found = filesystem.parse(f"/dev/sda1 {mountpoint} ext4 rw 0 0\n")

    assert bool(found) != bool(OUT.match(mountpoint))


@pytest.mark.parametrize(
    ("escaped", "path"),
    [
        ("/mnt/delad\\040mapp", "/mnt/delad mapp"),
        ("/mnt/a\\011b\\012c", "/mnt/a\tb\nc"),
        ("/mnt/back\\134slash", "/mnt/back\\slash"),
        ("/mnt/back\\134040", "/mnt/back\\040"),
        ("/mnt/åäö", "/mnt/åäö"),
    ],
)
def test_escapes_of_mount_points(escaped: str, path: str) -> None:
    assert filesystem.unescape(escaped) == path


def test_the_numbers_are_those_of_statvfs(tmp_path: Path) -> None:
    host = machine(tmp_path, {"proc/1/mounts": "/dev/vda / ext4 rw,relatime 0 0\n"})

    series = shown(filesystem.collect(host))

    labels = '{device="/dev/vda",fstype="ext4",mountpoint="/"}'
    there = os.statvfs(tmp_path)
    assert len(series) == 7
    assert series[f"node_filesystem_size_bytes{labels}"] == there.f_blocks * there.f_frsize
    assert series[f"node_filesystem_files{labels}"] == there.f_files
    assert series[f"node_filesystem_readonly{labels}"] == 0
    assert series[f"node_filesystem_device_error{labels}"] == 0


def test_one_that_cannot_be_asked_is_an_error_and_no_more(tmp_path: Path) -> None:
    host = machine(tmp_path, {"proc/1/mounts": "/dev/sdb1 /not/there xfs ro,noatime 0 0\n"})

    labels = '{device="/dev/sdb1",fstype="xfs",mountpoint="/not/there"}'
    assert shown(filesystem.collect(host)) == {
        f"node_filesystem_readonly{labels}": 1,
        f"node_filesystem_device_error{labels}": 1,
    }


def test_servers_that_may_be_gone_are_asked_last(tmp_path: Path) -> None:
    mounts = (
        "//srv/g\\040m /mnt/a\\040b cifs rw 0 0\n"
        "srv:/export /mnt/nfs nfs4 rw 0 0\n"
        "me@srv: /mnt/ssh fuse.sshfs rw 0 0\n"
        "/dev/sda1 /boot vfat rw 0 0\n"
        "/dev/sdb1 /mnt/usb fuseblk rw 0 0\n"
        "tmpfs /tmp tmpfs rw 0 0\n"
    )
    host = machine(tmp_path, {"proc/1/mounts": mounts})

    samples = [sample for sample in filesystem.collect(host) if sample.name == "node_filesystem_device_error"]

    order = [dict(sample.labels)["mountpoint"] for sample in samples]
    assert order == ["/boot", "/mnt/usb", "/tmp", "/mnt/a b", "/mnt/nfs", "/mnt/ssh"]
    assert ("device", "//srv/g\\040m") in samples[3].labels


def test_a_server_that_hangs_is_an_error_and_asked_once(tmp_path: Path) -> None:
    host = machine(tmp_path, {"proc/1/mounts": "srv:/x /mnt/nfs nfs4 rw 0 0\n/dev/vda / ext4 rw 0 0\n"})
    asked: list[str] = []
    back = threading.Event()

    def statvfs(path: str) -> os.statvfs_result:
        asked.append(path)
        if path.endswith("/mnt/nfs"):
            back.wait()
        return os.statvfs(tmp_path)

    first = shown(filesystem.collect(host, statvfs, patience=0.01))
    second = shown(filesystem.collect(host, statvfs, patience=0.01))
    back.set()
    for thread in threading.enumerate():
        if thread.name.startswith("statvfs "):
            thread.join()
    third = shown(filesystem.collect(host, statvfs, patience=10))

    error = 'node_filesystem_device_error{device="srv:/x",fstype="nfs4",mountpoint="/mnt/nfs"}'
    size = 'node_filesystem_size_bytes{device="/dev/vda",fstype="ext4",mountpoint="/"}'
    assert [series[error] for series in (first, second, third)] == [1, 1, 0]
    assert all(series[size] > 0 for series in (first, second, third))
    assert len([path for path in asked if path.endswith("/mnt/nfs")]) == 2


def test_the_same_one_mounted_twice_is_one() -> None:
    twice = "/dev/sda1 / ext4 rw 0 0\n/dev/sda1 / ext4 ro 0 0\n"

    assert list(filesystem.parse(twice).values()) == [1]


def test_without_the_first_process_its_own_mounts_count(tmp_path: Path) -> None:
    host = machine(tmp_path, {"proc/self/mounts": "overlay / overlay rw 0 0\n/dev/sda1 /not/there ext4 rw 0 0\n"})

    assert len(list(filesystem.collect(host))) == 2


@pytest.mark.parametrize("text", ["", "\n", "/dev/sda1 /\n", "none\n"])
def test_odd_lines(text: str) -> None:
    assert filesystem.parse(text) == {}


def test_seen_from_a_container() -> None:
    labels = filesystem.parse("/dev/sda1 /host ext4 rw 0 0\n/dev/sda2 /host/home ext4 rw 0 0\n", root="/host")

    assert [dict(one)["mountpoint"] for one in labels] == ["/", "/home"]


def test_this_machine() -> None:
    series = shown(filesystem.collect(Host()))

    sizes = [value for key, value in series.items() if key.startswith("node_filesystem_size_bytes")]
    assert all(size >= 0 for size in sizes)
