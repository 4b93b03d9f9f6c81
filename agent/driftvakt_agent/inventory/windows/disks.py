"""Whole disks: by the calls that anybody may make; how they feel, by CIM, which tells it to administrators.

Example, of what \\\\.\\PhysicalDrive0 answers (STORAGE_DEVICE_DESCRIPTOR), little-endian:
    00  version, size           08  type, modifier, removable, queueing
    0c  offset of the vendor    10  of the product    14  of the revision    18  of the serial number
    1c  bus: 3 ATA, 7 USB, 8 RAID, 9 iSCSI, 10 SAS, 11 SATA, 12 SD, 13 MMC, 14 virtual, 15 a file, 17 NVMe

Source: learn.microsoft.com, IOCTL_STORAGE_QUERY_PROPERTY, IOCTL_DISK_GET_DRIVE_GEOMETRY_EX, MSFT_PhysicalDisk.
"""

import re
import sys
from collections.abc import Iterable

from driftvakt_agent.host import Host
from driftvakt_agent.inventory import Found, Row
from driftvakt_agent.inventory.windows import cim
from driftvakt_agent.inventory.windows.cim import Instance
from driftvakt_agent.sample import NoData

_BUSES = {1: "scsi", 2: "atapi", 3: "ata", 4: "ieee1394", 6: "fc", 7: "usb", 8: "raid", 9: "iscsi", 10: "sas",
          11: "sata", 12: "sd", 13: "mmc", 14: "virtual", 15: "file", 16: "spaces", 17: "nvme", 18: "scm",
          19: "ufs"}  # fmt: skip
_MEDIA = {3: "hdd", 4: "ssd"}
_HEALTH = {0: "passed", 1: "failing", 2: "failing"}
_VIRTUAL = ("vmware", "qemu", "vbox", "virtual", "xensrc", "red hat")
_NAA = 3
_UNKNOWN_RPM = 0xFFFFFFFF
_MAX_DISKS, _MAX_OPTICAL = 64, 8
_HEAD = 36


class Disk:
    """descriptor: what it answers of itself. seeks: whether looking for a place costs it time, None if unknown."""

    __slots__ = ("descriptor", "name", "seeks", "size")

    def __init__(self, name: str, descriptor: bytes, size: int | None, *, seeks: bool | None) -> None:
        self.name = name
        self.descriptor = descriptor
        self.size = size
        self.seeks = seeks


def take(host: Host) -> Found:
    rows = parse(capture(), cim.objects(host, "MSFT_PhysicalDisk"))
    if not rows:
        raise NoData("no disk says what it is")
    return {"storage": rows}


def parse(disks: Iterable[Disk], told: Iterable[Instance]) -> list[Row]:
    """Return the disks that answered, and those that CIM alone knows."""
    more = {f"PhysicalDrive{cim.text(one, 'DeviceId')}": one for one in told if cim.text(one, "DeviceId").isdigit()}
    rows: dict[str, Row] = {one.name: row for one in disks if (row := described(one)) is not None}
    for name, one in more.items():
        row = rows.setdefault(name, {"name": name, "vendor": cim.text(one, "Manufacturer")})
        kind = _MEDIA.get(cim.whole(one, "MediaType") or 0, "")
        bus = _BUSES.get(cim.whole(one, "BusType") or 0, "")
        # The number of an NVMe disk is its controller's; what its name space has is none that is printed on it.
        row["serial"] = cim.text(one, "AdapterSerialNumber") or row.get("serial") or cim.text(one, "SerialNumber")
        row["model"] = row.get("model") or cim.text(one, "Model")
        row["firmware"] = cim.text(one, "FirmwareVersion") or row.get("firmware", "")
        row["size_bytes"] = row.get("size_bytes") or cim.whole(one, "Size")
        row["bus"] = row.get("bus") or bus
        row["type"] = row.get("type") or _kind(bus, str(row["model"]), kind, removable=False)
        row["health"] = _HEALTH.get(cim.whole(one, "HealthStatus") or 0, "") if "HealthStatus" in one else ""
        row["rotation_rpm"] = _turns(cim.whole(one, "SpindleSpeed"), str(row["type"]))
        row["wwn"] = _wwn(one)
    return list(rows.values())


