"""A whole Debian on hardware of our own choice: what its own tools list of it, the agent tells too, without root.

One guest for all of it: serial numbers in its firmware, disks of four kinds with SMART, and a real systemd for
root's timer.
"""

import json
import re
import shutil
import struct
import tarfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import guest
import pytest
from collecting import ROOT

from driftvakt_wire.sections import SECTIONS

pytestmark = [pytest.mark.real, pytest.mark.xdist_group("guest")]

_UUID = "4c4c4544-0046-4810-8057-b3c04f385a31"
_TAG = "Stockholm å ä ö"
_SMBIOS = (
    "type=0,vendor=Dell Inc.,version=2.9.0,date=12/06/2019,release=2.9",
    f"type=1,manufacturer=Dell Inc.,product=PowerEdge R620,serial=3FHW8Z1,uuid={_UUID},sku=SKU=1,family=PowerEdge",
    "type=2,manufacturer=Dell Inc.,product=0KCKR5,version=A00,serial=..CN7475124N0123.,asset=Board 7",
    f"type=3,manufacturer=Dell Inc.,version=1,serial=3FHW8Z1,asset={_TAG}",
    "type=4,sock_pfx=CPU,manufacturer=Intel,version=Xeon E5-2620,serial=CPUSER,part=CPUPART,max-speed=3200",
)
_MEMORY = (
    ("DIMM_A1", "BANK 0", 16 << 10, "Samsung", "33D1A9F2", "M393A2K43BB1-CRC"),
    ("DIMM_A2", "BANK 0", 64 << 10, "Hynix", "2B7C11E0", "HMAA8GR7AJR4N"),
    ("DIMM_B1", "BANK 1", 0, "", "", ""),
)
"""Slot, bank, size in MB, maker, serial number, part number."""
_SATA = "ide-hd,bus=ahci.0,serial=WD-TEST0001,model=WDC WD10EZEX-00WN4A0,wwn=0x50014ee20a1b2c3d,rotation_rate=7200"
_SCSI = "scsi-hd,serial=SCSITEST01,vendor=SEAGATE,product=ST600MM06,ver=LS0A,wwn=0x5000c50012345678,rotation_rate=10000"
_DISKS = (
    ("sata", 64, ("-device", "ahci,id=ahci"), _SATA),
    ("nvme", 128, (), "nvme,serial=S3W8TEST0001"),
    ("scsi", 192, ("-device", "virtio-scsi-pci"), _SCSI),
    ("usb", 256, ("-device", "qemu-xhci", "-device", "usb-kbd,serial=KBDTEST01"), "usb-storage,serial=USBTEST01"),
)
"""What the image is called, its size in MB, what must be there before it, and the disk."""
_MAC = "52:54:00:12:34:56"
_SCRIPT = """\
set -e
touch /driftvakt-guest
mkdir -p /opt/driftvakt-agent
tar -x -f agent.tar -C /opt/driftvakt-agent
echo /opt/driftvakt-agent > /usr/lib/python3/dist-packages/driftvakt.pth
id driftvakt-agent > /dev/null 2>&1 || useradd --system --no-create-home --home-dir /nonexistent driftvakt-agent
agent="/usr/bin/python3 -m driftvakt_agent"
as_agent="/usr/bin/setpriv --reuid driftvakt-agent --regid driftvakt-agent --clear-groups"
has() { command -v $1 > /dev/null; }
card=$(basename $(dirname $(grep -l MAC /sys/class/net/*/address)))
ip link set lo up
# Else the kernel makes an address of its own up as soon as there is a carrier, whenever that is.
ip link set $card addrgenmode none
ip link set $card up
ip address add 192.0.2.10/24 dev $card
ip address add 2001:db8::10/64 dev $card nodad
ip address add fe80::10/64 dev $card nodad
udevadm settle
if has dmidecode; then dmidecode > dmidecode.txt; fi
lsblk -J -b -d -o NAME,TYPE,SIZE,MODEL,SERIAL,TRAN,WWN,REV,ROTA > lsblk.json
if has lspci; then lspci -n -D > lspci.txt; fi
if has smartctl; then
    for disk in $(lsblk -n -d -o NAME); do smartctl --json=c -i -H /dev/$disk > smart-$disk.json || true; done
fi
ip -json address > ip.json
dpkg-query -W -f '${db:Status-Status}\\t${Package}\\t${Architecture}\\t${Version}\\n' > dpkg.txt

$as_agent $agent inventory --json system storage > before.json
$agent capture --install
stat -c '%U:%G %a %n' /var/lib/driftvakt-root /var/lib/driftvakt-root/*
systemctl show -p ActiveState -p UnitFileState driftvakt-root.timer
# A guest that took minutes to get here is just about to run it by the timer too, and says nothing of a run meanwhile.
systemctl stop driftvakt-root.timer
systemctl start driftvakt-root.service
systemctl show -p Result -p ExecMainCode -p ExecMainStatus driftvakt-root.service
/usr/bin/python3 spent cost-agent.json $as_agent $agent inventory --json > after.json
$as_agent cat /var/lib/driftvakt-root/smart.prom > series.txt
$agent inventory --json > root.json
if has fusioninventory-inventory; then /usr/bin/python3 spent cost-peer.json fusioninventory-inventory > fusion.xml; fi
$agent capture --uninstall
test ! -e /etc/systemd/system/driftvakt-root.timer
""".replace("MAC", _MAC)

