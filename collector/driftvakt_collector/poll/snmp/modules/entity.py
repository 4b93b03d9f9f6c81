"""ENTITY-MIB (RFC 6933) and its sensors (RFC 3433): what a device is built of, with models and serial numbers.

1.3.6.1.2.1.47.1.1.1.1.5.1001   entPhysicalClass      3 (chassis)
1.3.6.1.2.1.47.1.1.1.1.11.1001  entPhysicalSerialNum  "CAT0912N0CU"
1.3.6.1.2.1.99.1.1.1.4.1006     entPhySensorValue     41
"""

from driftvakt_collector.naming.device import Device
from driftvakt_collector.poll.snmp.mib import Lookup, Module, Table, gauge, hidden

CLASSES = {
    1: "other", 2: "unknown", 3: "chassis", 4: "backplane", 5: "container", 6: "powerSupply", 7: "fan", 8: "sensor",
    9: "module", 10: "port", 11: "stack", 12: "cpu", 13: "energyObject", 14: "battery", 15: "storageDrive",
}  # fmt: skip
_INDEX = ("entPhysicalIndex",)
_PHYSICAL = "1.3.6.1.2.1.47.1.1.1.1"
_SENSOR = "1.3.6.1.2.1.99.1.1.1"


def suits(device: Device) -> bool:
    """Say if a device may be built of parts."""
    return device.class_ not in ("printer", "ups", "phone")


MODULE = Module(
    name="entity",
    walks=(_PHYSICAL,),
    suits=suits,
    tables=(
        Table("entPhysicalTable", _PHYSICAL, _INDEX, (
            hidden("2", "entPhysicalDescr"), hidden("4", "entPhysicalContainedIn"),
            hidden("5", "entPhysicalClass", words=CLASSES), hidden("7", "entPhysicalName"),
            hidden("8", "entPhysicalHardwareRev"), hidden("9", "entPhysicalFirmwareRev"),
            hidden("10", "entPhysicalSoftwareRev"), hidden("11", "entPhysicalSerialNum"),
            hidden("12", "entPhysicalMfgName"), hidden("13", "entPhysicalModelName"),
        )),
    ),
)  # fmt: skip

SENSORS = Module(
    name="entity_sensor",
    walks=(_SENSOR, f"{_PHYSICAL}.7"),
    suits=suits,
    tables=(
        Table("entPhySensorTable", _SENSOR, _INDEX, (
            hidden("1", "entPhySensorType", words={
                1: "other", 2: "unknown", 3: "voltsAC", 4: "voltsDC", 5: "amperes", 6: "watts", 7: "hertz",
                8: "celsius", 9: "percentRH", 10: "rpm", 11: "cmm", 12: "truthvalue",
            }),
            gauge("2", "entPhySensorScale", "The power of ten of the value's unit, 9 is units."),
            gauge("3", "entPhySensorPrecision", "Decimal places of the value."),
            gauge("4", "entPhySensorValue", "What the sensor read last."),
            gauge("5", "entPhySensorOperStatus", "1 ok, 2 unavailable, 3 nonoperational."),
        )),
        Table("entPhysicalNameTable", _PHYSICAL, _INDEX, (hidden("7", "entPhysicalName"),)),
    ),
    lookups=(Lookup(_INDEX, "entPhysicalName"), Lookup(_INDEX, "entPhySensorType")),
)  # fmt: skip
