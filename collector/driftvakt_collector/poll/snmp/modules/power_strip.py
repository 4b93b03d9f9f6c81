"""APC's rack PDUs (PowerNet-MIB): load of phases and banks, power and energy, outlets, their own power supplies.

1.3.6.1.4.1.318.1.1.4.4.2.1.3.1       sPDUOutletControlOutletState  1 (on)
1.3.6.1.4.1.318.1.1.4.4.2.1.4.1       sPDUOutletName
1.3.6.1.4.1.318.1.1.12.2.3.1.1.3.1    rPDULoadStatusLoadState       1 (normal; 2 low, 3 near overload, 4 overload)
1.3.6.1.4.1.318.1.1.26.4.3.1.5.1      rPDU2DeviceStatusPower        27 (hundredths of a kilowatt)
1.3.6.1.4.1.318.1.1.26.4.3.1.9.1      rPDU2DeviceStatusEnergy       19677 (tenths of a kilowatt hour)
1.3.6.1.4.1.318.1.1.26.4.3.1.13.1     rPDU2DeviceStatusPowerSupply1Status  1 (normal; 2 in alarm, 3 not installed)
1.3.6.1.4.1.318.1.1.26.6.3.1.4.1      rPDU2PhaseStatusLoadState     2 (normal; 1 low, 3 near overload, 4 overload)
1.3.6.1.4.1.318.1.1.26.6.3.1.6.1      rPDU2PhaseStatusVoltage       231
1.3.6.1.4.1.318.1.1.26.8.3.1.4.1      rPDU2BankStatusLoadState

The current of phases is in the module of environments: it is the same in older ones.
"""

from driftvakt_collector.naming.device import Device
from driftvakt_collector.poll.snmp.mib import Module, Reading
from driftvakt_collector.poll.snmp.modules.vital import NOT_KNOWN, part, warm

_POWERNET = "1.3.6.1.4.1.318.1.1"
_OUTLET, _OLD_LOAD = f"{_POWERNET}.4.4.2.1", f"{_POWERNET}.12.2.3.1.1.3"
_DEVICE, _PHASE, _BANK = (f"{_POWERNET}.26.{sub}.3.1" for sub in (4, 6, 8))
_SENSOR = f"{_POWERNET}.26.10.2.2.1"
_POWER, _ENERGY, _FIRST_SUPPLY, _SECOND_SUPPLY = (f"{_DEVICE}.{sub}" for sub in (5, 9, 13, 14))
_NEAR = frozenset({3, 4})
_ON, _NEITHER = 1, frozenset({3, 4})
"""sPDUOutletControlOutletState, and of it on its way to be on again, and unknown; 2 is off."""
_NOT_INSTALLED = frozenset({3})
_TALKS = 2
"""rPDU2SensorTempHumidityStatusCommStatus: 1 is not installed, 3 is lost."""
_TEN_WATTS, _TENTH_OF_KWH = 10.0, 360_000.0


def suits(device: Device) -> bool:
    """Say if a device is a power strip of APC."""
    return device.class_ == "pdu" and device.vendor == "APC"


def _near(*oids: str, named: str = "") -> Reading:
    return Reading("driftvakt_pdu_overload", oids, label="phase", unknown=frozenset({5}), words=_NEAR, named=named)


MODULE = Module(
    name="power_strip",
    # Tables with a row or two are asked for whole, which is one question.
    walks=(f"{_OUTLET}.3", f"{_OUTLET}.4", _OLD_LOAD, _DEVICE, _PHASE, f"{_BANK}.4", _SENSOR),
    suits=suits,
    readings=(
        _near(f"{_PHASE}.4", _OLD_LOAD),
        _near(f"{_BANK}.4", named="bank "),
        Reading("driftvakt_pdu_volts", (f"{_PHASE}.6",), label="phase", unknown=NOT_KNOWN - {255}, low=1.0),
        Reading("driftvakt_pdu_watts", (_POWER,), _TEN_WATTS, "unit", unknown=NOT_KNOWN - {255}, low=0.0),
        Reading("driftvakt_pdu_energy_joules_total", (_ENERGY,), _TENTH_OF_KWH, "unit",
                unknown=frozenset({-1, 2147483647}), low=0.0),
        Reading("driftvakt_pdu_outlet_on", (f"{_OUTLET}.3",), label="outlet", label_oid=f"{_OUTLET}.4",
                unknown=_NEITHER, words=frozenset({_ON}), named="outlet "),
        part(_FIRST_SUPPLY, "", "power supply", 1, unknown=_NOT_INSTALLED, named="first of unit "),
        part(_SECOND_SUPPLY, "", "power supply", 1, unknown=_NOT_INSTALLED, named="second of unit "),
        warm(f"{_SENSOR}.8", f"{_SENSOR}.3", 0.1, where=((f"{_SENSOR}.6", _TALKS),), named="sensor "),
        Reading("driftvakt_sensor_humidity_ratio", (f"{_SENSOR}.10",), 0.01, "sensor", f"{_SENSOR}.3", NOT_KNOWN,
                low=0.0, high=1.0, where=((f"{_SENSOR}.6", _TALKS),), named="sensor "),
    ),
)  # fmt: skip
