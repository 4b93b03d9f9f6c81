"""Sensors, fans, power supplies and batteries, under the names that node_exporter gave them."""

from driftvakt_wire.names.family import COUNTER, GAUGE, INFO, Family

_SENSOR = ("chip", "sensor")
_SUPPLY = ("power_supply",)
_SUPPLY_TEXTS = (
    *("capacity_level", "charge_type", "health", "manufacturer", "model_name", "power_supply", "scope"),
    *("serial_number", "status", "technology", "type", "usb_type"),
)

_TEMPERATURES = (
    *("max", "min", "crit", "lcrit", "emergency", "crit_alarm", "max_alarm", "min_alarm", "crit_hyst", "max_hyst"),
    *("offset", "lowest", "highest", "average"),
)
_LIMITS = ("max", "min", "crit", "lcrit", "average", "lowest", "highest")
_POWERS = (*_LIMITS, "input", "cap", "cap_min", "cap_max", "input_lowest", "input_highest")

_RATIOS = ("authentic", "calibrate", "capacity", "capacity_alert_max", "capacity_alert_min", "cyclecount", "online",
           "present")  # fmt: skip
_IN_UNITS = {
    "seconds": ("time_to_empty_seconds", "time_to_full_seconds"),
    "amperes": ("current_boot", "current_max", "current_ampere", "charge_term_current", "constant_charge_current",
                "constant_charge_current_max", "precharge_current", "input_current_limit"),
    "watt_hours": ("energy_empty", "energy_empty_design", "energy_full", "energy_full_design", "energy_watthour"),
    "volts": ("voltage_boot", "voltage_max", "voltage_max_design", "voltage_min", "voltage_min_design", "voltage_volt",
              "voltage_ocv", "constant_charge_voltage", "constant_charge_voltage_max"),
    "ampere_hours": ("charge_control_limit", "charge_control_limit_max", "charge_counter", "charge_empty",
                     "charge_empty_design", "charge_full", "charge_full_design", "charge_ampere"),
    "watts": ("power_watt",),
    "celsius": ("temp_celsius", "temp_alert_max_celsius", "temp_alert_min_celsius", "temp_ambient_celsius",
                "temp_ambient_max_celsius", "temp_ambient_min_celsius", "temp_max_celsius", "temp_min_celsius"),
}  # fmt: skip


def _limits(kind: str, suffix: str, unit: str, what: str, elements: tuple[str, ...]) -> tuple[Family, ...]:
    return tuple(
        Family(
            f"node_hwmon_{kind}_{element}{suffix}", GAUGE, unit, _SENSOR, f"Hardware monitor for {what} ({element})."
        )
        for element in elements
    )


def _supply(field: str, unit: str) -> Family:
    help_ = f"{field} value of /sys/class/power_supply/<power_supply>."
    return Family("node_power_supply_" + field, GAUGE, unit, _SUPPLY, help_)


