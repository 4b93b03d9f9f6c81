"""What the firmware says of the machine: maker, model and serial numbers, processors, memory, slots, power supplies.

The table is a row of structures: type, length, handle, fields, then its texts, each with a zero behind it, and a last:
    01 1b 00 01 | 01 02 00 03 4c4c454400… | "Dell Inc.\\0" "PowerEdge R620\\0" "3FHW8Z1\\0" "\\0"

Only fields within a structure's length are read, so that one of an older release has fewer of them. What the firmware
does not know is empty or None; what it says instead of an answer ("To Be Filled By O.E.M.") is left to the collector.

Source: DSP0134, System Management BIOS Reference Specification 3.7, chapter 7.
"""

from collections.abc import Callable, Iterator

from driftvakt_agent.inventory import smbios_names as names

Row = dict[str, object]

_MAX_STRUCTURES = 4096
_MB = 1 << 20
_END = 127


class Structure:
    """One structure. Fields are read by their offset, as the specification gives it."""

    __slots__ = ("_data", "_texts", "handle", "kind")

    def __init__(self, kind: int, handle: int, data: bytes, texts: list[bytes]) -> None:
        self.kind = kind
        self.handle = handle
        self._data = data
        self._texts = texts

    def number(self, offset: int, size: int = 1) -> int | None:
        """Return a whole number, None where this structure has no such field."""
        if offset + size > len(self._data):
            return None
        return int.from_bytes(self._data[offset : offset + size], "little")

    def bytes(self, offset: int, size: int) -> bytes:
        """Return bytes, fewer where the structure ends."""
        return self._data[offset : offset + size]

    def text(self, offset: int) -> str:
        """Return the text that a field refers to, empty where it refers to none."""
        number = self.number(offset)
        if not number or number > len(self._texts):
            return ""
        return _readable(self._texts[number - 1])


def structures(table: bytes) -> Iterator[Structure]:
    """Give the structures of a table. A table that is cut off gives what is whole."""
    place = 0
    for _ in range(_MAX_STRUCTURES):
        if place + 4 > len(table):
            return
        kind, length = table[place], table[place + 1]
        if length < 4:
            # Broken firmware: nothing says where the next one begins.
            return
        end = table.find(b"\0\0", place + length)
        if end < 0:
            return
        texts = table[place + length : end].split(b"\0")
        yield Structure(kind, int.from_bytes(table[place + 2 : place + 4], "little"), table[place : place + length],
                        texts)  # fmt: skip
        if kind == _END:
            return
        place = end + 2


def parse(table: bytes, version: tuple[int, int] = (3, 0)) -> dict[str, list[Row]]:
    """Return the rows of the sections that a table fills. version: of SMBIOS, from its entry point."""
    found: dict[str, list[Row]] = {}
    all_of_it = list(structures(table))
    corrections = {
        one.handle: names.name(names.ERROR_CORRECTION, one.number(0x06) or 0) for one in all_of_it if one.kind == 16
    }
    for one in all_of_it:
        if one.kind == 1:
            row: Row | None = _system(one, version)
        elif one.kind == 17:
            row = _memory(one, corrections)
        elif one.kind in _READERS:
            row = _READERS[one.kind](one)
        else:
            continue
        section = _SECTIONS[one.kind]
        # One machine has one firmware; where a table has several, the first is the machine's own.
        if row is not None and not (section in ("firmware", "system") and section in found):
            found.setdefault(section, []).append(row)
    return found


def _firmware(one: Structure) -> Row:
    return {
        "vendor": one.text(0x04),
        "version": one.text(0x05),
        "date": _date(one.text(0x08)),
        "revision": _pair(one, 0x14),
        "controller_revision": _pair(one, 0x16),
    }


def _system(one: Structure, version: tuple[int, int]) -> Row:
    return {
        "manufacturer": one.text(0x04),
        "product": one.text(0x05),
        "version": one.text(0x06),
        "serial": one.text(0x07),
        "uuid": uuid(one.bytes(0x08, 16), version),
        "sku": one.text(0x19),
        "family": one.text(0x1A),
    }


