"""What stands on a device's nameplate, model, release and serial number, by the MIBs of its maker.

Standard MIBs (ENTITY-MIB, Printer-MIB) come after these: makers put into them what they like.
"""

import re
from collections.abc import Mapping
from typing import NamedTuple


class Plate(NamedTuple):
    """OIDs, the best first. One that ends with .0 is a scalar; of another the first row below it counts."""

    model: tuple[str, ...] = ()
    version: tuple[str, ...] = ()
    serial: tuple[str, ...] = ()

    def oids(self) -> tuple[str, ...]:
        """Return all of them."""
        return (*self.model, *self.version, *self.serial)


_IEEE_1284 = re.compile(r"(?:^|;)\s*(?:MDL|MODEL):\s*([^;]+?)(?: series)?\s*(?:;|$)")
"""The model in a printer's identification: MFG:Brother;CMD:PJL,PCL;MDL:HL-2270DW series;CLS:PRINTER;"""
_POWERNET = "1.3.6.1.4.1.318.1.1"
_KYOCERA = "1.3.6.1.4.1.1347.43.5.1.1"

PLATES: Mapping[str, Plate] = {
    "11": Plate(version=("1.3.6.1.4.1.11.2.14.11.5.1.1.3.0",), serial=("1.3.6.1.4.1.11.2.36.1.1.2.9.0",)),
    "43": Plate(version=("1.3.6.1.4.1.43.10.27.1.1.1.12",), serial=("1.3.6.1.4.1.43.10.27.1.1.1.13",),
                model=("1.3.6.1.4.1.43.10.27.1.1.1.5",)),
    "171": Plate(version=("1.3.6.1.4.1.171.14.5.1.8.1.3",)),
    "232": Plate(("1.3.6.1.4.1.232.2.2.4.2.0",), serial=("1.3.6.1.4.1.232.2.2.2.1.0",)),
    "253": Plate(),
    "318": Plate(
        model=(f"{_POWERNET}.1.1.1.1.0", f"{_POWERNET}.12.1.5.0", f"{_POWERNET}.26.2.1.8"),
        version=(f"{_POWERNET}.1.1.2.1.0", f"{_POWERNET}.12.1.3.0"),
        serial=(f"{_POWERNET}.1.1.2.3.0", f"{_POWERNET}.12.1.6.0", f"{_POWERNET}.4.1.5.0", f"{_POWERNET}.26.2.1.9"),
    ),
    "367": Plate(("1.3.6.1.4.1.367.3.2.1.1.1.1.0",), ("1.3.6.1.4.1.367.3.2.1.1.1.2.0",),
                 ("1.3.6.1.4.1.367.3.2.1.2.1.4.0",)),
    "534": Plate(("1.3.6.1.4.1.534.1.1.2.0",), ("1.3.6.1.4.1.534.1.1.3.0",), ("1.3.6.1.4.1.534.1.1.6.0",)),
    "674": Plate(
        ("1.3.6.1.4.1.674.10892.5.1.3.12.0",),
        ("1.3.6.1.4.1.674.10892.5.1.1.8.0", "1.3.6.1.4.1.674.10898.100.1.1.1.0"),
        ("1.3.6.1.4.1.674.10892.5.1.3.2.0",),
    ),
    "705": Plate(version=("1.3.6.1.4.1.705.1.1.4.0",), serial=("1.3.6.1.4.1.705.1.1.7.0",)),
    "1347": Plate((f"{_KYOCERA}.1.1",), serial=(f"{_KYOCERA}.28",)),
    "1602": Plate(("1.3.6.1.4.1.1602.1.1.1.1.0",), ("1.3.6.1.4.1.1602.1.1.1.4.0",)),
    "2385": Plate(version=("1.3.6.1.4.1.2385.2.1.1.2.1.2",)),
    "2435": Plate(("1.3.6.1.4.1.2435.2.3.9.1.1.7.0",), ("1.3.6.1.4.1.2435.2.3.9.4.2.1.5.5.17.0",),
                  ("1.3.6.1.4.1.2435.2.3.9.4.2.1.5.5.1.0",)),
    "2636": Plate(("1.3.6.1.4.1.2636.3.1.2.0",), ("1.3.6.1.4.1.2636.3.40.1.4.1.1.1.5.0",),
                  ("1.3.6.1.4.1.2636.3.1.3.0",)),
    "3808": Plate(("1.3.6.1.4.1.3808.1.1.1.1.1.1.0",), ("1.3.6.1.4.1.3808.1.1.1.1.2.1.0",),
                  ("1.3.6.1.4.1.3808.1.1.1.1.2.3.0",)),
    "6574": Plate(("1.3.6.1.4.1.6574.1.5.1.0",), ("1.3.6.1.4.1.6574.1.5.3.0",), ("1.3.6.1.4.1.6574.1.5.2.0",)),
    "6876": Plate(version=("1.3.6.1.4.1.6876.1.2.0",)),
    "8072": Plate(
        # Others' agents are built on net-snmp, and answer with its number.
        model=("1.3.6.1.4.1.6574.1.5.1.0", "1.3.6.1.4.1.41112.1.6.3.3.0"),
        version=("1.3.6.1.4.1.6574.1.5.3.0", "1.3.6.1.4.1.41112.1.6.3.6.0"),
        serial=("1.3.6.1.4.1.6574.1.5.2.0",),
    ),
    "11863": Plate(version=("1.3.6.1.4.1.11863.6.1.1.6.0",), serial=("1.3.6.1.4.1.11863.6.1.1.8.0",)),
    "12356": Plate(version=("1.3.6.1.4.1.12356.101.4.1.1.0",), serial=("1.3.6.1.4.1.12356.100.1.1.1.0",)),
    "14823": Plate(("1.3.6.1.4.1.14823.2.3.3.1.2.1.1.6",), serial=("1.3.6.1.4.1.14823.2.3.3.1.2.1.1.4",)),
    "14988": Plate(("1.3.6.1.4.1.14988.1.1.7.9.0",), ("1.3.6.1.4.1.14988.1.1.4.4.0",),
                   ("1.3.6.1.4.1.14988.1.1.7.3.0",)),
    "18334": Plate(version=("1.3.6.1.4.1.18334.1.1.1.1.6.1.0",)),
    "25461": Plate(("1.3.6.1.4.1.25461.2.1.2.2.1.0",), ("1.3.6.1.4.1.25461.2.1.2.1.1.0",),
                   ("1.3.6.1.4.1.25461.2.1.2.1.3.0",)),
    "41112": Plate(("1.3.6.1.4.1.41112.1.6.3.3.0",), ("1.3.6.1.4.1.41112.1.6.3.6.0",)),
}  # fmt: skip
"""By the maker's number below 1.3.6.1.4.1 (IANA, enterprise numbers)."""


def plate_of(object_id: str) -> Plate:
    """Return the plate of a device by its sysObjectID, an empty one where the maker has none of his own."""
    inside = object_id.lstrip(".").removeprefix("1.3.6.1.4.1.")
    return PLATES.get(inside.partition(".")[0], Plate())


def model_of(text: str) -> str:
    """Return the model that a plate's text names: the text, or what stands for the model in an IEEE 1284 one."""
    found = _IEEE_1284.search(text)
    return found[1] if found else text
