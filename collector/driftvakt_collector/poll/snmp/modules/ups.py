"""UPSs: RFC 1628, and the MIBs of makers who tell more or something else, all in one normal form.

    1.3.6.1.2.1.33.1.2.4.0          upsEstimatedChargeRemaining   100
    1.3.6.1.4.1.318.1.1.1.2.2.3.0   upsAdvBatteryRunTimeRemaining 570900 (hundredths of a second)
    1.3.6.1.4.1.705.1.5.1.0         upsmgBatteryRemainingTime     1464 (seconds)
    1.3.6.1.4.1.534.1.2.1.0         xupsBatTimeRemaining          3420 (seconds)
    1.3.6.1.4.1.318.1.1.1.7.2.3.0   upsAdvTestDiagnosticsResults  1 (ok; 2 failed, 3 invalid, 4 under way)
    1.3.6.1.4.1.534.1.6.1.0         xupsEnvAmbientTemp            17
    1.3.6.1.4.1.705.1.5.9.0         upsmgBatteryFaultBattery      2 (no; 1 yes), as others of MG-SNMP-UPS-MIB
    1.3.6.1.4.1.3808.1.1.1.4.2.5.0  CyberPower, output            69 (watts)

Raw series keep the names of the MIBs. Many cards answer 0, -1, 65535 or 2147483647 for what they do not measure; a
battery at 0 degrees, or one that lasts longer than a month, is such an answer.
"""

from collections.abc import Iterator

from driftvakt_collector.naming.device import Device
from driftvakt_collector.poll.snmp.mib import Module, Reading, Table, gauge, hidden
from driftvakt_collector.poll.snmp.modules.vital import CELSIUS, PART

RFC1628 = "1.3.6.1.2.1.33.1"
POWERNET = "1.3.6.1.4.1.318.1.1.1"
XUPS = "1.3.6.1.4.1.534.1"
MGE = "1.3.6.1.4.1.705.1"
CYBERPOWER = "1.3.6.1.4.1.3808.1.1.1"
_NOT_KNOWN = frozenset({-1, 65535, 2147483647, 4294967295})
_YES, _NO = frozenset({1}), 2
"""In MG-SNMP-UPS-MIB."""
_MONTH = 31 * 86_400.0


def suits(device: Device) -> bool:
    """Say if a device is a UPS, or nothing else that we know."""
    return device.class_ in ("ups", "")


