"""Disks, and what stands on them.

Example:
    $ ls /sys/block/sda
    device  queue  removable  sda1  sda2  size …
    $ cat /sys/block/sda/device/{vendor,model,rev}
    ATA
    Samsung SSD 840
    7B0Q
    $ cat /run/udev/data/b8:1
    E:ID_FS_TYPE=ext4
    E:ID_FS_UUID=5d6c…

Source: Documentation/ABI/stable/sysfs-block and testing/sysfs-block of the kernel, udevadm(8).
"""

import os

from driftvakt_agent.host import Host, read_bytes, read_text
from driftvakt_agent.inventory import Found, Row, captured
from driftvakt_agent.probes.filesystem import unescape

Mounts = dict[str, tuple[str, str]]
"""Mount point and file system, by the name of the device."""
_SECTOR = 512
"""What the kernel counts in, whatever the disk's own sectors are."""
_MEMORY = ("loop", "ram", "zram", "fd")
_MADE = ("dm-", "md", "bcache", "nbd", "drbd", "rbd")
_MADE_WORDS = {"md": "raid", "bcache": "bcache", "nbd": "network", "drbd": "drbd", "rbd": "network"}


def take(host: Host) -> Found:
    mounts = _mounts(host)
    disks: list[Row] = []
    volumes: list[Row] = []
    for name in sorted(os.listdir(f"{host.sys}/block")):
        path = f"{host.sys}/block/{name}"
        if name.startswith(_MEMORY):
            continue
        if name.startswith(_MADE):
            volumes.append(_volume(host, path, name, _lower(path), _made_of(path, name), mounts))
            continue
        udev = _udev(host, path)
        disks.append(disk(path, name, udev))
        parts = [part for part in sorted(os.listdir(path)) if os.path.exists(f"{path}/{part}/partition")]
        volumes += [_volume(host, f"{path}/{part}", part, name, "partition", mounts) for part in parts]
        if not parts and (udev.get("ID_FS_TYPE") or name in mounts):
            volumes.append(_volume(host, path, name, "", "disk", mounts))
    return {"storage": with_smart(disks, captured.rows(host, "storage")), "volumes": _with_encryption(volumes)}


def with_smart(disks: list[Row], told: list[Row]) -> list[Row]:
    """Return the disks with what they say of themselves, and those that stand behind a controller.

    Of a disk of ATA the kernel has the first letters of its name alone, and no number.
    """
    found = {str(row.get("name")): row for row in told}
    rows = []
    for row in disks:
        name = str(row["name"])
        # smartctl asks a controller of NVMe, where the kernel has the disks behind it: nvme0, and of it nvme0n1.
        own = found.pop(name, None) or found.pop(name.rpartition("n")[0], {})
        rows.append(row | {column: cell for column, cell in own.items() if column != "name" and cell})
    return rows + [row for name, row in found.items() if "," in name]


def disk(path: str, name: str, udev: dict[str, str]) -> Row:
    """Return a disk. path: its folder in /sys/block. udev: what udev knows of it, nothing where there is no udev."""
    vendor = _sys(f"{path}/device/vendor")
    serial = udev.get("SCSI_IDENT_SERIAL") or udev.get("ID_SERIAL_SHORT") or _serial(path)
    return {
        "name": name,
        "model": _sys(f"{path}/device/model") or _sys(f"{path}/device/name"),
        # The kernel says ATA for all that are none of its SCSI disks, and a number for those of virtual machines.
        "vendor": "" if vendor == "ATA" or vendor.startswith("0x") else vendor,
        "serial": serial,
        "firmware": udev.get("ID_REVISION") or _sys(f"{path}/device/firmware_rev") or _sys(f"{path}/device/rev"),
        "size_bytes": _size(path),
        "type": _kind(path, name),
        "bus": udev.get("ID_BUS") or _bus(path, name),
        "wwn": (udev.get("ID_WWN") or _sys(f"{path}/device/wwid") or _sys(f"{path}/wwid")).removeprefix("naa."),
    }


