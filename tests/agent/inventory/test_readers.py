"""The readers of Linux, on trees as real machines have them."""

import socket
import sys
from contextlib import ExitStack
from pathlib import Path

import pytest
from probing import machine

from driftvakt_agent.host import Host
from driftvakt_agent.inventory import dpkg, firmware, monitors, network, pci, sockets, storage, system, usb
from driftvakt_agent.sample import NoData

STATUS = """\
Package: adduser
Status: install ok installed
Priority: important
Installed-Size: 686
Maintainer: Debian Adduser Developers <adduser@packages.debian.org>
Architecture: all
Version: 3.134
Description: add and remove users and groups
 Package: this is no field, for it begins with a blank
 .

Package: vlc-nox
Status: deinstall ok config-files
Architecture: amd64
Version: 2.2.2-5

Package: bash
Status: hold ok installed
Architecture: amd64
Multi-Arch: foreign
Version: 5.2.15-2+b7

"""


def test_packages_that_are_installed_are_told() -> None:
    rows = dpkg.parse(STATUS.encode())

    assert [(row["name"], row["version"], row["architecture"]) for row in rows] == [
        ("adduser", "3.134", "all"), ("bash", "5.2.15-2+b7", "amd64"),
    ]  # fmt: skip
    assert (rows[0]["publisher"], rows[0]["size_bytes"]) == ("Debian Adduser Developers", 686 * 1024)
    assert (rows[1]["publisher"], rows[1]["size_bytes"]) == ("", None)


def test_a_machine_without_dpkg_has_no_packages_of_it(tmp_path: Path) -> None:
    with pytest.raises(NoData):
        dpkg.take(machine(tmp_path))


DISK: dict[str, str | bytes] = {
    "sys/block/sda/size": "234441648\n",
    "sys/block/sda/dev": "8:0\n",
    "sys/block/sda/removable": "0\n",
    "sys/block/sda/queue/rotational": "0\n",
    "sys/block/sda/device/vendor": "ATA     \n",
    "sys/block/sda/device/model": "Samsung SSD 840 \n",
    "sys/block/sda/device/rev": "7B0Q\n",
    "sys/block/sda/device/vpd_pg80": b"\x00\x80\x00\x14S14CNEAD233615F     ",
    "sys/block/sda/sda1/partition": "1\n",
    "sys/block/sda/sda1/size": "2048\n",
    "sys/block/sda/sda1/dev": "8:1\n",
    "sys/block/sda/sda2/partition": "2\n",
    "sys/block/sda/sda2/size": "4096\n",
    "sys/block/sda/sda2/dev": "8:2\n",
    "sys/block/dm-0/size": "4000\n",
    "sys/block/dm-0/dev": "254:0\n",
    "sys/block/dm-0/dm/name": "crypt\n",
    "sys/block/dm-0/dm/uuid": "CRYPT-LUKS2-5d6c-crypt\n",
    "sys/block/dm-0/slaves/sda2/dev": "8:2\n",
    "sys/block/dm-1/size": "3000\n",
    "sys/block/dm-1/dev": "254:1\n",
    "sys/block/dm-1/dm/name": "vg-root\n",
    "sys/block/dm-1/dm/uuid": "LVM-abc\n",
    "sys/block/dm-1/slaves/dm-0/dm/name": "crypt\n",
    "sys/block/loop0/size": "0\n",
    "run/udev/data/b8:1": "E:ID_FS_TYPE=vfat\nE:ID_FS_UUID=1A2B-3C4D\nE:ID_FS_LABEL=EFI\n",
    "proc/1/mounts": "/dev/mapper/vg-root / ext4 rw 0 0\n/dev/sda1 /boot\\040efi vfat rw 0 0\nproc /proc proc rw 0 0\n",
}


def test_a_disk_its_parts_and_what_is_encrypted(tmp_path: Path) -> None:
    found = storage.take(machine(tmp_path, DISK))

    (disk,) = found["storage"]
    assert disk | {"bus": ""} == {
        "name": "sda", "model": "Samsung SSD 840", "vendor": "", "serial": "S14CNEAD233615F", "firmware": "7B0Q",
        "size_bytes": 234441648 * 512, "type": "ssd", "bus": "", "wwn": "",
    }  # fmt: skip
    told = {
        row["name"]: (row["parent"], row["type"], row["filesystem"], row["mountpoint"], row["encrypted"])
        for row in found["volumes"]
    }
    assert told == {
        "sda1": ("sda", "partition", "vfat", "/boot efi", False),
        "sda2": ("sda", "partition", "", "", False),
        "crypt": ("sda2", "crypt", "", "", True),
        "vg-root": ("crypt", "lvm", "ext4", "/", True),
    }


