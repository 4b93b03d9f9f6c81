"""Cards, and what is built in. What the numbers mean is looked up by the collector.

Example:
    $ cat /sys/bus/pci/devices/0000:00:03.0/{vendor,device,class}
    0x1af4
    0x1000
    0x020000

Source: Documentation/ABI/testing/sysfs-bus-pci of the kernel.
"""

import os

from driftvakt_agent.host import Host, read_text
from driftvakt_agent.inventory import Found, Row
from driftvakt_agent.sample import NoData


def take(host: Host) -> Found:
    folder = f"{host.sys}/bus/pci/devices"
    try:
        names = sorted(os.listdir(folder))
    except OSError as e:
        raise NoData("no PCI bus here") from e
    return {"pci_devices": [_device(f"{folder}/{name}", name) for name in names]}


def _device(path: str, address: str) -> Row:
    card = _number(path, "subsystem_vendor"), _number(path, "subsystem_device")
    return {
        "address": address,
        "vendor_id": _number(path, "vendor"),
        "device_id": _number(path, "device"),
        "subsystem_id": "" if card in (("", ""), ("0000", "0000")) else ":".join(card),
        "class_id": _number(path, "class"),
        "revision": _number(path, "revision"),
        "driver": os.path.basename(os.path.realpath(f"{path}/driver")) if os.path.exists(f"{path}/driver") else "",
    }


def _number(path: str, file: str) -> str:
    try:
        return read_text(f"{path}/{file}").strip().removeprefix("0x")
    except OSError:
        return ""