def _baseboard(one: Structure) -> Row:
    return {
        "manufacturer": one.text(0x04),
        "product": one.text(0x05),
        "version": one.text(0x06),
        "serial": one.text(0x07),
        "asset_tag": one.text(0x08),
    }


def _chassis(one: Structure) -> Row:
    return {
        "manufacturer": one.text(0x04),
        # The highest bit says whether it has a lock.
        "type": names.name(names.CHASSIS, (one.number(0x05) or 0) & 0x7F),
        "version": one.text(0x06),
        "serial": one.text(0x07),
        "asset_tag": one.text(0x08),
    }


def _processor(one: Structure) -> Row | None:
    # Bit 6: the socket is populated; 3: it is the machine's processor, and not one of a card.
    if not (one.number(0x18) or 0) & 0x40 or one.number(0x05) not in (3, None):
        return None
    return {
        "socket": one.text(0x04),
        "manufacturer": one.text(0x07),
        "model": " ".join(one.text(0x10).split()),
        "speed_mhz": one.number(0x16, 2) or None,
        "max_speed_mhz": one.number(0x14, 2) or None,
        "cores": _count(one, 0x23, 0x2A),
        "threads": _count(one, 0x25, 0x2E),
        "serial": one.text(0x20),
        "part": one.text(0x22),
        "signature": one.bytes(0x08, 8).hex(),
    }


def _count(one: Structure, offset: int, wide: int) -> int | None:
    """Return a count: in a byte, or since 3.0 in a word, where the byte says 255."""
    count = one.number(offset)
    return (one.number(wide, 2) if count == 0xFF else count) or None


def _memory(one: Structure, corrections: dict[int, str]) -> Row:
    size = _memory_size(one)
    speed = one.number(0x15, 2)
    return {
        "slot": one.text(0x10),
        "bank": one.text(0x11),
        "size_bytes": size,
        "type": names.name(names.MEMORY_TYPES, one.number(0x12) or 0),
        "form": names.name(names.FORM_FACTORS, one.number(0x0E) or 0),
        # 65535: more than fits, so it stands in a field of its own.
        "speed_mts": (one.number(0x54, 4) if speed == 0xFFFF else speed) or None,
        "manufacturer": one.text(0x17) if size else "",
        "serial": one.text(0x18) if size else "",
        "part": one.text(0x1A) if size else "",
        "correction": corrections.get(one.number(0x04, 2) or 0, ""),
    }


def _memory_size(one: Structure) -> int | None:
    """Return the bytes of a memory module: 0 for an empty slot, None where the firmware does not know."""
    size = one.number(0x0C, 2)
    if size is None or size == 0xFFFF:
        return None
    if size == 0x7FFF:
        megabytes = one.number(0x1C, 4)
        return None if megabytes is None else (megabytes & 0x7FFF_FFFF) * _MB
    return (size & 0x7FFF) << 10 if size & 0x8000 else size * _MB


def _slot(one: Structure) -> Row:
    bus, device = one.number(0x0F), one.number(0x10)
    address = ""
    if bus is not None and device is not None and not (bus == 0xFF and device == 0xFF):
        address = f"{one.number(0x0D, 2) or 0:04x}:{bus:02x}:{device >> 3:02x}.{device & 7}"
    width = names.name(names.SLOT_WIDTHS, one.number(0x06) or 0)
    return {
        "name": one.text(0x04),
        "type": names.slot_type(one.number(0x05) or 0),
        "width": width,
        "use": names.name(names.SLOT_USES, one.number(0x07) or 0),
        "address": address,
    }


