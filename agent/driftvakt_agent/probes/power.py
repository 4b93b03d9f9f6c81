"""Batteries, mains adapters and USB chargers.

Example:
    $ cd /sys/class/power_supply; grep . AC/online BAT0/{capacity,energy_now,status,type}
    AC/online:0
    BAT0/capacity:81
    BAT0/energy_now:36580000
    BAT0/status:Discharging
    BAT0/type:Battery

Source: Documentation/ABI/testing/sysfs-class-power; names and units as node_exporter has them.
"""

import os
from collections.abc import Iterator, Mapping
from math import isfinite

from driftvakt_agent.host import Host, read_text
from driftvakt_agent.sample import Labels, NoData, Sample

_PREFIX = "node_power_supply_"

# File to the last part of the series name. As the kernel counts them:
_PLAIN = {
    "authentic": "authentic",
    "calibrate": "calibrate",
    "capacity": "capacity",
    "capacity_alert_max": "capacity_alert_max",
    "capacity_alert_min": "capacity_alert_min",
    "cycle_count": "cyclecount",
    "online": "online",
    "present": "present",
    "time_to_empty_now": "time_to_empty_seconds",
    "time_to_full_now": "time_to_full_seconds",
}
# In millionths: µA, µV, µW, µWh, µAh.
_MICRO = {
    "current_now": "current_ampere",
    "energy_now": "energy_watthour",
    "voltage_now": "voltage_volt",
    "voltage_ocv": "voltage_ocv",
    "charge_now": "charge_ampere",
    "power_now": "power_watt",
} | {
    name: name
    for name in ("current_boot", "current_max", "energy_empty", "energy_empty_design", "energy_full",
                 "energy_full_design", "voltage_boot", "voltage_max", "voltage_max_design", "voltage_min",
                 "voltage_min_design", "charge_control_limit", "charge_control_limit_max", "charge_counter",
                 "charge_empty", "charge_empty_design", "charge_full", "charge_full_design", "charge_term_current",
                 "constant_charge_current", "constant_charge_current_max", "constant_charge_voltage",
                 "constant_charge_voltage_max", "precharge_current", "input_current_limit")
}  # fmt: skip
# In tenths of a degree Celsius.
_TENTHS = {
    name: name + "_celsius"
    for name in ("temp", "temp_alert_max", "temp_alert_min", "temp_ambient", "temp_ambient_max", "temp_ambient_min",
                 "temp_max", "temp_min")
}  # fmt: skip
_TEXTS = ("capacity_level", "charge_type", "health", "manufacturer", "model_name", "power_supply", "scope",
          "serial_number", "status", "technology", "type", "usb_type")  # fmt: skip


def collect(host: Host) -> Iterator[Sample]:
    base = host.sys + "/class/power_supply"
    try:
        supplies = sorted(os.listdir(base))
    except FileNotFoundError as e:
        raise NoData("no power supply: the kernel has no power_supply class") from e
    if not supplies:
        raise NoData("no power supply that the kernel knows of")
    for supply in supplies:
        yield from parse(supply, _read_all(f"{base}/{supply}"))


def parse(supply: str, files: Mapping[str, str]) -> Iterator[Sample]:
    """Yield what the files of a power supply say, in volts, amperes, watts, watt-hours and degrees Celsius."""
    labels: Labels = (("power_supply", supply),)
    for file, text in files.items():
        try:
            value = float(text)
        except ValueError:
            continue
        if not isfinite(value):
            continue
        if file in _PLAIN:
            yield Sample(_PREFIX + _PLAIN[file], value, labels)
        elif file in _MICRO:
            yield Sample(_PREFIX + _MICRO[file], value / 1e6, labels)
        elif file in _TENTHS:
            yield Sample(_PREFIX + _TENTHS[file], value / 10.0, labels)
    texts = {**files, "power_supply": supply}
    yield Sample(_PREFIX + "info", 1, tuple((name, texts[name]) for name in _TEXTS if texts.get(name)))


def _read_all(path: str) -> dict[str, str]:
    """Return the text of the files that mean something; a firmware that can't tell one gives ENODEV or EIO for it."""
    files = {}
    for file in sorted(os.listdir(path)):
        if file in _PLAIN or file in _MICRO or file in _TENTHS or file in _TEXTS:
            try:
                files[file] = read_text(f"{path}/{file}").strip()
            except OSError:
                continue
    return files
