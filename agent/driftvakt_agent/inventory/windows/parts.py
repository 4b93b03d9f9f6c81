"""Maker, processors, memory and batteries as Windows tells of them, for a machine whose firmware does not.

Example:
    HKLM\\HARDWARE\\DESCRIPTION\\System\\CentralProcessor\\0          a key a hardware thread
        ProcessorNameString  Intel(R) Core(TM) i5-2300 CPU @ 2.80GHz
        VendorIdentifier     GenuineIntel
    Win32_Processor                                                an instance a socket
        NumberOfCores=4  NumberOfLogicalProcessors=4  MaxClockSpeed=2801  ProcessorId=BFEBFBFF000206A7

The registry has what the processor calls itself. Win32_Processor of Windows before 7 guesses the name, and wrongly.

Source: learn.microsoft.com, Win32_ComputerSystem, Win32_BIOS, Win32_Processor, Win32_PhysicalMemory, BatteryStaticData.
"""

import re
from collections.abc import Iterable, Sequence

from driftvakt_agent.inventory import Row, cpuinfo
from driftvakt_agent.inventory import smbios_names as names
from driftvakt_agent.inventory.windows import cim
from driftvakt_agent.inventory.windows.cim import Instance
from driftvakt_agent.inventory.windows.keys import Keys, Values, text

_IDENTIFICATION = re.compile("[0-9A-F]{16}", re.I)
_DAY = re.compile(r"(\d{4})(\d{2})(\d{2})\d{6}\.\d{6}[+-]\d{3}|(\d{4}-\d{2}-\d{2})T.*")
# CIM counts from 0 what SMBIOS counts from 1, and has other words for what came later.
_MEMORY_TYPES = ("Unknown", "Other", "DRAM", "Synchronous DRAM", "Cache DRAM", "EDO", "EDRAM", "VRAM", "SRAM", "RAM",
                 "ROM", "Flash", "EEPROM", "FEPROM", "EPROM", "CDRAM", "3DRAM", "SDRAM", "SGRAM", "RDRAM", "DDR",
                 "DDR2", "DDR2 FB-DIMM", "", "DDR3", "FBD2", "DDR4")  # fmt: skip
_FORMS = ("Unknown", "Other", "SIP", "DIP", "ZIP", "SOJ", "Proprietary Card", "SIMM", "DIMM", "TSOP", "PGA", "RIMM",
          "SODIMM", "SRIMM")  # fmt: skip
_CORRECTIONS = ("Reserved", "Other", "Unknown", "None", "Parity", "Single-bit ECC", "Multi-bit ECC", "CRC")


def system(machines: Iterable[Instance], products: Iterable[Instance], bios: Iterable[Instance]) -> list[Row]:
    """Return the machine as a whole, nothing where not even its maker is known."""
    machine, told = cim.first(machines), cim.first(bios)
    if not cim.text(machine, "Manufacturer") and not cim.text(machine, "Model"):
        return []
    return [{
        "manufacturer": cim.text(machine, "Manufacturer"), "product": cim.text(machine, "Model"),
        "serial": cim.text(told, "SerialNumber"), "uuid": cim.text(cim.first(products), "UUID").lower(),
    }]  # fmt: skip


def firmware(bios: Iterable[Instance]) -> list[Row]:
    return [{
        "vendor": cim.text(one, "Manufacturer"),
        "version": cim.text(one, "SMBIOSBIOSVersion") or cim.text(one, "Version"),
        "date": _day(cim.text(one, "ReleaseDate")),
    } for one in bios]  # fmt: skip


def processors(threads: Keys, sockets: Sequence[Instance]) -> list[Row]:
    """Return the processors by both; by the registry alone, all that are alike are one row."""
    by_number = [values for _, values in sorted(threads, key=lambda one: (len(one[0]), one[0]))]
    rows: list[Row] = []
    thread = 0
    for one in sockets:
        count = cim.whole(one, "NumberOfLogicalProcessors")
        registry = by_number[thread] if thread < len(by_number) else {}
        rows.append(_processor(one, registry, len(rows)))
        thread += max(count or 1, 1)
    return rows or _alike(by_number)


