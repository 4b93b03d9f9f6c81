r"""What is plugged into USB, without the hubs of the machine itself and without the parts of a device.

Example:
    HKLM\SYSTEM\CurrentControlSet\Enum\USB
        ROOT_HUB30\4&2bd3a9c2&0&0              a hub of the machine itself
        VID_046D&PID_C30A\6&df2ee03&0&5        no serial number: Windows made one of where it is plugged in
        VID_046D&PID_C30A&MI_00\7&2bcd78ff…    a part of it
        VID_03F0&PID_6004\MY26K1K34C2L         a serial number

Source: learn.microsoft.com, "Standard USB Identifiers"; see `devices`.
"""

import re

from driftvakt_agent.host import Host
from driftvakt_agent.inventory import Found, Row
from driftvakt_agent.inventory.windows import keys
from driftvakt_agent.inventory.windows.devices import Present, all_of, devices, makers_words, own_name, present, words
from driftvakt_agent.inventory.windows.keys import Children
from driftvakt_agent.sample import NoData

_NAME = re.compile(r"VID_([0-9A-F]{4})&PID_([0-9A-F]{4})(&REV_\w+)?", re.I)
_CLASS = re.compile(r"USB\\(?:Dev)?Class_([0-9A-F]{2})", re.I)
_LABELLED = re.compile(r"S/N:([^_\s]+)_")
_NOTHING = "0000"


def take(_host: Host) -> Found:
    rows = parse(keys.machine, present("USB"))
    if not rows:
        raise NoData("the registry names no USB device")
    return {"usb_devices": rows}


def parse(children: Children, there: Present) -> list[Row]:
    rows: list[Row] = []
    for one in devices("USB", children, there):
        found = _NAME.fullmatch(one.name)
        # 0000 is what could not even say what it is.
        if found is None or found.group(1) == _NOTHING:
            continue
        rows.append({
            # Where it is plugged in, by the name that does not change from one start to the next.
            "port": one.path.partition("\\")[2].upper(),
            "vendor_id": found.group(1).lower(),
            "product_id": found.group(2).lower(),
            "vendor": makers_words(one.values.get("Mfg")),
            "product": own_name(one) or words(one.values.get("FriendlyName"))
            or makers_words(one.values.get("DeviceDesc")),
            "serial": serial(one.instance),
            "class_id": next((kind.group(1).lower() for text in all_of(one.values.get("CompatibleIDs"))
                              if (kind := _CLASS.match(text))), ""),
        })  # fmt: skip
    return rows


def serial(instance: str) -> str:
    """Return the serial number that an instance is called by, empty for a name that Windows made up."""
    # Scanners of Zebra put their release and the day on which they were made behind it.
    labelled = _LABELLED.match(instance)
    return labelled.group(1) if labelled else "" if "&" in instance else instance
