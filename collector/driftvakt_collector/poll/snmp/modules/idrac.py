"""Dell's iDRAC (IDRAC-MIB-SMIv2, DELL-RAC-MIB): what a server is built of, as its management processor sees it.

1.3.6.1.4.1.674.10892.2.2.1.0            drsGlobalSystemStatus       3 (ok)
1.3.6.1.4.1.674.10892.5.4.300.70.1.5.1.1  intrusionStatus            3
1.3.6.1.4.1.674.10892.5.4.600.12.1.5.1.1  powerSupplyStatus          3
1.3.6.1.4.1.674.10892.5.4.600.30.1.6.1.3  amperageProbeReading       198 (watts where amperageProbeType is 26)
1.3.6.1.4.1.674.10892.5.4.600.50.1.5.1.1  systemBatteryStatus        3
1.3.6.1.4.1.674.10892.5.4.700.12.1.6.1.1  coolingDeviceReading       6240
1.3.6.1.4.1.674.10892.5.4.700.20.1.6.1.1  temperatureProbeReading    460 (0.1 degree)
1.3.6.1.4.1.674.10892.5.4.1100.50.1.5.1.1 memoryDeviceStatus         3
1.3.6.1.4.1.674.10892.5.5.1.20.130.4.1.31.1  physicalDiskSmartAlertIndication  0 (no; 1 yes)
1.3.6.1.4.1.674.10892.5.5.1.20.130.4.1.49.8  physicalDiskRemainingRatedWriteEndurance  99 (percent; 255 no SSD)
1.3.6.1.4.1.674.10892.5.5.1.20.140.1.1.4.1   virtualDiskState        2 (online; 3 failed, 4 degraded)

A status is 3 ok, 4 non-critical, 5 critical, 6 non-recoverable; 1 other and 2 unknown say nothing. Tables are asked for
by column: a disk has fifty of them. Some forty voltages, each with a status of its own, are in the system's status.
"""

from driftvakt_collector.naming.device import Device
from driftvakt_collector.poll.snmp.mib import Module, Reading
from driftvakt_collector.poll.snmp.modules.hardware import drawn, failing, life, turning
from driftvakt_collector.poll.snmp.modules.vital import part, warm

_SYSTEM = "1.3.6.1.4.1.674.10892.2.2.1.0"
_DELL, _STORAGE = "1.3.6.1.4.1.674.10892.5.4", "1.3.6.1.4.1.674.10892.5.5.1.20"
_INTRUSION, _SUPPLY, _AMPERAGE, _BATTERY = (f"{_DELL}.{sub}.1" for sub in ("300.70", "600.12", "600.30", "600.50"))
_FAN, _PROBE, _CPU, _MEMORY = (f"{_DELL}.{sub}.1" for sub in ("700.12", "700.20", "1100.30", "1100.50"))
_CONTROLLER, _DISK, _VIRTUAL = (f"{_STORAGE}.{sub}.1" for sub in ("130.1", "130.4", "140.1"))
_OK = 3
_SILENT = frozenset({1, 2})
_ONLINE, _UNKNOWN = 2, frozenset({1})
"""virtualDiskState."""
_ALERT = 1
_WATTS = 26
"""amperageProbeType, amperageProbeTypeIsSystemWatts; others are currents."""


def suits(device: Device) -> bool:
    """Say if a device is an iDRAC, or a card before it."""
    return device.os == "drac"


def _status(table: str, sub: str, names: str, kind: str) -> Reading:
    return part(f"{table}.{sub}", f"{table}.{names}" if names else "", kind, _OK, unknown=_SILENT, named=f"{kind} ")


MODULE = Module(
    name="idrac",
    walks=(
        _SYSTEM, f"{_INTRUSION}.5", f"{_SUPPLY}.5", f"{_SUPPLY}.8", _AMPERAGE, _BATTERY,
        *(f"{_FAN}.{sub}" for sub in (5, 6, 8)), f"{_PROBE}.6", f"{_PROBE}.8", f"{_CPU}.5", f"{_CPU}.26",
        f"{_MEMORY}.5", f"{_MEMORY}.26", f"{_CONTROLLER}.38", f"{_CONTROLLER}.79",
        *(f"{_DISK}.{sub}" for sub in (24, 31, 49, 55)), f"{_VIRTUAL}.4", f"{_VIRTUAL}.36",
    ),
    suits=suits,
    readings=(
        Reading("driftvakt_part_ok", (_SYSTEM,), unknown=_SILENT, words=frozenset({_OK}),
                labels=(("kind", "system"), ("part", "system"))),
        _status(_INTRUSION, "5", "", "casing"),
        _status(_SUPPLY, "5", "8", "power supply"),
        drawn(f"{_AMPERAGE}.6", f"{_AMPERAGE}.8", where=((f"{_AMPERAGE}.7", _WATTS),)),
        _status(_BATTERY, "5", "7", "battery"),
        _status(_FAN, "5", "8", "fan"),
        turning(f"{_FAN}.6", f"{_FAN}.8"),
        warm(f"{_PROBE}.6", f"{_PROBE}.8", 0.1),
        _status(_CPU, "5", "26", "processor"),
        _status(_MEMORY, "5", "26", "memory module"),
        _status(_CONTROLLER, "38", "79", "controller"),
        _status(_DISK, "24", "55", "disk"),
        failing(f"{_DISK}.31", f"{_DISK}.55", _ALERT),
        life(f"{_DISK}.49", f"{_DISK}.55"),
        part(f"{_VIRTUAL}.4", f"{_VIRTUAL}.36", "RAID", _ONLINE, unknown=_UNKNOWN, named="RAID "),
    ),
)  # fmt: skip
