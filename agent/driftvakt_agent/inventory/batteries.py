"""Batteries, as the kernel knows them; the firmware's table knows fewer, and less of them.

Example:
    $ cd /sys/class/power_supply/BAT0; cat manufacturer model_name technology energy_full_design
    SMP
    DELL JHXPY53
    Li-poly
    57532000

What a battery holds now is a series (`node_power_supply_*`).

Source: Documentation/ABI/testing/sysfs-class-power of the kernel.
"""

import os

from driftvakt_agent.host import Host, read_text
from driftvakt_agent.inventory import Row

_CHEMISTRY = {"Li-ion": "Lithium Ion", "Li-poly": "Lithium Polymer", "NiMH": "Nickel Metal Hydride",
              "NiCd": "Nickel Cadmium", "LiFe": "Lithium Iron Phosphate", "LiMn": "Lithium Manganese"}  # fmt: skip
_OF_DEVICES = ("hidpp_", "wacom_", "hid-", "sony_", "ps-controller", "steam", "xpadneo")
"""Batteries of mice and pens come and go with them."""


def rows(host: Host) -> list[Row]:
    """Return the batteries of the machine itself, nothing where it has none."""
    folder = f"{host.sys}/class/power_supply"
    try:
        names = sorted(name for name in os.listdir(folder) if not name.startswith(_OF_DEVICES))
    except OSError:
        return []
    found = []
    for name in names:
        path = f"{folder}/{name}"
        if _sys(path, "type") == "Battery" and _sys(path, "scope") != "Device" and _sys(path, "present") != "0":
            found.append(_battery(path, name))
    return found


def _battery(path: str, name: str) -> Row:
    volts = _whole(path, "voltage_min_design")
    energy = _whole(path, "energy_full_design")
    charge = _whole(path, "charge_full_design")
    if energy is None and charge is not None and volts is not None:
        energy = charge * volts // 1_000_000
    technology = _sys(path, "technology")
    day = [_sys(path, f"manufacture_{part}") for part in ("year", "month", "day")]
    return {
        "name": _sys(path, "model_name") or name,
        "manufacturer": _sys(path, "manufacturer"),
        "serial": _sys(path, "serial_number").strip("0") and _sys(path, "serial_number"),
        "chemistry": "" if technology == "Unknown" else _CHEMISTRY.get(technology, technology),
        "capacity_mwh": None if energy is None else energy // 1000,
        "voltage_mv": None if volts is None else volts // 1000,
        "date": "-".join(part.zfill(2) for part in day) if all(part.isdecimal() for part in day) else "",
        "location": name,
    }


def _whole(path: str, file: str) -> int | None:
    text = _sys(path, file)
    return int(text) if text.isdecimal() else None


def _sys(path: str, file: str) -> str:
    try:
        return " ".join(read_text(f"{path}/{file}").split())
    except OSError:
        return ""
