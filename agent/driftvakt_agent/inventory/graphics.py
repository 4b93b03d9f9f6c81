"""What draws on screens: display controllers on the PCI bus. What the numbers mean is looked up by the collector.

Example:
    $ cat /sys/bus/pci/devices/0000:01:00.0/{class,vendor,device}
    0x030000
    0x1002
    0x73bf
    $ cat /sys/bus/pci/devices/0000:01:00.0/mem_info_vram_total
    17163091968

Source: the PCI code and ID assignment specification, class 03; Documentation/gpu/amdgpu of the kernel.
"""

import os

from driftvakt_agent.host import Host, read_text
from driftvakt_agent.inventory import Found, Row
from driftvakt_agent.sample import NoData

_CLASS = "0x03"
_PREFETCHABLE = 0x2000
"""IORESOURCE_PREFETCH of include/linux/ioport.h: the window into a card's memory is such a one."""


def take(host: Host) -> Found:
    folder = f"{host.sys}/bus/pci/devices"
    try:
        names = sorted(os.listdir(folder))
    except OSError as e:
        raise NoData("no PCI bus here") from e
    rows = [_card(f"{folder}/{name}", name) for name in names if _sys(f"{folder}/{name}/class").startswith(_CLASS)]
    if not rows:
        raise NoData("no graphics here")
    return {"graphics": rows}


def _card(path: str, address: str) -> Row:
    numbers = (_sys(f"{path}/{file}").removeprefix("0x") for file in ("vendor", "device"))
    vram = _sys(f"{path}/mem_info_vram_total")
    return {
        "name": _sys(f"{path}/label"),
        "address": address,
        "chipset": ":".join(numbers),
        "memory_bytes": int(vram) if vram.isdecimal() else window(_sys(f"{path}/resource")),
    }


def window(text: str) -> int | None:
    """Return the size of the largest window into a card's memory, by its file `resource`; None where it has none.

    That is the card's memory, or the part of it that can be seen at once.
    """
    largest = 0
    for line in text.splitlines()[:6]:
        try:
            begin, end, flags = (int(word, 16) for word in line.split())
        except ValueError:
            continue
        if flags & _PREFETCHABLE and end > begin:
            largest = max(largest, end - begin + 1)
    return largest or None


def _sys(path: str) -> str:
    try:
        return read_text(path).strip()
    except OSError:
        return ""