# Of what it started too. (busybox has `time -v`, and gives four times the memory.)
_SPENT = """\
import json, resource, subprocess, sys
subprocess.run(sys.argv[2:], check=True)
used = resource.getrusage(resource.RUSAGE_CHILDREN)
json.dump([used.ru_utime + used.ru_stime, used.ru_maxrss / 1024], open(sys.argv[1], "w"))
"""

Rows = dict[str, list[dict[str, Any]]]


class Guest:
    """share: the folder with what the guest left. before, after: what the agent tells without and with root's timer."""

    def __init__(self, share: Path, output: str) -> None:
        self.share = share
        self.output = output
        self.before, self.after, self.root = (self._inventory(name) for name in ("before", "after", "root"))

    def text(self, name: str) -> str:
        path = self.share / name
        if not path.exists():
            pytest.skip(f"the tool that would write {name} is not installed")
        return path.read_text("utf-8", "replace")

    def _inventory(self, name: str) -> Rows:
        told = json.loads((self.share / f"{name}.json").read_text("utf-8"))
        return {one: [dict(zip(body["columns"], row, strict=True)) for row in body["rows"]]
                for one, body in told.items()}  # fmt: skip


@pytest.fixture(scope="module")
def machine(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Guest]:
    if shutil.which("ip") is None:
        pytest.skip("the guest's card is set up with ip: apt-get install iproute2")
    share = tmp_path_factory.mktemp("guest")
    with tarfile.open(share / "agent.tar", "w") as archive:
        for path in sorted((ROOT / "agent").rglob("*")):
            # With what is compiled of it, for the guest is slow; but not what another test is about to compile.
            if path.suffix in (".py", ".pyc"):
                archive.add(path, path.relative_to(ROOT / "agent"))
    hardware = ["-vga", "std", "-device", f"e1000e,mac={_MAC}"]
    (share / "spent").write_text(_SPENT, "utf-8")
    for told in _SMBIOS:
        hardware += ["-smbios", told]
    for number, module in enumerate(_MEMORY):
        table = share / f"memory-{number}"
        table.write_bytes(memory_device(0x1100 + number, *module))
        hardware += ["-smbios", f"file={table}"]
    for name, size, before, device in _DISKS:
        image = share / f"{name}.img"
        with image.open("wb") as file:
            file.truncate(size << 20)
        hardware += [*before, "-drive", f"if=none,id={name},file={image},format=raw"]
        hardware += ["-device", f"{device},drive={name}"]
    yield Guest(share, guest.run(share, _SCRIPT, hardware))
    shutil.rmtree(share)


def memory_device(handle: int, slot: str, bank: str, size: int, maker: str, serial: str, part: str) -> bytes:
    """Return SMBIOS' structure of a module, for QEMU has no more than one and no empty slot."""
    texts = [text for text in (slot, bank, maker, serial, part) if text]
    number = {text: texts.index(text) + 1 for text in texts}
    # What does not fit into 15 bits stands in a field of its own.
    short, long = (size, 0) if size < 0x7FFF else (0x7FFF, size)
    form, kind, detail, speed = 9, 0x1A, 0x80, 2400
    body = struct.pack(
        "<BBHHHHHHBBBBBHHBBBBBLHHHH", 17, 40, handle, 0x1000, 0xFFFE, 72, 64, short, form, 0, number[slot],
        number[bank], kind, detail, speed, number.get(maker, 0), number.get(serial, 0), 0, number.get(part, 0), 2,
        long, speed, 1200, 1200, 1200,
    )  # fmt: skip
    return body + b"".join(text.encode() + b"\0" for text in texts) + b"\0"


