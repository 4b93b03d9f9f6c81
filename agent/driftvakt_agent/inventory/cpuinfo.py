"""Processors as the kernel tells of them to anybody: for machines whose firmware says nothing, or only to root.

Example, two of the eight hardware threads of one processor:
    processor       : 0
    vendor_id       : GenuineIntel
    model name      : Intel(R) Xeon(R) CPU E5620 @ 2.40GHz
    physical id     : 0
    siblings        : 8
    cpu cores       : 4

Every architecture has words of its own, and some no name at all: an ARM core says numbers of its designer and its part.
The clock of now (`cpu MHz`) is no fact of the machine and is not read.

Source: proc_cpuinfo(5); arch/*/kernel of Linux; arch/arm64/include/asm/cputype.h for the numbers of ARM.
"""

import re

from driftvakt_agent.host import Host, read_text
from driftvakt_agent.inventory import Row

_MAKERS = {"GenuineIntel": "Intel", "AuthenticAMD": "AMD", "HygonGenuine": "Hygon", "CentaurHauls": "Centaur",
           "  Shanghai  ": "Zhaoxin", "GenuineTMx86": "Transmeta", "CyrixInstead": "Cyrix"}  # fmt: skip
_NAMES = ("model name", "cpu model", "Processor", "cpu", "uarch")
"""Where a name stands, by architecture: x86, MIPS and Alpha, old ARM, POWER and SPARC, RISC-V."""
_AT = re.compile(r"(\d+(?:\.\d+)?) ?([GM])Hz$")
_CLOCKS = (("clock", 1), ("cycle frequency [Hz]", 1_000_000))
_MAX_ROWS = 4096
_DESIGNERS = {0x41: "ARM", 0x42: "Broadcom", 0x43: "Cavium", 0x46: "Fujitsu", 0x48: "HiSilicon", 0x4E: "NVIDIA",
              0x50: "APM", 0x51: "Qualcomm", 0x53: "Samsung", 0x56: "Marvell", 0x61: "Apple", 0x69: "Intel",
              0x6D: "Microsoft", 0xC0: "Ampere"}  # fmt: skip
_PARTS = {
    (0x41, 0xB76): "ARM1176", (0x41, 0xC05): "Cortex-A5", (0x41, 0xC07): "Cortex-A7", (0x41, 0xC08): "Cortex-A8",
    (0x41, 0xC09): "Cortex-A9", (0x41, 0xC0F): "Cortex-A15", (0x41, 0xD02): "Cortex-A34", (0x41, 0xD03): "Cortex-A53",
    (0x41, 0xD04): "Cortex-A35", (0x41, 0xD05): "Cortex-A55", (0x41, 0xD06): "Cortex-A65", (0x41, 0xD07): "Cortex-A57",
    (0x41, 0xD08): "Cortex-A72", (0x41, 0xD09): "Cortex-A73", (0x41, 0xD0A): "Cortex-A75", (0x41, 0xD0B): "Cortex-A76",
    (0x41, 0xD0C): "Neoverse-N1", (0x41, 0xD0D): "Cortex-A77", (0x41, 0xD40): "Neoverse-V1",
    (0x41, 0xD41): "Cortex-A78", (0x41, 0xD44): "Cortex-X1", (0x41, 0xD46): "Cortex-A510", (0x41, 0xD47): "Cortex-A710",
    (0x41, 0xD48): "Cortex-X2", (0x41, 0xD49): "Neoverse-N2", (0x41, 0xD4A): "Neoverse-E1",
    (0x41, 0xD4F): "Neoverse-V2", (0x41, 0xD80): "Cortex-A520", (0x41, 0xD81): "Cortex-A720",
    (0x41, 0xD83): "Neoverse-V3AE", (0x41, 0xD84): "Neoverse-V3", (0x41, 0xD8E): "Neoverse-N3",
    (0x43, 0x0A1): "ThunderX", (0x43, 0x0AF): "ThunderX2", (0x46, 0x001): "A64FX", (0x48, 0xD01): "Kunpeng-920",
    (0x4E, 0x004): "Carmel", (0x4E, 0x010): "Olympus", (0x50, 0x000): "X-Gene", (0x51, 0xC00): "Falkor",
    (0x61, 0x022): "Icestorm-M1", (0x61, 0x023): "Firestorm-M1", (0x61, 0x032): "Blizzard-M2",
    (0x61, 0x033): "Avalanche-M2", (0xC0, 0xAC3): "Ampere-1", (0xC0, 0xAC4): "Ampere-1a",
}  # fmt: skip


