"""EdgeSwitches, and others built on FASTPATH (EdgeSwitch-SWITCHING-MIB, -BOXSERVICES-PRIVATE-MIB).

1.3.6.1.4.1.4413.1.1.1.1.4.1.0           agentSwitchCpuProcessMemFree       85068 (kB)
1.3.6.1.4.1.4413.1.1.1.1.4.2.0           agentSwitchCpuProcessMemAvailable  256404 (kB, in all)
1.3.6.1.4.1.4413.1.1.1.1.4.9.0           agentSwitchCpuProcessTotalUtilization
                                         "5 Secs ( 31.1134%)   60 Secs ( 16.7571%)  300 Secs ( 14.3501%)"
1.3.6.1.4.1.4413.1.1.43.1.6.1.3.1.0      boxServicesFanItemState            2 (operational)
1.3.6.1.4.1.4413.1.1.43.1.7.1.3.1.0      boxServicesPowSupplyItemState      2 (operational)
1.3.6.1.4.1.4413.1.1.43.1.8.1.4.1.0      boxServicesTempSensorState         1 (normal)
1.3.6.1.4.1.4413.1.1.43.1.8.1.5.1.0      boxServicesTempSensorTemperature   54
"""

import re
from collections.abc import Mapping

from driftvakt_collector.naming.device import Device
from driftvakt_collector.poll.snmp.mib import Key, Module, Packed
from driftvakt_collector.poll.snmp.modules.vital import CPU, MEMORY_TOTAL, filled, part, sized, warm

_SYSTEM, _BOX = "1.3.6.1.4.1.4413.1.1.1.1.4", "1.3.6.1.4.1.4413.1.1.43.1"
_FREE, _TOTAL, _BUSY = (f"{_SYSTEM}.{number}.0" for number in (1, 2, 9))
_FAN, _SUPPLY, _STATE, _CELSIUS = (f"{_BOX}.{sub}" for sub in ("6.1.3", "7.1.3", "8.1.4", "8.1.5"))
_OPERATIONAL, _NOT_THERE = 2, frozenset({1, 4})
"""boxServicesFanItemState, and of it not present and on its way to be on."""
_NORMAL, _LOW, _NO_SENSOR = 1, 0, frozenset({5, 6})
"""boxServicesTempSensorState, and of it not present and not operational; 2 to 4 are too warm."""
_SHARES = re.compile(rb"(\d{1,3}) Secs \( *(\d{1,3}(?:\.\d{1,6})?)%\)")
_FIVE_MINUTES = 300


def suits(device: Device) -> bool:
    """Say if a device is an EdgeSwitch."""
    return device.os == "edgeswitch"


def load(text: bytes, _beside: str = "") -> Mapping[Key, float]:
    """Return how busy the processor is, of the longest time up to five minutes that is told."""
    told = {int(seconds): float(percent) / 100 for seconds, percent in _SHARES.findall(text[:255])}
    span = max((seconds for seconds in told if seconds <= _FIVE_MINUTES), default=0)
    return {(CPU, (("cpu", "all"),)): told[span]} if span and told[span] <= 1 else {}


MODULE = Module(
    name="edgeswitch",
    walks=(_FREE, _TOTAL, _BUSY, _FAN, _SUPPLY, _STATE, _CELSIUS),
    suits=suits,
    readings=(
        filled(_FREE, whole=_TOTAL, left=True),
        sized(MEMORY_TOTAL, _TOTAL),
        part(_FAN, "", "fan", _OPERATIONAL, unknown=_NOT_THERE, named="fan "),
        part(_SUPPLY, "", "power supply", _OPERATIONAL, unknown=_NOT_THERE, named="power supply "),
        part(_STATE, "", "temperature", _NORMAL, _LOW, unknown=_NO_SENSOR, named="sensor "),
        warm(_CELSIUS, named="sensor ", proof=_CELSIUS),
    ),
    packed=(Packed(_BUSY, load),),
)
