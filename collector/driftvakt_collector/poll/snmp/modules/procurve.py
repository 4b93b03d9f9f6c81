"""HP's ProCurve and ArubaOS switches (HP-ICF-CHASSIS, STATISTICS-MIB, NETSWITCH-MIB): parts, processor, memory.

1.3.6.1.4.1.11.2.14.11.1.2.6.1.2.1      hpicfSensorObjectId      1.3.6.1.4.1.11.2.3.7.8.3.2 (a fan)
1.3.6.1.4.1.11.2.14.11.1.2.6.1.4.6      hpicfSensorStatus        5 (not present)
1.3.6.1.4.1.11.2.14.11.1.2.6.1.7.1      hpicfSensorDescr         "Fan Sensor"
1.3.6.1.4.1.11.2.14.11.5.1.1.2.1.1.1.5.1  hpLocalMemTotalBytes   100663296
1.3.6.1.4.1.11.2.14.11.5.1.1.2.1.1.1.7.1  hpLocalMemAllocBytes   27333552
1.3.6.1.4.1.11.2.14.11.5.1.9.6.1.0      hpSwitchCpuStat          37 (percent)
"""

from driftvakt_collector.naming.device import Device
from driftvakt_collector.poll.snmp.mib import Module, Reading
from driftvakt_collector.poll.snmp.modules.vital import MEMORY_TOTAL, MEMORY_USED, busy, filled, part, sized

_ICF = "1.3.6.1.4.1.11.2.14.11"
_SENSOR, _MEMORY, _CPU = f"{_ICF}.1.2.6.1", f"{_ICF}.5.1.1.2.1.1.1", f"{_ICF}.5.1.9.6.1.0"
_KIND, _STATUS, _DESCR = f"{_SENSOR}.2", f"{_SENSOR}.4", f"{_SENSOR}.7"
_KINDS = "1.3.6.1.4.1.11.2.3.7.8.3"
_GOOD, _SILENT = 4, frozenset({1, 5})
"""hpicfSensorStatus, and of it unknown and not present; 2 is bad, 3 a warning."""


def suits(device: Device) -> bool:
    """Say if a device is a switch of HP's own line."""
    return device.os == "procurve"


def _part(kind: str, number: int) -> Reading:
    return part(_STATUS, _DESCR, kind, _GOOD, unknown=_SILENT, where=((_KIND, f"{_KINDS}.{number}"),))


MODULE = Module(
    name="procurve",
    walks=(_KIND, _STATUS, _DESCR, f"{_MEMORY}.5", f"{_MEMORY}.7", _CPU),
    suits=suits,
    readings=(
        busy(_CPU),
        filled(f"{_MEMORY}.7", whole=f"{_MEMORY}.5", named="slot "),
        sized(MEMORY_USED, f"{_MEMORY}.7", 1.0, named="slot "),
        sized(MEMORY_TOTAL, f"{_MEMORY}.5", 1.0, named="slot "),
        _part("power supply", 1),
        _part("fan", 2),
        _part("temperature", 3),
    ),
)
