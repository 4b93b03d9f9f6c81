"""Junos (JUNIPER-MIB): processors and memory, temperatures, fans and power supplies, the alarms of the chassis.

1.3.6.1.4.1.2636.3.1.13.1.5.9.1.0.0    jnxOperatingDescr    "Routing Engine 0"
1.3.6.1.4.1.2636.3.1.13.1.6.2.1.1.0    jnxOperatingState    2 (running)
1.3.6.1.4.1.2636.3.1.13.1.7.9.1.0.0    jnxOperatingTemp     26 (degrees, 0 where there is no sensor)
1.3.6.1.4.1.2636.3.1.13.1.8.9.1.0.0    jnxOperatingCPU      17 (percent)
1.3.6.1.4.1.2636.3.1.13.1.11.9.1.0.0   jnxOperatingBuffer   44 (percent, 0 where there is no memory)
1.3.6.1.4.1.2636.3.1.13.1.15.9.1.0.0   jnxOperatingMemory   1953 (MiB)
1.3.6.1.4.1.2636.3.1.15.1.6.2.1.1.0    jnxFruType           7 (power entry module)
1.3.6.1.4.1.2636.3.1.15.1.8.8.1.2.0    jnxFruState          2 (empty)
1.3.6.1.4.1.2636.3.4.2.2.1.0           jnxYellowAlarmState  3 (on)

What a row is stands in jnxFruTable, whose rows have the same numbers. A part that cannot be changed is not in it.
"""

from driftvakt_collector.naming.device import Device
from driftvakt_collector.poll.snmp.mib import Module, Reading
from driftvakt_collector.poll.snmp.modules.vital import MEMORY_TOTAL, busy, filled, part, sized, warm

_JUNOS = "1.3.6.1.4.1.2636.3"
_OPERATING, _FRU = f"{_JUNOS}.1.13.1", f"{_JUNOS}.1.15.1"
_NAME, _STATE, _TEMPERATURE, _CPU, _BUFFER, _MEMORY = (f"{_OPERATING}.{sub}" for sub in (5, 6, 7, 8, 11, 15))
_FRU_NAME, _FRU_TYPE, _FRU_STATE = f"{_FRU}.5", f"{_FRU}.6", f"{_FRU}.8"
_YELLOW, _RED = f"{_JUNOS}.4.2.2.1.0", f"{_JUNOS}.4.2.3.1.0"
_CONCENTRATOR, _ENGINE, _POWER, _PORTS, _FAN = 3, 6, 7, 11, 13
"""jnxFruType."""
_THINKING = ((_FRU_TYPE, frozenset({_CONCENTRATOR, _ENGINE})),)
_RUNNING, _READY, _FULL_SPEED, _STANDBY = 2, 3, 5, 7
"""jnxOperatingState, of which 1 is unknown."""
_STARTING = frozenset({1, 2, 5})
"""jnxFruState: unknown, an empty slot, and on its way to be online."""
_FRU_WELL = (3, 4, 6, 10)
"""jnxFruState: present, ready, online, standby."""


def suits(device: Device) -> bool:
    """Say if a device runs Junos."""
    return device.os == "junos"


def _alarm(oid: str, severity: str) -> Reading:
    return Reading("driftvakt_device_alarm_active", (oid,), unknown=frozenset({1}), words=frozenset({3}),
                   labels=(("severity", severity),))  # fmt: skip


def _cooled(kind: str, type_: int) -> Reading:
    return part(_STATE, _NAME, kind, _RUNNING, _READY, _FULL_SPEED, _STANDBY, unknown=frozenset({1}),
                where=((_FRU_TYPE, type_),))  # fmt: skip


MODULE = Module(
    name="juniper",
    walks=(_NAME, _STATE, _TEMPERATURE, _CPU, _BUFFER, _MEMORY, _FRU_NAME, _FRU_TYPE, _FRU_STATE, _YELLOW, _RED),
    suits=suits,
    readings=(
        busy(_CPU, names=_NAME, where=_THINKING, proof=_BUFFER),
        filled(_BUFFER, 0.01, names=_NAME, where=_THINKING, proof=_BUFFER),
        sized(MEMORY_TOTAL, _MEMORY, 1024.0**2, names=_NAME, where=_THINKING),
        warm(_TEMPERATURE, _NAME, proof=_TEMPERATURE),
        _cooled("power supply", _POWER),
        _cooled("fan", _FAN),
        part(_FRU_STATE, _FRU_NAME, "module", *_FRU_WELL, unknown=_STARTING,
             where=((_FRU_TYPE, frozenset({_CONCENTRATOR, _ENGINE, _PORTS})),)),
        _alarm(_RED, "critical"),
        _alarm(_YELLOW, "warning"),
    ),
)  # fmt: skip