def test_a_whole_disk_that_is_mounted_is_a_volume(tmp_path: Path) -> None:
    files = {"sys/block/vda/size": "100\n", "proc/1/mounts": "/dev/vda / ext4 rw 0 0\n"}

    found = storage.take(machine(tmp_path, files))

    assert [(row["name"], row["type"], row["filesystem"]) for row in found["volumes"]] == [("vda", "disk", "ext4")]
    assert found["storage"][0]["type"] == "virtual"


OS: dict[str, str | bytes] = {
    "etc/os-release": 'ID=debian\nPRETTY_NAME="Debian GNU/Linux 12 (bookworm)"\nVERSION_ID="12"\n'
    "VERSION_CODENAME=bookworm\n# a remark\nBROKEN='\n",
    "etc/debian_version": "12.5\n",
    "etc/machine-id": "0123456789abcdef0123456789abcdef\n",
    "proc/sys/kernel/osrelease": "6.1.0-18-amd64\n",
    "proc/sys/kernel/hostname": "väv-1\n",
    "sys/class/dmi/id/sys_vendor": "QEMU\n",
    "sys/firmware/efi/efivars/SecureBoot-8be4df61-93ca-11d2-aa0d-00e098032b8c": b"\x06\0\0\0\1",
    "sys/class/tpm/tpm0/tpm_version_major": "2\n",
}


def test_what_the_machine_runs(tmp_path: Path) -> None:
    (row,) = system.take(machine(tmp_path, OS))["operating_system"]

    assert row["title"] == "Debian GNU/Linux 12 (bookworm)"
    assert (row["name"], row["version"], row["codename"]) == ("debian", "12.5", "bookworm")
    assert (row["kernel"], row["hostname"], row["virtual"]) == ("6.1.0-18-amd64", "väv-1", "qemu")
    assert (row["boot"], row["secure_boot"], row["tpm"]) == ("uefi", True, "2.0")
    assert row["machine_id"] != "0123456789abcdef0123456789abcdef"


def test_a_tree_with_nothing_is_still_a_machine(tmp_path: Path) -> None:
    (row,) = system.take(machine(tmp_path))["operating_system"]

    assert (row["name"], row["secure_boot"], row["tpm"], row["boot"]) == ("", None, "", "bios")


def test_cards_and_what_is_plugged_in(tmp_path: Path) -> None:
    home = machine(
        tmp_path,
        {
            "sys/bus/pci/devices/0000:00:03.0/vendor": "0x1af4\n",
            "sys/bus/pci/devices/0000:00:03.0/device": "0x1000\n",
            "sys/bus/pci/devices/0000:00:03.0/class": "0x020000\n",
            "sys/bus/pci/devices/0000:00:03.0/subsystem_vendor": "0x0000\n",
            "sys/bus/pci/devices/0000:00:03.0/subsystem_device": "0x0000\n",
            "sys/bus/usb/devices/usb1/idVendor": "1d6b\n",
            "sys/bus/usb/devices/1-4/idVendor": "046d\n",
            "sys/bus/usb/devices/1-4/idProduct": "c52b\n",
            "sys/bus/usb/devices/1-4/product": "USB Receiver\n",
            "sys/bus/usb/devices/1-4:1.0/bInterfaceClass": "03\n",
        },
    )

    (card,) = pci.take(home)["pci_devices"]
    (device,) = usb.take(home)["usb_devices"]

    assert (card["vendor_id"], card["device_id"], card["class_id"]) == ("1af4", "1000", "020000")
    assert (card["subsystem_id"], card["driver"]) == ("", "")
    assert (device["port"], device["vendor_id"], device["product"]) == ("1-4", "046d", "USB Receiver")


@pytest.mark.parametrize("reader", [pci, usb, monitors, firmware])
def test_a_machine_without_the_thing_has_no_such_section(tmp_path: Path, reader: object) -> None:
    with pytest.raises(NoData):
        reader.take(machine(tmp_path))  # type: ignore[attr-defined]


def test_without_root_the_firmware_tells_makers_and_models(tmp_path: Path) -> None:
    home = machine(
        tmp_path,
        {"sys/class/dmi/id/sys_vendor": "Dell Inc.\n", "sys/class/dmi/id/product_name": "PowerEdge R620\n",
         "sys/class/dmi/id/bios_version": "2.9.0\n"},
    )  # fmt: skip

    found = firmware.take(home)

    assert found == {
        "system": [{"manufacturer": "Dell Inc.", "product": "PowerEdge R620"}],
        "firmware": [{"version": "2.9.0"}],
    }


