"""dmidecode's text back into the table that it was made from, as far as driftvakt reads it.

The recordings of real machines are text; the agent reads the firmware's own bytes. So the text is encoded by the
specification here, and what the agent reads of it can be held against what is known of the machine.
"""

import re
from collections.abc import Sequence
from uuid import UUID

from driftvakt_agent.inventory import smbios_names as names

Fields = dict[str, str]
_ABSENT = ("Not Specified", "Not Provided", "<BAD INDEX>")


def table(text: str) -> tuple[bytes, tuple[int, int]]:
    """Return the table, and the version of SMBIOS."""
    found = re.search(r"SMBIOS (\d+)\.(\d+)", text)
    version = (int(found[1]), int(found[2])) if found else (2, 0)
    whole = b""
    for block in re.split(r"^(?=\s*Handle 0x)", text, flags=re.M):
        head = re.match(r"\s*Handle 0x([0-9A-Fa-f]+),?\s+DMI type (\d+)", block)
        if head is None:
            continue
        kind = int(head[2])
        if kind in _ENCODE:
            one = _Structure(kind, int(head[1], 16) & 0xFFFF)
            _ENCODE[kind](one, _fields(block), version)
            whole += one.whole()
    return whole + bytes((127, 4, 0xFE, 0xFF, 0, 0)), version


def _fields(block: str) -> Fields:
    """Return the fields of a block; of a list below a field nothing is wanted."""
    depths = [len(line) - len(line.lstrip()) for line in block.splitlines() if ":" in line and line[:1].isspace()]
    depth = min(depths, default=0)
    out: Fields = {}
    for line in block.splitlines():
        if len(line) - len(line.lstrip()) == depth and ":" in line:
            name, _, value = line.strip().partition(":")
            out.setdefault(name, value.strip())
    return out


class _Structure:
    def __init__(self, kind: int, handle: int) -> None:
        self._kind = kind
        self._handle = handle
        self._data = bytearray(0x58)
        self._texts: list[bytes] = []

    def text(self, offset: int, value: str | None) -> None:
        if value and value not in _ABSENT:
            self._texts.append(value.encode())
            self._data[offset] = len(self._texts)

    def number(self, offset: int, size: int, value: int) -> None:
        self._data[offset : offset + size] = value.to_bytes(size, "little")

    def raw(self, offset: int, value: bytes) -> None:
        self._data[offset : offset + len(value)] = value

    def whole(self) -> bytes:
        self._data[0:4] = bytes((self._kind, len(self._data))) + self._handle.to_bytes(2, "little")
        return bytes(self._data) + b"".join(one + b"\0" for one in self._texts) + (b"\0" if self._texts else b"\0\0")


def _whole(text: str | None) -> int | None:
    found = re.match(r"(\d+)", text or "")
    return int(found[1]) if found else None


def _of(table_: Sequence[str], text: str | None) -> int:
    return table_.index(text) + 1 if text in table_ and text else 2


def _firmware(one: _Structure, told: Fields, _: tuple[int, int]) -> None:
    one.text(0x04, told.get("Vendor"))
    one.text(0x05, told.get("Version"))
    one.text(0x08, told.get("Release Date"))
    for offset, name in ((0x14, "BIOS Revision"), (0x16, "Firmware Revision")):
        numbers = told.get(name, "255.255").split(".")
        one.raw(offset, bytes(int(part) for part in numbers[:2]))


def _system(one: _Structure, told: Fields, version: tuple[int, int]) -> None:
    for offset, name in ((4, "Manufacturer"), (5, "Product Name"), (6, "Version"), (7, "Serial Number"),
                         (0x19, "SKU Number"), (0x1A, "Family")):  # fmt: skip
        one.text(offset, told.get(name))
    if re.fullmatch(r"[0-9A-Fa-f-]{36}", told.get("UUID", "")):
        identity = UUID(told["UUID"])
        one.raw(8, identity.bytes_le if version >= (2, 6) else identity.bytes)


def _baseboard(one: _Structure, told: Fields, _: tuple[int, int]) -> None:
    for offset, name in ((4, "Manufacturer"), (5, "Product Name"), (6, "Version"), (7, "Serial Number"),
                         (8, "Asset Tag")):  # fmt: skip
        one.text(offset, told.get(name))


def _chassis(one: _Structure, told: Fields, _: tuple[int, int]) -> None:
    one.number(5, 1, _of(names.CHASSIS, told.get("Type")) | 0x80)
    for offset, name in ((4, "Manufacturer"), (6, "Version"), (7, "Serial Number"), (8, "Asset Tag")):
        one.text(offset, told.get(name))


def _processor(one: _Structure, told: Fields, _: tuple[int, int]) -> None:
    one.number(5, 1, 3)
    for offset, name in ((4, "Socket Designation"), (7, "Manufacturer"), (0x10, "Version"), (0x20, "Serial Number"),
                         (0x22, "Part Number")):  # fmt: skip
        one.text(offset, told.get(name))
    if re.fullmatch(r"([0-9A-F]{2} ?){8}", told.get("ID", "")):
        one.raw(8, bytes.fromhex(told["ID"]))
    one.number(0x14, 2, _whole(told.get("Max Speed")) or 0)
    one.number(0x16, 2, _whole(told.get("Current Speed")) or 0)
    one.number(0x18, 1, 0x41 if told.get("Status", "Populated").startswith("Populated") else 0)
    one.number(0x23, 1, min(255, _whole(told.get("Core Count")) or 0))
    one.number(0x25, 1, min(255, _whole(told.get("Thread Count")) or 0))