def _volume(host: Host, path: str, name: str, parent: str, kind: str, mounts: Mounts) -> Row:
    udev = _udev(host, path)
    mapped = _sys(f"{path}/dm/name")
    place, filesystem = mounts.get(name) or mounts.get(mapped, ("", ""))
    return {
        "name": mapped or name,
        "parent": parent,
        "type": kind,
        "size_bytes": _size(path),
        "filesystem": udev.get("ID_FS_TYPE") or filesystem,
        "mountpoint": place,
        "uuid": udev.get("ID_FS_UUID", ""),
        "label": udev.get("ID_FS_LABEL", ""),
        "encrypted": kind == "crypt",
    }


def _with_encryption(volumes: list[Row]) -> list[Row]:
    """Return the volumes, those on an encrypted one marked as well."""
    names = {row["name"]: row for row in volumes}
    for row in volumes:
        above: Row | None = row
        for _ in range(len(volumes)):
            above = names.get(above["parent"]) if above is not None else None
            if above is None:
                break
            row["encrypted"] = row["encrypted"] or above["encrypted"]
    return volumes


def _kind(path: str, name: str) -> str:
    if name.startswith("nvme"):
        return "nvme"
    if name.startswith("sr"):
        return "optical"
    if _sys(f"{path}/removable") == "1":
        return "removable"
    if name.startswith(("vd", "xvd")):
        return "virtual"
    return "hdd" if _sys(f"{path}/queue/rotational") == "1" else "ssd"


def _bus(path: str, name: str) -> str:
    real = os.path.realpath(path)
    for part, bus in (("/usb", "usb"), ("/ata", "ata"), ("/nvme", "nvme"), ("/virtio", "virtio"), ("/mmc", "mmc")):
        if part in real:
            return bus
    return "xen" if name.startswith("xvd") else os.path.basename(os.path.realpath(f"{path}/device/subsystem"))


def _made_of(path: str, name: str) -> str:
    """Return what kind of volume this is: device mapper's own word stands before its UUID."""
    if name.startswith("dm-"):
        word = _sys(f"{path}/dm/uuid").partition("-")[0].lower()
        return {"lvm": "lvm", "crypt": "crypt", "mpath": "multipath"}.get(word, word or "mapped")
    return next((word for begin, word in _MADE_WORDS.items() if name.startswith(begin)), "")


def _lower(path: str) -> str:
    """Return what a volume lies on."""
    try:
        below = sorted(os.listdir(f"{path}/slaves"))
    except OSError:
        return ""
    return ",".join(_sys(f"{path}/slaves/{one}/dm/name") or one for one in below)


def _serial(path: str) -> str:
    for file in ("device/serial", "serial"):
        found = _sys(f"{path}/{file}")
        if found:
            return found
    try:
        # Page 80h of the disk's own data: four bytes, then the number (SPC-4, 7.8.15).
        page = read_bytes(f"{path}/device/vpd_pg80")
    except OSError:
        return ""
    return page[4 : 4 + int.from_bytes(page[2:4], "big")].decode("ascii", "replace").strip(" \0")


def _size(path: str) -> int | None:
    sectors = _sys(f"{path}/size")
    return int(sectors) * _SECTOR if sectors.isdecimal() and sectors != "0" else None


def _udev(host: Host, path: str) -> dict[str, str]:
    number = _sys(f"{path}/dev")
    try:
        text = read_text(f"{host.root}/run/udev/data/b{number}")
    except OSError:
        return {}
    return dict(line[2:].partition("=")[::2] for line in text.splitlines() if line.startswith("E:"))


def _mounts(host: Host) -> Mounts:
    """Return where devices are mounted, by the kernel's or the mapper's name; the first place of several."""
    found: Mounts = {}
    try:
        text = read_text(f"{host.proc}/1/mounts")
    except OSError:
        try:
            text = read_text(f"{host.proc}/mounts")
        except OSError:
            return {}
    for line in text.splitlines():
        device, place, filesystem, *_ = line.split(" ")
        if device.startswith("/dev/"):
            found.setdefault(device.rpartition("/")[2], (unescape(place), filesystem))
    return found


def _sys(path: str) -> str:
    try:
        return " ".join(read_text(path).split())
    except OSError:
        return ""