def test_what_root_left_is_read_where_the_table_is_not_ours(tmp_path: Path) -> None:
    table = bytes((1, 8, 1, 0, 0, 0, 0, 1)) + b"3FHW8Z1\0\0"
    home = machine(
        tmp_path,
        {"var/lib/driftvakt-root/DMI": table,
         "var/lib/driftvakt-root/smbios_entry_point": b"_SM3_\0\0\3\0"},
    )  # fmt: skip

    assert firmware.take(home)["system"][0]["serial"] == "3FHW8Z1"


def test_interfaces_by_what_they_are(tmp_path: Path) -> None:
    home = machine(
        tmp_path,
        {
            "sys/class/net/eth0/type": "1\n", "sys/class/net/eth0/address": "00:16:3E:AA:BB:CC\n",
            "sys/class/net/eth0/mtu": "1500\n", "sys/class/net/eth0/device/vendor": "0x1af4\n",
            "sys/class/net/br0/type": "1\n", "sys/class/net/br0/bridge/stp_state": "0\n",
            "sys/class/net/lo/type": "772\n", "sys/class/net/lo/address": "00:00:00:00:00:00\n",
            "sys/class/net/veth1/type": "1\n", "sys/class/net/dummy0/type": "1\n", "sys/class/net/wlan0/type": "1\n",
            "sys/class/net/wlan0/uevent": "DEVTYPE=wlan\nINTERFACE=wlan0\n",
            "sys/class/net/bonding_masters": "bond0\n",
        },
    )  # fmt: skip

    rows = {row["name"]: row for row in network.take(home)["network_interfaces"]}

    assert {name: row["type"] for name, row in rows.items()} == {
        "eth0": "ethernet", "br0": "bridge", "lo": "loopback", "dummy0": "virtual", "wlan0": "wifi",
    }  # fmt: skip
    assert (rows["eth0"]["mac"], rows["eth0"]["mtu_bytes"]) == ("00:16:3e:aa:bb:cc", 1500)
    assert rows["lo"]["mac"] == ""


@pytest.mark.skipif(sys.platform != "linux", reason="netlink is Linux's")
def test_the_kernel_tells_the_same_listeners_by_netlink_and_in_its_files() -> None:
    with ExitStack() as stack:
        for family, kind, address in (
            (socket.AF_INET, socket.SOCK_STREAM, "127.0.0.1"), (socket.AF_INET, socket.SOCK_DGRAM, "127.0.0.2"),
            (socket.AF_INET6, socket.SOCK_STREAM, "::1"), (socket.AF_INET6, socket.SOCK_DGRAM, "::1"),
        ):  # fmt: skip
            one = stack.enter_context(socket.socket(family, kind))
            one.bind((address, 0))
            if kind == socket.SOCK_STREAM:
                one.listen()
            ours = ("tcp" if kind == socket.SOCK_STREAM else "udp", address, one.getsockname()[1])
            asked = sockets.asked()
            if asked is None:
                pytest.skip("this kernel tells nothing of sockets by netlink")
            assert ours in asked
            assert ours in sockets.read(Host())


def test_an_answer_about_sockets_that_is_cut_off_is_read_as_far_as_it_goes() -> None:
    body = bytes((2, 10, 0, 0)) + (22).to_bytes(2, "big") + bytes(2) + bytes((192, 0, 2, 1)) + bytes(60)
    answer = (16 + len(body)).to_bytes(4, sys.byteorder) + (20).to_bytes(2, sys.byteorder) + bytes(10) + body

    assert sockets.parse_answer(answer * 2) == [("192.0.2.1", 22)] * 2
    for length in range(len(answer)):
        assert sockets.parse_answer(answer[:length]) == []


def test_addresses_of_an_answer_of_the_kernel() -> None:
    def message(family: int, flags: int, scope: int, index: int, address: bytes) -> bytes:
        body = bytes((family, 24, flags, scope)) + index.to_bytes(4, "little")
        body += (len(address) + 4).to_bytes(2, "little") + b"\1\0" + address
        body += bytes(-len(body) % 4)
        return (16 + len(body)).to_bytes(4, "little") + (20).to_bytes(2, "little") + bytes(10) + body

    answer = (
        message(2, 0x80, 0, 2, bytes((192, 0, 2, 2)))
        + message(10, 0x81, 0, 2, bytes.fromhex("fd00" + "0" * 28))
        + message(10, 0x80, 253, 2, bytes.fromhex("fe80" + "0" * 26 + "01"))
        + message(2, 0x80, 0, 99, bytes((10, 0, 0, 1)))
    )

    rows = list(network.parse(answer, {2: "eth0"}))

    assert [(row["address"], row["prefix"], row["scope"]) for row in rows] == [
        ("192.0.2.2", 24, "global"), ("fe80::1", 24, "link"),
    ]  # fmt: skip
    for length in range(len(answer)):
        list(network.parse(answer[:length], {2: "eth0"}))
