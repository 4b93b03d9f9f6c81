"""What is plugged into USB, without the hubs of the machine itself.

Example:
    $ cat /sys/bus/usb/devices/1-4.2/{idVendor,idProduct,product,serial}
    046d
    c52b
    USB Receiver

Source: Documentation/ABI/stable/sysfs-bus-usb of the kernel.
"""

import os

from driftvakt_agent.host import Host, read_text
from driftvakt_agent.inventory import Found, Row
from driftvakt_agent.sample import NoData

_ROOT_HUBS = "1d6b"
"""The Linux Foundation: the kernel's own name for what the machine's ports hang from."""


def take(host: Host) -> Found:
    folder = f"{host.sys}/bus/usb/devices"
    try:
        # With a colon it is one of a device's functions.
        names = sorted(name for name in os.listdir(folder) if ":" not in name)
    except OSError as e:
        raise NoData("no USB here") from e
    rows = [_device(f"{folder}/{name}", name) for name in names]
    return {"usb_devices": [row for row in rows if row["vendor_id"] not in ("", _ROOT_HUBS)]}


def _device(path: str, port: str) -> Row:
    return {
        "port": port,
        "vendor_id": _text(path, "idVendor"),
        "product_id": _text(path, "idProduct"),
        "vendor": _text(path, "manufacturer"),
        "product": _text(path, "product"),
        "serial": _text(path, "serial"),
        "class_id": _text(path, "bDeviceClass"),
    }


def _text(path: str, file: str) -> str:
    try:
        return " ".join(read_text(f"{path}/{file}").split())
    except OSError:
        return ""