def test_the_guest_writes_nothing_here(machine: Guest) -> None:
    assert not Path("/driftvakt-guest").exists()


def test_numbers_of_the_machine_come_by_roots_timer(machine: Guest) -> None:
    system = machine.before["system"][0]
    assert (system["product"], system["serial"]) == ("PowerEdge R620", None)
    assert not any(row["health"] for row in machine.before["storage"])

    system, board = machine.after["system"][0], machine.after["baseboard"][0]
    assert (system["serial"], system["uuid"]) == ("3FHW8Z1", _UUID)
    assert (board["serial"], board["asset_tag"]) == ("..CN7475124N0123.", "Board 7")
    assert machine.after["chassis"][0]["asset_tag"] == _TAG


def test_the_agent_tells_without_root_what_root_would_see(machine: Guest) -> None:
    # Which ports are listened on changes by the minute.
    names = [name for name in machine.root if name not in ("listening_sockets", "updates")]
    assert {name: machine.after.get(name) for name in names} == {name: machine.root[name] for name in names}


def test_the_timer_is_as_systemd_wants_it(machine: Guest) -> None:
    lines = machine.output.splitlines()
    files = {line.split()[2]: line.split()[:2] for line in lines if line.startswith("root:")}

    assert {"Result=success", "ExecMainCode=1", "ExecMainStatus=0"} <= set(lines), machine.output
    assert {"ActiveState=active", "UnitFileState=enabled"} <= set(lines), machine.output
    folder = "/var/lib/driftvakt-root"
    assert files.pop(folder) == ["root:driftvakt-agent", "750"]
    assert {f"{folder}/root.json", f"{folder}/DMI"} <= set(files)
    assert {tuple(one) for one in files.values()} == {("root:driftvakt-agent", "640")}


def test_dmidecode(machine: Guest) -> None:
    system, firmware, board, chassis = (
        machine.after[name][0] for name in ("system", "firmware", "baseboard", "chassis")
    )
    told = {title: fields[0] for title, fields in blocks(machine.text("dmidecode.txt")).items()}

    def theirs(title: str, *names: str) -> list[str]:
        return [told[title][name] for name in names]

    assert theirs("System Information", "Manufacturer", "Product Name", "Serial Number", "UUID", "SKU Number") == [
        system[column] for column in ("manufacturer", "product", "serial", "uuid", "sku")
    ]
    assert theirs("BIOS Information", "Vendor", "Version", "BIOS Revision") == [
        firmware[column] for column in ("vendor", "version", "revision")
    ]
    assert theirs("Base Board Information", "Manufacturer", "Product Name", "Serial Number", "Asset Tag") == [
        board[column] for column in ("manufacturer", "product", "serial", "asset_tag")
    ]
    # It writes a dot for each byte that is not ASCII.
    tag = re.sub(rb"[^ -~]", b".", chassis["asset_tag"].encode()).decode()
    assert theirs("Chassis Information", "Manufacturer", "Version", "Serial Number", "Asset Tag") == [
        chassis["manufacturer"], chassis["version"], chassis["serial"], tag
    ]  # fmt: skip


def blocks(text: str) -> dict[str, list[dict[str, str]]]:
    """Return the fields of each structure that dmidecode tells of, by its title."""
    found: dict[str, list[dict[str, str]]] = {}
    for block in re.split(r"^Handle .*\n", text, flags=re.M)[1:]:
        title, _, rest = block.partition("\n")
        found.setdefault(title, []).append(dict(re.findall(r"^\t([\w ]+): (.*)$", rest, re.M)))
    return found


