"""All that the readers make of what system_profiler says."""

from driftvakt_agent.inventory import Row
from driftvakt_agent.inventory.macos import (
    batteries,
    disks,
    displays,
    hardware,
    memory,
    network,
    pci,
    printers,
    profiler,
    software,
    updates,
    usb,
    volumes,
)
from driftvakt_wire.sections import SECTIONS


def every(told: profiler.Answer) -> dict[str, list[Row]]:
    """Return all rows that the readers of system_profiler's answer give."""
    found = {
        **displays.parse(told.get("SPDisplaysDataType", [])),
        "storage": [row for kind, bus in disks.BUSES for row in disks.parse(told.get(kind, []), bus)],
        "volumes": volumes.parse(
            told.get("SPStorageDataType", []), [one for items in told.values() for one in items], encrypted=None
        ),
        "memory": memory.parse(told.get("SPMemoryDataType", [])),
        "usb_devices": usb.parse(told.get("SPUSBDataType", [])),
        "pci_devices": pci.parse(told.get("SPPCIDataType", [])),
        "batteries": batteries.parse(told.get("SPPowerDataType", [])),
        "printers": printers.parse(told.get("SPPrintersDataType", [])),
        "packages": software.parse(told.get("SPApplicationsDataType", [])),
        "updates": updates.installed(told.get("SPInstallHistoryDataType", [])),
    }
    for one in told.get("SPHardwareDataType", []):
        found |= hardware.parse(one, {})
    network.services(told.get("SPNetworkDataType", []))
    return found


def rows_fit(name: str, rows: list[Row]) -> bool:
    """Say if rows have columns of their section alone."""
    known = {column.name for column in SECTIONS[name].columns}
    return all(row.keys() <= known for row in rows)
