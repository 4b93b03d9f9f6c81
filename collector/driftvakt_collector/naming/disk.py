"""Who made a disk and which model it is: the maker stands in the model, or is known by how the model begins."""

import re
from collections.abc import Mapping
from datetime import date
from functools import lru_cache

from driftvakt_collector.naming.maker import maker
from driftvakt_collector.naming.model import Model, model
from driftvakt_collector.naming.text import settled, told

CHECKED = date(2026, 11, 26)
"""When the table was last gone through. Sources: the makers' part numbers, smartmontools' drivedb, real machines."""

_BEGINNINGS: tuple[tuple[str, str], ...] = (
    (r"WDC|WD[ -]?\d|WD[_ ](Black|Blue|Green|Red|PC)|WUS[0-9A-Z]|WUH[0-9]", "Western Digital"),
    (r"ST\d{2,}|ST[0-9A-Z]*\d+[A-Z]{2}\d|XA\d{3,4}[A-Z]|ZP\d{3,4}|BarraCuda|IronWolf|FireCuda|Nytro", "Seagate"),
    (r"MTFD|Micron", "Micron"),
    (r"CT\d{3,4}[A-Z0-9]+SSD|Crucial", "Crucial"),
    (r"HU[HSCAM][0-9A-Z]|HT[SE]\d|HD[ST]\d|HGST|IC\d{2}[LN]|HITACHI", "HGST"),
    (r"SAMSUNG|MZ[-A-Z0-9]{4,}|PM\d{3}[A-Z]?|HD\d{3}[A-Z]{2}|SSD \d{3} (EVO|PRO|QVO)", "Samsung"),
    (r"KIOXIA|KXG[6-9]|KBG[4-9]|KCD|KPM|EXCERIA", "Kioxia"),
    (r"TOSHIBA|THNS|DT01|MG0[3-9]|MG1\d|MQ0|KXG[1-5]|KBG[1-3]|MK\d{4}", "Toshiba"),
    (r"INTEL|SSDSC|SSDPE|SSDPF", "Intel"),
    (r"SOLIDIGM|SBFPF", "Solidigm"),
    (r"SK ?hynix|HFS\d|HFM\d|PC[3-8]\d{2} NVMe SK", "SK hynix"),
    (r"SanDisk|SDSSD|SD[78][A-Z]", "SanDisk"),
    (r"KINGSTON|SA400|SUV\d|SKC\d|SNV\d|OM[38][A-Z]|SEDC", "Kingston"),
    (r"ADATA|SX\d{4}|IM2P", "ADATA"),
    (r"LITEON|LITE-ON|CV\d-|CA\d-", "Lite-On"),
    (r"PLEXTOR|PX-\d", "Plextor"),
    (r"OCZ|VERTEX", "OCZ"),
    (r"Maxtor", "Maxtor"),
    (r"FUJITSU|MH[VWYZ]\d|MBA\d|MBB\d|MAX\d{4}", "Fujitsu"),
    (r"HL-DT-ST", "HL Data Storage"),
    (r"TSSTcorp", "TSST"),
    (r"MATSHITA", "Panasonic"),
    (r"QEMU", "QEMU"),
    (r"VBOX", "Oracle"),
    (r"VMware", "VMware"),
    (r"Msft|Virtual Disk", "Microsoft"),
    (r"APPLE", "Apple"),
    (r"[EMV][A-Z]\d{4}[A-Z]{4,6}$|LOGICAL VOLUME", "HP"),
)
_RULES = tuple((re.compile(rf"(?:{begin})", re.IGNORECASE), name) for begin, name in _BEGINNINGS)
_WITHIN = re.compile(r"\b(SAMSUNG|SK hynix|TOSHIBA|INTEL|KINGSTON|WDC|HGST|Micron)\b", re.IGNORECASE)
_CONFIGURATION = re.compile(r"-[0-9A-Z]{2,8}(?: .*)?$|\s+[0-9]{4}[A-Z0-9]{6,}$")
"""What stands behind the model: which customer it was built for, or its serial number."""
_OEMS = frozenset({"HP", "HPE", "Dell", "Lenovo", "IBM", "Fujitsu", "NetApp", "Sun", "Oracle", "EMC"})
"""They sell disks under their name; one that is known by its model is told by who made it all the same."""
_WITH_CONFIGURATION = frozenset({"Western Digital", "Seagate", "HGST"})
_NUMBER = re.compile(r"0x[0-9a-f]{4}", re.IGNORECASE)
"""A PCI vendor where a name should be."""


def makers() -> set[str]:
    """Return all names that the table gives."""
    return {name for _, name in _BEGINNINGS}


def disk(row: Mapping[str, object]) -> Model:
    """Return it of a row of the section `storage`."""
    return _disk(told(row.get("model")), maker(row.get("vendor")))


@lru_cache(maxsize=20_000)
def _disk(text: str, vendor: str) -> Model:
    if _NUMBER.fullmatch(vendor):
        vendor = ""
    vendor = "HGST" if vendor == "Hitachi" else vendor
    known = _of_model(text)
    if known and (not vendor or (vendor in _OEMS and known not in _OEMS)):
        vendor = known
    if vendor == "HGST" and text[:8].casefold() == "hitachi ":
        text = text[8:]
    named = model(text.replace("_", " ") if known == "Micron" else text, vendor)
    if vendor in _WITH_CONFIGURATION:
        named = settled(lambda one: told(_CONFIGURATION.sub("", one)) or one, named)
    return Model(vendor, named)


def _of_model(text: str) -> str:
    for begins, name in _RULES:
        if begins.match(text):
            return name
    within = _WITHIN.search(text)
    return maker(within[1]) if within else ""