def _processor(one: Instance, registry: Values, number: int) -> Row:
    identification = cim.text(one, "ProcessorId")
    known = _IDENTIFICATION.fullmatch(identification) and identification.strip("0")
    vendor = text(registry.get("VendorIdentifier")) or cim.text(one, "Manufacturer")
    name = text(registry.get("ProcessorNameString")) or cim.text(one, "Name")
    return {
        "socket": cim.text(one, "SocketDesignation") or f"CPU {number}",
        "manufacturer": cpuinfo.maker(vendor),
        "model": name,
        # Where two differ, older releases give the one's speed to the other.
        "speed_mhz": cpuinfo.sold_speed(name) or cim.whole(one, "MaxClockSpeed"),
        # In a virtual machine the one is what it was given, the other what its host's processor would have had.
        "cores": cim.whole(one, "NumberOfEnabledCore") or cim.whole(one, "NumberOfCores"),
        "threads": cim.whole(one, "NumberOfLogicalProcessors"),
        "serial": cim.text(one, "SerialNumber"),
        "part": cim.text(one, "PartNumber"),
        # CIM writes it as one number, the firmware as bytes, the lowest first.
        "signature": bytes.fromhex(identification)[::-1].hex() if known else "",
    }


def _alike(threads: Iterable[Values]) -> list[Row]:
    found: dict[str, Row] = {}
    for values in threads:
        name = text(values.get("ProcessorNameString"))
        if not name:
            continue
        row = found.setdefault(name, {
            "socket": f"CPU {len(found)}",
            "manufacturer": cpuinfo.maker(text(values.get("VendorIdentifier"))),
            "model": name,
            "speed_mhz": cpuinfo.sold_speed(name),
            "cores": None,
            "threads": 0,
            "serial": "",
        })  # fmt: skip
        count = row["threads"]
        row["threads"] = count + 1 if isinstance(count, int) else 1
    return list(found.values())


def memory(modules: Iterable[Instance], arrays: Iterable[Instance]) -> list[Row]:
    """Return the modules; of empty sockets CIM does not tell."""
    correction = _named(_CORRECTIONS, cim.whole(cim.first(arrays), "MemoryErrorCorrection"))
    return [{
        "slot": cim.text(one, "DeviceLocator"),
        "bank": cim.text(one, "BankLabel"),
        "size_bytes": cim.whole(one, "Capacity"),
        "type": names.name(names.MEMORY_TYPES, cim.whole(one, "SMBIOSMemoryType") or 0)
        or _named(_MEMORY_TYPES, cim.whole(one, "MemoryType")),
        "form": _named(_FORMS, cim.whole(one, "FormFactor")),
        "speed_mts": cim.whole(one, "Speed") or None,
        "manufacturer": cim.text(one, "Manufacturer"),
        "serial": cim.text(one, "SerialNumber"),
        "part": cim.text(one, "PartNumber"),
        "correction": correction,
    } for one in modules]  # fmt: skip


def batteries(told: Iterable[Instance]) -> list[Row]:
    return [{
        "name": cim.text(one, "DeviceName"),
        "manufacturer": cim.text(one, "ManufactureName"),
        "serial": cim.text(one, "SerialNumber"),
        "capacity_mwh": cim.whole(one, "DesignedCapacity") or None,
        "date": _day(cim.text(one, "ManufactureDate")),
    } for one in told]  # fmt: skip


def _named(table: tuple[str, ...], number: int | None) -> str:
    return names.name(table, -1 if number is None else number + 1)


def _day(told: str) -> str:
    found = _DAY.fullmatch(told)
    if found is None:
        return ""
    return found.group(4) or "-".join(found.groups()[:3])
