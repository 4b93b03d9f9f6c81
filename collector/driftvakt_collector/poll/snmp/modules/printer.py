"""Printer-MIB (RFC 3805) and what HOST-RESOURCES-MIB (RFC 2790) has of printers: supplies, trays, covers, counters.

    1.3.6.1.2.1.43.11.1.1.6.1.1   prtMarkerSuppliesDescription  "Black Toner"
    1.3.6.1.2.1.43.11.1.1.8.1.1   prtMarkerSuppliesMaxCapacity  100
    1.3.6.1.2.1.43.11.1.1.9.1.1   prtMarkerSuppliesLevel        40
    1.3.6.1.2.1.43.16.5.1.2.1.1   prtConsoleDisplayBufferText   "Ready"

Raw series are those of snmp_exporter's module `printer_mib`. Of a level -1 says "no limit", -2 "unknown" and -3 "some
is left": they are no level, so the ratio is absent then. Of a receptacle (class 4) the level is the room that is left.
"""

from driftvakt_collector.naming.device import Device
from driftvakt_collector.poll.snmp.mib import (
    Column,
    Kind,
    Lookup,
    Module,
    Reading,
    Table,
    counter,
    gauge,
    hidden,
    text,
)

MIB = "1.3.6.1.2.1.43"
_DEVICE = ("hrDeviceIndex",)
_UNKNOWN = frozenset({-1, -2, -3})
SUPPLY_TYPES = {
    1: "other", 2: "unknown", 3: "toner", 4: "wasteToner", 5: "ink", 6: "inkCartridge", 7: "inkRibbon", 8: "wasteInk",
    9: "opc", 10: "developer", 11: "fuserOil", 12: "solidWax", 13: "ribbonWax", 14: "wasteWax", 15: "fuser",
    16: "coronaWire", 17: "fuserOilWick", 18: "cleanerUnit", 19: "fuserCleaningPad", 20: "transferUnit",
    21: "tonerCartridge", 22: "fuserOiler", 23: "water", 24: "wasteWater", 25: "glueWaterAdditive", 26: "wastePaper",
    27: "bindingSupply", 28: "bandingSupply", 29: "stitchingWire", 30: "shrinkWrap", 31: "paperWrap", 32: "staples",
    33: "inserts", 34: "covers", 35: "matteToner", 36: "matteInk",
}  # fmt: skip
SUPPLY_UNITS = {
    3: "tenThousandthsOfInches", 4: "micrometers", 7: "impressions", 8: "sheets", 11: "hours",
    12: "thousandthsOfOunces", 13: "tenthsOfGrams", 14: "hundrethsOfFluidOunces", 15: "tenthsOfMilliliters",
    16: "feet", 17: "meters", 18: "items", 19: "percent",
}  # fmt: skip
COVERS = {1: "other", 2: "unknown", 3: "coverOpen", 4: "coverClosed", 5: "interlockOpen", 6: "interlockClosed"}
RESETS = {3: "notResetting", 4: "powerCycleReset", 5: "resetToNVRAM", 6: "resetToFactoryDefaults"}
CONSOLE = {3: "enabled", 4: "disabled"}
STATUS = {1: "other", 2: "unknown", 3: "idle", 4: "printing", 5: "warmup"}
_SUPPLIES = f"{MIB}.11.1.1"
_INPUTS = f"{MIB}.8.2.1"


def suits(device: Device) -> bool:
    """Say if a device is one that prints."""
    return device.class_ in ("printer", "")