def test_memory_and_processors_of_dmidecode(machine: Guest) -> None:
    told = blocks(machine.text("dmidecode.txt"))

    ours = [(row["slot"], row["bank"], row["size_bytes"] >> 20, row["manufacturer"] or "", row["serial"] or "",
             row["part"] or "") for row in machine.after["memory"]]  # fmt: skip
    assert ours == list(_MEMORY)
    assert ours == [
        (one["Locator"], one["Bank Locator"], megabytes(one["Size"]), one.get("Manufacturer", ""),
         one.get("Serial Number", ""), one.get("Part Number", "")) for one in told["Memory Device"]
    ]  # fmt: skip
    assert [(row["socket"], row["model"], row["serial"], row["part"]) for row in machine.after["processors"]] == [
        (one["Socket Designation"], one["Version"], one["Serial Number"], one["Part Number"])
        for one in told["Processor Information"]
    ]


def megabytes(text: str) -> int:
    number, _, unit = text.partition(" ")
    return int(number) << {"MB": 0, "GB": 10}[unit] if number.isdigit() else 0


def test_disks_of_lsblk(machine: Guest) -> None:
    ours = {row["name"]: row for row in machine.after["storage"]}
    theirs = {one["name"]: one for one in json.loads(machine.text("lsblk.json"))["blockdevices"]}

    assert {name for name, row in theirs.items() if row["type"] == "disk"} == set(ours)
    for name, row in ours.items():
        one = theirs[name]
        assert (row["size_bytes"], row["model"]) == (one["size"], one["model"])
        # It knows no name for a bus of SCSI that is not SAS.
        assert row["bus"] == (one["tran"] or "scsi")
        assert not one["rev"] or row["firmware"] == one["rev"].strip()
    by_serial = {
        row["serial"]: (row["bus"], row["type"], row["model"], row["size_bytes"] >> 20) for row in ours.values()
    }
    assert by_serial == {
        "WD-TEST0001": ("sata", "hdd", "WDC WD10EZEX-00WN4A0", 64),
        "S3W8TEST0001": ("nvme", "nvme", "QEMU NVMe Ctrl", 128),
        "SCSITEST01": ("scsi", "hdd", "ST600MM06", 192),
        "USBTEST01": ("usb", "hdd", "QEMU HARDDISK", 256),
    }


def test_disks_of_smartctl(machine: Guest) -> None:
    ours = {row["name"]: row for row in machine.after["storage"]}
    for name, row in ours.items():
        told = json.loads(machine.text(f"smart-{name}.json"))
        passed = told.get("smart_status", {}).get("passed")
        assert row["health"] == {True: "passed", False: "failing", None: None}[passed], told
        assert row["serial"] == told.get("serial_number", row["serial"])
        assert row["rotation_rpm"] == told.get("rotation_rate", row["rotation_rpm"])
        assert row["size_bytes"] == told.get("user_capacity", {}).get("bytes", row["size_bytes"])
    # QEMU's disks of SCSI and USB have no SMART.
    assert {row["serial"] for row in ours.values() if row["health"] == "passed"} == {"WD-TEST0001", "S3W8TEST0001"}
    assert {row["wwn"] for row in ours.values()} >= {"50014ee20a1b2c3d", "5000c50012345678"}
    assert 'smartctl_device_smart_status{device="sda"} 1' in machine.text("series.txt")


def test_cards_of_lspci(machine: Guest) -> None:
    ours = {(row["address"], row["class_id"][:4], f"{row['vendor_id']}:{row['device_id']}")
            for row in machine.after["pci_devices"]}  # fmt: skip
    theirs = {(address, kind.rstrip(":"), number) for address, kind, number in
              (line.split()[:3] for line in machine.text("lspci.txt").splitlines())}  # fmt: skip
    assert ours == theirs
    assert len(theirs) > 8


def test_interfaces_and_addresses_of_ip(machine: Guest) -> None:
    links = json.loads(machine.text("ip.json"))
    interfaces = {row["name"]: (row["mac"], row["mtu_bytes"]) for row in machine.after["network_interfaces"]}
    addresses = {(row["interface"], row["address"], row["prefix"]) for row in machine.after["addresses"]}

    theirs = {one["ifname"]: (one["address"] if one["link_type"] == "ether" else "", one["mtu"]) for one in links}
    assert interfaces == theirs
    assert addresses == {(one["ifname"], address["local"], address["prefixlen"])
                         for one in links for address in one["addr_info"]}  # fmt: skip
    assert {address for _, address, _ in addresses} >= {"192.0.2.10", "2001:db8::10"}
    assert _MAC in {mac for mac, _ in interfaces.values()}


