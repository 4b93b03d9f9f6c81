"""What printers of Brother tell in their own MIB: supplies in percent, pages that parts last, pages by kind.

    1.3.6.1.4.1.2435.2.3.9.1.1.7.0             IEEE 1284 identification  "MFG:Brother;CMD:PJL;MDL:DCP-L3550CDW;…"
    1.3.6.1.4.1.2435.2.3.9.4.2.1.5.4.5.2.0     brpsStatusText            "Mało toneru (Y) "
    1.3.6.1.4.1.2435.2.3.9.4.2.1.5.5.8.0       brInfoMaintenance         6f 01 04 00 00 0a 28 … ff (toner, 26.00 %)
    1.3.6.1.4.1.2435.2.3.9.4.2.1.5.5.10.0      brInfoCounter             00 01 04 00 00 06 4b … ff (1611 pages)
    1.3.6.1.4.1.2435.2.3.9.4.2.1.5.5.11.0      brInfoNextCare            88 01 04 00 00 bd 34 … ff (48436 pages left)

Their levels in Printer-MIB are mostly -3, "some": the real ones stand here. An answer is records of a code, a type, a
length and a number; 0xff ends it. Which code is what was read off recordings with known numbers. Those have the four
drums of colour printers alike: that they stand in the order of their toners is taken from that order alone.
"""

import re
from collections.abc import Iterator, Mapping

from driftvakt_collector.naming.device import Device
from driftvakt_collector.poll.snmp.mib import Key, Module, Packed, hidden

_ROOT = "1.3.6.1.4.1.2435.2.3.9"
IDENTITY = f"{_ROOT}.1.1.7.0"
STATUS = f"{_ROOT}.4.2.1.5.4.5.2"
MAINTENANCE, COUNTERS, NEXT_CARE = (f"{_ROOT}.4.2.1.5.5.{number}.0" for number in (8, 10, 11))
_NUMBER, _LENGTH, _END = 0x01, 4, 0xFF
_NOT_KNOWN = 0xFFFF_FFFF
_HUNDREDTHS = 10_000
"""What is left is in hundredths of a percent."""
_INK = re.compile(r"MDL:(?:MFC|DCP|HL)-[JT]")
"""Models that print with ink have a J or T after the dash; the same codes are ink there, and toner elsewhere."""

_COLORS = ("Black", "Cyan", "Magenta", "Yellow")
_LEFT = {0x41: "Drum", 0x80: "Black drum", 0x79: "Cyan drum", 0x7A: "Magenta drum", 0x7B: "Yellow drum",
         0x69: "Belt unit", 0x6A: "Fuser", 0x6D: "Paper feeding kit 1"}  # fmt: skip
_MADE = {0x11: "Drum", 0x7E: "Black drum", 0x73: "Cyan drum", 0x74: "Magenta drum", 0x75: "Yellow drum"}
_DRUM_STATUS = 0x63
_FILLED, _FILLED_ROUNDED, _STATUS = 0x6F, 0x81, 0x31
"""Of black; the other colours follow. The rounded one is in whole percents, mostly in tens."""
_PAGES = {0x00: "all", 0x01: "monochrome", 0x02: "color", 0x06: "duplex", 0x12: "black", 0x13: "cyan",
          0x14: "magenta", 0x15: "yellow", 0x16: "image"}  # fmt: skip
_LASTS = {0x82: "Drum", 0xA4: "Black drum", 0xA5: "Cyan drum", 0xA6: "Magenta drum", 0xA7: "Yellow drum",
          0x88: "Belt unit", 0x73: "Laser unit", 0x77: "Paper feeding kit 1"}  # fmt: skip


def suits(device: Device) -> bool:
    """Say if a device is a printer of Brother."""
    return device.vendor == "Brother"


def records(octets: bytes) -> dict[int, int]:
    """Return the number of each code, none at all where the octets are not whole records: then no number is safe."""
    found: dict[int, int] = {}
    at = 0
    while at < len(octets) and octets[at:] != bytes([_END]):
        head, number = octets[at : at + 3], octets[at + 3 : at + 3 + _LENGTH]
        if len(number) != _LENGTH or (head[1], head[2]) != (_NUMBER, _LENGTH) or head[0] in found:
            return {}
        found[head[0]] = int.from_bytes(number)
        at += 3 + _LENGTH
    return {code: number for code, number in found.items() if number != _NOT_KNOWN}


def maintenance(octets: bytes, identity: str) -> Mapping[Key, float]:
    """Return what is left of supplies, which are low by the printer's own word, and what parts have printed."""
    return dict(_maintenance(records(octets), "ink" if _INK.search(identity) else "toner"))


def _maintenance(told: Mapping[int, int], what: str) -> Iterator[tuple[Key, float]]:
    def of(name: str, supply: str) -> Key:
        return f"driftvakt_printer_supply_{name}", (("supply", supply),)

    for place, color in enumerate(_COLORS):
        fine, rounded = told.get(_FILLED + place), told.get(_FILLED_ROUNDED + place)
        share = fine / _HUNDREDTHS if fine is not None else rounded / 100 if rounded is not None else None
        if share is not None and share <= 1:
            yield of("ratio", f"{color} {what}"), share
    for code, part in _LEFT.items():
        if told.get(code, _NOT_KNOWN) <= _HUNDREDTHS:
            yield of("ratio", part), told[code] / _HUNDREDTHS
    states = {_STATUS + place: f"{color} {what}" for place, color in enumerate(_COLORS)} | {_DRUM_STATUS: "Drum"}
    for code, supply in states.items():
        # 1 is well, 2 is low; what others would be nobody has seen.
        if told.get(code) in (1, 2):
            yield of("low", supply), float(told[code] == 2)
    for code, part in _MADE.items():
        if code in told:
            yield of("printed_pages", part), float(told[code])


def counters(octets: bytes, _identity: str = "") -> Mapping[Key, float]:
    """Return the pages by kind."""
    told = records(octets)
    return {
        ("driftvakt_printer_pages_total", (("kind", kind),)): float(told[code])
        for code, kind in _PAGES.items()
        if code in told
    }


def next_care(octets: bytes, _identity: str = "") -> Mapping[Key, float]:
    """Return how many pages parts last yet, by the printer's own reckoning."""
    told = records(octets)
    return {
        ("driftvakt_printer_supply_left_pages", (("supply", part),)): float(told[code])
        for code, part in _LASTS.items()
        if code in told
    }


MODULE = Module(
    name="brother",
    walks=(IDENTITY, MAINTENANCE, COUNTERS, NEXT_CARE),
    suits=suits,
    packed=(
        Packed(MAINTENANCE, maintenance, IDENTITY),
        Packed(COUNTERS, counters),
        Packed(NEXT_CARE, next_care),
    ),
)

PANEL = Module(
    name="brother_panel",
    walks=(f"{STATUS}.0",),
    suits=suits,
    scalars=(hidden(STATUS, "brpsStatusText", "What stands on the panel, in the printer's language."),),
)
