"""Outputs of real commands from nine systems, held against what is known of each: a score a group, with every miss.

The expected values are those of jc. Each field of each of them counts, but for those that a group names as left out,
with the reason why. Where our rows have another form, it is the expectation's form that they are put into here.
"""

import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any

import as_jc
import as_jc_kernel
import pytest
from answering import RECORDINGS
from as_jc import Row

from driftvakt_collector.poll.ssh.text import plain

pytestmark = pytest.mark.skipif(not RECORDINGS.is_dir(), reason=f"no recordings in {RECORDINGS}")
LEAST = 0.98


@dataclass(frozen=True)
class Group:
    """rows: what we make of a recording, in jc's names. left_out: fields that we do not read, by the reason."""

    name: str
    files: tuple[str, ...]
    rows: Callable[[str], list[Row]]
    left_out: dict[str, str] = field(default_factory=dict)
    expected: Callable[[Any], list[Row]] = lambda told: told if isinstance(told, list) else [told]


CLOCK = "the time of day when it was asked"
DETAIL = "of no use to us"
IFCONFIG_LEFT_OUT = dict.fromkeys(
    ["flags", "options", "options_flags", "hw_address", "media", "media_flags", "nd6_options", "nd6_flags", "plugged",
     "vendor", "vendor_pn", "vendor_sn", "vendor_date", "module_temperature", "module_voltage", "lanes", "ipv6_scope"],
    DETAIL,
)  # fmt: skip
GROUPS = (
    Group("df", ("centos-7.7/df", "centos-7.7/df-h", "osx-10.14.6/df", "osx-10.14.6/df-h",
                 "generic/df-long-filesystem"), as_jc.of_df),
    Group("free", ("centos-7.7/free", "centos-7.7/free-w"), as_jc.of_free),
    Group("uptime", ("centos-7.7/uptime", "osx-10.14.6/uptime"), as_jc.of_uptime,
          dict.fromkeys(("time", "time_hour", "time_minute", "time_second"), CLOCK)
          | {"uptime": "the words, of which the seconds are made"}),
    Group("lsblk", ("centos-7.7/lsblk", "centos-7.7/lsblk-allcols"), as_jc.of_lsblk),
    Group("mount", ("centos-7.7/mount", "osx-10.14.6/mount", "osx-10.14.6/mount2", "aix-7.1/mount"), as_jc.of_mount),
    Group("passwd", ("centos-7.7/passwd", "osx-10.14.6/passwd"), as_jc.of_passwd),
    Group("group", ("centos-7.7/group", "osx-10.14.6/group"), as_jc.of_group),
    Group("uname", ("centos-7.7/uname-a", "osx-10.14.6/uname-a", "freebsd12/uname-a", "generic/uname-a"),
          as_jc.of_uname),
    Group("os-release", ("generic/os-release-centos", "generic/os-release-ubuntu"),
          as_jc.of_os_release),
    Group("rpm", ("centos-7.7/rpm-qi-package",), as_jc.of_rpm,
          dict.fromkeys(("build_epoch", "build_epoch_utc", "install_date_epoch", "install_date_epoch_utc"),
                        "times without a zone, which jc reads in its own")),
    Group("netstat", ("centos-7.7/netstat", "centos-7.7/netstat-sudo-lnp", "freebsd12/netstat-an",
                      "windows-10/netstat", "windows-10/netstat-an", "windows-10/netstat-aon"), as_jc.of_sockets,
          expected=lambda told: [one for one in told if one.get("kind", "network") == "network"]),
    Group("netstat -i", ("centos-7.7/netstat-i", "osx-10.14.6/netstat-i"), as_jc.of_netstat_i,
          expected=as_jc.without_stars),
    Group("ss", ("centos-7.7/ss-sudo-a",), as_jc.of_ss,
          expected=lambda told: [one for one in told if one["netid"] in ("tcp", "udp", "raw")]),
    Group("ifconfig", ("centos-7.7/ifconfig", "ubuntu-16.04/ifconfig", "osx-10.14.6/ifconfig", "osx-10.14.6/ifconfig2",
                       "freebsd12/ifconfig-extra-fields3"), as_jc.of_ifconfig, IFCONFIG_LEFT_OUT,
          as_jc.expected_ifconfig),
    Group("systemctl", ("centos-7.7/systemctl",), as_jc.of_units),
    Group("systemctl list-unit-files", ("centos-7.7/systemctl-luf",), as_jc.of_unit_files),
    Group("cpuinfo", ("linux-proc/cpuinfo2",), as_jc_kernel.of_cpuinfo,
          dict.fromkeys(("address_size_physical", "address_size_virtual", "cache_size_num", "cache_size_unit"),
                        "made by jc of other fields")),
    Group("meminfo", ("linux-proc/meminfo",), as_jc_kernel.of_meminfo),
    Group("loadavg", ("linux-proc/loadavg",), as_jc_kernel.of_loadavg,
          dict.fromkeys(("running", "available", "last_pid"), DETAIL)),
    Group("net/dev", ("linux-proc/net_dev",), as_jc_kernel.of_net_dev),
    Group("stat", ("linux-proc/stat",), as_jc_kernel.of_stat, expected=as_jc_kernel.expected_stat),
    Group("diskstats", ("linux-proc/diskstats",), as_jc_kernel.of_diskstats),
    Group("systeminfo", ("windows-10/systeminfo", "windows-10/systeminfo-hyperv", "windows-10/systeminfo-hyperv-utc"),
          as_jc_kernel.of_systeminfo,
          dict.fromkeys(("original_install_date_epoch", "original_install_date_epoch_utc", "system_boot_time_epoch",
                         "system_boot_time_epoch_utc"), "times in the country's form, which jc reads as American")),
    Group("ipconfig", ("windows-10/ipconfig", "windows-11/ipconfig", "windows-2008/ipconfig"), as_jc_kernel.of_ipconfig,
          dict.fromkeys(("extras", "lease_expires_epoch", "lease_expires_iso", "lease_obtained_epoch",
                         "lease_obtained_iso"), "times in the country's form"), as_jc_kernel.expected_ipconfig),
)  # fmt: skip


def misses(group: Group) -> Iterator[tuple[str, object, object] | None]:
    """Give None for each field that is right, else where it stands, what it should be and what we found."""
    for file in group.files:
        path = RECORDINGS / f"{file}.out"
        raw = (path if path.exists() else RECORDINGS / file).read_bytes()
        expected = group.expected(json.loads((RECORDINGS / f"{file}.json").read_text()))
        found = group.rows(plain(raw))
        if len(found) != len(expected):
            yield (f"{file}: rows", len(expected), len(found))
        for number, (want, got) in enumerate(zip(expected, found, strict=False)):
            for name, value in want.items():
                if name not in group.left_out:
                    same = got.get(name) == value
                    yield None if same else (f"{file} {number} {name}", value, got.get(name))


@pytest.mark.parametrize("group", [pytest.param(one, id=one.name) for one in GROUPS])
def test_recordings_are_read_as_they_are(group: Group) -> None:
    told = list(misses(group))
    missed = [one for one in told if one is not None]
    score = 1 - len(missed) / len(told)

    print(f"{group.name}: {len(told) - len(missed)} of {len(told)} fields, {score:.2%}")
    for where, want, got in missed:
        print(f"  missed {where}: {want!r}, found {got!r}")
    assert told
    assert score >= LEAST, missed[:20]