def _readings() -> Iterator[Reading]:
    """Give the normal form: of each the best source first."""

    def one(name: str, *oids: str, scale: float = 1.0, low: float = 0.0, high: float = float("inf")) -> Reading:
        return Reading(f"driftvakt_ups_{name}", oids, scale, unknown=_NOT_KNOWN, low=low, high=high)

    yield one("battery_charge_ratio", f"{POWERNET}.2.3.1.0", scale=0.001, high=1.0)
    yield one("battery_charge_ratio", f"{RFC1628}.2.4.0", f"{MGE}.5.2.0", f"{XUPS}.2.4.0", f"{POWERNET}.2.2.1.0",
              f"{CYBERPOWER}.2.2.1.0", scale=0.01, high=1.0)  # fmt: skip
    yield one("runtime_seconds", f"{MGE}.5.1.0", f"{XUPS}.2.1.0", high=_MONTH)
    yield one("runtime_seconds", f"{POWERNET}.2.2.3.0", f"{CYBERPOWER}.2.2.4.0", scale=0.01, high=_MONTH)
    yield one("runtime_seconds", f"{RFC1628}.2.3.0", scale=60.0, high=_MONTH)
    yield one("on_battery_seconds", f"{RFC1628}.2.2.0")
    yield one("battery_celsius", f"{POWERNET}.2.3.2.0", scale=0.1, low=1.0, high=100.0)
    yield one("battery_celsius", f"{POWERNET}.2.2.2.0", f"{RFC1628}.2.7.0", f"{MGE}.5.7.0", f"{CYBERPOWER}.2.2.3.0",
              low=1.0, high=100.0)  # fmt: skip
    yield one("battery_volts", f"{RFC1628}.2.5.0", f"{MGE}.5.5.0", f"{CYBERPOWER}.2.2.2.0", scale=0.1, low=0.1)
    yield one("battery_volts", f"{XUPS}.2.2.0", low=0.1)
    yield Reading("driftvakt_ups_on_battery", (f"{POWERNET}.4.1.1.0",), words=frozenset({3}))
    yield Reading("driftvakt_ups_on_battery", (f"{RFC1628}.4.1.0",), words=frozenset({5}))
    yield Reading("driftvakt_ups_on_battery", (f"{XUPS}.4.5.0",), words=frozenset({5}))
    yield Reading("driftvakt_ups_on_battery", (f"{CYBERPOWER}.4.1.1.0",), words=frozenset({3}))
    yield Reading("driftvakt_ups_on_battery", (f"{MGE}.7.3.0",), words=_YES)
    yield Reading("driftvakt_ups_on_bypass", (f"{RFC1628}.4.1.0",), words=frozenset({4}))
    yield Reading("driftvakt_ups_on_bypass", (f"{POWERNET}.4.1.1.0",), words=frozenset({6, 9, 10, 16}))
    yield Reading("driftvakt_ups_on_bypass", (f"{MGE}.7.4.0",), words=_YES)
    yield Reading("driftvakt_ups_battery_low", (f"{POWERNET}.2.1.1.0", f"{CYBERPOWER}.2.1.1.0"), words=frozenset({3}))
    yield Reading("driftvakt_ups_battery_low", (f"{RFC1628}.2.1.0",), words=frozenset({3, 4}))
    yield Reading("driftvakt_ups_battery_low", (f"{MGE}.5.14.0",), words=_YES)
    yield Reading("driftvakt_ups_battery_replace", (f"{POWERNET}.2.2.4.0",), words=frozenset({2}))
    yield Reading("driftvakt_ups_battery_replace", (f"{MGE}.5.11.0",), words=_YES)
    yield Reading("driftvakt_ups_battery_replace", (f"{CYBERPOWER}.2.2.5.0",), words=frozenset({2}))
    # These have 0 watts in RFC 1628.
    yield Reading("driftvakt_ups_output_watts", (f"{CYBERPOWER}.4.2.5.0",), unknown=_NOT_KNOWN,
                  labels=(("phase", "1"),), low=0.0)  # fmt: skip
    for name, oid, sub, scale in (
        ("input_volts", f"{RFC1628}.3.3.1", "3", 1.0), ("output_volts", f"{RFC1628}.4.4.1", "2", 1.0),
        ("load_ratio", f"{RFC1628}.4.4.1", "5", 0.01),
    ):  # fmt: skip
        yield Reading(f"driftvakt_ups_{name}", (f"{oid}.{sub}",), scale, label="phase", unknown=_NOT_KNOWN, low=0.0)
    yield Reading("driftvakt_ups_output_watts", (f"{RFC1628}.4.4.1.4",), 1.0, "phase", unknown=_NOT_KNOWN, low=0.0,
                  proof=f"{RFC1628}.4.4.1.4")  # fmt: skip
    first = (("phase", "1"),)
    for name, oid, scale in (
        ("load_ratio", f"{POWERNET}.4.3.3.0", 0.001), ("input_volts", f"{POWERNET}.3.3.1.0", 0.1),
        ("output_volts", f"{POWERNET}.4.3.1.0", 0.1),
        ("load_ratio", f"{POWERNET}.4.2.3.0", 0.01), ("input_volts", f"{POWERNET}.3.2.1.0", 1.0),
        ("output_volts", f"{POWERNET}.4.2.1.0", 1.0), ("load_ratio", f"{CYBERPOWER}.4.2.3.0", 0.01),
        ("input_volts", f"{CYBERPOWER}.3.2.1.0", 0.1), ("output_volts", f"{CYBERPOWER}.4.2.1.0", 0.1),
        ("load_ratio", f"{XUPS}.4.1.0", 0.01),
    ):  # fmt: skip
        yield Reading(f"driftvakt_ups_{name}", (oid,), scale, labels=first, unknown=_NOT_KNOWN, low=0.0)
    for name, oids, good in (
        ("self-test", (f"{POWERNET}.7.2.3.0", f"{CYBERPOWER}.7.2.3.0"), 1), ("battery", (f"{MGE}.5.9.0",), _NO),
        ("charger", (f"{MGE}.5.15.0",), _NO), ("temperature", (f"{MGE}.7.11.0",), _NO),
    ):  # fmt: skip
        yield Reading(
            PART, oids, unknown=frozenset({3, 4}), words=frozenset({good}), labels=(("kind", name), ("part", name))
        )
    for name, number in (("ambient", 1), ("remote", 5)):
        yield Reading(
            CELSIUS, (f"{XUPS}.6.{number}.0",), unknown=_NOT_KNOWN, labels=(("sensor", name),), low=1.0, high=100.0
        )


