"""The programs of this Mac, wherever on its disk they are.

Example, of SPApplicationsDataType:
    {"_name": "Microsoft Excel", "version": "16.66.1", "arch_kind": "arch_arm_i64",
     "obtained_from": "identified_developer",
     "signed_by": ["Developer ID Application: Microsoft Corporation (UBF8T346G9)", …]}

When it came is left out: Macs with the same programs have the same list, which the collector then keeps once.

Source: system_profiler(8).
"""

import re
from datetime import datetime

from driftvakt_agent.host import Host
from driftvakt_agent.inventory import Found, Row
from driftvakt_agent.inventory.macos.profiler import Item, items, text, texts

SOURCE = "macos"
_SIGNER = re.compile(r"Developer ID Application: (.*?)(?: \([0-9A-Z]{10}\))?")
"""What a publisher signs with; "Apple Development" is whoever sits at the Mac."""
_ARCHITECTURES = {
    "arch_i64": "x86_64", "arch_i32_i64": "x86_64", "arch_i32": "i386", "arch_arm": "arm64",
    "arch_arm_i64": "universal", "arch_ios": "ios", "arch_web": "web",
}  # fmt: skip
_DAY = re.compile(r"(\d{4}-\d\d-\d\d)")


def take(host: Host) -> Found:
    return {"packages": parse(items(host, "SPApplicationsDataType"))}


def parse(found: list[Item]) -> list[Row]:
    """Return the programs; of several alike the one of each version."""
    rows: dict[tuple[str, ...], Row] = {}
    for one in found:
        name = text(one, "_name")
        if not name:
            continue
        row: Row = {
            "source": SOURCE,
            "name": name,
            "architecture": _architecture(text(one, "arch_kind")),
            "version": text(one, "version"),
            "publisher": publisher(one),
        }
        rows[(name, str(row["architecture"]), str(row["version"]))] = row
    return list(rows.values())


def publisher(one: Item) -> str:
    """Return who signed it. What came by the App Store is signed by Apple for whoever made it."""
    if text(one, "obtained_from").lower() == "apple":
        return "Apple"
    for signed in texts(one, "signed_by")[:1]:
        if signed == "Software Signing":
            return "Apple"
        found = _SIGNER.fullmatch(signed)
        if found is not None:
            return found[1]
    return ""


def day(value: object) -> str:
    """Return a day as YYYY-MM-DD, empty for what is none."""
    if isinstance(value, datetime):
        return value.date().isoformat()
    found = _DAY.match(value) if isinstance(value, str) else None
    return found[1] if found else ""


def _architecture(told: str) -> str:
    return _ARCHITECTURES.get(told, "" if told.startswith("arch_") else told)
