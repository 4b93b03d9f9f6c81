"""What numbers of PCI and USB devices and of monitors mean, by the lists that distributions ship.

Sources: pci.ids and usb.ids (pci-ids.ucw.cz, linux-usb.org), pnp.ids (UEFI's registry of makers), in Debian's package
hwdata. Without it the numbers are shown as they are.

Example:
    8086  Intel Corporation
        15e3  Ethernet Connection (5) I219-LM
"""

from collections.abc import Mapping, Sequence
from functools import cached_property
from pathlib import Path

from driftvakt_collector.store.section import Cell

NAMED = ("device", "maker", "class")
"""The columns that `HardwareNames.of` adds."""
FOLDERS = (Path("/usr/share/hwdata"), Path("/usr/share/misc"))
_MAX_FILE = 16 << 20
_HEXADECIMAL = frozenset("0123456789abcdef")


class HardwareNames:
    """Looks names up. A list is read when it is first asked for, and searched as it is: 1.3 MB instead of 20."""

    def __init__(self, folders: Sequence[Path] = FOLDERS) -> None:
        self._folders = folders

    def of(self, section: str, row: Mapping[str, Cell]) -> dict[str, Cell]:
        """Return what the lists say of a row of that section, by column; empty where they say nothing."""
        told = {name: cell for name, cell in row.items() if isinstance(cell, str)}
        found: dict[str, str] = {}
        if section == "pci_devices":
            vendor, device = self.device(self._pci, told.get("vendor_id", ""), told.get("device_id", ""))
            found = {"device": device, "maker": vendor, "class": self.pci_class(told.get("class_id", ""))}
        elif section == "usb_devices":
            vendor, device = self.device(self._usb, told.get("vendor_id", ""), told.get("product_id", ""))
            found = {"device": device, "maker": vendor}
        elif section == "graphics":
            vendor, device = self.device(self._pci, *told.get("chipset", "").partition(":")[::2])
            found = {"device": device, "maker": vendor}
        elif section == "monitors":
            found = {"maker": self.maker(told.get("maker_id", ""))}
        return {name: text for name, text in found.items() if text}

    def device(self, ids: bytes, vendor: str, device: str) -> tuple[str, str]:
        """Return the names of a vendor and of its device, each empty where the list lacks it. Four digits each."""
        begin, name = _find(ids, 0, len(ids), "", vendor, 4)
        if not name:
            return "", ""
        end = _end(ids, begin)
        return name, _find(ids, begin, end, "\t", device, 4)[1]

    def pci_class(self, number: str) -> str:
        """Return the name of a class of PCI devices of six digits: of its subclass, else of all."""
        begin, name = _find(self._pci, 0, len(self._pci), "C ", number[:2], 2)
        if not name:
            return ""
        return _find(self._pci, begin, _end(self._pci, begin), "\t", number[2:4], 2)[1] or name

    def maker(self, letters: str) -> str:
        """Return whose three letters a monitor has."""
        if len(letters) != 3 or not (letters.isascii() and letters.isalpha()):
            return ""
        return _line(self._pnp, f"\n{letters.upper()}\t".encode(), 0, len(self._pnp))[1]

    @cached_property
    def _pci(self) -> bytes:
        return self._read("pci.ids")

    @cached_property
    def _usb(self) -> bytes:
        return self._read("usb.ids")

    @cached_property
    def _pnp(self) -> bytes:
        return self._read("pnp.ids")

    def _read(self, name: str) -> bytes:
        for folder in self._folders:
            try:
                with (folder / name).open("rb") as file:
                    return b"\n" + file.read(_MAX_FILE)
            except OSError:
                continue
        return b""


def _find(ids: bytes, begin: int, end: int, indent: str, number: str, digits: int) -> tuple[int, str]:
    """Return where the line of a number ends, and the name in it; empty where there is none."""
    plain = number.lower()
    if len(plain) != digits or not _HEXADECIMAL.issuperset(plain):
        return 0, ""
    return _line(ids, f"\n{indent}{plain}  ".encode(), begin, end)


def _line(ids: bytes, start: bytes, begin: int, end: int) -> tuple[int, str]:
    place = ids.find(start, begin, end)
    if place < 0:
        return 0, ""
    stop = ids.find(b"\n", place + 1)
    stop = len(ids) if stop < 0 else stop
    return stop, ids[place + len(start) : stop].decode("utf-8", "replace").strip()


def _end(ids: bytes, begin: int) -> int:
    """Return where the block of indented lines after `begin` ends."""
    place = begin
    while True:
        following = ids.find(b"\n", place)
        if following < 0:
            return len(ids)
        if ids[following + 1 : following + 2] not in (b"\t", b"#"):
            return following
        place = following + 1
