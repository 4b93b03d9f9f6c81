"""Sensors of the mainboard, the CPU, disks and cards: temperatures, fans, voltages, currents, power.

Example:
    $ cd /sys/class/hwmon/hwmon0; readlink device; grep . name temp1_*
    ../../../coretemp.0
    name:coretemp
    temp1_crit:100000
    temp1_input:55000
    temp1_label:Physical id 0

Source: Documentation/hwmon/sysfs-interface.rst; names, units and the label `chip` as node_exporter derives them.
"""

import os
from collections.abc import Iterator, Mapping
from math import isfinite

from driftvakt_agent.host import Host, read_text
from driftvakt_agent.sample import NoData, Sample

Sensors = dict[str, dict[str, str]]
"""What the files of a chip say: sensor ("temp1") to element ("input") to text."""

_KINDS = frozenset(("vrm", "beep_enable", "update_interval", "in", "cpu", "fan", "pwm", "temp", "curr", "power",
                    "energy", "humidity", "intrusion", "freq"))  # fmt: skip
_WORD = frozenset("abcdefghijklmnopqrstuvwxyz0123456789:_")

# Kind to suffix and factor; the kernel gives millivolts, millidegrees and milliamperes, but microwatts and microjoules.
_MILLI = {"in": "_volts", "cpu": "_volts", "temp": "_celsius", "curr": "_amps"}
_MICRO = {"energy": "_joule_total", "power": "_watt", "humidity": ""}
_RPM = ("input", "min", "max", "target")
_BRIEF = frozenset(("input", "average", "alarm", "crit_alarm", "fault", "label"))
"""What a workstation tells of a sensor: how it is and whether it is ill, without its limits and settings."""


def collect(host: Host) -> Iterator[Sample]:
    base = host.sys + "/class/hwmon"
    try:
        chips = [f"{base}/{one}" for one in sorted(os.listdir(base))]
    except FileNotFoundError as e:
        raise NoData("no hardware monitor: the kernel has no hwmon") from e
    chips = [chip for chip in chips if os.path.isdir(chip)]
    if not chips:
        raise NoData("no hardware monitor: a virtual machine has none")
    devices = [_device(chip) for chip in chips]
    for chip, device in zip(chips, devices, strict=True):
        name = clean(_read(chip + "/name"))
        shared = device != "" and devices.count(device) > 1
        label = chip_label(device, name, os.path.basename(os.path.realpath(chip)), shared=shared)
        sensors: Sensors = {}
        _add_sensors(chip, sensors)
        if device:
            # Drivers from before 2012 put their files beside the device instead of below hwmonN.
            _add_sensors(device, sensors)
        if name:
            yield Sample("node_hwmon_chip_names", 1, (("chip", label), ("chip_name", name)))
        if host.profile == "workstation":
            sensors = {sensor: _brief(elements) for sensor, elements in sensors.items()}
        yield from parse(label, sensors)


def chip_label(device: str, name: str, directory: str, *, shared: bool) -> str:
    """Return the label `chip`: the device's bus and name, which stay when hwmonN is numbered otherwise at next boot.

    shared: more chips than one have this device; then the driver's name tells them apart.
    """
    bus, _, last = device.rpartition("/")
    parts = [part for part in (clean(bus.rpartition("/")[2]), clean(last)) if part]
    if not clean(last):
        return name or clean(directory)
    if shared and name:
        parts.append(name)
    return "_".join(parts)


def clean(text: str) -> str:
    """Return the text as a part of a name: lower case, `_` for what a name can't hold, none at the ends."""
    return "".join(one if one in _WORD else "_" for one in text.lower()).strip("_")


def split(filename: str) -> tuple[str, int, str] | None:
    """Return kind, number and element of "temp1_input"; None for what is no sensor's file."""
    start = next((at for at, one in enumerate(filename) if one in "0123456789"), len(filename))
    end = start
    while end < len(filename) and filename[end] in "0123456789":
        end += 1
    kind, number, rest = filename[:start], filename[start:end], filename[end:]
    if kind not in _KINDS or rest == "_" or rest[:1] not in ("", "_") or len(number) > 9:
        return None
    return kind, int(number or 0), rest[1:]


def parse(chip: str, sensors: Mapping[str, Mapping[str, str]]) -> Iterator[Sample]:
    """Yield what the sensors of a chip say, in volts, degrees Celsius, amperes, watts, joules and turns a minute."""
    for sensor in sorted(sensors):
        elements = sensors[sensor]
        kind = sensor.rstrip("0123456789")
        labels = (("chip", chip), ("sensor", sensor))
        if "label" in elements:
            labelled = (("chip", chip), ("label", elements["label"]), ("sensor", sensor))
            yield Sample("node_hwmon_sensor_label", 1, labelled)
        for element in sorted(elements):
            try:
                value = float(elements[element])
            except ValueError:
                continue
            if element == "label" or not isfinite(value):
                continue
            if kind == "freq" and element == "input":
                # A GPU's clocks are known by their label alone, as node_exporter has it.
                if "label" in elements:
                    named = (("chip", chip), ("sensor", clean(elements["label"])))
                    yield Sample("node_hwmon_freq_freq_mhz", value / 1e6, named)
                continue
            name, value = measure(kind, element, value, plain="" in elements)
            yield Sample(name, value, labels)


def measure(kind: str, element: str, value: float, *, plain: bool) -> tuple[str, float]:
    """Return the series name and the value in its unit. plain: the sensor has a file without an element ("pwm1")."""
    if kind == "beep_enable":
        return "node_hwmon_beep_enabled", float(value == 1)
    if kind == "vrm":
        return "node_hwmon_voltage_regulator_version", value
    if kind == "update_interval":
        return "node_hwmon_update_interval_seconds", value / 1000
    name = "node_hwmon_" + kind
    if element and (element != "input" or plain):
        name += "_" + clean(element)
    if element in ("fault", "alarm"):
        return name, value
    if element == "beep":
        return name + "_enabled", value
    return _with_unit(kind, element, name, value)


def _with_unit(kind: str, element: str, name: str, value: float) -> tuple[str, float]:
    if kind in _MILLI and (kind, element) != ("temp", "type"):
        return name + _MILLI[kind], value / 1000
    if kind == "power" and element == "accuracy":
        return name, value / 1e6
    if kind == "power" and element.startswith("average_interval"):
        return name + "_seconds", value / 1000
    if kind in _MICRO:
        return name + _MICRO[kind], value / 1e6
    if kind == "fan" and element in _RPM:
        return name + "_rpm", value
    return name, value


def _device(chip: str) -> str:
    """Return the path of the device that the chip belongs to, empty where the kernel names none."""
    link = chip + "/device"
    return os.path.realpath(link) if os.path.exists(link) else ""


def _add_sensors(directory: str, sensors: Sensors) -> None:
    for filename in os.listdir(directory):
        parts = split(filename)
        if parts is None:
            continue
        kind, number, element = parts
        try:
            text = read_text(f"{directory}/{filename}")
        except OSError:
            # Many drivers answer EIO, ENODATA or EAGAIN for a sensor that is not wired or asleep.
            continue
        sensors.setdefault(f"{kind}{number}", {})[element] = text.strip("\n")


def _brief(elements: Mapping[str, str]) -> dict[str, str]:
    return {element: text for element, text in elements.items() if element in _BRIEF}


def _read(path: str) -> str:
    try:
        return read_text(path)
    except OSError:
        return ""
