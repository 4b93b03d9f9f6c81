"""Disks and what is on them, of a Linux machine that has lsblk."""

from collections.abc import Iterator, Mapping

from driftvakt_collector.poll.ssh.health import Told
from driftvakt_collector.poll.ssh.parsers import lsblk
from driftvakt_collector.poll.ssh.parsers.number import size
from driftvakt_collector.store.section import Cell

_MEMORY = ("loop", "ram", "zram", "fd")
_WHOLE = ("disk", "rom")
_KINDS = {"part": "partition", "lvm": "lvm", "crypt": "crypt", "mpath": "multipath", "dm": "mapped"}
_BUSES = {"spi": "scsi"}


def disks(told: Told) -> Iterator[Mapping[str, Cell]]:
    """Give the whole disks. Serial numbers are there where udev knows them."""
    for row in _rows(told):
        if row.get("TYPE") in _WHOLE and not row["NAME"].startswith(_MEMORY):
            vendor, transport = row.get("VENDOR", ""), row.get("TRAN", "")
            yield {
                "name": row["NAME"],
                "model": row.get("MODEL", "").replace("_", " "),
                # The kernel says ATA for all that are none of its SCSI disks, and a number for virtual ones.
                "vendor": "" if vendor == "ATA" or vendor.startswith("0x") else vendor,
                "serial": row.get("SERIAL", ""),
                "firmware": row.get("REV", ""),
                "size_bytes": size(row.get("SIZE", "")) or None,
                "type": _type(row),
                "bus": _BUSES.get(transport, transport),
                "wwn": row.get("WWN", ""),
            }


def volumes(told: Told) -> Iterator[Mapping[str, Cell]]:
    """Give partitions, volumes and arrays; and a disk that has a file system without a partition."""
    rows = _rows(told)
    parents = {row["NAME"]: row.get("PKNAME", "") for row in rows}
    encrypted = {row["NAME"] for row in rows if row.get("TYPE") == "crypt"}
    for row in rows:
        kind = row.get("TYPE", "")
        if row["NAME"].startswith(_MEMORY) or (kind in _WHOLE and not row.get("FSTYPE")):
            continue
        yield {
            "name": row["NAME"],
            "parent": row.get("PKNAME", ""),
            "type": "raid" if kind.startswith(("raid", "md", "linear")) else _KINDS.get(kind, kind),
            "size_bytes": size(row.get("SIZE", "")),
            "filesystem": row.get("FSTYPE", ""),
            "mountpoint": place if (place := row.get("MOUNTPOINT", "")) != "[SWAP]" else "",
            "uuid": row.get("UUID", ""),
            "label": row.get("LABEL", ""),
            "encrypted": _stands_on(row["NAME"], encrypted, parents),
        }


def _rows(told: Told) -> list[lsblk.Row]:
    return lsblk.parse_pairs(told["lsblk"]) if "lsblk" in told else lsblk.parse_tree(told.get("lsblk_tree", ""))


def _type(row: lsblk.Row) -> str:
    name = row["NAME"]
    if row.get("TYPE") == "rom":
        return "optical"
    if name.startswith("nvme"):
        return "nvme"
    if row.get("RM") == "1":
        return "removable"
    if name.startswith(("vd", "xvd")):
        return "virtual"
    return {"1": "hdd", "0": "ssd"}.get(row.get("ROTA", ""), "")


def _stands_on(name: str, wanted: set[str], parents: Mapping[str, str]) -> bool:
    # A machine may say that each of two stands on the other.
    for _ in range(16):
        if name in wanted:
            return True
        name = parents.get(name, "")
    return False
