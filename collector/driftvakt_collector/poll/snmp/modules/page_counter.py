"""Pages by kind, which Printer-MIB does not tell apart: in the own MIBs of makers of printers.

1.3.6.1.4.1.11.2.3.9.4.2.1.4.1.2.6.0        total-mono-page-count (HP-LASERJET-COMMON-MIB)
1.3.6.1.4.1.253.8.53.13.2.1.6.1.20.33       Xerox: color impressions (XEROX-HOST-RESOURCES-EXT-MIB)
1.3.6.1.4.1.367.3.2.1.2.19.2.0              ricohEngCounterPrinter (RICOH-PRIVATE-MIB)
1.3.6.1.4.1.1248.1.2.2.27.1.1.4.1.1         Epson: pages in color
1.3.6.1.4.1.1602.1.11.1.3.1.4.108           Canon: counter 108, "Total (Black & White 1)"
1.3.6.1.4.1.2385.1.1.19.2.1.3.5.4.61        Sharp: "Black & White Total Count"   90474
1.3.6.1.4.1.18334.1.1.1.5.7.2.2.1.5.1.2     Konica Minolta: prints in black      22876

Those of Sharp and Konica Minolta are read off recordings. Those of HP, Xerox, Ricoh, Epson and Canon are numbers on
which several public monitors agree; where they do not (Kyocera, Lexmark, Samsung), nothing is told.
"""

from collections.abc import Mapping

from driftvakt_collector.naming.device import Device
from driftvakt_collector.poll.snmp.mib import Module, Reading

_PAGES = "driftvakt_printer_pages_total"
_NOT_KNOWN = frozenset({-1, -2, 4294967295})
_HP, _XEROX = "1.3.6.1.4.1.11.2.3.9.4.2.1.4.1.2", "1.3.6.1.4.1.253.8.53.13.2.1.6.1.20"
_RICOH, _EPSON = "1.3.6.1.4.1.367.3.2.1.2.19", "1.3.6.1.4.1.1248.1.2.2.27.1.1"
_CANON = "1.3.6.1.4.1.1602.1.11.1.3.1.4"
_SHARP, _KONICA = "1.3.6.1.4.1.2385.1.1.19.2.1.3", "1.3.6.1.4.1.18334.1.1.1.5.7.2"


def _module(os: str, walks: tuple[str, ...], kinds: Mapping[str, str]) -> Module:
    """Return the module of a maker. kinds: the OID of each kind."""

    def suits(device: Device) -> bool:
        return device.class_ == "printer" and device.os == os

    return Module(
        name=f"pages_{os}",
        walks=walks or tuple(kinds.values()),
        suits=suits,
        readings=tuple(
            Reading(_PAGES, (oid,), unknown=_NOT_KNOWN, labels=(("kind", kind),), low=0.0)
            for kind, oid in kinds.items()
        ),
    )


MODULES = (
    _module("jetdirect", (), {
        "all": f"{_HP}.5.0", "monochrome": f"{_HP}.6.0", "color": f"{_HP}.7.0", "duplex": f"{_HP}.22.0",
    }),
    _module("xerox", (_XEROX,), {"all": f"{_XEROX}.1", "color": f"{_XEROX}.33", "monochrome": f"{_XEROX}.34"}),
    _module("ricoh", (), {
        "all": f"{_RICOH}.1.0", "print": f"{_RICOH}.2.0", "fax": f"{_RICOH}.3.0", "copy": f"{_RICOH}.4.0",
    }),
    _module("epson", (_EPSON,), {"monochrome": f"{_EPSON}.3.1.1", "color": f"{_EPSON}.4.1.1"}),
    _module("canonprinter", (_CANON,), {
        "all": f"{_CANON}.101", "color": f"{_CANON}.105", "monochrome": f"{_CANON}.108", "copy": f"{_CANON}.201",
        "print": f"{_CANON}.301", "scan": f"{_CANON}.501",
    }),
    _module("sharp", (_SHARP,), {
        "monochrome": f"{_SHARP}.5.4.61", "color": f"{_SHARP}.5.4.63", "print": f"{_SHARP}.1.4.60",
        "copy": f"{_SHARP}.4.4.60", "duplex": f"{_SHARP}.1.4.75", "scan": f"{_SHARP}.8.4.50",
    }),
    _module("konica", (f"{_KONICA}.1.3.0", f"{_KONICA}.1.5.0", f"{_KONICA}.2.1.5"), {
        "duplex": f"{_KONICA}.1.3.0", "scan": f"{_KONICA}.1.5.0", "copy monochrome": f"{_KONICA}.2.1.5.1.1",
        "print monochrome": f"{_KONICA}.2.1.5.1.2", "copy color": f"{_KONICA}.2.1.5.2.1",
        "print color": f"{_KONICA}.2.1.5.2.2",
    }),
)  # fmt: skip
