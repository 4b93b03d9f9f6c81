"""The firmware's table, from /sys or from what the root timer left; without either, what anybody may read of it.

Example:
    $ ls /sys/firmware/dmi/tables
    DMI  smbios_entry_point
    $ cat /sys/class/dmi/id/sys_vendor
    Dell Inc.

Source: Documentation/ABI/testing/sysfs-firmware-dmi-tables of the kernel.
"""

from driftvakt_agent.host import Host, read_bytes, read_text
from driftvakt_agent.inventory import Found, Row, batteries, captured, cpuinfo, smbios
from driftvakt_agent.sample import NoData

_TABLE, _ENTRY = "DMI", "smbios_entry_point"

# Section, column, and the file of /sys/class/dmi/id that anybody may read.
_OPEN = (
    ("system", "manufacturer", "sys_vendor"),
    ("system", "product", "product_name"),
    ("system", "version", "product_version"),
    ("system", "sku", "product_sku"),
    ("system", "family", "product_family"),
    ("firmware", "vendor", "bios_vendor"),
    ("firmware", "version", "bios_version"),
    ("firmware", "revision", "bios_release"),
    ("baseboard", "manufacturer", "board_vendor"),
    ("baseboard", "product", "board_name"),
    ("baseboard", "version", "board_version"),
    ("chassis", "manufacturer", "chassis_vendor"),
    ("chassis", "version", "chassis_version"),
    ("chassis", "asset_tag", "chassis_asset_tag"),
)


def take(host: Host) -> Found:
    """Return all that the firmware says, and the processors by the kernel where it says none of them.

    Raises NoData on a machine that says nothing of itself.
    """
    found = _firmware(host) or _device_tree(host)
    own = batteries.rows(host)
    if own:
        # The kernel has asked the battery itself.
        found["batteries"] = own
    if not found.get("processors"):
        try:
            found["processors"] = cpuinfo.take(host)
        except OSError:
            found.pop("processors", None)
    if not any(found.values()):
        raise NoData("this machine has no SMBIOS, no device tree and no /proc/cpuinfo")
    return found


def _firmware(host: Host) -> Found:
    for folder in (f"{host.sys}/firmware/dmi/tables", host.root + captured.FOLDER):
        try:
            table, entry = read_bytes(f"{folder}/{_TABLE}"), read_bytes(f"{folder}/{_ENTRY}")
        except OSError:
            continue
        return dict(smbios.parse(table, smbios.version_of(entry)))
    found: Found = {}
    for section, column, file in _OPEN:
        try:
            text = read_text(f"{host.sys}/class/dmi/id/{file}").strip()
        except OSError:
            continue
        found.setdefault(section, [{}])[0][column] = text
    return found


def _device_tree(host: Host) -> Found:
    """Return what a board without SMBIOS says: its model, and its serial number where it has one."""
    told: Row = {}
    for column, file in (("product", "model"), ("serial", "serial-number")):
        try:
            told[column] = read_text(f"{host.sys}/firmware/devicetree/base/{file}").rstrip("\0").strip()
        except OSError:
            continue
    return {"system": [told]} if any(told.values()) else {}
