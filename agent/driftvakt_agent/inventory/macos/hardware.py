"""Which Mac it is, its firmware and its processor.

Example, of SPHardwareDataType:
    {"machine_name": "Mac mini", "machine_model": "Macmini9,1", "model_number": "MGNR3KS/A", "chip_type": "Apple M1",
     "number_processors": "proc 8:4:4", "physical_memory": "8 GB", "boot_rom_version": "10151.121.1",
     "serial_number": "C07XXXXXXXXX", "platform_UUID": "402127FE-F62F-5F2F-B899-BC9F25C44006"}

An Intel Mac has `cpu_type`, `current_processor_speed` and `packages` instead of `chip_type`.

Source: system_profiler(8), sysctl(3).
"""

import re
from collections.abc import Mapping

from driftvakt_agent.host import Host
from driftvakt_agent.inventory import Found, Row
from driftvakt_agent.inventory.macos import sysctl
from driftvakt_agent.inventory.macos.profiler import Item, items, mhz, text, whole
from driftvakt_agent.sample import NoData

_CORES = re.compile(r"proc (\d{1,4})(?::|$)")
_FIRST = ("machdep.cpu.brand_string", "machdep.cpu.vendor", "hw.physicalcpu", "hw.logicalcpu", "hw.packages")
_SIGNED = ("machdep.cpu.family", "machdep.cpu.model", "machdep.cpu.stepping")


def take(host: Host) -> Found:
    found = items(host, "SPHardwareDataType")
    if not found:
        raise NoData("system_profiler says nothing of this machine")
    told = {name: sysctl.text(name) for name in _FIRST[:2]}
    numbers = {name: sysctl.whole(name) for name in (*_FIRST[2:], *_SIGNED)}
    return parse(found[0], {**told, **numbers})


def parse(one: Item, kernel: Mapping[str, str | int | None]) -> Found:
    """Return system, firmware and processors. kernel: what sysctl says, by name."""
    model = text(one, "machine_model")
    return {
        "system": [
            {
                "manufacturer": "Apple",
                "product": model,
                "version": text(one, "machine_name"),
                "serial": text(one, "serial_number"),
                "uuid": text(one, "platform_UUID").lower(),
                "sku": text(one, "model_number"),
                "family": model.rstrip("0123456789,"),
            }
        ],
        "firmware": [
            {
                "vendor": "Apple",
                "version": text(one, "boot_rom_version"),
                "controller_revision": text(one, "SMC_version_system"),
            }
        ],
        "processors": _processors(one, kernel),
    }


def _processors(one: Item, kernel: Mapping[str, str | int | None]) -> list[Row]:
    """Return a row a socket. Where the kernel was not asked, what system_profiler says counts."""
    name = str(kernel.get("machdep.cpu.brand_string") or "") or text(one, "chip_type", "cpu_type")
    if not name:
        return []
    packages = _number(kernel, "hw.packages") or whole(one, "packages") or 1
    if text(one, "cpu_type").startswith("PowerPC"):
        # What it calls processors there are its cores.
        cores = whole(one, "number_processors")
    else:
        apple = _CORES.match(text(one, "number_processors"))
        cores = int(apple[1]) if apple else whole(one, "number_processors")
    cores = _number(kernel, "hw.physicalcpu") or cores
    threads = _number(kernel, "hw.logicalcpu")
    packages = min(max(packages, 1), 16)
    signed = [kernel.get(name) for name in _SIGNED]
    row: Row = {
        "manufacturer": _maker(name, str(kernel.get("machdep.cpu.vendor") or "")),
        "model": name,
        "max_speed_mhz": mhz(text(one, "current_processor_speed")),
        "cores": None if cores is None else cores // packages,
        "threads": None if threads is None else threads // packages,
        "signature": " ".join(
            f"{word} {number}" for word, number in zip(("family", "model", "stepping"), signed, strict=True)
            if number is not None
        ),
    }  # fmt: skip
    return [{"socket": f"CPU {number}", **row} for number in range(packages)]


def _maker(name: str, vendor: str) -> str:
    for word, maker in (("Intel", "Intel"), ("Apple", "Apple"), ("AMD", "AMD"), ("PowerPC", "IBM")):
        if word in name or word in vendor:
            return maker
    return vendor


def _number(kernel: Mapping[str, str | int | None], name: str) -> int | None:
    value = kernel.get(name)
    return value if isinstance(value, int) else None
