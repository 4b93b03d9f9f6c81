"""Synology's disk stations (SYNOLOGY-SYSTEM-MIB, SYNOLOGY-DISK-MIB, SYNOLOGY-RAID-MIB): disks, volumes, fans.

1.3.6.1.4.1.6574.1.1.0        systemStatus      1 (normal; 2 failed)
1.3.6.1.4.1.6574.1.2.0        temperature       34
1.3.6.1.4.1.6574.1.4.1.0      systemFanStatus   1
1.3.6.1.4.1.6574.1.5.4.0      upgradeAvailable  2 (1 there is one, 2 none; others: it can't be asked)
1.3.6.1.4.1.6574.2.1.1.5.0    diskStatus        1 (normal; 2, 3 not in use; 4 system partition failed, 5 crashed)
1.3.6.1.4.1.6574.2.1.1.9.1    diskBadSector     511
1.3.6.1.4.1.6574.2.1.1.11.0   diskRemainLife    -1 (percent of an SSD)
1.3.6.1.4.1.6574.2.1.1.13.0   diskHealthStatus  1 (normal; 2 warning, 3 critical, 4 failing)
1.3.6.1.4.1.6574.3.1.1.3.0    raidStatus        1 (normal; 2 repairing, 11 degraded, 12 crashed, 21 unknown)

Any other status of a RAID is work that leaves it whole: scrubbing, expanding, checking. How full a volume is stands in
HOST-RESOURCES-MIB; a pool is always full, of its volumes.
"""

from driftvakt_collector.naming.device import Device
from driftvakt_collector.poll.snmp.mib import Module, Reading
from driftvakt_collector.poll.snmp.modules.hardware import bad_sectors, failing, life
from driftvakt_collector.poll.snmp.modules.vital import CELSIUS, NOT_KNOWN, PART, part, warm

_ROOT = "1.3.6.1.4.1.6574"
_SYSTEM, _DISK, _RAID = f"{_ROOT}.1", f"{_ROOT}.2.1.1", f"{_ROOT}.3.1.1"
_NAMES = f"{_DISK}.2"
_NORMAL, _DISK_WELL = 1, (1, 2, 3)
_WHOLE = tuple(state for state in range(1, 21) if state not in (2, 11, 12))
_UNKNOWN = frozenset({21})


def suits(device: Device) -> bool:
    """Say if a device is one of Synology."""
    return device.os == "dsm"


def _scalar(sub: str, kind: str, name: str) -> Reading:
    return Reading(PART, (f"{_SYSTEM}.{sub}.0",), words=frozenset({_NORMAL}), labels=(("kind", kind), ("part", name)))


MODULE = Module(
    name="synology",
    # A dozen columns of a few disks are fewer questions than a question for each that is used.
    walks=(*(f"{_SYSTEM}.{sub}.0" for sub in ("1", "2", "3", "4.1", "4.2", "5.4")), _DISK, _RAID),
    suits=suits,
    readings=(
        _scalar("1", "system", "system"),
        Reading(CELSIUS, (f"{_SYSTEM}.2.0",), unknown=NOT_KNOWN, labels=(("sensor", "system"),), low=1.0, high=250.0),
        _scalar("3", "power supply", "power"),
        _scalar("4.1", "fan", "system fan"),
        _scalar("4.2", "fan", "processor fan"),
        Reading("driftvakt_device_update_available", (f"{_SYSTEM}.5.4.0",), words=frozenset({1}),
                unknown=frozenset({3, 4, 5})),
        part(f"{_DISK}.5", _NAMES, "disk", *_DISK_WELL),
        warm(f"{_DISK}.6", _NAMES, proof=f"{_DISK}.6"),
        bad_sectors(f"{_DISK}.9", _NAMES),
        life(f"{_DISK}.11", _NAMES),
        failing(f"{_DISK}.13", _NAMES, 2, 3, 4),
        part(f"{_RAID}.3", f"{_RAID}.2", "RAID", *_WHOLE, unknown=_UNKNOWN),
    ),
)  # fmt: skip