FAMILIES: tuple[Family, ...] = (
    # hwmon; what a driver adds to these is made from the prefixes below
    Family(
        "node_hwmon_chip_names",
        INFO,
        "",
        ("chip", "chip_name"),
        "Annotation metric for human-readable chip names.",
    ),
    Family("node_hwmon_sensor_label", INFO, "", ("chip", "label", "sensor"), "Label for given chip and sensor."),
    Family("node_hwmon_beep_enabled", GAUGE, "", _SENSOR, "Hardware beep enabled."),
    Family("node_hwmon_voltage_regulator_version", GAUGE, "", _SENSOR, "Hardware voltage regulator."),
    Family("node_hwmon_update_interval_seconds", GAUGE, "seconds", _SENSOR, "Hardware monitor update interval."),
    Family("node_hwmon_temp_celsius", GAUGE, "celsius", _SENSOR, "Hardware monitor for temperature (input)."),
    *_limits("temp", "_celsius", "celsius", "temperature", _TEMPERATURES),
    Family("node_hwmon_in_volts", GAUGE, "volts", _SENSOR, "Hardware monitor for voltage (input)."),
    *_limits("in", "_volts", "volts", "voltage", _LIMITS),
    Family("node_hwmon_cpu_vid_volts", GAUGE, "volts", _SENSOR, "Hardware monitor for voltage (vid)."),
    Family("node_hwmon_curr_amps", GAUGE, "amperes", _SENSOR, "Hardware monitor for current (input)."),
    *_limits("curr", "_amps", "amperes", "current", _LIMITS),
    Family("node_hwmon_power_watt", GAUGE, "watts", _SENSOR, "Hardware monitor for power usage in watts (input)."),
    *_limits("power", "_watt", "watts", "power usage in watts", _POWERS),
    Family("node_hwmon_power_accuracy", GAUGE, "ratio", _SENSOR, "Hardware monitor power meter accuracy, as a ratio."),
    *(
        Family(
            f"node_hwmon_power_{element}_seconds",
            GAUGE,
            "seconds",
            _SENSOR,
            f"Hardware monitor power usage update interval ({element}).",
        )
        for element in ("average_interval", "average_interval_min", "average_interval_max")
    ),
    Family(
        "node_hwmon_energy_joule_total",
        COUNTER,
        "joules",
        _SENSOR,
        "Hardware monitor for joules used so far (input).",
    ),
    Family("node_hwmon_humidity", GAUGE, "ratio", _SENSOR, "Hardware monitor for humidity, as a ratio (input)."),
    Family("node_hwmon_fan_rpm", GAUGE, "", _SENSOR, "Hardware monitor for fan revolutions per minute (input)."),
    *_limits("fan", "_rpm", "", "fan revolutions per minute", ("min", "max", "target")),
    Family("node_hwmon_freq_freq_mhz", GAUGE, "megahertz", _SENSOR, "Hardware monitor for GPU frequency in MHz."),
    *(
        Family(
            f"node_hwmon_{kind}_{element}",
            GAUGE,
            "",
            _SENSOR,
            f"Hardware sensor {element} status ({kind}).",
        )
        for kind in ("temp", "in", "curr", "power", "fan", "intrusion", "humidity")
        for element in ("alarm", "fault")
    ),
    *(
        Family(f"node_hwmon_{kind}_beep_enabled", GAUGE, "", _SENSOR, "Hardware monitor sensor has beeping enabled.")
        for kind in ("temp", "in", "curr", "power", "fan", "intrusion")
    ),
    *(
        Family(f"node_hwmon_{kind}", GAUGE, "", _SENSOR, f"Hardware monitor {kind} element.")
        for kind in ("fan", "freq", "intrusion", "pwm")
    ),
    # thermal
    Family("node_thermal_zone_temp", GAUGE, "celsius", ("type", "zone"), "Zone temperature in Celsius."),
    Family(
        "node_cooling_device_cur_state",
        GAUGE,
        "",
        ("name", "type"),
        "Current throttle state of the cooling device.",
    ),
    Family(
        "node_cooling_device_max_state",
        GAUGE,
        "",
        ("name", "type"),
        "Maximum throttle state of the cooling device.",
    ),
    # power
    *(_supply(field, "") for field in _RATIOS),
    *(_supply(field, unit) for unit, fields in _IN_UNITS.items() for field in fields),
    Family("node_power_supply_info", INFO, "", _SUPPLY_TEXTS, "info of /sys/class/power_supply/<power_supply>."),
)

PREFIXES: tuple[Family, ...] = (
    *(
        Family(f"node_hwmon_{kind}_", GAUGE, "", _SENSOR, f"Hardware monitor {kind} element %s.")
        for kind in ("cpu", "curr", "fan", "freq", "humidity", "in", "intrusion", "power", "pwm", "temp")
    ),
    Family("node_hwmon_energy_", COUNTER, "joules", _SENSOR, "Hardware monitor for joules used so far (%s)."),
)