MODULE = Module(
    name="printer_mib",
    walks=(
        f"{MIB}.5.1.1", f"{MIB}.6.1.1", f"{_INPUTS}.9", f"{_INPUTS}.10", f"{_INPUTS}.13", f"{_INPUTS}.18",
        f"{MIB}.10.2.1.3", f"{MIB}.10.2.1.4", f"{MIB}.10.2.1.5", _SUPPLIES, f"{MIB}.12.1.1.4", f"{MIB}.16.5.1.2",
        "1.3.6.1.2.1.25.3.5.1",
    ),
    suits=suits,
    tables=(
        Table("prtGeneralTable", f"{MIB}.5.1.1", _DEVICE, (
            Column("3", "prtGeneralReset", Kind.STATES, "A reset of the printer.", RESETS),
            Column("13", "prtConsoleDisable", Kind.STATES, "Whether the panel is enabled.", CONSOLE),
            text("16", "prtGeneralPrinterName", "The printer's name that its administrator gave it."),
            text("17", "prtGeneralSerialNumber", "Serial number."),
            counter("18", "prtAlertCriticalEvents", "Critical alerts so far."),
            counter("19", "prtAlertAllEvents", "Alerts so far."),
        )),
        Table("prtCoverTable", f"{MIB}.6.1.1", ("hrDeviceIndex", "prtCoverIndex"), (
            hidden("2", "prtCoverDescription"),
            Column("3", "prtCoverStatus", Kind.STATES, "Whether a cover is open.", COVERS),
        )),
        Table("prtInputTable", _INPUTS, ("hrDeviceIndex", "prtInputIndex"), (
            hidden("9", "prtInputMaxCapacity"), hidden("10", "prtInputCurrentLevel"), hidden("13", "prtInputName"),
            hidden("18", "prtInputDescription"),
        )),
        Table("prtMarkerTable", f"{MIB}.10.2.1", ("hrDeviceIndex", "prtMarkerIndex"), (
            hidden("3", "prtMarkerCounterUnit", words=SUPPLY_UNITS),
            counter("4", "prtMarkerLifeCount", "Units marked in the printer's life."),
            counter("5", "prtMarkerPowerOnCount", "Units marked since it was switched on."),
        )),
        Table("prtMarkerColorantTable", f"{MIB}.12.1.1", ("hrDeviceIndex", "prtMarkerColorantIndex"), (
            hidden("4", "prtMarkerColorantValue"),
        )),
        Table("prtMarkerSuppliesTable", _SUPPLIES, ("hrDeviceIndex", "prtMarkerSuppliesIndex"), (
            hidden("3", "prtMarkerSuppliesColorantIndex"),
            hidden("4", "prtMarkerSuppliesClass"),
            gauge("5", "prtMarkerSuppliesType", "The type of this supply."),
            text("6", "prtMarkerSuppliesDescription", "What this supply is called."),
            hidden("7", "prtMarkerSuppliesSupplyUnit", words=SUPPLY_UNITS),
            gauge("8", "prtMarkerSuppliesMaxCapacity", "The most that it holds, in its unit."),
            gauge("9", "prtMarkerSuppliesLevel", "What is left, in its unit: -1 no limit, -2 unknown, -3 some."),
        )),
        Table("prtConsoleDisplayBufferTable", f"{MIB}.16.5.1", ("hrDeviceIndex", "prtConsoleDisplayBufferIndex"), (
            hidden("2", "prtConsoleDisplayBufferText"),
        )),
        Table("hrPrinterTable", "1.3.6.1.2.1.25.3.5.1", _DEVICE, (
            Column("1", "hrPrinterStatus", Kind.STATES, "The state of the printer.", STATUS),
            hidden("2", "hrPrinterDetectedErrorState"),
        )),
    ),
    lookups=(Lookup(("hrDeviceIndex", "prtMarkerSuppliesIndex"), "prtMarkerSuppliesType"),),
    readings=(
        Reading("driftvakt_printer_supply_ratio", (f"{_SUPPLIES}.9",), label="supply", label_oid=f"{_SUPPLIES}.6",
                unknown=_UNKNOWN, whole=f"{_SUPPLIES}.8", low=0.0, high=1.0),
        Reading("driftvakt_printer_tray_ratio", (f"{_INPUTS}.10",), label="tray", label_oid=f"{_INPUTS}.13",
                unknown=_UNKNOWN, whole=f"{_INPUTS}.9", low=0.0, high=1.0),
    ),
)  # fmt: skip