def _slot(one: _Structure, told: Fields, _: tuple[int, int]) -> None:
    one.text(4, told.get("Designation"))
    kind = told.get("Type", "")
    width = next((one_ for one_ in names.SLOT_WIDTHS if kind.startswith(f"{one_} ")), "")
    bare = kind.removeprefix(f"{width} ")
    if bare in names.SLOT_TYPES_A0:
        one.number(5, 1, 0xA0 + names.SLOT_TYPES_A0.index(bare))
    else:
        one.number(5, 1, _of(names.SLOT_TYPES, bare))
    one.number(6, 1, _of(names.SLOT_WIDTHS, width))
    one.number(7, 1, _of(names.SLOT_USES, told.get("Current Usage")))
    one.raw(0x0D, b"\xff" * 4)


def _memory_array(one: _Structure, told: Fields, _: tuple[int, int]) -> None:
    one.number(6, 1, _of(names.ERROR_CORRECTION, told.get("Error Correction Type")))


def _memory(one: _Structure, told: Fields, _: tuple[int, int]) -> None:
    one.number(4, 2, int(told.get("Array Handle", "0x0"), 16) & 0xFFFF)
    found = re.match(r"(\d+) ?(kB|MB|GB|TB|k|M|G)", told.get("Size", ""))
    if found:
        kilo = int(found[1]) * {"k": 1, "M": 1 << 10, "G": 1 << 20, "T": 1 << 30}[found[2][0]]
        if kilo >> 10 >= 0x7FFF:
            one.number(0x0C, 2, 0x7FFF)
            one.number(0x1C, 4, kilo >> 10)
        elif kilo % 1024:
            one.number(0x0C, 2, kilo | 0x8000)
        else:
            one.number(0x0C, 2, kilo >> 10)
    elif "No Module" not in told.get("Size", "") and "Not Installed" not in told.get("Size", ""):
        one.number(0x0C, 2, 0xFFFF)
    one.number(0x0E, 1, _of(names.FORM_FACTORS, told.get("Form Factor")))
    one.number(0x12, 1, _of(names.MEMORY_TYPES, told.get("Type")))
    one.number(0x15, 2, _whole(told.get("Speed")) or 0)
    for offset, name in ((0x10, "Locator"), (0x11, "Bank Locator"), (0x17, "Manufacturer"), (0x18, "Serial Number"),
                         (0x1A, "Part Number")):  # fmt: skip
        one.text(offset, told.get(name))


def _battery(one: _Structure, told: Fields, _: tuple[int, int]) -> None:
    for offset, name in ((4, "Location"), (5, "Manufacturer"), (6, "Manufacture Date"), (7, "Serial Number"),
                         (8, "Name"), (0x14, "SBDS Chemistry")):  # fmt: skip
        one.text(offset, told.get(name))
    chemistry = told.get("Chemistry", "")
    one.number(9, 1, _of(names.CHEMISTRIES, chemistry))
    capacity = _whole(told.get("Design Capacity")) or 0
    times = next(times for times in range(1, 256) if capacity // times <= 0xFFFF and capacity % times == 0)
    one.number(0x0A, 2, capacity // times)
    one.number(0x0C, 2, _whole(told.get("Design Voltage")) or 0)
    one.number(0x15, 1, times)
    if re.fullmatch(r"[0-9A-Fa-f]{1,4}", told.get("SBDS Serial Number", "")):
        one.number(0x10, 2, int(told["SBDS Serial Number"], 16))
    date = re.fullmatch(r"(\d{4})-(\d\d)-(\d\d)", told.get("SBDS Manufacture Date", ""))
    if date:
        one.number(0x12, 2, (int(date[1]) - 1980) << 9 | int(date[2]) << 5 | int(date[3]))


def _power_supply(one: _Structure, told: Fields, _: tuple[int, int]) -> None:
    for offset, name in ((5, "Location"), (6, "Name"), (7, "Manufacturer"), (8, "Serial Number"), (9, "Asset Tag"),
                         (0x0A, "Model Part Number"), (0x0B, "Revision")):  # fmt: skip
        one.text(offset, told.get(name))
    one.number(0x0C, 2, _whole(told.get("Max Power Capacity")) or 0x8000)
    plugged = told.get("Plugged") == "Yes" or told.get("Status", "").startswith("Present")
    one.number(0x0E, 2, (told.get("Hot Replaceable") == "Yes") | plugged << 1)


_ENCODE = {
    0: _firmware, 1: _system, 2: _baseboard, 3: _chassis, 4: _processor, 9: _slot, 16: _memory_array, 17: _memory,
    22: _battery, 39: _power_supply,
}  # fmt: skip
