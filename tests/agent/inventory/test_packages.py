"""Packages of other kinds, listening ports, and accounts."""

import sys
from pathlib import Path

import pytest
from probing import machine

from driftvakt_agent.host import Host
from driftvakt_agent.inventory import accounts, apk, pacman, rpm, snap, sockets
from driftvakt_agent.sample import NoData

APK = """\
C:Q1abc=
P:musl
V:1.2.4-r2
A:x86_64
S:389512
I:634880
T:the musl c library (libc) implementation
m:Timo Teräs <timo.teras@iki.fi>
F:lib
R:ld-musl-x86_64.so.1
a:0:0:755
Z:Q1xyz=

P:busybox
V:1.36.1-r5
A:x86_64
I:no number

C:Q1only
"""


def test_packages_of_alpine(tmp_path: Path) -> None:
    rows = apk.take(machine(tmp_path, {"lib/apk/db/installed": APK}))["packages"]

    assert rows == [
        {"source": "apk", "name": "musl", "architecture": "x86_64", "version": "1.2.4-r2", "publisher": "Timo Teräs",
         "size_bytes": 634880},
        {"source": "apk", "name": "busybox", "architecture": "x86_64", "version": "1.36.1-r5", "publisher": "",
         "size_bytes": None},
    ]  # fmt: skip


def test_packages_of_arch(tmp_path: Path) -> None:
    desc = "%NAME%\nfilesystem\n\n%VERSION%\n2018.8-1\n\n%ARCH%\nx86_64\n\n%SIZE%\n12288\n\n%LICENSE%\nGPL\nMIT\n\n"
    files = {
        "var/lib/pacman/local/ALPM_DB_VERSION": "9\n",
        "var/lib/pacman/local/filesystem-2018.8-1/desc": desc,
        "var/lib/pacman/local/broken-1/desc": "",
    }

    (row,) = pacman.take(machine(tmp_path, files))["packages"]

    assert (row["name"], row["version"], row["architecture"], row["size_bytes"]) == (
        "filesystem", "2018.8-1", "x86_64", 12288,
    )  # fmt: skip


def test_packages_of_rpm() -> None:
    rows = rpm.parse(
        "bash\t(none)\t5.1.8-6.el9\tx86_64\t7738634\tRocky Enterprise Software Foundation\n"
        "bind-libs\t32\t9.16.23-1.el9\tx86_64\t3\t(none)\n"
        "gpg-pubkey\t(none)\t350d275d-6279464b\t(none)\t0\t(none)\n"
        "a line that is none\n"
    )

    assert [(row["name"], row["version"], row["publisher"]) for row in rows] == [
        ("bash", "5.1.8-6.el9", "Rocky Enterprise Software Foundation"), ("bind-libs", "32:9.16.23-1.el9", ""),
    ]  # fmt: skip


def test_snaps_and_flatpaks(tmp_path: Path) -> None:
    app = "var/lib/flatpak/app/com.vscodium.codium"
    xml = "<component><releases><release version='1.52.1'/><release version='1.50'/></releases></component>"
    home = machine(
        tmp_path,
        {
            "snap/core22/current/meta/snap.yaml": "name: core22\nversion: '20240111'\nsummary: x\n  version: 9\n",
            "snap/broken/current/meta/snap.yaml": "- no: map\n",
            f"{app}/x86_64/stable/abc123/files/share/metainfo/com.vscodium.codium.metainfo.xml": xml,
        },
    )
    (tmp_path / app / "current").symlink_to("x86_64/stable")
    (tmp_path / app / "x86_64/stable/active").symlink_to("abc123")

    rows = snap.take(home)["packages"]

    assert [(row["source"], row["name"], row["version"], row["architecture"]) for row in rows] == [
        ("snap", "core22", "20240111", ""), ("flatpak", "com.vscodium.codium", "1.52.1", "x86_64"),
    ]  # fmt: skip


@pytest.mark.parametrize(
    "text",
    ["", "<a", "<a/>", '<!DOCTYPE x [<!ENTITY a "b">]><a/>', "<component><releases/></component>", "<" * 100_000],
)
def test_a_file_that_tells_no_release_has_none(text: str) -> None:
    assert snap.release(text) == ""


@pytest.mark.parametrize("reader", [apk, pacman, rpm, snap])
def test_a_machine_without_the_kind_has_none_of_it(tmp_path: Path, reader: object) -> None:
    with pytest.raises(NoData):
        reader.take(machine(tmp_path))  # type: ignore[attr-defined]


TCP = """\
  sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode
   0: 0100007F:0016 00000000:0000 0A 00000000:00000000 00:00000000 00000000     0        0 8172 1
   1: 0100007F:C350 0100007F:0016 01 00000000:00000000 00:00000000 00000000     0        0 8173 1
   2: nonsense:0016 00000000:0000 0A
"""
TCP_6 = """\
  sl  local_address                         remote_address                        st tx_queue rx_queue
   0: 00000000000000000000000000000000:01BB 00000000000000000000000000000000:0000 0A 00000000:00000000
   1: 000080FE00000000FF00FC0201000000:0050 00000000000000000000000000000000:0000 0A 00000000:00000000
"""
UDP = """\
  sl  local_address rem_address   st
   0: 00000000:0044 00000000:0000 07
   1: 00000000:EA60 00000000:0000 07
"""


@pytest.mark.skipif(sys.byteorder == "big", reason="the addresses are as a little-endian kernel writes them")
def test_ports_that_something_listens_on(tmp_path: Path) -> None:
    files = {"proc/net/tcp": TCP, "proc/net/tcp6": TCP_6, "proc/net/udp": UDP}

    rows = sockets.take(machine(tmp_path, files))["listening_sockets"]

    assert [(row["protocol"], row["address"], row["port"]) for row in rows] == [
        ("tcp", "127.0.0.1", 22), ("tcp", "::", 443), ("tcp", "fe80::2fc:ff:0:1", 80), ("udp", "0.0.0.0", 68),
    ]  # fmt: skip


PASSWD = """\
root:x:0:0:root:/root:/bin/bash
daemon:x:1:1::/usr/sbin:/usr/sbin/nologin
åsa:x:1000:1000:Åsa Öberg,,,:/home/åsa:/bin/sh
+::::::
broken
"""
GROUP = "sudo:x:27:bo,åsa\nempty:x:5:\nbroken:x\n"


def test_accounts_and_groups(tmp_path: Path) -> None:
    found = accounts.take(machine(tmp_path, {"etc/passwd": PASSWD, "etc/group": GROUP}))

    assert [(row["name"], row["uid"], row["full_name"], row["may_log_in"]) for row in found["local_users"]] == [
        ("root", 0, "root", True), ("daemon", 1, "", False), ("åsa", 1000, "Åsa Öberg", True),
    ]  # fmt: skip
    assert [(row["name"], row["members"]) for row in found["local_groups"]] == [("sudo", "bo, åsa"), ("empty", "")]


def test_accounts_stay_on_machines_of_the_schools(tmp_path: Path) -> None:
    machine(tmp_path, {"etc/passwd": PASSWD, "etc/group": GROUP})

    with pytest.raises(NoData):
        accounts.take(Host(root=str(tmp_path), privacy="edu"))