def take(host: Host) -> list[Row]:
    """Return the processors. Raises OSError where the file can't be read."""
    return parse(read_text(f"{host.proc}/cpuinfo"))


def parse(text: str) -> list[Row]:
    """Return a row a processor, by its socket where that is told, else one for all that are alike."""
    common: dict[str, str] = {}
    found: dict[tuple[str, str], Row] = {}
    for block in re.split(r"\n[ \t]*\n", text):
        told = _fields(block)
        if "processor" not in told and not any(name in told for name in _NAMES):
            # What stands before or behind the processors is of all of them, as the board of an ARM machine.
            common |= told
            continue
        name = _name(told) or _name(common)
        socket = told.get("physical id", "")
        row = found.get((socket, name))
        if row is None:
            if len(found) >= _MAX_ROWS:
                break
            row = found[socket, name] = _row(told, name)
        _count(row, told)
    for number, row in enumerate(found.values()):
        row["socket"] = f"CPU {number}"
    return list(found.values())


def maker(vendor: str) -> str:
    """Return who made a processor, by what CPUID says of its vendor."""
    return _MAKERS.get(vendor, vendor)


def sold_speed(name: str) -> int | None:
    """Return the speed that a processor's name promises, MHz."""
    sold = _AT.search(name)
    return None if sold is None else round(float(sold.group(1)) * (1000 if sold.group(2) == "G" else 1))


def _row(told: dict[str, str], name: str) -> Row:
    vendor = told.get("vendor_id") or told.get("vendor") or ""
    designer = _hexadecimal(told.get("CPU implementer", ""))
    return {
        "manufacturer": maker(vendor) or _DESIGNERS.get(designer, "") or _of_name(name),
        "model": name,
        "speed_mhz": _speed(told, name),
        "cores": None,
        "threads": None,
        "serial": told.get("cpu serial number", ""),
    }


def _count(row: Row, told: dict[str, str]) -> None:
    """Count one more hardware thread, or take the kernel's word for all of its socket."""
    if "cpu cores" in told:
        row["cores"], row["threads"] = _whole(told["cpu cores"]), _whole(told.get("siblings", ""))
        return
    detected = _whole(told.get("cpus detected", "") or told.get("ncpus probed", ""))
    threads = row["threads"]
    row["threads"] = detected or (threads + 1 if isinstance(threads, int) else 1)
    if "CPU implementer" in told:
        # ARM has one thread a core.
        row["cores"] = row["threads"]


def _name(told: dict[str, str]) -> str:
    name = next((told[key] for key in _NAMES if told.get(key, "").strip(" 0123456789")), "")
    part = (_hexadecimal(told.get("CPU implementer", "")), _hexadecimal(told.get("CPU part", "")))
    if not name and part[0]:
        name = _PARTS.get(part) or f"{_DESIGNERS.get(part[0], 'ARM')} part 0x{part[1]:03x}"
    if not name and told.get("family"):
        # Itanium has a family alone.
        name = told["family"]
    return " ".join(name.split())


def _of_name(name: str) -> str:
    if name.startswith(("POWER", "PPC")):
        return "IBM"
    if name.startswith("sifive,"):
        return "SiFive"
    return name.partition("(R)")[0] if "(R)" in name else ""


def _speed(told: dict[str, str], name: str) -> int | None:
    """Return the speed that the processor is sold with, MHz."""
    sold = sold_speed(name)
    if sold is not None:
        return sold
    for key, unit in _CLOCKS:
        digits = re.match(r"\d{1,15}", told.get(key, ""))
        if digits is not None:
            return int(digits.group()) // unit or None
    return None


def _fields(block: str) -> dict[str, str]:
    found: dict[str, str] = {}
    for line in block.splitlines():
        key, colon, value = line.partition(":")
        if colon:
            found.setdefault(key.strip(), value.strip())
    return found


def _whole(text: str) -> int | None:
    return int(text) if text.isascii() and text.isdecimal() and len(text) < 6 else None


def _hexadecimal(text: str) -> int:
    try:
        return int(text, 16)
    except ValueError:
        return 0
