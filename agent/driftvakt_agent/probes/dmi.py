"""What the firmware says of the machine: maker, model, BIOS, and serial numbers where the agent may read them.

Example:
    $ grep . /sys/class/dmi/id/{sys_vendor,product_name,bios_version}
    /sys/class/dmi/id/sys_vendor:Dell Inc.
    /sys/class/dmi/id/product_name:PowerEdge R6515
    /sys/class/dmi/id/bios_version:2.2.4

Source: drivers/firmware/dmi-id.c. The kernel lets only root read serial numbers and the UUID (mode 0400); without root
those labels are left out, and identity comes from the inventory.
"""

from collections.abc import Iterator

from driftvakt_agent.host import Host, read_text
from driftvakt_agent.sample import NoData, Sample

_FILES = ("bios_date", "bios_release", "bios_vendor", "bios_version", "board_asset_tag", "board_name", "board_serial",
          "board_vendor", "board_version", "chassis_asset_tag", "chassis_serial", "chassis_vendor", "chassis_version",
          "product_family", "product_name", "product_serial", "product_sku", "product_uuid", "product_version",
          "sys_vendor")  # fmt: skip

_SPACE = " \t\n\v\f\r"
"""What a firmware pads with. str.strip() without it also takes U+001C, which is part of what some firmware says."""


def collect(host: Host) -> Iterator[Sample]:
    labels = []
    for file in _FILES:
        try:
            text = read_text(f"{host.sys}/class/dmi/id/{file}")
        except OSError:
            continue
        labels.append(("system_vendor" if file == "sys_vendor" else file, text.strip(_SPACE)))
    if not labels:
        raise NoData("no DMI: the firmware gives none")
    yield Sample("node_dmi_info", 1, tuple(labels))
