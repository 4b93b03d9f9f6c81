"""What a source says of the thing that it stands on, taken from its inventory."""

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from driftvakt_collector.fleet.identity import keys
from driftvakt_collector.fleet.identity.keys import Key, clean
from driftvakt_collector.store.section import Body, Cell, rows_of

SECTIONS = ("system", "baseboard", "chassis", "operating_system", "storage", "network_interfaces", "pci_devices")
"""The sections that it is taken from."""
CONTAINERS = frozenset({
    "lxc", "lxc-libvirt", "docker", "podman", "systemd-nspawn", "container", "openvz", "rkt", "wsl", "proot", "pouch",
    "container-other",
})  # fmt: skip
"""What systemd-detect-virt(1) says of a guest that sees the firmware and the disks of the machine under it."""
_MAX_KEYS = 64
_USB_CONTROLLER = "0c03"
_USB_DRIVERS = frozenset({
    "r8152", "r8153_ecm", "cdc_ether", "cdc_ncm", "cdc_mbim", "ax88179_178a", "asix", "smsc75xx", "smsc95xx", "lan78xx",
    "rndis_host", "dm9601", "aqc111", "ipheth",
})  # fmt: skip


@dataclass(frozen=True)
class Evidence:
    """source: the origin of an agent, or what an import calls a row. zone: where it was enrolled.

    virtual: what it runs on, empty on bare metal. container: it sees hardware that is not its own.
    """

    source: str
    zone: str
    keys: frozenset[Key]
    virtual: str = ""
    container: bool = False


def of_inventory(source: str, zone: str, sections: Mapping[str, Body]) -> Evidence:
    """Return what the sections say that a host sent."""
    rows = {name: list(rows_of(sections[name])) for name in SECTIONS if name in sections}
    system, os = (next(iter(rows.get(name, ())), {}) for name in ("system", "operating_system"))
    virtual = _text(os.get("virtual")).replace("\0", "")[:64]
    container = virtual in CONTAINERS
    told: list[tuple[str, str]] = [
        (keys.MACHINE, _text(os.get("machine_id"))),
        (keys.NAME, _text(os.get("hostname"))),
    ]
    if not container:
        told += [(keys.SERIAL, _text(system.get("serial"))), (keys.UUID, _text(system.get("uuid")))]
        told += [(keys.BOARD, _text(row.get("serial"))) for row in rows.get("baseboard", [])[:1]]
        told += [(keys.CHASSIS, _text(row.get("serial"))) for row in rows.get("chassis", [])[:1]]
        told += [(keys.DISK, text) for text in _disks(rows.get("storage", []))]
        told += [(keys.MAC, text) for text in _macs(rows.get("network_interfaces", []), rows.get("pci_devices", []))]
    bare = not virtual
    found = dict.fromkeys(key for kind, text in told if (key := clean(kind, text, virtual=not bare)) is not None)
    return Evidence(source, zone, frozenset(list(found)[:_MAX_KEYS]), virtual, container)


def write(evidence: Evidence) -> str:
    """Return it as text that is the same for the same evidence."""
    return json.dumps(
        {"keys": sorted(evidence.keys), "virtual": evidence.virtual, "container": evidence.container},
        ensure_ascii=False,
    )  # fmt: skip


def read(source: str, zone: str, text: str) -> Evidence:
    """Return what `write` wrote."""
    told = json.loads(text)
    found = frozenset(Key(kind, value) for kind, value in told["keys"])
    return Evidence(source, zone, found, told["virtual"], told["container"])


def _disks(rows: list[dict[str, Cell]]) -> Iterator[str]:
    """Give the serial numbers of what is built in; a stick or a disc goes from machine to machine."""
    for row in rows:
        if _text(row.get("type")) not in ("removable", "optical", "virtual") and _text(row.get("bus")) != "usb":
            yield _text(row.get("serial"))


def _macs(rows: list[dict[str, Cell]], devices: list[dict[str, Cell]]) -> Iterator[str]:
    """Give the addresses of cards that are built in; those of docks and adapters hang on a USB controller."""
    usb = {_text(row.get("address")) for row in devices if _text(row.get("class_id")).startswith(_USB_CONTROLLER)}
    for row in rows:
        driver = _text(row.get("driver"))
        if _text(row.get("type")) not in ("ethernet", "wifi") or not driver or driver in _USB_DRIVERS:
            continue
        if _text(row.get("bus_address")) not in usb:
            yield _text(row.get("permanent_mac")) or _text(row.get("mac"))


def _text(cell: Cell) -> str:
    return cell if isinstance(cell, str) else ""
