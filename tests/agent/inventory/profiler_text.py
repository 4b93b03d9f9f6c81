"""What system_profiler writes for people, under the keys by which it tells programs the same.

Most recordings of Macs are the text; the agent reads the property list. So the text's labels are given their keys here,
and what the agent makes of it can be held against what is known of the machine. Values stay as they were written.
"""

from dataclasses import dataclass, field

from driftvakt_agent.inventory.macos.profiler import Answer, Item

TYPES = {
    "Hardware": "SPHardwareDataType", "Memory": "SPMemoryDataType", "Graphics/Displays": "SPDisplaysDataType",
    "Serial-ATA": "SPSerialATADataType", "ATA": "SPParallelATADataType", "USB": "SPUSBDataType",
    "PCI Cards": "SPPCIDataType", "Power": "SPPowerDataType", "Printers": "SPPrintersDataType",
    "Applications": "SPApplicationsDataType", "Network": "SPNetworkDataType",
}  # fmt: skip
_DISK = {
    "Model": "device_model", "Revision": "device_revision", "Serial Number": "device_serial", "Capacity": "size",
    "BSD Name": "bsd_name", "Medium Type": "spsata_medium_type", "S.M.A.R.T. status": "smart_status",
    "Removable Media": "removable_media", "File System": "file_system", "Mount Point": "mount_point",
}  # fmt: skip
_KEYS: dict[str, dict[str, str]] = {
    "Hardware": {
        "Model Name": "machine_name", "Machine Name": "machine_name", "Model Identifier": "machine_model",
        "Machine Model": "machine_model", "Processor Name": "cpu_type", "CPU Type": "cpu_type",
        "Processor Speed": "current_processor_speed", "CPU Speed": "current_processor_speed",
        "Number Of Processors": "packages", "Total Number Of Cores": "number_processors",
        "Number Of CPUs": "number_processors", "Boot ROM Version": "boot_rom_version",
        "SMC Version (system)": "SMC_version_system", "Serial Number (system)": "serial_number",
        "Serial Number": "serial_number", "Hardware UUID": "platform_UUID", "Memory": "physical_memory",
    },
    "Memory": {
        "Size": "dimm_size", "Type": "dimm_type", "Speed": "dimm_speed", "Status": "dimm_status",
        "Manufacturer": "dimm_manufacturer", "Part Number": "dimm_part_number", "Serial Number": "dimm_serial_number",
    },
    "Graphics/Displays": {
        "Chipset Model": "sppci_model", "VRAM (Total)": "spdisplays_vram", "VRAM (Dynamic, Max)": "spdisplays_vram",
        "Slot": "sppci_slot_name", "Display Serial Number": "spdisplays_display-serial-number",
        "Status": "spdisplays_status",
    },
    "Serial-ATA": _DISK,
    "ATA": _DISK,
    "USB": {
        "Product ID": "product_id", "Vendor ID": "vendor_id", "Manufacturer": "manufacturer",
        "Serial Number": "serial_num", "Location ID": "location_id", "BSD Name": "bsd_name", "Capacity": "size",
        "Version": "bcd_device", "File System": "file_system", "Mount Point": "mount_point",
    },
    "PCI Cards": {
        "Vendor ID": "sppci_vendor-id", "Device ID": "sppci_device-id", "Subsystem ID": "sppci_subsystem-id",
        "Subsystem Vendor ID": "sppci_subsystem-vendor-id", "Revision ID": "sppci_revision-id",
        "Slot": "sppci_slot_name",
    },
    "Power": {
        "Serial Number": "sppower_battery_serial_number", "Manufacturer": "sppower_battery_manufacturer",
        "Device Name": "sppower_battery_device_name", "Device name": "sppower_battery_device_name",
    },
    "Printers": {"URI": "uri", "PPD": "ppd", "Shared": "shared"},
    "Applications": {
        "Version": "version", "Obtained from": "obtained_from", "Last Modified": "lastModified",
        "Signed by": "signed_by", "Kind": "arch_kind",
    },
    "Network": {"BSD Device Name": "interface", "Hardware": "hardware", "Type": "type"},
}  # fmt: skip
_LISTS = {"Displays": "spdisplays_ndrvs", "Volumes": "volumes"}
_WITHIN = {"Model Information": "sppower_battery_model_info"}


@dataclass
class Node:
    """A heading of the text, what stands below it, and how deep."""

    name: str
    depth: int
    fields: dict[str, str] = field(default_factory=dict)
    below: list["Node"] = field(default_factory=list)


def answer(text: str) -> Answer:
    """Return the items of the text, by data type."""
    return {
        TYPES[node.name]: [_item(one, _KEYS[node.name]) for one in node.below]
        for node in tree(text).below if node.name in TYPES
    }  # fmt: skip


def tree(text: str) -> Node:
    """Return the text as a tree, by how far its lines are moved in."""
    root = Node("", -1)
    open_ = [root]
    for line in text.split("\n"):
        plain = line.strip()
        if not plain:
            continue
        depth = len(line) - len(line.lstrip())
        if depth == 0 and not plain.endswith(":"):
            # A text of several lines goes on.
            continue
        while open_[-1].depth >= depth:
            open_.pop()
        label, _, value = plain.partition(": ")
        if plain.endswith(":") and not line.endswith(" "):
            node = Node(plain[:-1], depth)
            open_[-1].below.append(node)
            open_.append(node)
        else:
            # Volumes without a name follow the fields of the one before them.
            open_[-1].fields.setdefault(label.removesuffix(":"), value.strip())
    return root


def _item(node: Node, keys: dict[str, str]) -> Item:
    item: dict[str, object] = {"_name": node.name}
    item |= {keys[label]: value for label, value in node.fields.items() if label in keys}
    rest = []
    for one in node.below:
        if one.name in _LISTS:
            item[_LISTS[one.name]] = [_item(below, keys) for below in one.below]
        elif one.name in _WITHIN:
            item[_WITHIN[one.name]] = _item(one, keys)
        else:
            rest.append(_item(one, keys))
    return {**item, "_items": rest} if rest else item