MODULE = Module(
    name="ups",
    walks=(RFC1628, POWERNET, XUPS, MGE, CYBERPOWER),
    suits=suits,
    scalars=(
        hidden(f"{RFC1628}.1.1", "upsIdentManufacturer"),
        hidden(f"{RFC1628}.1.2", "upsIdentModel"),
        hidden(f"{RFC1628}.1.3", "upsIdentUPSSoftwareVersion"),
        hidden(f"{RFC1628}.1.4", "upsIdentAgentSoftwareVersion"),
        gauge(f"{RFC1628}.2.1", "upsBatteryStatus", "1 unknown, 2 normal, 3 low, 4 depleted."),
        gauge(f"{RFC1628}.2.2", "upsSecondsOnBattery", "Seconds on battery, 0 where it is not."),
        gauge(f"{RFC1628}.2.3", "upsEstimatedMinutesRemaining", "Minutes that the battery lasts at this load."),
        gauge(f"{RFC1628}.2.4", "upsEstimatedChargeRemaining", "Charge of the battery in percent."),
        gauge(f"{RFC1628}.2.5", "upsBatteryVoltage", "Voltage of the battery, 0.1 volt."),
        gauge(f"{RFC1628}.2.7", "upsBatteryTemperature", "Temperature at the battery, degrees Celsius."),
        gauge(f"{RFC1628}.4.1", "upsOutputSource", "1 other, 2 none, 3 normal, 4 bypass, 5 battery, 6, 7 helped."),
        gauge(f"{RFC1628}.6.1", "upsAlarmsPresent", "Alarms that are present."),
        gauge(f"{POWERNET}.2.1.1", "upsBasicBatteryStatus", "1 unknown, 2 normal, 3 low, 4 in fault."),
        gauge(f"{POWERNET}.2.2.1", "upsAdvBatteryCapacity", "Charge of the battery in percent."),
        gauge(f"{POWERNET}.2.2.2", "upsAdvBatteryTemperature", "Temperature of the battery, degrees Celsius."),
        gauge(f"{POWERNET}.2.2.3", "upsAdvBatteryRunTimeRemaining", "How long the battery lasts, 0.01 second."),
        gauge(f"{POWERNET}.2.2.4", "upsAdvBatteryReplaceIndicator", "1 no need, 2 to be replaced."),
        gauge(f"{POWERNET}.3.2.1", "upsAdvInputLineVoltage", "Voltage of the line, volts."),
        gauge(f"{POWERNET}.4.1.1", "upsBasicOutputStatus", "2 on line, 3 on battery, 4 boost, 9 bypass, 12 trim."),
        gauge(f"{POWERNET}.4.2.1", "upsAdvOutputVoltage", "Voltage of the output, volts."),
        gauge(f"{POWERNET}.4.2.3", "upsAdvOutputLoad", "Load in percent of what it can carry."),
    ),
    tables=(
        Table("upsInputTable", f"{RFC1628}.3.3.1", ("upsInputLineIndex",), (
            gauge("2", "upsInputFrequency", "0.1 hertz."), gauge("3", "upsInputVoltage", "Volts."),
            gauge("4", "upsInputCurrent", "0.1 ampere."), gauge("5", "upsInputTruePower", "Watts."),
        )),
        Table("upsOutputTable", f"{RFC1628}.4.4.1", ("upsOutputLineIndex",), (
            gauge("2", "upsOutputVoltage", "Volts."), gauge("3", "upsOutputCurrent", "0.1 ampere."),
            gauge("4", "upsOutputPower", "Watts."), gauge("5", "upsOutputPercentLoad", "Percent."),
        )),
    ),
    readings=tuple(_readings()),
)  # fmt: skip