def described(disk: Disk) -> Row | None:
    """Return what a disk says of itself, None where that is nothing."""
    raw = disk.descriptor
    if len(raw) < _HEAD:
        return None
    vendor, model, firmware, serial = (
        _text(raw, int.from_bytes(raw[at : at + 4], "little")) for at in (12, 16, 20, 24)
    )
    bus = _BUSES.get(int.from_bytes(raw[28:32], "little"), "")
    media = "" if disk.seeks is None else "hdd" if disk.seeks else "ssd"
    optical = disk.name.startswith("CdRom")
    return {
        "name": disk.name,
        "model": model,
        "vendor": "" if vendor in ("ATA", "NVMe") else vendor,
        "serial": serial,
        "firmware": firmware,
        "size_bytes": None if optical else disk.size,
        "type": "optical" if optical else _kind(bus, f"{vendor} {model}", media, removable=bool(raw[10])),
        "bus": bus,
    }


def _kind(bus: str, model: str, media: str, *, removable: bool) -> str:
    if removable:
        return "removable"
    if bus in ("virtual", "file") or any(word in model.lower() for word in _VIRTUAL):
        return "virtual"
    return "nvme" if bus == "nvme" else media


def _turns(rpm: int | None, kind: str) -> int | None:
    if kind in ("ssd", "nvme"):
        return 0
    return None if rpm in (None, 0, _UNKNOWN_RPM) else rpm


def _wwn(one: Instance) -> str:
    told = cim.text(one, "UniqueId").lower()
    return f"0x{told}" if cim.whole(one, "UniqueIdFormat") == _NAA and re.fullmatch("[0-9a-f]{16,32}", told) else ""


def _text(raw: bytes, at: int) -> str:
    """Return a text of a descriptor. Older drivers tell a serial number in hexadecimal, its letters swapped."""
    told = raw[at:].partition(b"\0")[0].decode("latin-1") if 0 < at < len(raw) else ""
    if re.fullmatch("(?:[0-9a-fA-F]{4}){10}", told):
        swapped = bytes.fromhex(told)
        letters = bytes(swapped[place ^ 1] for place in range(len(swapped)))
        if all(32 <= letter < 127 for letter in letters):
            told = letters.decode("ascii")
    return " ".join("".join(char if char.isprintable() else " " for char in told).split())


if sys.platform == "win32":

    def capture() -> list[Disk]:
        """Ask each disk and each optical drive. No right is needed to ask, for nothing on it is read."""
        names = [f"PhysicalDrive{number}" for number in range(_MAX_DISKS)]
        names += [f"CdRom{number}" for number in range(_MAX_OPTICAL)]
        return [disk for name in names if (disk := _asked(name)) is not None]

    def _asked(name: str) -> Disk | None:
        import ctypes

        # One of our own, for what it returns is set on it: a handle is as wide as a pointer.
        kernel = ctypes.WinDLL("kernel32")
        kernel.CreateFileW.restype = ctypes.c_void_p
        handle = kernel.CreateFileW(rf"\\.\{name}", 0, 3, None, 3, 0, None)
        if handle in (None, ctypes.c_void_p(-1).value):
            return None
        try:
            descriptor = _control(handle, 0x002D1400, bytes(12), 4096)
            geometry = _control(handle, 0x000700A0, b"", 256)
            seeks = _control(handle, 0x002D1400, (7).to_bytes(4, "little") + bytes(8), 12)
        finally:
            kernel.CloseHandle(ctypes.c_void_p(handle))
        size = int.from_bytes(geometry[24:32], "little") if len(geometry) >= 32 else 0
        return Disk(name, descriptor, size or None, seeks=bool(seeks[8]) if len(seeks) > 8 else None)

    def _control(handle: int, code: int, question: bytes, room: int) -> bytes:
        """Return what a device answers, empty where it does not."""
        import ctypes

        out, length = ctypes.create_string_buffer(room), ctypes.c_uint32()
        done = ctypes.windll.kernel32.DeviceIoControl(
            ctypes.c_void_p(handle), code, question or None, len(question), out, room, ctypes.byref(length), None
        )
        return out.raw[: min(length.value, room)] if done else b""

else:

    def capture() -> list[Disk]:
        return []
