"""Axis' cameras (AXIS-VIDEO-MIB): temperature, fans, power supplies, and whether the casing was opened.

1.3.6.1.4.1.368.4.1.1.1.3.1.1  powerSupplyStatus  1 (ok; 2 failure)
1.3.6.1.4.1.368.4.1.2.1.3.1.1  fanStatus          1
1.3.6.1.4.1.368.4.1.3.1.3.1.1  tempSensorStatus   1 (ok; 2 failure, 3 out of boundary)
1.3.6.1.4.1.368.4.1.3.1.4.1.1  tempSensorValue    47
1.3.6.1.4.1.368.4.1.6.1.3.1    casingStatus       1 (closed; 2 open)

Whether a storage is disrupted is not told: a camera says so of each place for a card that has none.
"""

from driftvakt_collector.naming.device import Device
from driftvakt_collector.poll.snmp.mib import Module
from driftvakt_collector.poll.snmp.modules.vital import part, warm

_VIDEO = "1.3.6.1.4.1.368.4.1"
_SUPPLY, _FAN, _SENSOR, _CASING = (f"{_VIDEO}.{sub}.1" for sub in (1, 2, 3, 6))
_OK = 1


def suits(device: Device) -> bool:
    """Say if a device is one of Axis."""
    return device.vendor == "Axis"


MODULE = Module(
    name="axis",
    walks=(_SUPPLY, _FAN, _SENSOR, _CASING),
    suits=suits,
    readings=(
        part(f"{_SUPPLY}.3", "", "power supply", _OK, named="power supply "),
        part(f"{_FAN}.3", "", "fan", _OK, named="fan "),
        part(f"{_SENSOR}.3", "", "temperature", _OK, named="sensor "),
        warm(f"{_SENSOR}.4", named="sensor "),
        part(f"{_CASING}.3", f"{_CASING}.2", "casing", _OK, named="casing "),
    ),
)