def test_usb_devices(machine: Guest) -> None:
    assert {"USBTEST01", "KBDTEST01"} <= {row["serial"] for row in machine.after["usb_devices"]}


def test_packages_of_dpkg_query(machine: Guest) -> None:
    lines = machine.text("dpkg.txt").splitlines()
    theirs = {tuple(line.split("\t")[1:]) for line in lines if line.startswith("installed\t")}
    assert len(theirs) > 50
    assert theirs == {
        (row["name"], row["architecture"], row["version"]) for row in machine.after["packages"]
        if row["source"] == "dpkg"
    }  # fmt: skip


def test_nothing_that_fusioninventory_lists_is_missing(machine: Guest) -> None:
    content = ElementTree.fromstring(machine.text("fusion.xml")).find("CONTENT")
    assert content is not None

    def theirs(tag: str, *fields: str) -> set[tuple[str, ...]]:
        return {tuple((one.findtext(field) or "").strip() for field in fields) for one in content.findall(tag)}

    ours = machine.after
    software = {(row["name"], row["version"]) for row in ours["packages"]}
    assert theirs("SOFTWARES", "NAME", "VERSION") <= software
    assert theirs("BIOS", "SMANUFACTURER", "SMODEL", "SSN", "BVERSION", "MSN") == {
        (ours["system"][0]["manufacturer"], ours["system"][0]["product"], ours["system"][0]["serial"],
         ours["firmware"][0]["version"], ours["baseboard"][0]["serial"])
    }  # fmt: skip
    assert theirs("MEMORIES", "CAPTION", "SERIALNUMBER", "CAPACITY") == {
        (row["slot"], row["serial"] or "", str(row["size_bytes"] >> 20 or "")) for row in ours["memory"]
    }
    # Of a disk that has no SMART it may tell bytes that mean nothing.
    serials = {serial for (serial,) in theirs("STORAGES", "SERIALNUMBER") if serial and serial.isprintable()}
    assert len(serials) > 1
    assert serials <= {row["serial"] for row in ours["storage"]}
    cards = theirs("CONTROLLERS", "PCISLOT", "PCICLASS", "VENDORID", "PRODUCTID")
    assert len(cards) > 8
    assert cards <= {
        (row["address"].removeprefix("0000:"), row["class_id"][:4], row["vendor_id"], row["device_id"])
        for row in ours["pci_devices"]
    }
    assert theirs("NETWORKS", "DESCRIPTION", "MACADDR", "PCISLOT") <= {
        (row["name"], row["mac"] or "00:00:00:00:00:00", row["bus_address"] or "") for row in ours["network_interfaces"]
    }
    addresses = {one for field in ("IPADDRESS", "IPADDRESS6") for one in theirs("NETWORKS", field)} - {("",)}
    assert addresses == {(row["address"],) for row in ours["addresses"]}
    assert theirs("CPUS", "SERIAL") == {(row["serial"],) for row in ours["processors"]}
    assert theirs("LOCAL_USERS", "LOGIN", "ID") <= {(row["name"], str(row["uid"])) for row in ours["local_users"]}
    assert theirs("LOCAL_GROUPS", "NAME", "ID") <= {(row["name"], str(row["gid"])) for row in ours["local_groups"]}
    # Hubs that the kernel makes up of a controller are no devices.
    usb = {one for one in theirs("USBDEVICES", "VENDORID", "PRODUCTID") if one[0] != "1d6b"}
    assert usb <= {(row["vendor_id"], row["product_id"]) for row in ours["usb_devices"]}


def test_the_agent_costs_less_than_fusioninventory(machine: Guest, capsys: pytest.CaptureFixture[str]) -> None:
    ours, theirs = (json.loads(machine.text(f"cost-{name}.json")) for name in ("agent", "peer"))
    with capsys.disabled():
        print("\ninventory in a guest: {:.2f} s of CPU, {:.1f} MB".format(*ours), end="; ")
        print("of fusioninventory: {:.2f} s, {:.1f} MB".format(*theirs))
    assert (ours[0] < theirs[0], ours[1] < theirs[1]) == (True, True)


def test_every_section_is_a_declared_one(machine: Guest) -> None:
    assert set(machine.after) <= set(SECTIONS)
