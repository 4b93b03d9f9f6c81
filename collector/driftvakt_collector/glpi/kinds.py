"""How one value is written by GLPI and by us. Each kind reads whatever came, and never fails on it."""

import re
from collections.abc import Callable
from typing import NamedTuple

from driftvakt_collector.store.section import Cell
from driftvakt_wire.sections import MAX_TEXT

_DAY = re.compile(r"(\d{4}-\d{2}-\d{2})")
_GERMAN_DAY = re.compile(r"(\d{2})/(\d{2})/(\d{4})")
_NUMBER = re.compile(r"\d{1,15}")
_MIB, _MB = 1 << 20, 1_000_000
_BYTE = re.compile(r"[0-9a-f]{2}")
_PCI_SHORT = re.compile(r"[0-9a-f]{2}:[0-9a-f]{2}\.[0-7]")


class Kind(NamedTuple):
    """read: from GLPI's value, None where it says nothing. write: to it, None for what is left out."""

    read: Callable[[object], Cell]
    write: Callable[[Cell], object]


def text(value: object) -> str | None:
    """Return any value as one bounded line of text, None for an empty one."""
    if isinstance(value, bool) or not isinstance(value, str | int | float):
        return None
    # PostgreSQL has no NUL in a text.
    return " ".join(str(value).replace("\0", "\ufffd").split())[:MAX_TEXT] or None


def whole(value: object) -> int | None:
    """Return a whole number, also of a text that begins with one, as "1600 MT/s"."""
    if isinstance(value, bool):
        return None
    if isinstance(value, int | float):
        return int(value) if 0 <= value < 1 << 62 else None
    found = _NUMBER.match(value.strip()) if isinstance(value, str) else None
    return int(found.group()) if found else None


def flag(value: object) -> bool | None:
    """Return a truth, also one that is written as a word."""
    if isinstance(value, bool):
        return value
    return {"1": True, "yes": True, "true": True, "0": False, "no": False, "false": False}.get(
        (text(value) or "").lower()
    )


def day(value: object) -> str | None:
    """Return the date of a date or a moment, YYYY-MM-DD."""
    told = text(value) or ""
    found = _DAY.match(told)
    if found:
        return found.group(1)
    other = _GERMAN_DAY.match(told)
    return f"{other.group(3)}-{other.group(2)}-{other.group(1)}" if other else None


def _lower(value: object) -> str | None:
    told = text(value)
    return told.lower() if told else None


def _times(unit: int) -> Kind:
    def read(value: object) -> int | None:
        count = whole(value)
        return None if count is None else count * unit

    return Kind(read, lambda cell: cell // unit if isinstance(cell, int) and not isinstance(cell, bool) else None)


def _words(table: dict[str, Cell]) -> Kind:
    """Return the kind of a value that has a few words of its own."""
    back = {cell: word for word, cell in table.items()}
    return Kind(lambda value: table.get((text(value) or "").lower()), lambda cell: back.get(cell))


def _pci(value: object) -> str | None:
    told = _lower(value)
    return f"0000:{told}" if told and _PCI_SHORT.fullmatch(told) else told


def _hexadecimal(value: object) -> str | None:
    told = _lower(value)
    return told.replace(" ", "") if told else None


def _usb_class(value: object) -> str | None:
    """Return it in two hexadecimal digits; GLPI writes it as a decimal number."""
    told = whole(value)
    return f"{told:02x}" if told is not None and told < 256 else None


def _pairs(cell: Cell) -> str | None:
    told = text(cell)
    return " ".join(told[at : at + 2] for at in range(0, len(told), 2)).upper() if told else None


def _day_out(cell: Cell) -> str | None:
    told = text(cell) or ""
    return told if _DAY.fullmatch(told) else None


def _number_out(cell: Cell) -> int | None:
    return cell if isinstance(cell, int) and not isinstance(cell, bool) else None


TEXT = Kind(text, text)
LOWER = Kind(_lower, text)
UPPER_OUT = Kind(_lower, lambda cell: told.upper() if (told := text(cell)) else None)
WHOLE = Kind(whole, _number_out)
WHOLE_AS_TEXT = Kind(whole, lambda cell: None if (told := _number_out(cell)) is None else str(told))
TEXT_AS_WHOLE = Kind(lambda value: None if (told := whole(value)) is None else str(told), whole)
MIB = _times(_MIB)
MB = _times(_MB)
FLAG = Kind(flag, flag)
DAY = Kind(day, _day_out)
MOMENT = Kind(day, lambda cell: f"{told} 00:00:00" if (told := _day_out(cell)) else None)
PCI = Kind(_pci, text)
SIGNATURE = Kind(_hexadecimal, _pairs)
SPEED = Kind(whole, lambda cell: None if (told := _number_out(cell)) is None else f"{told} MT/s")
PCI_CLASS = Kind(_lower, lambda cell: (text(cell) or "")[:4] or None)
USB_CLASS = Kind(
    _usb_class, lambda cell: str(int(cell, 16)) if isinstance(cell, str) and _BYTE.fullmatch(cell) else None
)
USED = _words({"used": "In Use", "free": "Available"})
ON = _words({"on": True, "off": False})
RELEASE = Kind(lambda value: (text(value) or "").partition(" (")[0] or None, text)
"""A release without what it is called, as in "31 (Workstation Edition)"."""
SECURE_BOOT = _words({"enabled": True, "disabled": False})
ENCRYPTED = Kind(flag, lambda cell: {True: "Yes", False: "No"}.get(cell) if isinstance(cell, bool) else None)
VIRTUAL = Kind(lambda value: "" if (told := _lower(value)) in (None, "physical") else told,
               lambda cell: "Physical" if cell == "" else text(cell))  # fmt: skip
"""What a machine runs on: ours is empty on bare metal."""
SOURCE = Kind(
    lambda value: "dpkg" if (told := _lower(value) or "") == "deb" else told,
    lambda cell: "deb" if cell == "dpkg" else text(cell),
)
"""What a package came by."""