def _battery(one: Structure) -> Row:
    capacity = one.number(0x0A, 2)
    chemistry = names.name(names.CHEMISTRIES, one.number(0x09) or 0) or one.text(0x14)
    serial = one.text(0x07) or _smart_serial(one)
    return {
        "name": one.text(0x08),
        "manufacturer": one.text(0x05),
        "serial": serial,
        "chemistry": chemistry,
        "capacity_mwh": capacity * (one.number(0x15) or 1) if capacity else None,
        "voltage_mv": one.number(0x0C, 2) or None,
        "date": _date(one.text(0x06)) or _smart_date(one),
        "location": one.text(0x04),
    }


def _smart_serial(one: Structure) -> str:
    serial = one.number(0x10, 2)
    return f"{serial:04X}" if serial else ""


def _smart_date(one: Structure) -> str:
    """Return the date of a smart battery: bits 0-4 day, 5-8 month, 9-15 years since 1980."""
    packed = one.number(0x12, 2)
    if not packed:
        return ""
    return f"{1980 + (packed >> 9):04}-{packed >> 5 & 0xF:02}-{packed & 0x1F:02}"


def _power_supply(one: Structure) -> Row:
    most = one.number(0x0C, 2)
    marks = one.number(0x0E, 2) or 0
    return {
        "name": one.text(0x06),
        "location": one.text(0x05),
        "manufacturer": one.text(0x07),
        "serial": one.text(0x08),
        "asset_tag": one.text(0x09),
        "part": one.text(0x0A),
        "revision": one.text(0x0B),
        # 8000h: not known.
        "max_watts": most if most not in (None, 0, 0x8000) else None,
        "hot_swap": bool(marks & 1),
        "present": bool(marks & 2),
    }


def uuid(raw: bytes, version: tuple[int, int]) -> str:
    """Return a UUID in lower case; empty for all zeros, all ones, or too few bytes (7.2.1)."""
    if len(raw) < 16 or raw in (bytes(16), b"\xff" * 16):
        return ""
    # Since 2.6 the first three fields are little-endian; before, most machines had them the other way round.
    # Since 2.6 the first three parts are little-endian.
    parts = (raw[3::-1], raw[5:3:-1], raw[7:5:-1]) if version >= (2, 6) else (raw[:4], raw[4:6], raw[6:8])
    return "-".join(part.hex() for part in (*parts, raw[8:10], raw[10:16]))


def version_of(entry: bytes) -> tuple[int, int]:
    """Return the SMBIOS version of an entry point, (3, 0) where it is none (5.2)."""
    if entry.startswith(b"_SM3_") and len(entry) > 0x08:
        return entry[0x07], entry[0x08]
    if entry.startswith(b"_SM_") and len(entry) > 0x07:
        return entry[0x06], entry[0x07]
    return 3, 0


def _date(text: str) -> str:
    """Return MM/DD/YY or MM/DD/YYYY as YYYY-MM-DD, anything else as it is."""
    parts = text.split("/")
    if len(parts) != 3 or not all(part.isascii() and part.isdigit() for part in parts):
        return text
    month, day, year = (int(part) for part in parts)
    return f"{year + 1900 if year < 100 else year:04}-{month:02}-{day:02}"


def _pair(one: Structure, offset: int) -> str:
    """Return a release of two numbers; 255 in both means that there is none."""
    major, minor = one.number(offset), one.number(offset + 1)
    return "" if major is None or minor is None or (major == minor == 0xFF) else f"{major}.{minor}"


def _readable(raw: bytes) -> str:
    try:
        text = raw.decode("utf-8")
    except UnicodeDecodeError:
        text = raw.decode("latin-1")
    return "".join(char if char.isprintable() else " " for char in text).strip()


_SECTIONS = {
    0: "firmware", 1: "system", 2: "baseboard", 3: "chassis", 4: "processors", 9: "slots", 17: "memory",
    22: "batteries", 39: "power_supplies",
}  # fmt: skip
_READERS: dict[int, Callable[[Structure], Row | None]] = {
    0: _firmware, 2: _baseboard, 3: _chassis, 4: _processor, 9: _slot, 22: _battery, 39: _power_supply,
}  # fmt: skip
