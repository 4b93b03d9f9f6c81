"""A disk's own figures as series, under the names of smartctl_exporter.

Example:
    smartctl_device_smart_status{device="sda"} 1
    smartctl_device_temperature{device="sda",temperature_type="current"} 31
    smartctl_device_attribute{device="sda",attribute_name="Reallocated_Sector_Ct",attribute_id="5",…} 0

Source: metrics.go of prometheus-community/smartctl_exporter 0.12; the JSON of smartctl 7.
"""

from collections.abc import Iterable, Iterator, Mapping
from typing import NamedTuple

_HELP = {
    "smartctl_device_smart_status": "General smart status",
    "smartctl_device_smartctl_exit_status": "Exit status of smartctl on device",
    "smartctl_device_temperature": "Device temperature celsius",
    "smartctl_device_power_on_seconds": "Device power on seconds",
    "smartctl_device_power_cycle_count": "Device power cycle count",
    "smartctl_device_percentage_used": "Device write percentage used",
    "smartctl_device_available_spare": "Normalized percentage (0 to 100%) of the remaining spare capacity available",
    "smartctl_device_critical_warning": "This field indicates critical warnings for the state of the controller",
    "smartctl_device_media_errors": "Contains the number of occurrences where the controller detected an unrecovered"
    " data integrity error",
    "smartctl_device_attribute": "Device attributes",
}
_COUNTERS = ("smartctl_device_power_on_seconds", "smartctl_device_power_cycle_count", "smartctl_device_media_errors")
_MAX_ATTRIBUTES = 64

Labels = tuple[tuple[str, str], ...]


class Page(NamedTuple):
    """device: its name. told: the JSON that smartctl gave of it."""

    device: str
    told: Mapping[str, object]


def render(pages: Iterable[Page]) -> bytes:
    """Return the series of all disks in the text format of Prometheus; empty where there are none."""
    found: dict[str, list[str]] = {}
    for page in pages:
        for name, labels, value in _samples(page.told):
            told = ",".join(f'{key}="{_escaped(text)}"' for key, text in (("device", page.device), *labels))
            found.setdefault(name, []).append(f"{name}{{{told}}} {value:g}")
    lines = []
    for name in sorted(found):
        lines += [f"# HELP {name} {_HELP[name]}", f"# TYPE {name} {'counter' if name in _COUNTERS else 'gauge'}"]
        lines += found[name]
    return "\n".join([*lines, ""]).encode() if lines else b""


def _samples(told: Mapping[str, object]) -> Iterator[tuple[str, Labels, float]]:
    for name, path, factor in (
        ("smartctl_device_smart_status", ("smart_status", "passed"), 1),
        ("smartctl_device_smartctl_exit_status", ("smartctl", "exit_status"), 1),
        ("smartctl_device_power_on_seconds", ("power_on_time", "hours"), 3600),
        ("smartctl_device_power_cycle_count", ("power_cycle_count",), 1),
        ("smartctl_device_percentage_used", ("nvme_smart_health_information_log", "percentage_used"), 1),
        ("smartctl_device_available_spare", ("nvme_smart_health_information_log", "available_spare"), 1),
        ("smartctl_device_critical_warning", ("nvme_smart_health_information_log", "critical_warning"), 1),
        ("smartctl_device_media_errors", ("nvme_smart_health_information_log", "media_errors"), 1),
    ):
        value = _at(told, path)
        if isinstance(value, bool | int | float):
            yield name, (), float(value) * factor
    current = _at(told, ("temperature", "current"))
    if isinstance(current, int | float) and not isinstance(current, bool):
        yield "smartctl_device_temperature", (("temperature_type", "current"),), float(current)
    table = _at(told, ("ata_smart_attributes", "table"))
    for one in table[:_MAX_ATTRIBUTES] if isinstance(table, list) else ():
        if isinstance(one, Mapping):
            yield from _attribute(one)


def _attribute(one: Mapping[str, object]) -> Iterator[tuple[str, Labels, float]]:
    name, number = one.get("name"), one.get("id")
    flags = _at(one, ("flags", "string"))
    if not isinstance(name, str) or not isinstance(number, int):
        return
    labels = (("attribute_name", name[:64]), ("attribute_id", str(number)),
              ("attribute_flags_short", flags.strip()[:16] if isinstance(flags, str) else ""))  # fmt: skip
    for kind, path in (
        ("value", ("value",)),
        ("worst", ("worst",)),
        ("thresh", ("thresh",)),
        ("raw", ("raw", "value")),
    ):
        value = _at(one, path)
        if isinstance(value, int | float) and not isinstance(value, bool):
            yield "smartctl_device_attribute", (*labels, ("attribute_value_type", kind)), float(value)


def _at(told: object, path: tuple[str, ...]) -> object:
    for name in path:
        told = told.get(name) if isinstance(told, Mapping) else None
    return told


def _escaped(text: str) -> str:
    return text.replace("\\", "\\\\").replace("\n", "\\n").replace('"', '\\"')
