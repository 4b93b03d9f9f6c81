"""RouterOS (MIKROTIK-MIB): temperatures, fans, power supplies, and who is connected by PPP.

1.3.6.1.4.1.14988.1.1.3.100.1.2.14   mtxrGaugeName   "temperature"
1.3.6.1.4.1.14988.1.1.3.100.1.3.14   mtxrGaugeValue  38
1.3.6.1.4.1.14988.1.1.3.100.1.4.14   mtxrGaugeUnit   1 (degrees; 2 rpm, 3 dV, 4 dA, 5 dW, 6 a state)
1.3.6.1.4.1.14988.1.1.3.10.0         mtxrHlTemperature  tenths of a degree, before release 7
1.3.6.1.4.1.9.9.150.1.1.1.0          casnActiveTableEntries, which is Cisco's: sessions by PPP

Processors, memory and disks are in HOST-RESOURCES-MIB. The older scalars stand beside the table for some models.
"""

from driftvakt_collector.naming.device import Device
from driftvakt_collector.poll.snmp.mib import Module, Reading
from driftvakt_collector.poll.snmp.modules.vital import CELSIUS, NOT_KNOWN, PART, part, warm

_HEALTH = "1.3.6.1.4.1.14988.1.1.3"
_GAUGE = f"{_HEALTH}.100.1"
_NAME, _VALUE, _UNIT = (f"{_GAUGE}.{sub}" for sub in (2, 3, 4))
_BOARD, _PROCESSOR, _SUPPLY, _SECOND_SUPPLY = (f"{_HEALTH}.{number}.0" for number in (10, 11, 15, 16))
_SESSIONS = "1.3.6.1.4.1.9.9.150.1.1.1.0"
_CELSIUS, _RPM, _STATE = 1, 2, 6


def suits(device: Device) -> bool:
    """Say if a device runs RouterOS."""
    return device.os == "routeros"


def _measured(oid: str, sensor: str) -> Reading:
    # 0 is what it says where it has no such sensor.
    return Reading(CELSIUS, (oid,), 0.1, unknown=NOT_KNOWN | {0}, labels=(("sensor", sensor),), low=-60.0, high=250.0)


def _fed(oid: str, name: str) -> Reading:
    labels = (("kind", "power supply"), ("part", name))
    return Reading(PART, (oid,), unknown=frozenset({0}), words=frozenset({1}), labels=labels)


MODULE = Module(
    name="mikrotik",
    walks=(_GAUGE, _BOARD, _PROCESSOR, _SUPPLY, _SECOND_SUPPLY, _SESSIONS),
    suits=suits,
    readings=(
        warm(_VALUE, _NAME, where=((_UNIT, _CELSIUS),)),
        Reading("driftvakt_device_fan_rpm", (_VALUE,), label="fan", label_oid=_NAME, where=((_UNIT, _RPM),), low=0.0),
        part(_VALUE, _NAME, "part", 0, where=((_UNIT, _STATE),)),
        _measured(_BOARD, "board"),
        _measured(_PROCESSOR, "processor"),
        _fed(_SUPPLY, "power supply"),
        _fed(_SECOND_SUPPLY, "second power supply"),
        Reading("driftvakt_device_vpn_users", (_SESSIONS,), labels=(("name", "all"),), low=0.0),
    ),
)
