"""Cisco's IOS, IOS XE and NX-OS: processors, memory, power supplies and fans, temperatures, stacks and supervisors.

1.3.6.1.4.1.9.9.48.1.1.1.2.1        ciscoMemoryPoolName      "Processor"
1.3.6.1.4.1.9.9.48.1.1.1.5.1        ciscoMemoryPoolUsed      20103300 (bytes)
1.3.6.1.4.1.9.9.48.1.1.1.6.1        ciscoMemoryPoolFree      55248600
1.3.6.1.4.1.9.9.91.1.1.1.1.4.7001   entSensorValue           28 (by entSensorScale and entSensorPrecision)
1.3.6.1.4.1.9.9.109.1.1.1.1.8.22    cpmCPUTotal5minRev       14 (percent)
1.3.6.1.4.1.9.9.109.1.1.1.1.12.22   cpmCPUMemoryUsed         2528860 (kB)
1.3.6.1.4.1.9.9.117.1.1.2.1.2.470   cefcFRUPowerOperStatus   2 (on)
1.3.6.1.4.1.9.9.117.1.4.1.1.1.534   cefcFanTrayOperStatus    2 (up)
1.3.6.1.4.1.9.9.176.1.1.4.0         cRFStatusPeerUnitState   2 (disabled: there is no second supervisor)
1.3.6.1.4.1.9.9.500.1.2.1.1.6.1001  cswSwitchState           4 (ready)

What CISCO-ENVMON-MIB tells of smaller ones is in the module of environments. Of memory the pools of Processor and I/O
are told: others are a few kilobytes, and as full as they were made.
"""

import re

from driftvakt_collector.naming.device import Device
from driftvakt_collector.poll.snmp.mib import Module, Reading
from driftvakt_collector.poll.snmp.modules.vital import MEMORY_USED, busy, filled, part, sized, warm

_CISCO = "1.3.6.1.4.1.9.9"
_NAMES = "1.3.6.1.2.1.47.1.1.1.1.7"
_POOL, _SENSOR, _PROCESSOR = f"{_CISCO}.48.1.1.1", f"{_CISCO}.91.1.1.1.1", f"{_CISCO}.109.1.1.1.1"
_FRU_POWER, _FAN_TRAY = f"{_CISCO}.117.1.1.2.1.2", f"{_CISCO}.117.1.4.1.1.1"
_PEER, _SWITCH = f"{_CISCO}.176.1.1.4.0", f"{_CISCO}.500.1.2.1.1"
_OS = frozenset({"ios", "iosxe", "iosxr", "nxos", "asa"})
_MEMORY = ((f"{_POOL}.2", frozenset({b"Processor", b"I/O"})),)
_FEEDS = r"power ?suppl|\bpsu\b|\bps[ -]?\d"
"""In entPhysicalName: cefcFRUPowerStatusTable has line cards too, which are fed and feed nobody."""
_SUPPLY, _NO_SUPPLY = re.compile(rf"(?i){_FEEDS}"), re.compile(rf"(?i)^(?!.*(?:{_FEEDS}))")
_ON, _OFF_BY_ADMIN = 2, 3
_UP, _UNKNOWN = 2, 1
_CELSIUS, _UNITS, _THOUSANDTHS = 8, 9, 8
"""entSensorType, and two of entSensorScale."""
_STANDBY_HOT = 9
_READY, _PROVISIONED = 4, 9
"""cswSwitchState: a member that was only configured for later is not missing."""


def suits(device: Device) -> bool:
    """Say if a device runs an operating system of Cisco's routers and switches."""
    return device.vendor == "Cisco" and device.os in _OS


def _warm(scale: int, places: int) -> Reading:
    where = ((f"{_SENSOR}.1", _CELSIUS), (f"{_SENSOR}.2", scale), (f"{_SENSOR}.3", places))
    return warm(f"{_SENSOR}.4", _NAMES, 10.0 ** (3 * (scale - _UNITS) - places), where=where)


MODULE = Module(
    name="cisco",
    # Of tables with a row or two each column would be a question of its own; sensors are many.
    walks=(_POOL, *(f"{_SENSOR}.{sub}" for sub in (1, 2, 3, 4)), _PROCESSOR, _FRU_POWER, _FAN_TRAY, _PEER, _SWITCH),
    suits=suits,
    readings=(
        busy(f"{_PROCESSOR}.8", f"{_PROCESSOR}.5"),
        filled(f"{_POOL}.5", rest=f"{_POOL}.6", names=f"{_POOL}.2", where=_MEMORY),
        sized(MEMORY_USED, f"{_POOL}.5", 1.0, names=f"{_POOL}.2", where=_MEMORY),
        filled(f"{_PROCESSOR}.12", rest=f"{_PROCESSOR}.13", named="processor "),
        sized(MEMORY_USED, f"{_PROCESSOR}.12", named="processor "),
        part(_FRU_POWER, _NAMES, "power supply", _ON, unknown=frozenset({_OFF_BY_ADMIN}), where=((_NAMES, _SUPPLY),)),
        part(_FRU_POWER, _NAMES, "module", _ON, unknown=frozenset({_OFF_BY_ADMIN}), where=((_NAMES, _NO_SUPPLY),)),
        part(_FAN_TRAY, _NAMES, "fan", _UP, unknown=frozenset({_UNKNOWN})),
        *(_warm(scale, places) for scale, places in ((_UNITS, 0), (_UNITS, 1), (_UNITS, 2), (_UNITS, 3),
                                                     (_THOUSANDTHS, 0))),
        part(f"{_SWITCH}.6", f"{_SWITCH}.1", "stack member", _READY, unknown=frozenset({_PROVISIONED}),
             named="switch "),
        Reading("driftvakt_device_high_availability_ok", (_PEER,), unknown=frozenset({0, 1, 2}),
                words=frozenset({_STANDBY_HOT}), labels=(("name", "standby supervisor"),)),
    ),
)  # fmt: skip
