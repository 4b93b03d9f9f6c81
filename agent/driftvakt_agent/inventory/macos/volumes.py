"""What the disks are divided into and mounted as, and whether FileVault keeps it.

Example, of SPStorageDataType:
    {"_name": "Macintosh HD - Data", "bsd_name": "disk3s5", "file_system": "APFS",
     "mount_point": "/System/Volumes/Data", "size_in_bytes": 494384795648, "volume_uuid": "…"}

    $ fdesetup status
    FileVault is On.

Source: system_profiler(8), fdesetup(8).
"""

import re

from driftvakt_agent.host import Host
from driftvakt_agent.inventory import Found, Row
from driftvakt_agent.inventory.macos import disks
from driftvakt_agent.inventory.macos.profiler import Item, children, every, items, size, text, whole
from driftvakt_agent.inventory.macos.tool import said

_SLICE = re.compile(r"(disk\d+)s\d+.*")
_FILEVAULT = ("/", "/System/Volumes/Data")
_SECONDS = 20.0


def take(host: Host) -> Found:
    found = [one for kind, _ in disks.BUSES for one in items(host, kind)]
    encrypted = filevault(said("/usr/bin/fdesetup", "status", seconds=_SECONDS))
    rows = parse(items(host, "SPStorageDataType"), found, encrypted=encrypted)
    return {"volumes": rows if host.persons is None else [of_nobody(row) for row in rows]}


def of_nobody(row: Row) -> Row:
    """Return a volume without its name: people call disks and sticks after themselves."""
    mounted = str(row["mountpoint"])
    return {**row, "label": "", "mountpoint": "/Volumes/*" if mounted.startswith("/Volumes/") else mounted}


def parse(storage: list[Item], devices: list[Item], *, encrypted: bool | None) -> list[Row]:
    """Return the volumes, each once. encrypted: whether FileVault keeps the one that the system starts from."""
    rows: dict[str, Row] = {}
    below = [volume for one in every(devices) for volume in children(one, "volumes")]
    for one in (*storage, *below):
        name = text(one, "bsd_name") or text(one, "_name")
        if not name or name in rows:
            continue
        mounted = text(one, "mount_point")
        bytes_ = whole(one, "size_in_bytes")
        parent = _SLICE.fullmatch(name)
        rows[name] = {
            "name": name,
            "parent": parent[1] if parent else "",
            "type": "partition" if parent else "disk",
            "size_bytes": size(text(one, "size"), 1000) if bytes_ is None else bytes_,
            "filesystem": text(one, "file_system").lower().replace("journaled hfs+", "hfs+"),
            "mountpoint": mounted,
            "uuid": text(one, "volume_uuid").lower(),
            "label": text(one, "_name") if text(one, "_name") != name else "",
            "encrypted": encrypted if mounted in _FILEVAULT else None,
        }
    return list(rows.values())


def filevault(told: str) -> bool | None:
    """Return whether FileVault is on, by what fdesetup says; None where it says neither."""
    return True if told.startswith("FileVault is On") else False if told.startswith("FileVault is Off") else None
