"""Aruba: access points that lead themselves (AI-AP-MIB), and the fans and power supplies of AOS-CX switches.

1.3.6.1.4.1.14823.2.3.3.1.2.1.1.2.…    aiAPName              "24:de:c6:c3:50:a4"
1.3.6.1.4.1.14823.2.3.3.1.2.1.1.7.…    aiAPCPUUtilization    9 (percent)
1.3.6.1.4.1.14823.2.3.3.1.2.1.1.8.…    aiAPMemoryFree        55951360 (bytes)
1.3.6.1.4.1.14823.2.3.3.1.2.1.1.10.…   aiAPTotalMemory       128745472
1.3.6.1.4.1.14823.2.3.3.1.2.1.1.11.…   aiAPStatus            1 (up)
1.3.6.1.4.1.14823.2.3.3.1.2.2.1.8.…    aiRadioUtilization64  21 (percent, over 64 seconds)
1.3.6.1.4.1.47196.4.1.1.3.11.2.1.1.11  arubaWiredPSUStateEnum  1 (ok)
1.3.6.1.4.1.47196.4.1.1.3.11.5.1.1.10  arubaWiredFanStateEnum  4 (ok)

Temperatures of AOS-CX are in ENTITY-SENSOR-MIB, its memory in HOST-RESOURCES-MIB.
"""

from driftvakt_collector.naming.device import Device
from driftvakt_collector.poll.snmp.mib import Module, Reading
from driftvakt_collector.poll.snmp.modules.vital import MEMORY_TOTAL, busy, channel, filled, part, sized
from driftvakt_collector.poll.snmp.modules.wireless import ARUBA_INSTANT

_NAME, _CPU, _FREE, _TOTAL, _STATUS = (f"{ARUBA_INSTANT}.{sub}" for sub in (2, 7, 8, 10, 11))
_CHANNEL = "1.3.6.1.4.1.14823.2.3.3.1.2.2.1.8"
_WIRED = "1.3.6.1.4.1.47196.4.1.1.3.11"
_SUPPLY, _FAN = f"{_WIRED}.2.1.1", f"{_WIRED}.5.1.1"
_SUPPLY_SILENT = frozenset({8, 9, 11, 12})
"""arubaWiredPSUStateEnum: unknown, not supported, starting, an empty bay."""
_FAN_SILENT = frozenset({1, 2, 3})
"""arubaWiredFanStateEnum: unknown, empty, not initialized; 5 is a fault."""


def suits_instant(device: Device) -> bool:
    """Say if a device leads access points of Aruba Instant."""
    return device.os == "aruba-instant"


def suits_wired(device: Device) -> bool:
    """Say if a device runs AOS-CX."""
    return device.os == "arubaos-cx"


INSTANT = Module(
    name="aruba_instant",
    walks=(_NAME, _CPU, _FREE, _TOTAL, _STATUS, _CHANNEL),
    suits=suits_instant,
    readings=(
        busy(_CPU, names=_NAME),
        filled(_FREE, whole=_TOTAL, left=True, names=_NAME),
        sized(MEMORY_TOTAL, _TOTAL, 1.0, names=_NAME),
        part(_STATUS, _NAME, "access point", 1),
        channel(_CHANNEL, _NAME, "radio "),
    ),
)

WIRED = Module(
    name="aruba_wired",
    walks=(f"{_SUPPLY}.4", f"{_SUPPLY}.11", f"{_FAN}.4", f"{_FAN}.8", f"{_FAN}.10"),
    suits=suits_wired,
    readings=(
        part(f"{_SUPPLY}.11", f"{_SUPPLY}.4", "power supply", 1, unknown=_SUPPLY_SILENT, named="power supply "),
        part(f"{_FAN}.10", f"{_FAN}.4", "fan", 4, unknown=_FAN_SILENT, named="fan "),
        Reading("driftvakt_device_fan_rpm", (f"{_FAN}.8",), label="fan", label_oid=f"{_FAN}.4",
                unknown=frozenset({-1}), low=0.0),
    ),
)  # fmt: skip
