"""The firmware's table, from /sys or from what the root timer left; without either, what anybody may read of it.

Example:
    $ ls /sys/firmware/dmi/tables
    DMI  smbios_entry_point
    $ cat /sys/class/dmi/id/sys_vendor
    Dell Inc.

Source: Documentation/ABI/testing/sysfs-firmware-dmi-tables of the kernel.
"""

from driftvakt_agent.host import Host, read_bytes, read_text
from driftvakt_agent.inventory import Found, smbios
from driftvakt_agent.sample import NoData

CAPTURED = "/var/lib/driftvakt-agent/root"
"""Where the root timer leaves copies of what only root may read."""
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
    """Return all that the firmware says. Raises NoData on a machine without SMBIOS."""
    for folder in (f"{host.sys}/firmware/dmi/tables", host.root + CAPTURED):
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
    if not found:
        raise NoData("this machine has no SMBIOS")
    return found
